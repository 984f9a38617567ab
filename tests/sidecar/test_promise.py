"""What the severities of a model promise stands in its card, and the options of a fit reach it."""

import json

import pytest

from sidecar.tasks.fit import FitOptions
from sidecar.tasks.fit import run as fit
from sidecar.wire import Limits, read_csv
from tests.sidecar.conftest import Api, code_of, events


def card(api: Api, model: str) -> dict[str, str]:
    lines = api.post(f"/v1/models?model={model}&action=show").get_data(as_text=True)
    return {cells[1]: cells[2] for line in lines.splitlines()[1:] if len(cells := line.split(",", 2)) == 3}


def test_the_card_tells_the_promise(api: Api) -> None:
    assert "extrapolated" in card(api, "ait")["promise"], "79 rows promise nothing of one in 10,000"
    assert "thresholds" in card(api, "ait")


def test_a_rate_that_is_asked_for_is_promised(api: Api) -> None:
    options = FitOptions(model="kept", entity=("user",), false_positive_rate=0.05)
    fit(read_csv(events(8), Limits()), options, api.service.house)
    told = json.loads(card(api, "kept")["thresholds"].strip('"').replace('""', '"'))
    assert [band["severity"] for band in told] == ["low", "medium", "high", "critical"]
    assert told[2]["rate"] == 0.05 and told[2]["how"] == "conformal"
    scores = [band["score"] for band in told]
    assert scores == sorted(scores) and scores[2] != 0.67
    assert "by split conformal prediction" in card(api, "kept")["promise"]


@pytest.mark.parametrize("asked", ["alert_budget=0", "false_positive_rate=0.5", "alert_budget=-1"])
def test_what_promises_nothing_is_refused(api: Api, asked: str) -> None:
    assert code_of(api.post(f"/v1/fit?model=new&{asked}", events())) == (400, "bad_option")
