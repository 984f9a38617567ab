"""What only a head that was kept elsewhere shows, by way of the two scheduled searches.

Both commands run as splunkd would run them, and the head that the first gives is handed to the second in the place of
the index, so that it can be any head. The searches as a whole run in tests/searches.
"""

import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from sidecar.app import create_app, open_house
from sidecar.settings import Settings
from splunk_app import package
from tests.splunkd import confs, search
from tests.splunkd.app import InstalledApp
from tests.splunkd.command import CommandProcess
from tests.splunkd.pipe import parse
from tests.splunkd.rest import Splunkd

SECRET = "0123456789abcdef" * 4
SAVED = confs.read([package.HERE / "default" / "savedsearches.conf"])
KEEP = SAVED["AIScore - Keep the head of the ledger"]["search"].removeprefix("| ")
CHECK = SAVED["AIScore - Check the ledger against its kept heads"]["search"].removeprefix("| ")


@contextmanager
def served(home: Path, splunkd: Splunkd) -> Iterator[None]:
    """The service over this home, known to splunkd."""
    app = create_app(Settings(home=home, ticket_secret=SECRET))  # type: ignore[arg-type]
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    splunkd.passwords.clear()
    splunkd.keep_secret(SECRET)
    splunkd.configure(url=f"http://127.0.0.1:{server.server_port}")
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def splunkd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Splunkd]:
    with Splunkd(InstalledApp(tmp_path_factory.mktemp("splunk"))) as server:
        yield server


def row(splunkd: Splunkd, line: str) -> dict[str, str]:
    """The one row that a command gives."""
    name, args = parse(line)
    with CommandProcess(splunkd, name, args) as process:
        (found,) = search.run(process, []).dicts()
        assert process.end() == 0, process.show()
    return found


def keep(splunkd: Splunkd) -> str:
    """The first scheduled search, and what the second makes of what it finds in the index."""
    found = row(splunkd, KEEP)
    return f"{found['number']}:{found['hash']}"


def check(splunkd: Splunkd, kept: str) -> dict[str, str]:
    """The second, with the head in the place of its inner search."""
    return row(splunkd, re.sub(r"head=\[.*\].*", f'head="{kept}"', CHECK, flags=re.DOTALL))


def grow(home: Path, count: int, who: str) -> None:
    house = open_house(Settings(home=home), by=who)
    for number in range(count):
        house.ledger.append("promote", {"model": "m", "bundle": f"{number:064x}"}, by=who)


def test_an_old_copy_of_everything_holds_by_itself_and_breaks_at_a_kept_head(splunkd: Splunkd, tmp_path: Path) -> None:
    home, backup = tmp_path / "home", tmp_path / "backup"
    grow(home, 5, "ann")
    shutil.copytree(home, backup)
    grow(home, 5, "eve")
    with served(home, splunkd):
        kept = keep(splunkd)
        held = check(splunkd, kept)
        assert kept.startswith("10:") and (held["state"], held["entries"], held["heads"]) == ("holds", "10", "1")
    shutil.rmtree(home)
    shutil.copytree(backup, home)
    with served(home, splunkd):
        alone = check(splunkd, "none")
        assert (alone["state"], alone["entries"], alone["heads"]) == ("holds", "5", "0"), "nothing shows it"
        told = check(splunkd, kept)
        assert (told["state"], told["entry"], told["fault"]) == ("broken", "6", "cut")
        assert told["told"] == "ledger entries 6 to 10 are missing: the ledger was cut after entry 5"
    grow(home, 7, "mallory")
    with served(home, splunkd):
        assert check(splunkd, "none")["state"] == "holds"
        told = check(splunkd, f"{keep(splunkd)},{kept}")
        assert (told["state"], told["fault"], told["entry"]) == ("broken", "rewritten", "1")


def test_a_service_that_gives_no_answer_is_a_row_too(splunkd: Splunkd) -> None:
    splunkd.passwords.clear()
    splunkd.keep_secret(SECRET)
    splunkd.configure(url="http://127.0.0.1:9")
    told = check(splunkd, "none")
    assert told["state"] == "unknown" and "sidecar_down" in told["told"]
