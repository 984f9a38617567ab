"""Datasets: who belongs to them, and what the model itself fills in."""

import polars as pl
import pytest

from tests.splunkd import datamodels
from tests.splunkd.spl.errors import NotSupported


def test_sign_ins_without_those_of_machines_that_went_well() -> None:
    events = pl.DataFrame(
        {
            "_time": [4.0, 3.0, 2.0, 1.0],
            "tag": ["authentication", "authentication", "authentication", "web"],
            "user": ["ann", "PC7$", "PC7$", "bob"],
            "action": ["success", "success", "failure", "success"],
            "src": ["a", "b", "", "d"],
        }
    )
    found = datamodels.as_dataset("Authentication.Authentication", events)
    assert found["_time"].to_list() == [4, 2]
    assert found["Authentication.src"].to_list() == ["a", "unknown"]
    assert found["Authentication.dest"].to_list() == ["unknown", "unknown"]
    assert found["Authentication.signature"].null_count() == 2
    assert "Authentication.nonsense" not in found.columns


def test_traffic_needs_both_tags_and_counts_are_numbers() -> None:
    events = pl.DataFrame(
        {"_time": [2.0, 1.0], "tag": [["network", "communicate"], ["network"]], "bytes_out": ["7", "8"]}
    )
    found = datamodels.as_dataset("Network_Traffic.All_Traffic", events)
    assert found["All_Traffic.bytes_out"].to_list() == ["7"]
    assert found["All_Traffic.bytes_in"].to_list() == ["0"]
    assert found["All_Traffic.app"].to_list() == [None]


def test_an_alert_without_a_name_has_none() -> None:
    found = datamodels.as_dataset("Alerts.Alerts", pl.DataFrame({"_time": [1.0], "tag": ["alert"], "dest": ["h"]}))
    assert found.select("Alerts.dest", "Alerts.signature", "Alerts.src").row(0) == ("h", None, "unknown")


def test_risk_has_its_calculated_score() -> None:
    found = datamodels.as_dataset(
        "Risk.All_Risk", pl.DataFrame({"_time": [1.0], "risk_score": ["20"], "risk_object": ["u"]})
    )
    assert found["All_Risk.calculated_risk_score"].to_list() == ["20"]
    assert found["All_Risk.normalized_risk_object"].to_list() == ["u"]


def test_events_of_no_dataset() -> None:
    with pytest.raises(NotSupported, match="Logins.Logins"):
        datamodels.as_dataset("Logins.Logins", pl.DataFrame())
    assert datamodels.as_dataset("Alerts.Alerts", pl.DataFrame({"_time": []}, schema={"_time": pl.Float64})).is_empty()


def test_a_web_request_has_the_host_of_its_url() -> None:
    events = pl.DataFrame(
        {
            "_time": [2.0, 1.0],
            "tag": ["web", "web"],
            "url": ["https://ann@files.example.com:8443/up?x=1", None],
            "url_domain": [None, "given.example.com"],
            "http_user_agent": ["-", "curl"],
        }
    )
    found = datamodels.as_dataset("Web.Web", events)
    assert found["Web.url_domain"].to_list() == ["files.example.com", "given.example.com"]
    assert found["Web.http_user_agent"].to_list() == ["unknown", "curl"]
    assert found["Web.url"].to_list()[1] == "unknown"


def test_a_process_and_a_message_say_unknown_where_their_models_do() -> None:
    event = pl.DataFrame({"_time": [1.0], "tag": [["process", "report", "email"]]})
    process = datamodels.as_dataset("Endpoint.Processes", event)
    assert process.select("Processes.process", "Processes.process_path").row(0) == ("unknown", None)
    message = datamodels.as_dataset("Email.All_Email", event)
    assert message.select("All_Email.recipient", "All_Email.message_id").row(0) == ("unknown", None)
