"""What every kind of command does the same way: messages, chunks as bytes, endings, and the way to the sidecar."""

import logging
import os
import re
import sys
import traceback
from contextlib import suppress
from urllib.parse import quote

from aiscore_kit import frames, libraries, pipeline, settings
from aiscore_kit.ahead import Ahead
from aiscore_kit.client import Sidecar
from aiscore_kit.failure import Cancelled, Failure
from aiscore_kit.ticket import Tickets
from aiscore_kit.watch import Deadline, HangUp, within

_ILLEGAL = re.compile(r"Illegal value: (\w+)=")


def _is_harmless(record):
    """splunklib logs what it got with getinfo, the session key among it, at DEBUG."""
    return "session_key" not in record.getMessage()


# A filter stays whatever levels and handlers a logging.conf sets.
logging.getLogger("splunklib").addFilter(_is_harmless)


class Chunked:
    """Stands before a splunklib command class: `act(frame)` returns a chunk's reply body (bytes)."""

    # splunklib adds these to every command's options. They would let any user load a logging configuration from
    # disk or write events to disk, so they are taken away here.
    logging_configuration = None
    logging_level = None
    record = False
    show_configuration = False
    phase = "reduce"

    _known_settings = None
    _known_sidecar = None
    _settings_begun = None
    _tickets = None
    _hang_up = None

    def act(self, frame):
        """The reply body for one chunk."""
        raise NotImplementedError

    def write_error(self, message, *args):
        """As splunklib's, but text is never taken for a format: braces in it would kill the command."""
        text = message.format(*args) if args else message
        match = _ILLEGAL.match(text)
        if match:
            text += " (expected: %s)" % self.options[match.group(1)].validator.expected
        self._record_writer.write_message("ERROR", "{}", text)

    def stop(self, text):
        """End the search with this error: no row of the current chunk leaves."""
        self.write_error("{}", text)
        sys.exit(1)

    def prepare(self):
        """Called by splunklib before it answers getinfo."""
        if self.fieldnames:
            self.stop('unexpected argument "%s": put lists in quotes, as in fields="a, b"' % self.fieldnames[0])

    def _execute(self, ifile, process):
        stream = self._as_binary_stream(ifile)
        self._hang_up = HangUp(stream)
        # What goes wrong so early the first chunk meets again, and can tell of it there.
        with suppress(Exception):
            self.begin()
        try:
            while True:
                frame = frames.read(stream)
                if frame is None:
                    return
                self._take(frame)
        except frames.Truncated as error:
            self._record_writer.is_flushed = False
            self.stop("input truncated: %s; the rows of this chunk are not complete" % error)
        except (Cancelled, BrokenPipeError, KeyboardInterrupt):
            # Nobody listens any more: a reply, a message or a traceback would have no reader.
            os._exit(1)

    def _take(self, frame):
        if frame.metadata.get("action") != "execute":
            self.stop("expected an execute chunk, not %s" % frame.metadata.get("action"))
        self._finished = self._hang_up.last_chunk = bool(frame.metadata.get("finished"))
        self._record_writer.is_flushed = False
        body = self.act(frame)
        self._answer(body)

    def _answer(self, body):
        writer = self._record_writer
        metadata = {"inspector": dict(writer._inspector)} if writer._inspector else {}
        metadata["finished"] = self._finished
        frames.write(writer.ofile, metadata, body)
        writer._clear()
        writer.is_flushed = True

    # The way to the sidecar.

    def begin(self):
        """Get ready what the first request needs: three things that do not wait for one another.

        Called when splunkd is about to prepare the first chunk, or earlier by who needs the sidecar earlier.
        """
        if self._tickets is None:
            self._tickets = Tickets(self.service)
            self._tickets.begin()
            self._settings_begun = Ahead(lambda: settings.load(self.service))
            Ahead(libraries.load_requests)

    def settings(self, deadline):
        """aiscore.conf [sidecar], read once."""
        if self._known_settings is None:
            self.begin()
            begun, self._settings_begun = self._settings_begun, None
            load = begun.result if begun else lambda: settings.load(self.service)
            self._known_settings = within(deadline, load, self._gone)
        return self._known_settings

    def sidecar(self, deadline):
        """The client, made once."""
        if self._known_sidecar is None:
            self._known_sidecar = Sidecar(self.settings(deadline), self._tickets, self._gone)
        return self._known_sidecar

    def patience(self):
        """How long settings may take when we do not know them yet."""
        return Deadline(10.0)

    def _gone(self):
        return self._hang_up is not None and self._hang_up()

    def search_key(self):
        """(search id, position of this command in the search): with a number it names one request for ever."""
        info = self.metadata.searchinfo
        return str(getattr(info, "sid", "")), pipeline.position(getattr(info, "search", ""), self.name, info.args)

    def search_header(self, seq):
        """The header that tells the sidecar which search, command and chunk a request belongs to."""
        sid, position = self.search_key()
        return {"AIScore-Search": "%s/%d/%d" % (quote(sid, safe="@:~"), position, seq)}

    def note_crash(self):
        """Tell search.log of a fault of ours."""
        sys.stderr.write("ERROR aiscore: " + traceback.format_exc().replace("\n", " | ") + "\n")

    def explain_failure(self, failure):
        """One line for people: what happened, how to mend it, and where to look."""
        request_id = self._known_sidecar.request_id if self._known_sidecar else ""
        where = " [aiscore_request_id=%s]" % request_id if request_id else ""
        return "%s: %s. To mend: %s%s" % (failure.note, failure.text.rstrip("."), failure.mend, where)


def crash():
    """The Failure that stands for a fault of ours."""
    return Failure("internal", "the command met an unexpected %s" % sys.exc_info()[0].__name__)
