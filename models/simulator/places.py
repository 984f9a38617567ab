"""Where the sign-ins come from on the map: what Splunk's iplocation and a recipe's SPL would add.

The same as the macros of the recipe `authentication`: an address has a place, a machine inside has none; the place
before is that of the user's last sign-in that succeeded within the hour.
"""

import polars as pl

PLACES = {
    "AE": (24.5, 54.4),
    "BR": (-23.6, -46.6),
    "CA": (43.7, -79.4),
    "CH": (47.4, 8.5),
    "DE": (52.5, 13.4),
    "ES": (40.4, -3.7),
    "FR": (48.9, 2.4),
    "GB": (51.5, -0.1),
    "IE": (53.3, -6.3),
    "IN": (19.1, 72.9),
    "IT": (45.5, 9.2),
    "JP": (35.7, 139.7),
    "MX": (19.4, -99.1),
    "NG": (6.5, 3.4),
    "NL": (52.4, 4.9),
    "PL": (52.2, 21.0),
    "RO": (44.4, 26.1),
    "SE": (59.3, 18.1),
    "SG": (1.3, 103.8),
    "TR": (41.0, 29.0),
    "UA": (50.5, 30.5),
    "US": (40.7, -74.0),
    "VN": (21.0, 105.9),
    "ZA": (-26.2, 28.0),
}
"""A large city of each country, latitude and longitude in degrees, to a tenth."""
WINDOW_S = 3_600.0


def with_places(events: pl.DataFrame) -> pl.DataFrame:
    """Add src_lat and src_lon (degrees), prev_lat, prev_lon and prev_time (epoch seconds); null where unknown.

    `events` needs _time (epoch seconds, ascending), user, src, src_country and action.
    """
    outside = pl.col("src").str.contains(r"^[0-9.]+$")
    code = pl.when(outside).then(pl.col("src_country"))
    axes = {name: {country: place[at] for country, place in PLACES.items()} for at, name in enumerate(("lat", "lon"))}
    located = events.with_columns(
        code.replace_strict(axis, default=None, return_dtype=pl.Float64).alias(f"src_{name}")
        for name, axis in axes.items()
    )
    before = located.filter(pl.col("src_lat").is_not_null(), pl.col("action") == "success").select(
        "user", at="_time", prev_time="_time", prev_lat="src_lat", prev_lon="src_lon"
    )
    return located.join_asof(
        before,
        left_on="_time",
        right_on="at",
        by="user",
        allow_exact_matches=False,
        tolerance=WINDOW_S,
        check_sortedness=False,
    )
