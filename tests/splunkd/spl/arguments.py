"""What a command's arguments have in common: options, names, counts, and the errors that they can be."""

from __future__ import annotations

from collections.abc import Iterable

from tests.splunkd.spl import grammar
from tests.splunkd.spl.errors import NotSupported, SplError
from tests.splunkd.spl.grammar import Option, Word, WordItem


def options_and_words(text: str, *allowed: str) -> tuple[dict[str, str], list[Word]]:
    """Options and words; an option that is not among the allowed is an error."""
    return sorted_out(grammar.words(text), *allowed)


def sorted_out(items: Iterable[WordItem], *allowed: str) -> tuple[dict[str, str], list[Word]]:
    """The same for items that have been read."""
    options: dict[str, str] = {}
    found: list[Word] = []
    for item in items:
        if isinstance(item, Word):
            found.append(item)
        elif isinstance(item, Option):
            if item.name not in allowed:
                raise NotSupported(f"the option {item.name}")
            options[item.name] = item.value
        else:
            raise NotSupported("a subsearch in this place")
    return options, found


def texts(words: Iterable[Word]) -> tuple[str, ...]:
    """The words without regard to quotes."""
    return tuple(word.text for word in words)


def only_one(words: list[Word], what: str) -> str:
    """The one word that there may be."""
    if len(words) != 1:
        raise SplError(f"it takes one {what}, not {len(words)}")
    return words[0].text


def at_least_one(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names, if there are any."""
    if not names:
        raise SplError("it needs a field")
    return names


def no_wildcard(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names, if each is that of one field."""
    if any("*" in name for name in names):
        raise NotSupported(f"a wildcard among {', '.join(names)}")
    return names


def truth(text: str) -> bool:
    """True or false, as Splunk lets one write it."""
    if text.lower() in ("t", "true", "1"):
        return True
    if text.lower() in ("f", "false", "0"):
        return False
    raise SplError(f"{text} is neither true nor false")


def whole_number(text: str) -> int:
    """A count."""
    if not text.isdecimal():
        raise SplError(f"{text} is not a whole number")
    return int(text)


def as_pairs(words: list[Word]) -> list[tuple[str, str | None]]:
    """`a AS b, c`: each name and what it is to be called."""
    found: list[tuple[str, str | None]] = []
    rest = iter(words)
    for word in rest:
        if word.keyword != "as":
            found.append((word.text, None))
            continue
        new = next(rest, None)
        if not found or new is None or found[-1][1] is not None:
            raise SplError("AS needs a name before it and one after it")
        found[-1] = (found[-1][0], new.text)
    return found


def same_name(pairs: list[tuple[str, str | None]]) -> tuple[tuple[str, str], ...]:
    """A name with no AS keeps itself."""
    return tuple((name, new or name) for name, new in pairs)
