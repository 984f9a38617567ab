"""What a killed server left behind: is all there that was acknowledged, once, and is nothing half made?"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from models import registry
from sidecar.app import open_house, open_ledger
from sidecar.errors import StoreError
from sidecar.settings import Settings
from sidecar.store.base import Entry
from sidecar.store.sessions import FileSessions, SessionLimits
from tests.reliability.kills.changer import Changer
from tests.reliability.kills.fitter import Fitter, Session
from tests.reliability.kills.home import CHANGING, STEADY
from tests.reliability.kills.keeper import Keeper
from tests.reliability.kills.life import Line
from tests.sidecar.conftest import events

CHUNK = events(1, 20, seed=2)
KINDS = ("lost", "doubled", "half_made")


@dataclass
class Judge:
    """Looks after each restart, before anything more is asked of the server. `counts` says of what kind `wrong` is."""

    home: Path
    fitter: Fitter
    changer: Changer
    keeper: Keeper
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    scores: dict[str, str] = field(default_factory=dict)

    def look(self, url: str) -> None:
        """The ledger, the files and what is served."""
        try:
            ledger = open_ledger(Settings(home=self.home))
            ledger.verify()
            entries = ledger.entries()
        except StoreError as failure:
            self._says("half_made", f"the ledger does not hold: {failure}")
            return
        self._changes(entries)
        self._jobs(entries)
        self._tokens(entries)
        self._files(entries)
        self._served(url)

    def look_at_versions(self) -> int:
        """Does every version in the registry load and score? How many there are."""
        house = open_house(Settings(home=self.home))
        versions = [
            (line.name, version) for line in house.shelf.registry().values() for version in line.versions.values()
        ]
        for name, version in versions:
            try:
                house.shelf.load(name, version).rehearse(1)
            except Exception as failure:
                self._says("half_made", f"{name} {version.bundle[:12]} does not score: {failure!r}")
        return len(versions)

    def _says(self, kind: str, line: str) -> None:
        self.counts[kind] += 1
        self.wrong.append(f"{self.fitter.lane} {kind}: {line}")

    def _once(self, what: str, found: int, sure: bool) -> None:
        if found > 1:
            self._says("doubled", f"{what} stands {found} times in the ledger")
        elif sure and not found:
            self._says("lost", f"{what} was acknowledged and is not in the ledger")

    def _changes(self, entries: Sequence[Entry]) -> None:
        found = Counter((entry.by, entry.kind, entry.body.get("bundle")) for entry in entries)
        for change in self.changer.done:
            self._once(f"{change.kind} {change.search}", found[change.user, change.kind, change.bundle], True)
        pending = self.changer.pending
        if pending:
            self._once(f"{pending.kind} {pending.search}", found[pending.user, pending.kind, pending.bundle], False)

    def _jobs(self, entries: Sequence[Entry]) -> None:
        submitted = Counter(entry.by for entry in entries if entry.kind == "job")
        for session in self.fitter.sessions:
            self._once(f"the job of {session.name}", submitted[session.user], bool(session.job))
        seen = {session.job: session.state for session in self.fitter.sessions}
        for entry in entries:
            if entry.kind == "job":
                self._job(entry.body["job"], seen.get(entry.body["job"], ""), entries)

    def _job(self, job: str, seen: str, entries: Sequence[Entry]) -> None:
        # The server has just started, and nobody has asked for anything yet: every job has ended, one way or the other.
        ends = [
            entry.kind.removeprefix("job_") for entry in _of(job, entries) if entry.kind in ("job_done", "job_failed")
        ]
        fits = sum(entry.kind == "fit" for entry in _of(job, entries))
        self._once(f"the end of job {job}", len(ends), True)
        self._once(f"the fit of job {job}", fits, ends == ["done"])
        if ends == ["failed"] and fits:
            self._says("half_made", f"job {job} has failed, and its fit is recorded")
        if seen in ("done", "failed") and ends[:1] != [seen]:
            self._says("lost", f"job {job} was {seen} and is {ends}")

    def _tokens(self, entries: Sequence[Entry]) -> None:
        made = Counter(entry.body["name"] for entry in entries if entry.kind == "token")
        ended = Counter(entry.body["id"] for entry in entries if entry.kind == "token_revoked")
        for name, token in self.keeper.tokens.items():
            self._once(f"token {name}", made[name], True)
            self._once(f"the end of token {name}", ended[token.split(".")[1]], name in self.keeper.revoked)

    def _files(self, entries: Sequence[Entry]) -> None:
        sessions = FileSessions(self.home / "sessions", SessionLimits())
        current = self.fitter.sessions[-1] if self.fitter.sessions else None
        committed = {entry.by for entry in entries if entry.kind == "job"}
        if current and current.user not in committed:
            self._parts(sessions, current)
        left = sum(1 for _ in (self.home / "sessions").iterdir()) - int(current is not None)
        if left > 0:
            self._says("half_made", f"{left} sessions are left behind")

    def _parts(self, sessions: FileSessions, session: Session) -> None:
        found = {part.seq: part for part in sessions.parts(session.user, session.name)}
        for seq, digest in session.parts.items():
            if seq not in found or found[seq].digest != digest:
                self._says("lost", f"part {seq} of {session.name}")
                continue
            try:
                sessions.body(session.user, session.name, found[seq])
            except StoreError as failure:
                self._says("half_made", f"part {seq} of {session.name}: {failure}")

    def _served(self, url: str) -> None:
        line = Line(url)
        try:
            self._score(line, STEADY)
            lines = self.changer.lines_possible()
            champions = {known.champion.bundle[:12] if known.champion else "" for known in lines}
            reply = line.ask("judge", "POST", f"/v1/models?model={CHANGING}")
            states = {row["version"]: row["state"] for row in csv.DictReader(io.StringIO(reply.text))}
            if not any(states == _states(known) for known in lines):
                self._says(
                    "lost", f"the versions of {CHANGING} are {states}, not {[_states(known) for known in lines]}"
                )
            served = self._score(line, CHANGING) if champions != {""} else ""
            if served not in champions and "" not in champions:
                self._says("lost", f"{served} scores, not {champions}")
        finally:
            line.close()

    def _score(self, line: Line, model: str) -> str:
        """Score the same events: the champion's letters. A version always gives the same."""
        reply = line.ask("judge", "POST", f"/v1/score?model={model}&explain=none", CHUNK)
        named = reply.headers.get("AIScore-Model", "")
        if reply.status_code != 200 or self.scores.setdefault(named, reply.text) != reply.text:
            self._says("half_made", f"{model} answers {reply.status_code} with other scores: {reply.text[:200]}")
        return named.partition("@")[2][:12]


def _of(job: str, entries: Iterable[Entry]) -> Iterator[Entry]:
    return (entry for entry in entries if entry.body.get("job") == job)


def _states(line: registry.Line) -> dict[str, str]:
    return {version.bundle[:12]: line.state(version) for version in line.versions.values()}
