"""Which events a recipe reads, as an admin writes it: a few search terms that can never become anything else.

The text goes into a macro, so it is read here word by word and written anew from what was understood: terms
index=, sourcetype=, tag= and eventtype=, the words AND, OR and NOT, and parentheses.
"""

import re

from aiscore_kit.setup_splunkd import Refused

FIELDS = ("index", "sourcetype", "tag", "eventtype")
_LONGEST = 1000
_DEEPEST = 10
_WORD = re.compile(
    r"\s*(?:(?P<mark>[()])|(?P<operator>AND|OR|NOT)(?![^\s()])"
    r"|(?P<field>[A-Za-z]+)=(?:\"(?P<quoted>[A-Za-z0-9_.:*/ @()+,;=#-]+)\"|(?P<bare>[A-Za-z0-9_.:*/-]+))(?![^\s()]))"
)
_MEND = 'write terms such as index=auth sourcetype="linux:auth" tag=authentication, joined by AND, OR and NOT'


def clean(text, field="source"):
    """The terms, written anew. Raises Refused saying where it stops making sense.

    >>> clean('(index=auth  OR index=vpn) tag="authentication"')
    '(index=auth OR index=vpn) tag=authentication'
    """
    if not isinstance(text, str) or not text.strip():
        raise Refused(400, "the source is empty", _MEND, field)
    if len(text) > _LONGEST:
        raise Refused(400, "the source is longer than %d letters" % _LONGEST, "name fewer indexes, or use *", field)
    words = _words(text.rstrip(), field)
    end = _expression(words, 0, 0, field)
    if end < len(words):
        raise _wrong("a closing parenthesis has no opening one", field)
    return _joined(words)


def _words(text, field):
    words, at = [], 0
    while at < len(text):
        found = _WORD.match(text, at)
        if not found or (found.group("field") and found.group("field") not in FIELDS):
            raise _wrong("this cannot be read: %s" % text[at : at + 40].strip(), field)
        words.append(found.group("mark") or found.group("operator") or _term(found))
        at = found.end()
    return words


def _joined(words):
    text = ""
    for word in words:
        text += word if not text or text.endswith("(") or word == ")" else " " + word
    return text


def _term(found):
    value = found.group("bare") or found.group("quoted")
    plain = re.fullmatch(r"[A-Za-z0-9_.:*/-]+", value)
    return "%s=%s" % (found.group("field"), value if plain else '"%s"' % value)


def _expression(words, at, depth, field):
    """Where the terms from `at` on end: at the end of the words, or at a closing parenthesis."""
    at = _operand(words, at, depth, field)
    while at < len(words) and words[at] != ")":
        at = _operand(words, at + (words[at] in ("AND", "OR")), depth, field)
    return at


def _operand(words, at, depth, field):
    while at < len(words) and words[at] == "NOT":
        at += 1
    if at == len(words) or words[at] in ("AND", "OR", ")"):
        raise _wrong("a term is missing %s" % ("at the end" if at == len(words) else "before %s" % words[at]), field)
    if words[at] != "(":
        return at + 1
    if depth == _DEEPEST:
        raise _wrong("the parentheses are too deep", field)
    at = _expression(words, at + 1, depth + 1, field)
    if at == len(words):
        raise _wrong("a parenthesis is not closed", field)
    return at + 1


def _wrong(detail, field):
    return Refused(400, detail, _MEND, field)
