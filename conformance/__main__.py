"""`python -m conformance judge HISTORY.jsonl …`: judge stored histories again, without a cluster.

Method: pytest runs the tests whose scenario a file holds, and hands them the stored history in place of a new one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import pytest

from conformance.history import History, HistoryError

SUITE = Path(__file__).parent
INVARIANTS = SUITE / "test_invariants.py"
USAGE, PARTIAL = 4, 6


def main(arguments: list[str] | None = None) -> int:
    """Carry out one command; returns the exit code of the run, 0 where nothing was violated in what the files hold."""
    options = _parser().parse_args(arguments)
    try:
        scenarios = [History.read(path).header.scenario for path in options.history]
    except HistoryError as wrong:
        print(f"conformance: {wrong}", file=sys.stderr)
        return USAGE
    modules = sorted({SUITE / f"test_{scenario.partition('.')[0]}.py" for scenario in scenarios})
    for missing in (module for module in modules if not module.is_file()):
        print(f"conformance: no scenario of {missing.name} is known to this suite", file=sys.stderr)
        return USAGE
    with tempfile.TemporaryDirectory() as scratch:
        own = [f"--rootdir={SUITE.parent}", f"--config-file={SUITE.parent / 'pyproject.toml'}", "-n0", "-q", "-rN"]
        given = [f"--history={path.absolute()}" for path in options.history]
        asked = [*map(str, modules), str(INVARIANTS)]
        code = int(pytest.main([*own, f"--report-dir={options.report_dir or scratch}", *given, *asked]))
    # Of a whole suite a few files are always a part: what counts here is what they hold.
    return 0 if code == PARTIAL else code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m conformance", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    judge = commands.add_parser("judge", help="judge stored histories again, without a cluster")
    judge.add_argument("history", nargs="+", type=Path, metavar="HISTORY.jsonl")
    judge.add_argument("--report-dir", type=Path, metavar="DIR", help="write the report there too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
