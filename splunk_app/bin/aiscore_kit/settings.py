"""aiscore.conf [sidecar], read over REST with the user's session key (so that local/ and clusters are merged)."""

import json
from collections import namedtuple
from urllib.parse import urlsplit

from aiscore_kit.failure import Failure

ON_ERROR = ("label", "fail")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")

Settings = namedtuple(
    "Settings",
    "url ca_file connect_timeout_s chunk_deadline_s search_budget_s on_error max_reply_mb",
)


def load(service):
    """The Settings of this app as splunkd has them. Raises Failure naming the setting that is wrong."""
    try:
        reply = service.get(
            "configs/conf-aiscore/sidecar", owner="nobody", app="aiscore", sharing="app", output_mode="json"
        )
        content = json.loads(reply.body.read().decode("utf-8"))["entry"][0]["content"]
    except Exception as error:
        raise Failure(
            "internal",
            "aiscore.conf [sidecar] could not be read from splunkd: %s" % (error or type(error).__name__),
            mend="check that the app aiscore is enabled and readable for your role",
        ) from None
    return parse(content)


def parse(content):
    """Settings from the stanza's keys and values (text).

    >>> parse({"url": "http://127.0.0.1:8765"}).chunk_deadline_s
    10.0
    """
    on_error = str(content.get("on_error") or "label").strip()
    if on_error not in ON_ERROR:
        raise _wrong("on_error", on_error, "label or fail")
    return Settings(
        url=_url(str(content.get("url") or "").strip()),
        ca_file=str(content.get("ca_file") or "").strip(),
        connect_timeout_s=_number(content, "connect_timeout_s", 2, 0.05, 60),
        chunk_deadline_s=_number(content, "chunk_deadline_s", 10, 0.1, 100),
        search_budget_s=_number(content, "search_budget_s", 60, 0.1, 3600),
        on_error=on_error,
        max_reply_mb=_number(content, "max_reply_mb", 256, 1, 4096),
    )


def _url(text):
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
        raise _wrong("url", text, "https://host:port")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise Failure(
            "tls",
            "aiscore.conf [sidecar] url is plain http to another host: events would cross the network unencrypted",
            mend="use https, or a sidecar on 127.0.0.1",
        )
    return text.rstrip("/")


def _number(content, name, default, low, high):
    text = str(content.get(name) or default).strip()
    try:
        number = float(text)
    except ValueError:
        number = None
    if number is None or not low <= number <= high:
        raise _wrong(name, text, "a number from %g to %g" % (low, high))
    return number


def _wrong(name, text, expected):
    return Failure(
        "internal",
        "aiscore.conf [sidecar] %s = %s is not usable" % (name, text or "(empty)"),
        mend="set %s to %s" % (name, expected),
    )
