"""Odd chunks through the real command as a child process, and what left of them read by another reader."""

import csv
import io
import random
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.reliability.campaign import Found
from tests.reliability.replies.corpus import corpus
from tests.splunk_app import scripted
from tests.splunk_app.identity import Chunk, changed, drawn, records
from tests.splunkd import frames, pythons
from tests.splunkd.app import InstalledApp
from tests.splunkd.command import CommandProcess
from tests.splunkd.frames import Frame, ProtocolError
from tests.splunkd.rest import Splunkd

PYTHONS = ("3.9", "3.11", "3.13")
NAMES = [b"ai_" + field.encode() for field in scripted.FIELDS]
CLIPPED_ABOVE = 1 << 16


def python(version: str) -> str:
    """The interpreter of this version. A missing one is an error: the command would not have been tried with it."""
    found = pythons.find(version)
    if not found:
        raise LookupError(f"Python {version} is not installed: nothing was tried with it")
    return found


@contextmanager
def ground() -> Iterator[tuple[Splunkd, scripted.Sidecar]]:
    """The installed app under a stand-in for splunkd, and a sidecar that answers well."""
    with tempfile.TemporaryDirectory() as folder, scripted.Sidecar() as sidecar:
        app = InstalledApp(Path(folder))
        with Splunkd(app) as splunkd:
            splunkd.keep_secret("test-secret-" + "0123456789abcdef" * 3)
            # A busy machine must not turn a row's score into a label.
            splunkd.configure(url=sidecar.url, chunk_deadline_s=100, search_budget_s=3600)
            yield splunkd, sidecar


def tried(version: str, chunks: Iterable[Chunk]) -> Found:
    """These chunks, one search, under this Python; an empty chunk stands before and after them."""
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    with ground() as (splunkd, sidecar), _command(splunkd, version) as process:
        process.getinfo()
        wrong += ["an empty chunk was not answered by one"] * (process.execute(b"", False).body != b"")
        for number, chunk in enumerate(chunks):
            sidecar.seen.clear()
            out = process.execute(chunk.body, False).body
            said = _judged(chunk, out, sidecar)
            counts.update(_count(chunk, out))
            wrong += [f"Python {version}: chunk {number}, {chunk.kind}: {line}" for line in said]
        wrong += ["an empty chunk was not answered by one"] * (process.execute(b"", True).body != b"")
        if process.end() != 0 or process.texts("WARN") + process.texts("ERROR"):
            wrong.append(f"Python {version}: {process.show()}")
    return Found(counts, wrong)


def drawn_chunks(seed: str, count: int) -> Iterator[Chunk]:
    """Chunks of all kinds by chance, none of more than 1,000 rows."""
    chance = random.Random(seed)
    return (drawn(chance, 1000, 1000) for _ in range(count))


def sized(most: int) -> Iterator[Chunk]:
    """A chunk of every size up to `most` rows."""
    rows = [[b"%d" % at, b"ann", b'"line %d\nline"' % at] for at in range(most)]
    return (Chunk(f"{size} rows", [b"_time", b"user", b"_raw"], rows[:size]) for size in range(most + 1))


def _command(splunkd: Splunkd, version: str) -> CommandProcess:
    return CommandProcess(splunkd, "aiscore", ["model=toy"], python=python(version))


def _count(chunk: Chunk, out: bytes) -> dict[str, int]:
    came, left = len(chunk.cells), len(records(out)) - 1
    return {"chunks_odd": 1, "events_in": came, "rows_through": left, "events_lost": max(0, came - left)}


def _judged(chunk: Chunk, out: bytes, sidecar: scripted.Sidecar) -> list[str]:
    """What is wrong with what left of a chunk, or with what the sidecar was sent of it."""
    wrong = [line for request in sidecar.scored for line in unclean(request.body)]
    lines = [line for request in sidecar.scored for line in scripted.lines(request)]
    if len(lines) != len(chunk.cells):
        return [*wrong, f"{len(lines)} rows were scored of {len(chunk.cells)}"]
    suffixes = [_suffix(line[1:], clipped=_is_clipped(cells)) for line, cells in zip(lines, chunk.cells, strict=True)]
    count, first = changed(chunk, out, suffixes, NAMES)
    return wrong + ([f"{count} bytes are others: {first!r}"] if count else [])


def unclean(body: bytes) -> list[str]:
    """What no reader of CSV should have to meet, in what the sidecar was sent."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        return [f"the sidecar was sent bytes that are not UTF-8: {error}"]
    csv.field_size_limit(1 << 30)
    widths = {len(row) for row in csv.reader(io.StringIO(text, newline=""))}
    wrong = ["the sidecar was sent a NUL"] if "\0" in text else []
    return wrong + ([f"the sidecar was sent rows of {sorted(widths)} cells"] if len(widths) != 1 else [])


def _suffix(line: list[str], clipped: bool) -> bytes:
    if clipped:
        line = [*line[:-2], "partial", line[-1] + ",clipped"]
    return scripted.to_csv([line]).removesuffix(b"\n")


def _is_clipped(cells: list[bytes]) -> bool:
    values = next(csv.reader(io.StringIO(b",".join(cells).decode("latin-1").replace("\0", "\u0101"), newline="")), [])
    return any(len(value) > CLIPPED_ABOVE for value in values)


def cut_short(version: str, places: list[int]) -> Found:
    """A search whose second chunk ends too early, at each of these places: the one case that must fail it."""
    chunk = corpus()[0]
    whole = Frame({"action": "execute", "finished": True}, chunk.body).encoded()
    counts: Counter[str] = Counter()
    wrong = []
    with ground() as (splunkd, _):
        for place in places:
            with _command(splunkd, version) as process:
                said = _ended(process, whole[: place % len(whole)], chunk)
            counts.update(searches_cut_short=1, searches_failed=not said, events_in=len(chunk.cells))
            wrong += [f"Python {version}: cut at {place % len(whole)} of {len(whole)}: {line}" for line in said]
    return Found(counts, wrong)


def _ended(process: CommandProcess, sent: bytes, first: Chunk) -> list[str]:
    process.getinfo()
    process.execute(first.body, False)
    process.send(sent)
    assert process.process.stdin and process.process.stdout
    process.process.stdin.close()
    try:
        last = frames.read(process.process.stdout)
    except ProtocolError as error:
        return [f"the command wrote half a frame: {error}"]
    code = process.process.wait(30)
    if last is None:
        return ["the command ended without a word"]
    messages = (last.metadata.get("inspector") or {}).get("messages", [])
    if code == 0 or last.body or not any(kind == "ERROR" and "input truncated" in text for kind, text in messages):
        return [f"code {code}, {len(last.body)} bytes of rows, {messages}"]
    return []
