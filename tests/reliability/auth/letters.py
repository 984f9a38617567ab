"""One good ticket and one good token, changed in every way a letter can be: nobody may be let in by any of them."""

import random
from collections.abc import Iterator

from sidecar.api.gate import Gate
from sidecar.errors import Forbidden

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
STRANGE = ".=+/ ~%\x00\x7fé\u0660\ud800\U0001f600"


def changed(good: str, letters: str) -> Iterator[str]:
    """Each letter replaced by each of `letters`, left out, doubled or swapped; each beginning and each end."""
    for at, own in enumerate(good):
        for letter in letters:
            if letter != own:
                yield good[:at] + letter + good[at + 1 :]
        yield good[:at]
        yield good[at + 1 :]
        yield good[:at] + good[at + 1 :]
        yield good[:at] + own + good[at:]
        if at and good[at - 1] != own:
            yield good[: at - 1] + own + good[at - 1] + good[at + 1 :]


def long(good: str) -> Iterator[str]:
    """Far too long, in every part."""
    head, payload, seal = good.split(".", 2)
    many = 10 * 2**20
    yield from ("A" * many, f"{head}." + "A" * many, f"{head}." + "A" * many + f".{seal}")
    yield from (f"{head}.{payload}." + "A" * many, "t1." + "." * many, f"{good}" * 1000)


def mixed(good: str, seed: int, count: int) -> Iterator[str]:
    """Several changes at once, at random."""
    chance = random.Random(seed)
    for _ in range(count):
        letters = list(good)
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(letters))
            letters[at : at + chance.randint(0, 3)] = chance.choices(ALPHABET + STRANGE, k=chance.randint(0, 4))
            letters = letters or ["x"]
        found = "".join(letters)
        if found.strip() != good:
            yield found


def let_in(gate: Gate, credentials: Iterator[str]) -> tuple[int, list[str]]:
    """How many were tried, and who was let in or broke the gate."""
    count, wrong = 0, []
    for credential in credentials:
        count += 1
        try:
            caller = gate.caller(f"Bearer {credential}")
        except Forbidden:
            continue
        except Exception as failure:
            wrong.append(f"{credential[:200]!r}: {type(failure).__name__}")
        else:
            wrong.append(f"{credential[:200]!r} is {caller.user}")
    return count, wrong
