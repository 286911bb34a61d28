"""Where a wheel is installed: the console script. In the wheel this file is `stateful_conformance/__main__.py`.

Method: all that the suite is made of lies in that one folder, since `fixtures` and `reports` are names that others take too. It
is put first among the folders that modules are imported from, which pytest hands on to its workers. Nothing is written into it,
and no compiled modules either: others may use it at the same time, and who runs this may not own it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

COMMAND = "stateful-conformance"


def main() -> int:
    """Carry out one command; returns its exit code."""
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    from conformance.__main__ import main

    return main(command=COMMAND)


if __name__ == "__main__":
    sys.exit(main())
