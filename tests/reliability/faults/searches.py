"""One search with one fault: chunks go in one after the other, and every promise is looked at."""

import contextlib
import itertools
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from subprocess import TimeoutExpired

from tests.reliability.campaign import Found
from tests.reliability.faults import check, events
from tests.reliability.faults.ground import Ground
from tests.reliability.faults.kinds import Kind
from tests.reliability.faults.lateness import Lateness
from tests.splunkd import pythons
from tests.splunkd.command import CommandProcess
from tests.splunkd.frames import Frame, ProtocolError

CHUNKS = 3
SLACK_S = 1.0
_NUMBERS = itertools.count(1)
_HELD_S = 10.0
_ATTEMPTS = {"overloaded": 3, "sidecar_error": 2, "sidecar_down": 2, "auth": 2}
"""How often a chunk may be asked for when it ends with this note; once with any other."""


@dataclass(frozen=True)
class Case:
    """`place` is the faulted chunk, from 0; `attempts` how often the fault strikes (None: whenever it is asked)."""

    kind: Kind
    place: int = 0
    rows: int = 1
    python: str = "3.13"
    attempts: int | None = None
    on_error: str = "label"
    seed: int = 1

    def __str__(self) -> str:
        once = "" if self.attempts is None else f", {self.attempts} attempt"
        loud = ", on_error=fail" if self.on_error == "fail" else ""
        where = f"chunk {self.place + 1} of {CHUNKS}, {self.rows} rows, Python {self.python}{once}{loud}"
        return f"{self.kind.name} ({where}, seed {self.seed})"

    @property
    def deadline_s(self) -> float:
        """Short, but long enough for a healthy chunk."""
        return 6.0 if self.rows > 10_000 else 1.5

    def chunk(self, number: int) -> events.Chunk:
        """The events of a chunk; all have numbers of their own, and those of every second hold odd bytes."""
        return events.chunk(self.rows, 6000 + number * (self.rows | 1), self.seed)


@dataclass
class Log:
    """What a search has shown."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    most: dict[str, float] = field(default_factory=dict)

    def must(self, right: bool, text: str) -> None:
        """Note the text unless `right`."""
        if not right:
            self.wrong.append(text)

    def peak(self, name: str, value: float) -> None:
        """Keep the largest value."""
        self.most[name] = max(value, self.most.get(name, value))


def run(ground: Ground, case: Case) -> Found:
    """The whole search, and what was seen."""
    log = Log(Counter(faulted_searches=1))
    search = _Search(ground, case, log)
    try:
        search.run()
    except (ProtocolError, OSError, ValueError, TimeoutExpired) as failure:
        log.wrong.append(f"{type(failure).__name__}: {str(failure)[:500]}")
    finally:
        ground.calm()
    return Found(log.counts, [f"{case}: {line}" for line in log.wrong], log.most)


class _Search:
    def __init__(self, ground: Ground, case: Case, log: Log) -> None:
        self.ground, self.case, self.log = ground, case, log
        self.unscored: Counter[str] = Counter()
        self.shown: list[bytes] = []

    def run(self) -> None:
        case, ground = self.case, self.ground
        ground.prepare(case.kind.scheme, chunk_deadline_s=case.deadline_s, on_error=case.on_error)
        ground.seq, ground.attempts = case.place + 1, case.attempts
        explain = "none" if case.rows > 10_000 else "auto"
        args = ["model=logon", "fields=all", f"explain={explain}"]
        python = pythons.best(case.python)
        with ground.command("aiscore", args, python, f"fault.{next(_NUMBERS)}") as process:
            process.getinfo()
            try:
                self._chunks(process)
            finally:
                self._no_secret(process)

    def _chunks(self, process: CommandProcess) -> None:
        for number in range(CHUNKS):
            self.log.counts["events_in"] += self.case.rows
            if number == self.case.place:
                self.case.kind.begin(self.ground)
                if self._ends(process, number):
                    return
            reply, seconds = self._exchanged(process, number)
            if number == self.case.place:
                self._in_time(seconds)
                self._happened()
                if self.case.on_error == "fail":
                    self._failed_loud(process, reply)
                    return
                self.ground.calm()
            self._judge(number, reply)
        code = process.end()
        self.log.must(code == 0, f"the exit code is {code}: {process.stderr()[-300:]}")
        self._told(process)

    # one chunk

    def _frame(self, number: int) -> Frame:
        metadata = {"action": "execute", "finished": number == CHUNKS - 1}
        if self.case.kind.name == "preview" and number == self.case.place:
            metadata["preview"] = True
        return Frame(metadata, self.case.chunk(number).body)

    def _exchanged(self, process: CommandProcess, number: int) -> tuple[Frame, float]:
        frame = self._frame(number)
        with Lateness() as late:
            started = time.monotonic()
            process.send(frame.encoded())
            if self._ends_input(number):
                assert process.process.stdin
                process.process.stdin.close()
            reply = process.receive()
            seconds = time.monotonic() - started
        self.late_s = late.seconds
        self.shown.append(reply.body)
        last = number == CHUNKS - 1
        loud = self.case.on_error == "fail" and number == self.case.place
        self.log.must(bool(reply.metadata.get("finished")) == last or loud, "the reply's finished is not the chunk's")
        return reply, seconds

    def _ends_input(self, number: int) -> bool:
        return self.case.kind.name == "stdin EOF" and number == self.case.place

    def _in_time(self, seconds: float) -> None:
        self.log.peak("longest_over_deadline_s", seconds - self.case.deadline_s)
        self.log.peak("machine_late_s", self.late_s)
        if seconds > self.case.deadline_s + SLACK_S + self.late_s:
            self.log.counts["deadlines_missed"] += 1
            self.log.wrong.append(f"the chunk took {seconds:.2f} s, the machine was {self.late_s:.2f} s late")

    def _happened(self) -> None:
        fault = self.ground.proxy.fault
        self.log.must(fault is None or fault.acted > 0, "the fault did not happen")

    def _judge(self, number: int, reply: Frame) -> None:
        kind = self.case.kind
        faulted = number == self.case.place
        # What the fault has killed may not be up again at once.
        notes = kind.notes if faulted or kind.family == "sidecar" else frozenset[str]()
        seen = check.judge(self.case.chunk(number), reply.body, self._asked(number), notes)
        self.log.counts.update(events_lost=seen.lost, events_mislabelled=seen.mislabelled, events_scored=seen.scored)
        self.log.wrong += [f"chunk {number + 1}: {line}" for line in seen.wrong]
        allowed = max((_ATTEMPTS.get(note, 1) for note in kind.notes), default=1)
        asked = len(self._asked(number))
        self.log.must(asked <= allowed, f"chunk {number + 1} was asked for {asked} times")
        if seen.note:
            self.unscored[seen.note] += self.case.rows
        elif faulted and not seen.wrong:
            self.log.must(kind.scores or self._may_be_saved(), "the chunk is scored in spite of the fault")
        if faulted and seen.note and self.case.attempts is not None and kind.saved:
            self.log.wrong.append("one attempt was lost, and the retry has not saved the chunk")

    def _may_be_saved(self) -> bool:
        return self.case.kind.saved and self.case.attempts is not None

    def _asked(self, number: int) -> list[check.Asked]:
        return [asked for asked in self.ground.proxy.seen if asked.seq == number + 1]

    # the end

    def _told(self, process: CommandProcess) -> None:
        """One warning with count, cause and request id; none when nothing is missing."""
        warnings = process.texts("WARN")
        missing = {note: count for note, count in self.unscored.items() if note != "preview"}
        if not missing:
            self.log.must(not warnings, f"warned without need: {warnings}")
            return
        text = warnings[0] if len(warnings) == 1 else ""
        total = CHUNKS * self.case.rows
        self.log.must(f"{sum(missing.values())} of {total} rows are unscored" in text, f"no count told: {warnings}")
        for note, count in missing.items():
            self.log.must(f"{count} rows {note}: " in text and "To mend: " in text, f"{note} is not told: {text}")
        ids = re.findall(r"\[aiscore_request_id=([0-9a-f]{32})\]", text)
        known = {asked.request_id for asked in self._asked(self.case.place)}
        self.log.must(bool(ids) and (not known or ids[0] in known or self.case.kind.scores), f"no request id: {text}")

    def _failed_loud(self, process: CommandProcess, reply: Frame) -> None:
        errors = process.texts("ERROR")
        self.log.must(reply.body == b"", "rows left in spite of on_error=fail")
        named = any(note in " ".join(errors) for note in self.case.kind.notes)
        self.log.must(len(errors) == 1 and named, f"the error does not name the cause: {errors}")
        code = process.end()
        self.log.must(code == 1, f"the exit code is {code}")

    def _no_secret(self, process: CommandProcess) -> None:
        """Nothing secret in what came out, was told or was logged, at whatever level."""
        asked = b"".join(request.path.encode() for request in self.ground.proxy.seen)
        told = repr(process.messages).encode() + process.stderr().encode() + self.ground.new_log().encode()
        texts = (*self.shown, told, asked, *self.ground.proxy.plain)
        self.log.must(not any(b"row-" in text for text in self.ground.proxy.plain), "events went out unencrypted")
        seen = [secret for secret in self.ground.secrets() if any(secret in text for text in texts)]
        self.log.counts["secrets_seen"] += len(seen) + self.ground.trap.visits
        self.log.counts["secrets_looked_for"] += len(self.ground.secrets())
        self.log.must(not seen, f"{len(seen)} secrets were seen")
        self.log.must(not self.ground.trap.visits, "a redirect was followed")
        # This is what shows that loggers did talk.
        self.log.must("DEBUG:" in process.stderr(), "nothing was logged at DEBUG")
        self.log.must("Traceback" not in process.stderr(), f"a traceback: {process.stderr()[-500:]}")
        self.ground.trap.visits = 0

    # kinds that end the command

    def _ends(self, process: CommandProcess, number: int) -> bool:
        """Whether the fault was the end of the command; then all is said."""
        name = self.case.kind.name
        if name == "truncated input chunk":
            self._truncated(process, number)
            return True
        if name not in ("stdin EOF", "SIGTERM", "SIGPIPE") or (name == "stdin EOF" and number == CHUNKS - 1):
            return False
        child = process.process
        assert child.stdin and child.stdout
        self.log.counts["events_cancelled"] += self.case.rows
        process.send(self._frame(number).encoded())
        self._until_held()
        with Lateness() as late:
            started = time.monotonic()
            if name == "SIGTERM":
                process.cancel()
            else:
                (child.stdin if name == "stdin EOF" else child.stdout).close()
            child.wait(_HELD_S)
            seconds = time.monotonic() - started
        self.log.peak("longest_cancel_s", seconds)
        self.log.counts["deadlines_missed"] += seconds > SLACK_S + late.seconds
        self.log.must(seconds <= SLACK_S + late.seconds, f"it went on for {seconds:.2f} s")
        if name != "SIGPIPE":
            self.log.must(child.stdout.read() == b"", "a part of a frame was written")
        self._sidecar_was_told()
        return True

    def _until_held(self) -> None:
        end = time.monotonic() + _HELD_S
        while not self._asked(self.case.place) and time.monotonic() < end:
            time.sleep(0.005)
        self._happened()

    def _sidecar_was_told(self) -> None:
        end = time.monotonic() + SLACK_S
        while not self.ground.proxy.hung_up and time.monotonic() < end:
            time.sleep(0.005)
        self.log.must(self.ground.proxy.hung_up > 0, "the request was not given up")

    def _truncated(self, process: CommandProcess, number: int) -> None:
        whole = self._frame(number).encoded()
        process.send(whole[: -max(4, len(self.case.chunk(number).records[-1]) // 2)])
        assert process.process.stdin
        with contextlib.suppress(BrokenPipeError):
            process.process.stdin.close()
        reply = process.receive()
        code = process.process.wait(_HELD_S)
        self.log.must(reply.body == b"", "rows of an incomplete chunk left")
        self.log.must(code not in (0, None), "an incomplete input ended as if all were well")
        self.log.must("truncated" in " ".join(process.texts("ERROR")), f"no error: {process.messages}")
        self.log.must(not self._asked(number), "an incomplete chunk was scored")


def summed(found: Iterator[Found] | list[Found]) -> Found:
    """Several searches as one result."""
    log = Log()
    for one in found:
        log.counts.update(one.counts)
        log.wrong += one.wrong
        for name, value in one.most.items():
            log.peak(name, value)
    return Found(log.counts, log.wrong, log.most)
