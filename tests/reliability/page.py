"""The figures of docs/reliability.md, out of bench/results/reliability.json and the tables of twins.

examples:
  python -m tests.reliability.page      # after a campaign: the page says what was found
"""

import argparse
import importlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.reliability.__main__ import FOLDERS
from tests.reliability.results import FILE, ROOT

PAGE = ROOT / "docs" / "reliability.md"
BLOCK = re.compile(r"(<!-- figures: (\w+) -->\n)(.*?)(<!-- end of figures -->)", re.DOTALL)
MEANINGS = {
    "faulted_searches": "searches with a fault between command and sidecar",
    "events_in": "events sent into commands",
    "events_lost": "events that did not come out, or not as they went in",
    "events_mislabelled": "events with a score that is not theirs, or with no honest label",
    "fuzz_requests": "hostile requests",
    "fuzz_500": "of these answered with a fault of ours",
    "kills": "times the service was killed (SIGKILL)",
    "writes_acknowledged": "writes acknowledged before a kill, a power loss or a disk fault",
    "writes_lost": "of these lost or changed",
    "crash_points": "moments at which the power was made to fail",
    "bundles_mutated": "altered bundles",
    "server_deaths": "servers that died of one",
    "auth_cells": "route x method x credential",
    "auth_wrong": "of these answered as they should not be",
    "twins": "guards taken out, one at a time",
    "twins_caught": "of these noticed by a test",
}


def main() -> None:
    """Write the page's figures anew."""
    summary, _, examples = (__doc__ or "").partition("\n\n")
    argparse.ArgumentParser(
        prog="python -m tests.reliability.page",
        description=summary,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args()
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), results()), encoding="utf-8")


def results() -> dict[str, Any]:
    """What the campaigns have found so far."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def filled(text: str, found: Mapping[str, Any]) -> str:
    """The page with its figures."""
    tables = {"totals": _totals, "parts": _parts, "twins": _twins}

    def block(match: re.Match[str]) -> str:
        return match[1] + "\n".join(tables[match[2]](found)) + "\n" + match[4]

    return BLOCK.sub(block, text)


def _totals(found: Mapping[str, Any]) -> Iterator[str]:
    yield "| key | found | what it counts |"
    yield "| --- | ---: | --- |"
    for key, meaning in MEANINGS.items():
        if key in found:
            yield f"| `{key}` | {found[key]:,} | {meaning} |"


def _parts(found: Mapping[str, Any]) -> Iterator[str]:
    yield "| part | run on | commit | seed | batches | minutes | counted | largest | wrong |"
    yield "| --- | --- | --- | ---: | ---: | ---: | --- | --- | ---: |"
    for name, facts in found["parts"].items():
        batches = f"{facts['batches']:,} of {facts['batches_planned']:,}"
        cells = [name, facts["ran_at"], facts["commit"], str(facts["seed"]), batches, f"{facts['seconds'] / 60:.1f}"]
        cells += [_pairs(facts["counts"]), _pairs(facts["most"]), str(facts["wrong"])]
        yield f"| {' | '.join(cells)} |"


def _pairs(figures: Mapping[str, float]) -> str:
    return "; ".join(f"{name} {value:,}" for name, value in figures.items())


def _twins(found: Mapping[str, Any]) -> Iterator[str]:
    yield "| part | guard taken out | where | noticed by |"
    yield "| --- | --- | --- | --- |"
    for folder in FOLDERS:
        for twin in importlib.import_module(f"tests.reliability.{folder}.twins").TWINS:
            test = twin.caught_by.partition("::")[2]
            yield f"| {folder} | {twin.name} | `{twin.file}` | `{test}` |"


if __name__ == "__main__":
    main()
