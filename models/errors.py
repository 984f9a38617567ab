"""The one error of the mathematics: the data or the request cannot be used as it is."""


class DataError(ValueError):
    """The caller's data cannot be used; says which field and how to mend it.

    >>> error = DataError("no rows", field="events", mend="widen the time range")
    >>> str(error)
    'no rows (events): widen the time range'
    """

    def __init__(self, message: str, *, field: str = "", mend: str = "") -> None:
        where = f" ({field})" if field else ""
        how = f": {mend}" if mend else ""
        super().__init__(f"{message}{where}{how}")
        self.message = message
        self.field = field
        self.mend = mend
