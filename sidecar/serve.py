"""`aiscore serve`: one server process with threads, plain on loopback or with TLS."""

import fcntl
import logging.config
import multiprocessing
import os
import resource
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from models.errors import DataError
from sidecar.errors import CallerError, StoreError
from sidecar.home import prepare
from sidecar.journal import CONFIG, tell
from sidecar.settings import Settings, read_settings

TARGET = "sidecar.serve:target"
SWITCH_S = 0.001
"""How long one thread may keep the interpreter while others wait: a health check must not wait for a batch."""


def serve(settings: Settings) -> int:
    """Listen until told to stop; CallerError before that when the settings are not safe."""
    settings.check_serving()
    prepare(settings.home)
    _only_one(settings.home).close()
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces, SSLProtocols
    from granian.http import HTTP1Settings

    _hand_over(settings)
    # A forked child would inherit the thread pools of whatever was imported here.
    multiprocessing.set_start_method("spawn", force=True)
    host, port = settings.address
    _free(host, port)
    _allow_files(settings.max_connections + 256)
    # TLS 1.2 stays: the OpenSSL of older Splunk releases knows nothing newer.
    Granian(
        TARGET,
        host,
        port,
        interface=Interfaces.RSGI,
        factory=True,
        http=HTTPModes.http1,
        websockets=False,
        backlog=1024,
        backpressure=settings.max_connections,
        http1_settings=HTTP1Settings(header_read_timeout=settings.header_timeout_s * 1000),
        ssl_cert=settings.tls_cert,
        ssl_key=settings.tls_key,
        ssl_protocol_min=SSLProtocols.tls12,
        log_dictconfig=CONFIG,
        workers_kill_timeout=10,
    ).serve()
    return 0


def target() -> Callable[..., Any]:
    """What the server's process runs: made there, warmed up before the first request is taken."""
    logging.config.dictConfig(CONFIG)
    try:
        return _opened(read_settings())
    except (DataError, StoreError) as failure:
        tell("cannot start", reason=str(failure))
        raise SystemExit(1) from None


def _opened(settings: Settings) -> Callable[..., Any]:
    global _lock
    prepare(settings.home)
    sys.setswitchinterval(SWITCH_S)
    _follow_parent()
    _lock = _only_one(settings.home)
    from sidecar.app import open_door

    door = open_door(settings)
    tell("ready", bind=settings.bind, tls=settings.tls_cert is not None)
    return door


_lock: IO[str] | None = None


def _only_one(home: Path) -> IO[str]:
    # Two services over one home would each take the other's running jobs for interrupted ones.
    lock = (home / "serve.lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise CallerError(
            f"{home} is being served already", field="home", mend="stop that server or take another home"
        ) from None
    return lock


def _free(host: str, port: int) -> None:
    # The server shares its port with any other that asks for it: without this, two would take turns unseen.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as failure:
            reason = failure.strerror or str(failure)
            mend = "stop what listens there, or choose another bind"
            raise CallerError(f"cannot listen on {host}:{port}: {reason}", field="bind", mend=mend) from None


def _allow_files(count: int) -> None:
    # A connection is an open file; the usual soft limit is far below what a crowd of searches may open.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _hand_over(settings: Settings) -> None:
    # The server's process is a fresh one: settings reach it through the environment.
    for name in ("home", "bind", "tls_cert", "tls_key"):
        value = getattr(settings, name)
        if value is not None:
            os.environ[f"AISCORE_{name.upper()}"] = str(value)


def _follow_parent() -> None:
    # Should the starting process be killed, nobody must go on serving (and holding the home) unseen.
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, name="parent", daemon=True).start()
