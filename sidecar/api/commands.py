"""`POST /v1/<verb>`: one route for every verb."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl
from flask import Blueprint, Response, g, request

from sidecar import verbs
from sidecar.api import intent
from sidecar.api.ask import asked, checked_body, csv_reply, house_of, table_of
from sidecar.api.service import Service
from sidecar.api.sessions import answered, committed
from sidecar.house import Reply
from sidecar.jobs import Job, Progress
from sidecar.options import Options
from sidecar.verbs import Verb


def commands(service: Service) -> Blueprint:
    """The route of the verbs."""
    blueprint = Blueprint("commands", __name__)

    @blueprint.post("/v1/<name>")
    def command(name: str) -> Response:
        verb = verbs.find(name)
        if verb.kind == "gather" and "session" in request.args:
            return accepted(committed(verb, service)) if verb.slow else csv_reply(answered(verb, service))
        options = asked(verb, list(request.args.items(multi=True)))
        with service.capacity.place():
            table = table_of_request(verb, options, service)
            if verb.slow and not options.at_once:
                return accepted(queued(verb, options, table, service))
            return csv_reply(verb.run(table, options, replace(house_of(service), intent=wanted())))

    return blueprint


def wanted() -> str:
    """What this request wants done: the same request sent again wants the same."""
    asked = [("path", request.path), *request.args.items(multi=True)]
    return intent.of_change(g.caller.user, request.headers.get("AIScore-Search", ""), g.request_id, asked)


def table_of_request(verb: Verb, options: Options, service: Service) -> pl.DataFrame:
    """The body as a table; a verb that needs none may come without."""
    body = checked_body()
    if (verb.kind == "ask" or options.rowless) and not body:
        return pl.DataFrame()
    return table_of(body, service.limits)


def queued(verb: Verb, options: Any, table: pl.DataFrame, service: Service) -> Job:
    """A background job on a table that came in one request; the request id makes it idempotent."""
    mine = replace(house_of(service), job=secrets.token_hex(8))

    def work(progress: Progress) -> str:
        return verb.run(table, options, replace(mine, progress=progress)).told

    facts = {"job": mine.job, "verb": verb.name, "model": options.model, "rows": table.height}
    return service.jobs.submit(facts, intent.of_request(mine.by, g.request_id), mine.by, work)


def accepted(job: Job) -> Response:
    """202 and one row about the job."""
    row: Mapping[str, Any] = {"job": job.id, "model": job.model, "state": job.state, "rows": job.rows}
    return csv_reply(Reply(pl.DataFrame([row])), 202)
