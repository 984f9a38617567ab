"""Asking the sidecar over HTTP: one kept-alive session, one total deadline, and a reply that is checked.

The session trusts nothing from the environment (no proxy, no .netrc, which would replace our ticket), follows no
redirect and never falls back from https.
"""

import base64
import hashlib
import io
import json
import os
import random
import socket
import time
from collections import namedtuple

from aiscore_kit import libraries, trust
from aiscore_kit.failure import Failure
from aiscore_kit.watch import Deadline, within

Request = namedtuple("Request", "method path params body headers max_reply types")
Answer = namedtuple("Answer", "status headers body request_id")

# How often the same request is sent again, and the longest pause before it (halved at random: full jitter).
RETRIES = {"overloaded": (2, 1.0), "sidecar_error": (1, 0.4), "sidecar_down": (1, 0.2), "auth": (1, 0.0)}
# Bytes read at a time, and the most that are read of an error.
_BLOCK = 1 << 18
_ERROR = 1 << 16


def csv_request(method, path, params, body, headers, max_reply):
    """A Request with a csv body whose digest the sidecar must echo."""
    headers = dict(headers)
    headers["Content-Type"] = "text/csv; charset=utf-8"
    headers["AIScore-Digest"] = hashlib.sha256(body).hexdigest()
    return Request(method, path, params, body, headers, max_reply, ("text/csv",))


class Sidecar:
    """The sidecar of these settings, asked in the name of the user whose tickets we hold."""

    def __init__(self, settings, tickets, gone=lambda: False):
        self._settings = settings
        self._tickets = tickets
        self._gone = gone
        self._session = None
        self.request_id = ""

    def ask(self, request, seconds):
        """The Answer within `seconds` in all, retries and ticket included. Raises Failure or Cancelled."""
        deadline = Deadline(seconds)
        self.request_id = ""
        try:
            return within(deadline, lambda: self._attempts(request, deadline), self._gone)
        except Failure as failure:
            if failure.note == "timeout":
                # The thread that was given up may still hold the old session's connection.
                self._session = None
            raise

    def _attempts(self, request, deadline):
        sent = {}
        while True:
            try:
                return self._once(request, deadline)
            except Failure as failure:
                count = sent[failure.note] = sent.get(failure.note, 0) + 1
                allowed, jitter_s = RETRIES.get(failure.note, (0, 0.0))
                pause_s = failure.wait_s + jitter_s * random.random()  # nosec B311  # spreads retries
                if not failure.retry or count > allowed or pause_s >= deadline.left():
                    raise
                time.sleep(pause_s)

    def _once(self, request, deadline):
        requests = libraries.load_requests()
        headers = dict(request.headers)
        headers["Authorization"] = "Bearer " + self._tickets.get()
        if not deadline.left():
            # Nobody waits for this any more, and the next chunk may be on its way.
            raise Failure("timeout", "no ticket within %g s" % deadline.seconds)
        # Kept here too: what `self` holds is that of the latest request, of whichever thread.
        request_id = self.request_id = os.urandom(16).hex()
        headers["AIScore-Request-Id"] = request_id
        headers["Accept-Encoding"] = "identity"
        left = max(0.05, deadline.left())
        try:
            response = self._open().request(
                request.method,
                self._settings.url + request.path,
                params=request.params,
                # In blocks: bytes as a whole would have to be gone within the connect timeout, however slow the line.
                data=io.BytesIO(request.body) if request.body else request.body,
                headers=headers,
                timeout=(min(self._settings.connect_timeout_s, left), left),
                allow_redirects=False,
                stream=True,
            )
        except requests.exceptions.SSLError as error:
            raise Failure("tls", "no trusted connection: %s" % _inmost(error)) from None
        except requests.exceptions.Timeout:
            raise Failure("timeout", "the sidecar did not answer in time") from None
        except (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
            if _is_timeout(error):
                raise Failure("timeout", "the sidecar did not take the request in time") from None
            raise Failure("sidecar_down", "no connection: %s" % _inmost(error), retry=True) from None
        except requests.exceptions.RequestException as error:
            raise Failure("sidecar_error", "the request could not be sent: %s" % type(error).__name__) from None
        except OSError as error:
            # requests lets the fault of a certificate file through as it is.
            raise Failure("tls", "ca_file cannot be used: %s" % str(error)[:200]) from None
        with response:
            return self._read(request, response, deadline, request_id)

    def _open(self):
        if self._session is None:
            session = libraries.load_requests().Session()
            session.trust_env = False
            session.headers.clear()
            session.headers["User-Agent"] = "aiscore-splunk-app"
            session.mount("https://", trust.adapter())
            if self._settings.ca_file:
                session.verify = self._settings.ca_file
            self._session = session
        return self._session

    def _read(self, request, response, deadline, request_id):
        headers = response.headers
        status = response.status_code
        if 300 <= status < 400:
            raise Failure("bad_response", "the sidecar answered with a redirect, which is never followed")
        if headers.get("Content-Encoding", "identity").lower() != "identity":
            raise Failure("bad_response", "the reply is compressed, which was not asked for")
        limit = request.max_reply if status < 300 else _ERROR
        body = _body(response, limit, deadline)
        if status >= 300:
            self._refused(status, headers, body)
        kind = headers.get("Content-Type", "").split(";")[0].strip().lower()
        if kind not in request.types:
            raise Failure("sidecar_error", "the reply is %s" % (kind[:40] or "of no type"), retry=True)
        _check_echo(request, headers, kind, body, request_id)
        return Answer(status, headers, body, request_id)

    def _refused(self, status, headers, body):
        problem = _problem(body)
        text = "the sidecar answered %d%s" % (status, _said(problem))
        mend = str(problem.get("mend") or "")[:300]
        if status == 401:
            self._tickets.drop()
            raise Failure("auth", text, retry=True, status=status, mend=mend)
        if status == 403:
            raise Failure("auth", text, status=status, mend=mend)
        if status in (429, 503):
            wait_s = _seconds(headers.get("Retry-After"))
            raise Failure("overloaded", text, retry=True, wait_s=wait_s, status=status, mend=mend)
        code = problem.get("code")
        if (status, code) in ((404, "no_model"), (422, "bad_features")):
            raise Failure(code, text, status=status, mend=mend)
        raise Failure("sidecar_error", text, retry=status >= 500, status=status, mend=mend)


def _check_echo(request, headers, kind, body, request_id):
    if headers.get("AIScore-Request-Id") != request_id:
        raise Failure("bad_response", "the reply answers another request")
    digest = request.headers.get("AIScore-Digest")
    if not digest or kind != "text/csv":
        return
    if headers.get("AIScore-Digest") != digest:
        raise Failure("bad_response", "the sidecar read other bytes than were sent")
    # The headers are those of our request; this ties the body to them. A well-formed one could be another's.
    if headers.get("Content-Digest") != _content_digest(body):
        raise Failure("bad_response", "other bytes came than the sidecar sent")


def _body(response, limit, deadline):
    """The whole reply, at most `limit` bytes. Raises Failure for a longer one, a shorter one or a slow one."""
    import urllib3

    blocks, size = [], 0
    announced = response.headers.get("Content-Length")
    try:
        if announced is not None and int(announced) > limit:
            raise Failure("bad_response", "the reply is larger than it can be")
        # read1 returns what has come: read would wait for a full block and never look at the deadline.
        while True:
            block = response.raw.read1(_BLOCK, decode_content=False)
            if not block:
                break
            size += len(block)
            if size > limit:
                raise Failure("bad_response", "the reply is larger than it can be")
            if not deadline.left():
                raise Failure("timeout", "no complete answer within %g s" % deadline.seconds)
            blocks.append(block)
    except urllib3.exceptions.TimeoutError:
        raise Failure("timeout", "the sidecar stopped in the middle of its reply") from None
    except (urllib3.exceptions.HTTPError, ValueError, OSError):
        raise Failure("bad_response", "the reply was cut short") from None
    return b"".join(blocks)


def _content_digest(body):
    """The Content-Digest header of a body (RFC 9530)."""
    return "sha-256=:%s:" % base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")


def _problem(body):
    try:
        found = json.loads(body.decode("utf-8"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _said(problem):
    detail = str(problem.get("detail") or problem.get("title") or "")[:300]
    return ": " + detail if detail else ""


def _seconds(text):
    try:
        return max(0.0, float(text))
    except (TypeError, ValueError):
        return 0.0


def _is_timeout(error):
    """Whether the connection was given up because nothing moved while the request was sent."""
    inner = error.args[0] if error.args else None
    return any(isinstance(cause, (TimeoutError, socket.timeout)) for cause in getattr(inner, "args", ()))


def _inmost(error):
    """The cause at the bottom, without requests' nested wrapping."""
    reason = error.args[0] if error.args else error
    reason = getattr(reason, "reason", reason)
    text = str(reason)
    return text.split("object at 0x")[-1].split(": ", 1)[-1][:200] if ": " in text else text[:200]
