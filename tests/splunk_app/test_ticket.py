"""The ticket service, run as splunkd runs it, and its tickets as the sidecar reads them."""

import base64
import json
import ssl
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError

import pytest
import trustme

from sidecar import tickets
from tests.splunk_app.conftest import SECRET
from tests.splunk_app.scripted import Sidecar
from tests.splunk_app.test_aiscore import events
from tests.splunkd import search
from tests.splunkd.app import InstalledApp
from tests.splunkd.command import CommandProcess
from tests.splunkd.rest import Splunkd, User


@pytest.fixture
def server(installed: InstalledApp, python: str) -> Iterator[Splunkd]:
    with Splunkd(installed, python=python) as found:
        yield found


def call(splunkd: Splunkd, user: User, **form: str) -> tuple[int, Any]:
    data = urllib.parse.urlencode(form).encode() if form else None
    request = urllib.request.Request(f"{splunkd.uri}/services/aiscore/ticket", data)
    request.add_header("Authorization", f"Splunk {user.session_key}")
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return reply.status, json.load(reply)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.mark.parametrize(
    ("role", "scopes"),
    [
        ("aiscore_analyst", {"score"}),
        ("aiscore_engineer", {"score", "fit"}),
        ("aiscore_admin", {"score", "fit", "admin"}),
    ],
)
def test_a_ticket_carries_the_scopes_of_the_users_role(server: Splunkd, role: str, scopes: set[str]) -> None:
    server.keep_secret(SECRET)
    status, found = call(server, server.log_in("bo", role))
    assert status == 200 and found["lifetime_s"] == 600
    head = json.loads(base64.urlsafe_b64decode(found["ticket"].split(".")[1] + "=="))
    caller = tickets.check(found["ticket"], [SECRET.encode()], head["expires_at"] - 600)
    assert (caller.user, set(caller.scopes)) == ("bo", scopes)
    with pytest.raises(tickets.Forbidden):
        tickets.check(found["ticket"], [b"another secret"], head["expires_at"] - 600)


def test_two_tickets_differ(server: Splunkd) -> None:
    server.keep_secret(SECRET)
    assert call(server, server.user)[1]["ticket"] != call(server, server.user)[1]["ticket"]


def test_nobody_without_a_capability_gets_one(server: Splunkd) -> None:
    server.keep_secret(SECRET)
    assert call(server, server.log_in("guest"))[0] == 403
    assert call(server, User("stranger"))[0] == 401


def test_only_an_admin_stores_the_secret_and_nobody_reads_it_back(server: Splunkd) -> None:
    engineer = server.log_in("eve", "aiscore_engineer")
    assert call(server, engineer, secret=SECRET)[0] == 403 and not server.passwords
    assert call(server, server.user, secret="short")[0] == 400 and not server.passwords
    status, found = call(server, server.user, secret=f"  {SECRET}\n")
    assert (status, found) == (200, {"stored": True})
    assert server.passwords == {"aiscore:ticket:": SECRET}
    other = SECRET[::-1]
    assert call(server, server.user, secret=other)[0] == 200
    assert server.passwords == {"aiscore:ticket:": other}
    assert other not in json.dumps(call(server, server.user)[1])


def test_without_a_secret_the_mend_is_told(server: Splunkd) -> None:
    status, found = call(server, server.user)
    assert status == 503 and "aiscore token secret" in found["mend"]


def test_the_handler_checks_capabilities_itself(server: Splunkd, monkeypatch: pytest.MonkeyPatch) -> None:
    # As if restmap.conf had been changed to let everybody in.
    server.keep_secret(SECRET)
    guest = server.log_in("guest")
    monkeypatch.setattr(server, "capabilities", lambda user: ["aiscore_admin"] if user is guest else [])
    real = Splunkd.capabilities

    def answer(method: str, path: str, token: str, form: dict[str, str], payload: str) -> tuple[int, Any]:
        if path == "authentication/current-context":
            monkeypatch.setattr(server, "capabilities", lambda user: real(server, user))
        return Splunkd.answer(server, method, path, token, form, payload)

    monkeypatch.setattr(server, "answer", answer)
    assert call(server, guest)[0] == 403
    monkeypatch.setattr(server, "capabilities", lambda user: ["aiscore_admin"])
    assert call(server, guest, secret=SECRET[::-1])[0] == 403
    assert server.passwords["aiscore:ticket:"] == SECRET


def test_over_https_to_splunkd_and_to_the_sidecar(installed: InstalledApp, python: str, tmp_path: Any) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    trusted, stranger = tmp_path / "ca.pem", tmp_path / "other.pem"
    authority.cert_pem.write_to_path(trusted)
    trustme.CA().cert_pem.write_to_path(stranger)
    with Sidecar(context) as sidecar, Splunkd(installed, tls=context) as splunkd:
        splunkd.keep_secret(SECRET)
        splunkd.configure(url=sidecar.url, ca_file=trusted)
        with CommandProcess(splunkd, "aiscore", ["model=toy"], python=python) as process:
            assert {row["ai_status"] for row in search.run(process, [events(2)]).dicts()} == {"scored"}
        for ca_file, url in [(stranger, sidecar.url), ("", sidecar.url), (tmp_path / "absent.pem", sidecar.url)]:
            splunkd.configure(url=url, ca_file=ca_file)
            sidecar.seen.clear()
            with CommandProcess(splunkd, "aiscore", ["model=toy"], python=python) as process:
                back = search.run(process, [events(2)])
            assert {row["ai_note"] for row in back.dicts()} == {"tls"}, process.show()
            assert not sidecar.seen
