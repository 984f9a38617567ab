"""The JSON of a model with other facts in it: every kind in place of every other, and values out of every range."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from tests.reliability.bundles.edits import Edit, Files, content, fact, facts, named, without
from tests.reliability.bundles.foreign import contents

MODEL, PAST = "model.json", "generation.json"
BAIT = "%s%n{0.__class__.__mro__}${jndi:x}"
PATTERN = "(a+)+$|[^\\x00]*?(?P<a>.)\\1"
LETTERS = "a\nb\rc;d:e\\f\x00g\x1b[31mh\u202ei\u2028j\x85k\x0bl"
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 0.5, -0.0, 1e-320, 1e12, 1e308, -1e308, 2**31, 2**63, 10**400, -(10**30),
    float("nan"), float("inf"), float("-inf"), "", "0", "1.5", "NaN", BAIT, PATTERN, LETTERS, "\ud800", "x" * 20_000,
    [], [[]], [None], [1, "a"], [float("nan")], {}, {"name": "x"}, {"__class__": "os.system"}, [[[[[[1]]]]]],
)  # fmt: skip


def chosen() -> list[tuple[str, Edit]]:
    """Each with its name."""
    return [*named("spec", _spec()), *named("scale", _scale()), *named("margin", _margin()), *named(MODEL, _rest())]


def random(chance: Random, files: Files) -> tuple[str, Edit]:
    """Some place of some JSON file with something odd in it, or gone, or there twice."""
    name = chance.choice((MODEL, MODEL, MODEL, PAST, "boost.json"))
    path = _path(chance, json.loads(files[name]))
    odd = chance.choice(ODD)
    where = f"{name} {'.'.join(map(str, path))}"
    if chance.random() < 0.2:
        return f"{where} gone", facts(name, lambda found: _at(found, path[:-1]).pop(path[-1]))
    if chance.random() < 0.1:
        return f"{where} within a list", facts(name, lambda found: _wrap(_at(found, path[:-1]), path[-1]))
    return f"{where} = {str(odd)[:30]!r}", fact(name, *path, to=odd)


def _path(chance: Random, found: Any) -> tuple[str | int, ...]:
    """A way down to a random place, no longer than there are places."""
    path: list[str | int] = []
    while isinstance(found, dict | list) and found and (not path or chance.random() < 0.8):
        step = chance.choice(sorted(found)) if isinstance(found, dict) else chance.randrange(len(found))
        path.append(step)
        found = found[step]
    return tuple(path)


def _at(found: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        found = found[step]
    return found


def _wrap(found: Any, step: str | int) -> None:
    found[step] = [found[step]]


def _spec() -> list[tuple[str, Edit]]:
    def spec(*path: str | int, to: Any) -> Edit:
        return fact(MODEL, "spec", *path, to=to)

    million = [{"name": f"f{n}", "kind": "category", "words": ""} for n in range(1_000_000)]
    many = [{"name": f"f{n}", "kind": "category", "words": ""} for n in range(9000)]
    return [
        ("of a million fields", spec("fields", to=million)),
        ("of 9,000 fields", spec("fields", to=many)),
        ("of 9,000 fields and entities", _crowd(many)),
        ("of a million ids", spec("ids", to=[f"f{n}" for n in range(1_000_000)])),
        ("of 9,000 ids", spec("ids", to=[f"f{n}" for n in range(9000)])),
        ("without fields", spec("fields", to=[])),
        ("with a field twice", spec("fields", 1, "name", to="dest")),
        ("with an entity twice", spec("entities", to=["user", "user"])),
        ("with a nameless entity", spec("entities", to=["user", ""])),
        ("with entities in one text", spec("entities", to="user")),
        ("with entities turned round", spec("entities", to=["site", "user"])),
        ("without entities", spec("entities", to=[])),
        ("with a nameless field", spec("fields", 0, "name", to="")),
        ("with a field of two lines", spec("fields", 0, "name", to=LETTERS)),
        ("with a field that is bait", spec("fields", 0, "name", to=BAIT)),
        ("with a field named as a pattern", spec("fields", 0, "name", to="^.*$")),
        ("with a field of half a letter", spec("fields", 0, "name", to="\udc00")),
        ("with a field of a million letters", spec("fields", 0, "name", to="x" * 1_000_000)),
        ("with a field named as an output", spec("fields", 0, "name", to="ai_score")),
        ("with a field named as a code of many", spec("fields", 0, "name", to="__mv_groups")),
        ("with words of two lines", spec("fields", 0, "words", to=LETTERS)),
        ("with words that are bait", spec("fields", 0, "words", to=BAIT)),
        ("with words that are a pattern", spec("fields", 0, "words", to=PATTERN)),
        ("with words of a million letters", spec("fields", 0, "words", to="x" * 1_000_000)),
        ("with words that are a number", spec("fields", 0, "words", to=7)),
        ("of an unknown kind", spec("fields", 0, "kind", to="pickle")),
        ("with a category for a number", spec("fields", 2, "kind", to="category")),
        ("with a number for a category", spec("fields", 0, "kind", to="number")),
        ("with a category for several values", spec("fields", 3, "kind", to="category")),
        ("without time", spec("time", to=None)),
        ("with a time of two lines", spec("time", to="a\nb")),
        ("with a scope that is no field", spec("scope", to="nothing")),
        ("with a scope in a list", spec("scope", to=["site"])),
        ("without context", spec("context", to=False)),
        ("with context 1", spec("context", to=1)),
        ("with an id of two lines", spec("ids", 0, to=LETTERS)),
        ("with ids that are numbers", spec("ids", to=[1, 2])),
    ]


def _crowd(many: list[dict[str, str]]) -> Edit:
    def edit(found: Any) -> None:
        found["spec"].update(fields=many, entities=[f"e{n}" for n in range(9000)])

    return facts(MODEL, edit)


def _scale() -> list[tuple[str, Edit]]:
    def scale(*path: str | int, to: Any) -> Edit:
        return fact(MODEL, "scale", *path, to=to)

    return [
        ("turned round", facts(MODEL, lambda found: found["scale"]["margins"].reverse())),
        ("with orders turned round", facts(MODEL, lambda found: found["scale"]["orders"].reverse())),
        ("with a margin twice", facts(MODEL, lambda found: found["scale"]["margins"].insert(0, -1e9))),
        ("with equal margins", scale("margins", to=[1.0, 1.0])),
        ("with one margin", scale("margins", to=[1.0])),
        ("of one step", facts(MODEL, lambda found: found["scale"].update(margins=[0.0], orders=[0.0]))),
        ("without margins", facts(MODEL, lambda found: found["scale"].update(margins=[], orders=[]))),
        ("of whole numbers", facts(MODEL, lambda found: found["scale"].update(margins=[0, 1], orders=[0, 1]))),
        ("of a million steps", facts(MODEL, _long_scale)),
        ("with a NaN margin", scale("margins", 3, to=float("nan"))),
        ("with an infinite order", scale("orders", -1, to=float("inf"))),
        ("with negative orders", scale("orders", 0, to=-5.0)),
        ("with an order of 1e300", scale("orders", -1, to=1e300)),
        ("with a margin of 1e308", scale("margins", -1, to=1e308)),
        *((f"with {name} = {value}", scale(name, to=value)) for name in ("shape", "sigma", "limit") for value in EDGES),
    ]


EDGES = (0.0, 0, -1.0, 5.0, 0.9, 1e-7, 1e-320, 1e-99, 1e308, 10**400, float("nan"), float("inf"), "1", None, True)


def _long_scale(found: Any) -> None:
    found["scale"].update(margins=list(range(1_000_000)), orders=[1.0] * 1_000_000)


def _margin() -> list[tuple[str, Edit]]:
    triples: tuple[Any, ...] = (
        [0, 0, 0], [0, 0, 1], [-1, 1, 1], [1, 1], [1, 1, 1, 1], [1e308, 1e308, 1e308], [1e-320, 0, 0], ["1", 1, 1],
        [None, 1, 1], [float("nan"), 1, 1], [float("inf"), 1, 1], [10**400, 1, 1], [True, True, True], [[1], [1], [1]],
        [1, 0, 0], [1e3, 1e3, 1e3], [1e12, -1e12, 1e12], [1e-9, 1e-9, 1e-9], [], None,
    )  # fmt: skip
    return [
        (f"{name} = {str(triple)[:40]}", fact(MODEL, "margin", name, to=triple))
        for name in ("weights", "means", "spreads")
        for triple in triples
    ]


def _rest() -> list[tuple[str, Edit]]:
    return [
        *((f"{name} = {str(value)[:30]!r}", fact(MODEL, name, to=value)) for name in TOP for value in TOP_ODD),
        ("with thresholds turned round", fact(MODEL, "thresholds", to=[0.8, 0.6, 0.4, 0.2])),
        ("with 100 thresholds", fact(MODEL, "thresholds", to=[n / 100 for n in range(100)])),
        ("with thresholds over 1", fact(MODEL, "thresholds", to=[0.1, 0.2, 0.3, 4.0])),
        ("with equal thresholds", fact(MODEL, "thresholds", to=[0.5, 0.5, 0.5, 0.5])),
        ("with a falling anomaly grid", fact(MODEL, "anomaly_grid", to=[3.0, 2.0, 1.0])),
        ("with an anomaly grid of a million", fact(MODEL, "anomaly_grid", to=[0.0] * 1_000_000)),
        ("with an anomaly grid of one", fact(MODEL, "anomaly_grid", to=[0.0])),
        ("with a flat anomaly grid", fact(MODEL, "anomaly_grid", to=[0.0] * 10)),
        ("with a NaN in the anomaly grid", fact(MODEL, "anomaly_grid", 5, to=float("nan"))),
        *((f"with platt {str(odd)[:30]}", fact(MODEL, "platt", to=odd)) for odd in PLATTS),
        ("with a risk of two lines", fact(MODEL, "risk", to=[LETTERS])),
        ("with a card that is bait", fact(MODEL, "card", to={BAIT: [LETTERS] * 3})),
        ("nested deeply", content(MODEL, b'{"spec":' * 200_000)),
        ("of 20 MB", content(MODEL, b'{"spec": [' + b"[]," * 7_000_000 + b"[]]}")),
        ("cut short", lambda files: files.update({MODEL: files[MODEL][:500]})),
        ("with spec twice", lambda files: files.update({MODEL: b'{"spec":1,' + files[MODEL][1:]})),
        ("in UTF-16", lambda files: files.update({MODEL: files[MODEL].decode().encode("utf-16")})),
        ("of a 5,000-digit number", lambda files: files.update({MODEL: b'{"risk":' + b"1" * 5000 + b"}"})),
        ("swapped with generation.json", _swapped),
        *((f"without {name}", without(name)) for name in (MODEL, PAST, "forest.roots.npy", "roster.0.npy")),
        ("and no boost.json", without("boost.json")),
        *((f"as {kind}", content(MODEL, one)) for kind, one in sorted(contents().items())),
        *((f"beside {kind} as more.json", content("more.json", one)) for kind, one in sorted(contents().items())),
        *((f"beside {PAST} as {kind}", content(PAST, one)) for kind, one in sorted(contents().items())),
    ]


TOP = ("spec", "risk", "margin", "scale", "anomaly_grid", "card", "fitted_with", "thresholds")
TOP_ODD: tuple[Any, ...] = (
    None,
    True,
    7,
    1e308,
    "text",
    [],
    {},
    [[]],
    ["user", "user"],
    [1.0, 2.0],
    [10**400],
    "\ud800",
)
PLATTS: tuple[Any, ...] = (
    None, 5, [], {}, {"slope": 1.0}, {"slope": -1.0, "offset": 0.0}, {"slope": 1e308, "offset": -1e308},
    {"slope": float("nan"), "offset": 0.0}, {"slope": 1, "offset": 0}, {"slope": 1e12, "offset": 1e12},
    {"slope": 1.0, "offset": 0.0, "more": 1}, {"slope": "1", "offset": 0.0}, {"slope": True, "offset": 0.0},
)  # fmt: skip


def _swapped(files: Files) -> None:
    files[MODEL], files[PAST] = files[PAST], files[MODEL]
