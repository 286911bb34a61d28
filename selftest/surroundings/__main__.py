"""`python -m selftest.surroundings --cluster-name NAME [SURROUNDING …]`: run the suite in each, and say what was not expected.

Method: the cluster is an embedded one of one node that is up. The suite runs in a process of its own, as a user would run it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path

from fixtures import embedded
from selftest.surroundings import SURROUNDINGS, Surrounding
from selftest.whole_suite import judge

SECONDS = 1800.0


def main(arguments: list[str] | None = None) -> int:
    """Run each surrounding that is named, or all; returns 0 where every outcome is as expected."""
    parser = argparse.ArgumentParser(prog="python -m selftest.surroundings", description=__doc__)
    parser.add_argument("--cluster-name", required=True, metavar="NAME")
    parser.add_argument("--report-dir", type=Path, default=Path("conformance-report-surroundings"), metavar="DIR")
    parser.add_argument("surroundings", nargs="*", metavar="SURROUNDING", help=f"of {', '.join(SURROUNDINGS)}")
    options = parser.parse_args(arguments)
    cluster = embedded.Cluster(options.cluster_name)
    found = [
        line
        for name in options.surroundings or SURROUNDINGS
        for line in run(SURROUNDINGS[name], cluster, options.report_dir / name)
    ]
    return 1 if found else 0


def run(one: Surrounding, cluster: embedded.Cluster, folder: Path) -> list[str]:
    """Run the suite in one surrounding, print what came of it, and return a sentence for all that was not expected."""
    began = time.monotonic()
    with one.enter(cluster) as where:
        ended = judge(folder, where, *one.arguments, seconds=SECONDS)
    try:
        guarantees = json.loads((folder / "conformance-report" / "results.json").read_text())["guarantees"]
        outcomes = {each["id"]: each["outcome"] for each in guarantees}
        found = one.unexpected(outcomes)
    except (OSError, ValueError, KeyError):
        outcomes, found = {}, [f"there is no report: {ended.printed[-500:]}"]
    counted = Counter(outcome for outcome in outcomes.values() if outcome)
    print(
        f"{one.name:26} {time.monotonic() - began:6.1f} s  {dict(counted)}  {'; '.join(found) or 'as expected'}",
        flush=True,
    )
    return found


if __name__ == "__main__":
    sys.exit(main())
