"""What the command makes of wrong replies and of odd rows, in its own code, many thousand times."""
