"""Lookups: definitions of transforms.conf over CSV files of the app's lookups/ folder and over KV collections.

From transforms.conf.spec and "Configure KV Store lookups" in the Knowledge Manager Manual.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import polars as pl

from tests.splunkd.app import InstalledApp
from tests.splunkd.kvstore import Document, KvError, KvStore
from tests.splunkd.spl import columns
from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.spl.values import text
from tests.splunkd.spl.world import LookupTable

_KEYS = {
    "filename", "collection", "external_type", "fields_list", "case_sensitive_match", "max_matches",
    "batch_index_query", "allow_caching", "match_type",
}  # fmt: skip


class Lookups:
    """The lookups of one app, by definition or by file name."""

    def __init__(self, app: InstalledApp, store: KvStore) -> None:
        self.app, self.store = app, store

    def names(self) -> list[str]:
        """The definitions of transforms.conf that are lookups."""
        return sorted(name for name, stanza in self.app.conf("transforms").items() if _is_lookup(stanza))

    def read(self, name: str) -> LookupTable:
        """The rows as text and how they match; raises SplError with Splunk's words where there is none."""
        stanza = self._stanza(name)
        sensitive = stanza.get("case_sensitive_match", "true").lower() in ("true", "1")
        if "collection" in stanza:
            rows = self._kv_rows(name, stanza)
            if not sensitive:
                raise NotSupported(f"transforms.conf [{name}]: KV lookups always match case")
        else:
            rows = self._csv_rows(self._file(name, stanza))
        return LookupTable(rows, sensitive, int(stanza.get("max_matches", 1000)), _networks(name, stanza))

    def write(self, name: str, rows: pl.DataFrame, *, append: bool, key_field: str | None) -> None:
        """What outputlookup does; a key field replaces the rows of the same key and keeps the others."""
        stanza = self._stanza(name)
        if "collection" in stanza:
            self._write_kv(name, stanza, rows, append=append, key_field=key_field)
            return
        if key_field:
            raise SplError(f"Error in 'outputlookup' command: key_field needs a KV store lookup, {name} is a file.")
        path = self._file(name, stanza)
        rows = rows.select([name for name in rows.columns if not name.startswith("_") or name == "_time"])
        if append and path.is_file():
            before = self._csv_rows(path)
            # Rows are fitted to the fields that the file has.
            kept = before.columns or rows.columns
            rows = columns.stack(before, rows).select(
                [name for name in kept if name in {*before.columns, *rows.columns}]
            )
        _write_csv(path, rows)

    def _stanza(self, name: str) -> dict[str, str]:
        stanza = self.app.conf("transforms").get(name)
        if stanza is None or not _is_lookup(stanza):
            if name.endswith(".csv") and (self.app.folder / "lookups" / name).is_file():
                return {"filename": name}
            raise SplError(
                f"Could not construct lookup '{name}'. The lookup table '{name}' does not exist or is not available."
            )
        unknown = set(stanza) - _KEYS
        if unknown:
            raise NotSupported(f"transforms.conf [{name}]: {', '.join(sorted(unknown))}")
        return stanza

    def _file(self, name: str, stanza: dict[str, str]) -> Path:
        return self.app.folder / "lookups" / stanza["filename"]

    def _csv_rows(self, path: Path) -> pl.DataFrame:
        if not path.is_file():
            raise SplError(f"The lookup table '{path.name}' does not exist or is not available.")
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
        header = rows[0] if rows else []
        cells = {name: [row[at] if at < len(row) else "" for row in rows[1:]] for at, name in enumerate(header)}
        found = pl.DataFrame(cells, schema=dict.fromkeys(header, pl.String))
        return found.with_columns(pl.when(pl.all() != "").then(pl.all()))

    # the KV store

    def _kv_rows(self, name: str, stanza: dict[str, str]) -> pl.DataFrame:
        documents = self._asked(name, lambda: self.store.rows(stanza["collection"]))
        names = _fields_list(stanza)
        return pl.DataFrame([_column(field, [document.get(field) for document in documents]) for field in names])

    def _write_kv(
        self, name: str, stanza: dict[str, str], rows: pl.DataFrame, *, append: bool, key_field: str | None
    ) -> None:
        collection = stanza["collection"]
        kept = [field for field in _fields_list(stanza) if field in rows.columns]
        documents: list[Document] = []
        for row in rows.select(
            [text(rows[field]) if rows[field].dtype != pl.List else rows[field] for field in kept]
        ).to_dicts():
            document = {field: value for field, value in row.items() if value is not None}
            if key_field:
                document["_key"] = document.get(key_field)
            documents.append(document)

        def put() -> None:
            if append or key_field:
                for document in documents:
                    self.store.insert(collection, document)
            else:
                self.store.replace(collection, documents)

        self._asked(name, put)

    def _asked(self, name: str, call: Any) -> Any:
        try:
            return call()
        except KvError as error:
            if error.status == 503:
                raise SplError(f"External command based lookup '{name}' is not available because {error}") from None
            raise SplError(f"Error in the lookup '{name}': {error}") from None


def _networks(name: str, stanza: dict[str, str]) -> tuple[str, ...]:
    """The fields of match_type, which may be `CIDR(field)` here; "they can be applied to all four lookup types"
    (Knowledge Manager Manual, Add field matching rules to your lookup configuration)."""
    told = [one.strip() for one in stanza.get("match_type", "").split(",") if one.strip()]
    if any(not one.startswith("CIDR(") or not one.endswith(")") for one in told):
        raise NotSupported(f"transforms.conf [{name}]: match_type = {stanza['match_type']}")
    return tuple(one[5:-1] for one in told)


def _is_lookup(stanza: dict[str, str]) -> bool:
    return "filename" in stanza or stanza.get("external_type") == "kvstore"


def _fields_list(stanza: dict[str, str]) -> list[str]:
    return [field.strip() for field in stanza["fields_list"].split(",")]


def _column(name: str, values: list[Any]) -> pl.Series:
    if any(isinstance(value, bool) for value in values):
        raise NotSupported(f"the field {name}: how a lookup shows a bool of the KV store")
    if any(isinstance(value, list) for value in values):
        several = [value if isinstance(value, list) or value is None else [value] for value in values]
        return pl.Series(name, several, dtype=columns.LISTS)
    if all(value is None or isinstance(value, str) for value in values):
        return pl.Series(name, values, dtype=pl.String)
    numbers = [value if isinstance(value, int | float) else None for value in values]
    shown = text(pl.Series(name, numbers, dtype=pl.Float64))
    texts = [value if isinstance(value, str) else number for value, number in zip(values, shown, strict=True)]
    return pl.Series(name, texts, dtype=pl.String)


def _write_csv(path: Path, rows: pl.DataFrame) -> None:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(rows.columns)
    cells = [
        (rows[name].list.join("\n") if rows[name].dtype == pl.List else text(rows[name])).fill_null("").to_list()
        for name in rows.columns
    ]
    writer.writerows(zip(*cells, strict=True))
    path.parent.mkdir(exist_ok=True)
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
