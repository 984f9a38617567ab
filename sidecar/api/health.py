"""Is it alive, is it ready, how is it doing, what does it offer."""

from importlib.metadata import PackageNotFoundError, version

from flask import Blueprint, Response, g, jsonify

from sidecar.api.openapi import document
from sidecar.api.service import Service
from sidecar.errors import Forbidden, NotReady


def health(service: Service) -> Blueprint:
    """The routes of whoever runs the sidecar. `/healthz` and `/readyz` are open and tell nothing else."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok", version=release())

    @blueprint.get("/readyz")
    def readyz() -> Response:
        if not service.ready():
            raise NotReady("not ready", code="not_ready", retry_after_s=2)
        return jsonify(status="ready")

    @blueprint.get("/metrics")
    def metrics() -> Response:
        if not g.caller.scopes & {"admin", "metrics"}:
            raise Forbidden(
                "scope 'metrics' or 'admin' is needed", code="scope", mend="make a token with scope metrics"
            )
        return Response(service.metrics.text(), content_type="text/plain; version=0.0.4; charset=utf-8")

    @blueprint.get("/openapi.json")
    def openapi() -> Response:
        return jsonify(document(release()))

    return blueprint


def release() -> str:
    """The installed release, or `source` when run from a checkout that is not installed."""
    try:
        return version("aiscore")
    except PackageNotFoundError:
        return "source"
