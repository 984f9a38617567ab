"""One call of an alert action: what splunkd says on its input, the rows it is about, and what is told of them."""

import csv
import gzip
import io
import json
import logging
import logging.handlers
import os
import re
import time
from urllib.parse import urlsplit

_LOG_BYTES, _LOGS_KEPT = 10 << 20, 3
_MAX_RESULTS = 256 << 20
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class Unusable(Exception):
    """The call cannot be understood: says why."""


class Alert:
    """The payload (JSON text) of one call. Raises Unusable."""

    def __init__(self, text):
        try:
            payload = json.loads(text)
            self.parameters = {str(name): str(value) for name, value in payload.get("configuration", {}).items()}
            self.session_key = payload["session_key"]
            self.server_uri = payload["server_uri"]
            self.sid = payload["sid"]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Unusable("the payload is not that of an alert action: %s" % type(error).__name__) from None
        self.search_name = str(payload.get("search_name") or "")
        self.app = str(payload.get("app") or "")
        self.user = str(payload.get("owner") or "")
        self._results_file = str(payload.get("results_file") or "")
        self._result = payload.get("result")
        self._result_id = str(payload.get("result_id") or "")
        # A call for each result tells the result's number; older splunkd only put its file into a folder of that name.
        per_result = os.path.basename(os.path.dirname(self._results_file)) == "per_result_alert"
        self.digest_mode = 0 if self._result_id or per_result else 1
        self.action_mode = "saved" if "scheduler" in self.sid else "adhoc"

    def service(self):
        """splunkd, in the name of whoever the search runs for."""
        from splunklib.client import Service

        uri = urlsplit(self.server_uri)
        return Service(
            scheme=uri.scheme,
            host=uri.hostname,
            port=uri.port,
            token=self.session_key,
            owner="nobody",
            app="aiscore",
        )

    def rows(self):
        """[(rid, row)]: each row of the results a dict of text, the values of a multivalue field in a list."""
        if self._results_file and os.path.exists(self._results_file):
            found = _rows_of(self._results_file)
        elif isinstance(self._result, dict) and self._result:
            found = [self._result]
        elif self._results_file:
            raise Unusable("the results file is gone")
        else:
            found = []
        return [(self._rid(number), row) for number, row in enumerate(found)]

    def _rid(self, number):
        if self.digest_mode:
            return str(number)
        found = re.search(r"tmp_(\d+)", os.path.basename(self._results_file))
        return self._result_id or (found.group(1) if found else str(number))


def _rows_of(path):
    try:
        with gzip.open(path, "rb") as file:
            data = file.read(_MAX_RESULTS + 1)
    except (OSError, EOFError) as error:
        raise Unusable("the results file cannot be read: %s" % type(error).__name__) from None
    if len(data) > _MAX_RESULTS:
        raise Unusable("the results file holds more than %d MiB" % (_MAX_RESULTS >> 20))
    csv.field_size_limit(_MAX_RESULTS)
    text = data.decode("utf-8", "replace").replace("\0", "\ufffd")
    return [_row(found) for found in csv.DictReader(io.StringIO(text, newline=""), restval="")]


def _row(found):
    row = {name: value for name, value in found.items() if name and not name.startswith("__mv_")}
    for name in row:
        several = found.get("__mv_" + name)
        if several:
            row[name] = [value.replace("$$", "$") for value in several[1:-1].split("$;$")]
    return row


class Log:
    """The action's log file, in the words that Enterprise Security's panel of adaptive responses looks for."""

    def __init__(self, name, alert, stderr, home=None):
        self._name, self._alert, self._stderr = name, alert, stderr
        self.failed = 0
        self._logger = logging.Logger(name)
        home = home or os.environ.get("SPLUNK_HOME")
        folder = os.path.join(home, "var", "log", "splunk") if home else ""
        if os.path.isdir(folder):
            path = os.path.join(folder, name + "_modalert.log")
            handler = logging.handlers.RotatingFileHandler(path, maxBytes=_LOG_BYTES, backupCount=_LOGS_KEPT)
            handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(message)s"))
            self._logger.addHandler(handler)

    def tell(self, signature, status="", rid="", row=None):
        """One line; `status` is success, failure or nothing yet. Failures go to splunkd.log too."""
        row = row or {}
        words = (
            ("worker", ""),
            ("signature", signature),
            ("action_name", self._name),
            ("search_name", self._alert.search_name),
            ("sid", self._alert.sid),
            ("orig_sid", row.get("orig_sid", "")),
            ("rid", rid),
            ("orig_rid", row.get("orig_rid", "")),
            ("app", self._alert.app),
            ("user", self._alert.user),
            ("digest_mode", self._alert.digest_mode),
            ("action_mode", self._alert.action_mode),
            ("action_status", status),
        )
        line = "sendmodaction - " + " ".join('%s="%s"' % (name, plain(value)) for name, value in words)
        failure = status == "failure"
        self.failed += failure
        self._logger.log(logging.ERROR if failure else logging.INFO, "%s", line)
        if failure:
            self._stderr.write("ERROR %s\n" % line)

    def close(self):
        """Nothing more is told."""
        for handler in self._logger.handlers:
            handler.close()


class _Formatter(logging.Formatter):
    converter = time.gmtime
    default_msec_format = "%s,%03d+0000"


def plain(value):
    """Text that stays within its quotes and on its line.

    >>> plain('a "b"' + chr(10) + 'sendmodaction')
    "a 'b' sendmodaction"
    """
    return _UNPRINTABLE.sub(" ", str(value)).replace('"', "'").replace("\\", "/")[:500]
