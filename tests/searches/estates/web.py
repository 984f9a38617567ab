"""Forty machines and the sites they ask; then ws-017 asks random names until one answers, and sends it a lot."""

from __future__ import annotations

import numpy as np
import polars as pl

from tests.searches.part import DAY_S, HOUR_S, Days, Part

TAGS = ("web", "proxy")
SAMPLE = {
    "src": "10.0.0.1",
    "user": "ann",
    "url": "https://files.example.com/up",
    "url_domain": "files.example.com",
    "http_user_agent": "curl",
    "http_method": "POST",
    "status": "200",
    "bytes_out": "7",
}
_WORDS = ("news", "mail", "maps", "bank", "music", "travel", "forum", "photo", "wiki", "store", "video", "garden")
_CLIENTS = ("Mozilla/5.0 (Windows NT 10.0) Chrome/12{}.0", "Mozilla/5.0 (Macintosh) Safari/60{}.1", "Teams/1.{}")
_MACHINES = 40
_RANDOM = ("x9vkq2tz", "qj7wfp3x", "zk4hx8bv", "w2xqd9kj", "vf6zpx1q", "kq8jw3zx", "xz5tqv7k", "qx7zk2vw")


def part(days: Days) -> Part:
    """Requests, one at a time."""
    rng = np.random.default_rng(days.seed)
    rows = 1_500 * days.count
    machine = rng.integers(_MACHINES, size=rows)
    site = (machine * 5 + rng.zipf(1.6, rows)) % 90
    busy_s = rng.triangular(6, 13, 21, rows) * HOUR_S
    sites = [f"{_WORDS[number % 12]}{_WORDS[number // 12]}.com" for number in range(90)]
    posts = rng.random(rows) < 0.1
    quiet = _requests(
        days.starts_s + rng.integers(days.count, size=rows) * DAY_S + busy_s,
        machine,
        [sites[number] for number in site],
        [
            _CLIENTS[number % 3].format(version)
            for number, version in zip(machine, rng.integers(9, size=rows), strict=True)
        ],
        ["POST" if post else "GET" for post in posts],
        rng.lognormal(np.where(posts, 8, 6), 1),
        rng.lognormal(9, 1.5, rows),
        [("news", "business", "media")[number % 3] for number in site],
    )
    begins_s = days.last_day_s + 14 * HOUR_S
    at_s = np.concatenate([begins_s + 120 * np.arange(8), begins_s + 960 + 60 * np.arange(60)])
    calls = len(at_s)
    attack = _requests(
        at_s,
        np.full(calls, 17),
        [f"{name}.top" for name in (*_RANDOM, *_RANDOM[-1:] * 60)],
        ["python-requests/2.31"] * calls,
        ["POST"] * calls,
        np.array([400.0] * 38 + [2e7] * 30),
        np.full(calls, 300.0),
        ["uncategorized"] * calls,
    )
    return Part(pl.concat([quiet, attack]).sort("_time"), (("system", "ws-017"), ("user", "user17")))


def _requests(
    time_s: np.ndarray,
    machine: np.ndarray,
    domains: list[str],
    clients: list[str],
    methods: list[str],
    bytes_out: np.ndarray,
    bytes_in: np.ndarray,
    categories: list[str],
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "_time": time_s,
            "src": [f"ws-{number:03d}" for number in machine],
            "user": [f"user{number}" for number in machine],
            "url": [f"https://{domain}/a" for domain in domains],
            "http_user_agent": clients,
            "http_method": methods,
            "status": ["200"] * len(domains),
            "category": categories,
            "bytes_out": bytes_out.astype(np.int64),
            "bytes_in": bytes_in.astype(np.int64),
        }
    )
