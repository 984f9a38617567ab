"""Promotes, retires and rolls back the versions of one model, each change once; now and then one is sent again."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace

from models import registry
from models.registry import Line
from tests.reliability.kills.client import Client
from tests.reliability.kills.home import CHANGING


@dataclass(frozen=True)
class Change:
    """One intent: its own user and search, so that the ledger can be asked how often it was done."""

    user: str
    search: str
    kind: str
    bundle: str


class Changer(Client):
    """The client of the registry. `line` is what must be, after everything that was acknowledged."""

    name = "changer"

    def __init__(self, lane: str, seed: int, line: Line) -> None:
        self.line = line
        self.done: list[Change] = []
        self.pending: Change | None = None
        super().__init__(lane, seed)

    def acts(self) -> Iterator[None]:
        while True:
            kind, bundle = self._choice()
            number = len(self.done)
            change = Change(f"change-{self.lane}-{number}", f"18{number:08d}.{self.lane}/1/0", kind, bundle)
            self.pending = change
            yield from self._asked(change)
            first = self.answer
            if self.told():
                self.line = after(self.line, change)
                self.acknowledged[kind] += 1
                self.done.append(change)
                self._judge(change)
            self.pending = None
            if first.ok and self.chance.random() < 0.5:
                yield from self._asked(change)
                if self.told() and self.answer.text != first.text:
                    self.says(f"{change.search} sent again is answered otherwise: {first.text!r}, {self.answer.text!r}")

    def _asked(self, change: Change) -> Iterator[None]:
        words = f"model={CHANGING}&action={change.kind}"
        if change.kind != "rollback":
            words += f"&version={change.bundle[:12]}"
        yield from self.ask("change", change.user, "POST", f"/v1/models?{words}", b"", change.search)

    def _choice(self) -> tuple[str, str]:
        champion, before = self.line.champion, self.line.before
        others = [version for version in self.line.versions.values() if version is not champion]
        can = [("promote", version.bundle) for version in others]
        # Somebody must always be left to go back to.
        if before:
            can += [("rollback", before.bundle)] * 3
        if sum(not version.retired for version in others) > 1:
            can += [("retire", version.bundle) for version in others if not version.retired]
        return self.chance.choice(can)

    def _judge(self, change: Change) -> None:
        (row,) = csv.DictReader(io.StringIO(self.answer.text))
        champion = self.line.champion
        if row["champion"] != (champion.bundle[:12] if champion else ""):
            self.says(f"{change.kind} {change.search}: champion is {row['champion']}, not {champion}")

    def lines_possible(self) -> Sequence[Line]:
        """How the line may be now: as acknowledged, or with what was sent and not answered."""
        return [self.line, after(self.line, self.pending)] if self.pending and self.cut else [self.line]


def after(line: Line, change: Change) -> Line:
    """The line once the change is made."""
    fact = SimpleNamespace(kind=change.kind, at="", by="", body={"model": line.name, "bundle": change.bundle})
    return registry.fold([fact], {line.name: line})[line.name]
