"""How fast somebody would have travelled from one place to the next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]

EARTH_KM = 6371.0088
"""The mean radius of the Earth (IUGG)."""
LEAST_KM = 100.0
"""Addresses are placed no better than this: nearer places are the same one, and the speed is 0."""
LEAST_S = 60.0
"""Two sign-ins in the same minute count as a minute apart: one device may show two addresses at once."""
HOUR_S = 3600.0


def travel(sources: Sequence[pl.Series]) -> pl.Series:
    """Whole km/h between two places, float64.

    sources: latitude and longitude in degrees and time in seconds, then the same of the place before; perhaps a
    seventh, filled (with any number) where the address is an exit that many share (a VPN, a cloud), which says nothing
    of where its user is. Missing where any of the six is, or is no place on Earth.

    From Berlin to New York in an hour, and across Berlin:

    >>> now, before = [52.5, 52.5], [40.7, 52.4]
    >>> columns = [now, [13.4, 13.4], [7200.0, 7200.0], before, [-74.0, 13.3], [3600.0, 3600.0]]
    >>> travel([pl.Series(column) for column in columns]).to_list()
    [6386.0, 0.0]
    """
    lat, lon, time, lat_before, lon_before, time_before, *egress = (source.to_numpy() for source in sources)
    known = _on_earth(lat, lon) & _on_earth(lat_before, lon_before) & np.isfinite(time) & np.isfinite(time_before)
    for shared in egress:
        known &= np.isnan(shared)
    found = np.full(len(lat), np.nan)
    here, there = (lat[known], lon[known]), (lat_before[known], lon_before[known])
    km = haversine_km(*here, *there)
    hours = np.maximum(np.abs(time[known] - time_before[known]), LEAST_S) / HOUR_S
    found[known] = np.where(km < LEAST_KM, 0.0, np.rint(km / hours))
    return pl.Series(found)


def haversine_km(lat: Floats, lon: Floats, lat_before: Floats, lon_before: Floats) -> Floats:
    """Along the great circle, km (Sinnott, 1984: sound for near and for far places).

    >>> haversine_km(np.array([0.0]), np.array([0.0]), np.array([0.0]), np.array([180.0])).round().tolist()
    [20015.0]
    """
    a, b = np.radians(lat), np.radians(lat_before)
    half = np.sin((a - b) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(np.radians(lon - lon_before) / 2) ** 2
    found: Floats = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
    return found


def _on_earth(lat: Floats, lon: Floats) -> npt.NDArray[np.bool_]:
    """False where either is NaN, too."""
    return (np.abs(lat) <= 90.0) & (np.abs(lon) <= 180.0)
