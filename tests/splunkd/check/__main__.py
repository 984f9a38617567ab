"""`python -m tests.splunkd.check [app folder]`: prints what is wrong; exit status 1 if anything is."""

from __future__ import annotations

import sys
from pathlib import Path

from splunk_app import package
from tests.splunkd.check.app import findings


def main(arguments: list[str]) -> int:
    """The exit status."""
    folder = Path(arguments[0]) if arguments else package.HERE
    found = findings(folder)
    for one in found:
        print(one)
    print(f"{len(found)} findings in {folder}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
