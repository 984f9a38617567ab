"""Each kind of fault once: no event is lost, none gets a score that is not its own, and the promises of time hold."""

import contextlib
import itertools
import ssl
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.reliability.faults import acts, certificates, check, dead, events, lines, others, searches
from tests.reliability.faults.ground import Ground
from tests.reliability.faults.http11 import Message
from tests.reliability.faults.kinds import KINDS
from tests.reliability.faults.part import LOUD
from tests.reliability.faults.proxy import Asked
from tests.reliability.faults.searches import CHUNKS, Case
from tests.splunkd import pythons

ROWS = (1, 7, 300)
ANY = pythons.best(",".join(pythons.SHIPPED))
SAVED = [name for name, kind in KINDS.items() if kind.saved]


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """One for all searches."""
    with Ground() as made:
        yield made


def _case(name: str, **choices: object) -> Case:
    """A place, a size and a Python that differ from kind to kind."""
    at = list(KINDS).index(name)
    # The end of the input after the last chunk is no cancel.
    place = at % (CHUNKS - 1 if KINDS[name].family == "command" else CHUNKS)
    return Case(KINDS[name], place, ROWS[at // CHUNKS % 3], pythons.SHIPPED[at % 2], **choices)  # type: ignore[arg-type]


def test_there_are_46_kinds() -> None:
    families = Counter(kind.family for kind in KINDS.values())
    assert families == {"connect": 6, "tls": 8, "send": 3, "http": 9, "body": 11, "sidecar": 4, "command": 5}
    assert len(KINDS) == 46
    assert len(others.POINTS) * len(others.FAULTS) == 24


@pytest.mark.parametrize("name", KINDS)
def test_a_fault_loses_no_event(ground: Ground, name: str) -> None:
    found = searches.run(ground, _case(name))
    assert not found.wrong
    assert found.counts["faulted_searches"] == 1 and found.counts["secrets_looked_for"] > 3


def test_the_last_chunk_is_answered_though_the_input_has_ended(ground: Ground) -> None:
    assert not searches.run(ground, Case(KINDS["stdin EOF"], CHUNKS - 1, 7)).wrong


@pytest.mark.parametrize("name", SAVED)
def test_a_fault_that_passes_costs_no_score(ground: Ground, name: str) -> None:
    found = searches.run(ground, _case(name, attempts=1))
    assert not found.wrong and found.counts["events_scored"] == found.counts["events_in"]


@pytest.mark.parametrize("name", LOUD[::3])
def test_on_error_fail_lets_no_row_of_the_chunk_out(ground: Ground, name: str) -> None:
    assert not searches.run(ground, _case(name, on_error="fail")).wrong


@pytest.mark.parametrize(
    ("point", "fault"),
    [pair for at, pair in enumerate(itertools.product(others.POINTS, others.FAULTS)) if at % 4 == 0],
    ids=lambda value: getattr(value, "name", value),
)
def test_other_points(ground: Ground, point: others.Point, fault: str) -> None:
    assert not others.run(ground, point, fault, pythons.SHIPPED[0]).wrong


def test_a_late_ticket_spoils_no_later_chunk(ground: Ground) -> None:
    assert not others.run(ground, others.POINTS[0], "hang", pythons.SHIPPED[1]).wrong


def test_a_slow_line_is_no_dead_sidecar(ground: Ground) -> None:
    """The time for connecting is not the time for sending."""
    ground.prepare("http", chunk_deadline_s=30, connect_timeout_s=1)
    chunk = events.chunk(50_000, 6000, 1)
    with ground.command("aiscore", ["model=logon", "fields=all", "explain=none"], ANY, "slow.1") as process:
        process.getinfo()
        ground.listen(buffer=2048)
        ground.seq, ground.attempts = 1, None
        ground.play(acts.take_slowly)
        body = process.execute(chunk.body, True).body
    seen = check.judge(chunk, body, ground.proxy.seen, ())
    ground.calm()
    assert not seen.wrong and seen.scored == 50_000, process.messages


def test_a_dead_sidecar_is_soon_no_longer_asked(ground: Ground) -> None:
    assert not dead.run(ground).wrong


# the judge


CHUNK = events.chunk(3, 6000, 1)


def _asked(*suffixes: bytes) -> Asked:
    body = b"".join(b"%d,%b\n" % pair for pair in enumerate(suffixes))
    return Asked("POST", "/v1/score?", 1, "", b"x", Message("HTTP/1.1 200 OK", [], b"header\n" + body))


def _suffix(at: int) -> bytes:
    return b"0.5,low,7,0.5,,,,logon@1/2,%b,scored," % CHUNK.event_ids[at]


def _body(*pairs: tuple[bytes, bytes]) -> bytes:
    return b"".join(line + b"\n" for line in [check.HEADER, *(b",".join(pair) for pair in pairs)])


ALL = [(CHUNK.records[at], _suffix(at)) for at in range(3)]
UNSCORED = [(CHUNK.records[at], b",,,,,,,,%b,unscored,timeout" % CHUNK.event_ids[at]) for at in range(3)]


def test_the_judge_lets_the_good_pass() -> None:
    genuine = [_asked(*(_suffix(at) for at in range(3)))]
    assert check.judge(CHUNK, _body(*ALL), genuine, ()) == check.Seen(scored=3)
    assert check.judge(CHUNK, _body(*UNSCORED), [], {"timeout"}) == check.Seen(note="timeout")


@pytest.mark.parametrize(
    ("body", "lost", "mislabelled"),
    [
        (_body(*ALL[:2]), 1, 0),
        (_body(ALL[1], ALL[0], ALL[2]), 2, 0),
        (_body(*ALL, ALL[0]), 0, 0),
        (_body((CHUNK.records[0].replace(b"u", b"U", 1), _suffix(0)), *ALL[1:]), 1, 0),
        (_body((CHUNK.records[0], _suffix(1)), *ALL[1:]), 0, 1),
        (_body((CHUNK.records[0], _suffix(0).replace(b"0.5", b"0.6")), *ALL[1:]), 0, 1),
        (_body(*UNSCORED), 0, 3),
        (_body(*UNSCORED[:1], *ALL[1:]), 0, 1),
        (b"", 3, 0),
    ],
    ids=["lost", "swapped", "twice", "changed", "of another", "invented", "not allowed", "one unlabelled", "nothing"],
)
def test_the_judge_sees_what_is_wrong(body: bytes, lost: int, mislabelled: int) -> None:
    seen = check.judge(CHUNK, body, [_asked(*(_suffix(at) for at in range(3)))], {"auth"})
    assert seen.wrong and (seen.lost, seen.mislabelled) == (lost, mislabelled)


def test_a_line_made_for_another_event_is_seen_though_it_came_in_its_place() -> None:
    suffixes = [_suffix(1), _suffix(0), _suffix(2)]
    pairs = list(zip(CHUNK.records, suffixes, strict=True))
    assert check.judge(CHUNK, _body(*pairs), [_asked(*suffixes)], ()).mislabelled == 2


def test_records_are_cut_outside_quotes() -> None:
    assert tuple(lines.cut(CHUNK.body)[1:]) == CHUNK.records and b"\n" in CHUNK.records[0]


def test_the_old_server_does_speak_tls_1_0() -> None:
    """A server that no client could reach would look like a fault that is refused."""
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.set_ciphers("ALL:@SECLEVEL=0")
    certificates.authority().configure_trust(old)
    with pytest.warns(DeprecationWarning):
        old.minimum_version = ssl.TLSVersion.TLSv1
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = old.wrap_bio(back, there, server_hostname="127.0.0.1")
    server = certificates.tls_1_0().wrap_bio(there, back, server_side=True)
    for side in (client, server) * 3:
        with contextlib.suppress(ssl.SSLWantReadError):
            side.do_handshake()
    assert client.version() == "TLSv1"
