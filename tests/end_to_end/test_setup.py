"""Test connection of the setup page, against a real sidecar: plain and over TLS."""

import json
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.end_to_end.conftest import SidecarProcess, meet
from tests.splunkd.rest import Splunkd

STEPS = ["settings", "dns", "tcp", "tls", "sidecar", "version", "clock", "secret"]


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(params=["http", "https"])
def empty(request: pytest.FixtureRequest, authority: trustme.CA, tmp_path: Path) -> Iterator[SidecarProcess]:
    """A sidecar without a model."""
    tls = None
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    if request.param == "https":
        issued = authority.issue_cert("127.0.0.1")
        tls = tmp_path / "chain.pem", tmp_path / "key.pem"
        for pem in issued.cert_chain_pems:
            pem.write_to_path(str(tls[0]), append=True)
        issued.private_key_pem.write_to_path(str(tls[1]))
        tls[1].chmod(0o600)
    server = SidecarProcess(tmp_path / "home", tls=tls)
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.kill()


def states(splunkd: Splunkd) -> dict[str, str]:
    form = urllib.parse.urlencode({"request": json.dumps({"action": "test"})}).encode()
    request = urllib.request.Request(f"{splunkd.uri}/servicesNS/nobody/aiscore/aiscore/setup", form)
    request.add_header("Authorization", f"Splunk {splunkd.user.session_key}")
    with urllib.request.urlopen(request, timeout=40) as reply:
        return {line["step"]: line["state"] for line in json.load(reply)["lines"]}


def test_each_line_of_the_test_is_right(running_splunkd: Splunkd, empty: SidecarProcess, tmp_path: Path) -> None:
    meet(running_splunkd, empty)
    running_splunkd.configure(ca_file=tmp_path / "ca.pem")
    assert states(running_splunkd) == dict.fromkeys(STEPS, "ok")
    running_splunkd.keep_secret("z" * 40)
    assert states(running_splunkd) == dict.fromkeys(STEPS, "ok") | {"secret": "failed"}
    other = {"http": "https", "https": "http"}[empty.url.partition(":")[0]]
    running_splunkd.configure(url=f"{other}:{empty.url.partition(':')[2]}")
    found = states(running_splunkd)
    assert [found[step] for step in STEPS[:5]] == ["ok", "ok", "ok", "failed", "not_reached"]
