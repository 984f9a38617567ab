"""Throttling, with and without fields, with and without digest mode."""

import polars as pl
import pytest

from tests.splunkd.savedsearches import SavedSearch, Suppression
from tests.splunkd.suppression import Throttle

ROWS = pl.DataFrame({"user": ["ann", "bob", "ann", None], "n": [1.0, 2.0, 3.0, 4.0]})


def rule(*fields: str, digest: bool = True, name: str = "r", group: str = "") -> SavedSearch:
    return SavedSearch(name, "s", digest=digest, suppression=Suppression(100, fields, group))


def told(throttle: Throttle, search: SavedSearch, now_s: float, rows: pl.DataFrame = ROWS) -> list[float]:
    return throttle.passed(search, rows, now_s)["n"].to_list()


@pytest.mark.parametrize("digest", [True, False])
def test_results_of_the_same_fields_are_held_back_for_the_period(digest: bool) -> None:
    throttle, search = Throttle(), rule("user", digest=digest)
    assert told(throttle, search, 0) == [1, 2, 4]
    assert told(throttle, search, 99) == []
    assert told(throttle, search, 100) == [1, 2, 4]
    assert told(throttle, search, 150, pl.DataFrame({"user": ["eve"], "n": [5.0]})) == [5]


def test_a_field_that_no_result_has_makes_them_all_the_same() -> None:
    assert told(Throttle(), rule("dest"), 0) == [1]


def test_without_fields_the_whole_alert_is_silent() -> None:
    throttle = Throttle()
    assert told(throttle, rule(), 0) == [1, 2, 3, 4]
    assert told(throttle, rule(), 50, pl.DataFrame({"user": ["eve"], "n": [5.0]})) == []
    assert told(throttle, rule(), 100) == [1, 2, 3, 4]


def test_fields_in_digest_mode_can_be_read_as_the_whole_alert() -> None:
    throttle = Throttle("alert")
    assert told(throttle, rule("user"), 0) == [1, 2, 3, 4]
    assert told(throttle, rule("user"), 50, pl.DataFrame({"user": ["eve"], "n": [5.0]})) == []
    assert told(throttle, rule("user", digest=False, name="other"), 0) == [1, 2, 4]


def test_searches_are_apart_unless_they_are_one_group() -> None:
    throttle = Throttle()
    assert told(throttle, rule("user", name="a"), 0) == told(throttle, rule("user", name="b"), 0) == [1, 2, 4]
    assert told(throttle, rule("user", name="c", group="g"), 0) == [1, 2, 4]
    assert told(throttle, rule("user", name="d", group="g"), 0) == []


def test_no_rows_begin_no_period() -> None:
    throttle = Throttle()
    assert throttle.passed(rule(), ROWS.clear(), 0).is_empty()
    assert told(throttle, rule(), 1) == [1, 2, 3, 4]
