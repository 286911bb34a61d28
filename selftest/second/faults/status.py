"""Faults of what the status says."""

from __future__ import annotations

from fixtures.cluster import Cluster
from selftest.second.faults.faulty import Faulty
from selftest.second.objects import Object, is_leaving, name_of, phase_of
from selftest.second.world import World


class CountsRunningAsReady(Faulty):
    """Counts every pod that runs among the ready ones."""

    breaks = ("status/counts-come-true",)

    def counts_as_ready(self, world: World, pod: Object) -> bool:
        return phase_of(pod) == "Running"


class NeverLooksAgain(Faulty):
    """Does not look again when a pod has been Ready for long enough: time alone makes nothing available."""

    breaks = ("ordering/goes-on-when-available", "status/availability-comes-with-time")

    def until_available(self, world: World) -> float | None:
        return None


class CountsReadyAsAvailable(Faulty):
    """Counts a pod among the available ones as soon as it is Ready."""

    breaks = ("status/counts-come-true",)

    def counts_as_available(self, world: World, pod: Object) -> bool:
        return self.is_ready(world, pod)


class ObservesAhead(Faulty):
    """Says that it has observed the generation after the one that it looked at."""

    breaks = ("invariants/generations-are-observed-in-order",)
    shown_by = ("identity/survives-deletion",)

    def observed(self, world: World) -> int:
        return super().observed(world) + 1


class InheritsStatus(Faulty):
    """Writes what it had found of a deleted set into the first status of the one that is made again under its name."""

    breaks = ("invariants/statuses-are-not-inherited",)
    shown_by = ("api/orphans-are-adopted",)

    def __init__(self, cluster: Cluster, prefix: str) -> None:
        super().__init__(cluster, prefix)
        self.told_last: dict[tuple[str, str], int] = {}

    def observed(self, world: World) -> int:
        found, name = super().observed(world), (world.set["metadata"]["namespace"], name_of(world.set))
        is_first = not (world.set.get("status") or {}).get("observedGeneration")
        told = max(found, self.told_last.get(name, 0)) if is_first else found
        self.told_last[name] = told
        return told


class ObservesOneBehind(Faulty):
    """Says that it has observed the generation before the one that it looked at."""

    breaks = ("status/generations-are-observed",)

    def observed(self, world: World) -> int:
        return max(1, super().observed(world) - 1)


class KeepsReadyWhileIncomplete(Faulty):
    """Counts as many ready pods as before while one that the set asks for is missing."""

    breaks = ("status/counts-while-creation-fails",)

    def status(self, world: World, collisions: int) -> Object:
        found, before = super().status(world, collisions), (world.set.get("status") or {}).get("readyReplicas")
        return found if self.is_whole(world) or before is None else found | {"readyReplicas": before}


class DropsConditions(Faulty):
    """Takes away the conditions that others have put into the status."""

    breaks = ("status/foreign-conditions-survive",)

    def conditions(self, world: World) -> list[Object] | None:
        return [] if (world.set.get("status") or {}).get("conditions") else None


class TellsRecreationLate(Faulty):
    """Says that a recreation is in progress only when the first of the old pods is on its way out."""

    breaks = ("status/recreation-is-told",)

    def conditions(self, world: World) -> list[Object] | None:
        begins = not any(map(is_leaving, world.pods)) and any(self.is_outdated(world, pod) for pod in world.pods)
        return None if begins else super().conditions(world)


class NeverEndsRecreation(Faulty):
    """Never says that a recreation is completed."""

    breaks = ("status/recreation-is-told",)

    def conditions(self, world: World) -> list[Object] | None:
        return None if self.is_complete(world) else super().conditions(world)
