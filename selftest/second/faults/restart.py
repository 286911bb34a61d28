"""Faults that only a restart brings out."""

from __future__ import annotations

from selftest.second.faults.faulty import Faulty
from selftest.second.objects import Object, is_leaving, name_of, uid_of
from selftest.second.store import Store
from selftest.second.world import World


class ForgetsPartition(Faulty):
    """Goes on past the partition when it has been restarted."""

    breaks = ("restart/changes-nothing",)

    def partition(self, world: World) -> int:
        return 0 if self.is_restarted(world) else super().partition(world)


class DropsOwnersAtStart(Faulty):
    """Lets go of the current revision when it has been restarted, and takes it over again."""

    breaks = ("restart/changes-nothing",)

    def meddle(self, world: World, store: Store) -> None:
        if self.is_restarted(world):
            store.own("ControllerRevision", world.current, [])


class PromotesAtStart(Faulty):
    """Calls the newest revision current when it has been restarted."""

    breaks = ("restart/changes-nothing",)

    def is_complete(self, world: World) -> bool:
        return self.is_restarted(world) or super().is_complete(world)


class WaitsForNobodyItFinds(Faulty):
    """Creates the next pod without waiting for those that it finds at its start."""

    breaks = ("restart/creation-goes-on-in-order",)

    def meddle(self, world: World, store: Store) -> None:
        if self.is_restarted(world):
            self.remembered |= {uid_of(pod) for pod in world.pods}

    def holds_back(self, world: World, pod: Object) -> bool:
        return uid_of(pod) not in self.remembered and super().holds_back(world, pod)


class TrustsWhatItFinds(Faulty):
    """Takes every pod that it finds at its start for Ready, until it changes."""

    breaks = ("restart/update-goes-on-in-order",)

    def meddle(self, world: World, store: Store) -> None:
        if self.is_restarted(world):
            self.remembered |= {_state(pod) for pod in world.wanted}

    def away(self, world: World) -> set[str]:
        return super().away(world) - {name_of(pod) for pod in world.wanted if _state(pod) in self.remembered}


class ForgetsTerminating(Faulty):
    """Takes a pod that it finds terminating at its start for one that is gone."""

    breaks = ("restart/scaling-goes-on-in-order",)

    def meddle(self, world: World, store: Store) -> None:
        if self.is_restarted(world):
            self.remembered |= {uid_of(pod) for pod in world.pods if is_leaving(pod)}

    def to_end_for_scaling(self, world: World) -> list[Object]:
        left = [pod for pod in world.surplus if uid_of(pod) not in self.remembered]
        return (
            [pod for pod in left[:1] if not any(map(is_leaving, left))]
            if self.remembered
            else super().to_end_for_scaling(world)
        )


class MakesSparedPodsAnew(Faulty):
    """Makes spared pods of the newest revision once it has been restarted."""

    breaks = ("restart/spared-pod-returns-old",)

    def meddle(self, world: World, store: Store) -> None:
        if self.is_restarted(world):
            self.remembered.add(uid_of(world.set))

    def revision_for(self, world: World, ordinal: int) -> Object:
        return world.update if uid_of(world.set) in self.remembered else super().revision_for(world, ordinal)


class ForgetsClaimsAtStart(Faulty):
    """Removes surplus pods without handing their claims over to them once it has been restarted."""

    breaks = ("restart/claims-go-with-their-pods",)

    def meddle(self, world: World, store: Store) -> None:
        if self.is_restarted(world):
            self.remembered.add(uid_of(world.set))

    def claim_owners(self, world: World, claim: Object, ordinal: int) -> list[Object]:
        if uid_of(world.set) in self.remembered and ordinal not in world.ordinals:
            pod = world.pod(ordinal)
            return [
                one for one in super().claim_owners(world, claim, ordinal) if pod is None or one["uid"] != uid_of(pod)
            ]
        return super().claim_owners(world, claim, ordinal)


def _state(pod: Object) -> str:
    return f"{uid_of(pod)} {pod['metadata']['resourceVersion']}"
