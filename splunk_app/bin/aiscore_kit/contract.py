"""The fields a model needs, asked for while splunkd waits to learn which fields to send.

splunkd starts a command several times for one search, so the answer is kept on disk for a minute; the file
holds field names only. Not knowing is never an error: then every field is asked for.
"""

import csv
import hashlib
import io
import json
import os
import tempfile
import time
from collections import namedtuple

LIMIT_S = 1.0
FRESH_S = 60.0
STALE_S = 86400.0
_ROLES = ("entity", "scope", "time", "input", "id", "risk", "peers")

Contract = namedtuple("Contract", "fields ids")


def parse(body):
    """A Contract from the sidecar's reply: rows of ordinal, field, role.

    >>> parse(b"ordinal,field,role\\n0,user,entity\\n1,_time,time\\n2,_time,id\\n")
    Contract(fields=('user', '_time'), ids=('_time',))
    """
    pairs = roles(body)
    fields = tuple(dict.fromkeys(field for field, _ in pairs))
    return Contract(fields, tuple(field for field, role in pairs if role == "id"))


def roles(body):
    """The pairs (field, role) of the sidecar's reply, or ValueError; a field may have several roles."""
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8"), newline="")))
    pairs = [(row["field"], row["role"]) for row in rows]
    if not pairs or any(role not in _ROLES or not field for field, role in pairs):
        raise ValueError("not a contract")
    return pairs


class Cache:
    """Contracts on disk, one small file a model, in `folder` (None: nothing is kept). Faults are never raised."""

    def __init__(self, folder, clock=time.time):
        self._folder = folder
        self._clock = clock

    def get(self, model, max_age_s):
        """The model's Contract if one not older than `max_age_s` is kept, else None."""
        try:
            with open(self._path(model), encoding="utf-8") as file:
                kept = json.load(file)
            age = self._clock() - kept["at"]
            if kept["model"] != model or not -60 <= age <= max_age_s:
                return None
            return Contract(tuple(map(str, kept["fields"])), tuple(map(str, kept["ids"])))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, model, contract):
        """Keep it; a reader never sees half a file."""
        entry = {"at": self._clock(), "model": model, "fields": contract.fields, "ids": contract.ids}
        try:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            number, path = tempfile.mkstemp(dir=self._folder)
            with os.fdopen(number, "w", encoding="utf-8") as file:
                json.dump(entry, file)
            os.replace(path, self._path(model))
        except (OSError, TypeError):
            pass

    def _path(self, model):
        return os.path.join(self._folder, "contract-%s.json" % hashlib.sha256(model.encode()).hexdigest()[:24])


def cache_folder():
    """Where Splunk keeps what may vanish, or None outside Splunk."""
    home = os.environ.get("SPLUNK_HOME")
    return os.path.join(home, "var", "run", "splunk", "aiscore") if home else None
