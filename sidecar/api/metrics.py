"""Prometheus metrics; names end in their unit."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The counters of one service."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        of = self._registry
        self._requests = Counter("aiscore_requests", "Requests answered", ["route", "status"], registry=of)
        self._seconds = Histogram("aiscore_request_seconds", "Time to answer", ["route"], buckets=SECONDS, registry=of)
        self._rows = Counter("aiscore_rows", "Rows received", ["route"], registry=of)

    def watch(self, name: str, help_text: str, read: Callable[[], int]) -> None:
        """Show what `read` gives whenever the metrics are read."""
        Gauge(name, help_text, registry=self._registry).set_function(read)

    def answered(self, route: str, status: int, seconds: float, rows: int) -> None:
        """Count one answer."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        self._rows.labels(route).inc(rows)

    def text(self) -> bytes:
        """Everything in the Prometheus text format."""
        return generate_latest(self._registry)
