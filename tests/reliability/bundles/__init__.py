"""Altered bundles: none is loaded that was not sealed here, and no loaded one can do harm."""
