"""The alert action aiscore_rescore: scores the rows of a result again, with the model that serves now."""

import sys

from aiscore_kit.libraries import load_splunklib

load_splunklib()

from aiscore_kit import rescore  # noqa: E402

if __name__ == "__main__":
    sys.exit(rescore.main(sys.argv[1:], sys.stdin, sys.stderr))
