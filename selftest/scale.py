"""`make scale`: a StatefulSet of 1,000 ordinals is driven, recorded and judged, under OrderedReady and under Parallel.

Method: each size is driven and judged in a process of its own, on the control-plane tier of an embedded cluster whose
controllers may ask as often as they like. How far the recorder stays behind is what its barrier waits for at the end. The
checks are every invariant, and those of the order in which ordinals come and go; the plot shows their seconds over the length
of the history.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from conformance import checks, test_invariants
from conformance.guarantees import CONTROL_PLANE
from conformance.history import History
from fixtures import embedded, tidying
from fixtures.cluster import Cluster
from fixtures.embedded.specification import CONTROLLERS
from fixtures.run import Run, Wishes, start

NAME = "scale"
SIZES = (125, 250, 500, 1000)
POLICIES = ("OrderedReady", "Parallel")
PATIENCE = 600.0
MOST_SECONDS, MOST_MIB = 60.0, 500.0
RESULT = Path("scale.json")
PLOT = Path("docs/scale.svg")
# The controllers' own limit would be what is measured.
FAST = [(CONTROLLERS, "--kube-api-qps=5000"), (CONTROLLERS, "--kube-api-burst=10000")]


def main(arguments: list[str] | None = None) -> int:
    """Drive and judge each size, print a table, write scale.json and the plot; returns 0 where it stays within the limits."""
    parser = argparse.ArgumentParser(prog="python -m selftest.scale", description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, metavar="N", help=f"default: {' '.join(map(str, SIZES))}")
    parser.add_argument("--one", nargs=3, metavar=("N", "POLICY", "KUBECONFIG"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        size, policy, kubeconfig = options.one
        print(json.dumps(measure(Cluster(Path(kubeconfig)), int(size), policy)))
        return 0
    try:
        cluster = embedded.up(NAME, embedded.specify(flags=FAST))
        measured = [_in_a_process(size, policy, cluster) for policy in POLICIES for size in options.sizes or SIZES]
    except (embedded.EmbeddedError, subprocess.CalledProcessError) as wrong:
        print(f"scale: {wrong}", file=sys.stderr)
        return 1
    finally:
        embedded.down(NAME)
    RESULT.write_text(json.dumps(measured, indent=2) + "\n")
    PLOT.write_text(drawn(measured))
    print(f"\nwritten to {RESULT}, drawn in {PLOT}")
    return 0 if all(one["judging (s)"] < MOST_SECONDS and one["memory (MiB)"] < MOST_MIB for one in measured) else 1


def _in_a_process(size: int, policy: str, cluster: embedded.Cluster) -> dict[str, Any]:
    command = [sys.executable, "-m", "selftest.scale", "--one", str(size), policy, str(cluster.kubeconfig)]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    measured: dict[str, Any] = json.loads(printed)
    print("  ".join(f"{key} {value}" for key, value in measured.items() if key != "checks"), flush=True)
    return measured


def measure(cluster: Cluster, size: int, policy: str) -> dict[str, Any]:
    """Drive a set of so many replicas up and down, then judge its history."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as ending:
        name, owner = f"scale-{size}-{policy.lower()}", tidying.owner()
        run = Run(cluster, name, owner, Path(folder), PATIENCE)
        began = time.monotonic()
        wishes = Wishes(replicas=size, specification={"podManagementPolicy": policy})
        web = start(run, name, f"scale.{policy}.{CONTROL_PLANE}", CONTROL_PLANE, "varied.yaml", wishes, ending)
        web.wait_ready()
        web.scale(0)
        web.wait_gone()
        web.sync()
        driven = time.monotonic() - began
        began = time.monotonic()
        history = web.history
        behind = time.monotonic() - began
    seconds = {title: _seconds(judge, history) for title, judge in _judges(policy).items()}
    return {
        "policy": policy,
        "ordinals": size,
        "events": len(history.log),
        "driving (s)": round(driven, 2),
        "recorder behind (s)": round(behind, 2),
        "judging (s)": round(sum(seconds.values()), 2),
        "memory (MiB)": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "checks": seconds,
    }


def _judges(policy: str) -> dict[str, Callable[[History], object]]:
    found: dict[str, Callable[[History], object]] = {
        name: judge for name, judge in vars(test_invariants).items() if name.startswith("test_")
    }
    if policy == "OrderedReady":
        found["highest_leaves_first"] = checks.highest_leaves_first
        found["leaves_one_at_a_time"] = checks.leaves_one_at_a_time
    return found


def _seconds(judge: Callable[[History], object], history: History) -> float:
    began = time.monotonic()
    wrong = judge(history)
    if wrong:
        raise SystemExit(f"scale: {wrong}")
    return round(time.monotonic() - began, 3)


def drawn(measured: list[dict[str, Any]]) -> str:
    """A plot of what was measured: the seconds of all checks over the events of the history, and a straight line."""
    width, height, edge = 640, 360, 56
    widest = max(one["events"] for one in measured)
    highest = max(one["judging (s)"] for one in measured)

    def at(events: float, seconds: float) -> tuple[float, float]:
        x = edge + (width - 2 * edge) * events / widest
        return round(x, 1), round(height - edge - (height - 2 * edge) * seconds / highest, 1)

    marks = []
    for policy, colour in zip(POLICIES, ("#1f6feb", "#bf4b00"), strict=True):
        points = [at(one["events"], one["judging (s)"]) for one in measured if one["policy"] == policy]
        if not points:
            continue
        (ox, oy), (lx, ly) = at(0, 0), points[-1]
        marks.append(f'<path d="M{ox} {oy}L{lx} {ly}" stroke="{colour}" stroke-dasharray="4 4" opacity=".5"/>')
        marks += [f'<circle cx="{x}" cy="{y}" r="4" fill="{colour}"/>' for x, y in points]
        marks.append(f'<text x="{lx - 8}" y="{ly - 8}" text-anchor="end" fill="{colour}">{policy}</text>')
    left, bottom = at(0, 0)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">\n'
        f'<rect width="{width}" height="{height}" fill="white"/>\n'
        f'<path d="M{left} {edge / 2}V{bottom}H{width - edge / 2}" fill="none" stroke="#555"/>\n'
        + "\n".join(marks)
        + f'\n<text x="{width / 2}" y="{height - 14}" text-anchor="middle">events of the history (up to {widest:,})</text>\n'
        f'<text x="16" y="{edge - 14}">seconds of all checks (up to {highest:.1f})</text>\n</svg>\n'
    )


if __name__ == "__main__":
    sys.exit(main())
