"""Running one search command as a child process, as commands.conf says, over the chunked protocol."""

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import urllib.parse
from pathlib import Path
from typing import IO, Any

from tests.splunkd import frames, pythons
from tests.splunkd.app import InstalledApp
from tests.splunkd.frames import Frame, ProtocolError
from tests.splunkd.rest import Splunkd, User

# What commands.conf of 10.2 allows beside chunked = true.
_KEYS = {
    "chunked", "command.arg.1", "filename", "is_risky", "maxchunksize", "maxwait",
    "python.required", "python.version", "run_in_preview",
}  # fmt: skip


class CommandProcess:
    """A command's process; use it as a context manager. `messages` holds what the inspector was told."""

    def __init__(
        self,
        splunkd: Splunkd,
        command: str,
        raw_args: list[str],
        *,
        python: str | None = None,
        user: User | None = None,
        search: str | None = None,
        sid: str = "1767225600.1",
        environment: dict[str, str] | None = None,
    ) -> None:
        app: InstalledApp = splunkd.app
        self.stanza = app.conf("commands")[command]
        unknown = set(self.stanza) - _KEYS
        if self.stanza.get("chunked") != "true" or unknown:
            raise ProtocolError(f"commands.conf [{command}]: not chunked, or keys of the old protocol: {unknown}")
        self.messages: list[tuple[str, str]] = []
        self.metrics: dict[str, list[Any]] = {}
        self._splunkd, self._command, self._raw_args = splunkd, command, raw_args
        self._user = user or splunkd.user
        self._search = search if search is not None else " ".join([f"| {command}", *raw_args])
        self._sid = sid
        self._dispatch = tempfile.TemporaryDirectory()
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self.process = subprocess.Popen(
            [python or pythons.best(self.stanza["python.required"]), str(self._script(app))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=self._dispatch.name,
            env=app.environment() | (environment or {}),
        )

    def _script(self, app: InstalledApp) -> Path:
        return app.folder / "bin" / self.stanza.get("filename", f"{self._command}.py")

    def __enter__(self) -> "CommandProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # the conversation

    def getinfo(self, preview: bool = False) -> dict[str, Any]:
        """The command's configuration (type, required_fields, ...)."""
        info = {
            "args": [_unquoted(arg) for arg in self._raw_args],
            "raw_args": self._raw_args,
            "dispatch_dir": self._dispatch.name,
            "sid": self._sid,
            "app": "search",
            "owner": self._user.name,
            "username": self._user.name,
            "session_key": self._user.session_key,
            "splunkd_uri": self._splunkd.uri,
            "splunk_version": "10.2.3",
            "search": urllib.parse.quote(self._search),
            "command": self._command,
            "maxresultrows": 50000,
            "earliest_time": "0",
            "latest_time": "0",
        }
        reply = self.exchange(
            Frame(
                {
                    "action": "getinfo",
                    "preview": preview,
                    "streaming_command_will_restart": False,
                    "searchinfo": info,
                },
                b"",
            )
        )
        if reply.body:
            raise ProtocolError("getinfo was answered with rows")
        return reply.metadata

    def execute(self, body: bytes, finished: bool, preview: bool = False) -> Frame:
        """The reply to one chunk."""
        metadata: dict[str, Any] = {"action": "execute", "finished": finished}
        if preview:
            metadata["preview"] = True
        return self.exchange(Frame(metadata, body))

    def exchange(self, frame: Frame) -> Frame:
        """Send a frame and read its one reply. Raises ProtocolError when none comes."""
        self.send(frame.encoded())
        return self.receive()

    def send(self, data: bytes) -> None:
        """Bytes for the command; what it no longer reads is dropped."""
        assert self.process.stdin
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(data)
            self.process.stdin.flush()

    def receive(self) -> Frame:
        """The command's next frame."""
        assert self.process.stdout
        reply = frames.read(self.process.stdout)
        if reply is None:
            raise ProtocolError(f"the command ended without a reply, code {self.process.wait()}: {self.stderr()}")
        self._note(reply.metadata.get("inspector") or {})
        return reply

    def _note(self, inspector: dict[str, Any]) -> None:
        for name, value in inspector.items():
            if name == "messages":
                self.messages += [(level, text) for level, text in value]
            else:
                self.metrics[name] = value

    def texts(self, level: str) -> list[str]:
        """The inspector's messages of one level."""
        return [text for kind, text in self.messages if kind == level]

    def stderr(self) -> str:
        """What the command wrote for search.log."""
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace")

    def end(self, timeout_s: float = 20) -> int:
        """No more chunks: close its input and return its exit code. Anything it still writes is an error."""
        assert self.process.stdin and self.process.stdout
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        rest = self.process.stdout.read()
        if rest:
            raise ProtocolError(f"the command wrote more than was asked: {rest[:200]!r}")
        return self.process.wait(timeout_s)

    def cancel(self) -> None:
        """What splunkd does when a search is cancelled."""
        self.process.send_signal(signal.SIGTERM)

    def close(self) -> None:
        """End the process if it runs, and forget its files."""
        if self.process.poll() is None:
            self.process.kill()
        for stream in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(BrokenPipeError):
                if stream:
                    stream.close()
        self.process.wait()
        self._errors.close()
        self._dispatch.cleanup()

    def show(self) -> str:
        """Messages and search.log, for a failing test."""
        return json.dumps(self.messages, indent=1) + os.linesep + self.stderr()


def parse(line: str) -> tuple[str, list[str]]:
    """A stage of a search as splunkd hands it over: (command, raw arguments).

    Outside quotes, blanks and commas separate arguments.

    >>> parse('| aifit model=m fields="a, b" wait=9')
    ('aifit', ['model=m', 'fields="a, b"', 'wait=9'])
    """
    words, word, quoted, escaped = [], "", False, False
    for letter in line.strip().removeprefix("|").strip() + " ":
        if not quoted and (letter.isspace() or letter == ","):
            words += [word] if word else []
            word = ""
            continue
        if letter == '"' and not escaped:
            quoted = not quoted
        escaped = letter == "\\" and not escaped
        word += letter
    if quoted:
        raise ValueError(f"a quote is not closed in: {line}")
    if not words:
        raise ValueError("no command given")
    return words[0], words[1:]


def _unquoted(arg: str) -> str:
    name, equals, value = arg.partition("=")
    if not equals:
        name, value = "", name
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return name + equals + value
