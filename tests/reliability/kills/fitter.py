"""Fits, part by part: each session is sent, committed, watched to its end, and now and then committed again."""

import csv
import io
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.reliability.kills.client import Client
from tests.sidecar.conftest import events

MODEL = "fitted"
A_DAY = 12
PARTS = 3
POLL_S = 0.03


@dataclass
class Session:
    """One fit session and what was acknowledged of it: its parts' digests, its job, the job's end."""

    user: str
    name: str
    parts: dict[int, str] = field(default_factory=dict)
    job: str = ""
    state: str = ""


class Fitter(Client):
    """The client of fit sessions."""

    name = "fitter"

    def __init__(self, lane: str, seed: int) -> None:
        self.sessions: list[Session] = []
        self.kills = 0
        self.progress = 0.0
        self.whole = 0
        super().__init__(lane, seed)

    @property
    def running(self) -> bool:
        """Is a job at work that was accepted and whose end was not seen?"""
        return bool(self.sessions) and self.sessions[-1].job != "" and not self.sessions[-1].state

    def acts(self) -> Iterator[None]:
        while True:
            number = len(self.sessions)
            session = Session(f"fit-{self.lane}-{number}", f"17{number:08d}.{self.lane}/1")
            self.sessions.append(session)
            self.progress = 0.0
            yield from self._sent(session)
            yield from self._committed(session)
            yield from self._watched(session)
            yield from self._committed(session)
            self.whole += 1

    def _sent(self, session: Session) -> Iterator[None]:
        for seq, body in enumerate(_bodies(self.chance.getrandbits(30))):
            for _ in range(self.chance.choice((1, 1, 2))):
                yield from self.ask("part", session.user, "PUT", f"/v1/fit/{session.name}/{seq}", body)
                if self.told():
                    session.parts[seq] = self.answer.json()["digest"]
            self.acknowledged["part"] += 1

    def _committed(self, session: Session) -> Iterator[None]:
        words = f"session={session.name}&parts={PARTS}&model={MODEL}&entity=user"
        yield from self.ask("commit", session.user, "POST", f"/v1/fit?{words}")
        if not self.told(202):
            session.state = "refused"
            return
        (row,) = csv.DictReader(io.StringIO(self.answer.text))
        if session.job and row["job"] != session.job:
            self.says(f"{session.name} committed again is another job: {session.job}, {row['job']}")
        elif not session.job:
            self.acknowledged["commit"] += 1
        session.job = row["job"]

    def _watched(self, session: Session) -> Iterator[None]:
        end = time.monotonic() + 300
        while session.job and not session.state:
            yield from self.ask("watch", session.user, "GET", f"/v1/jobs/{session.job}")
            if not self.told():
                session.state = "lost"
                return
            job = self.answer.json()
            self.progress = job["progress"]
            if job["state"] in ("done", "failed"):
                session.state = job["state"]
                self.acknowledged["job end"] += 1
                self._judge_end(session, job["message"])
            elif time.monotonic() > end:
                self.says(f"job {session.job} has no end: {job}")
                session.state = "endless"
            else:
                time.sleep(POLL_S)

    def _judge_end(self, session: Session, message: str) -> None:
        # The commit itself may have been what the kill interrupted.
        if session.state == "failed" and not (self.kills and message.startswith("interrupted")):
            self.says(f"job {session.job} failed: {message}")


def _bodies(seed: int) -> list[bytes]:
    lines = events(a_day=A_DAY, seed=seed).splitlines(keepends=True)
    size = -(-(len(lines) - 1) // PARTS)
    return [lines[0] + b"".join(lines[start : start + size]) for start in range(1, len(lines), size)]
