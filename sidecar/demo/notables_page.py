"""What the page says of risk and notables: the funnel's steps, and each day in an analyst's words."""

from collections.abc import Sequence
from math import log10
from typing import Any

from models.risk import SEVERITIES
from models.simulator import Story
from sidecar.demo.course import course
from sidecar.demo.notables import Notable
from sidecar.demo.watch import Day, Watch
from sidecar.demo.words import clock_time, listed, number_of, one_in, span_text

REASONS_SHOWN = 3
WIDE, NARROW = 1_060, 350


def page_of(watch: Watch, stories: Sequence[Story]) -> dict[str, Any]:
    """All that the two sections show."""
    first = watch.busiest
    return {
        "steps": steps_of(watch),
        "note": _note(watch),
        "met": [_met(story, watch) for story in stories],
        "caught": len({story.name for story in stories} & {notable.story for notable in watch.notables}),
        "days": [_day(day, stories, day is first) for day in watch.days],
    }


def steps_of(watch: Watch) -> list[dict[str, Any]]:
    """The funnel: how many are left, what they are, and how wide that is on a logarithmic scale (percent)."""
    counts, notables = watch.counts, len(watch.notables)
    wrong = notables - watch.right
    steps = [
        (counts.scored, "events scored", "by one scheduled search, twice an hour" + _left_out(counts.unscored)),
        (counts.unusual, "unusual events", f"{_share(counts.unusual, counts.scored)}, in one of the three bands"),
        (counts.risk_events, "risk events", f"on {number_of(counts.entities, 'user or system', 'users and systems')}; "
         "an event may count for both, and for two behaviours"),
        (notables, "notables" if notables != 1 else "notable", f"{watch.right} of an attack, {wrong} of none; "
         f"{notables / len(watch.days):.1f} a day"),
    ]  # fmt: skip
    widest = log10(max([1, *(number for number, *_ in steps)]) + 1)
    return [
        {"number": f"{number:,}", "name": name, "what": what, "percent": round(100 * log10(number + 1) / widest, 1)}
        for number, name, what in steps
    ]


def _left_out(unscored: int) -> str:
    return f"; {unscored:,} left unscored" if unscored else ""


def _share(part: int, whole: int) -> str:
    return one_in(part / whole) if whole else "none"


def _note(watch: Watch) -> str:
    """What the counts leave out."""
    before = watch.before
    if not before.unusual and not before.risk_events:
        return ""
    return (
        f"Not counted: {number_of(before.unusual, 'unusual event')} and {number_of(before.risk_events, 'risk event')} "
        "of the day before, which the daily search for late events also scores."
    )


def _met(story: Story, watch: Watch) -> dict[str, str]:
    """One attack, and its first notable."""
    found = [notable for notable in watch.notables if notable.story == story.name]
    told = "no notable"
    if found:
        first = found[0]
        told = f"{number_of(len(found), 'notable')}, the first {span_text(first.after_s)} after its first event"
    return {"story": story.name, "told": told}


def _day(day: Day, stories: Sequence[Story], opened: bool) -> dict[str, Any]:
    return {
        "name": clock_time(day.begins_s, "%A, %-d %B"),
        "open": opened,
        "count": number_of(len(day.notables), "notable"),
        "stories": day.stories,
        "words": _words(day),
        "wide": course(day, WIDE),
        "narrow": course(day, NARROW),
        "caption": _caption(day),
        "notables": [_notable(notable) for notable in day.notables],
        "missed": [name for name in day.stories if name not in {n.story for n in day.notables}],
    }


def _words(day: Day) -> str:
    """The day as one would tell it at its end."""
    counts, notables = day.counts, len(day.notables)
    begin = (
        f"{counts.scored:,} sign-ins were scored. {number_of(counts.unusual, 'was', 'were')} unusual, which made "
        f"{number_of(counts.risk_events, 'risk event')} on "
        f"{number_of(counts.entities, 'user or system', 'users and systems')}; nobody has to look at those. "
    )
    if not notables:
        asked = "Nothing was put before the analyst"
    else:
        asked = f"The analyst was asked to look {'once' if notables == 1 else f'at {notables} notables'}"
    if not day.stories:
        return f"{begin}No attack went on. {asked}: that is what a day without one costs."
    if not notables:
        return f"{begin}{asked}, although an attack went on."
    if day.right == notables:
        return f"{begin}{asked}, rightly."
    right = f"{number_of(day.right, 'was', 'were')} of an attack" if day.right else "none was of an attack"
    return f"{begin}{asked}: {right}."


def _caption(day: Day) -> str:
    """The picture in words."""
    times = [f"{n.entity} at {clock_time(n.raised_s, '%H:%M')}" for n in day.notables]
    told = int((day.unusual["story"] != "").sum())
    raised = f"Raised: {listed(times)}." if times else "No notable was raised."
    return f"{number_of(len(day.unusual), 'unusual event')} over the day, {told:,} of an attack. {raised}"


def _notable(notable: Notable) -> dict[str, Any]:
    return {
        "raised": clock_time(notable.raised_s, "%H:%M"),
        "day": clock_time(notable.raised_s, "%a %-d %b"),
        "entity": notable.entity,
        "kind": notable.entity_type,
        "risk": f"{notable.risk:.0f}",
        "events": number_of(notable.events, "event"),
        "severity": notable.severity,
        "severity_class": notable.severity if notable.severity in SEVERITIES else "informational",
        "behaviours": notable.behaviours,
        "reasons": notable.reasons[:REASONS_SHOWN],
        "story": notable.story,
        "after": f"{span_text(notable.after_s)} after its first event" if notable.story else "",
    }
