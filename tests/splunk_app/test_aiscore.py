"""`| aiscore` as a child process: every row leaves once, in order, with its bytes, whatever happens."""

import csv
import io
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiscore_kit import contract

from tests.splunk_app import scripted
from tests.splunk_app.scripted import Sidecar
from tests.splunkd import frames, search
from tests.splunkd.command import CommandProcess
from tests.splunkd.frames import ProtocolError
from tests.splunkd.rest import Splunkd
from tests.splunkd.search import HYPOTHESES, Merge, Table

OUTPUTS = ["ai_" + field for field in scripted.FIELDS]


def events(count: int, start: int = 0) -> Table:
    """Events with quotes, line ends, commas, a multivalue field and text beyond ASCII."""
    header = ["_time", "user", "_raw", "dest", "__mv_dest", "note"]
    rows = []
    for number in range(start, start + count):
        raw = f'line {number}, "quoted"\r\nsecond line\n' if number % 3 else f"plain {number}"
        several = number % 4 == 0
        dest = f"a{number}\nb$" if several else f"a{number}"
        rows.append(
            [str(1767225600 + number), f"üser{number % 7}", raw, dest, f"$a{number}$;$b$$$" if several else "", ""]
        )
    return Table(header, rows)


def score(splunkd: Splunkd, *args: str, python: str | None = None) -> CommandProcess:
    return CommandProcess(splunkd, "aiscore", ["model=toy", *args], python=python)


def body_of(table: Table) -> bytes:
    return frames.to_csv(table.header, table.rows)


def one_chunk(process: CommandProcess, body: bytes) -> bytes:
    process.getinfo()
    return process.execute(body, True).body


def check_passed(sent: Table, back: Table) -> None:
    """Every input row is there once, in order, unchanged, with all output fields."""
    assert len(back.rows) == len(sent.rows)
    assert back.header[-len(OUTPUTS) :] == OUTPUTS or set(OUTPUTS) <= set(back.header)
    places = [back.header.index(name) for name in sent.header]
    assert [[row[at] for at in places] for row in back.rows] == sent.rows


def know(splunkd: Splunkd, *pairs: tuple[str, str]) -> None:
    """The contract of the model is in the command's cache: (field, role) pairs."""
    fields = tuple(dict.fromkeys(field for field, _ in pairs))
    kept = contract.Contract(fields, tuple(field for field, role in pairs if role == "id"))
    contract.Cache(str(splunkd.app.home / "var" / "run" / "splunk" / "aiscore")).put("toy", kept)


# scores


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_scores_stand_on_the_rows_they_were_made_for(
    splunkd: Splunkd, sidecar: Sidecar, python: str, size: int
) -> None:
    sent = events(50 if size < 1000 else 2500)
    chunks = [Table(sent.header, sent.rows[at : at + size]) for at in range(0, len(sent.rows), size)]
    with score(splunkd, python=python) as process:
        back = search.run(process, chunks)
        assert process.end() == 0, process.show()
    check_passed(sent, back)
    rows = back.dicts()
    assert {row["ai_status"] for row in rows} == {"scored"}
    expected = [line for request in sidecar.scored for line in scripted.lines(request)]
    assert [row["ai_score"] for row in rows] == [line[1] for line in expected]
    assert all(row["ai_reasons"].startswith('user="üser') and row["ai_reasons"].count("{0}") == 1 for row in rows)
    assert not process.texts("WARN") + process.texts("ERROR")
    assert len(sidecar.scored) == len(chunks)


def test_input_bytes_are_untouched(splunkd: Splunkd, sidecar: Sidecar, python: str) -> None:
    body = b'a,_raw\n1,"x ""y""\n,z"\n"2",\n03,\xc3\xa4 {0}\n'
    with score(splunkd, python=python) as process:
        back = one_chunk(process, body)
    assert sidecar.scored[0].body == body
    suffixes = scripted.to_csv(list(scripted.lines(sidecar.scored[0]))).splitlines()
    tails = [line.partition(b",")[2] for line in suffixes]
    head = b"a,_raw," + ",".join(OUTPUTS).encode()
    assert back == b"\n".join(
        [head, b'1,"x ""y""\n,z",' + tails[0], b'"2",,' + tails[1], b"03,\xc3\xa4 {0}," + tails[2], b""]
    )


def test_one_request_a_chunk_on_one_connection_with_what_the_wire_asks(splunkd: Splunkd, sidecar: Sidecar) -> None:
    know(splunkd, ("user", "entity"), ("_time", "time"), ("_time", "id"))
    with CommandProcess(
        splunkd, "aiscore", ["model=toy", "explain=7"], search="search x | aiscore model=toy explain=7"
    ) as process:
        back = search.run(process, [events(5), events(5, 5)])
    first, second = sidecar.scored
    assert first.query["model"] == "toy" and first.query["explain"] == "7" and first.query["prefix"] == "ai_"
    assert first.query["explain_budget_s"] == "0.250" and "warmup_h" not in first.query
    assert first.headers["Authorization"].startswith("Bearer t1.")
    assert re.fullmatch("[0-9a-f]{32}", first.headers["AIScore-Request-Id"])
    assert [request.headers["AIScore-Search"] for request in (first, second)] == [
        "1767225600.1/1/1",
        "1767225600.1/1/2",
    ]
    assert "AIScore-Carry" not in first.headers and second.headers["AIScore-Carry"] == "Y2Fycnk="
    assert back.dicts()[9]["ai_status"] == "scored"
    calls = [path for _, path in splunkd.calls]
    assert calls.count("aiscore/ticket") == 1 and calls.count("configs/conf-aiscore/sidecar") == 1


def test_the_warm_up_is_asked_for_with_every_chunk(splunkd: Splunkd, sidecar: Sidecar) -> None:
    know(splunkd, ("user", "entity"), ("_time", "time"), ("_time", "id"))
    with CommandProcess(
        splunkd, "aiscore", ["model=toy", "warmup_h=24"], search="search x | aiscore model=toy warmup_h=24"
    ) as process:
        search.run(process, [events(5), events(5, 5)])
    assert [request.query["warmup_h"] for request in sidecar.scored] == ["24", "24"]


@pytest.mark.parametrize("merge", HYPOTHESES, ids=str)
def test_right_under_every_merge_hypothesis(splunkd: Splunkd, sidecar: Sidecar, any_python: str, merge: Merge) -> None:
    know(splunkd, ("user", "entity"), ("_time", "time"), ("_time", "id"), ("dest", "input"))
    sent = events(20)
    with score(splunkd, python=any_python) as process:
        back = search.run(process, [sent, Table(sent.header, []), events(20, 20)], merge)
        assert process.end() == 0
    kept = sent.header if merge.keep_unlisted else ["_time", "user", "dest", "__mv_dest"]
    whole = events(40)
    places = [whole.header.index(name) for name in kept]
    check_passed(Table(kept, [[row[at] for at in places] for row in whole.rows]), back)
    assert {row["ai_status"] for row in back.dicts()} == {"scored"}
    assert sidecar.scored[0].rows()[0].keys() >= {"_chunked_idx", "_time", "user", "dest", "__mv_dest"}
    assert "_raw" not in sidecar.scored[0].rows()[0]


def test_fields_all_and_an_unknown_contract_ask_for_every_field(splunkd: Splunkd, sidecar: Sidecar) -> None:
    with score(splunkd) as process:
        assert process.getinfo()["required_fields"] == ["*"]
    know(splunkd, ("user", "entity"))
    with score(splunkd, "fields=all") as process:
        assert process.getinfo()["required_fields"] == ["*"]


def test_getinfo_names_the_contract_and_the_outputs_and_is_kept_on_disk(splunkd: Splunkd, sidecar: Sidecar) -> None:
    sidecar.contract = [("user", "entity"), ("_time", "time"), ("_time", "id")]
    # A machine that is too busy to answer within the second gets another try.
    for _ in range(5):
        asked = len(sidecar.seen)
        with score(splunkd, "prefix=net_") as process:
            info = process.getinfo()
        if asked and len(sidecar.seen) == asked:
            break
    names = ["net_" + field for field in scripted.FIELDS]
    assert info["required_fields"] == ["user", "_time", *names, *("orig_" + name for name in names)]
    assert info["type"] == "stateful"
    assert len(sidecar.seen) == asked, "a second process must not ask again"


def test_getinfo_waits_one_second_at_most(splunkd: Splunkd, sidecar: Sidecar) -> None:
    sidecar.reply = scripted.slow(3)  # type: ignore[method-assign]
    with score(splunkd) as process:
        process.messages.clear()
        started = time.monotonic()
        assert process.getinfo()["required_fields"] == ["*"]
        assert time.monotonic() - started < 2


@pytest.mark.parametrize("body", [b"", b"a,b\n", b'"a",b'])
def test_a_chunk_without_rows_is_answered_without_asking(splunkd: Splunkd, sidecar: Sidecar, body: bytes) -> None:
    with score(splunkd) as process:
        back = one_chunk(process, body)
        assert process.end() == 0
    assert back.partition(b",ai_score")[0] == body.rstrip(b"\n")
    assert not sidecar.scored and not process.messages


def test_a_preview_is_labelled_and_never_asked(splunkd: Splunkd, sidecar: Sidecar) -> None:
    with score(splunkd, "on_error=fail") as process:
        back = search.run(process, [events(3)], preview=True)
        assert process.end() == 0
    check_passed(events(3), back)
    assert {(row["ai_status"], row["ai_note"], row["ai_score"]) for row in back.dicts()} == {
        ("unscored", "preview", "")
    }
    assert not sidecar.scored and not process.texts("WARN")


def test_two_models_score_one_search(splunkd: Splunkd) -> None:
    with score(splunkd) as process:
        once = search.run(process, [events(4)])
    with score(splunkd, "prefix=net_") as process:
        twice = search.run(process, [once])
    check_passed(once, twice)
    assert {row["net_status"] for row in twice.dicts()} == {"scored"}


@pytest.mark.parametrize("merge", [Merge(), Merge(keep_unlisted=False, keep_unechoed=False)], ids=str)
def test_scores_that_came_in_are_kept_once(splunkd: Splunkd, sidecar: Sidecar, merge: Merge) -> None:
    know(splunkd, ("user", "entity"), ("_time", "time"), ("_time", "id"))
    sent = Table(
        ["ai_score", "user", "ai_reasons", "__mv_ai_reasons", "_time"],
        [["0.9", "ann", "x\ny", "$x$;$y$", "1"], ["", "bob", "", "", "2"]],
    )
    with score(splunkd) as process:
        once = search.run(process, [sent], merge)
    with score(splunkd) as process:
        back = search.run(process, [once], merge).dicts()
    assert [row["orig_ai_score"] for row in back] == ["0.9", once.dicts()[1]["ai_score"]]
    assert [(row["orig_ai_reasons"], row["__mv_orig_ai_reasons"]) for row in back][0] == ("x\ny", "$x$;$y$")
    assert {row["__mv_ai_reasons"] for row in back} == {""}
    assert [row["user"] for row in back] == ["ann", "bob"]
    assert all(row["ai_score"] not in ("", "0.9") for row in back)


# failures: each must label every row, and say why once


FAULTS: dict[str, tuple[scripted.Reply, str]] = {
    "token refused": (scripted.problem(401, "unauthorized"), "auth"),
    "forbidden": (scripted.problem(403, "forbidden"), "auth"),
    "no model": (scripted.problem(404, "no_model"), "no_model"),
    "another 404": (scripted.problem(404, "no_route"), "sidecar_error"),
    "bad features": (scripted.problem(422, "bad_features"), "bad_features"),
    "bad request": (scripted.problem(400, "bad_option"), "sidecar_error"),
    "busy": (scripted.problem(429, "busy", Retry_After="0.05"), "overloaded"),
    "busy for long": (scripted.problem(503, "busy", Retry_After="600"), "overloaded"),
    "broken": (scripted.problem(500, "bug"), "sidecar_error"),
    "html error": (scripted.html(502), "sidecar_error"),
    "html success": (scripted.html(200), "sidecar_error"),
    "hangs up": (scripted.hang_up, "sidecar_down"),
    "cut short": (scripted.cut, "bad_response"),
    "redirect": (scripted.problem(307, "moved", Location="/v1/score"), "bad_response"),
    "one row short": (scripted.changed(lambda table: table[:-1]), "bad_response"),
    "one row long": (scripted.changed(lambda table: [*table, ["5", *table[-1][1:]]]), "bad_response"),
    "no rows": (scripted.changed(lambda table: table[:1]), "bad_response"),
    "empty": (scripted.changed(lambda table: []), "bad_response"),
    "shuffled": (scripted.changed(lambda table: [table[0], table[2], table[1], *table[3:]]), "bad_response"),
    "wrong ordinal": (scripted.changed(lambda table: [*table[:-1], ["9", *table[-1][1:]]]), "bad_response"),
    "NaN": (scripted.changed(lambda table: _with(table, 1, "NaN")), "bad_response"),
    "infinite": (scripted.changed(lambda table: _with(table, 1, "inf")), "bad_response"),
    "score above 1": (scripted.changed(lambda table: _with(table, 1, "1.000001")), "bad_response"),
    "negative score": (scripted.changed(lambda table: _with(table, 1, "-0.1")), "bad_response"),
    "scored without a score": (scripted.changed(lambda table: _with(table, 1, "")), "bad_response"),
    "risk 0": (scripted.changed(lambda table: _with(table, 3, "0")), "bad_response"),
    "risk 101": (scripted.changed(lambda table: _with(table, 3, "101")), "bad_response"),
    "threat above 1": (scripted.changed(lambda table: _with(table, 5, "7")), "bad_response"),
    "unknown severity": (scripted.changed(lambda table: _with(table, 2, "awful")), "bad_response"),
    "unknown status": (scripted.changed(lambda table: _with(table, 10, "fine")), "bad_response"),
    "two model versions": (scripted.changed(lambda table: _with(table, 8, "toy@x/y")), "bad_response"),
    "other columns": (scripted.changed(lambda table: [["ordinal", *table[0][:0:-1]], *table[1:]]), "bad_response"),
    "a column more": (scripted.changed(lambda table: [[*row, ""] for row in table]), "bad_response"),
    "wrong digest": (scripted.with_headers(AIScore_Digest="0" * 64), "bad_response"),
    "another's reply": (scripted.with_headers(AIScore_Request_Id="0" * 32), "bad_response"),
    "another body": (scripted.with_headers(Content_Digest="sha-256=:AAAA:"), "bad_response"),
    "a body without a seal": (scripted.with_headers(Content_Digest=""), "bad_response"),
    "no model named": (scripted.with_headers(AIScore_Model=""), "bad_response"),
    "compressed": (scripted.with_headers(Content_Encoding="gzip"), "bad_response"),
    "endless carry": (scripted.with_headers(AIScore_Carry="A" * 9000), "bad_response"),
    "a line that is none": (scripted.changed(lambda table: [*table, ["junk"]]), "bad_response"),
    "endless": (scripted.endless, "bad_response"),
    "oversize": (scripted.with_headers(Content_Length=str(1 << 30)), "bad_response"),
}


def _with(table: list[list[str]], at: int, value: str) -> list[list[str]]:
    row = list(table[3])
    row[at] = value
    return [*table[:3], row, *table[4:]]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_labels_every_row_and_warns_once(
    splunkd: Splunkd, sidecar: Sidecar, any_python: str, fault: str
) -> None:
    know(splunkd, ("user", "entity"), ("_time", "time"), ("_time", "id"))
    sidecar.default, note = FAULTS[fault]
    with score(splunkd, python=any_python) as process:
        back = search.run(process, [events(5)])
        assert process.end() == 0, process.show()
    check_passed(events(5), back)
    for row in back.dicts():
        filled = {name: row[name] for name in OUTPUTS if row[name]}
        assert filled.pop("ai_event_id")
        assert filled == {"ai_status": "unscored", "ai_note": note}, process.show()
    (warning,) = process.texts("WARN")
    assert f"5 of 5 rows are unscored. 5 rows {note}:" in warning and "To mend:" in warning
    assert "aiscore_request_id=" in warning


def test_rows_that_say_nothing_to_the_model_are_told_once(splunkd: Splunkd, sidecar: Sidecar, any_python: str) -> None:
    sidecar.default = scripted.with_headers(AIScore_Told="5 of 5 rows are not scored: seen empty")
    with score(splunkd, python=any_python) as process:
        search.run(process, [events(5), events(5)])
        assert process.end() == 0, process.show()
    (warning,) = process.texts("WARN")
    assert "5 of 5 rows are not scored: seen empty (ai_note=bad_features). To mend: compare" in warning


RETRIED = {
    "token refused": 2,
    "busy": 3,
    "broken": 2,
    "html error": 2,
    "hangs up": 2,
    "no model": 1,
    "one row short": 1,
}


@pytest.mark.parametrize("fault", RETRIED)
def test_what_may_pass_is_tried_again_and_no_more(splunkd: Splunkd, sidecar: Sidecar, fault: str) -> None:
    sidecar.default = FAULTS[fault][0]
    with score(splunkd) as process:
        search.run(process, [events(2)])
    assert len(sidecar.scored) == RETRIED[fault]


@pytest.mark.parametrize("fault", ["token refused", "busy", "broken", "html success", "hangs up"])
def test_a_fault_that_passes_costs_no_row(splunkd: Splunkd, sidecar: Sidecar, fault: str) -> None:
    sidecar.script = [FAULTS[fault][0]]
    with score(splunkd) as process:
        back = search.run(process, [events(5)])
    assert {row["ai_status"] for row in back.dicts()} == {"scored"} and not process.texts("WARN")


def test_a_refused_token_is_replaced(splunkd: Splunkd, sidecar: Sidecar) -> None:
    sidecar.script = [FAULTS["token refused"][0]]
    with score(splunkd) as process:
        search.run(process, [events(2)])
    first, second = (request.headers["Authorization"] for request in sidecar.scored)
    assert first != second


@pytest.mark.parametrize("fault", ["no model", "broken", "shuffled", "hangs up"])
def test_on_error_fail_lets_no_row_of_the_chunk_out(
    splunkd: Splunkd, sidecar: Sidecar, python: str, fault: str
) -> None:
    sidecar.script = [scripted.good]
    sidecar.default, note = FAULTS[fault]
    with score(splunkd, "on_error=fail", python=python) as process:
        process.getinfo()
        assert len(frames.from_csv(process.execute(body_of(events(3)), False).body)[1]) == 3
        last = process.execute(body_of(events(3)), True)
        assert last.body == b"" and last.metadata["finished"]
        (error,) = process.texts("ERROR")
        assert note in error and "on_error=fail" in error
        assert process.end() == 1


def test_on_error_comes_from_the_settings_when_not_given(splunkd: Splunkd, sidecar: Sidecar) -> None:
    splunkd.configure(on_error="fail")
    sidecar.default = scripted.problem(404, "no_model")
    with score(splunkd) as process:
        process.getinfo()
        process.execute(body_of(events(1)), True)
        assert process.end() == 1
    with score(splunkd, "on_error=label") as process:
        assert len(search.run(process, [events(1)]).rows) == 1


@pytest.mark.parametrize(
    "reply",
    [scripted.slow(2), scripted.drip("header"), scripted.drip("body")],
    ids=["slow", "drip in the header", "drip in the body"],
)
def test_the_deadline_is_for_the_whole_chunk(
    splunkd: Splunkd, sidecar: Sidecar, python: str, reply: scripted.Reply
) -> None:
    splunkd.configure(chunk_deadline_s=0.5)
    sidecar.script = [reply]
    with score(splunkd, python=python) as process:
        process.getinfo()
        started = time.monotonic()
        back = Table(*frames.from_csv(process.execute(body_of(events(5)), False).body))
        assert time.monotonic() - started < 1.6
        assert {row["ai_note"] for row in back.dicts()} == {"timeout"}
        # The next chunk is not held up by the one that was given up.
        back = Table(*frames.from_csv(process.execute(body_of(events(5)), True).body))
        assert {row["ai_status"] for row in back.dicts()} == {"scored"}
        assert process.end() == 0


def test_a_sidecar_that_is_down_is_soon_no_longer_asked(splunkd: Splunkd, sidecar: Sidecar) -> None:
    sidecar.stop()
    chunks = [events(10, at * 10) for at in range(200)]
    with score(splunkd) as process:
        process.getinfo()
        started = time.monotonic()
        back = [process.execute(body_of(chunk), chunk is chunks[-1]).body for chunk in chunks]
        assert time.monotonic() - started < 4
        (warning,) = process.texts("WARN")
        assert "2000 of 2000 rows are unscored. 2000 rows sidecar_down" in warning
    for chunk, reply in zip(chunks, back, strict=True):
        check_passed(chunk, Table(*frames.from_csv(reply)))


def test_nothing_is_taken_from_the_environment(splunkd: Splunkd, sidecar: Sidecar, tmp_path: Path) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login mallory password secret\n")
    netrc.chmod(0o600)
    environment = {"HOME": str(tmp_path), "HTTP_PROXY": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1"}
    with CommandProcess(splunkd, "aiscore", ["model=toy"], environment=environment) as process:
        back = search.run(process, [events(1)])
    assert back.dicts()[0]["ai_status"] == "scored", process.show()
    assert sidecar.scored[0].headers["Authorization"].startswith("Bearer t1.")


def test_a_ticket_that_comes_too_late_spoils_no_later_chunk(
    splunkd: Splunkd, sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    splunkd.configure(chunk_deadline_s=0.4)
    sidecar.default = scripted.slow(0.15)
    answer, late = splunkd.answer, [0.5]

    def slowly(method: str, path: str, *rest: Any) -> tuple[int, Any]:
        if path == "aiscore/ticket":
            time.sleep(late.pop() if late else 0)
        return answer(method, path, *rest)

    splunkd.answer("GET", "aiscore/ticket", splunkd.user.session_key, {}, "")  # the handler's start takes a while
    monkeypatch.setattr(splunkd, "answer", slowly)
    know(splunkd, ("user", "entity"))
    with score(splunkd) as process:
        process.getinfo()
        notes = [_notes(process.execute(body_of(events(2)), last)) for last in (False, True)]
    assert notes == [{"timeout"}, {"unsupervised_only,cold_entity"}], process.show()
    assert len(sidecar.scored) == 1, "a request was sent that nobody waited for"


def test_settings_that_never_come_are_soon_no_longer_waited_for(
    splunkd: Splunkd, sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = splunkd.answer

    def silent(method: str, path: str, *rest: Any) -> tuple[int, Any]:
        if path.startswith("configs/"):
            time.sleep(5)
        return answer(method, path, *rest)

    monkeypatch.setattr(splunkd, "answer", silent)
    kit = splunkd.app.folder / "bin" / "aiscore_kit" / "score.py"
    source = kit.read_text()
    try:
        # Ten seconds are too long for a test.
        kit.write_text(source.replace("_PATIENCE_S = 10.0", "_PATIENCE_S = 0.3"))
        with score(splunkd) as process:
            process.getinfo()
            started = time.monotonic()
            notes = [_notes(process.execute(body_of(events(2)), number == 19)) for number in range(20)]
            assert time.monotonic() - started < 4
    finally:
        kit.write_text(source)
    assert notes == [{"timeout"}] * 20


def _notes(reply: frames.Frame) -> set[str]:
    return {row["ai_note"] for row in Table(*frames.from_csv(reply.body)).dicts()}


def test_no_secret_is_logged_at_debug(splunkd: Splunkd, sidecar: Sidecar, python: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import logging\nlogging.basicConfig(level=logging.DEBUG)\n")
    environment = {"PYTHONPATH": str(tmp_path)}
    with CommandProcess(splunkd, "aiscore", ["model=toy"], python=python, environment=environment) as process:
        search.run(process, [events(1)])
        said = process.stderr()
    assert "DEBUG:urllib3" in said and "DEBUG:splunklib" in said, "the loggers were silent"
    ticket = sidecar.scored[0].headers["Authorization"].removeprefix("Bearer ")
    assert not [secret for secret in (splunkd.user.session_key, ticket) if secret in said]


def test_the_search_budget_ends_waiting(splunkd: Splunkd, sidecar: Sidecar) -> None:
    splunkd.configure(chunk_deadline_s=0.4, search_budget_s=0.5)
    sidecar.default = scripted.slow(1)
    with score(splunkd) as process:
        process.getinfo()
        started = time.monotonic()
        for number in range(5):
            process.execute(body_of(events(2)), number == 4)
        assert time.monotonic() - started < 1.5
    assert len(sidecar.scored) <= 2


# odd input


@pytest.mark.parametrize(("odd", "copy"), [(b"\xff\xfe z", "\ufffd\ufffd z"), (b"x\x00z", "x\ufffdz")])
def test_odd_bytes_pass_and_a_clean_copy_is_scored(
    splunkd: Splunkd, sidecar: Sidecar, python: str, odd: bytes, copy: str
) -> None:
    with score(splunkd, python=python) as process:
        back = one_chunk(process, b"user,_raw\nann," + odd + b"\nbob,ok\n")
        assert process.end() == 0, process.show()
    lines = back.split(b"\n")
    assert lines[1].startswith(b"ann," + odd + b",0.") and lines[2].startswith(b"bob,ok,0.")
    assert [row["_raw"] for row in sidecar.scored[0].rows()] == [copy, "ok"]


def test_carriage_returns_stay_at_the_line_ends(splunkd: Splunkd) -> None:
    with score(splunkd) as process:
        back = one_chunk(process, b'user,_raw\r\nann,"a\r\nb"\r\nbob,c\r\n')
    assert back.count(b"\r\n") == 4 and back.endswith(b"\r\n")
    table = list(csv.reader(io.StringIO(back.decode(), newline="")))
    assert [row[:2] for row in table[1:]] == [["ann", "a\r\nb"], ["bob", "c"]]
    assert {row[-2] for row in table[1:]} == {"scored"}


def test_a_huge_field_passes_whole_and_is_scored_clipped(splunkd: Splunkd, sidecar: Sidecar, python: str) -> None:
    know(splunkd, ("user", "entity"), ("blob", "input"))
    huge = "ä" * (6 << 20)
    sent = Table(["user", "blob", "other"], [["ann", huge, "x"], ["bob", "small", "y"]])
    with score(splunkd, "fields=all", python=python) as process:
        back = search.run(process, [sent])
        assert process.end() == 0, process.show()
    check_passed(sent, back)
    first, second = back.dicts()
    assert first["ai_status"] == "partial" and first["ai_note"] == "unsupervised_only,cold_entity,clipped"
    assert second["ai_status"] == "scored"
    (request,) = sidecar.scored
    assert [len(row["blob"].encode()) for row in request.rows()] == [1 << 16, 5]
    assert "other" not in request.rows()[0]


def test_long_replies_are_taken_in_several_requests(splunkd: Splunkd, sidecar: Sidecar, python: str) -> None:
    know(splunkd, ("user", "entity"), ("_time", "time"), *((f"some_field_{at}", "input") for at in range(200)))
    splunkd.configure(max_reply_mb=1)
    reasons = "; ".join(f'process="C:\\\\{at}", never seen ' + "x" * 260 + " (+1.0)" for at in range(5))
    contributions = "; ".join(f"some_field_{at}:+0.12345{at}" for at in range(200))
    sidecar.default = scripted.changed(
        lambda table: [table[0], *([*row[:6], reasons, contributions, *row[8:]] for row in table[1:])]
    )
    sent = events(300)
    with score(splunkd, "fields=all", python=python) as process:
        back = search.run(process, [sent])
        assert process.end() == 0, process.show()
    check_passed(sent, back)
    rows = back.dicts()
    assert {(row["ai_status"], row["ai_reasons"], row["ai_contributions"]) for row in rows} == {
        ("scored", reasons, contributions)
    }
    asked = [len(request.rows()) for request in sidecar.scored]
    assert sum(asked) == 300 and 5 < len(asked) < 20
    expected = [line[1] for request in sidecar.scored for line in scripted.lines(request)]
    assert [row["ai_score"] for row in rows] == expected
    assert ["AIScore-Carry" in request.headers for request in sidecar.scored] == [False] + [True] * (len(asked) - 1)


def test_thousands_of_columns_are_narrowed_to_the_contract(splunkd: Splunkd, sidecar: Sidecar) -> None:
    know(splunkd, ("f7", "input"), ("f4000", "entity"))
    sent = Table([f"f{at}" for at in range(5000)], [[str(at + row) for at in range(5000)] for row in range(3)])
    with score(splunkd, "fields=all") as process:
        back = search.run(process, [sent])
    check_passed(sent, back)
    assert [list(row) for row in sidecar.scored[0].rows()] == [["f7", "f4000"]] * 3
    assert {row["ai_status"] for row in back.dicts()} == {"scored"}


def test_short_and_long_rows_and_a_name_twice(splunkd: Splunkd, sidecar: Sidecar) -> None:
    with score(splunkd) as process:
        back = one_chunk(process, b"a,b,a\n1\n2,3,4,5,6\n7,8,9\n")
    lines = back.split(b"\n")
    assert lines[0].startswith(b"a,b,a,ai_score,")
    assert lines[1].startswith(b"1,,,0.") and lines[2].startswith(b"2,3,4,0.") and lines[2].endswith(b",5,6")
    assert lines[3].startswith(b"7,8,9,0.")
    assert sidecar.scored[0].rows() == [{"a": "1", "b": ""}, {"a": "2", "b": "3"}, {"a": "7", "b": "8"}]


def test_a_name_that_stands_twice_is_sent_once(splunkd: Splunkd, sidecar: Sidecar) -> None:
    with score(splunkd) as process:
        back = one_chunk(process, b"a,b,a\n1,2,3\n")
    assert back.split(b"\n")[1].startswith(b"1,2,3,0.")
    assert sidecar.scored[0].body == b"a,b\n1,2\n"


def test_a_quote_that_never_closes_loses_nothing(splunkd: Splunkd, sidecar: Sidecar) -> None:
    with score(splunkd) as process:
        back = one_chunk(process, b'a,b\n1,2\n3,x"y\n4,"open\n5,6\n')
    _, rows = frames.from_csv(back)
    assert [row[:2] for row in rows] == [["1", "2"], ["3", 'x"y'], ["4", "open\n5,6\n"]]
    assert {row[-2] for row in rows} == {"scored"}
    assert [row["b"] for row in sidecar.scored[0].rows()] == ["2", 'x"y', "open\n5,6\n"]


# the end of a search


def test_input_that_is_cut_short_is_an_error(splunkd: Splunkd, sidecar: Sidecar, python: str) -> None:
    with score(splunkd, python=python) as process:
        process.getinfo()
        whole = frames.Frame({"action": "execute", "finished": True}, body_of(events(3))).encoded()
        process.send(whole[:-9])
        assert process.process.stdin
        process.process.stdin.close()
        assert process.receive().body == b""
        assert process.process.wait(5) == 1
        assert "truncated" in process.texts("ERROR")[0]
    assert not sidecar.scored


@pytest.mark.parametrize("how", ["terminate", "input ends", "output closes"])
def test_a_cancelled_search_stops_within_a_second(splunkd: Splunkd, sidecar: Sidecar, python: str, how: str) -> None:
    sidecar.default = scripted.slow(6)
    with score(splunkd, python=python) as process:
        process.getinfo()
        process.send(frames.Frame({"action": "execute", "finished": False}, body_of(events(3))).encoded())
        _until(lambda: bool(sidecar.scored))
        started = time.monotonic()
        child = process.process
        assert child.stdin and child.stdout
        if how == "terminate":
            process.cancel()
        (child.stdin if how == "input ends" else child.stdout).close() if how != "terminate" else None
        child.wait(5)
        assert time.monotonic() - started < 1
        if how != "output closes":
            assert child.stdout.read() == b""
        assert "Traceback" not in process.stderr()


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not true() and time.monotonic() < end:
        time.sleep(0.01)
    assert true()


@pytest.mark.parametrize("size", [3, 3000])
def test_chunks_that_wait_are_answered_when_input_has_ended_already(
    splunkd: Splunkd, sidecar: Sidecar, python: str, size: int
) -> None:
    sidecar.default = scripted.slow(0.6)
    body = body_of(events(size))
    with score(splunkd, python=python) as process:
        process.getinfo()
        both = [frames.Frame({"action": "execute", "finished": last}, body).encoded() for last in (False, True)]
        # In one piece: a small second chunk is read ahead with the first, a large one waits in the pipe.
        writer = threading.Thread(target=lambda: (process.send(b"".join(both)), process.process.stdin.close()))
        writer.start()
        found = [Table(*frames.from_csv(process.receive().body)) for _ in range(2)]
        writer.join()
    assert [len(table.rows) for table in found] == [size, size]
    assert {row["ai_status"] for table in found for row in table.dicts()} == {"scored"}


# options, settings, tickets


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ([], 'A value for "model" is required'),
        (["model=../x"], "letters, digits"),
        (["model=toy", "explain={x}"], "expected: auto, all, none or a number of rows"),
        (["model=toy", "colour={red}"], "Unrecognized option: colour={red}"),
        (["model=toy", "user"], 'unexpected argument "user"'),
        (["model=toy", "on_error=panic"], "label or fail"),
        (["model=toy", "prefix=1"], "ending in _"),
        (["model=toy", "warmup_h=long"], "hours, such as 24"),
        (["model=toy", "record=true"], "Unrecognized option: record"),
        (["model=toy", "logging_configuration=/etc/passwd"], "Unrecognized option: logging_configuration"),
    ],
)
def test_a_wrong_option_is_named(splunkd: Splunkd, python: str, args: list[str], expected: str) -> None:
    with CommandProcess(splunkd, "aiscore", args, python=python) as process:
        process.getinfo()
        assert process.end() == 1
        assert expected in " ".join(process.texts("ERROR")), process.show()


@pytest.mark.parametrize(
    ("settings", "note", "named"),
    [
        ({"url": "http://sidecar.example:8765"}, "tls", "url"),
        ({"url": "ftp://127.0.0.1"}, "internal", "url"),
        ({"chunk_deadline_s": "soon"}, "internal", "chunk_deadline_s"),
        ({"chunk_deadline_s": "nan"}, "internal", "chunk_deadline_s"),
        ({"max_reply_mb": "0.5"}, "internal", "max_reply_mb"),
        ({"on_error": "{ignore}"}, "internal", "on_error"),
    ],
)
def test_a_wrong_setting_is_named_and_costs_no_row(
    splunkd: Splunkd, settings: dict[str, str], note: str, named: str
) -> None:
    splunkd.configure(**settings)
    with score(splunkd) as process:
        back = search.run(process, [events(2)])
    check_passed(events(2), back)
    assert {row["ai_note"] for row in back.dicts()} == {note}
    assert named in process.texts("WARN")[0]


def test_no_secret_and_no_capability_are_told_apart(splunkd: Splunkd) -> None:
    nobody = splunkd.log_in("guest")
    with CommandProcess(splunkd, "aiscore", ["model=toy"], user=nobody) as process:
        back = search.run(process, [events(1)])
    assert back.dicts()[0]["ai_note"] == "auth" and "refused a ticket" in process.texts("WARN")[0]
    splunkd.passwords.clear()
    with score(splunkd) as process:
        search.run(process, [events(1)])
    assert "no secret is stored" in process.texts("WARN")[0]


def test_a_bug_in_the_command_still_lets_the_rows_through(splunkd: Splunkd, sidecar: Sidecar) -> None:
    # A limit that makes the reply reader itself fail stands for any fault of ours.
    broken = splunkd.app.folder / "bin" / "aiscore_kit" / "reply.py"
    source = broken.read_text()
    try:
        broken.write_text(source.replace("found = self._line_of(model)", "found = (1 / 0)"))
        with score(splunkd) as process:
            back = search.run(process, [events(3)])
            assert "ZeroDivisionError" in process.stderr()
    finally:
        broken.write_text(source)
    check_passed(events(3), back)
    assert {row["ai_note"] for row in back.dicts()} == {"internal"}


def test_the_stand_in_notices_a_lost_row(splunkd: Splunkd) -> None:
    with score(splunkd) as process, pytest.raises(ProtocolError):
        process.getinfo()
        frames.from_csv(process.execute(body_of(events(2)), True).body.replace(b",scored", b"", 1))
