"""Learned groups by code and name, which stay the same from one fit to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from models.features.clusters import Clusters, cluster
from models.features.hashing import Coded, Codes
from models.features.peers import MOST_LETTERS_OF_NAME, Membership
from models.features.spec import FeatureSpec, Peers
from models.features.tally import Tally
from models.features.values import Values

LEAST_COMMON = 0.5
"""A group is one of before where at least this share of their members is the same (Dice, 1945)."""
MOST_LETTERS = 24
"""Of the owner and of the value in a name."""


def learn_groups(
    tally: Tally,
    spec: FeatureSpec,
    seed: int,
    values: Values | None = None,
    before: Mapping[str, Membership] | None = None,
) -> dict[str, Membership]:
    """Per entity whose groups the events do not name, who belongs together by what they did.

    values: the rows that were counted, from which the groups get their names; before: the groups of an earlier fit.
    """
    found = {}
    for peers in spec.peers:
        clusters = None if peers.field else cluster(tally, spec, peers, seed)
        if clusters is not None:
            earlier = (before or {}).get(peers.entity, Membership.none())
            codes = same_codes(clusters, earlier)
            names = {} if values is None else _names(clusters, codes, earlier, spec, peers, values)
            found[peers.entity] = Membership(clusters.owners, codes[clusters.label], names)
    return found


def same_codes(clusters: Clusters, before: Membership) -> Codes:
    """The code of each cluster, (k,): that of the group before with which it has most members in common, of all
    pairings the best (Kuhn, 1955), else the next that no group has had. Those who were not there both times count
    for nothing."""
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415  half a second that scoring does not need

    count, old = len(clusters.typical), np.unique(before.groups)
    found = np.zeros(count, np.uint64)
    _, new_at, old_at = np.intersect1d(clusters.owners, before.owners, assume_unique=True, return_indices=True)
    both = np.zeros((count, len(old)))
    np.add.at(both, (clusters.label[new_at], np.searchsorted(old, before.groups[old_at])), 1.0)
    common = 2.0 * both / np.maximum(both.sum(axis=1)[:, None] + both.sum(axis=0), 1.0)
    for label, group in zip(*linear_sum_assignment(common, maximize=True), strict=True):
        if common[label, group] >= LEAST_COMMON:
            found[label] = old[group]
    fresh = np.flatnonzero(found == 0)
    found[fresh] = int(old.max(initial=0)) + 1 + np.arange(len(fresh))
    return found


def _names(
    clusters: Clusters, codes: Codes, before: Membership, spec: FeatureSpec, peers: Peers, values: Values
) -> dict[int, str]:
    """The name of each group: the one it had, else after its most ordinary member and what sets them apart."""
    found: dict[int, str] = {int(code): before.names[int(code)] for code in codes if int(code) in before.names}
    owners = values.owners[peers.entity]
    for label, code in enumerate(codes.tolist()):
        if code not in found:
            offered = (name for name in _offers(clusters, label, owners, _typical(clusters, label, spec, values)))
            found[code] = next((name for name in offered if name not in found.values()), f"group {code}")
    return found


def _offers(clusters: Clusters, label: int, owners: Coded, typical: str) -> Iterator[str]:
    """Names after the members nearest to the middle."""
    members = np.flatnonzero(clusters.label == label)
    for member in members[np.argsort(clusters.distance[members], kind="stable")[:10]]:
        name = _short(_text(owners, clusters.owners[member]))
        if name:
            yield f"like {name}{typical}"[:MOST_LETTERS_OF_NAME]


def _typical(clusters: Clusters, label: int, spec: FeatureSpec, values: Values) -> str:
    told = clusters.typical[label]
    if told is None:
        return ""
    field, code = spec.fields[told[0]], np.uint64(told[1])
    return f", {_short(field.label)}={_short(_text(values.tokens[field.name].values, code))}"


def _text(column: Coded, code: np.uint64) -> str:
    """The text of a code that stands in a column."""
    at: npt.NDArray[np.int64] = np.flatnonzero(column.distinct == code)
    return str(column.texts[int(at[0])]) if len(at) else ""


def _short(text: str) -> str:
    """As it may stand in a name: letters that can be printed, and few.

    >>> _short("svc;web\\n" + "x" * 30)
    'svc,web xxxxxxxxxxxxxxx…'
    """
    plain = "".join(letter if letter.isprintable() else " " for letter in text.replace(";", ",")).strip()
    return plain if len(plain) <= MOST_LETTERS else plain[: MOST_LETTERS - 1] + "…"
