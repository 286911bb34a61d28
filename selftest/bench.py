"""`make bench`: how long the embedded cluster and the suite take, as ratios within one run.

Method: each time is also given as a multiple of a yardstick, one second or so of plain hashing on the same machine just
before it, since seconds alone compare the machine and its other tenants. Of several boots the median counts.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from fixtures import embedded
from fixtures.embedded import upstream
from selftest import accounting

NAME = "bench"
IDLE_SECONDS = 10.0
YARDSTICK_MIB = 1024
SIDE_BY_SIDE = 8
RESULT = Path("bench.json")


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and write bench.json; returns 0, or 1 where something that is measured failed."""
    parser = argparse.ArgumentParser(prog="python -m selftest.bench", description=__doc__)
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="boots of each kind (default: %(default)s)")
    parser.add_argument("--upstream", nargs="?", const=f"1,{SIDE_BY_SIDE}", default="", metavar="N,…",
                        help="Kubernetes' own tests too, so many at a time (%(const)s): half an hour more")  # fmt: skip
    options = parser.parse_args(arguments)
    measured: dict[str, float] = {}
    try:
        embedded.down(NAME)
        for nodes in (1, 3):
            _measure_boots(measured, nodes, options.repeat)
        _measure_suite(measured)
        if options.upstream:
            _measure_upstream(measured, [int(number) for number in options.upstream.split(",")])
    except (embedded.EmbeddedError, subprocess.CalledProcessError) as wrong:
        print(f"bench: {wrong}", file=sys.stderr)
        return 1
    finally:
        with suppress(embedded.EmbeddedError):
            embedded.down(NAME)
    RESULT.write_text(json.dumps(measured, indent=2) + "\n")
    for name, value in measured.items():
        print(f"{name:52} {value:8.2f}")
    print(f"\nwritten to {RESULT}")
    return 0


def _measure_boots(measured: dict[str, float], nodes: int, repeat: int) -> None:
    ups, downs, multiples = list[float](), list[float](), list[float]()
    for _ in range(repeat):
        yardstick = _yardstick()
        up = _seconds(lambda: embedded.up(NAME, embedded.specify(nodes=nodes)))
        if nodes == 1 and not ups:
            time.sleep(IDLE_SECONDS)
            measured["memory of the control plane and one node (MiB)"] = _memory_mib(
                embedded.Cluster(NAME).group.pids()
            )
        ups.append(up)
        downs.append(_seconds(lambda: embedded.down(NAME)))
        multiples.append(up / yardstick)
    measured[f"up, {nodes} node(s) (s)"] = statistics.median(ups)
    measured[f"up, {nodes} node(s) (yardsticks)"] = statistics.median(multiples)
    measured[f"down, {nodes} node(s) (s)"] = statistics.median(downs)


def _measure_suite(measured: dict[str, float]) -> None:
    embedded.up(NAME, embedded.specify(nodes=3))
    with tempfile.TemporaryDirectory() as folder:
        suite = [
            sys.executable,
            "-m",
            "pytest",
            f"--cluster-name={NAME}",
            f"--report-dir={folder}",
            "--quiet",
            f"-n{SIDE_BY_SIDE}",
        ]
        # Warm is what has been compiled; so are the programs that it is compared with.
        subprocess.run([*suite, "--list"], check=True, stdout=subprocess.DEVNULL)
        yardstick = _yardstick()
        measured["the suite, three nodes (s)"] = _seconds(
            lambda: subprocess.run(suite, check=True, stdout=subprocess.DEVNULL)
        )
        measured["the suite, three nodes (yardsticks)"] = measured["the suite, three nodes (s)"] / yardstick
        whole, path = accounting.of_run(Path(folder) / "histories")
    measured["the suite, first to last entry of any history (s)"] = whole.whole
    measured["of these ours, while no scenario waits (share)"] = whole.ours
    measured["the critical path, scenarios of one process (s)"] = path.whole
    measured["of these ours (share)"] = path.ours


def _measure_upstream(measured: dict[str, float], numbers: Sequence[int]) -> None:
    """Kubernetes' own tests on the same cluster, so many side by side, in turn."""
    cluster, suite = embedded.Cluster(NAME), measured["the suite, three nodes (s)"]
    for processes in numbers:
        title = f"Kubernetes' own tests, {processes} at a time"
        exit_code, seconds = upstream.run(cluster, processes=processes)
        if exit_code:
            raise embedded.EmbeddedError("Kubernetes' own tests failed, so there is nothing to compare with")
        measured[f"{title} (s)"] = seconds
        measured[f"the suite / {title}"] = suite / seconds


def _yardstick() -> float:
    """The seconds that hashing so much takes on one core now."""
    block, digest = bytes(2**20), hashlib.sha256()

    def hash_all() -> None:
        for _ in range(YARDSTICK_MIB):
            digest.update(block)

    return _seconds(hash_all)


def _seconds(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _memory_mib(processes: list[int]) -> float:
    """What they hold of memory, with what they share counted once (proportional set size)."""
    kibibytes = 0
    for process in processes:
        try:
            text = Path(f"/proc/{process}/smaps_rollup").read_text()
        except OSError:
            continue
        kibibytes += next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)
    return kibibytes / 1024


if __name__ == "__main__":
    sys.exit(main())
