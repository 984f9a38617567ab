"""`GET /v1/jobs/<id>`: how a background job stands, as JSON."""

from dataclasses import asdict

from flask import Blueprint, Response, g, jsonify

from sidecar.api.service import Service

SCOPE = "score"


def jobs(service: Service) -> Blueprint:
    """The route of jobs."""
    blueprint = Blueprint("jobs", __name__)

    @blueprint.get("/v1/jobs/<job_id>")
    def job(job_id: str) -> Response:
        g.caller.need(SCOPE)
        facts = asdict(service.jobs.find(job_id))
        facts["job"] = facts.pop("id")
        del facts["key"], facts["recorded"]
        return jsonify(facts)

    return blueprint
