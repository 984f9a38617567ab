"""Cutting a search's text into pieces where quotes and brackets allow it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.splunkd.spl.errors import SplError

_PIECE = re.compile(r'"(?:\\.|[^"\\])*"|```.*?```|.', re.DOTALL)


def pieces(text: str) -> Iterator[tuple[int, str]]:
    """(place, piece): a whole quoted text, a whole comment, or one letter.

    >>> [piece for _, piece in pieces('a"|"')]
    ['a', '"|"']
    """
    for found in _PIECE.finditer(text):
        if found[0] == '"':
            raise SplError(f"a quote is not closed: {place(text, found.start())}")
        if found[0] == "`" and text.startswith("```", found.start()):
            raise SplError(f"a comment is not closed: {place(text, found.start())}")
        yield found.start(), found[0]


def place(text: str, at: int) -> str:
    """The text around a place, for messages."""
    before = "..." if at > 20 else ""
    return f"{before}{text[max(at - 20, 0) : at]} >>> {text[at : at + 40]}"


def without_comments(text: str) -> str:
    """The text without its ```comments```; each leaves a blank."""
    return "".join(" " if piece.startswith("```") else piece for _, piece in pieces(text))


def stages(text: str) -> list[str]:
    """The text between the pipes that stand outside quotes and brackets."""
    return _split(text, "|")


def _split(text: str, at_letter: str) -> list[str]:
    found, start, depth = [], 0, 0
    for at, piece in pieces(text):
        depth += (piece == "[") - (piece == "]")
        if depth < 0:
            raise SplError(f"a bracket is not opened: {place(text, at)}")
        if piece == at_letter and depth == 0:
            found.append(text[start:at])
            start = at + 1
    if depth:
        raise SplError(f"a bracket is not closed: {place(text, text.index('['))}")
    return [*found, text[start:]]


def subsearches(text: str) -> tuple[str, list[str]]:
    """The stage with each outermost `[...]` as its number in brackets, and what stood inside them.

    >>> subsearches('append [makeresults | eval a="]"]')
    ('append [0]', ['makeresults | eval a="]"'])
    """
    inside: list[str] = []
    outer, start, depth = "", 0, 0
    for at, piece in pieces(text):
        if piece == "[":
            start = at + 1 if depth == 0 else start
            depth += 1
        elif piece == "]":
            depth -= 1
            if depth == 0:
                outer += f"[{len(inside)}]"
                inside.append(text[start:at])
        elif depth == 0:
            outer += piece
    return outer, inside


def clauses(text: str, *keywords: str) -> dict[str, str]:
    """The text cut at words that stand outside quotes and parentheses; what comes before the first is under "".

    >>> clauses("count BY a, b", "by")
    {'': 'count', 'by': 'a, b'}
    """
    found: dict[str, str] = {}
    keyword, start, depth, word_end = "", 0, 0, 0
    for at, piece in pieces(text):
        depth += (piece == "(") - (piece == ")")
        if depth or at < word_end or not (at == 0 or text[at - 1].isspace() or text[at - 1] in ')"'):
            continue
        word = re.match(r"\w+(?=[\s\"(\[]|$)", text[at:])
        if word and word[0].lower() in keywords:
            found[keyword] = text[start:at].strip()
            keyword, start, word_end = word[0].lower(), at + len(word[0]), at + len(word[0])
            if keyword in found:
                raise SplError(f"{keyword} stands twice: {place(text, at)}")
    return found | {keyword: text[start:].strip()}


def arguments(text: str) -> list[str]:
    """A custom command's arguments as splunkd hands them over: blanks and commas outside quotes part them.

    >>> arguments('model=m fields="a, b",wait=9')
    ['model=m', 'fields="a, b"', 'wait=9']
    """
    found = [""]
    for _, piece in pieces(text):
        if piece.isspace() or piece == ",":
            found.append("")
        else:
            found[-1] += piece
    return [word for word in found if word]


def unescaped(text: str) -> str:
    """A quoted text without its quotes; a backslash is undone before a quote and before a backslash.

    >>> unescaped(r'"a \\"b\\" \\\\ \\d"')
    'a "b" \\\\ \\\\d'
    """
    return re.sub(r'\\(["\\])', r"\1", text[1:-1])
