"""What all faults have: the guarantees that they break, and a memory."""

from __future__ import annotations

from typing import ClassVar

from fixtures.cluster import Cluster
from selftest.second.controller import Controller
from selftest.second.objects import uid_of
from selftest.second.world import World


class Faulty(Controller):
    """A controller that breaks a promise."""

    breaks: ClassVar[tuple[str, ...]] = ()

    def __init__(self, cluster: Cluster, prefix: str) -> None:
        super().__init__(cluster, prefix)
        self.remembered: set[str] = set()

    def first_time(self, *words: str) -> bool:
        """Whether this was never asked before."""
        word = " ".join(words)
        is_first = word not in self.remembered
        self.remembered.add(word)
        return is_first

    def is_restarted(self, world: World) -> bool:
        """Whether this is the first look of this process at a set that an earlier one has looked at."""
        return uid_of(world.set) not in self.looked_at and bool(
            (world.set.get("status") or {}).get("observedGeneration")
        )
