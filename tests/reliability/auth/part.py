"""The batches of this part."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sidecar.app import create_app
from sidecar.settings import Settings
from tests.reliability.auth import (
    canaries,
    certificates,
    detours,
    handler,
    house,
    letters,
    matrix,
    rotation,
    rules,
    trust,
)
from tests.reliability.auth.certificates import Case, Wish
from tests.reliability.auth.credentials import World, every, payload, ticket
from tests.reliability.auth.detours import Place
from tests.reliability.auth.kit import Kit, lax_openssl
from tests.reliability.auth.listener import Listener
from tests.reliability.auth.matrix import Ask
from tests.reliability.campaign import Batch, Found
from tests.splunkd import pythons
from tests.splunkd.app import InstalledApp

SHARES = 6
"""The credentials are dealt out: one share a batch."""
ROTATIONS = 4
HANDLED = 20_000


def batches(seed: int) -> list[Batch]:
    """The matrix here and through a server, letters, certificates, detours, rotations, the ticket service."""
    found = [Batch("routes", _routes), Batch("canaries", _canaries)]
    for share in range(SHARES):
        found.append(Batch(f"matrix {share}", lambda share=share: _matrix(share)))  # type: ignore[misc]
        found.append(Batch(f"served {share}", lambda share=share: _served(share)))  # type: ignore[misc]
    found += [Batch("letters of a ticket", lambda: _letters(seed)), Batch("letters of a token", _letters_of_a_token)]
    for python in pythons.SHIPPED:
        for lax in (False, True):
            name = f"certificates, Python {python}{', lax OpenSSL' if lax else ''}"
            found.append(Batch(name, lambda python=python, lax=lax: _certificates(python, lax)))  # type: ignore[misc]
        found.append(Batch(f"detours, Python {python}", lambda python=python: _detours(python)))  # type: ignore[misc]
    found.append(Batch("rotations", _rotations))
    found.append(Batch("ticket service", lambda: _handler(seed)))
    return found


def _homed(run: Callable[[Path, World], Found]) -> Found:
    with tempfile.TemporaryDirectory(prefix="auth-") as folder:
        home = Path(folder) / "home"
        return run(home, house.furnish(home))


def _found(wrong: list[str], **counts: int) -> Found:
    return Found(counts | {"auth_wrong": len(wrong)}, wrong)


def _routes() -> Found:
    def look(home: Path, world: World) -> Found:
        return _found(rules.missing(house.in_process(home)[0]), auth_rules=len(rules.RULES))

    return _homed(look)


def _matrix(share: int) -> Found:
    return _homed(lambda home, world: _asked(share, world, house.in_process(home)[1]))


def _served(share: int) -> Found:
    def look(home: Path, world: World) -> Found:
        with house.Server(home) as server:
            return _asked(share, world, server.ask)

    return _homed(look)


def _asked(share: int, world: World, ask: Ask) -> Found:
    count = 0
    wrong: list[str] = []
    # Tickets are made anew for each few credentials: they end, and a batch may be slow.
    names = [credential.name for credential in every(world)][share::SHARES]
    for name in names:
        (credential,) = [found for found in every(world._replace(now=time.time())) if found.name == name]
        more, faults = matrix.asked(matrix.cells([credential]), ask)
        count, wrong = count + more, wrong + faults
    return _found(wrong, auth_cells=count)


def canary_run(home: Path, world: World, each: int) -> tuple[int, int, list[str]]:
    """The rules with one credential in `each`, loggers at DEBUG: cells asked, lines logged, what was shown."""
    credentials = every(world)[::each]
    with canaries.every_logger() as witness:
        listening = canaries.Listening(house.in_process(home)[1])
        questions = matrix.sample(matrix.cells(credentials), 37)
        count, wrong = matrix.asked(questions, listening)
    hidden = canaries.secrets(world, home, every(world))
    wrong += canaries.shown("\n".join(witness.lines), hidden, "the log")
    wrong += canaries.shown("\n".join(listening.heard), hidden, "an answer")
    wrong += canaries.at_rest(home, hidden)
    return count, len(witness.lines), wrong


def _canaries() -> Found:
    def look(home: Path, world: World) -> Found:
        count, lines, wrong = canary_run(home, world, each=1)
        return _found(wrong, canary_cells=count, canary_log_lines=lines)

    return _homed(look)


def _letters(seed: int) -> Found:
    def look(home: Path, world: World) -> Found:
        gate = create_app(Settings(home=home)).extensions["aiscore"].gate
        good = ticket(world.present, payload(time.time(), scopes=["score"]))
        count, wrong = letters.let_in(gate, letters.changed(good, letters.ALPHABET + letters.STRANGE))
        more, faults = letters.let_in(gate, letters.mixed(good, seed, 100_000))
        most, found = letters.let_in(gate, letters.long(good))
        return _found(wrong + faults + found, tickets_altered=count + more + most)

    return _homed(look)


def _letters_of_a_token() -> Found:
    def look(home: Path, world: World) -> Found:
        gate = create_app(Settings(home=home)).extensions["aiscore"].gate
        made = letters.changed(world.tokens["admin"], letters.ALPHABET + letters.STRANGE)
        count, wrong = letters.let_in(gate, made)
        return _found(wrong, tokens_altered=count)

    return _homed(look)


def _certificates(python: str, lax: bool) -> Found:
    with tempfile.TemporaryDirectory(prefix="auth-") as name:
        folder = Path(name)
        root = certificates.authority()
        (folder / "ca.pem").write_bytes(root.pem)
        cases = certificates.cases(root)
        app = InstalledApp(folder / "splunk").folder
        with Kit(pythons.best(python), app, lax_openssl(folder) if lax else None) as kit:
            wrong = trust.tried(cases, kit, folder / "ca.pem")
    return _found(wrong, certificates_tried=len(cases))


def _detours(python: str) -> Found:
    with tempfile.TemporaryDirectory(prefix="auth-") as name:
        folder = Path(name)
        root, stranger = certificates.authority(), certificates.authority()
        (folder / "ca.pem").write_bytes(root.pem)
        (folder / "stranger").mkdir()
        (folder / "stranger" / "ca.pem").write_bytes(stranger.pem)
        app = InstalledApp(folder / "splunk").folder
        right = Case("right", certificates.made(Wish(), root)).context()
        with Kit(pythons.best(python), app) as kit, Listener(right) as server, Listener() as trap:
            place = Place(kit, server, trap, folder / "ca.pem", folder)
            tries = [detours.redirects(place), detours.pages(place), detours.proxies(place), detours.key_file(place)]
            tries.append(detours.mixed(place))
            server.tls = Case("foreign", certificates.made(Wish(), stranger)).context()
            tries.append(detours.authorities(place, folder / "stranger" / "ca.pem"))
            shown = trust.told(kit.log())
    return _found([line for _, wrong in tries for line in wrong] + shown, detours_tried=sum(n for n, _ in tries))


def _rotations() -> Found:
    wrong: list[str] = []
    rows, slowest = 0, 0.0
    with rotation.stage() as found:
        for _ in range(ROTATIONS):
            scored, faults = rotation.rotated(found, searches=2, chunks=20, rows=100)
            seconds, told = rotation.revoked(found)
            rows, slowest, wrong = rows + scored, max(slowest, seconds), wrong + faults + told
    if slowest >= 1:
        wrong.append(f"a revoked token was taken for {slowest:.1f} s more")
    counts = {"rotations": ROTATIONS, "rotation_rows_scored": rows, "auth_wrong": len(wrong)}
    return Found(counts, wrong, {"revocation_ms": slowest * 1000})


def _handler(seed: int) -> Found:
    given, wrong = handler.tried(seed, HANDLED)
    return _found(wrong, ticket_requests=HANDLED, tickets_given=given)
