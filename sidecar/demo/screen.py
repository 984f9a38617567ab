"""What the demo says on the terminal: where it is, and at the end the queue beside the truth."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from models.simulator import Story
from models.simulator.rule import ALERTS_A_DAY
from sidecar.demo.contributions import reasons_of
from sidecar.demo.evidence import Evidence, Result
from sidecar.demo.notables import Notable
from sidecar.demo.notables_page import steps_of
from sidecar.demo.watch import Watch
from sidecar.demo.words import clock_time, score_text, span_text

SHOWN = 15
WIDTH = 120
LINE_EVERY_S = 15.0

_COLOURS = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan"}
_OPENING = """[bold]AIScore demo[/]
[dim]A simulated company: people, hosts and attacks are invented. The sidecar, the Splunk commands and the scores are \
real; Splunk itself is not here, a stand-in runs the commands as it would.[/]
"""


class Show(Protocol):
    """Says how much of a step is done, and what goes on just now."""

    def __call__(self, done: float, now: str = "") -> None: ...


class Screen:
    """One console for everything that the demo says."""

    def __init__(self, console: Console | None = None) -> None:
        found = console or Console()
        # A file or a pipe has no width of its own; the tables want more than the 80 letters that rich assumes.
        self.console = found if console or found.is_terminal else Console(width=WIDTH)

    def open(self) -> None:
        """Say what this is, and what in it is not real."""
        self.console.print(_OPENING)

    @contextmanager
    def step(self, doing: str, total: float | None = None, *, counted: bool = True) -> Iterator[Show]:
        """Show that something goes on; gives a function to say how much is done, and what goes on just now.

        Where nobody sees the bar move, what goes on is a line of its own every quarter of a minute.
        """
        columns: list[ProgressColumn] = [SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()]
        if total:
            columns[2:2] = [BarColumn(bar_width=24), *([MofNCompleteColumn()] if counted else [])]
        begun = lined = time.monotonic()
        hidden = not self.console.is_terminal
        with Progress(*columns, console=self.console, transient=True, disable=hidden) as progress:
            task = progress.add_task(escape(doing), total=total)

            def show(done: float, now: str = "") -> None:
                nonlocal lined
                progress.update(task, completed=done, description=escape(now or doing))
                if hidden and now and time.monotonic() - lined > LINE_EVERY_S:
                    lined = time.monotonic()
                    self.say(now)

            yield show
        taken = time.monotonic() - begun
        self.console.print(f"[green]done[/] {escape(doing)} [dim]{taken:.1f} s[/]", highlight=False, soft_wrap=True)

    def say(self, words: str) -> None:
        """One line beside the steps."""
        self.console.print(f"     {words}", style="dim", markup=False, highlight=False, soft_wrap=True)

    def close(self, evidence: Evidence, watch: Watch, stories: tuple[Story, ...]) -> None:
        """From events to notables, the notables, the queue and the comparison."""
        self.console.print(funnel_table(watch))
        self.console.print(notables_table(watch))
        self.console.print(queue_table(evidence.aiscore))
        self.console.print(comparison_table(evidence, stories))


def funnel_table(watch: Watch) -> Table:
    """How many events, unusual events, risk events and notables."""
    table = _table("\nFrom events to notables")
    table.show_header = False
    table.add_column(justify="right")
    table.add_column()
    table.add_column()
    for step in steps_of(watch):
        table.add_row(step["number"], step["name"], Text(step["what"], "dim"))
    return table


def notables_table(watch: Watch) -> Table:
    """Each notable beside the truth, in the order of time."""
    table = _table("\nThe notables", "" if watch.notables else "none was raised")
    for name in ("raised (UTC)", "on", "risk", "why", "truth"):
        wraps = name == "why"
        table.add_column(name, justify="right" if name == "risk" else "left", header_style="dim", no_wrap=not wraps)
    for n in watch.notables:
        table.add_row(*_notable(n))
    return table


def _notable(n: Notable) -> list[Text | str]:
    """One line; values of events are shown as they are, never read as markup."""
    after = (f"after {span_text(n.after_s)}", "dim")
    return [
        clock_time(n.raised_s),
        Text.assemble(n.entity, "\n", (n.entity_type, "dim")),
        Text.assemble(f"{n.risk:.0f}", "\n", (n.severity, _COLOURS.get(n.severity, "dim"))),
        Text.assemble(n.behaviours, "\n", ("".join(n.reasons[:1]), "dim"), overflow="fold"),
        Text.assemble((_title(n.story), "bold magenta"), "\n", after) if n.story else Text("ordinary", "dim"),
    ]


def _title(story: str) -> str:
    return story.replace("_", " ")


def queue_table(result: Result) -> Table:
    """The first alerts, highest first, with their reasons beside the truth."""
    shown = result.alerts.head(SHOWN)
    rest = len(result.alerts) - len(shown)
    caption = f"and {rest} more, in the report" if rest else ""
    table = _table("The queue: each is one user on one day", caption)
    for name in ("#", "user, when (UTC)", "score", "strongest reasons", "truth"):
        wraps = name == "strongest reasons"
        table.add_column(name, justify="right" if name == "#" else "left", header_style="dim", no_wrap=not wraps)
    for rank, row in enumerate(shown.iter_rows(named=True), start=1):
        table.add_row(*_alert(rank, row))
    return table


def _table(title: str, caption: str = "") -> Table:
    """A table without lines, its title at the left."""
    return Table(
        title=title, title_justify="left", title_style="bold", caption=caption or None, caption_justify="left",
        box=None, pad_edge=False, padding=(0, 2, 0, 0),
    )  # fmt: skip


def _alert(rank: int, row: dict[str, object]) -> list[Text | str]:
    """One line; values of events are shown as they are, never read as markup."""
    score, severity = row["ai_score"], str(row["ai_severity"] or "unscored")
    reasons = "\n".join(reasons_of(str(row["ai_reasons"] or ""))[:2]) or str(row["ai_note"])
    story = str(row["story"]).replace("_", " ")
    number = score_text(score if isinstance(score, float) else None)
    return [
        str(rank),
        Text.assemble(str(row["user"]), "\n", (clock_time(float(str(row["_time"]))), "dim")),
        Text.assemble(number, "\n", (severity, _COLOURS.get(severity, "dim"))),
        Text(reasons, overflow="fold"),
        Text(story, "bold magenta") if story else Text("ordinary", "dim"),
    ]


def comparison_table(evidence: Evidence, stories: tuple[Story, ...]) -> Table:
    """AIScore beside the rules, all with the same budget."""
    table = _table(f"\nBeside one-line rules, each with {ALERTS_A_DAY} alerts a day")
    for name in ("ranked by", "attacks found", "recall", "precision"):
        table.add_column(name, justify="right" if name in ("recall", "precision") else "left", header_style="dim")
    for result in (evidence.aiscore, *evidence.rules):
        names = ", ".join(name.replace("_", " ") for name in result.found) or "none"
        recall = f"{len(result.found)} of {len(stories)}"
        style = "bold" if result is evidence.aiscore else ""
        table.add_row(result.name, names, recall, f"{result.precision:.0%}", style=style)
    return table


def explained(scored: pl.DataFrame) -> str:
    """How many rows carry an explanation, in words."""
    count = scored.filter(pl.col("ai_contributions").fill_null("") != "").height
    return f"{count:,} of {len(scored):,} events"
