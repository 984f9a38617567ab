"""Every shipped search, run from events to notables: `python -m tests.searches`."""
