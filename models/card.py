"""A model's card: what a person should know before trusting it."""

from __future__ import annotations

from typing import Any

from models.detectors.ensemble import VOICES, Margin
from models.features.prequential import Past
from models.history import TRIM_SHARE, History
from models.labels import MIN_POSITIVES
from models.plan import FitPlan, Resolved


def card_of(plan: FitPlan, resolved: Resolved, history: History, past: Past) -> dict[str, Any]:
    """What a person should know of the data that a model learned from."""
    spec = resolved.spec
    return {
        "rows": history.values.count,
        "rows_left_out_of_baselines": int((~past.teaches).sum()),
        "periods": list(past.partitions),
        "positives": int(history.positive.sum()),
        "entities": list(spec.entities),
        "entities_with_history": {e: int(past.generation.warm[e].sum()) for e in spec.entities},
        "peers": {peers.entity: peers.field or "learned" for peers in spec.peers},
        "time": spec.time,
        "scope": spec.scope,
        "recipe": plan.recipe,
        "label": plan.label,
        "seed": plan.seed,
        "fields": {field.name: field.kind for field in spec.fields},
        "left_out": list(resolved.left_out),
    }


def told_after(plan: FitPlan, positives: int, margin: Margin, reference: int) -> dict[str, Any]:
    """What the training adds to the card. reference: the rows that the scale was fitted on."""
    return {
        "reference_rows": reference,
        "weights": dict(zip(VOICES, margin.weights, strict=True)),
        "notes": _notes(plan, positives, boosted=margin.weights[2] > 0),
    }


def _notes(plan: FitPlan, positives: int, *, boosted: bool) -> list[str]:
    if not plan.label:
        return [
            f"No labels: the strangest {TRIM_SHARE:.2%} of the rows taught nothing. A past that is mostly attack would "
            "still be learned as normal; look at what the first scores say."
        ]
    if positives < MIN_POSITIVES:
        return [f"{positives} labelled attacks are too few for the boost ({MIN_POSITIVES} needed): unsupervised only."]
    if not boosted:
        return ["No boost could be tried on the labelled attacks, or it told nothing: unsupervised only."]
    return ["Labels cover known attacks only; the unsupervised voices keep their share of the margin."]
