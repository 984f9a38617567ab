"""Many wrong replies, one after the other, to commands that hear good ones in between."""

import random
import re
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from tests.reliability.campaign import Found
from tests.reliability.replies import honest, wrong
from tests.reliability.replies.accepting import Command, no_pauses
from tests.reliability.replies.honest import Asked
from tests.reliability.replies.judged import Owners, Verdict, judge
from tests.reliability.replies.wrong import Reply, Scene

SIZES = (1, 2, 2, 3, 3, 3, 4, 5, 8)
LARGE = (255, 256, 257, 300, 600)
KEPT = 60
HARMLESS = ("flipped", "misheaded")
"""What can be wrong around the whole honest body: an announced length that means nothing; a byte that was put right."""
GUARDS = {
    "its columns are not those asked for": "columns",
    "it names no model": "model named",
    "good lines for": "row count",
    "its rows are not in order": "row ids",
    "a line is not of the agreed form": "left-over bytes",
    "the reply answers another request": "request id",
    "the sidecar read other bytes": "request digest",
    "other bytes came than the sidecar sent": "reply digest",
    "answered with a redirect": "redirect",
    "the reply is compressed": "compression",
    "the reply is larger than it can be": "size",
    "the reply was cut short": "length",
    "the reply's carry is too long": "carry",
    "the reply is ": "content type",
    "no connection": "connection",
    "the sidecar answered ": "status",
}
"""What the command says of a reply it refuses, and the guard that it names so."""


@dataclass
class Tried:
    """What came of the replies so far."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def note(self, case: str, asked: Asked, verdict: Verdict, refused: str) -> None:
        """Add one chunk's verdict."""
        counts = self.counts
        counts["events_in"] += len(asked.keys)
        counts["events_lost"] += len(asked.keys) - verdict.left
        counts["events_mislabelled"] += len(verdict.mislabelled)
        if refused:
            counts["replies_refused"] += 1
            counts[f"refused by {guard(refused)}"] += 1
        self.wrong += [f"{case}: {said}" for said in (*verdict.mislabelled, *verdict.invented)]


def guard(refused: str) -> str:
    """The guard that decided."""
    return next((name for said, name in GUARDS.items() if said in refused), f"? {re.sub('[0-9]+', '0', refused)[:60]}")


class Run:
    """Wrong replies of a seed, with all that was ever said kept at hand."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._chance = random.Random(seed)
        self._commands = (Command(256), Command(1))
        self._owners = Owners()
        self._earlier: deque[tuple[Asked, Reply]] = deque(maxlen=KEPT)
        self._next = 0
        self.tried = Tried()
        for _ in range(KEPT):
            self.hear_good()

    def _asked(self) -> Asked:
        large = self._chance.random() < 0.01
        count = self._chance.choice(LARGE if large else SIZES)
        # Two models only in some: most of what was said earlier could be mistaken for this.
        asked = honest.asked(
            self._chance, self._next, count, self._chance.choice(honest.MODELS[:1] * 4 + honest.MODELS)
        )
        self._next += count
        self._owners.add(asked)
        return asked

    def hear_good(self) -> None:
        """A chunk with its honest reply, which must be taken; it is what later replies are mistaken for."""
        asked = self._asked()
        out, refused = self._heard(asked, lambda scene: scene.good())
        verdict = judge(asked, out, self._owners)
        self.tried.counts["replies_good"] += 1
        self.tried.note(f"seed {self._seed} good", asked, verdict, refused)
        if refused or verdict.scored != len(asked.keys):
            self.tried.wrong.append(f"seed {self._seed}: a good reply was refused: {refused}")

    def hear_wrong(self, name: str, number: int) -> bool:
        """A chunk of which one request gets a reply of this forger; whether it was another than the honest one."""
        asked = self._asked()
        fated = self._chance.choice(asked.keys)
        forged: list[tuple[Reply, Reply]] = []

        def said(scene: Scene) -> Reply:
            if fated not in scene.asked.keys:
                return scene.good()
            forged.append((wrong.FORGERS[name](scene), scene.good()))
            return forged[-1][0]

        out, refused = self._heard(asked, said)
        if any(reply.wire() == good.wire() for reply, good in forged):
            return False
        verdict = judge(asked, out, self._owners)
        if verdict.altered and name == "flipped" and _is_own_seal(forged[-1][0]):
            # The sidecar itself said other digits or letters, and sealed them: there is nothing to know it by.
            verdict = replace(verdict, invented=())
            self.tried.counts["replies_wrong_in_digits_only"] += 1
        elif not refused and name in HARMLESS:
            self.tried.counts["replies_wrong_without_harm"] += 1
        elif not refused:
            self.tried.wrong.append(f"seed {self._seed} case {number} {name}: taken")
        self.tried.counts["replies_tried"] += 1
        self.tried.counts[f"tried {name}"] += 1
        self.tried.note(f"seed {self._seed} case {number} {name}", asked, verdict, refused)
        return True

    def _heard(self, asked: Asked, said: Callable[[Scene], Reply]) -> tuple[bytes, str]:
        """The chunk as it leaves when each of its requests is answered by `said`, and why that was refused."""
        command = self._chance.choice(self._commands)

        def respond(sent: Mapping[str, str], body: bytes) -> bytes:
            part = honest.part(body, asked.model)
            scene = Scene(self._chance, part, sent, tuple(self._earlier))
            self._earlier.append((part, scene.good()))
            return said(scene).wire()

        command.respond = respond
        return command.labelled(asked.body)


def _is_own_seal(reply: Reply) -> bool:
    return reply.headers.get("Content-Digest") == wrong.seal(reply.body)


def tried(seed: str, count: int) -> Found:
    """What came of so many wrong replies."""
    names = list(wrong.FORGERS)
    with no_pauses():
        run = Run(seed)
        number = 0
        while run.tried.counts["replies_tried"] < count:
            name = names[run.tried.counts["replies_tried"] % len(names)]
            run.hear_wrong(name, number)
            number += 1
            if number % 8 == 0:
                run.hear_good()
    return Found(dict(run.tried.counts), run.tried.wrong)
