"""A search's one stage: which fields splunkd sends, and how it puts the command's reply together with its rows.

Public sources do not settle the second, so it is a hypothesis: a Merge. The app has to be right under each.
"""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tests.splunkd import frames
from tests.splunkd.command import CommandProcess
from tests.splunkd.frames import ProtocolError, Row

INDEX = "_chunked_idx"


@dataclass(frozen=True)
class Merge:
    """What splunkd does in selected-fields mode.

    `keep_unlisted`: fields it did not send stay in the row. `keep_unechoed`: fields it sent but did not get back
    keep their value, else they are emptied. `send_absent`: a listed field that no row has is sent as an empty column.
    """

    keep_unlisted: bool = True
    keep_unechoed: bool = True
    send_absent: bool = False


HYPOTHESES = tuple(Merge(*choice) for choice in itertools.product((True, False), repeat=3))


@dataclass(frozen=True)
class Table:
    """Rows under a header."""

    header: Row
    rows: list[Row]

    def dicts(self) -> list[dict[str, str]]:
        """One dict a row."""
        return [dict(zip(self.header, row, strict=True)) for row in self.rows]


def stream(
    process: CommandProcess, chunks: Iterable[Table], merge: Merge | None = None, *, preview: bool = False
) -> Iterator[Table]:
    """What leaves the stage, chunk by chunk. Ends when the command says so or the chunks end."""
    info = process.getinfo(preview)
    if info.get("generating"):
        yield from _generated(process, preview)
        return
    merge = merge or Merge()
    wanted = _selection(info)
    for table, last in _with_last(chunks):
        places = _places(table.header, wanted)
        sent = _sent(table, wanted, places, merge)
        body = frames.to_csv(sent.header, sent.rows) if sent.header else b""
        reply = process.execute(body, last, preview)
        if bool(reply.metadata.get("finished")) != last:
            raise ProtocolError(f"finished is {reply.metadata.get('finished')} for a chunk whose finished is {last}")
        back = Table(*frames.from_csv(reply.body))
        yield back if wanted is None else _merged(table, places, sent.header, back, merge)


def run(process: CommandProcess, chunks: Iterable[Table], merge: Merge | None = None, **options: Any) -> Table:
    """All that leaves the stage, as one table; every chunk that has rows must have the same header."""
    found = [table for table in stream(process, chunks, merge, **options) if table.rows]
    if not found:
        return Table([], [])
    header = found[0].header
    if any(table.header != header for table in found):
        raise ProtocolError("chunks came back with different fields")
    return Table(header, [row for table in found for row in table.rows])


def _generated(process: CommandProcess, preview: bool) -> Iterator[Table]:
    while True:
        reply = process.execute(b"", False, preview)
        yield Table(*frames.from_csv(reply.body))
        if reply.metadata.get("finished"):
            return


def _selection(info: dict[str, Any]) -> list[str] | None:
    """The fields listed in selected-fields mode, which only streaming and stateful commands can ask for."""
    listed: list[str] | None = info.get("required_fields")
    if info.get("type") not in ("streaming", "stateful") or listed is None or "*" in listed:
        return None
    return listed


def _places(header: Row, wanted: list[str] | None) -> list[int]:
    if wanted is None:
        return list(range(len(header)))
    exact = set(wanted)
    patterns = [name for name in wanted if "*" in name]
    found = []
    for at, name in enumerate(header):
        base = name.removeprefix("__mv_")
        if base in exact or any(fnmatchcase(base, pattern) for pattern in patterns):
            found.append(at)
    return found


def _sent(table: Table, wanted: list[str] | None, places: list[int], merge: Merge) -> Table:
    if wanted is None or not table.header:
        return table
    header = [table.header[at] for at in places]
    absent = [name for name in wanted if name not in table.header and "*" not in name] if merge.send_absent else []
    blank = [""] * len(absent)
    rows = [[str(number), *(row[at] for at in places), *blank] for number, row in enumerate(table.rows)]
    return Table([INDEX, *header, *absent], rows)


def _merged(table: Table, places: list[int], sent: Row, back: Table, merge: Merge) -> Table:
    if not back.rows:
        return Table([], [])
    if INDEX not in back.header:
        raise ProtocolError(f"{INDEX} did not come back: splunkd cannot tell which row is which")
    index = back.header.index(INDEX)
    listed = {table.header[at] for at in places}
    echoed = set(back.header)
    kept = [
        at
        for at, name in enumerate(table.header)
        if name not in echoed and (merge.keep_unlisted if name not in listed else merge.keep_unechoed)
    ]
    fresh = [at for at, name in enumerate(back.header) if at != index]
    header = [table.header[at] for at in kept] + [back.header[at] for at in fresh]
    rows = []
    for row in back.rows:
        original = table.rows[int(row[index])]
        rows.append([original[at] for at in kept] + [row[at] for at in fresh])
    return Table(header, rows)


def _with_last(chunks: Iterable[Table]) -> Iterator[tuple[Table, bool]]:
    """Each chunk and whether it is the last; a search without chunks has one empty one."""
    waiting: Table | None = None
    for chunk in chunks:
        if waiting is not None:
            yield waiting, False
        waiting = chunk
    yield waiting if waiting is not None else Table([], []), True
