"""`python -m selftest.surroundings.at_work --kubeconfig PATH AGENT`: let an agent work, until its standard input ends."""

from __future__ import annotations

import argparse
from pathlib import Path

from fixtures.cluster import Cluster
from selftest.second.ending import end_with_input
from selftest.surroundings.agents import AGENTS


def main() -> None:
    """Run one."""
    parser = argparse.ArgumentParser(prog="python -m selftest.surroundings.at_work", description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True, metavar="PATH", help="the cluster")
    parser.add_argument("agent", choices=AGENTS, metavar="AGENT", help=f"of {', '.join(AGENTS)}")
    options = parser.parse_args()
    end_with_input()
    AGENTS[options.agent](Cluster(options.kubeconfig)).run()


if __name__ == "__main__":
    main()
