"""The surprise voice: a sum of terms, one per field and one for the moment, so that its contributions are the terms.

With t_f the bits of field f beyond the clip, b their sum, and d the bits around the row (see features/context):
s = b / 4 + sqrt(b d). A row that is not strange itself is not lifted by its neighbours; a weak sign amid others is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.detectors.base import Contributions, Floats

OWN_SHARE = 0.25
"""What a row's own bits count without any around it."""


@dataclass(frozen=True)
class Surprise:
    """terms: float64 (n, sources), in bits, each >= 0; the context's term is last where the spec has a clock."""

    terms: Floats

    @classmethod
    def of(cls, field_bits: Floats, around: Floats | None) -> Surprise:
        """field_bits: float64 (n, fields); around: float64 (n,), NaN where unknown, or None without a clock."""
        own = OWN_SHARE * field_bits
        if around is None:
            return cls(own)
        lifted = np.sqrt(field_bits.sum(axis=1) * np.nan_to_num(around))
        return cls(np.column_stack([own, lifted]))

    def score(self) -> Floats:
        """Bits of surprise, float64 (n,): higher is stranger."""
        return np.asarray(self.terms.sum(axis=1))

    def contributions(self) -> Contributions:
        """The terms themselves; a row without surprise scores 0."""
        return Contributions(self.terms, 0.0)
