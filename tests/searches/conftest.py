"""A sidecar with a model that the app's own first fit made, and a fresh Splunk in front of it for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sidecar.demo.service import Service, serving
from tests.searches.estate import Estate, estate
from tests.splunkd import site
from tests.splunkd.splunk import Splunk

RECIPE = "authentication"


@pytest.fixture(scope="session")
def company() -> Estate:
    """Sixty people and their eleven days."""
    return estate(60, recipes=(RECIPE, "alerts"))


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, company: Estate) -> Iterator[Service]:
    """The sidecar, with a model of sign-ins fitted from the ten ordinary days."""
    folder = tmp_path_factory.mktemp("service")
    with serving(folder / "home", folder / "sidecar.log") as running:
        with settled(folder / "splunk", running, company) as splunk:
            splunk.add_events(RECIPE, company.events(RECIPE))
            site.first_fit(splunk, RECIPE, 10)
        yield running


@pytest.fixture
def splunk(tmp_path: Path, service: Service, company: Estate) -> Iterator[Splunk]:
    """A live site that reads the index `authentication`, which is empty, at the beginning of the last day."""
    with settled(tmp_path / "splunk", service, company) as running:
        yield running


def settled(home: Path, service: Service, company: Estate, **readings: Any) -> Splunk:
    """A live Splunk that knows the sidecar; to be entered. `readings`: what public sources leave open."""
    splunk = Splunk(home, now_s=company.last_day_s, **readings)
    site.connect(splunk, service.url, service.secret.read_text(encoding="utf-8").strip())
    site.read_from(splunk, RECIPE, RECIPE)
    site.go_live(splunk)
    return splunk


def kept_rows(splunk: Splunk, rows: list[dict[str, str]], begins_s: float) -> None:
    """Scores as a scoring search would have kept them; each row says what differs."""
    table = [
        {
            "_time": begins_s + 60.0 * number,
            "source": "AIScore - Scores",
            "sourcetype": "stash",
            "ai_recipe": RECIPE,
            "model": RECIPE,
            "ai_record": "event",
            "ai_status": "scored",
            "ai_event_id": f"{number:032x}",
            "ai_key": f"{number:032x}",
            "ai_score": "0.4",
            "ai_behaviour": "reach",
            "ai_techniques": "T1021",
            "ai_reasons": f"destination=host-{number} never seen (+3.0)",
            "user": "ana",
            "src": "ws-1",
            "src_country": "DE",
            "dest": f"host-{number}",
        }
        | row
        for number, row in enumerate(rows)
    ]
    splunk.add_events("summary", pl.DataFrame(table).with_columns(pl.col("_time").cast(pl.Float64)))


def raised(splunk: Splunk) -> pl.DataFrame:
    """Every risk event."""
    return splunk.search("| search index=risk", "-10d", "+10d")
