"""Test connection: every step on the way to the sidecar, tried in turn and told apart from the others."""

import json
import os
import socket
import ssl
import time
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from aiscore_kit import libraries, settings, setup_tls
from aiscore_kit.client import Sidecar, csv_request
from aiscore_kit.failure import Failure
from aiscore_kit.setup_splunkd import Refused
from aiscore_kit.ticket import Tickets
from aiscore_kit.watch import Deadline, within

# The sidecar takes tickets that are dated this much off its own clock.
SKEW_S = 60
# Splunk Web waits for 30 s.
_WHOLE_S, _STEP_S, _GREETING_S = 20, 5, 2
_LONGEST = 1 << 16


class Broken(Exception):
    """A step did not succeed: what is so, how to mend it, and whether the later steps still make sense."""

    def __init__(self, text, mend, state="failed", goes_on=False):
        Exception.__init__(self, text)
        self.text, self.mend, self.state, self.goes_on = text, mend, state, goes_on


def lines(splunkd):
    """A line for each step: step, state (ok, failed or not_reached), text and mend."""
    probe, told, reached = Probe(splunkd), [], True
    for step, attempt in probe.steps():
        state, text, mend = "not_reached", "not tried, because an earlier step failed", ""
        if reached:
            try:
                state, text = "ok", attempt()
            except Broken as broken:
                state, text, mend, reached = broken.state, broken.text, broken.mend, broken.goes_on
        told.append({"step": step, "state": state, "text": text, "mend": mend})
    return {"lines": told}


class Probe:
    """One walk to the sidecar. Every step returns a sentence, or raises Broken; each uses what those before found."""

    def __init__(self, splunkd):
        self._splunkd = splunkd
        self._deadline = Deadline(_WHOLE_S)
        self._settings = self._url = self._trusted = self._port = self._place = None
        self._health, self._date, self._asked_at, self._skew_s = {}, None, 0.0, 0.0

    def steps(self):
        """The names of the steps and what tries them, in order."""
        return (
            ("settings", self.settings),
            ("dns", self.dns),
            ("tcp", self.tcp),
            ("tls", self.tls),
            ("sidecar", self.sidecar),
            ("version", self.version),
            ("clock", self.clock),
            ("secret", self.secret),
        )

    def settings(self):
        """Are the saved settings usable, and the certificates that ca_file names?"""
        try:
            self._settings = settings.load(self._splunkd.service)
            self._url = urlsplit(self._settings.url)
            self._port = self._url.port or (443 if self._url.scheme == "https" else 80)
        except Failure as failure:
            raise Broken(failure.text, failure.mend) from None
        except ValueError:
            raise Broken("the port in url is no number from 1 to 65535", "write https://host:port") from None
        libraries.load_requests()
        try:
            self._trusted = setup_tls.context(self._settings.ca_file)
        except OSError as error:
            why = "it holds no certificate" if isinstance(error, ssl.SSLError) else _why(error)
            raise Broken(
                "ca_file %s cannot be used: %s" % (self._settings.ca_file, why),
                "name a file with certificates (PEM) that splunkd on this search head can read",
            ) from None
        return "%s can be used" % self._settings.url

    def dns(self):
        """Does the name lead to addresses?"""
        host = self._url.hostname
        try:
            found = within(
                Deadline(self._step_s()), lambda: socket.getaddrinfo(host, self._port, type=socket.SOCK_STREAM)
            )
        except Failure:
            raise Broken("looking up %s took too long" % host, "check this search head's DNS") from None
        except (OSError, UnicodeError):
            raise Broken(
                "this search head's DNS does not know %s" % host, "correct the name in url, or add it to the DNS"
            ) from None
        self._place = list(dict.fromkeys(address[4][:2] for address in found))
        return "%s is %s" % (host, ", ".join(place[0] for place in self._place))

    def tcp(self):
        """Does the port take connections?"""
        refused = []
        for place in self._place:
            try:
                socket.create_connection(place, min(self._settings.connect_timeout_s, self._step_s())).close()
            except socket.timeout:
                refused.append("%s does not answer" % place[0])
            except ConnectionRefusedError:
                refused.append("%s refuses: nothing listens there" % place[0])
            except OSError as error:
                refused.append("%s: %s" % (place[0], _why(error)))
            else:
                self._place = place
                return "port %d takes connections" % self._port
        raise Broken(
            "no connection to port %d: %s" % (self._port, "; ".join(refused)),
            "check that the sidecar runs, that it listens on that address, and that no firewall is between",
        )

    def tls(self):
        """Is the connection trusted, or is plain http what both sides speak?"""
        host, seconds = self._url.hostname, min(_GREETING_S, self._step_s())
        if self._url.scheme == "https":
            try:
                with setup_tls.secured(self._place, host, self._trusted, seconds) as found:
                    return "%s, certificate trusted until %s" % (found.version(), found.getpeercert()["notAfter"])
            except setup_tls.Untrusted as found:
                untrusted = found
            except OSError as error:
                untrusted = setup_tls.without_tls(error, self._place, seconds)
            raise Broken(untrusted.text, untrusted.mend)
        if not setup_tls.speaks_plainly(self._place, seconds) and setup_tls.speaks_tls(
            self._place, host, self._trusted, seconds
        ):
            raise Broken("the port speaks TLS, and url says http", "write https:// in url, and set ca_file")
        return "not used: plain http does not leave this host"

    def sidecar(self):
        """Is it our sidecar that answers?"""
        try:
            status, self._health = within(Deadline(self._step_s()), self._ask_health)
        except Failure:
            raise Broken("the sidecar does not answer in %d s" % _STEP_S, "see whether the sidecar is busy") from None
        except (OSError, HTTPException, setup_tls.Untrusted) as error:
            text = "no HTTP answer came: %s" % type(error).__name__
            raise Broken(text, "check that the port in url is the sidecar's") from None
        if status != 200 or self._health.get("status") != "ok":
            text = "something else answers there (HTTP %d)" % status
            raise Broken(text, "check that host and port in url are the sidecar's")
        return "the sidecar answers"

    def version(self):
        """Do both halves come from the same release?"""
        theirs = str(self._health.get("version"))[:40]
        try:
            ours = str(self._splunkd.get("apps/local", "aiscore").get("version"))
        except Refused as refused:
            raise Broken(refused.detail, refused.mend, "not_reached", goes_on=True) from None
        if ours != theirs:
            text = "the app is version %s, the sidecar %s" % (ours, theirs)
            raise Broken(text, "install the same version of both", goes_on=True)
        return "both are version %s" % ours

    def clock(self):
        """Do the clocks agree well enough for tickets?"""
        if self._date is None:
            raise Broken(
                "the sidecar does not tell the time", "compare the clocks by hand", "not_reached", goes_on=True
            )
        self._skew_s = self._date - self._asked_at
        # The sidecar tells whole seconds.
        said = "the clocks agree to two seconds"
        if abs(self._skew_s) > 2:
            said = "the sidecar's clock is %.0f s %s" % (abs(self._skew_s), "ahead" if self._skew_s > 0 else "behind")
        if abs(self._skew_s) > SKEW_S:
            mend = "set both clocks by NTP: tickets may differ by %d s" % SKEW_S
            raise Broken(said, mend, goes_on=True)
        return said

    def secret(self):
        """Does the sidecar take our tickets?"""
        tickets = Tickets(self._splunkd.service)
        try:
            tickets.get()
        except Failure as failure:
            is_missing = failure.text.startswith("no secret is stored")
            raise Broken(failure.text, "store it in step 2" if is_missing else failure.mend) from None
        try:
            request = csv_request("POST", "/v1/models", {}, b"", {}, 1 << 24)
            Sidecar(self._settings, tickets).ask(request, max(1.0, self._deadline.left()))
        except Failure as failure:
            raise self._not_taken(failure) from None
        return "the sidecar takes this search head's tickets"

    def _not_taken(self, failure):
        if failure.status == 401 and abs(self._skew_s) > SKEW_S and "expire" in failure.text:
            return Broken(failure.text, "set both clocks right, then test again")
        if failure.status == 401:
            mend = "store the line that `aiscore token secret` prints on the sidecar's host (step 2)"
            return Broken("the stored secret is not the sidecar's: %s" % failure.text, mend)
        return Broken(failure.text, failure.mend)

    def _ask_health(self):
        """Status and JSON of the open health page, over a connection of its own; notes when it was asked."""
        connection = HTTPConnection(self._url.hostname, self._port)
        if self._url.scheme == "https":
            connection.sock = setup_tls.secured(self._place, self._url.hostname, self._trusted, self._step_s())
        else:
            connection.sock = socket.create_connection(self._place, self._step_s())
        try:
            self._asked_at = time.time()
            connection.request("GET", self._url.path + "/healthz")
            reply = connection.getresponse()
            self._date = _epoch_s(reply.getheader("Date"))
            return reply.status, _facts(reply.read(_LONGEST))
        finally:
            connection.close()

    def _step_s(self):
        return max(0.1, min(_STEP_S, self._deadline.left()))


def _facts(body):
    try:
        found = json.loads(body.decode("utf-8"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _epoch_s(date):
    try:
        return parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError, IndexError):
        return None


def _why(error):
    """The system's words for a fault."""
    return os.strerror(error.errno) if error.errno else str(error)[:200]
