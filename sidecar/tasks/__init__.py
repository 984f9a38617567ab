"""One file a verb: `run(table, options, house) -> Reply`. A task knows no HTTP and no other task."""
