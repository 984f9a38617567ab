"""The output fields of a score: always all of them, always in this order, on every row."""

OUTPUT_FIELDS = (
    "ai_score",
    "ai_severity",
    "ai_risk",
    "ai_anomaly",
    "ai_threat",
    "ai_reasons",
    "ai_contributions",
    "ai_model",
    "ai_event_id",
    "ai_status",
    "ai_note",
)


def output_names(prefix: str = "ai_") -> tuple[str, ...]:
    """The output fields under another prefix, so that two models can score one search.

    >>> output_names("net_")[:2]
    ('net_score', 'net_severity')
    """
    return tuple(prefix + name.removeprefix("ai_") for name in OUTPUT_FIELDS)


SCORED_NOTES = (
    "unsupervised_only",
    "cold_entity",
    "not_explained",
    "missing_fields",
    "clipped",
    "out_of_order",
    "quality",
)
"""What may stand in the note of a scored row, several at a time."""

UNSCORED_NOTES = (
    "sidecar_down",
    "timeout",
    "overloaded",
    "sidecar_error",
    "auth",
    "tls",
    "bad_response",
    "bad_features",
    "no_model",
    "preview",
    "internal",
)
"""Why a row has no score, one at a time."""
