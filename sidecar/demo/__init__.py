"""The demo: a simulated company from raw sign-ins to a ranked, explained queue, and the report of it."""
