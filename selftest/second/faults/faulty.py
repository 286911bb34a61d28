"""What all faults have: the guarantees that they break, and a memory of what they have seen."""

from __future__ import annotations

from typing import ClassVar

from fixtures.cluster import ApiError, Cluster
from selftest.second.controller import Controller
from selftest.second.objects import Object, uid_of
from selftest.second.store import NOT_FOUND
from selftest.second.world import World


class Faulty(Controller):
    """A controller that breaks a promise.

    `breaks` are the guarantees that must fail. Where all of them are asked of every history, `shown_by` are guarantees whose
    scenarios show the fault: then only these need be driven.
    """

    breaks: ClassVar[tuple[str, ...]] = ()
    shown_by: ClassVar[tuple[str, ...]] = ()

    def __init__(self, cluster: Cluster, prefix: str) -> None:
        super().__init__(cluster, prefix)
        self.remembered: set[str] = set()
        self.nodes: dict[tuple[str, int], str] = {}

    def first_time(self, *words: str) -> bool:
        """Whether this was never asked before."""
        word = " ".join(words)
        is_first = word not in self.remembered
        self.remembered.add(word)
        return is_first

    def note_nodes(self, world: World) -> None:
        """Remember on which node the pod of each ordinal is."""
        for pod in world.pods:
            if node := pod["spec"].get("nodeName"):
                self.nodes[uid_of(world.set), world.ordinal(pod)] = node

    def node(self, world: World, ordinal: int) -> Object | None:
        """The node that the last pod of this ordinal was on: None where it was on none, or the node is there no more."""
        name = self.nodes.get((uid_of(world.set), ordinal))
        if name is None:
            return None
        try:
            return self.cluster.request("GET", f"/api/v1/nodes/{name}")
        except ApiError as refused:
            if refused.status != NOT_FOUND:
                raise
            return None

    def is_restarted(self, world: World) -> bool:
        """Whether this is the first look of this process at a set that an earlier one has looked at."""
        return uid_of(world.set) not in self.looked_at and bool(
            (world.set.get("status") or {}).get("observedGeneration")
        )
