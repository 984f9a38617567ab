"""A custom alert action of the app: `python bin/<name>.py --execute`, JSON on stdin, results in a CSV file.

As "Create custom alert actions" of Splunk's developer manual and alert_actions.conf.spec have it. The environment is
the command's own, stderr is kept for splunkd.log, and an exit code other than 0 is a failure.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl

from tests.splunkd import pythons, results_file
from tests.splunkd.rest import Splunkd, User
from tests.splunkd.spl.errors import SplError

DEFAULT_MAXTIME_S = 300


@dataclass(frozen=True)
class ActionRun:
    """What one run of an action left behind."""

    action: str
    code: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def failed(self) -> bool:
        """Whether splunkd would log the action as failed."""
        return self.code != 0


def run(
    splunkd: Splunkd,
    action: str,
    rows: pl.DataFrame,
    params: dict[str, str],
    *,
    sid: str,
    search_name: str,
    user: User | None = None,
    result_id: int | None = None,
    python: str | None = None,
) -> ActionRun:
    """Run the action over these results; `params` (without `param.`) stand over those of alert_actions.conf."""
    stanza = splunkd.app.conf("alert_actions").get(action)
    if stanza is None:
        raise SplError(f'Alert action "{action}" not found.')
    if stanza.get("is_custom") != "1" or stanza.get("payload_format", "xml") != "json":
        raise SplError(f"alert_actions.conf [{action}]: is_custom = 1 and payload_format = json are expected")
    script = splunkd.app.folder / "bin" / stanza.get("alert.execute.cmd", f"{action}.py")
    if not script.is_file():
        raise SplError(f'Cannot find the script of alert action "{action}": {script.name}')
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "results.csv.gz"
        results_file.write(rows, file)
        payload = _payload(splunkd, rows, sid, search_name, user or splunkd.user, result_id)
        payload |= {"results_file": str(file), "configuration": _defaults(stanza) | params}
        begun = time.monotonic()
        done = _ended(
            [python or pythons.best(stanza["python.required"]), str(script), "--execute"],
            json.dumps(payload).encode(),
            folder,
            splunkd.app.environment(),
            _seconds(stanza.get("maxtime")),
        )
    return ActionRun(
        action, done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"),
        time.monotonic() - begun,
    )  # fmt: skip


def _ended(
    words: list[str], payload: bytes, folder: str, environment: dict[str, str], timeout_s: float
) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(words, input=payload, capture_output=True, cwd=folder, env=environment, timeout=timeout_s)
    except subprocess.TimeoutExpired:
        raise SplError(f"it was ended after maxtime, {timeout_s:.0f} s") from None


def _payload(
    splunkd: Splunkd, rows: pl.DataFrame, sid: str, search_name: str, user: User, result_id: int | None
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "app": "aiscore",
        "owner": user.name,
        "results_link": f"http://splunk:8000/app/aiscore/@go?sid={sid}",
        "search_uri": f"/servicesNS/nobody/aiscore/saved/searches/{quote(search_name, safe='')}",
        "server_host": "splunk",
        "server_uri": splunkd.uri,
        "session_key": user.session_key,
        "sid": sid,
        "search_name": search_name,
        "result": next(iter(results_file.records(rows.head(1))), {}),
    }
    return found if result_id is None else found | {"result_id": result_id}


def _defaults(stanza: dict[str, str]) -> dict[str, str]:
    return {key.removeprefix("param."): value for key, value in stanza.items() if key.startswith("param.")}


def _seconds(maxtime: str | None) -> float:
    if not maxtime:
        return DEFAULT_MAXTIME_S
    return float(maxtime.rstrip("smh")) * {"m": 60, "h": 3600}.get(maxtime[-1], 1)
