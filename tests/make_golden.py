"""Write the golden files anew: one request and its reply for each verb. Look at the difference before keeping it.

python -m tests.make_golden
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sidecar.app import create_app, open_house
from sidecar.settings import Settings
from sidecar.tasks.fit import FitOptions
from sidecar.tasks.fit import run as fit
from sidecar.wire import Limits, read_csv
from tests.sidecar.conftest import SECRET, Api, events

GOLDEN = Path(__file__).with_name("golden")
REQUESTS = {
    "score": ("/v1/score?model=logon&explain=2", "score.csv"),
    "fit": ("/v1/fit?model=other&entity=user", "fit.csv"),
    "models": ("/v1/models?action=contract&model=logon", ""),
}
"""Each verb's address and the body that goes there."""


@dataclass(frozen=True)
class Reply:
    """What came back: the body with hashes and job ids masked, and the headers that a client reads."""

    body: str
    headers: dict[str, str]


def mask(text: str) -> str:
    """Hashes of bundles depend on the last bit of a machine's arithmetic, job ids on chance: neither is golden."""
    return re.sub(r"\b[0-9a-f]{12}/[0-9a-f]{12}\b|(?<=^0,)[0-9a-f]{16}(?=,)", "<masked>", text, flags=re.MULTILINE)


@contextmanager
def application() -> Iterator[Api]:
    """The application over a home with one model, made from the same events every time."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        fit(
            read_csv(events(), Limits()),
            FitOptions(model="logon", entity=("user",)),
            open_house(Settings(home=home), by="ann"),
        )
        yield Api(create_app(Settings(home=home, ticket_secret=SECRET)))  # type: ignore[arg-type]


def ask(api: Api, verb: str) -> Reply:
    """Send a verb's golden request."""
    url, body = REQUESTS[verb]
    response = api.post(url, (GOLDEN / verb / body).read_bytes() if body else b"", AIScore_Request_Id="0" * 32)
    assert response.status_code in (200, 202), response.data
    if verb == "fit":
        wait_for(api, response.get_data(as_text=True).splitlines()[1].split(",")[1])
    headers = {
        name: mask(response.headers[name]) for name in ("Content-Type", "AIScore-Digest") if name in response.headers
    }
    return Reply(mask(response.get_data(as_text=True)), headers)


def wait_for(api: Api, job: str) -> None:
    """Until the job has ended: its home is taken away afterwards."""
    for _ in range(600):
        if api.get(f"/v1/jobs/{job}").get_json()["state"] in ("done", "failed"):
            return
        time.sleep(0.05)
    raise TimeoutError(f"job {job} has not ended")


def main() -> int:
    with application() as api:
        for verb in REQUESTS:
            found = ask(api, verb)
            (GOLDEN / verb / "reply.csv").write_text(found.body, encoding="utf-8", newline="")
            (GOLDEN / verb / "reply.json").write_text(json.dumps(found.headers, indent=2) + "\n")
    print(f"written to {GOLDEN}; now read the difference")
    return 0


if __name__ == "__main__":
    sys.exit(main())
