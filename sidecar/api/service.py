"""What the routes work with."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sidecar.api.capacity import Capacity
from sidecar.api.gate import Gate
from sidecar.api.metrics import Metrics
from sidecar.house import House
from sidecar.jobs import Jobs
from sidecar.store.base import Sessions
from sidecar.wire import Limits


@dataclass(frozen=True)
class Service:
    """The parts of a running sidecar, put together by `sidecar.app`."""

    house: House
    gate: Gate
    jobs: Jobs
    sessions: Sessions
    limits: Limits
    capacity: Capacity
    ready: Callable[[], bool]
    metrics: Metrics = field(default_factory=Metrics)
    whole_searches: Capacity = field(default_factory=lambda: Capacity(1, "searches are read whole"))
