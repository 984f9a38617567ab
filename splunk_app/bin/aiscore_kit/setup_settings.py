"""The settings of aiscore.conf [sidecar] as the setup page shows and saves them."""

from aiscore_kit import settings
from aiscore_kit.failure import Failure
from aiscore_kit.setup_splunkd import Refused

NAMES = settings.Settings._fields
_STANZA = ("configs/conf-aiscore", "sidecar")
_GOOD = {"url": "http://127.0.0.1:8765"}


def read(splunkd):
    """Name to value, as text."""
    content = splunkd.get(*_STANZA)
    return {name: str(content.get(name) or "") for name in NAMES}


def save(splunkd, asked):
    """Write the given settings, all or none; then the app counts as set up."""
    given = asked.get("settings")
    if not isinstance(given, dict) or not given:
        raise Refused(400, "settings is missing", "send settings={name: value}", "settings")
    given = {str(name): str(value).strip() for name, value in given.items()}
    for name, value in given.items():
        check(name, value)
    splunkd.post(*_STANZA, **given)
    splunkd.post("apps/local", "aiscore", configured="true")
    return {"settings": read(splunkd)}


def check(name, value):
    """Refused, naming the setting, unless the search commands can use it.

    >>> check("on_error", "fail")
    """
    if name not in NAMES:
        raise Refused(400, "there is no setting %s" % name[:40], "use %s" % ", ".join(NAMES), name[:40])
    if not value.isprintable():
        raise Refused(400, "%s holds an unprintable letter" % name, "write it on one line", name)
    try:
        # Each is checked beside good ones, so that the first fault that is told is its own.
        settings.parse(dict(_GOOD, **{name: value}))
    except Failure as failure:
        raise Refused(400, failure.text.replace("aiscore.conf [sidecar] ", ""), failure.mend, name) from None
    except ValueError:
        # Such as a port that is no number.
        raise Refused(400, "%s cannot be read" % name, "write https://host:port", name) from None
