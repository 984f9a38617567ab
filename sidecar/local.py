"""A verb on the command line: CSV in, CSV out, no server and no token."""

from collections.abc import Callable, Iterator, Sequence

import polars as pl

from sidecar import records
from sidecar.errors import CallerError
from sidecar.house import House
from sidecar.options import Options, read_options
from sidecar.verbs import Verb
from sidecar.wire import BOM, Limits, read_csv, write_csv

LIMITS = Limits(body_bytes=2**40, rows=2**32, columns=10_000, field_bytes=2**24)


def _silent(told: str) -> None:
    """What nobody hears."""


def run(
    verb: Verb,
    words: Sequence[str],
    read: Callable[[], bytes],
    house: House,
    tell: Callable[[str], None] = _silent,
) -> Iterator[bytes]:
    """The verb's answer as pieces of CSV.

    `read` gives the input, and is asked only when the verb needs rows; `tell` hears what is said beside the answer.
    """
    options = read_options(verb.options, [_pair(word) for word in words])
    if verb.kind == "rows":
        yield from _row_by_row(verb, options, read(), house, tell)
        return
    table = pl.DataFrame() if verb.kind == "ask" or options.rowless else _rows(read())
    reply = verb.run(table, options, house)
    yield write_csv(reply.table)
    if reply.told:
        tell(reply.told)


def _pair(word: str) -> tuple[str, str]:
    key, equals, value = word.partition("=")
    if not equals:
        raise CallerError(f"'{word}' is not key=value", field=word, mend="write options as key=value")
    return key, value


def _rows(body: bytes) -> pl.DataFrame:
    if not body.strip():
        raise CallerError(
            "the input is empty", code="bad_body", field="input", mend="pipe a CSV file with a header line in"
        )
    return read_csv(body, LIMITS)


def _row_by_row(
    verb: Verb, options: Options, body: bytes, house: House, tell: Callable[[str], None]
) -> Iterator[bytes]:
    table = _rows(body)
    body = _without_tail(body.removeprefix(BOM), table.width)
    house.progress(0.0, f"{table.height:,} rows")
    rows = len(records.split(body)) - 1
    reply, _, told = verb.run(table.head(rows), options, house)
    clash = [name for name in reply.columns if name in table.columns]
    lines = records.split(records.without(body, clash) if clash else body)
    if len(lines) - 1 != reply.height:
        mend = "every record needs as many fields as the header"
        raise CallerError("the input is not valid CSV", code="bad_body", field="input", mend=mend)
    yield records.widened(lines, records.split(write_csv(reply)))
    if told:
        tell(told)


def _without_tail(body: bytes, width: int) -> bytes:
    # Empty lines at the end are no rows, unless an empty line is how a one-column row is written.
    if width < 2:
        return body
    rows = body.rstrip(b"\r\n")
    return rows + body[len(rows) :].partition(b"\n")[0] + b"\n"
