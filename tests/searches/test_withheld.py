"""Who is withheld from the nightly lesson: a name that an attacker made up speaks for no other, and is no search."""

from __future__ import annotations

from hashlib import md5
from pathlib import Path

import polars as pl
import pytest

from sidecar.options import read_options
from sidecar.tasks.learn import LearnOptions
from tests.splunkd.spl.tree import CustomCommand
from tests.splunkd.splunk import Splunk

NOW_S = 1_790_000_000.0
MADE_UP = ["m)m", "Doe, John", 'x" teach_below="1', "CORP\\bob\\", "two\nlines", "(svc)", " spaced ", "50%2C", "[ x ]"]


def _asked(splunk: Splunk) -> dict[str, str]:
    """The arguments with which the nightly search calls the command."""
    asked: list[str] = []

    def command(stage: CustomCommand, table: pl.DataFrame, *_: object) -> pl.DataFrame:
        asked.extend(stage.raw_args)
        return table

    splunk.world.command = command  # type: ignore[method-assign, assignment]
    search = splunk.app.conf("savedsearches")["AIScore - Learn alerts"]["search"]
    splunk.search("| makeresults " + search[search.index("| ailearn") :])
    return {name: value.strip('()" ') for name, _, value in (arg.partition("=") for arg in asked)}  # as the app does


@pytest.mark.parametrize("risk", [100, 99])
def test_each_name_is_withheld_by_itself_whatever_it_holds(tmp_path: Path, risk: int) -> None:
    names = ["alice", *MADE_UP]
    rows = {"_time": NOW_S - 60.0, "source": "AIScore - X - Rule", "risk_score": str(risk)}
    with Splunk(tmp_path, now_s=NOW_S) as splunk:
        splunk.create_indexes("alerts")
        splunk.add_events("risk", pl.DataFrame([rows | {"risk_object": name} for name in names]))
        asked = _asked(splunk)
    withheld = read_options(LearnOptions, [*asked.items()]).withhold
    hashes = {"md5:" + md5(name.encode(), usedforsecurity=False).hexdigest() for name in names}
    assert asked.keys() == {"model", "withhold"}
    assert set(withheld) == (hashes if risk == 100 else {"none"}) and len(withheld) == len(set(withheld))
