"""Volumes that are said to grow: they do, nobody lets them, or the StorageClass does not allow it.

Method: the StorageClass of the embedded cluster is told to allow it, and an agent does it, since the provisioner of folders
does not. The suite is told in all of them that the cluster has the capability.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from fixtures import embedded
from fixtures.cluster import Cluster
from selftest.surroundings.controllers import working
from selftest.surroundings.surrounding import Enter, Options, Surrounding, Witness
from selftest.surroundings.watches import through

CLASS = "/apis/storage.k8s.io/v1/storageclasses/folder"
EXPANSION = "storage/expansion"
ASKED = ("--guarantee", EXPANSION, "--patience=40")


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
)
