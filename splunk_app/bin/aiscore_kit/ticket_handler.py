"""Making tickets where the secret lives: inside splunkd's REST handler, for the user splunkd has authenticated."""

import base64
import hashlib
import hmac
import json
import re
import secrets
import time
from urllib.parse import parse_qsl, urlsplit

LIFETIME_S = 600
SCOPES = {"aiscore_score": "score", "aiscore_fit": "fit", "aiscore_admin": "admin"}
REALM, NAME = "aiscore", "ticket"
_STORE = "storage/passwords"
_SECRET = re.compile(r"[\x21-\x7e]{32,512}")


class Refused(Exception):
    """A request that gets no ticket: HTTP status, what is wrong, how to mend it."""

    def __init__(self, status, detail, mend):
        Exception.__init__(self, detail)
        self.status, self.detail, self.mend = status, detail, mend


def handle(in_string):
    """splunkd's request (JSON text) to its reply: {"status", "headers", "payload"}. Never shows the secret."""
    try:
        request = json.loads(in_string)
        method = str(request.get("method", "")).upper()
        if method == "GET":
            return _reply(200, give(request))
        if method == "POST":
            return _reply(200, store(request))
        raise Refused(405, "the ticket service knows GET and POST", "use one of them")
    except Refused as refused:
        return _reply(refused.status, {"detail": refused.detail, "mend": refused.mend})
    except Exception as error:
        # The text of an unexpected error might hold what it was working on.
        detail = "the ticket service met an unexpected %s" % type(error).__name__
        return _reply(500, {"detail": detail, "mend": "see splunkd.log on the search head"})


def give(request):
    """A ticket with the scopes that the calling user's capabilities stand for."""
    user = str(request["session"]["user"])
    scopes = _scopes(request)
    if not scopes:
        raise Refused(403, "user %s has none of the capabilities %s" % (user, ", ".join(SCOPES)), "ask for one of them")
    return {"ticket": make(_secret(request), user, scopes, time.time()), "lifetime_s": LIFETIME_S, "scopes": scopes}


def make(secret, user, scopes, now):
    """`t1.<payload>.<HMAC-SHA256>`: who, what for, and until when (epoch seconds)."""
    payload = {
        "user": user,
        "scopes": scopes,
        "expires_at": int(now) + LIFETIME_S,
        "id": secrets.token_hex(8),
    }
    text = json.dumps(payload, separators=(",", ":"), sort_keys=True).encode("utf-8")
    head = b"t1." + _b64(text)
    seal = hmac.new(secret.encode("utf-8"), head, hashlib.sha256).digest()
    return (head + b"." + _b64(seal)).decode("ascii")


def store(request):
    """Keep the shared secret in storage/passwords. Nothing of it is returned."""
    if "aiscore_admin" not in _capabilities(request):
        raise Refused(403, "storing the secret needs the capability aiscore_admin", "ask for the role aiscore_admin")
    secret = _form(request).get("secret", "").strip()
    if _SECRET.fullmatch(secret) is None:
        raise Refused(
            400, "secret must be 32 to 512 printable letters", "send the line that `aiscore token secret` prints"
        )
    from splunklib.binding import HTTPError

    service = _service(request, request["system_authtoken"])
    try:
        service.post(_STORE + "/" + _entry(), password=secret)
    except HTTPError as error:
        if error.status != 404:
            raise
        service.post(_STORE, name=NAME, realm=REALM, password=secret)
    return {"stored": True}


def _form(request):
    pairs = list(request.get("form") or [])
    if not pairs and request.get("payload"):
        pairs = parse_qsl(str(request["payload"]))
    return {str(name): str(value) for name, value in pairs}


def _scopes(request):
    held = _capabilities(request)
    return [scope for capability, scope in SCOPES.items() if capability in held]


def _capabilities(request):
    """What the calling user may do, asked with the user's own token."""
    context = _service(request, request["session"]["authtoken"]).get(
        "authentication/current-context", output_mode="json"
    )
    return set(json.loads(context.body.read().decode("utf-8"))["entry"][0]["content"]["capabilities"])


def _secret(request):
    from splunklib.binding import HTTPError

    try:
        reply = _service(request, request["system_authtoken"]).get(_STORE + "/" + _entry(), output_mode="json")
    except HTTPError as error:
        if error.status == 404:
            raise Refused(
                503,
                "no secret is stored for the sidecar",
                "POST secret=... to services/aiscore/ticket (`aiscore token secret` prints it)",
            ) from None
        raise
    return json.loads(reply.body.read().decode("utf-8"))["entry"][0]["content"]["clear_password"]


def _entry():
    return "%s:%s:" % (REALM, NAME)


def _service(request, token):
    from splunklib.client import Service

    uri = urlsplit(request["server"]["rest_uri"])
    return Service(scheme=uri.scheme, host=uri.hostname, port=uri.port, token=token, owner="nobody", app="aiscore")


def _b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _reply(status, payload):
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return {"status": status, "headers": headers, "payload": json.dumps(payload)}
