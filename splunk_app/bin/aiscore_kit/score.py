"""The row by row kind: every row that comes in leaves, once, in order, with the output columns behind it."""

import time
from collections import Counter

from splunklib.searchcommands import StreamingCommand

from aiscore_kit import contract, outputs
from aiscore_kit.circuit import Circuit
from aiscore_kit.client import csv_request
from aiscore_kit.command import Chunked, crash
from aiscore_kit.failure import MENDS, Cancelled, Failure
from aiscore_kit.length import Length
from aiscore_kit.reply import ReplyReader, mark_clipped
from aiscore_kit.rows import Rows
from aiscore_kit.splice import splice
from aiscore_kit.watch import Deadline
from aiscore_kit.wire import Wire

_MAX_CARRY = 8 << 10
_MAX_TOLD = 500
_PATIENCE_S = 10.0
_BUDGET_S = 60.0
_EXPLAIN_S = (0.25, 2.0)
_EXPLAIN_ROW_S = 1e-4


class RowByRow(Chunked, StreamingCommand):
    """Scores each chunk in one request; labels its rows `unscored` when that fails. The shim holds the options."""

    _contract = None
    _carry = ""
    _told = ""
    _seq = 0
    _rows_seen = 0

    def stream(self, records):
        """Not used: rows pass as bytes, never as records."""
        raise NotImplementedError

    # getinfo: which fields splunkd shall send

    def prepare(self):
        """Ask for the contract's fields, and for the output fields in case they exist already."""
        Chunked.prepare(self)
        self._names = outputs.names(self.prefix)
        self._reader = ReplyReader(self.prefix)
        self._unscored = Counter()
        self._failures = {}
        # The budget's default, until the settings are known: splunkd may be as slow as any sidecar.
        self._circuit = Circuit(_BUDGET_S)
        self._contract = self._known_contract()
        self.configuration.required_fields = self._required_fields()

    def _required_fields(self):
        if self.fields == "all" or self._contract is None:
            return ["*"]
        kept = ["orig_" + name for name in self._names]
        return list(dict.fromkeys(list(self._contract.fields) + list(self._names) + kept))

    def _known_contract(self):
        cache = contract.Cache(contract.cache_folder())
        known = cache.get(self.model, contract.FRESH_S)
        if known is None:
            try:
                known = self._asked_contract(Deadline(contract.LIMIT_S))
                cache.put(self.model, known)
            except Exception:
                # Whatever it was, the first chunk meets it again and can tell of it there.
                known = cache.get(self.model, contract.STALE_S)
        return known

    def _asked_contract(self, deadline):
        params = {"action": "contract", "model": self.model}
        request = csv_request("POST", "/v1/models", params, b"", self.search_header(self._seq), 1 << 20)
        answer = self.sidecar(deadline).ask(request, deadline.left())
        return contract.parse(answer.body)

    # execute: one chunk

    def act(self, frame):
        """The chunk's rows with the output columns. Only a fault in labelling itself can raise."""
        came = time.monotonic()
        self._seq += 1
        rows = Rows(frame.body)
        self._rows_seen += len(rows)
        try:
            suffixes = self._suffixes(rows, came, preview=bool(frame.metadata.get("preview")))
            body = splice(rows, self._names, suffixes) if rows.names else b""
        except Failure as failure:
            body = self._labelled(rows, failure)
        except (Cancelled, SystemExit):
            raise
        except Exception:
            self.note_crash()
            body = self._labelled(rows, crash())
        self._tell()
        return body

    def _suffixes(self, rows, came, preview):
        if not len(rows):
            return []
        if preview:
            raise Failure("preview", "the search is a preview")
        started = time.monotonic()
        try:
            found = self._scored(rows, started - came)
        except Failure as failure:
            self._circuit.lost(failure, time.monotonic() - started)
            raise
        self._circuit.answered()
        self.write_metric("aiscore.sidecar", (time.monotonic() - started, 1, len(rows), len(found)))
        return found

    def _scored(self, rows, spent_s):
        known = self.settings(Deadline(self._circuit.seconds(_PATIENCE_S)))
        self._circuit.allow(known.search_budget_s)
        # The reading of the rows counts; as long again is kept for labelling them.
        deadline = Deadline(max(0.0, self._circuit.seconds(known.chunk_deadline_s) - 2 * spent_s))
        fields = self._contract.fields if self._contract else None
        length = Length(fields, self.explain, int(known.max_reply_mb * (1 << 20)))
        wire = Wire(rows, fields, length.rows)
        found, carry = [], self._carry
        for body, count in wire.parts:
            request = self._request(body, count, carry, deadline, length.of(count))
            answer = self.sidecar(deadline).ask(request, deadline.left())
            found += self._reader.suffixes(answer.body, count, answer.headers.get("AIScore-Model", ""))
            carry = answer.headers.get("AIScore-Carry", "")
            self._told = self._told or answer.headers.get("AIScore-Told", "")[:_MAX_TOLD]
            if len(carry) > _MAX_CARRY:
                raise Failure("bad_response", "the reply's carry is too long")
        mark_clipped(found, wire.clipped)
        self._carry = carry
        return found

    def _request(self, body, count, carry, deadline, max_reply):
        headers = self.search_header(self._seq)
        if carry:
            headers["AIScore-Carry"] = carry
        params = {
            "model": self.model,
            "explain": self.explain,
            "prefix": self.prefix,
            "explain_budget_s": "%.3f" % explain_seconds(count, deadline.left()),
        }
        if float(self.warmup_h) > 0:
            params["warmup_h"] = self.warmup_h
        return csv_request("POST", "/v1/score", params, body, headers, max_reply)

    # rows without a score

    def _labelled(self, rows, failure):
        if failure.note != "preview" and self._fails_loud():
            self.stop("aiscore stopped the search (on_error=fail). " + self.explain_failure(failure))
        self._unscored[failure.note] += len(rows)
        self._failures.setdefault(failure.note, self.explain_failure(failure))
        if not rows.names:
            return b""
        ids = self._contract.ids if self._contract else None
        return splice(rows, self._names, outputs.unscored(rows, failure.note, ids))

    def _fails_loud(self):
        chosen = self.on_error
        if chosen is None and self._known_settings is not None:
            chosen = self._known_settings.on_error
        return chosen == "fail"

    def _tell(self):
        """With the last chunk of the search: why rows say nothing to the model, and one warning with counts and reasons
        of the others."""
        if self._finished and self._told:
            words = "aiscore: of a chunk, %s (ai_note=bad_features). To mend: %s"
            self.write_warning("{}", words % (self._told, MENDS["bad_features"]))
        reasons = [note for note in self._unscored if note != "preview"]
        if not self._finished or not reasons:
            return
        count = sum(self._unscored[note] for note in reasons)
        told = " ".join("%d rows %s." % (self._unscored[note], self._failures[note]) for note in reasons)
        self.write_warning("{}", "aiscore: %d of %d rows are unscored. %s" % (count, self._rows_seen, told))


def explain_seconds(count, left_s):
    """How long the sidecar may explain a chunk of `count` rows when explain=auto.

    A tenth of a millisecond a row, so that many small chunks do not cost more than few large ones; and at most a
    quarter of the time left, so that scores always get through.

    >>> [explain_seconds(count, 10) for count in (1, 5000, 50000)], explain_seconds(50000, 1)
    ([0.25, 0.5, 2.0], 0.25)
    """
    least, most = _EXPLAIN_S
    return min(max(least, count * _EXPLAIN_ROW_S), most, left_s / 4)
