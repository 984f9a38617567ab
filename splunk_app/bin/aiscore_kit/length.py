"""How long an honest reply can be, and so how many rows may be asked for in one request."""

from aiscore_kit.wire import MAX_ROWS

# Bytes of a row's reply: all but its explanation; five reasons of three values each, in letters of four bytes; and for
# each field a contribution, each letter of its name escaped or doubled. A model whose fields are not known may have
# a thousand.
_ROW = 1 << 10
_REASONS = 15 << 10
_CONTRIBUTION = 32
_UNKNOWN = 64 << 10


class Length:
    """The longest honest replies of a model that reads `fields` (None: not known), for the choice `explain`.

    >>> length = Length(("user", "dest"), "auto", most=1 << 20)
    >>> length.rows, length.of(length.rows) <= 1 << 20
    (63, True)
    >>> Length(None, "none", 256 << 20).rows, Length(("user",), "7", 1 << 20).rows
    (100000, 918)
    """

    def __init__(self, fields, explain, most):
        self._explanation = _REASONS
        if fields is None:
            self._explanation += _UNKNOWN
        else:
            self._explanation += sum(_CONTRIBUTION + 2 * len(name.encode("utf-8", "replace")) for name in fields)
        self._explained = {"none": 0}.get(explain, int(explain) if explain.isdigit() else MAX_ROWS)
        self.rows = min(MAX_ROWS, max(1, self._rows(most)))

    def _rows(self, most):
        """The rows whose reply has `most` bytes. Of a chunk in parts, each part has its own strongest rows."""
        if self._explained * (_ROW + self._explanation) > most:
            return most // (_ROW + self._explanation)
        return (most - self._explained * self._explanation) // _ROW

    def of(self, rows):
        """The bytes of the reply to so many rows."""
        return rows * _ROW + min(rows, self._explained) * self._explanation
