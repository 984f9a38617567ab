"""The app's client as splunkd would run it: in a process of one of its Pythons, with the packaged libraries."""

import json
import subprocess
import threading
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
TICKET = "t1.canary-of-the-ticket.0123456789abcdef"
EVENT = "canary of an event"


class Outcome(NamedTuple):
    """What a chunk that was not scored is told; `shown` is all that a log or a crash would show of it."""

    note: str
    text: str
    mend: str
    shown: str


class Kit:
    """A client in a process of its own, its log at DEBUG; use it as a context manager."""

    def __init__(self, python: str, app: Path, environment: dict[str, str] | None = None) -> None:
        self._log: list[str] = []
        self._process = subprocess.Popen(
            [python, str(HERE / "kit_probe.py"), str(app)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={"PATH": "/usr/bin:/bin"} | (environment or {}),
        )
        self._reader = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> "Kit":
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._reader.join(10)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert pipe
            pipe.close()
        self._process.wait()

    def ask(self, url: str, ca_file: Path | str = "", environment: dict[str, str] | None = None) -> Outcome:
        """Send one chunk there."""
        assert self._process.stdin and self._process.stdout
        asked = {"url": url, "ca_file": str(ca_file), "ticket": TICKET, "body": f"a\n{EVENT}\n"}
        self._process.stdin.write(json.dumps(asked | {"environment": environment or {}}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, self.log()
        return Outcome(**json.loads(line))

    def log(self) -> str:
        """All it has logged."""
        return "".join(self._log)

    def _read(self) -> None:
        assert self._process.stderr
        for line in self._process.stderr:
            self._log.append(line)


def lax_openssl(folder: Path) -> dict[str, str]:
    """An environment in which OpenSSL by itself lets every key, signature and version pass."""
    file = folder / "lax.cnf"
    file.write_text(
        "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = lax\n"
        "[lax]\nCipherString = ALL:@SECLEVEL=0\nMinProtocol = TLSv1\n"
    )
    return {"OPENSSL_CONF": str(file)}
