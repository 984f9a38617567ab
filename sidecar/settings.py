"""Every setting of the service, read from the environment (`AISCORE_*`).

Docs/settings.md is held to this file.
"""

import ipaddress
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from sidecar.errors import CallerError
from sidecar.wire import Limits


class Settings(BaseSettings):
    """The settings; units are in the names (`_s` seconds, `_mb` mebibytes, `_kb` kibibytes)."""

    model_config = SettingsConfigDict(env_prefix="AISCORE_", frozen=True)

    home: Path = Field(
        Path("~/.aiscore"), description="Folder of all state: ledger, blobs, keys, fit sessions, caches."
    )
    bind: str = Field("127.0.0.1:8765", description="Address and port to listen on; off loopback TLS is required.")
    tls_cert: Path | None = Field(
        None, description="PEM file of the server's certificate chain; with it only HTTPS is spoken."
    )
    tls_key: Path | None = Field(None, description="PEM file of the certificate's private key (PKCS#8, not encrypted).")
    ticket_secret: SecretStr | None = Field(
        None,
        min_length=32,
        description="Secret shared with the Splunk app; without it the file `keys/ticket.key` is used.",
    )
    ticket_secret_former: SecretStr | None = Field(
        None,
        min_length=32,
        description="The secret before `AISCORE_TICKET_SECRET`; accepted too, for a day after the start.",
    )
    nthread: int = Field(2, ge=1, le=256, description="Threads that score the rows of one request; a fit uses one.")
    max_requests: int = Field(2, ge=1, le=256, description="Requests served at once; more are told to retry.")
    max_upload_mb: int = Field(256, ge=1, description="Request bodies held at once, together; more are told to retry.")
    max_connections: int = Field(
        4096, ge=64, le=65535, description="Connections held open at once, idle ones included."
    )
    max_body_mb: int = Field(64, ge=1, le=1024, description="Largest request body.")
    max_rows: int = Field(100_000, ge=1, description="Most rows in one request body.")
    max_columns: int = Field(10_000, ge=1, description="Most columns in one request body.")
    max_field_kb: int = Field(64, ge=1, description="Largest cell.")
    max_fit_rows: int = Field(5_000_000, ge=1, description="Most rows in one fit session.")
    max_fit_mb: int = Field(4096, ge=1, description="Largest fit session on disk.")
    max_sessions: int = Field(16, ge=1, description="Fit sessions open at once.")
    max_jobs: int = Field(4, ge=1, description="Jobs waiting or running at once; more are told to retry.")
    max_models: int = Field(8, ge=1, description="Loaded models kept in memory.")
    session_lifetime_s: int = Field(86_400, ge=60, description="Age at which an uncommitted fit session is removed.")
    header_timeout_s: int = Field(10, ge=1, le=60, description="Time a client has to send its request headers.")
    body_timeout_s: int = Field(30, ge=1, le=600, description="Time a client has to send its request body.")

    @field_validator("home", "tls_cert", "tls_key")
    @classmethod
    def _expanded(cls, path: Path | None) -> Path | None:
        return path.expanduser().resolve() if path else None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of `bind`; CallerError when it is not `host:port`."""
        host, _, port = self.bind.rpartition(":")
        if not host or not (port.isascii() and port.isdigit()) or not 0 < int(port) < 65536:
            raise CallerError(f"'{self.bind}' is not host:port", field="bind", mend="for example 127.0.0.1:8765")
        return host.strip("[]"), int(port)

    @property
    def limits(self) -> Limits:
        """What one request body may hold."""
        return Limits(self.max_body_mb * 2**20, self.max_rows, self.max_columns, self.max_field_kb * 2**10)

    def check_serving(self) -> None:
        """CallerError when it would not be safe, or not possible, to listen with these settings."""
        host, _ = self.address
        if (self.tls_cert is None) != (self.tls_key is None):
            raise CallerError("a certificate and its key belong together", field="tls_cert", mend="give both or none")
        for name in ("tls_cert", "tls_key"):
            path = getattr(self, name)
            if path and not path.is_file():
                raise CallerError(f"{path} is not a file", field=name, mend="name a PEM file")
        if self.tls_cert is None and not _is_loopback(host):
            raise CallerError(
                f"{host} is not loopback",
                field="bind",
                mend="give tls_cert and tls_key, or bind to 127.0.0.1",
            )


def read_settings(**given: Any) -> Settings:
    """The settings from the environment, with those `given` (and not None) on top.

    CallerError names the wrong one.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as failure:
        first = failure.errors(include_url=False, include_context=False, include_input=False)[0]
        name = str(first["loc"][0])
        raise CallerError(f"setting AISCORE_{name.upper()} is wrong", field=name, mend=str(first["msg"])) from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
