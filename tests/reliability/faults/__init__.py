"""Faults between the real command and the real sidecar: no event is lost, none gets a score that is not its own."""
