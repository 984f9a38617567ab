"""Password spray: one or two guesses an account, minutes apart, from several addresses; a few succeed."""

import numpy as np
import polars as pl

from models.simulator.clock import DAY_S, HOUR_S, Ints
from models.simulator.company import address, lognormal
from models.simulator.events import draft, pick
from models.simulator.stories.scene import Scene, Told

NAME = "password_spray"


def password_spray(
    scene: Scene,
    rng: np.random.Generator,
    day: int,
    *,
    accounts: int = 36,
    pause_s: float = 900.0,
    sources: int = 3,
    successes: int = 2,
    countries: tuple[str, ...] = ("NL", "BR", "VN"),
) -> Told:
    """Play the story from noon UTC of `day` on (0 = the first).

    Every `pause_s` on average one of `accounts` gets one guess against the old mail protocol, which knows
    no second factor, from one of `sources` addresses; on `successes` accounts the guess is right and the
    mail is read.
    """
    company = scene.company
    tried = rng.choice(company.size, min(accounts, company.size // 2), replace=False)
    at_s = (day + 0.5) * DAY_S + np.cumsum(rng.exponential(pause_s, len(tried)) + 30)
    src = address(40_000 + rng.integers(0, 80_000, sources))
    turn = rng.integers(0, sources, len(tried))
    right = np.isin(
        np.arange(len(tried)), rng.choice(max(1, len(tried) // 2), min(successes, len(tried) // 2), replace=False)
    )
    guesses = _guesses(company.names, tried, at_s, src, turn, right, countries)
    reading = [
        _reading(
            company.names,
            tried[n],
            float(at_s[n]),
            str(src[turn[n]]),
            countries[turn[n] % len(countries)],
            rng,
        )
        for n in np.flatnonzero(right)
    ]
    what = (
        f"{len(tried)} accounts get one guess each, about every {pause_s / 60:g} minutes, from {sources} "
        f"addresses; {int(right.sum())} open, and their mail is read"
    )
    return scene.told(NAME, what, pl.concat([guesses, *reading]), accounts=accounts, pause_s=pause_s, sources=sources)


def _guesses(
    names: np.ndarray,
    tried: Ints,
    at_s: np.ndarray,
    src: np.ndarray,
    turn: Ints,
    right: np.ndarray,
    countries: tuple[str, ...],
) -> pl.DataFrame:
    return draft(
        at_s,
        user=pick(names, tried),
        src=pick(src, turn),
        src_country=pick(countries, turn % len(countries)),
        dest="o365",
        app="imap",
        action=pick(("failure", "success"), right.astype(np.int64)),
        bytes_out=0,
        story=NAME,
    )


def _reading(
    names: np.ndarray, person: int, after_s: float, src: str, country: str, rng: np.random.Generator
) -> pl.DataFrame:
    """The mail of an opened account is read, a few sessions over the next hours."""
    size = int(rng.integers(4, 9))
    at_s = after_s + 120 + np.sort(rng.random(size)) * 4 * HOUR_S
    return draft(
        at_s,
        user=str(names[person]),
        src=src,
        src_country=country,
        dest="o365",
        app="imap",
        bytes_out=lognormal(rng, 3e7, 1.0, size).astype(np.int64),
        story=NAME,
    )
