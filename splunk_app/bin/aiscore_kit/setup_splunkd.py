"""splunkd's REST as the setup page uses it: always with the calling user's own token, so splunkd decides what is
allowed, and what it refuses comes back in words."""

import json
from urllib.parse import quote, urlsplit


class Refused(Exception):
    """A request that is not carried out: HTTP status, what is wrong, how to mend it, and the field it is about."""

    def __init__(self, status, detail, mend, field=""):
        Exception.__init__(self, detail)
        self.status, self.detail, self.mend, self.field = status, detail, mend, field


class Splunkd:
    """The splunkd that handed us a request, spoken to as the user who made it."""

    def __init__(self, request):
        from splunklib.client import Service

        uri = urlsplit(request["server"]["rest_uri"])
        token = request["session"]["authtoken"]
        self.service = Service(
            scheme=uri.scheme, host=uri.hostname, port=uri.port, token=token, owner="nobody", app="aiscore"
        )

    def capabilities(self):
        """What the user may do."""
        return set(self.get("authentication/current-context")["capabilities"])

    def get(self, *path):
        """The keys and values of one entry. Refused(404) when there is none."""
        return self.entries(*path)[0]["content"]

    def entries(self, *path):
        """All entries of a collection, or the one of an entity: name, acl and content."""
        return self._read(path, lambda where: self.service.get(where, count="0", output_mode="json"))["entry"]

    def post(self, *path, **form):
        """Change an entity, or ask for something to be done."""
        # As a body: splunklib has arguments of its own called url, app and owner.
        body = dict(form, output_mode="json")
        return self._read(path, lambda where: self.service.post(where, body=body))

    def _read(self, path, call):
        from splunklib.binding import HTTPError, UrlEncoded

        where = "/".join([path[0]] + [quote(part, safe="") for part in path[1:]])
        try:
            reply = call(UrlEncoded(where, skip_encode=True))
            return json.loads(reply.body.read().decode("utf-8"))
        except HTTPError as error:
            raise _refused(error, path[1] if len(path) > 1 else path[0]) from None


def _refused(error, what):
    said = _said(error)
    if error.status in (401, 403):
        mend = "log in with a role that may write to the app aiscore (admin or sc_admin)"
        return Refused(403, "splunkd does not let you do this with %s: %s" % (what, said), mend)
    if error.status == 404:
        return Refused(404, "splunkd knows no %s" % what, "install the app aiscore again: a part of it is missing")
    if error.status == 400:
        return Refused(400, "splunkd did not take %s: %s" % (what, said), "see splunkd.log on the search head")
    return Refused(502, "splunkd answered %s: %s" % (error.status, said), "see splunkd.log on the search head")


def _said(error):
    try:
        texts = [message["text"] for message in json.loads(error.body.decode("utf-8"))["messages"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        texts = [str(error.reason)]
    return "; ".join(texts)[:500]
