"""What the checker says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    """What is wrong, in which file and stanza (or view), and how to mend it."""

    file: str
    stanza: str
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.file} [{self.stanza}]: {self.what}. To mend: {self.mend}"
