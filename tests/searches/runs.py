"""What was run, a line each: rows in and out, what it led to, and whether it was right."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.splunkd.dispatch import RunReport


@dataclass
class Line:
    """All runs of one search, or of one macro, view or command."""

    name: str
    kind: str = "search"
    runs: int = 0
    rows_in: int = 0
    rows_out: int = 0
    risk_events: int = 0
    notables: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """It ran, and nothing was wrong."""
        return self.runs > 0 and not self.faults

    def add(self, report: RunReport) -> None:
        """Count a run."""
        self.runs += 1
        self.rows_in += report.rows_in
        self.rows_out += report.rows_out
        self.risk_events += report.risk_events
        self.notables += report.notables
        self.seconds += report.seconds
        if report.error:
            self.faults.append(report.error)


@dataclass
class Sheet:
    """The lines, in the order in which they were first met."""

    lines: dict[str, Line] = field(default_factory=dict)

    def line(self, name: str, kind: str = "search") -> Line:
        """The line of this name, a new one where there is none."""
        return self.lines.setdefault(name, Line(name, kind))

    def expect(self, name: str, met: bool, wanted: str) -> None:
        """Something that a line must have led to."""
        if not met:
            self.line(name).faults.append(f"expected: {wanted}")

    @property
    def ok(self) -> bool:
        """Every line is right."""
        return all(line.ok for line in self.lines.values())
