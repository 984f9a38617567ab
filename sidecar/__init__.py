"""The service around the mathematics: HTTP, stores, settings, command line."""
