"""The registered part of a host name, and what stands before it."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

MOST_LETTERS = 4096
"""What is longer is cut."""
_SECOND_LEVEL = "ac|co|com|edu|gob|gov|go|gv|ltd|mil|ne|net|nhs|nom|or|org|plc|sch"
"""Second levels under which a country's names are registered, as co.uk, com.au or or.jp."""
_SHARED = (
    "appspot.com|azurewebsites.net|blogspot.com|cloudfront.net|ddns.net|duckdns.org|firebaseapp.com|github.io|"
    "gitlab.io|herokuapp.com|netlify.app|ngrok-free.app|ngrok.io|no-ip.org|pages.dev|vercel.app|web.app|workers.dev"
)
"""Names under which anybody may have one (both of the Public Suffix List, publicsuffix.org, and far from all of it)."""
_REGISTERED = rf"([^.]+\.(?:{_SHARED.replace('.', '[.]')})|[^.]+\.(?:{_SECOND_LEVEL})\.[a-z]{{2}}|[^.]+\.[^.]+|[^.]+)$"
_ADDRESS = r"^[0-9.]+$|:"


def domain(sources: Sequence[pl.Series]) -> pl.Series:
    """The registered part of a host name, a URL or a mail address; an IP address is its own.

    The last two labels, or three where the last two are a country's second level or a name that many share.

    >>> told = ["www.Example.co.uk", "https://u:p@a.b.example.com:8443/x?y=z.org", "ann@mail.example.org", "10.0.0.1"]
    >>> domain([pl.Series([*told, "mine.github.io.", "localhost", ""])]).to_list()
    ['example.co.uk', 'example.com', 'example.org', '10.0.0.1', 'mine.github.io', 'localhost', '']
    """
    return _registered(host_of(sources[0]))


def subdomain(sources: Sequence[pl.Series]) -> pl.Series:
    """What stands before the registered part; missing where nothing does.

    >>> subdomain([pl.Series(["a.b.example.com", "example.com", "http://www.example.co.uk/x"])]).to_list()
    ['a.b', '', 'www']
    """
    host = host_of(sources[0])
    registered = _registered(host)
    sizes = host.str.len_chars().cast(pl.Int64) - registered.str.len_chars().cast(pl.Int64) - 1
    table = pl.DataFrame({"host": host, "size": sizes.clip(0)})
    return table.select(pl.col("host").str.slice(0, pl.col("size"))).to_series()


def host_of(source: pl.Series) -> pl.Series:
    """The host in small letters: without scheme, user, port, path and closing dots.

    >>> host_of(pl.Series(["HTTP://ann@Example.com.:80/a@b", "[2001:db8::1]:443", "2001:db8::1"])).to_list()
    ['example.com', '2001:db8::1', '2001:db8::1']
    """
    text = source.str.slice(0, MOST_LETTERS).str.to_lowercase().str.strip_chars(" \t\r\n\"'<>")
    text = text.str.replace(r"^[a-z][a-z0-9+.-]*://", "").str.replace(r"[/?#\\\s].*$", "").str.replace(r"^.*@", "")
    text = text.str.replace(r"^\[([^\]]*)\].*$", "$1").str.replace(r"^([^:]*):[0-9]*$", "$1")
    return text.str.strip_chars_end(".")


def _registered(host: pl.Series) -> pl.Series:
    found = host.str.extract(_REGISTERED, 1).fill_null("")
    return host.zip_with(host.str.contains(_ADDRESS), found)
