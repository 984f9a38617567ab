"""The document of the routes, turned into requests by schemathesis, and every answer held against it.

python -m tests.reliability.fuzz.schema HOME SEED CASES   prints what was found as JSON
"""

import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import hypothesis
import schemathesis
from flask import Flask
from schemathesis import Case, GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

from sidecar import tickets
from tests.reliability.fuzz import trial

CHECKS = (
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.missing_required_header,
    checks.unsupported_method,
    checks.allow_header_conformance,
    checks.ignored_auth,
)
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
LINES = 20


@schemathesis.serializer("text/csv")
def _as_text(context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


def opened(app: Flask, document: dict[str, Any]) -> Any:
    """The document over an application; the names of its models are told, so that some are met."""
    for operations in document["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] == "model" and operation["operationId"] in ("score", "models"):
                    parameter["schema"] = {"enum": [*trial.MODELS, "nobody"]}
    loaded = schemathesis.openapi.from_dict(document)
    loaded.app = app
    loaded.location = "/openapi.json"
    return loaded


def ran(app: Flask, seed: int, cases: int) -> trial.Seen:
    """Try every described edge of every route, then so many made-up cases a route and mode."""
    load_all_checks()
    seen = trial.Seen()
    schema = opened(app, app.test_client().get("/openapi.json", headers=_bearer()).get_json())
    schema.validate()
    for operation in (found.ok() for found in schema.get_all_operations()):
        config = schema.config.generation_for(operation=operation)
        for case in schema.iter_coverage_cases(operation, generation_modes=list(MODES), generation_config=config):
            _try(case, seen)
        for mode in MODES:
            _made_up(operation, mode, seed, cases, seen)
    return seen


def _made_up(operation: Any, mode: GenerationMode, seed: int, cases: int, seen: trial.Seen) -> None:
    try:
        strategy = operation.as_strategy(generation_mode=mode)
        phases = (hypothesis.Phase.generate,)

        @hypothesis.seed(seed)
        @hypothesis.settings(
            max_examples=cases,
            phases=phases,
            deadline=None,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(strategy)
        def each(case: Case) -> None:
            _try(case, seen)

        each()
    except hypothesis.errors.Unsatisfiable:
        # A route without parameters knows no wrong ones.
        seen.counts["schema_nothing_to_negate"] += 1


def _try(case: Case, seen: trial.Seen) -> None:
    seen.counts["schema_cases"] += 1
    try:
        response = case.call_and_validate(headers=_bearer(), checks=_checks(case))
        seen.counts[f"schema_answered_{response.status_code // 100}xx"] += 1
    except FailureGroup as failures:
        for failure in failures.exceptions:
            seen.add("schema_wrong", f"{case.method} {case.formatted_path} {case.query!r:.200}: {_one_line(failure)}")


def _checks(case: Case) -> list[Any]:
    # Whatever is written as CSV is text: a body of another type is no wrong one there. And of an option without any
    # value nothing is sent.
    as_text = case.media_type == "text/csv" and not isinstance(case.body, str)
    unsent = any(value == [] for value in (case.query or {}).values())
    return [check for check in CHECKS if not ((as_text or unsent) and check is checks.negative_data_rejection)]


def _one_line(failure: BaseException) -> str:
    return " ".join(f"{type(failure).__name__} {failure}".split())[:500].replace(": ", " ")


def _bearer() -> dict[str, str]:
    ticket = tickets.make("ann", ("score", "fit", "admin"), trial.SECRET.encode(), time.time())
    return {"Authorization": f"Bearer {ticket}"}


def main(home: str, seed: str, cases: str) -> None:
    """Print what was found."""
    warnings.simplefilter("ignore")
    trial.listen()
    seen = ran(trial.open_app(Path(home)), int(seed), int(cases))
    print(json.dumps({"counts": seen.counts, "wrong": seen.wrong[:LINES], "most": seen.most}))


if __name__ == "__main__":
    main(*sys.argv[1:])
