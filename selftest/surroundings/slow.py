"""A cluster that is merely slow, in its processors, its disk or its answers: it keeps every promise, only later.

Method: nothing is lost and nothing is wrong, so nothing may be failed, however long it takes. The suite gets a
kubeconfig and no cluster's name, since it mends a cluster that it knows by its name, and what is slow with it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from fixtures import embedded
from fixtures.embedded import cgroups, faults
from selftest.surroundings.proxy import between
from selftest.surroundings.surrounding import Enter, Options, Surrounding, Witness
from selftest.surroundings.watches import through

CONTROL_PLANE = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
PERIOD_MICROSECONDS = 100_000
# Less than this nobody would notice.
SLOW_SECONDS = 5.0
PATIENT = ("--patience=240",)
DISK_BYTES_PER_SECOND = 100_000
DISK_SPEED = f"{DISK_BYTES_PER_SECOND // 1000} kB a second"


@contextmanager
def throttled(cluster: embedded.Cluster, processors: float, witness: Witness) -> Iterator[None]:
    """Give the components of the control plane together so many processors, such as 0.3, for the length of a block."""
    pids = [pid for name in CONTROL_PLANE for pid in (cluster.group / name).pids()]
    quota = int(processors * PERIOD_MICROSECONDS)
    root = Path("/sys/fs/cgroup/cpu")
    if not root.is_dir():
        # On a v2 host a component's cgroup holds its processors as well; each gets its share.
        homes = [(cluster.group / name).home for name in CONTROL_PLANE]
        with _limited(homes, f"{quota // len(CONTROL_PLANE)} {PERIOD_MICROSECONDS}"), _waiting(homes, witness):
            yield
        return
    group = root / cgroups.ROOT / cluster.name / "throttled"
    group.mkdir(parents=True, exist_ok=True)
    try:
        (group / "cpu.cfs_period_us").write_text(str(PERIOD_MICROSECONDS))
        (group / "cpu.cfs_quota_us").write_text(str(quota))
        _move(pids, group)
        with _waiting([group], witness):
            yield
    finally:
        _move(map(int, (group / "cgroup.procs").read_text().split()), root)
        group.rmdir()


@contextmanager
def _limited(homes: Sequence[Path], quota: str) -> Iterator[None]:
    try:
        for home in homes:
            (home / "cpu.max").write_text(quota)
        yield
    finally:
        for home in homes:
            (home / "cpu.max").write_text(f"max {PERIOD_MICROSECONDS}")


@contextmanager
def _waiting(groups: Sequence[Path], witness: Witness) -> Iterator[None]:
    """Tell at the end of a block for how many seconds these cgroups were kept from their processors in it."""
    before = sum(waited(group) for group in groups)
    yield
    witness.saw(
        sum(waited(group) for group in groups) - before, "seconds that the control plane had to wait", SLOW_SECONDS
    )


def waited(group: Path) -> float:
    """For how many seconds a cgroup was kept from the processors by its limit, since it was made."""
    told = dict(line.split() for line in (group / "cpu.stat").read_text().splitlines())
    return int(told.get("throttled_usec", 0)) / 1e6 + int(told.get("throttled_time", 0)) / 1e9


def _move(pids: Iterator[int] | list[int] | map[int], group: Path) -> None:
    for pid in pids:
        # One that has ended meanwhile needs no place.
        with suppress(ProcessLookupError):
            (group / "cgroup.procs").write_text(str(pid))


@contextmanager
def slow_processors(cluster: embedded.Cluster, witness: Witness) -> Iterator[Options]:
    """The control plane has a third of a processor."""
    with throttled(cluster, 0.35, witness):
        yield through(cluster.kubeconfig)


@contextmanager
def slow_disk(cluster: embedded.Cluster, witness: Witness) -> Iterator[Options]:
    """The node's disk carries so little that what is synced there takes seconds."""
    node = cluster.nodes()[0]
    with faults.during(faults.slow_disk, cluster, node.name, bytes_per_second=DISK_BYTES_PER_SECOND):
        before = carried(node.machine.group)
        yield through(cluster.kubeconfig)
        seconds = (carried(node.machine.group) - before) / DISK_BYTES_PER_SECOND
        witness.saw(seconds, f"seconds of work for the disk, at {DISK_SPEED}", SLOW_SECONDS)


def carried(group: cgroups.Group) -> int:
    """How many bytes a cgroup and those below it have read from disks and written to them under its limit, since it was made.

    On a cgroup v1 host it is only what is held to the limit that is counted here: what the kernel writes back later is not.
    """
    home = group.disk_home or group.home
    for file in ("blkio.throttle.io_service_bytes_recursive", "blkio.throttle.io_service_bytes", "io.stat"):
        if (home / file).exists():
            return bytes_of((home / file).read_text())
    return 0


def bytes_of(told: str) -> int:
    """The bytes read and written that a cgroup's file tells: `8:0 Read 4096` (v1), or `8:0 rbytes=4096 wbytes=0` (v2)."""
    found = 0
    for line in told.splitlines():
        _, *words = line.split()
        if words[:1] in (["Read"], ["Write"]):
            found += int(words[1])
        found += sum(int(word.partition("=")[2]) for word in words if word.startswith(("rbytes=", "wbytes=")))
    return found


def late(delay: Callable[[], float]) -> Enter:
    """Every request of the suite is answered so much later."""

    @contextmanager
    def enter(cluster: embedded.Cluster, witness: Witness) -> Iterator[Options]:
        with between(cluster, witness, delay=delay) as kubeconfig:
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
        sentence=f"The disk of the node, with the containers and the volumes, carries {DISK_SPEED}.",
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
        # The update may be over before all the annotations are written that its scenario is about.
        doubtful=frozenset({"updates/annotations-disturb-nothing"}),
        arguments=("--subject=updates", "--tier=control-plane", *PATIENT),
    ),
)
