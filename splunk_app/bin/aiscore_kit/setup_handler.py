"""The setup page's other half: reads how the app is set up, changes it, and tries it, as the calling user.

JSON in, JSON out. What is refused names the field it is about and how to mend it. The secret never passes here: the
page gives it to the ticket service, which alone may read it.
"""

import json

from aiscore_kit import setup_probe, setup_recipes, setup_searches, setup_settings
from aiscore_kit.failure import Failure
from aiscore_kit.setup_splunkd import Refused, Splunkd
from aiscore_kit.ticket import Tickets

CAPABILITY = "aiscore_admin"


def handle(in_string):
    """splunkd's request (JSON text) to its reply: {"status", "headers", "payload"}."""
    try:
        request = json.loads(in_string)
        splunkd = Splunkd(request)
        if CAPABILITY not in splunkd.capabilities():
            raise Refused(403, "setting up needs the capability aiscore_admin", "ask for the role aiscore_admin")
        method = str(request.get("method", "")).upper()
        if method == "GET":
            return _reply(200, state(splunkd))
        if method == "POST":
            return _reply(200, act(splunkd, _asked(request)))
        raise Refused(405, "setting up knows GET and POST", "use one of them")
    except Refused as refused:
        return _reply(refused.status, {"detail": refused.detail, "mend": refused.mend, "field": refused.field})
    except Exception as error:
        # The text of an unexpected error might hold what it was working on.
        detail = "the setup service met an unexpected %s" % type(error).__name__
        return _reply(500, {"detail": detail, "mend": "see splunkd.log on the search head", "field": ""})


def state(splunkd):
    """Everything the page shows when it opens."""
    app = splunkd.get("apps/local", "aiscore")
    found = {
        "settings": setup_settings.read(splunkd),
        "secret": secret(splunkd),
        "version": str(app.get("version") or ""),
        "configured": str(app.get("configured")).lower() in ("1", "true"),
    }
    found.update(setup_recipes.read(splunkd))
    found.update(setup_searches.read(splunkd))
    return found


def act(splunkd, asked):
    """Do what the page asks for, and answer with what it shows afterwards."""
    action = str(asked.get("action"))
    if action not in ACTIONS:
        raise Refused(400, "there is no such action", "use %s" % ", ".join(sorted(ACTIONS)), "action")
    return ACTIONS[action](splunkd, asked)


def secret(splunkd):
    """Whether the ticket service has a secret: stored, not_stored, or unknown."""
    try:
        Tickets(splunkd.service).get()
    except Failure as failure:
        return "not_stored" if failure.text.startswith("no secret is stored") else "unknown"
    return "stored"


ACTIONS = {
    "settings": setup_settings.save,
    "secret": lambda splunkd, asked: {"secret": secret(splunkd)},
    "test": lambda splunkd, asked: setup_probe.lines(splunkd),
    "input": setup_recipes.save_input,
    "index": setup_recipes.save_index,
    "release": setup_recipes.save_release,
    "preview": setup_recipes.preview,
    "searches": setup_searches.switch,
}


def _asked(request):
    """The JSON object in the form field `request`."""
    given = {str(name): str(value) for name, value in request.get("form") or []}
    try:
        asked = json.loads(given.get("request", ""))
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise Refused(400, "the form field request is missing", 'send request={"action": ...} as JSON', "request")
    return asked


def _reply(status, payload):
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return {"status": status, "headers": headers, "payload": json.dumps(payload)}
