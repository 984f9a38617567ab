"""Scoring the rows of a result again: old and new score beside one another, as one event a row in the summary index.

No risk is raised here: what a second look means is for the analyst who asked for it.
"""

import csv
import io
import json
import re
import time
from urllib.parse import quote

from aiscore_kit import cells, contract, outputs, settings
from aiscore_kit.alert import Alert, Log, Unusable, plain
from aiscore_kit.client import Sidecar, csv_request
from aiscore_kit.entity_events import behind, is_entity
from aiscore_kit.failure import Failure
from aiscore_kit.length import Length
from aiscore_kit.options import model_name
from aiscore_kit.reply import ReplyReader, mark_clipped
from aiscore_kit.rows import Rows
from aiscore_kit.ticket import Tickets
from aiscore_kit.watch import Deadline
from aiscore_kit.wire import Wire

NAME = "aiscore_rescore"
SOURCE, SOURCETYPE = "AIScore - Rescored", "aiscore:rescore"
_INDEX = re.compile(r"""\s*index\s*=\s*"?([A-Za-z0-9_][A-Za-z0-9_-]{0,79})"?\s*""")
_PACKED = "||"
_MOST_ROWS = 500
# Without these a score would be nobody's, or of no time.
_NEEDED = ("entity", "time")


def main(arguments, stdin, stderr):
    """The exit code: 0 all rows rescored, 1 not all (the log says which and why), 2 the call was not understood."""
    if arguments != ["--execute"]:
        stderr.write("FATAL %s is run by splunkd, with --execute\n" % NAME)
        return 2
    try:
        alert = Alert(stdin.read())
    except Unusable as error:
        stderr.write("FATAL %s\n" % error)
        return 2
    log = Log(NAME, alert, stderr)
    log.tell("Invoking modular action")
    try:
        Rescore(alert, log).run()
    except (Unusable, Failure) as error:
        log.tell(_words(error), "failure")
    except Exception as error:
        log.tell("the action met an unexpected %s" % type(error).__name__, "failure")
    finally:
        log.close()
    return 1 if log.failed else 0


class Rescore:
    """One call: its rows, model by model, to the sidecar, and what comes back into the index."""

    def __init__(self, alert, log):
        self._alert, self._log = alert, log
        self._service = alert.service()
        self._seq = 0

    def run(self):
        """All rows. What concerns one row or one model is told and passed over; the rest raises."""
        rows = self._events(self._alert.rows())
        if not rows and not self._log.failed:
            self._log.tell("The search has no results: nothing to score", "success")
            return
        if len(rows) > _MOST_ROWS:
            raise Unusable("%d results, at most %d are scored again" % (len(rows), _MOST_ROWS))
        groups = {}
        for rid, row in rows:
            model = model_of(row, self._alert.parameters)
            if model:
                groups.setdefault(model, []).append((rid, row))
            else:
                self._log.tell("The result names no model and none is set", "failure", rid, row)
        if groups:
            self._index = self._index_name()
            self._settings = settings.load(self._service)
            self._sidecar = Sidecar(self._settings, Tickets(self._service))
        for model, found in groups.items():
            try:
                self._model(model, found)
            except Failure as failure:
                for rid, row in found:
                    self._log.tell(_words(failure), "failure", rid, row)

    def _events(self, rows):
        """The rows; in place of one about an entity those of its events."""
        found = []
        for rid, row in rows:
            if not is_entity(row):
                found.append((rid, row))
                continue
            events = behind(self._service, row, _MOST_ROWS)
            if not events:
                self._log.tell("No events of this entity are left in the summary index", "failure", rid, row)
            found += [(rid, event) for event in events]
        return found

    def _index_name(self):
        """The index that macro aiscore_index names, where all scores are kept."""
        try:
            reply = self._service.get(
                "configs/conf-macros/aiscore_index", owner="nobody", app="aiscore", sharing="app", output_mode="json"
            )
            definition = json.loads(reply.body.read().decode("utf-8"))["entry"][0]["content"]["definition"]
        except Exception as error:
            raise Unusable("macro aiscore_index could not be read: %s" % type(error).__name__) from None
        found = _INDEX.fullmatch(definition)
        if not found:
            raise Unusable("macro aiscore_index names no single index: %s" % plain(definition))
        return found.group(1)

    def _model(self, model, rows):
        roles = self._roles(model)
        fields = list(dict.fromkeys(field for field, _ in roles))
        needed = [field for field, role in roles if role in _NEEDED]
        usable = []
        for rid, row in rows:
            inputs = inputs_of(row, fields)
            lacking = [field for field in needed if not inputs[field]]
            if lacking:
                self._log.tell("The result lacks %s" % ", ".join(lacking), "failure", rid, row)
            else:
                usable.append((rid, row, inputs))
        if usable:
            scores = self._scores(model, fields, [inputs for _, _, inputs in usable])
            for (rid, row, inputs), score in zip(usable, scores):
                self._keep(rid, row, inputs, model, score)

    def _roles(self, model):
        deadline = Deadline(self._settings.chunk_deadline_s)
        params = {"action": "contract", "model": model}
        request = csv_request("POST", "/v1/models", params, b"", self._header(), 1 << 20)
        answer = self._sidecar.ask(request, deadline.left())
        try:
            return contract.roles(answer.body)
        except (ValueError, KeyError, TypeError):
            raise Failure("bad_response", "the sidecar's contract is not of the agreed form") from None

    def _scores(self, model, fields, inputs):
        """The output fields of each row, by name."""
        wire_rows = Rows(body_of(fields, inputs))
        length = Length(fields, "all", int(self._settings.max_reply_mb * (1 << 20)))
        wire = Wire(wire_rows, fields, length.rows)
        reader, found = ReplyReader("ai_"), []
        for body, count in wire.parts:
            deadline = Deadline(self._settings.chunk_deadline_s)
            params = {"model": model, "explain": "all", "prefix": "ai_"}
            request = csv_request("POST", "/v1/score", params, body, self._header(), length.of(count))
            answer = self._sidecar.ask(request, deadline.left())
            found += reader.suffixes(answer.body, count, answer.headers.get("AIScore-Model", ""))
        mark_clipped(found, wire.clipped)
        names = outputs.names("ai_")
        return [dict(zip(names, (cells.value(cell).decode("utf-8") for cell in cells.split(line)))) for line in found]

    def _header(self):
        self._seq += 1
        return {"AIScore-Search": "%s/0/%d" % (quote(self._alert.sid, safe="@:~"), self._seq)}

    def _keep(self, rid, row, inputs, model, score):
        if score["ai_status"] == "unscored":
            self._log.tell("The result stayed unscored: %s" % score["ai_note"], "failure", rid, row)
            return
        event = event_of(row, inputs, model, score)
        event["orig_action_name"] = NAME
        event["orig_sid"] = one(row.get("orig_sid")) or self._alert.sid
        event["orig_rid"] = one(row.get("orig_rid")) or rid
        event["orig_search_name"] = self._alert.search_name or one(row.get("search_name"))
        event["user_asked"] = self._alert.user
        try:
            self._service.post(
                "/services/receivers/simple",
                index=self._index,
                source=SOURCE,
                sourcetype=SOURCETYPE,
                body=json.dumps(event),
            )
        except Exception as error:
            status = getattr(error, "status", None)
            told = "status %s" % status if status else type(error).__name__
            if status == 403:
                told += ", the capability edit_tcp is missing"
            self._log.tell(
                "The new score could not be written to index %s: %s" % (self._index, told), "failure", rid, row
            )
            return
        told = "Scored again: %s, was %s" % (event["ai_score"], event.get("ai_score_before", "unknown"))
        self._log.tell(told, "success", rid, row)


def model_of(row, parameters):
    """The model to ask: the one that is set, else the one that made the row's score; None where neither is a name.

    >>> model_of({"ai_model": "logon@aaaabbbbcccc/ddddeeeeffff", "model": "Inspiron"}, {})
    'logon'
    """
    made_by = one(row.get("ai_model"))
    row_model = made_by.partition("@")[0] if "@" in made_by else one(row.get("model"))
    name = parameters.get("model", "").strip() or row_model
    try:
        return model_name()(name)
    except ValueError:
        return None


def inputs_of(row, fields):
    """The row's value of each input field.

    A notable has a time of its own and keeps the event's as orig_time, in whole seconds; ai_time has it as it was
    scored. The summary index keeps several values as one text with || between them.
    """
    found = {field: row.get(field) or "" for field in fields}
    if "_time" in found:
        found["_time"] = row.get("ai_time") or row.get("orig_time") or found["_time"]
    if row.get("ai_recipe"):
        found.update((f, v.split(_PACKED)) for f, v in found.items() if isinstance(v, str) and _PACKED in v)
    return found


def body_of(fields, rows):
    """The csv body of these rows; lists go as Splunk's multivalues."""
    several = [field for field in fields if any(isinstance(row[field], list) for row in rows)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(list(fields) + ["__mv_" + field for field in several])
    for row in rows:
        plain_cells = ["\n".join(v) if isinstance(v, list) else v for v in (row[field] for field in fields)]
        writer.writerow(plain_cells + [_encoded(row[field]) for field in several])
    return out.getvalue().encode("utf-8", "replace")


def _encoded(value):
    return ";".join("$%s$" % part.replace("$", "$$") for part in value) if isinstance(value, list) else ""


def event_of(row, inputs, model, score):
    """What is kept: which event, what was said of it before, and what is said now. Nothing that is not known."""
    before_id = one(row.get("ai_event_id"))
    event = {
        "time": "%.3f" % time.time(),
        "ai_record": "rescore",
        "ai_event_id": before_id or score["ai_event_id"],
        "same_input": "unknown" if not before_id else str(before_id == score["ai_event_id"]).lower(),
        "model": model,
        "ai_recipe": one(row.get("ai_recipe")),
        "missing_fields": ",".join(field for field, value in inputs.items() if not value),
    }
    for name in ("ai_score", "ai_severity", "ai_model"):
        event[name + "_before"] = one(row.get(name))
    for name in ("ai_score", "ai_severity", "ai_risk", "ai_reasons", "ai_model", "ai_status", "ai_note"):
        event[name] = score[name]
    return {name: value for name, value in event.items() if value != ""}


def one(value):
    """The text of a field, of a multivalue field the first."""
    value = value[0] if isinstance(value, list) and value else value
    return str(value) if value else ""


def _words(error):
    if isinstance(error, Failure):
        return "%s: %s. To mend: %s" % (error.note, error.text.rstrip("."), error.mend)
    return str(error)
