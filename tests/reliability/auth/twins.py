"""The guards of this part, each taken out once."""

from tests.reliability.twin import Twin

HERE = "tests/reliability/auth"
MATRIX = f"{HERE}/test_matrix.py::test_every_rule_holds_for_every_credential"
LETTERS = f"{HERE}/test_letters.py::test_no_altered_ticket_lets_anybody_in"
TOKENS = f"{HERE}/test_letters.py::test_no_altered_token_lets_anybody_in"
CERTIFICATES = f"{HERE}/test_tls.py::test_no_wrong_certificate_hears_a_byte"
SHARED = "tests/sidecar/test_shared_secret.py"
KIT = "splunk_app/bin/aiscore_kit"

TWINS: tuple[Twin, ...] = (
    Twin(
        "ticket unchecked",
        "sidecar/tickets.py",
        "    if not any(hmac.compare_digest(",
        "    if False and not any(hmac.compare_digest(",
        LETTERS,
    ),
    Twin(
        "seal compared by its beginning",
        "sidecar/tickets.py",
        "hmac.compare_digest(_raw(signature), _signature(head, secret).encode())",
        "_signature(head, secret).encode().startswith(_raw(signature))",
        LETTERS,
    ),
    Twin(
        "expiry unchecked",
        "sidecar/tickets.py",
        "    if not left_s >= -TOLERANCE_S:",
        "    if left_s != left_s:",
        MATRIX,
    ),
    Twin(
        "far future unchecked",
        "sidecar/tickets.py",
        "    if left_s > LIFETIME_S + TOLERANCE_S:",
        "    if left_s != left_s:",
        MATRIX,
    ),
    Twin(
        "any name taken",
        "sidecar/tickets.py",
        '        if is_name(payload["user"]) and',
        '        if str(payload["user"]) and',
        MATRIX,
    ),
    Twin(
        "scope unchecked on one route",
        "sidecar/api/jobs.py",
        "        g.caller.need(SCOPE)\n",
        "",
        MATRIX,
    ),
    Twin(
        "change of models with a lesser scope",
        "sidecar/tasks/models.py",
        'return "admin" if options.action in KINDS and not options.job else "score"',
        'return "admin" if options.action in KINDS - {"retire"} and not options.job else "score"',
        MATRIX,
    ),
    Twin(
        "new route without a rule",
        "sidecar/api/health.py",
        '    @blueprint.get("/openapi.json")\n',
        '    @blueprint.get("/debug")\n    def debug() -> Response:\n        return jsonify(status="ok")\n\n'
        '    @blueprint.get("/openapi.json")\n',
        f"{HERE}/test_matrix.py::test_what_is_offered_and_not_ruled_is_named",
    ),
    Twin(
        "one more open path",
        "sidecar/api/gate.py",
        'OPEN = frozenset({"/healthz", "/readyz"})',
        'OPEN = frozenset({"/healthz", "/readyz", "/openapi.json"})',
        MATRIX,
    ),
    Twin(
        "door open to a path that only begins like an open one",
        "sidecar/api/around.py",
        "        if request.path not in OPEN:\n            g.caller",
        "        if not request.path.startswith(tuple(OPEN)):\n            g.caller",
        MATRIX,
    ),
    Twin("revocation ignored", "sidecar/tokens.py", " or known.revoked:", ":", MATRIX),
    Twin(
        "token compared by its beginning",
        "sidecar/tokens.py",
        'right = hmac.compare_digest(_hash(secret), known.hash if known else "0" * 64)',
        'right = (known.hash if known else "0" * 64)[:1] == _hash(secret)[:1]',
        TOKENS,
    ),
    Twin(
        "former secret not accepted",
        "sidecar/shared_secret.py",
        "        return (self.present, self.former) if self.former and now < self.until else (self.present,)",
        "        return (self.present,)",
        f"{SHARED}::test_a_forgotten_one_is_refused_by_the_next_request",
    ),
    Twin(
        "forgotten secret still accepted",
        "sidecar/shared_secret.py",
        "        if marks != self._seen[0]:",
        "        if self._seen[0] is None:",
        f"{SHARED}::test_a_forgotten_one_is_refused_by_the_next_request",
    ),
    Twin(
        "former secret never ends",
        "sidecar/shared_secret.py",
        "if self.former and now < self.until else",
        "if self.former else",
        f"{SHARED}::test_both_are_accepted_until_the_former_ends",
    ),
    Twin(
        "secret in a repr",
        "sidecar/shared_secret.py",
        "    present: bytes = field(repr=False)",
        "    present: bytes",
        f"{HERE}/test_canaries.py::test_no_object_tells_a_secret",
    ),
    Twin(
        "credential in the log",
        "sidecar/api/around.py",
        '        "user": g.user,',
        '        "user": g.user or request.headers.get("Authorization"),',
        f"{HERE}/test_canaries.py::test_every_rule_with_every_credential_shows_no_secret",
    ),
    Twin(
        "certificate unchecked",
        f"{KIT}/client.py",
        "                session.verify = self._settings.ca_file",
        "                session.verify = False",
        CERTIFICATES,
    ),
    Twin(
        "strength of keys left to OpenSSL",
        f"{KIT}/trust.py",
        "create_urllib3_context(ciphers=_CIPHERS)",
        "create_urllib3_context()",
        CERTIFICATES,
    ),
    Twin(
        "redirect followed",
        f"{KIT}/client.py",
        "                allow_redirects=False,",
        "                allow_redirects=True,",
        f"{HERE}/test_tls.py::test_no_redirect_is_followed",
    ),
    Twin(
        "environment trusted",
        f"{KIT}/client.py",
        "            session.trust_env = False\n",
        "",
        f"{HERE}/test_tls.py::test_the_environment_leads_nowhere",
    ),
    Twin(
        "capability unchecked when a secret is stored",
        f"{KIT}/ticket_handler.py",
        '    if "aiscore_admin" not in _capabilities(request):',
        "    if not _capabilities(request):",
        f"{HERE}/test_handler.py::test_odd_requests_get_neither_tickets_nor_secrets",
    ),
    Twin(
        "a ticket without a capability",
        f"{KIT}/ticket_handler.py",
        "    if not scopes:\n",
        "    if scopes is None:\n",
        f"{HERE}/test_handler.py::test_odd_requests_get_neither_tickets_nor_secrets",
    ),
    Twin(
        "secret in an error of the ticket service",
        f"{KIT}/ticket_handler.py",
        '        detail = "the ticket service met an unexpected %s" % type(error).__name__',
        '        detail = "the ticket service met an unexpected %r" % error',
        f"{HERE}/test_handler.py::test_odd_requests_get_neither_tickets_nor_secrets",
    ),
)
