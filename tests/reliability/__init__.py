"""Trust, tried out: faults, crashes, hostile input, strangers, overload and tampering, each in a part of its own.

The short tests run with all others; `make campaign PART=...` runs a part at length and notes what it found.
"""
