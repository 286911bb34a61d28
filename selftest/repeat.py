"""`make repeat`: the whole suite many times in a row on one cluster, and whether every run came to the same outcomes.

Method: the outcome of each test of each guarantee is compared with the first run's. A run that differs keeps its report.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

from fixtures import embedded

NAME = "repeat"
REPORTS = Path("conformance-report-repeat")
RESULT = Path("repeat.json")

Outcomes = dict[str, str]


def main(arguments: list[str] | None = None) -> int:
    """Run the suite again and again, print a line for each run; returns 0 where all came to the same outcomes."""
    parser = argparse.ArgumentParser(prog="python -m selftest.repeat", description=__doc__)
    parser.add_argument("times", nargs="?", type=int, default=30, metavar="N", help="default: %(default)s")
    parser.add_argument("--nodes", type=int, default=3, metavar="N", help="default: %(default)s")
    options = parser.parse_args(arguments)
    runs: list[dict[str, object]] = []
    first: Outcomes | None = None
    try:
        embedded.up(NAME, embedded.specify(nodes=options.nodes))
        print(f"{'run':>4}  {'verdict':15} {'seconds':>8}  differs from the first in", flush=True)
        for number in range(1, options.times + 1):
            verdict, seconds, outcomes = _run(REPORTS / str(number))
            first = outcomes if first is None else first
            differs = sorted(name for name in first | outcomes if first.get(name) != outcomes.get(name))
            runs.append({"run": number, "verdict": verdict, "seconds": round(seconds, 1), "differs": differs})
            print(f"{number:4}  {verdict:15} {seconds:8.1f}  {', '.join(differs) or 'nothing'}", flush=True)
            RESULT.write_text(json.dumps(runs, indent=2) + "\n")
            if not differs and number > 1:
                shutil.rmtree(REPORTS / str(number))
    except embedded.EmbeddedError as wrong:
        print(f"repeat: {wrong}", file=sys.stderr)
        return 1
    finally:
        embedded.down(NAME)
    return 0 if all(run["verdict"] == "conformant" and not run["differs"] for run in runs) else 1


def _run(report: Path) -> tuple[str, float, Outcomes]:
    command = [sys.executable, "-m", "pytest", f"--cluster-name={NAME}", f"--report-dir={report}", "--quiet"]
    # A run that is refused leaves an older report as it was.
    shutil.rmtree(report, ignore_errors=True)
    began = time.monotonic()
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
    seconds = time.monotonic() - began
    found = json.loads((report / "results.json").read_text())
    tests = ((one["id"], test) for one in found["guarantees"] for test in one["tests"])
    return found["verdict"], seconds, {f"{name} {test['id']}": test["outcome"] for name, test in tests}


if __name__ == "__main__":
    sys.exit(main())
