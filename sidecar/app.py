"""The one place where the service is put together; the only one that knows concrete stores."""

import threading
import time
from dataclasses import dataclass

from flask import Flask

from sidecar import shared_secret
from sidecar.api.around import around
from sidecar.api.capacity import Capacity
from sidecar.api.commands import commands
from sidecar.api.door import Door
from sidecar.api.gate import Gate
from sidecar.api.health import health
from sidecar.api.jobs import jobs as jobs_routes
from sidecar.api.service import Service
from sidecar.api.sessions import sessions as sessions_routes
from sidecar.changes import Changes
from sidecar.home import prepare
from sidecar.house import House
from sidecar.jobs import Jobs
from sidecar.journal import tell_bug
from sidecar.keys import key_in
from sidecar.ledger_watch import LedgerWatch
from sidecar.settings import Settings
from sidecar.shelf import Shelf
from sidecar.store.files import FileBlobs
from sidecar.store.sessions import FileSessions, SessionLimits
from sidecar.store.sqlite import SqliteLedger
from sidecar.warm import warm_up

EXPIRE_EACH_S = 600.0
UNFINISHED_S = 3600.0
"""Age at which a blob that is being written is no more: the command line may be writing one beside the server."""


def open_ledger(settings: Settings) -> SqliteLedger:
    """The ledger of a home, made when absent."""
    home = prepare(settings.home)
    return SqliteLedger(home / "ledger.db", key_in(home / "keys", "ledger"), time.time)


def ticket_secret(settings: Settings) -> bytes:
    """The secret shared with the Splunk app: the setting, else the key file of the home."""
    return accepted_secrets(settings)()[0]


def accepted_secrets(settings: Settings) -> shared_secret.Accepted:
    """Gives the secrets a ticket may be signed with: those of the settings, else those of the home's key files."""
    if settings.ticket_secret:
        former = settings.ticket_secret_former
        present = settings.ticket_secret.get_secret_value().encode()
        return shared_secret.given(present, former.get_secret_value().encode() if former else b"")
    return shared_secret.KeyFiles(prepare(settings.home) / "keys")


def open_house(settings: Settings, by: str = "local", local: bool = False) -> House:
    """The stores of a home, opened for `by`; StoreError when the ledger's chain is broken."""
    ledger = open_ledger(settings)
    ledger.verify()
    home = settings.home
    key = key_in(home / "keys", "bundle")
    blobs = FileBlobs(home / "blobs")
    return House(
        ledger=ledger,
        blobs=blobs,
        shelf=Shelf(ledger, blobs, key, settings.max_models),
        jobs=Jobs(ledger, settings.max_jobs, lambda job, failure: tell_bug("job failed", failure, job=job)),
        changes=Changes(ledger),
        clock=time.time,
        key=key,
        by=by,
        local=local,
        nthread=settings.nthread,
    )


@dataclass(frozen=True)
class Running:
    """What runs beside the routes: the worker of jobs, and the broom of old sessions and of blobs never finished."""

    jobs: Jobs
    sessions: FileSessions
    blobs: FileBlobs
    watch: LedgerWatch

    def start(self) -> None:
        """Start all, in the background; what an ended fit had gathered is of no more use."""
        for job in self.jobs.start():
            if job.session:
                self.sessions.drop(job.by, job.session)
        threading.Thread(target=self._sweep, name="sessions", daemon=True).start()
        threading.Thread(target=self.watch.run, name="ledger", daemon=True).start()

    def _sweep(self) -> None:
        while True:
            self.sessions.expire()
            self.blobs.sweep(time.time() - UNFINISHED_S)
            time.sleep(EXPIRE_EACH_S)


def create_app(settings: Settings) -> Flask:
    """The service over one home: routes, jobs, tickets. It listens to nothing by itself."""
    house = open_house(settings, by="sidecar")
    limits = SessionLimits(
        settings.max_sessions, settings.max_fit_rows, settings.max_fit_mb * 2**20, settings.session_lifetime_s
    )
    sessions, blobs = FileSessions(settings.home / "sessions", limits), FileBlobs(settings.home / "blobs")
    running = Running(house.jobs, sessions, blobs, LedgerWatch(house.ledger))
    gate = Gate(accepted_secrets(settings), house.ledger, house.clock)
    service = Service(
        house,
        gate,
        house.jobs,
        running.sessions,
        settings.limits,
        Capacity(settings.max_requests, "requests"),
        house.jobs.alive,
    )
    app = Flask("aiscore", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.limits.body_bytes
    app.extensions["aiscore"] = service
    around(app, service)
    for routes in (commands, sessions_routes, jobs_routes, health):
        app.register_blueprint(routes(service))
    service.metrics.watch("aiscore_busy_requests", "Requests being worked on", lambda: service.capacity.taken)
    broken = "1 when the last check found the ledger changed"
    service.metrics.watch("aiscore_ledger_broken", broken, lambda: running.watch.broken)
    service.metrics.watch("aiscore_jobs", "Jobs waiting or running", house.jobs.busy)
    running.start()
    return app


def open_door(settings: Settings) -> Door:
    """The application as the server takes it, its models warmed up."""
    app = create_app(settings)
    warm_up(app.extensions["aiscore"].house, settings.max_models, tell_bug)
    most = max(settings.max_upload_mb, settings.max_body_mb) * 2**20
    return Door(app, settings.max_requests, most, settings.body_timeout_s)
