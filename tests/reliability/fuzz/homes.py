"""A home whose models learned from usual and from odd events."""

import random
import sys
from collections.abc import Sequence
from pathlib import Path

from sidecar.app import open_house
from sidecar.house import House
from sidecar.settings import Settings
from sidecar.tasks.fit import FitOptions
from sidecar.tasks.fit import run as fit
from sidecar.wire import Limits, read_csv
from tests.reliability.fuzz.bodies import written
from tests.reliability.fuzz.words import TEXTS, cell, text

START_S = 1_700_000_000
STEP_S = 2_160
FIT_ROWS = 160
ODD_NAMES = (
    "^.*$",
    "a\nb",
    "",
    "id",
    "index",
    "\x00",
    "x" * 200,
    "=1+1",
    "__mv_user",
    "a;b:c\\",
    "<b>",
    "é\u0301",
    "row",
)


def prepare(home: Path) -> tuple[str, ...]:
    """Fit the models of a new home; their names."""
    house = open_house(Settings(home=home), by="ann", local=True)
    for name, (columns, rows, options) in _tables().items():
        table = read_csv(written(columns, rows), Limits())
        fit(table, FitOptions(model=name, **options), house)
    return tuple(_tables())


def fit_again(house: House) -> None:
    """The fit that needs most: what a first fit imports is imported."""
    columns, rows, options = _tables()["labelled"]
    fit(read_csv(written(columns, rows), Limits()), FitOptions(model="labelled", **options), house)


Table = tuple[Sequence[str], Sequence[Sequence[str]], dict[str, object]]


def _tables() -> dict[str, Table]:
    return {
        "usual": _usual({"entity": ("user",)}),
        "scoped": _usual(
            {"entity": ("user", "dest"), "scope": "user", "time": "_time", "fields": ("dest", "bytes:number")}
        ),
        "labelled": _labelled(),
        "odd": _odd(),
        "sizes": _sizes(),
        "named": _named(),
    }


def _usual(options: dict[str, object]) -> Table:
    chance = random.Random(1)
    rows = [_event(chance, at) for at in range(FIT_ROWS)]
    return ("_time", "user", "dest", "bytes"), rows, options


def _event(chance: random.Random, at: int) -> list[str]:
    usual = (f"u{chance.randint(0, 5)}", f"h{chance.randint(0, 9)}", str(chance.randint(100, 9999)))
    return [str(START_S + at * STEP_S), *usual]


def _labelled() -> Table:
    chance = random.Random(2)
    rows = []
    for at in range(FIT_ROWS):
        attack = at % 5 == 4
        event = _event(chance, at)
        rows.append([event[0], event[1], "evil" if attack else event[2], event[3], str(int(attack))])
    return ("_time", "user", "dest", "bytes", "y"), rows, {"entity": ("user",), "label": "y"}


def _odd() -> Table:
    """Cells of every kind, several values in some, no time."""
    chance = random.Random(3)
    columns = ("user", "dest", "bytes", "__mv_dest", "app")
    rows = [[cell(chance, one) for one in columns] for _ in range(FIT_ROWS)]
    return (
        columns,
        rows,
        {"entity": ("user",), "time": "none", "fields": ("dest:multivalue", "bytes:number", "app:category")},
    )


def _sizes() -> Table:
    """Numbers as large and as small as they come."""
    chance = random.Random(4)
    rows = []
    for at in range(FIT_ROWS):
        size = chance.choice(
            ("1e308", "-1e308", "5e-324", "0", "-0", str(chance.gauss(0, 1)), str(chance.random() * 1e9), "")
        )
        rows.append([str(START_S + at * STEP_S), f"u{at % 7}", size, str(chance.gauss(0, 1e300))])
    return ("_time", "user", "bytes", "dest"), rows, {"entity": ("user",), "fields": ("bytes:number", "dest:number")}


def _named() -> Table:
    """Columns of every name."""
    chance = random.Random(5)
    columns = ("user", *ODD_NAMES, "dest")
    rows = [[f"u{at % 5}", *(_few(chance, name) for name in ODD_NAMES), f"h{at % 9}"] for at in range(FIT_ROWS)]
    return columns, rows, {"entity": ("user", "^.*$"), "time": "none"}


def _few(chance: random.Random, name: str) -> str:
    return chance.choice(TEXTS[:6]) if name in ODD_NAMES[:4] else text(chance)


if __name__ == "__main__":
    prepare(Path(sys.argv[1]))
