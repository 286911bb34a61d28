"""A cluster that is merely slow, in its processors, its disk or its answers: it keeps every promise, only later.

Method: nothing is lost and nothing is wrong, so nothing may be failed, however long it takes. The suite gets a
kubeconfig and no cluster's name, since it mends a cluster that it knows by its name, and what is slow with it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fixtures import embedded
from fixtures.embedded import cgroups, faults
from selftest.surroundings import damages
from selftest.surroundings.proxy import between
from selftest.surroundings.surrounding import Enter, Options, Surrounding
from selftest.surroundings.watches import through

CONTROL_PLANE = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
PERIOD_MICROSECONDS = 100_000
PATIENT = ("--patience=240",)


@contextmanager
def throttled(cluster: embedded.Cluster, processors: float) -> Iterator[None]:
    """Give the components of the control plane together so many processors, such as 0.3, for the length of a block."""
    pids = [pid for name in CONTROL_PLANE for pid in (cluster.group / name).pids()]
    quota = int(processors * PERIOD_MICROSECONDS)
    root = Path("/sys/fs/cgroup/cpu")
    if not (root / "cpu.cfs_quota_us").parent.is_dir():
        # On a v2 host a component's cgroup holds its processors as well; each gets its share.
        yield from _limited(cluster, f"{quota // len(CONTROL_PLANE)} {PERIOD_MICROSECONDS}")
        return
    group = root / cgroups.ROOT / cluster.name / "throttled"
    group.mkdir(parents=True)
    try:
        (group / "cpu.cfs_period_us").write_text(str(PERIOD_MICROSECONDS))
        (group / "cpu.cfs_quota_us").write_text(str(quota))
        _move(pids, group)
        yield
    finally:
        _move(map(int, (group / "cgroup.procs").read_text().split()), root)
        group.rmdir()


def _limited(cluster: embedded.Cluster, quota: str) -> Iterator[None]:
    limits = [(cluster.group / name).home / "cpu.max" for name in CONTROL_PLANE]
    try:
        for limit in limits:
            limit.write_text(quota)
        yield
    finally:
        for limit in limits:
            limit.write_text(f"max {PERIOD_MICROSECONDS}")


def _move(pids: Iterator[int] | list[int] | map[int], group: Path) -> None:
    for pid in pids:
        # One that has ended meanwhile needs no place.
        with suppress(ProcessLookupError):
            (group / "cgroup.procs").write_text(str(pid))


@contextmanager
def slow_processors(cluster: embedded.Cluster) -> Iterator[Options]:
    """The control plane has a third of a processor."""
    with throttled(cluster, 0.35):
        yield through(cluster.kubeconfig)


@contextmanager
def slow_disk(cluster: embedded.Cluster) -> Iterator[Options]:
    """The node's disk carries 300 kB a second."""
    node = cluster.specified().nodes[0].name
    with faults.during(faults.slow_disk, cluster, node, bytes_per_second=300_000):
        yield through(cluster.kubeconfig)


def late(delay: Callable[[], float]) -> Enter:
    """Every request of the suite is answered so much later."""

    @contextmanager
    def enter(cluster: embedded.Cluster) -> Iterator[Options]:
        with between(cluster, damages.unharmed, delay) as kubeconfig:
            yield through(kubeconfig)

    return enter


SLOW = (
    Surrounding(
        name="slow-processors",
        sentence="The components of the control plane have a third of a processor between them.",
        enter=slow_processors,
        arguments=("--subject=ordering", "--tier=control-plane", *PATIENT),
    ),
    Surrounding(
        name="slow-disk",
        sentence="The disk of the node, with the containers and the volumes, carries 300 kB a second.",
        enter=slow_disk,
        arguments=("--guarantee=storage/bytes-survive-pod-deletion", *PATIENT),
    ),
    Surrounding(
        name="late-answers",
        sentence="Every request of the suite is answered 200 ms later.",
        enter=late(lambda: 0.2),
        alone=False,
        arguments=("--subject=ordering", *PATIENT),
    ),
    Surrounding(
        name="unsteady-answers",
        sentence="Every request of the suite is answered up to a second later, as chance will have it.",
        enter=late(lambda: random.expovariate(1 / 0.2) if random.random() < 0.9 else 1.0),
        alone=False,
        arguments=("--subject=updates", "--tier=control-plane", *PATIENT),
    ),
)
