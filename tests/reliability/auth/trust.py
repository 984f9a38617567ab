"""The client before each certificate: who is not to be trusted hears not one byte of an event or a ticket."""

from collections.abc import Sequence
from pathlib import Path

from tests.reliability.auth.certificates import HOST, Case
from tests.reliability.auth.kit import EVENT, TICKET, Kit, Outcome
from tests.reliability.auth.listener import Listener


def tried(cases: Sequence[Case], kit: Kit, ca_file: Path) -> list[str]:
    """What is wrong, in words."""
    wrong = []
    with Listener() as listener:
        for case in cases:
            listener.tls = case.context()
            listener.forget()
            outcome = kit.ask(f"https://{case.host}:{listener.port}", ca_file)
            wrong += [f"{case.name}: {fault}" for fault in _faults(case, outcome, listener)]
    return wrong + told(kit.log())


def _faults(case: Case, outcome: Outcome, listener: Listener) -> list[str]:
    if case.good:
        heard = EVENT.encode() in listener.heard
        return [] if heard and outcome.note == "sidecar_error" else [f"refused: {outcome.text}"]
    found = told(outcome.shown + outcome.text + outcome.mend)
    if listener.heard:
        found.append(f"{len(listener.heard)} bytes were sent to it")
    if not listener.connections:
        found.append("was not tried at all")
    if outcome.note != "tls":
        found.append(f"note {outcome.note} ({outcome.text})")
    if "ca_file" not in outcome.mend:
        found.append(f"the message does not name ca_file: {outcome.mend}")
    return found


def told(text: str) -> list[str]:
    """What a text gives away."""
    return [f"{what!r} is shown" for what in (TICKET, EVENT) if what in text]


def address(listener: Listener, scheme: str = "https") -> str:
    """Where it listens."""
    return f"{scheme}://{HOST}:{listener.port}"
