"""One command line run as splunkd would run it: events from a CSV file in, results as CSV out.

examples:
  # score a file of events (events.csv: header, then one event a row) with a sidecar that runs on this machine
  python -m tests.splunkd.pipe "aiscore model=logon" --events events.csv \\
      --sidecar http://127.0.0.1:8765 --secret-file ~/.aiscore/keys/ticket.key > scored.csv

  # fit a model and wait for it
  python -m tests.splunkd.pipe 'aifit model=logon entity=user fields="dest, src" wait=120' --events train.csv \\
      --sidecar http://127.0.0.1:8765 --secret-file ~/.aiscore/keys/ticket.key

  # list the models
  python -m tests.splunkd.pipe aimodels --sidecar http://127.0.0.1:8765 --secret-file ~/.aiscore/keys/ticket.key

Messages of the command go to stderr. Exit code: the command's own, or 2 for a wrong call of this program.
"""

import argparse
import csv
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from tests.splunkd import pythons, search
from tests.splunkd.app import InstalledApp
from tests.splunkd.command import CommandProcess, parse
from tests.splunkd.frames import ProtocolError
from tests.splunkd.rest import Splunkd
from tests.splunkd.search import Table


def main(arguments: list[str] | None = None) -> int:
    """Run one command line; returns the exit code."""
    options = _options(arguments)
    # Ended from outside, it still ends the command and leaves no files behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return _run(options)
    except KeyboardInterrupt:
        return 130
    except (ProtocolError, LookupError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _options(arguments: list[str] | None) -> argparse.Namespace:
    summary, _, examples = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m tests.splunkd.pipe",
        description=summary,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", help='the command with its options, as in SPL: "aiscore model=logon explain=all"')
    parser.add_argument("--events", type=Path, help="CSV file with the events (- for stdin)")
    parser.add_argument("--sidecar", default="http://127.0.0.1:8765", help="URL of the sidecar (default: %(default)s)")
    parser.add_argument("--secret-file", type=Path, help="file with the ticket secret the sidecar knows")
    parser.add_argument("--ca-file", default="", help="certificates that sign the sidecar's certificate")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="aiscore.conf [sidecar] setting"
    )
    parser.add_argument("--python", help="Python version, 3.9 or 3.13, or an interpreter (default: the newest found)")
    parser.add_argument("--chunk-rows", type=int, default=10_000, help="rows in one chunk (default: %(default)s)")
    parser.add_argument("--app", type=Path, help="the app's folder or package (default: built from the sources)")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace) -> int:
    command, args = parse(options.command)
    with tempfile.TemporaryDirectory() as home:
        app = InstalledApp(Path(home), options.app)
        if command not in app.conf("commands"):
            raise ValueError(f"the app has no command {command}: it has {', '.join(app.conf('commands'))}")
        with Splunkd(app) as splunkd:
            splunkd.configure(url=options.sidecar, ca_file=options.ca_file)
            splunkd.configure(**dict(pair.split("=", 1) for pair in options.set))
            if options.secret_file:
                splunkd.keep_secret(options.secret_file.read_text(encoding="utf-8").strip())
            sid = f"{time.time():.3f}"
            with CommandProcess(splunkd, command, args, python=_python(options.python), sid=sid) as process:
                return _converse(process, options)


def _python(wanted: str | None) -> str | None:
    if not wanted or not wanted.replace(".", "").isdigit():
        return wanted
    found = pythons.find(wanted)
    if not found:
        raise LookupError(f"no Python {wanted} found on the PATH or under ~/.pyenv/versions")
    return found


def _converse(process: CommandProcess, options: argparse.Namespace) -> int:
    progress = Progress(quiet=options.quiet or not sys.stderr.isatty())
    told = 0
    failed = ""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="surrogateescape", newline="") as spool:
        results = Results(spool)
        try:
            for table in search.stream(process, progress.over(_chunks(options.events, options.chunk_rows))):
                results.add(table)
                told = _tell(process, told)
        except ProtocolError as error:
            failed = str(error)
        progress.end()
        _tell(process, told)
        results.write(sys.stdout)
    if failed and not process.texts("ERROR"):
        print(f"error: {failed}", file=sys.stderr)
    return process.end() or (1 if failed or process.texts("ERROR") else 0)


def _tell(process: CommandProcess, told: int) -> int:
    for level, text in process.messages[told:]:
        print(f"{level} {text}", file=sys.stderr, flush=True)
    return len(process.messages)


def _chunks(events: Path | None, size: int) -> Iterator[Table]:
    if events is None:
        return
    csv.field_size_limit(1 << 30)
    if str(events) == "-":
        yield from _chunks_of(sys.stdin, size)
        return
    with events.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        yield from _chunks_of(file, size)


def _chunks_of(file: TextIO, size: int) -> Iterator[Table]:
    reader = csv.reader(file)
    header = next(reader, [])
    rows: list[list[str]] = []
    for row in reader:
        if len(row) != len(header):
            raise ValueError(f"line {reader.line_num} of the events has {len(row)} cells for {len(header)} fields")
        rows.append(row)
        if len(rows) == size:
            yield Table(header, rows)
            rows = []
    if rows:
        yield Table(header, rows)


class Results:
    """The rows that leave, kept in a file until all fields are known: a later chunk may bring new ones."""

    def __init__(self, spool: TextIO) -> None:
        self._spool = spool
        self._writer = csv.writer(spool, lineterminator="\n")
        self._headers: list[tuple[list[str], int]] = []

    def add(self, table: Table) -> None:
        """One chunk."""
        if table.rows:
            self._headers.append((table.header, len(table.rows)))
            self._writer.writerows(table.rows)

    def write(self, out: TextIO) -> None:
        """All rows under all fields, in the order in which the fields first came."""
        if not self._headers:
            return
        fields = list(dict.fromkeys(name for header, _ in self._headers for name in header))
        self._spool.seek(0)
        reader = csv.reader(self._spool)
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(fields)
        for header, count in self._headers:
            places = [header.index(name) if name in header else None for name in fields]
            for _ in range(count):
                row = next(reader)
                writer.writerow(row if header == fields else ["" if at is None else row[at] for at in places])


class Progress:
    """Rows so far, on one line of the terminal."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._rows = 0
        self._started = time.monotonic()

    def over(self, chunks: Iterator[Table]) -> Iterator[Table]:
        """The chunks, counted as they go by."""
        for table in chunks:
            yield table
            self._rows += len(table.rows)
            if not self._quiet:
                seconds = max(0.001, time.monotonic() - self._started)
                print(f"\r{self._rows:,} rows, {self._rows / seconds:,.0f} a second", end="", file=sys.stderr)

    def end(self) -> None:
        """Leave the line."""
        if not self._quiet and self._rows:
            print(file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
