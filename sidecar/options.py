"""Options of a verb: the same words in SPL, in the query string and on the command line."""

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from sidecar.errors import CallerError


class Options(BaseModel):
    """Base of every verb's options: unknown words are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @property
    def rowless(self) -> bool:
        """Whether what is asked for needs no rows, though the verb takes some."""
        return False

    @property
    def at_once(self) -> bool:
        """Whether what is asked for is answered at once, though the verb is slow."""
        return False

    @classmethod
    def words(cls) -> tuple[str, ...]:
        """The options a caller may write; those that travel in a header are left out."""
        return tuple(name for name in cls.model_fields if name not in cls.headers())

    @classmethod
    def headers(cls) -> dict[str, str]:
        """Option name -> the request header that carries it."""
        extras = ((name, info.json_schema_extra) for name, info in cls.model_fields.items())
        return {name: str(extra["header"]) for name, extra in extras if isinstance(extra, dict) and "header" in extra}


def _split_at(comma: str) -> BeforeValidator:
    """comma: a pattern of what stands between two parts."""

    def split(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return tuple(part.strip() for part in re.split(comma, value) if part.strip())

    return BeforeValidator(split)


Words = Annotated[tuple[str, ...], _split_at(r",(?![^()]*\))")]
"""A comma list of field names: `entity="user,src"`. What stands in parentheses is not taken apart."""

Names = Annotated[tuple[str, ...], _split_at(",")]
"""A comma list of entities. Who made up a name with a parenthesis must not keep those beside it from being read."""

WRITTEN = {
    "model": "use letters, digits, _ . and -, at most 64",
    "prefix": "use letters, digits and _, a letter first and _ last, at most 32",
}
"""What may stand in an option that a pattern checks, for people."""

Kind = TypeVar("Kind", bound=Options)


def read_options(kind: type[Kind], pairs: Iterable[tuple[str, str]], carried: Mapping[str, Any] | None = None) -> Kind:
    """The options from `key=value` pairs (and, in `carried`, from headers); CallerError names what is wrong.

    >>> class Toy(Options):
    ...     model: str
    ...     seed: int = 7
    >>> read_options(Toy, [("model", "ait"), ("seed", "3")])
    Toy(model='ait', seed=3)
    >>> read_options(Toy, [("modle", "ait")])
    Traceback (most recent call last):
        ...
    sidecar.errors.CallerError: no such option (modle): did you mean 'model'?
    """
    values: dict[str, Any] = {}
    for key, value in pairs:
        if key not in kind.words():
            raise CallerError(
                "no such option", code="bad_option", field=key or "query", mend=_nearest(key, kind.words())
            )
        if key in values:
            raise CallerError(f"option '{key}' is given twice", code="bad_option", field=key, mend="give it once")
        values[key] = value
    try:
        return kind(**values, **(carried or {}))
    except ValidationError as failure:
        raise _told(failure, kind) from None


def _nearest(word: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean '{close[0]}'?" if close else "options are " + ", ".join(known)


def _told(failure: ValidationError, kind: type[Options]) -> CallerError:
    first = failure.errors(include_url=False)[0]
    own = first.get("ctx", {}).get("error")
    if isinstance(own, CallerError):  # a check of options that belong together
        return own
    name = str(first["loc"][0]) if first["loc"] else ""
    if first["type"] == "missing":
        help_text = kind.model_fields[name].description or "required"
        return CallerError(
            f"option '{name}' is required",
            code="bad_option",
            field=name,
            mend=f"add {name}=... ({help_text})",
        )
    reason = WRITTEN.get(name) if first["type"] == "string_pattern_mismatch" else None
    reason = reason or str(first["msg"]).removeprefix("Value error, ")
    return CallerError(f"option '{name}' is wrong", code="bad_option", field=name, mend=reason[0].lower() + reason[1:])
