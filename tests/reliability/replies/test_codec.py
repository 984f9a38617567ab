"""No odd row is lost or changed on its way through the command; a chunk that is cut short fails the search."""

import io
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from splunk_app import package
from tests.reliability.replies import masses, through
from tests.reliability.replies.corpus import corpus
from tests.reliability.replies.through import NAMES, PYTHONS
from tests.splunk_app import identity
from tests.splunk_app.identity import Chunk
from tests.splunkd import pythons
from tests.splunkd.frames import Frame

sys.path.insert(0, str(package.HERE / "bin"))

from aiscore_kit import frames, wire  # noqa: E402
from aiscore_kit.rows import Rows  # noqa: E402
from aiscore_kit.splice import splice  # noqa: E402

bare = st.binary(max_size=12).map(lambda data: data.translate(None, b'",\r\n'))
quoted = st.binary(max_size=12).map(lambda data: b'"' + data.replace(b'"', b'""') + b'"')
lines = st.text(alphabet='a,"\n\r\0\u2028 $;', max_size=9).map(
    lambda text: b'"' + text.encode().replace(b'"', b'""') + b'"'
)
cells = st.one_of(bare, quoted, lines, st.sampled_from(identity.PLAIN + identity.MULTIVALUE + identity.NOT_UTF8))
names = st.sampled_from(
    [b"user", b"__mv_user", b"_raw", b"ai_score", b"ai_note", b"orig_ai_note", b"\xef\xbb\xbfa", b'"a,b"']
)


@st.composite
def chunks(draw: st.DrawFn) -> Chunk:
    """Any chunk of few rows: any bytes in its cells, any width of its rows."""
    header = draw(st.lists(names, min_size=1, max_size=6))
    came_in = any(name.startswith((b"ai_", b"orig_")) for name in header)
    width = st.just(len(header)) if came_in or draw(st.booleans()) else st.integers(1, len(header) + 2)
    rows = draw(st.lists(width.flatmap(lambda size: st.lists(cells, min_size=size, max_size=size)), max_size=6))
    for row in rows:
        if row == [b""]:
            row[0] = b"x"  # a blank line is no row to Python's reader
    return Chunk(
        "any", header, rows, draw(st.sampled_from([b"\n", b"\r\n"])).splitlines(keepends=True) * (len(rows) + 1)
    )


def suffixes(count: int) -> list[bytes]:
    return [identity.suffix(number) for number in range(count)]


@settings(deadline=None, max_examples=400)
@given(chunks())
def test_any_chunk_leaves_as_it_came_with_its_labels(chunk: Chunk) -> None:
    rows = Rows(chunk.body)
    assert len(rows) == len(chunk.cells)
    out = splice(rows, [name.decode() for name in NAMES], suffixes(len(rows)))
    assert identity.changed(chunk, out, suffixes(len(rows)), NAMES) == (0, None)


@settings(deadline=None, max_examples=200)
@given(chunks(), st.integers(1, 4))
def test_any_chunk_is_sent_as_good_csv_row_for_row(chunk: Chunk, most_rows: int) -> None:
    parts = wire.Wire(Rows(chunk.body), most_rows=most_rows).parts
    assert sum(count for _, count in parts) == len(chunk.cells)
    for body, count in parts:
        assert through.unclean(body) == []
        assert len(identity.records(body)) == count + 1


@pytest.mark.parametrize("chunk", corpus(), ids=lambda chunk: chunk.kind)
def test_an_odd_chunk_leaves_as_it_came_with_its_labels(chunk: Chunk) -> None:
    rows = Rows(chunk.body)
    parts = wire.Wire(rows).parts
    assert [line for body, _ in parts for line in through.unclean(body)] == []
    out = splice(rows, [name.decode() for name in NAMES], suffixes(len(rows)))
    assert identity.changed(chunk, out, suffixes(len(rows)), NAMES) == (0, None)


@pytest.mark.parametrize("version", PYTHONS)
def test_odd_chunks_pass_through_the_command(version: str) -> None:
    # What is larger than a megabyte passes in the long run.
    chunks = [chunk for chunk in [*corpus(), *through.drawn_chunks("ci", 10)] if len(chunk.body) < 1 << 20]
    found = through.tried(version, [*chunks, *through.sized(12)])
    assert not found.wrong, found.wrong[:5]
    assert found.counts["chunks_odd"] == len(chunks) + 13 and found.counts["events_lost"] == 0
    assert found.counts["events_in"] == found.counts["rows_through"] > 300


@pytest.mark.parametrize("version", PYTHONS)
def test_rows_of_all_sorts_pass_unchanged(version: str) -> None:
    found = masses.tried(version, 30_000, 7)
    assert not found.wrong, found.wrong
    assert (found.counts["rows_through"], found.counts["bytes_changed"]) == (30_000, 0)


def test_a_chunk_that_is_cut_short_fails_the_search() -> None:
    found = through.cut_short("3.9", [1, 25, 60, -1])
    assert not found.wrong, found.wrong
    assert found.counts["searches_failed"] == 4


def test_a_frame_is_whole_or_not_at_all() -> None:
    for chunk in corpus():
        whole = Frame({"action": "execute", "finished": True}, chunk.body).encoded()
        if len(whole) > 1000:
            continue
        read = frames.read(io.BytesIO(whole))
        assert read.body == chunk.body
        for place in range(1, len(whole)):
            with pytest.raises(frames.Truncated):
                frames.read(io.BytesIO(whole[:place]))


def test_a_python_that_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pythons, "find", lambda version: None)
    with pytest.raises(LookupError, match=r"3\.9 is not installed"):
        masses.tried("3.9", 1, 1)
