"""The picture of docs/performance.md: how a score is explained by table, and events a second as bars."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from bench.speed_example import FIELDS, QUESTIONS, SEEN, expected, table

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "images" / "performance.svg"
WIDTH, HEIGHT = 1000, 830
STYLE = """
  .card { fill: #ffffff; } .panel { fill: #f6f8fa; stroke: #d1d9e0; }
  text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; fill: #1f2328; }
  .title { font-size: 23px; font-weight: 600; } .head { font-size: 16px; font-weight: 600; } .text { font-size: 14px; }
  .soft { fill: #59636e; font-size: 13.5px; } .mono { font-family: ui-monospace, "DejaVu Sans Mono", monospace; }
  .line { stroke: #8c959f; stroke-width: 1.6; fill: none; } .node { fill: #ffffff; stroke: #8c959f; stroke-width: 1.4; }
  .unit { fill: #ddf4ff; stroke: #0969da; stroke-width: 2; stroke-dasharray: 6 4; }
  .seen { fill: #ddf4ff; stroke: #0969da; stroke-width: 1.5; } .way { stroke: #0969da; stroke-width: 3.4; fill: none; }
  .up { fill: #bc4c00; } .down { fill: #1a7f37; } .ours { fill: #0969da; } .theirs { fill: #8c959f; }
  @media (prefers-color-scheme: dark) {
    .card { fill: #0d1117; } .panel { fill: #151b23; stroke: #3d444d; } text { fill: #f0f6fc; }
    .soft { fill: #9198a1; } .line { stroke: #6e7681; } .node { fill: #0d1117; stroke: #6e7681; }
    .unit { fill: #12253f; stroke: #4493f8; } .seen { fill: #12253f; stroke: #4493f8; } .way { stroke: #4493f8; }
    .up { fill: #f0883e; } .down { fill: #3fb950; } .ours { fill: #4493f8; } .theirs { fill: #6e7681; }
  }
"""


def write_pictures(results: dict[str, Any]) -> None:
    """The picture with the figures of these results."""
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(drawn(rates(results)), encoding="utf-8")


def rates(results: dict[str, Any]) -> list[tuple[str, str, int]]:
    """The bars: name, what it explains, events a second."""
    longest, naive = results["end_to_end"]["cases"][-1], results["end_to_end"]["naive"]
    return [
        ("naive design", "explains every event", naive["rows_per_s"]),
        ("tuned design", "explains 3 in 100", longest["tuned"]["rows_per_s"]),
        ("AIScore", "explains every event", longest["aiscore"]["rows_per_s"]),
    ]


def drawn(bars: list[tuple[str, str, int]]) -> str:
    """The whole picture as SVG."""
    parts = [
        _box(0, 0, WIDTH, HEIGHT, "card", 12),
        _text(30, 44, "Exact reasons for every event, from a table", "title"),
        _text(30, 70, "Shapley values say how much of a score each field has earned. AIScore looks them up.", "soft"),
        *_tree(),
        *_answers(),
        *_table(),
        *_sum(),
        *_bars(bars),
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img">'
    title = "<title>How AIScore explains scores by table, and how many events a second that gives</title>"
    return "\n".join([head, title, f"<style>{STYLE}</style>", *parts, "</svg>", ""])


def _tree() -> list[str]:
    """Panel 1: a tree, and the unit that is cut out of it."""
    asks = {"root": (165, 190), "left": (90, 262), "dest": (240, 262), "night": (285, 342)}
    ends = {"a": (58, 342), "b": (122, 342), "c": (195, 342), "d": (255, 424), "e": (318, 424)}
    lines = ["root left", "left a", "left b", "dest c", "night d", "night e"]
    at = asks | ends
    return [
        *_panel(20, 95, 340, 400, "1  Cut small units out of each tree"),
        _box(160, 236, 190, 216, "unit", 14),
        *(_line(at[one], at[other], "line") for one, other in map(str.split, lines)),
        *(_line(at[one], at[other], "way") for one, other in (("root", "dest"), ("dest", "night"), ("night", "d"))),
        _ask(*asks["root"], QUESTIONS[0] + "?"),
        _ask(*asks["left"], "…"),
        _ask(*asks["dest"], "dest. new?"),
        _ask(*asks["night"], QUESTIONS[2] + "?"),
        *(f'<circle cx="{x}" cy="{y}" r="9" class="node"/>' for x, y in ends.values()),
        _text(112, 232, "no", "soft", "end"),
        _text(216, 222, "yes", "soft"),
        _text(336, 475, "this event's way is the thick line", "soft", "end"),
    ]


def _answers() -> list[str]:
    """Panel 2: the questions of the unit and of the way to it, answered for one event."""
    parts = [*_panel(375, 95, 245, 400, "2  Ask its questions")]
    for number, (question, answer) in enumerate(zip(QUESTIONS, SEEN, strict=True)):
        y = 190 + 62 * number
        parts += [
            _text(395, y + 5, question + "?", "text"),
            _box(566, y - 17, 34, 34, "seen" if answer else "node", 6),
            _text(583, y + 6, str(answer), "head mono", "middle"),
        ]
    pattern = "".join(map(str, SEEN))
    return [
        *parts,
        _text(395, 386, "The answers side by side", "text"),
        _text(395, 406, "are a pattern of bits:", "text"),
        _text(395, 450, f"pattern {pattern}", "title mono"),
        _text(395, 475, "hundreds of rows at a time", "soft"),
    ]


def _table() -> list[str]:
    """Panel 3: the unit's table, with the row of the pattern marked."""
    parts = [*_panel(635, 95, 345, 400, "3  Read one row of its table")]
    places = (770, 858, 952)
    parts += [_text(655, 162, "pattern", "soft")]
    parts += [_text(x, 162, field, "soft", "end") for field, x in zip(FIELDS, places, strict=True)]
    for number, (pattern, phi) in enumerate(table().items()):
        y = 192 + 31 * number
        parts += [_box(645, y - 21, 322, 30, "seen", 6)] if pattern == SEEN else []
        parts += [_text(655, y, "".join(map(str, pattern)), "text mono")]
        cells = zip(phi, places, strict=True)
        parts += [_text(x, y, _signed(value), f"text mono {_side(value)}", "end") for value, x in cells]
    return [
        *parts,
        _text(655, 452, "Exact for every pattern: computed once,", "soft"),
        _text(655, 472, "when the model is loaded.", "soft"),
    ]


def _sum() -> list[str]:
    """Panel 4: what one table adds, on the way to all."""
    parts = [*_panel(20, 510, 340, 300, "4  Add up over all units and trees")]
    phi = table()[SEEN]
    for number, (field, value) in enumerate(zip(FIELDS, phi, strict=True)):
        y, length = 588 + 40 * number, abs(value) * 125
        start = 190 if value > 0 else 190 - length
        parts += [
            _text(40, y + 5, field, "text"),
            _box(start, y - 11, length, 22, _side(value), 3),
            _text(start + length + 8 if value > 0 else 198, y + 5, _signed(value), f"text mono {_side(value)}"),
        ]
    total = sum(phi) + expected()
    return [
        *parts,
        _line((190, 566), (190, 690), "line"),
        _text(40, 724, f"{_signed(total)} = what this leaf adds to the score:", "text"),
        _text(40, 744, "the three, and the unit's average.", "text"),
        _text(40, 772, "So it is for the whole model: nothing", "soft"),
        _text(40, 791, "is left over, and nothing is estimated.", "soft"),
    ]


def _bars(bars: list[tuple[str, str, int]]) -> list[str]:
    """Panel 5: events a second."""
    parts = [*_panel(375, 510, 605, 300, "Events a second, end to end (more is better)")]
    most = max(rate for _, _, rate in bars)
    for number, (name, explains, rate) in enumerate(bars):
        y = 592 + 66 * number
        length = max(330 * rate / most, 1.5)
        parts += [
            _text(395, y, name, "head"),
            _text(395, y + 19, explains, "soft"),
            _box(545, y - 18, length, 38, "ours" if name == "AIScore" else "theirs", 3),
            _text(545 + length + 10, y + 7, f"{rate:,}", "head"),
        ]
    return [*parts, _text(395, 791, "Command, HTTP, features, scores and texts included; see below.", "soft")]


def _signed(value: float) -> str:
    """
    >>> _signed(-0.224), _signed(-0.004)
    ('−0.22', '+0.00')
    """
    return f"{round(value, 2) + 0.0:+.2f}".replace("-", "−")


def _side(value: float) -> str:
    """The colour of a contribution; none where it shows as 0."""
    return "up" if round(value, 2) > 0 else "down" if round(value, 2) < 0 else ""


def _panel(x: int, y: int, width: int, height: int, title: str) -> list[str]:
    return [_box(x, y, width, height, "panel", 10), _text(x + 20, y + 32, title, "head")]


def _ask(x: int, y: int, words: str) -> str:
    half = max(22, 4.2 * len(words) + 8)
    return _box(x - half, y - 16, 2 * half, 32, "node", 16) + _text(x, y + 5, words, "text", "middle")


def _box(x: float, y: float, width: float, height: float, kind: str, round_px: int) -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{round_px}" class="{kind}"/>'


def _line(start: tuple[float, float], end: tuple[float, float], kind: str) -> str:
    return f'<path d="M{start[0]} {start[1]} L{end[0]} {end[1]}" class="{kind}"/>'


def _text(x: float, y: float, words: str, kind: str, anchor: str = "start") -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'
