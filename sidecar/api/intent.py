"""What a request wants done, as a ledger key: the same request again has the same, and does nothing twice.

A search sends a request again as it was, under the same `AIScore-Search: <sid>/<position>/<seq>`; run again, it has
another sid. Clients that are no search may name a request by `AIScore-Request-Id`. Keys are JSON lists, because names
may hold spaces.
"""

import json
import re
from collections.abc import Iterable

SEARCH = re.compile(r"[!-.0-~]{1,400}/[0-9]{1,9}/[0-9]{1,9}")


def of_session(user: str, session: str) -> str:
    """The commit of a fit session: whatever else is asked, a session is fitted once."""
    return json.dumps(["session", user, session])


def of_request(user: str, request_id: str) -> str:
    """A slow verb on the rows of one request."""
    return json.dumps(["request", user, request_id])


def of_change(user: str, search: str, request_id: str, asked: Iterable[tuple[str, str]]) -> str:
    """A change that is done at once. What is asked belongs to it: another change of the same search is another.

    >>> of_change("ann", "1700000000.12/1/0", "c0ffee", [("model", "logon"), ("action", "rollback")])
    '["change", "ann", "search", "1700000000.12/1/0", [["action", "rollback"], ["model", "logon"]]]'
    """
    origin = ("search", search) if SEARCH.fullmatch(search) else ("request", request_id)
    return json.dumps(["change", user, *origin, sorted(map(list, asked))])
