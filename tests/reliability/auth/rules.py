"""Who may ask what: written by hand, from the documents, without looking at the code that decides.

A route, a verb or an action that is in the service but not here is a hole in this table: `missing` names it.
"""

import re
from typing import Literal, NamedTuple, get_args, get_origin

from flask import Flask

from sidecar.verbs import VERBS, Verb

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
"""Every method that is asked; the last one is nobody's."""
FOLLOWING = {"HEAD"}
"""The method that the framework adds to a route with GET: the same without the body."""


class Rule(NamedTuple):
    """`method` on `route`, asked at `url`: who has any of `scopes` gets `answer`, the HTTP status in an empty home.

    No scopes: whoever has a valid credential. `open`: everybody.
    """

    method: str
    route: str
    url: str
    answer: int
    scopes: frozenset[str] = frozenset()
    open: bool = False
    body: bytes = b""


SCORE, FIT, ADMIN = frozenset({"score"}), frozenset({"fit"}), frozenset({"admin"})
VERB, PART = "/v1/<name>", "/v1/fit/<sid>/<position>/<seq>"
READ_PART = "/v1/quality/<sid>/<position>/<seq>"
LEARN_PART = "/v1/learn/<sid>/<position>/<seq>"
RULES = (
    Rule("POST", VERB, "/v1/score?model=ait", 404, SCORE, body=b"a\n1\n"),
    Rule("POST", VERB, "/v1/score?model=ait&explain=all", 404, SCORE, body=b"a\n1\n"),
    Rule("POST", VERB, "/v1/score?model=ait&session=s/1", 400),
    Rule("POST", VERB, "/v1/fit?model=new", 400, FIT),
    Rule("POST", VERB, "/v1/fit?model=new&challenger=true", 400, FIT),
    Rule("POST", VERB, "/v1/fit?model=new&session=s/1&parts=1", 409, FIT),
    Rule("POST", VERB, "/v1/quality?fields=a", 200, SCORE, body=b"a\n1\n"),
    Rule("POST", VERB, "/v1/quality?model=ait", 404, SCORE, body=b"a\n1\n"),
    Rule("POST", VERB, "/v1/quality?session=s/1&parts=1", 409, SCORE),
    Rule("PUT", READ_PART, "/v1/quality/s/1/0", 400, SCORE),
    Rule("POST", VERB, "/v1/learn?model=ait", 202, FIT, body=b"a\n1\n"),
    Rule("POST", VERB, "/v1/learn?model=ait&action=learn", 202, FIT, body=b"a\n1\n"),
    Rule("POST", VERB, "/v1/learn?model=ait&session=s/1&parts=1", 409, FIT),
    Rule("POST", VERB, "/v1/learn?model=ait&action=forget&entity=ann", 202, ADMIN),
    Rule("POST", VERB, "/v1/learn?model=ait&action=forget&entity=ann&dry=true", 404, ADMIN),
    Rule("PUT", LEARN_PART, "/v1/learn/s/1/0", 400, FIT),
    Rule("POST", VERB, "/v1/models", 200, SCORE),
    Rule("POST", VERB, "/v1/models?action=list", 200, SCORE),
    Rule("POST", VERB, "/v1/models?model=ait", 404, SCORE),
    Rule("POST", VERB, "/v1/models?model=ait&action=show", 404, SCORE),
    Rule("POST", VERB, "/v1/models?model=ait&action=contract", 404, SCORE),
    Rule("POST", VERB, "/v1/models?job=x", 404, SCORE),
    Rule("POST", VERB, "/v1/models?job=x&model=ait&action=promote&version=x", 404, SCORE),
    Rule("POST", VERB, "/v1/models?job=&model=ait&action=rollback", 404, ADMIN),
    Rule("POST", VERB, "/v1/models?model=ait&action=promote&version=x", 404, ADMIN),
    Rule("POST", VERB, "/v1/models?model=ait&action=%20promote", 400),
    Rule("POST", VERB, "/v1/models?action=promote", 400, ADMIN),
    Rule("POST", VERB, "/v1/models?model=ait&action=retire&version=x", 404, ADMIN),
    Rule("POST", VERB, "/v1/models?model=ait&action=rollback", 404, ADMIN),
    Rule("POST", VERB, "/v1/audit", 200, ADMIN),
    Rule("POST", VERB, "/v1/audit?action=list&kind=token&most=1", 200, ADMIN),
    Rule("POST", VERB, "/v1/audit?action=head", 200, ADMIN),
    Rule("POST", VERB, "/v1/audit?action=verify", 200, ADMIN),
    Rule("PUT", PART, "/v1/fit/s/1/0", 400, FIT),
    Rule("GET", "/v1/jobs/<job_id>", "/v1/jobs/x", 404, SCORE),
    Rule("GET", "/metrics", "/metrics", 200, frozenset({"admin", "metrics"})),
    Rule("GET", "/openapi.json", "/openapi.json", 200),
    Rule("GET", "/healthz", "/healthz", 200, open=True),
    Rule("GET", "/readyz", "/readyz", 200, open=True),
)
UNKNOWN = (
    "/",
    "/nowhere",
    "/v1",
    "/v1/",
    "/v2/score",
    "/healthz/",
    "/healthz/x",
    "/Healthz",
    "/readyz%00",
    "/healthz;x=/metrics",
    "/healthz/../metrics",
    "/static/x",
    "/admin",
    "/.env",
)
"""Paths of no route, some of them near to one that is open: nobody learns so without a credential."""


def missing(app: Flask) -> list[str]:
    """What the service offers and this table does not name."""
    ruled = {(rule.method, rule.route) for rule in RULES}
    known = [(rule, re.sub(r"<\w+:", "<", rule.rule)) for rule in app.url_map.iter_rules()]
    offered = {(method, route) for rule, route in known for method in rule.methods or ()}
    routes = [f"{method} {route}" for method, route in sorted(offered - ruled) if method not in FOLLOWING]
    return routes + [f"POST {url}" for verb in VERBS.values() for url in _choices(verb) if not _ruled(url)]


def _choices(verb: Verb) -> list[str]:
    """The verb, and each value of its options called `action`: what they name may need another scope."""
    action = verb.options.model_fields.get("action")
    values = get_args(action.annotation) if action and get_origin(action.annotation) is Literal else ()
    return [f"/v1/{verb.name}", *(f"/v1/{verb.name} action={value}" for value in values)]


def _ruled(choice: str) -> bool:
    path, _, word = choice.partition(" ")
    urls = [rule.url.partition("?") for rule in RULES if rule.method == "POST"]
    return any(own == path and (not word or word in query.split("&")) for own, _, query in urls)
