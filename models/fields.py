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
