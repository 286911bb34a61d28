"""`python -m selftest.surroundings.agents --kubeconfig PATH AGENT`: let an agent work, until its standard input ends."""

from __future__ import annotations

import argparse
import os
import re
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from fixtures.cluster import Cluster
from selftest.surroundings import endpoints, expansion
from selftest.surroundings.agent import Agent


def _name(agent: type[Agent]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", agent.__name__).lower()


AGENTS: Mapping[str, type[Agent]] = {
    _name(made): made
    for module in (endpoints, expansion)
    for made in vars(module).values()
    if isinstance(made, type) and issubclass(made, Agent) and made.__module__ == module.__name__
}


def main() -> None:
    """Run one."""
    parser = argparse.ArgumentParser(prog="python -m selftest.surroundings.agents", description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True, metavar="PATH", help="the cluster")
    parser.add_argument("agent", choices=AGENTS, metavar="AGENT", help=f"of {', '.join(AGENTS)}")
    options = parser.parse_args()
    threading.Thread(target=_end_with_input, daemon=True).start()
    AGENTS[options.agent](Cluster(options.kubeconfig)).run()


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
