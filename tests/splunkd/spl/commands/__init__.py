"""One module a command: `run(stage, table, search)` gives the table that leaves the stage."""
