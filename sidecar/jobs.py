"""Long work in the background: one at a time, told in the ledger, with live progress.

A job is queued, then running, then done or failed. Its beginning and end are ledger entries; progress lives
in memory. A job that has no end when the service starts was interrupted: it is done if what it was to record is
recorded, and failed if not.
"""

import queue
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from models.errors import DataError
from sidecar.current import Current
from sidecar.errors import CallerError, NotReady, StoreError
from sidecar.store.base import Entry, Ledger

Progress = Callable[[float, str], None]
Work = Callable[[Progress], str]
NONE: Mapping[str, "Job"] = MappingProxyType({})


@dataclass(frozen=True)
class Job:
    """One job. `progress` is 0..1, times are UTC ISO 8601 or empty.

    `key` is what it was submitted for, `session` the fit session that holds its rows, if one does. `recorded`
    says that what it was to make is in the ledger.
    """

    id: str
    verb: str
    model: str
    rows: int
    by: str
    key: str
    session: str = ""
    state: str = "queued"
    progress: float = 0.0
    message: str = ""
    started_at: str = ""
    finished_at: str = ""
    recorded: bool = False


def fold(entries: Iterable[Entry], start: Mapping[str, Job] = NONE) -> Mapping[str, Job]:
    """The jobs after these entries, by id, as far as the ledger knows them."""
    jobs = dict(start)
    for entry in entries:
        body = entry.body
        if entry.kind == "job":
            jobs[body["job"]] = Job(
                body["job"],
                body["verb"],
                body["model"],
                body["rows"],
                entry.by,
                entry.key or "",
                body.get("session", ""),
                started_at=entry.at,
            )
        elif entry.kind in ("job_done", "job_failed") and body["job"] in jobs:
            state = entry.kind.removeprefix("job_")
            whole = 1.0 if state == "done" else 0.0
            jobs[body["job"]] = replace(
                jobs[body["job"]], state=state, progress=whole, message=body["message"], finished_at=entry.at
            )
        elif body.get("job") in jobs:
            jobs[body["job"]] = replace(jobs[body["job"]], recorded=True)
    return jobs


class Jobs:
    """The jobs of one service; `report` is told of failures that are bugs (job id, exception)."""

    def __init__(self, ledger: Ledger, most: int, report: Callable[[str, BaseException], None]) -> None:
        self._ledger = ledger
        self._most = most
        self._current = Current(ledger, fold, NONE)
        self._report = report
        self._live: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()
        self._worker = threading.Thread(target=self._work, name="jobs", daemon=True)
        self._queue: queue.Queue[tuple[str, Work]] = queue.Queue()

    def start(self) -> list[Job]:
        """Begin to work; before that, record the end of what a former process left behind. Gives all ended jobs."""
        for job in self._current().values():
            if job.state == "queued" and job.recorded:
                self._end(job.id, "job_done", "")
            elif job.state == "queued":
                self._end(job.id, "job_failed", "interrupted: the sidecar was stopped; run the fit again")
        ended = list(self._current().values())
        self._worker.start()
        return ended

    def alive(self) -> bool:
        """Is somebody there to do the work?"""
        return self._worker.is_alive()

    def known(self, key: str) -> Job | None:
        """The job that was submitted with this key."""
        job = next((job for job in self._current().values() if job.key == key), None)
        return self.find(job.id) if job else None

    def submit(self, job: dict[str, Any], key: str, by: str, work: Work) -> Job:
        """Queue `work` once for `key`.

        The same key again is the same job. NotReady when the queue is full.
        """
        with self._lock:
            if len(self._live) >= self._most:
                raise NotReady(f"{self._most} jobs are waiting or running", retry_after_s=30)
            entry = self._ledger.append("job", job, by=by, key=key)
            if entry.body["job"] == job["job"]:
                self._live[job["job"]] = (0.0, "queued")
                self._queue.put((job["job"], work))
        return self.find(entry.body["job"])

    def find(self, job_id: str) -> Job:
        """The job as it stands; CallerError when there is none."""
        job = self._current().get(job_id)
        if job is None:
            raise CallerError(f"no job '{job_id}'", code="no_job", field="job", mend="take the id from the fit's reply")
        live = self._live.get(job_id)
        if job.state != "queued" or live is None:
            return job
        return replace(job, state="queued" if live[1] == "queued" else "running", progress=live[0], message=live[1])

    def busy(self) -> int:
        """Jobs waiting or running."""
        return len(self._live)

    def _work(self) -> None:
        while True:
            # No name here may hold the work: it may hold its rows, and the next job may be long in coming.
            self._do(*self._queue.get())

    def _do(self, job_id: str, work: Work) -> None:
        try:
            self._run(job_id, work)
        except Exception as failure:  # the ledger itself failed: the next start records the job as interrupted
            self._report(job_id, failure)
        with self._lock:
            self._live.pop(job_id, None)

    def _run(self, job_id: str, work: Work) -> None:
        def progress(share: float, message: str) -> None:
            self._live[job_id] = (min(max(share, 0.0), 1.0), message)

        progress(0.0, "started")
        try:
            told = work(progress)
        except DataError as failure:
            self._end(job_id, "job_failed", failure.lasting)
        except Exception as failure:
            self._report(job_id, failure)
            what = "the sidecar's store failed" if isinstance(failure, StoreError) else "internal error"
            self._end(job_id, "job_failed", f"{what}; see the sidecar's log")
        else:
            self._end(job_id, "job_done", told)

    def _end(self, job_id: str, kind: str, message: str) -> None:
        self._ledger.append(kind, {"job": job_id, "message": message}, by="sidecar", key=f"end {job_id}")
