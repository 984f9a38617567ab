"""Eight points beside the score request, three faults at each: 24 searches that must lose nothing either.

What fails here is splunkd's answer (ticket, settings), the question for the contract, each step of a fit and of the
list of models. A fit is never half committed: there is a model of all rows, or none, and the search has said which.
"""

import asyncio
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.reliability.campaign import Found
from tests.reliability.faults import acts, check, events
from tests.reliability.faults.ground import Ground
from tests.reliability.faults.lateness import Lateness
from tests.reliability.faults.proxy import Act, Asked, Call, Fault
from tests.reliability.faults.searches import SLACK_S, Log
from tests.splunkd import pythons
from tests.splunkd.command import CommandProcess
from tests.splunkd.frames import Frame, ProtocolError

FAULTS = ("hang", "break", "lie")
_ROWS = 40
_DEADLINE_S = 1.5
_NUMBERS = itertools.count(1)
_HTTP: dict[str, Act] = {
    "hang": acts.hold,
    "break": acts.reset,
    "lie": acts.whole(acts.half_json),
}
_SPLUNKD: dict[str, tuple[int, Any] | None] = {
    "hang": None,
    "break": (500, {"messages": [{"type": "ERROR", "text": "no {luck}"}]}),
    "lie": (200, {"something": "else"}),
}


@dataclass(frozen=True)
class Point:
    """`run` plays one fault at this point and notes what it saw."""

    name: str
    run: Callable[[Ground, str, str, Log], None]


def run(ground: Ground, point: Point, fault: str, python: str) -> Found:
    """One search."""
    log = Log()
    log.counts.update(faulted_searches=1)
    try:
        ground.prepare("http", chunk_deadline_s=_DEADLINE_S)
        point.run(ground, fault, pythons.best(python), log)
    except (ProtocolError, OSError, ValueError, KeyError) as failure:
        log.wrong.append(f"{type(failure).__name__}: {str(failure)[:500]}")
    finally:
        ground.calm()
    return Found(log.counts, [f"{point.name}, {fault}, Python {python}: {line}" for line in log.wrong], log.most)


# a search for scores


def _splunkd(path: str, notes: set[str], deadline_s: float) -> Callable[[Ground, str, str, Log], None]:
    """splunkd's answer at this path is faulty for the first chunk, then right."""

    def run(ground: Ground, fault: str, python: str, log: Log) -> None:
        # Its contract is known: getinfo asks for nothing, and the fault meets the first chunk.
        _score(ground, python, Log(), lambda: None, set(), 99)
        ground.splunkd.faults[path] = _SPLUNKD[fault]
        _score(ground, python, log, lambda: None, notes, deadline_s)

    return run


def _contract(ground: Ground, fault: str, python: str, log: Log) -> None:
    """The question for the contract fails: a second later every field is asked for, and all is scored."""
    ground.forget_contracts()
    ground.proxy.fault = Fault(lambda asked: "action=contract" in asked.path, _HTTP[fault])
    _score(ground, python, log, lambda: log.must(_acted(ground), "the fault did not happen"), set(), _DEADLINE_S)


def _score(
    ground: Ground, python: str, log: Log, informed: Callable[[], None], notes: set[str], deadline_s: float
) -> None:
    """Two chunks; the first may be labelled with one of `notes`, the second must be scored, the fault being over."""
    chunks = [events.chunk(_ROWS, 6000, 1), events.chunk(_ROWS, 6001 + _ROWS, 1)]
    with ground.command("aiscore", ["model=logon", "fields=all"], python, f"other.{next(_NUMBERS)}") as process:
        with Lateness() as late:
            started = time.monotonic()
            process.getinfo()
            seconds = time.monotonic() - started
        # One second for the contract; the rest is the start of a Python.
        log.must(seconds < 1 + SLACK_S + late.seconds, f"getinfo took {seconds:.1f} s")
        informed()
        for number, chunk in enumerate(chunks):
            with Lateness() as late:
                started = time.monotonic()
                reply = process.execute(chunk.body, number == 1)
                seconds = time.monotonic() - started
            if seconds > deadline_s + SLACK_S + late.seconds:
                log.counts["deadlines_missed"] += 1
                log.wrong.append(f"chunk {number + 1} took {seconds:.2f} s")
            _look(ground, log, number, chunk, reply, notes)
            ground.calm()
        log.must(process.end() == 0, f"it failed: {process.show()[-300:]}")
        if notes:
            (text,) = process.texts("WARN")
            log.must(f"{_ROWS} of {2 * _ROWS} rows are unscored" in text, f"no count told: {text}")
            log.must("To mend: " in text, f"no mend told: {text}")
        _no_secret(ground, process, log)


def _look(ground: Ground, log: Log, number: int, chunk: events.Chunk, reply: Frame, notes: set[str]) -> None:
    asked = [asked for asked in ground.proxy.seen if asked.seq == number + 1]
    seen = check.judge(chunk, reply.body, asked, notes if number == 0 else ())
    log.counts.update(events_in=len(chunk), events_lost=seen.lost, events_mislabelled=seen.mislabelled)
    log.counts["events_scored"] += seen.scored
    log.wrong += [f"chunk {number + 1}: {line}" for line in seen.wrong]
    log.must(bool(seen.note) == bool(notes and number == 0), f"chunk {number + 1} is labelled {seen.note!r}")


# a fit


def _fit(chosen: Callable[[Asked], bool]) -> Callable[[Ground, str, str, Log], None]:
    """The fault meets the chosen requests."""

    def run(ground: Ground, fault: str, python: str, log: Log) -> None:
        model = f"fit{next(_NUMBERS)}"
        ground.proxy.fault = Fault(chosen, _late if fault == "hang" else _HTTP[fault], 2)
        args = [f"model={model}", "entity=user", "fields=dest", "wait=20"]
        chunks = [events.chunk(200, 6000 + at * 200, 1) for at in range(3)]
        log.counts["fit_rows_in"] += 600
        with ground.command("aifit", args, python, f"fit.{model}") as process:
            process.getinfo()
            replies = []
            for number, chunk in enumerate(chunks):
                replies.append(process.execute(chunk.body, number == 2))
                if replies[-1].metadata.get("finished"):
                    break
            code = process.end(60)
            log.must(_acted(ground), "the fault did not happen")
            rows = check.table(replies[-1].body)
            told = process.texts("ERROR") + process.texts("WARN")
            log.must(bool(rows) != (code != 0), f"code {code}, but rows {rows}")
            sure = "has not started" in " ".join(told)
            log.must(not (sure and _commits(ground)), f"a fit that started is told not to have: {told}")
            log.must(bool(told) or (code == 0 and rows[0]["state"] == "done"), f"nothing was told: {process.show()}")
            _no_secret(ground, process, log)
        ground.calm()
        _whole_or_not_at_all(ground, python, model, log)

    return run


async def _late(call: Call) -> None:
    """A fit may take its time, so its requests wait a minute: the reply comes late, and is taken."""
    await asyncio.sleep(1.0)
    await call.send(await call.genuine())


def _whole_or_not_at_all(ground: Ground, python: str, model: str, log: Log) -> None:
    """A commit that the sidecar took becomes a model of all rows; one that it did not take becomes none."""
    taken = _commits(ground)
    end = time.monotonic() + 60
    while True:
        row = next((found for found in _models(ground, python) if found["model"] == model), None)
        if not taken or (row and row["champion"]) or time.monotonic() > end:
            break
        time.sleep(0.2)
    rows = row["rows"] if row and row["champion"] else None
    log.counts["fits_committed"] += taken
    log.must(rows == ("600" if taken else None), f"committed: {taken}; the model has {rows} of 600 rows")


def _commits(ground: Ground) -> bool:
    """Whether the sidecar took the commit, as its own reply says."""
    replies = [asked.reply for asked in ground.proxy.seen if asked.path.startswith("/v1/fit?")]
    return any(reply and reply.line.split(" ")[1].startswith("2") for reply in replies)


def _models(ground: Ground, python: str) -> list[dict[str, str]]:
    with ground.command("aimodels", [], python, f"list.{next(_NUMBERS)}") as process:
        process.getinfo()
        return check.table(process.execute(b"", False).body)


# the list of models


def _list(ground: Ground, fault: str, python: str, log: Log) -> None:
    ground.proxy.fault = Fault(lambda asked: asked.path.startswith("/v1/models"), _HTTP[fault])
    with ground.command("aimodels", [], python, f"list.{next(_NUMBERS)}") as process:
        process.getinfo()
        with Lateness() as late:
            started = time.monotonic()
            reply = process.execute(b"", False)
            seconds = time.monotonic() - started
        log.must(seconds < _DEADLINE_S + SLACK_S + late.seconds, f"it took {seconds:.2f} s")
        log.must(reply.body == b"", "rows in spite of the fault")
        errors = process.texts("ERROR")
        log.must(len(errors) == 1 and "aiscore_request_id=" in errors[0], f"no error with a request id: {errors}")
        log.must(process.end() == 1, "the exit code is 0")
        log.must(_acted(ground), "the fault did not happen")
        _no_secret(ground, process, log)


def _acted(ground: Ground) -> bool:
    return ground.proxy.fault is not None and ground.proxy.fault.acted > 0


def _no_secret(ground: Ground, process: CommandProcess, log: Log) -> None:
    told = repr(process.messages).encode() + process.stderr().encode() + ground.new_log().encode()
    seen = [secret for secret in ground.secrets() if secret in told]
    log.counts.update(secrets_seen=len(seen), secrets_looked_for=len(ground.secrets()))
    log.must(not seen, f"{len(seen)} secrets were seen")
    log.must("DEBUG:" in process.stderr() and "Traceback" not in process.stderr(), "no log, or a traceback in it")


POINTS = (
    Point("ticket", _splunkd("aiscore/ticket", {"auth", "timeout"}, _DEADLINE_S)),
    Point("settings", _splunkd("configs/conf-aiscore/sidecar", {"internal", "timeout"}, 10.0)),
    Point("contract", _contract),
    Point("fit: first part", _fit(lambda asked: asked.path.endswith("/0"))),
    Point("fit: last part", _fit(lambda asked: asked.path.endswith("/2"))),
    Point("fit: commit", _fit(lambda asked: asked.path.startswith("/v1/fit?"))),
    Point("fit: job", _fit(lambda asked: asked.path.startswith("/v1/jobs/"))),
    Point("models", _list),
)
