"""Detectors: each turns a feature matrix into one voice, and each voice into exact contributions."""
