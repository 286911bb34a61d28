"""`python -m selftest.surroundings --cluster-name NAME [SURROUNDING …]`: run the suite in each, and say what was not expected.

Method: the cluster is an embedded one of one node that is up. The suite runs in a process of its own, as a user would run it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

from fixtures import embedded
from selftest.demand import Ended
from selftest.surroundings import SURROUNDINGS, Surrounding
from selftest.surroundings.runtime import stop_lying
from selftest.surroundings.surrounding import Witness
from selftest.trials import near
from selftest.whole_suite import judge

SECONDS = 1800.0


def main(arguments: list[str] | None = None) -> int:
    """Run each surrounding that is named, or all; returns 0 where every outcome is as expected."""
    parser = argparse.ArgumentParser(prog="python -m selftest.surroundings", description=__doc__)
    parser.add_argument("--cluster-name", required=True, metavar="NAME")
    parser.add_argument("--report-dir", type=Path, default=Path("conformance-report-surroundings"), metavar="DIR")
    parser.add_argument("surroundings", nargs="*", metavar="SURROUNDING", help=f"of {', '.join(SURROUNDINGS)}")
    options = parser.parse_args(arguments)
    for name in options.surroundings:
        if name not in SURROUNDINGS:
            parser.error(f"there is no surrounding {name}{near(name, SURROUNDINGS)}")
    try:
        cluster = _standing(options.cluster_name)
        stop_lying(cluster)
    except embedded.EmbeddedError as wrong:
        parser.error(str(wrong))
    found = [
        line
        for name in options.surroundings or SURROUNDINGS
        for line in run(SURROUNDINGS[name], cluster, options.report_dir / name)
    ]
    return 1 if found else 0


def _standing(name: str) -> embedded.Cluster:
    """The cluster of this name; raises EmbeddedError where it is not up."""
    cluster = embedded.Cluster(name)
    if cluster.specification is None:
        raise embedded.EmbeddedError(f"cluster {name} is not up: python -m fixtures.embedded up --name {name}")
    return cluster


def run(one: Surrounding, cluster: embedded.Cluster, folder: Path) -> list[str]:
    """Run the suite in one surrounding, print what came of it, and return a sentence for all that was not expected."""
    began, witness = time.monotonic(), Witness()
    with one.enter(cluster, witness) as where:
        ended = Ended.of(judge(folder, where, *one.arguments, seconds=SECONDS))
    found = [*one.demand.unmet(ended), *(f"it was not so: {said}" for said in witness.idle)]
    print(
        f"{one.name:26} {time.monotonic() - began:6.1f} s  {dict(Counter(ended.outcomes.values()))}  "
        f"{'; '.join(found) or 'as expected'}  ({'; '.join(witness.said)})",
        flush=True,
    )
    return found


if __name__ == "__main__":
    sys.exit(main())
