"""Power that fails at any moment, and disks that are full, broken or closed: never a false success."""
