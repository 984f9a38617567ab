"""The KV store: collections of collections.conf, their typed documents, the limits, and what is said when it is down.

From "KV store endpoint descriptions" in Splunk's REST API Reference, collections.conf.spec and limits.conf.spec:
50,000 rows a query, 1,000 documents a batch_save; with enforceTypes an insert of a wrong type fails.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from tests.splunkd.app import InstalledApp
from tests.splunkd.spl.errors import NotSupported

MOST_ROWS = 50_000
MOST_DOCUMENTS = 1_000
NOT_READY = "KV Store initialization has not completed yet."
_TYPES = {"string", "number", "bool", "time", "array"}

Document = dict[str, Any]


class KvError(Exception):
    """A refused call, with the HTTP status that goes with it."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class KvStore:
    """The collections of one app; `available` switched off, every call fails as it does while the store is down."""

    def __init__(self, app: InstalledApp) -> None:
        self.app = app
        self.available = True
        self._collections: dict[str, dict[str, Document]] = {}

    def collection(self, name: str) -> dict[str, Document]:
        """The documents by their keys, in the order they came."""
        if not self.available:
            raise KvError(503, NOT_READY)
        if name not in self.app.conf("collections"):
            raise KvError(404, f"Could not find object id={name}")
        return self._collections.setdefault(name, {})

    def insert(self, name: str, document: Document, user: str = "nobody") -> str:
        """Put one document in, over the one of its key if there is one; returns the key."""
        documents = self.collection(name)
        key = str(document.get("_key") or secrets.token_hex(12))
        fields = {field: value for field, value in document.items() if field not in ("_key", "_user")}
        documents[key] = self._checked(name, fields) | {"_key": key, "_user": user}
        return key

    def replace(self, name: str, documents: list[Document]) -> None:
        """These documents and no others."""
        before = dict(self.collection(name))
        self.collection(name).clear()
        try:
            for document in documents:
                self.insert(name, document)
        except KvError:
            self._collections[name] = before
            raise

    def rows(self, name: str) -> list[Document]:
        """All documents, as far as one query goes."""
        return list(self.collection(name).values())[:MOST_ROWS]

    def _checked(self, name: str, document: Document) -> Document:
        stanza = self.app.conf("collections")[name]
        enforced = stanza.get("enforceTypes", "false").lower() in ("true", "1")
        found = {}
        for field, value in document.items():
            kind = stanza.get(f"field.{field}")
            if kind is not None and kind not in _TYPES:
                raise NotSupported(f"collections.conf [{name}]: field.{field} = {kind}")
            try:
                found[field] = value if kind is None or value is None else _typed(value, kind)
            except (TypeError, ValueError):
                if enforced:
                    raise KvError(400, f"JSON for field '{field}' is not of type {kind}") from None
        return found

    # storage/collections/data

    def answer(self, method: str, path: str, query: dict[str, str], payload: str, user: str) -> tuple[int, Any]:
        """A call of storage/collections/data/<collection>[/<key>|/batch_save]; (status, JSON)."""
        name, _, rest = path.strip("/").partition("/")
        try:
            if rest == "batch_save" and method == "POST":
                return 200, self._batch_save(name, json.loads(payload), user)
            if rest:
                return self._one(method, name, unquote(rest), payload, user)
            if method == "POST":
                return 201, {"_key": self.insert(name, json.loads(payload), user)}
            found = _selected(self.rows(name), query)
            if method == "DELETE":
                for document in found:
                    del self.collection(name)[document["_key"]]
                return 200, {}
            return 200, found
        except KvError as error:
            return error.status, {"messages": [{"type": "ERROR", "text": str(error)}]}
        except ValueError as error:
            return 400, {"messages": [{"type": "ERROR", "text": f"JSON in the request is invalid. {error}"}]}

    def _batch_save(self, name: str, documents: list[Document], user: str) -> list[str]:
        if len(documents) > MOST_DOCUMENTS:
            raise KvError(400, f"The batch has {len(documents)} documents, the limit is {MOST_DOCUMENTS}.")
        return [self.insert(name, document, user) for document in documents]

    def _one(self, method: str, name: str, key: str, payload: str, user: str) -> tuple[int, Any]:
        documents = self.collection(name)
        if key not in documents:
            raise KvError(404, "Could not find object.")
        if method == "DELETE":
            del documents[key]
            return 200, {}
        if method == "POST":
            self.insert(name, json.loads(payload) | {"_key": key}, user)
            return 200, {"_key": key}
        return 200, documents[key]


def _typed(value: Any, kind: str) -> Any:
    if kind in ("number", "time"):
        return float(value)
    if kind == "bool":
        if str(value).lower() not in ("true", "false", "1", "0"):
            raise ValueError(value)
        return str(value).lower() in ("true", "1")
    if kind == "array":
        return value if isinstance(value, list) else [value]
    if isinstance(value, dict | list):
        raise TypeError(value)
    return value if isinstance(value, str) else json.dumps(value)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "$gt": lambda have, asked: have is not None and have > asked,
    "$gte": lambda have, asked: have is not None and have >= asked,
    "$lt": lambda have, asked: have is not None and have < asked,
    "$lte": lambda have, asked: have is not None and have <= asked,
    "$ne": lambda have, asked: have != asked,
}


def _selected(documents: list[Document], query: dict[str, str]) -> list[Document]:
    unknown = set(query) - {"query", "limit", "skip", "sort", "fields", "output_mode"}
    if unknown:
        raise NotSupported(f"storage/collections/data with {', '.join(sorted(unknown))}")
    if "query" in query:
        asked = json.loads(query["query"])
        documents = [document for document in documents if _meets(document, asked)]
    for part in reversed(query.get("sort", "").split(",")):
        if part:
            name, _, order = part.partition(":")
            documents = sorted(documents, key=lambda document: _order(document.get(name)), reverse=order == "-1")
    skip, limit = int(query.get("skip", 0)), int(query.get("limit", 0)) or MOST_ROWS
    documents = documents[skip : skip + limit]
    wanted = [name for name in query.get("fields", "").split(",") if name]
    if any(":" in name for name in wanted):
        raise NotSupported("fields that are left out, in storage/collections/data")
    return [{name: value for name, value in document.items() if not wanted or name in wanted} for document in documents]


def _meets(document: Document, asked: Document) -> bool:
    for name, value in asked.items():
        if name == "$and":
            met = all(_meets(document, part) for part in value)
        elif name == "$or":
            met = any(_meets(document, part) for part in value)
        elif name.startswith("$"):
            raise NotSupported(f"{name} in a query of the KV store")
        elif isinstance(value, dict):
            if set(value) - set(_COMPARE):
                raise NotSupported(f"{', '.join(value)} in a query of the KV store")
            met = all(_COMPARE[operator](document.get(name), limit) for operator, limit in value.items())
        else:
            met = document.get(name) == value
        if not met:
            return False
    return True


def _order(value: Any) -> tuple[int, Any]:
    """Nothing before numbers before texts, as the store sorts."""
    if value is None:
        return 0, 0
    return (1, value) if isinstance(value, int | float) else (2, str(value))
