"""`models`: what is known, job by job and version by version; and who is champion."""

import json
from collections.abc import Callable
from typing import Any, Literal

import polars as pl
from pydantic import Field

from models.errors import DataError
from models.registry import Line, Version
from sidecar.changes import KINDS
from sidecar.errors import CallerError, StoreError
from sidecar.house import House, Reply
from sidecar.options import Options
from sidecar.store.base import Entry

SHORT = 12


class ModelsOptions(Options):
    """Which model or job, and what to do with it."""

    model: str | None = Field(None, description="name of a model; alone it lists the versions")
    action: Literal["list", "show", "contract", "promote", "retire", "rollback"] = Field(
        "list", description="list, show, contract, promote, retire or rollback"
    )
    version: str | None = Field(None, description="12 letters or more of a bundle, as listed")
    job: str | None = Field(None, description="id of a job")


def run(table: pl.DataFrame, options: ModelsOptions, house: House) -> Reply:
    """Rows about models; `table` is not used. Changes are ledger entries in the caller's name."""
    if options.job:
        return Reply(_rows([_job(options.job, house)], JOB_COLUMNS))
    if options.action == "list" and not options.model:
        return Reply(_rows([_summary(line) for line in house.shelf.registry().values()], LIST_COLUMNS))
    if not options.model:
        raise CallerError(
            f"action={options.action} needs a model", code="bad_option", field="model", mend="add model=NAME"
        )
    if options.action in KINDS:
        return Reply(_changed(options.model, options, house))
    return Reply(LOOKS[options.action](house.shelf.line(options.model), options, house))


def scope(options: ModelsOptions) -> str:
    """Looking needs `score`; changing what is in service needs `admin`."""
    return "admin" if options.action in KINDS and not options.job else "score"


def _summary(line: Line) -> dict[str, Any]:
    champion = line.champion
    newest = champion or list(line.versions.values())[-1]
    challengers = [version.bundle[:SHORT] for version in line.versions.values() if line.state(version) == "challenger"]
    return _facts(newest) | {
        "model": line.name,
        "champion": champion.bundle[:SHORT] if champion else "",
        "challengers": ",".join(challengers),
        "versions": len(line.versions),
        "state": "ready" if champion else "no_champion",
    }


def _facts(version: Version) -> dict[str, Any]:
    return {
        "version": version.bundle[:SHORT],
        "generation": version.generation[:SHORT],
        "fitted_at": version.fitted_at,
        "fitted_by": version.fitted_by,
        "rows": version.rows,
        "positives": version.positives,
        "entities": ",".join(version.entities),
        "voices": ",".join(version.voices),
        "notes": _notes(version),
    }


def _notes(version: Version) -> str:
    """What a person should know before relying on a version."""
    return f"tainted: rows it was fitted on were forgotten at {version.tainted_at}" if version.tainted_at else ""


def _versions(line: Line, options: ModelsOptions, house: House) -> pl.DataFrame:
    rows = [_facts(version) | {"model": line.name, "state": line.state(version)} for version in line.versions.values()]
    return _rows(rows, VERSION_COLUMNS)


def _contract(line: Line, options: ModelsOptions, house: House) -> pl.DataFrame:
    rows = house.shelf.champion(line.name).contract.rows()
    return pl.DataFrame(rows, schema={"field": pl.String, "role": pl.String}, orient="row")


def _show(line: Line, options: ModelsOptions, house: House) -> pl.DataFrame:
    version = _version(line, options.version) if options.version else line.champion
    if version is None:
        raise CallerError(
            f"model '{line.name}' has no champion", code="no_model", field="version", mend="name a version"
        )
    card = json.loads(bytes(house.blobs.read(version.card)))
    facts = _facts(version) | {"state": line.state(version), "explained_by": _ways(line, version, house)} | card
    cells = [(key, value if isinstance(value, str) else json.dumps(value)) for key, value in facts.items()]
    return pl.DataFrame(cells, schema={"key": pl.String, "value": pl.String}, orient="row")


def _ways(line: Line, version: Version, house: House) -> str:
    """How each voice of trees is explained: by table, by quadrature, or some trees each way."""
    try:
        ways = house.shelf.load(line.name, version).trained.attributions
    except StoreError as failure:
        return f"not known: {failure}"
    return "; ".join(f"{voice}: {way.path}" for voice, way in ways.items())


def _changed(name: str, options: ModelsOptions, house: House) -> pl.DataFrame:
    def change() -> Entry:
        line = house.shelf.line(name)
        version = _earlier(line, options) if options.action == "rollback" else _named(line, options)
        if options.action == "promote":
            # A version that cannot score must not go into service; one that can shall not begin slowly.
            house.shelf.load(name, version).rehearse(house.nthread)
        body = {"model": name, "bundle": version.bundle}
        return house.ledger.append(options.action, body, by=house.by, key=house.intent)

    return _rows([_summary(house.changes.once(house.intent, change))], LIST_COLUMNS)


def _earlier(line: Line, options: ModelsOptions) -> Version:
    target = line.before
    if target is None:
        raise CallerError(
            f"model '{line.name}' has no earlier champion", field="model", mend="promote a version instead"
        )
    if options.version and _version(line, options.version) is not target:
        mend = f"leave version out, or promote {options.version}"
        raise CallerError(f"rollback goes to {target.bundle[:SHORT]}", field="version", mend=mend)
    return target


def _named(line: Line, options: ModelsOptions) -> Version:
    if not options.version:
        known = ", ".join(name[:SHORT] for name in line.versions)
        raise CallerError(
            f"action={options.action} needs a version",
            code="bad_option",
            field="version",
            mend=f"one of {known}",
        )
    return _version(line, options.version)


def _version(line: Line, letters: str) -> Version:
    try:
        return line.find(letters)
    except DataError as failure:
        raise CallerError(failure.message, code="no_version", field=failure.field, mend=failure.mend) from None


def _job(job_id: str, house: House) -> dict[str, Any]:
    job = house.jobs.find(job_id)
    return {name: getattr(job, "id" if name == "job" else name) for name in JOB_COLUMNS}


def _rows(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> pl.DataFrame:
    return pl.DataFrame({name: [row[name] for row in rows] for name in columns})


FACTS = ("fitted_at", "rows", "positives", "entities", "voices")
LIST_COLUMNS = ("model", "champion", "generation", "challengers", "versions", *FACTS, "state", "notes")
VERSION_COLUMNS = ("model", "version", "state", "generation", "fitted_by", *FACTS, "notes")
JOB_COLUMNS = ("job", "verb", "model", "state", "rows", "progress", "message", "started_at", "finished_at")
LOOKS: dict[str, Callable[[Line, ModelsOptions, House], pl.DataFrame]] = {
    "list": _versions,
    "show": _show,
    "contract": _contract,
}
