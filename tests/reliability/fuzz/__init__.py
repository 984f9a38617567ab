"""Hostile requests to every route: no fault of ours, no hang, no growth."""
