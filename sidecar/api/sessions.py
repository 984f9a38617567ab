"""Sessions of the verbs that read a whole search.

The search sends its chunks as parts, in any order and as often as it must, then commits once.
"""

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

import polars as pl
from flask import Blueprint, Response, g, jsonify, request

from sidecar.api import intent
from sidecar.api.ask import asked, checked_body, house_of, table_of
from sidecar.api.service import Service
from sidecar.errors import CallerError
from sidecar.house import Reply
from sidecar.jobs import Job, Progress
from sidecar.store.base import Part
from sidecar.verbs import VERBS, Verb
from sidecar.wire import Limits, read_csv


def sessions(service: Service) -> Blueprint:
    """The routes of a part. `sid` and `position` name the search and the place of the command in it."""
    blueprint = Blueprint("sessions", __name__)
    for verb in VERBS.values():
        if verb.kind == "gather":
            path = f"/v1/{verb.name}/<sid>/<position>/<int:seq>"
            blueprint.add_url_rule(path, f"{verb.name}_part", partial(_part, verb, service), methods=["PUT"])
    return blueprint


def _part(verb: Verb, service: Service, sid: str, position: str, seq: int) -> Response:
    g.caller.need(verb.scope(None))
    with service.capacity.place():
        body = checked_body()
        rows = table_of(body, service.limits).height
    kept = service.sessions.put(g.caller.user, _place(verb, f"{sid}/{position}"), seq, rows, body)
    return jsonify(seq=kept.seq, rows=kept.rows, digest=kept.digest)


def _place(verb: Verb, session: str) -> str:
    """The name under which parts are kept: what was sent to be read is never fitted."""
    return session if verb.slow else f"{verb.name} {session}"


def answered(verb: Verb, service: Service) -> Reply:
    """The answer about a session at once, which ends with it. One at a time: each holds a whole search in memory."""
    options = asked(verb, _words())
    owner, name = g.caller.user, _place(verb, request.args["session"])
    with service.capacity.place(), service.whole_searches.place():
        parts = _whole(service.sessions.parts(owner, name), request.args.get("parts", ""))
        bodies = (service.sessions.body(owner, name, part) for part in parts)
        reply = verb.run(gathered(bodies, service.limits), options, house_of(service))
    service.sessions.drop(owner, name)
    return reply


def _words() -> list[tuple[str, str]]:
    """The verb's own options in the query."""
    return [(key, value) for key, value in request.args.items(multi=True) if key not in OWN_WORDS]


def committed(verb: Verb, service: Service) -> Job:
    """The job of a session, made by its first commit.

    CallerError (missing_part) until every part is there.
    """
    options = asked(verb, _words())
    owner, name = g.caller.user, request.args["session"]
    key = intent.of_session(owner, name)
    known = service.jobs.known(key)
    if known:
        return known
    parts = _whole(service.sessions.parts(owner, name), request.args.get("parts", ""))
    mine = replace(house_of(service), job=secrets.token_hex(8))

    def work(progress: Progress) -> str:
        try:
            bodies = (service.sessions.body(owner, name, part) for part in parts)
            return verb.run(gathered(bodies, service.limits), options, replace(mine, progress=progress)).told
        finally:
            service.sessions.drop(owner, name)

    rows = sum(part.rows for part in parts)
    facts = {"job": mine.job, "verb": verb.name, "model": options.model, "rows": rows, "session": name}
    return service.jobs.submit(facts, key, owner, work)


def _whole(parts: Sequence[Part], count: str) -> Sequence[Part]:
    if not NUMBER.fullmatch(count) or not int(count):
        raise CallerError(
            "the number of parts is needed", code="bad_option", field="parts", mend="add parts=N, 1 or more"
        )
    first = parts[0].seq if parts and parts[0].seq < 2 else 0
    wanted = range(first, first + int(count))
    have = {part.seq for part in parts}
    missing = len(wanted) - sum(seq in wanted for seq in have)
    if missing:
        # Some are named; all may be as many as the caller says.
        named = islice((str(seq) for seq in wanted if seq not in have), 5)
        mend = "send parts " + ", ".join(named) + " again"
        raise CallerError(f"{missing} of {count} parts are missing", code="missing_part", field="parts", mend=mend)
    if len(parts) > int(count):
        mend = f"say parts={len(parts)}"
        raise CallerError(f"{len(parts)} parts were sent, not {count}", code="missing_part", field="parts", mend=mend)
    return parts


def gathered(bodies: Iterable[bytes], limits: Limits) -> pl.DataFrame:
    """The CSV bodies of a session as one table; a field that a part does not have is empty there.

    Splunk sends a `__mv_` column with each field, mostly empty: an empty one says nothing and is left out.
    """
    return pl.concat([_told(read_csv(body, limits)) for body in bodies], how="diagonal").fill_null("")


def _told(table: pl.DataFrame) -> pl.DataFrame:
    lists = (f"__mv_{name}" for name in table.columns)
    return table.drop(name for name in lists if name in table.columns and not (table[name] != "").any())


NUMBER = re.compile(r"[0-9]{1,9}")
OWN_WORDS = frozenset({"session", "parts"})
