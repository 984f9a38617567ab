"""The one error of the mathematics: the data or the request cannot be used as it is."""


class DataError(ValueError):
    """The caller's data cannot be used; says which field and how to mend it.

    >>> error = DataError("no rows", field="events", mend="widen the time range")
    >>> str(error)
    'no rows (events): widen the time range'
    """

    def __init__(self, message: str, *, field: str = "", mend: str = "", example: str = "") -> None:
        """example: a value of the caller's data, for the caller alone: it is in str(error), not in `lasting`."""
        where = f" ({field})" if field else ""
        how = f": {mend}" if mend else ""
        shown = f", such as {example[:40]!r}" if example else ""
        super().__init__(f"{message}{shown}{where}{how}")
        self.message = message + shown
        self.field = field
        self.mend = mend
        self.lasting = f"{message}{where}{how}"
