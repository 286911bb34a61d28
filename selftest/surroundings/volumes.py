"""Volumes that are said to grow, and do, or do not; and a scheduler that gives a volume for one pod alone to two.

Method: the StorageClass of the embedded cluster is told that its volumes may grow, and an agent does it, since the provisioner
of folders does not. The scheduler is started anew without the plugin that keeps a second pod away. The suite is told in all of
them that the cluster has the capability.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import yaml

from fixtures import embedded
from fixtures.cluster import Cluster
from fixtures.embedded.specification import SCHEDULER
from selftest.surroundings.controllers import started_with, working
from selftest.surroundings.surrounding import Enter, Options, Surrounding, Witness
from selftest.surroundings.watches import through

CLASS = "/apis/storage.k8s.io/v1/storageclasses/folder"
EXPANSION = "storage/expansion"
ASKED = ("--guarantee", EXPANSION, "--patience=40")
FOR_ONE_POD = "storage/one-pod-at-a-time"
PLUGINS = {"multiPoint": {"disabled": [{"name": "VolumeRestrictions"}]}}
UNRESTRICTED = {
    "apiVersion": "kubescheduler.config.k8s.io/v1",
    "kind": "KubeSchedulerConfiguration",
    "leaderElection": {"leaderElect": False},
    "profiles": [{"schedulerName": "default-scheduler", "plugins": PLUGINS}],
}


def said_to_grow(agent: str = "", *, allowed: bool = True) -> Enter:
    """A surrounding in which claims may grow, where that is `allowed`, and this agent lets them, where one is named."""

    @contextmanager
    def enter(cluster: embedded.Cluster, witness: Witness) -> Iterator[Options]:
        with ExitStack() as done:
            if allowed:
                done.enter_context(_allowing(cluster))
            if agent:
                done.enter_context(working(cluster, agent, witness))
            as_said = [_allows(cluster) == allowed]
            yield (*through(cluster.kubeconfig), "--has=expansion")
            as_said.append(_allows(cluster) == allowed)
            word = "allowed" if allowed else "not allowed"
            witness.saw(all(as_said), f"StorageClass, by which claims were {word} to grow, before and afterwards")

    return enter


@contextmanager
def unrestricted(cluster: embedded.Cluster, witness: Witness) -> Iterator[Options]:
    """A surrounding in which the scheduler does not know for how many pods a volume is."""
    path = cluster.folder / "unrestricted-scheduler.yaml"
    path.write_text(
        yaml.safe_dump(UNRESTRICTED | {"clientConnection": {"kubeconfig": f"{cluster.folder}/scheduler.conf"}})
    )
    try:
        with started_with(cluster, SCHEDULER, f"--config={path}"):
            yield (*through(cluster.kubeconfig), "--has=single-pod-volumes")
            witness.saw(_run_with(cluster, path), "scheduler at work without the plugin VolumeRestrictions")
    finally:
        path.unlink()


def _run_with(cluster: embedded.Cluster, path: Path) -> int:
    """How many processes of the cluster were told of this file."""
    commands = (Path(f"/proc/{process}/cmdline") for process in cluster.group.pids())
    return sum(f"--config={path}" in one.read_text().split("\0") for one in commands if one.exists())


def _allows(cluster: embedded.Cluster) -> bool:
    return bool(Cluster(cluster.kubeconfig).request("GET", CLASS).get("allowVolumeExpansion"))


@contextmanager
def _allowing(cluster: embedded.Cluster) -> Iterator[None]:
    known = Cluster(cluster.kubeconfig)
    known.request("PATCH", CLASS, {"allowVolumeExpansion": True}, patch="merge")
    try:
        yield
    finally:
        known.request("PATCH", CLASS, {"allowVolumeExpansion": None}, patch="merge")


VOLUMES = (
    Surrounding(
        name="expansion-refused",
        sentence="Volumes are said to grow, and the StorageClass does not allow it.",
        enter=said_to_grow(allowed=False),
        expects={EXPANSION: "failed"},
        arguments=ASKED,
    ),
    Surrounding(
        name="expansion-never-done",
        sentence="The StorageClass allows that claims grow, and nobody makes them larger.",
        enter=said_to_grow(),
        expects={EXPANSION: "failed"},
        arguments=ASKED,
    ),
    Surrounding(
        name="honest-expansion",
        sentence="Volumes of the default StorageClass can grow, and do when they are asked to.",
        enter=said_to_grow("honest-expansion"),
        expects={EXPANSION: "passed"},
        arguments=ASKED,
    ),
    Surrounding(
        name="volume-for-one-pod-given-to-two",
        sentence="The scheduler does not know for how many pods a volume is.",
        enter=unrestricted,
        expects={FOR_ONE_POD: "failed"},
        arguments=("--guarantee", FOR_ONE_POD, "--patience=40"),
    ),
)
