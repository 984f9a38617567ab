"""From the start of a command's process to its end: what is loaded, what is asked side by side, and how it ends."""

import json
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from aiscore_kit.ahead import Ahead, NotYet

from tests.splunk_app.scripted import Sidecar
from tests.splunk_app.test_aiscore import events, know, score
from tests.splunkd import search
from tests.splunkd.app import InstalledApp
from tests.splunkd.frames import Frame
from tests.splunkd.rest import Splunkd

# What takes long to load and is not needed to score events.
NEVER_NEEDED = {
    "asyncio", "cgi", "charset_normalizer", "concurrent.futures", "distutils", "idna.core", "importlib.metadata",
    "logging.config", "logging.handlers", "multiprocessing", "pickle", "platform", "sqlite3", "subprocess", "unittest",
    "uuid",
}  # fmt: skip


def under(python: str, app: InstalledApp, script: str) -> Any:
    """What the script prints as JSON, run as a command's file would be; anything on stderr is an error."""
    start = f"import sys; sys.path.insert(0, {str(app.folder / 'bin')!r}); sys.argv[0] = {str(app.folder / 'bin')!r}\n"
    done = subprocess.run([python, "-c", start + script], capture_output=True, text=True, env=app.environment())
    assert done.returncode == 0 and not done.stderr, done.stderr
    return json.loads(done.stdout)


def test_what_scoring_does_not_need_is_not_loaded(installed: InstalledApp, python: str) -> None:
    loaded = under(
        python,
        installed,
        "from aiscore_kit import libraries; libraries.load_splunklib()\n"
        "import aiscore_kit.options, aiscore_kit.launch, aiscore_kit.score; first = set(sys.modules)\n"
        "libraries.load_requests(); import json; print(json.dumps([sorted(first), sorted(sys.modules)]))",
    )
    before_getinfo, at_all = map(set, loaded)
    assert {"splunklib.searchcommands", "requests.sessions"} <= at_all and not at_all & NEVER_NEEDED
    assert not {name.partition(".")[0] for name in before_getinfo} & {"requests", "urllib3", "certifi"}


def test_what_waits_is_loaded_by_the_first_call_into_it(installed: InstalledApp, python: str, tmp_path: Path) -> None:
    conf = tmp_path / "logging.conf"
    conf.write_text(
        "[loggers]\nkeys = root\n[handlers]\nkeys = one\n[formatters]\nkeys =\n"
        "[logger_root]\nlevel = ERROR\nhandlers = one\n"
        "[handler_one]\nclass = NullHandler\nargs = ()\n"
    )
    found = under(
        python,
        installed,
        "from aiscore_kit import libraries; libraries.load_splunklib(); requests = libraries.load_requests()\n"
        "from splunklib.searchcommands import environment; import logging, json\n"
        f"environment.configure_logging('x', {str(conf)!r})\n"
        "response = requests.Response(); response._content = 'grün, größer, öfter'.encode('utf-8')\n"
        "from urllib3 import http2\n"
        "try: http2.inject_into_urllib3(); lacks = ''\n"
        "except Exception as error: lacks = type(error).__name__\n"
        "url = requests.Request('GET', 'http://b\\u00fccher.example/').prepare().url\n"
        "print(json.dumps([logging.root.level, response.apparent_encoding, lacks, url]))",
    )
    assert found == [40, "utf-8", "PackageNotFoundError", "http://xn--bcher-kva.example/"]


def test_garbage_is_collected_again_after_loading(installed: InstalledApp, python: str) -> None:
    found = under(
        python,
        installed,
        "import gc, json; from aiscore_kit import libraries; libraries.load_splunklib(); libraries.load_requests()\n"
        "frozen = gc.get_freeze_count(); kept = [[] for _ in range(1000)]; libraries.load_requests()\n"
        "print(json.dumps([gc.isenabled(), frozen > 10000, gc.get_freeze_count() - frozen < 100]))",
    )
    assert found == [True, True, True]


class Meeting:
    """Answers a call only when the others have come, too: whoever asks one after the other waits in vain."""

    def __init__(self, splunkd: Splunkd, *paths: str) -> None:
        self._answer, self._paths = splunkd.answer, paths
        self._barrier = threading.Barrier(len(paths))
        self.met = 0

    def __call__(self, method: str, path: str, *rest: Any) -> tuple[int, Any]:
        if path in self._paths:
            self._barrier.wait(5)
            self.met += 1
        return self._answer(method, path, *rest)


def test_settings_and_ticket_are_asked_side_by_side(
    splunkd: Splunkd, sidecar: Sidecar, python: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = Meeting(splunkd, "configs/conf-aiscore/sidecar", "aiscore/ticket")
    monkeypatch.setattr(splunkd, "answer", meeting)
    with score(splunkd, python=python) as process:
        back = search.run(process, [events(3)])
        assert process.end() == 0, process.show()
    assert {row["ai_status"] for row in back.dicts()} == {"scored"} and meeting.met == 2


def test_both_are_asked_before_the_first_chunk_comes(splunkd: Splunkd, sidecar: Sidecar, any_python: str) -> None:
    # With the contract known, getinfo asks nobody.
    know(splunkd, ("user", "entity"))
    wanted = {"configs/conf-aiscore/sidecar", "aiscore/ticket"}
    with score(splunkd, python=any_python) as process:
        process.getinfo()
        end = time.monotonic() + 5
        while not wanted <= {path for _, path in splunkd.calls} and time.monotonic() < end:
            time.sleep(0.01)
        assert wanted <= {path for _, path in splunkd.calls}
        assert process.end() == 0 and not process.stderr()


def test_a_first_answer_that_fails_is_asked_for_anew_by_the_next_chunk(
    splunkd: Splunkd, sidecar: Sidecar, any_python: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = splunkd.answer
    failed: list[str] = []

    def once_busy(method: str, path: str, *rest: Any) -> tuple[int, Any]:
        if path.startswith("configs/") and len(failed) < 1:
            failed.append(path)
            return 503, {"messages": [{"type": "ERROR", "text": "busy {now}"}]}
        return answer(method, path, *rest)

    monkeypatch.setattr(splunkd, "answer", once_busy)
    with score(splunkd, python=any_python) as process:
        back = search.run(process, [events(2), events(2, 2)])
    # With no contract at hand the first answer is asked for by getinfo already.
    assert {row["ai_status"] for row in back.dicts()} == {"scored"} and failed


def test_a_search_that_does_not_say_where_splunkd_is_loses_no_row(
    splunkd: Splunkd, sidecar: Sidecar, any_python: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with score(splunkd, python=any_python) as process:
        exchange = process.exchange

        def without_uri(frame: Frame) -> Frame:
            frame.metadata.get("searchinfo", {}).pop("splunkd_uri", None)
            return exchange(frame)

        monkeypatch.setattr(process, "exchange", without_uri)
        back = search.run(process, [events(2)])
        assert process.end() == 0, process.show()
    assert [(row["user"], row["ai_note"]) for row in back.dicts()] == [("üser0", "internal"), ("üser1", "internal")]


def test_a_result_is_given_when_it_is_there() -> None:
    let_go = threading.Event()
    begun = Ahead(let_go.wait)
    with pytest.raises(NotYet):
        begun.result(0.01)
    let_go.set()
    assert begun.result(5) is True
    with pytest.raises(ZeroDivisionError):
        Ahead(lambda: 1 // 0).result()


@pytest.mark.parametrize(
    ("body", "code"), [("pass", 0), ("sys.exit(3)", 3), ("sys.exit()", 0), ("sys.exit('no {luck}')", 1)]
)
def test_a_command_ends_with_its_code_and_all_it_has_said(
    installed: InstalledApp, python: str, body: str, code: int
) -> None:
    script = (
        "import atexit; from aiscore_kit import launch\n"
        "atexit.register(print, 'taken down piece by piece')\n"
        "def dispatch(command): sys.stdout.write('x' * 100); exec(command)\n"
        f"launch.dispatch = dispatch; launch.launch('print(7)', 'shim'); launch.launch({body!r}, '__main__')"
    )
    start = f"import sys; sys.path[:0] = [{str(installed.folder / 'bin')!r}, {str(installed.folder / 'lib')!r}]\n"
    done = subprocess.run([python, "-c", start + script], capture_output=True, text=True, env=installed.environment())
    assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (code, "x" * 100, False)
    assert ("no {luck}" in done.stderr) == (code == 1)
