"""Ways to make the client send its ticket or an event elsewhere: redirects, proxies, foreign authorities, key files."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

from tests.reliability.auth.kit import EVENT, TICKET, Kit, Outcome
from tests.reliability.auth.listener import Listener
from tests.reliability.auth.trust import address, told

STATUSES = (300, 301, 302, 303, 304, 305, 306, 307, 308, 310, 399)
PROXIES = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "SOCKS_PROXY")
AUTHORITIES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


class Place(NamedTuple):
    """Where the client is told to go, a trap it must not go to, and the file it trusts."""

    kit: Kit
    server: Listener
    trap: Listener
    ca_file: Path
    folder: Path

    @property
    def url(self) -> str:
        return address(self.server, "https" if self.server.tls else "http")

    def ask(self, environment: dict[str, str] | None = None) -> Outcome:
        """One chunk, counted anew."""
        self.server.forget()
        self.trap.forget()
        return self.kit.ask(self.url, self.ca_file, environment)


def _seen(place: Place, outcome: Outcome, note: str) -> Iterator[str]:
    if outcome.note != note:
        yield f"note {outcome.note}, not {note} ({outcome.text})"
    if place.trap.connections:
        yield f"went to the trap, {len(place.trap.heard)} bytes"
    yield from told(outcome.shown)


def redirects(place: Place, each: int = 1) -> tuple[int, list[str]]:
    """Every redirect to everywhere, or one in `each`; how many were tried, and what is wrong."""
    count, wrong = 0, []
    trap = place.trap.port
    targets = (
        f"http://127.0.0.1:{trap}/v1/score",
        f"https://127.0.0.1:{trap}/v1/score",
        f"//localhost:{trap}/",
        f"http://user:password@127.0.0.1:{trap}/",
        f"http://sidecar.house.test:{trap}/",
        "/v1/models",
        "",
        "file:///etc/passwd",
        "javascript:0",
        f"\thttp://127.0.0.1:{trap}/",
    )
    for status, target in list(product(STATUSES, targets))[::each]:
        place.server.answer = _answer(status, f"Location: {target}")
        outcome = place.ask()
        count += 1
        found = list(_seen(place, outcome, "bad_response"))
        if place.server.connections != 1 or place.server.heard.count(EVENT.encode()) != 1:
            found.append(f"{place.server.connections} connections")
        wrong += [f"{status} to {target!r}: {fault}" for fault in found]
    return count, wrong


def pages(place: Place) -> tuple[int, list[str]]:
    """Answers that are no redirects but send a browser elsewhere."""
    wrong = []
    headers = (f"Refresh: 0; url=http://127.0.0.1:{place.trap.port}/", f"Location: http://127.0.0.1:{place.trap.port}/")
    for status in (200, 201, 401, 407, 500):
        for header in headers:
            place.server.answer = _answer(status, header + f'\r\nAlt-Svc: h2=":{place.trap.port}"')
            outcome = place.ask()
            wrong += [f"{status}, {header}: {fault}" for fault in told(outcome.shown)]
            if not outcome.note or place.trap.connections:
                wrong.append(f"{status}, {header}: note {outcome.note}, {place.trap.connections} to the trap")
    return 5 * len(headers), wrong


def proxies(place: Place) -> tuple[int, list[str]]:
    """Proxies and passwords that the environment names."""
    wrong = []
    place.server.answer = _answer(403)
    netrc = place.folder / "netrc"
    netrc.write_text("machine 127.0.0.1 login eve password secret\ndefault login eve password secret\n")
    netrc.chmod(0o600)
    settings = [{name: address(place.trap, "http")} for name in PROXIES] + [{"NETRC": str(netrc)}]
    for environment in settings:
        outcome = place.ask(environment)
        wrong += [f"{environment}: {fault}" for fault in _seen(place, outcome, "auth")]
        if TICKET.encode() not in place.server.heard:
            wrong.append(f"{environment}: the ticket did not reach the sidecar")
    return len(settings), wrong


def authorities(place: Place, stranger: Path) -> tuple[int, list[str]]:
    """Authorities that the environment names: the server shows a certificate of the `stranger`."""
    wrong = []
    for name in AUTHORITIES:
        for ca_file in (place.ca_file, ""):
            place.server.forget()
            value = str(stranger.parent if name.endswith("DIR") else stranger)
            outcome = place.kit.ask(place.url, ca_file, {name: value})
            if outcome.note != "tls" or place.server.heard:
                wrong.append(f"{name} with ca_file={ca_file}: note {outcome.note}, {len(place.server.heard)} bytes")
    return 2 * len(AUTHORITIES), wrong


def key_file(place: Place) -> tuple[int, list[str]]:
    """A file that would hold the keys of the connection."""
    file = place.folder / "keylog"
    place.server.answer = _answer(403)
    outcome = place.ask({"SSLKEYLOGFILE": str(file)})
    wrong = list(_seen(place, outcome, "auth"))
    if file.exists() and any(word in file.read_text() for word in ("RANDOM", "SECRET")):
        wrong.append("the connection's keys were written down")
    return 1, wrong


def mixed(place: Place) -> tuple[int, list[str]]:
    """TLS towards a server that speaks none: no byte of the request, and no second try in the clear."""
    tls, place.server.tls = place.server.tls, None
    place.server.forget()
    outcome = place.kit.ask(address(place.server, "https"), place.ca_file)
    place.server.tls = tls
    heard = place.server.heard
    wrong = [] if outcome.note == "tls" and "ca_file" in outcome.mend else [f"plain server: {outcome.text}"]
    wrong += [f"{what} was sent in the clear" for what in (EVENT, TICKET, "POST") if what.encode() in heard]
    return 1, wrong


def _answer(status: int, header: str = "X-Nothing: here") -> bytes:
    return f"HTTP/1.1 {status} So\r\n{header}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
