"""A command of the app's own inside a search: its process gets the rows in chunks, as splunkd would send them."""

from __future__ import annotations

import polars as pl

from tests.splunkd import results_file
from tests.splunkd import search as stage_protocol
from tests.splunkd.command import CommandProcess
from tests.splunkd.frames import ProtocolError
from tests.splunkd.rest import Splunkd
from tests.splunkd.spl import columns
from tests.splunkd.spl.errors import SplError
from tests.splunkd.spl.tree import CustomCommand
from tests.splunkd.spl.world import RunningSearch

MOST_ROWS = 50_000
"""What a chunk holds after a transforming command: maxresultrows of limits.conf."""
MOST_EVENTS = 10_000
"""What a chunk of events holds here; splunkd's own grow to about as many."""


def run(splunkd: Splunkd, stage: CustomCommand, rows: pl.DataFrame, search: RunningSearch) -> pl.DataFrame:
    """What leaves the command. An error, or an exit code other than 0, fails the search with what it said."""
    if stage.name not in splunkd.app.conf("commands"):
        raise SplError(f"Unknown search command '{stage.name}'.")
    size = MOST_EVENTS if "_raw" in rows.columns else MOST_ROWS
    with CommandProcess(splunkd, stage.name, list(stage.raw_args), search=search.text, sid=search.sid) as process:
        found: list[pl.DataFrame] = []
        fault = ""
        try:
            for table in stage_protocol.stream(process, results_file.chunks(rows, size)):
                found.append(results_file.from_table(table))
            code = process.end()
        except ProtocolError as error:
            code, fault = process.process.poll() or 1, str(error)
        search.messages += process.messages
        errors = process.texts("ERROR")
        if errors:
            raise SplError(f"Error in '{stage.name}' command: {' '.join(errors)}")
        if code or fault:
            raise SplError(
                f"External search command '{stage.name}' returned error code {code}. {fault or process.stderr()}"
            )
    return (
        columns.stack(*(table for table in found if table.height)) if any(t.height for t in found) else pl.DataFrame()
    )
