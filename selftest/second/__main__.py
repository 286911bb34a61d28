"""`python -m selftest.second --kubeconfig PATH`: run the second controller, honest or with a fault, until it is ended."""

from __future__ import annotations

import argparse
from pathlib import Path

from fixtures.cluster import Cluster
from selftest.second.controller import Controller
from selftest.second.ending import end_with_input
from selftest.second.faults import FAULTS
from selftest.second.late import late


def main() -> None:
    """Run, or list the faults."""
    parser = argparse.ArgumentParser(prog="python -m selftest.second", description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, metavar="PATH", help="the cluster, whose own controller is off")
    parser.add_argument("--namespaces-starting", default="", metavar="PREFIX", help="only these (default: all)")
    parser.add_argument("--fault", choices=FAULTS, metavar="NAME", help="which promise is broken (default: none)")
    parser.add_argument(
        "--late", type=float, default=0.0, metavar="SECONDS", help="wait up to so long before each look"
    )
    parser.add_argument("--list", action="store_true", help="print the faults, and what each breaks")
    parser.add_argument("--ends-with-input", action="store_true", help="end when the standard input does")
    options = parser.parse_args()
    if options.list:
        for fault in FAULTS.values():
            print(f"{fault.name}: {fault.sentence} ({', '.join(fault.breaks)})")
        return
    if options.kubeconfig is None:
        parser.error("--kubeconfig PATH says on which cluster")
    if options.ends_with_input:
        end_with_input()
    made = FAULTS[options.fault].controller if options.fault else Controller
    made = late(made, options.late) if options.late else made
    made(Cluster(options.kubeconfig), options.namespaces_starting).run()


if __name__ == "__main__":
    main()
