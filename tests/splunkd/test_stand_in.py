"""The stand-in itself: a judge that cannot say no would let every fault of the app pass."""

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from splunk_app import package
from tests.splunkd import frames, pythons, search
from tests.splunkd.app import InstalledApp
from tests.splunkd.command import CommandProcess, parse
from tests.splunkd.frames import Frame, ProtocolError
from tests.splunkd.rest import Splunkd
from tests.splunkd.search import Merge, Table

EVENTS = Table(["user", "_raw", "dest"], [["ann", "x", "a"], ["bob", "y", "b"]])


class Played:
    """A command whose replies are given: (required_fields, reply bodies)."""

    def __init__(
        self, fields: list[str] | None, *replies: bytes, kind: str = "stateful", finished: bool = True
    ) -> None:
        self.info = {"type": kind, "required_fields": fields}
        self.replies = list(replies)
        self.sent: list[bytes] = []
        self.finished = finished

    def getinfo(self, preview: bool = False) -> dict[str, Any]:
        return self.info

    def execute(self, body: bytes, finished: bool, preview: bool = False) -> Frame:
        self.sent.append(body)
        return Frame({"finished": self.finished}, self.replies.pop(0))


def run(played: Played, merge: Merge | None = None) -> list[dict[str, str]]:
    return search.run(played, [EVENTS], merge).dicts()  # type: ignore[arg-type]


def test_only_listed_fields_are_sent() -> None:
    played = Played(["user", "absent"], b"_chunked_idx,user,s\n0,ann,1\n1,bob,2\n")
    assert run(played)[1] == {"_raw": "y", "dest": "b", "user": "bob", "s": "2"}
    assert played.sent == [b"_chunked_idx,user\n0,ann\n1,bob\n"]
    played = Played(["user", "absent"], b"_chunked_idx,user,absent\n0,ann,\n1,bob,\n")
    run(played, Merge(send_absent=True))
    assert played.sent == [b"_chunked_idx,user,absent\n0,ann,\n1,bob,\n"]


def test_the_hypotheses_differ() -> None:
    reply = b"_chunked_idx,s\n0,1\n1,2\n"
    assert run(Played(["user"], reply), Merge(True, True))[0] == {"user": "ann", "_raw": "x", "dest": "a", "s": "1"}
    assert run(Played(["user"], reply), Merge(False, True))[0] == {"user": "ann", "s": "1"}
    assert run(Played(["user"], reply), Merge(True, False))[0] == {"_raw": "x", "dest": "a", "s": "1"}
    assert run(Played(["user"], reply), Merge(False, False))[0] == {"s": "1"}
    assert len(set(search.HYPOTHESES)) == 8


def test_rows_are_merged_by_their_index() -> None:
    assert [row["_raw"] for row in run(Played(["user"], b"_chunked_idx,s\n1,2\n0,1\n"))] == ["y", "x"]


@pytest.mark.parametrize(
    "played",
    [
        Played(["user"], b"user,s\nann,1\nbob,2\n"),
        Played(["*"], b"user,user\nann,1\n"),
        Played(["*"], b"user,s\nann\n"),
        Played(["*"], b"", finished=False),
    ],
    ids=["index lost", "field twice", "short row", "not finished"],
)
def test_a_faulty_reply_is_noticed(played: Played) -> None:
    with pytest.raises(ProtocolError):
        run(played)


def test_other_types_get_every_field() -> None:
    played = Played(["user"], b"n\n2\n", kind="reporting")
    assert run(played) == [{"n": "2"}]
    assert played.sent == [b"user,_raw,dest\nann,x,a\nbob,y,b\n"]


@pytest.mark.parametrize("data", [b"chunked 1.0,9,0\n{}", b"chunked 2.0,2,0\n{}", b"oops\n"])
def test_a_faulty_frame_is_noticed(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        frames.read(io.BytesIO(data))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("aimodels", ("aimodels", [])),
        ('| x a="b c" d=e,f', ("x", ['a="b c"', "d=e", "f"])),
        (r'x a="b \" c"', ("x", [r'a="b \" c"'])),
    ],
)
def test_a_line_is_taken_apart_as_splunkd_does(line: str, expected: tuple[str, list[str]]) -> None:
    assert parse(line) == expected


@pytest.mark.parametrize("line", ["", "|", 'x a="b'])
def test_a_line_that_is_none(line: str) -> None:
    with pytest.raises(ValueError):
        parse(line)


def test_a_command_that_dies_or_talks_too_much_is_noticed(tmp_path: Path) -> None:
    app = InstalledApp(tmp_path)
    shim = app.folder / "bin" / "aiscore.py"
    with Splunkd(app) as splunkd:
        shim.write_text("import sys; sys.exit('no {luck}')")
        with CommandProcess(splunkd, "aiscore", []) as process, pytest.raises(ProtocolError, match="no {luck}"):
            process.getinfo()
        shim.write_text("print('chunked 1.0,2,0\\n{}hello', end='')")
        with CommandProcess(splunkd, "aiscore", []) as process:
            process.getinfo()
            with pytest.raises(ProtocolError, match="more than was asked"):
                process.end()
        commands = app.folder / "default" / "commands.conf"
        commands.write_text(commands.read_text().replace("filename = aiscore.py", "local = true"))
        with pytest.raises(ProtocolError, match="old protocol"):
            CommandProcess(splunkd, "aiscore", [])


def test_a_python_that_is_missing_is_named() -> None:
    assert pythons.find("3.99") is None
    with pytest.raises(LookupError, match="3.99"):
        pythons.best("3.99")
    assert pythons.best("3.9,3.13") == pythons.find("3.13")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--help"], 0, "examples:"),
        (["aistare model=x"], 2, "it has aiscore, aifit, ailearn, aiquality, aimodels, aiaudit"),
        (["aiscore model=x", "--events", "/nowhere.csv"], 2, "/nowhere.csv"),
        (["aiscore model=x", "--python", "3.99"], 2, "no Python 3.99"),
    ],
)
def test_the_pipe_tells_what_is_wrong(arguments: list[str], code: int, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.splunkd.pipe", *arguments], cwd=package.ROOT, capture_output=True, text=True
    )
    assert done.returncode == code and said in done.stdout + done.stderr and "Traceback" not in done.stderr
