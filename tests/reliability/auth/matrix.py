"""Every route asked by every method with every credential, and what each answer has to be."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from tests.reliability.auth.credentials import Credential
from tests.reliability.auth.rules import METHODS, RULES, UNKNOWN, Rule

TOKEN_REFUSED = "the token is unknown or revoked"


class Reply(NamedTuple):
    """What came back; header names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Cell(NamedTuple):
    """One question: `rule` is what decides (None: the path is of no route, or has no such method)."""

    method: str
    url: str
    body: bytes
    credential: Credential
    rule: Rule | None
    known: bool

    @property
    def name(self) -> str:
        """The question in words."""
        return f"{self.method} {self.url} with {self.credential.name}"


Ask = Callable[[Cell], Reply]


def cells(credentials: Iterable[Credential]) -> Iterator[Cell]:
    """All questions there are."""
    for credential in credentials:
        for rule in RULES:
            for method in METHODS:
                yield Cell(method, rule.url, rule.body, credential, _deciding(rule, method), True)
        for url in UNKNOWN:
            for method in METHODS:
                yield Cell(method, url, b"", credential, None, False)


def _deciding(rule: Rule, method: str) -> Rule | None:
    return rule if method == rule.method or (method == "HEAD" and rule.method == "GET") else None


def expected(cell: Cell) -> int:
    """The status that is right."""
    open_path = cell.known and any(rule.open and rule.url == cell.url for rule in RULES)
    opens = cell.credential.opens
    if opens is None and not open_path:
        return 401
    if cell.rule is None:
        return 405 if cell.known else 404
    needed = cell.rule.scopes
    return 403 if needed and not needed & (opens or set()) else cell.rule.answer


def faults(cell: Cell, reply: Reply) -> list[str]:
    """What is wrong with an answer, in words; nothing when it is right."""
    right = expected(cell)
    found = [] if reply.status == right else [f"{cell.name}: {reply.status}, not {right}"]
    if right not in (401, 403) or found:
        return found
    if right == 401 and reply.headers.get("www-authenticate") != "Bearer":
        found.append(f"{cell.name}: does not say how to be let in")
    if cell.method != "HEAD":
        found += _told(cell, reply, "unauthenticated" if right == 401 else "scope")
    return found


def _told(cell: Cell, reply: Reply, code: str) -> Iterator[str]:
    problem = json.loads(reply.body)
    if problem["code"] != code:
        yield f"{cell.name}: code {problem['code']}, not {code}"
    if code == "scope" and not any(f"'{scope}'" in problem["detail"] for scope in cell.rule.scopes if cell.rule):
        yield f"{cell.name}: does not name the scope that is needed: {problem['detail']}"
    # An unknown token and a known one that is revoked or altered must look the same.
    if cell.credential.name.startswith("token ") and code == "unauthenticated":
        is_ticket = (cell.credential.header or "").startswith("Bearer t1.")
        if not is_ticket and problem["detail"] != TOKEN_REFUSED:
            yield f"{cell.name}: tells something of the token: {problem['detail']}"


def sample(questions: Iterable[Cell], each: int) -> Iterator[Cell]:
    """Every cell that a rule decides, and one in `each` of those that only the method or the path decides.

    `each` has to be no multiple of the number of methods, so that every method has its turn.
    """
    others = 0
    for cell in questions:
        others += cell.rule is None
        if cell.rule is not None or others % each == 0:
            yield cell


def asked(questions: Iterable[Cell], ask: Ask) -> tuple[int, list[str]]:
    """Ask them all: how many, and what was wrong."""
    count, wrong = 0, []
    for cell in questions:
        count += 1
        wrong += faults(cell, ask(cell))
    return count, wrong
