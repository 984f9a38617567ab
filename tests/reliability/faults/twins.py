"""The guards of this part, each taken out once."""

from tests.reliability.twin import Twin

KIT = "splunk_app/bin/aiscore_kit"
FAULTS = "tests/reliability/faults/test_faults.py"
KIND = f"{FAULTS}::test_a_fault_loses_no_event"
AISCORE = "tests/splunk_app/test_aiscore.py"

TWINS: tuple[Twin, ...] = (
    Twin(
        "no total deadline, only a socket's timeout",
        f"{KIT}/watch.py",
        "            if not deadline.left():",
        "            if deadline.seconds < 0:",
        f"{KIND}[DNS hang]",
    ),
    Twin(
        "cancel not looked at", f"{KIT}/watch.py", "            if gone():", "            if False:", f"{KIND}[SIGPIPE]"
    ),
    Twin(
        "circuit never opens",
        f"{KIT}/circuit.py",
        "        if self._in_a_row >= OPEN_AFTER and",
        "        if self._in_a_row < 0 and",
        f"{FAULTS}::test_a_dead_sidecar_is_soon_no_longer_asked",
    ),
    Twin(
        "back to http where TLS fails",
        f"{KIT}/client.py",
        '            raise Failure("tls", "no trusted connection: %s" % _inmost(error)) from None',
        '            self._settings = self._settings._replace(url="http" + self._settings.url[5:])\n'
        "            return self._once(request, deadline)",
        f"{KIND}[plaintext on the TLS port]",
    ),
    Twin(
        "401 tried again without end",
        f"{KIT}/client.py",
        '"auth": (1, 0.0)',
        '"auth": (99, 0.0)',
        f"{AISCORE}::test_what_may_pass_is_tried_again_and_no_more",
    ),
    Twin(
        "a late request is sent all the same",
        f"{KIT}/client.py",
        "        if not deadline.left():\n            # Nobody",
        "        if False:\n            # Nobody",
        f"{AISCORE}::test_a_ticket_that_comes_too_late_spoils_no_later_chunk",
    ),
    Twin(
        "sending within the time for connecting",
        f"{KIT}/client.py",
        "data=io.BytesIO(request.body) if request.body else request.body,",
        "data=request.body,",
        f"{FAULTS}::test_a_slow_line_is_no_dead_sidecar",
    ),
    Twin(
        "session key in the log",
        f"{KIT}/command.py",
        'logging.getLogger("splunklib").addFilter(_is_harmless)',
        "",
        f"{AISCORE}::test_no_secret_is_logged_at_debug",
    ),
    Twin(
        "no request id in the warning",
        f"{KIT}/command.py",
        'where = " [aiscore_request_id=%s]" % request_id if request_id else ""',
        'where = ""',
        f"{AISCORE}::test_a_fault_labels_every_row_and_warns_once",
    ),
    Twin(
        "a preview is scored",
        f"{KIT}/score.py",
        '        if preview:\n            raise Failure("preview"',
        '        if False:\n            raise Failure("preview"',
        f"{AISCORE}::test_a_preview_is_labelled_and_never_asked",
    ),
    Twin(
        "on_error=fail ignored",
        f"{KIT}/score.py",
        '        return chosen == "fail"',
        "        return False",
        f"{AISCORE}::test_on_error_fail_lets_no_row_of_the_chunk_out",
    ),
    Twin(
        "a made-up score where there is none",
        f"{KIT}/outputs.py",
        '    blank = b"," * (len(SUFFIXES) - 3)',
        '    blank = b"0.0" + b"," * (len(SUFFIXES) - 3)',
        f"{KIND}[refused]",
    ),
    Twin(
        "digest of a part unchecked",
        f"{KIT}/gather.py",
        '        if facts(answer).get("digest") != request.headers["AIScore-Digest"]:',
        "        if False:",
        "tests/splunk_app/test_fit_and_models.py::test_a_fit_that_fails_ends_the_search",
    ),
    Twin(
        "slow settings never counted",
        f"{KIT}/score.py",
        "self.settings(Deadline(self._circuit.seconds(_PATIENCE_S)))",
        "self.settings(self.patience())",
        f"{AISCORE}::test_settings_that_never_come_are_soon_no_longer_waited_for",
    ),
)
