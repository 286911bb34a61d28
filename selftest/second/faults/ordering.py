"""Faults of the order in which pods come and go."""

from __future__ import annotations

from fixtures.cluster import ApiError
from selftest.second.faults.faulty import Faulty
from selftest.second.objects import Object, is_leaving, ordinals_of, phase_of, uid_of
from selftest.second.store import Store
from selftest.second.world import World


class GatesOnRunning(Faulty):
    """Takes a pod that runs for one that is Ready when it creates the next."""

    breaks = ("ordering/waits-for-ready",)

    def holds_back(self, world: World, pod: Object) -> bool:
        return phase_of(pod) != "Running" or is_leaving(pod)


class GatesOnReadyOnce(Faulty):
    """Lets a predecessor count as Ready for ever once it has been so."""

    breaks = ("ordering/unready-predecessor-holds-back",)

    def holds_back(self, world: World, pod: Object) -> bool:
        if self.is_settled(world, pod):
            self.remembered.add(uid_of(pod))
        return uid_of(pod) not in self.remembered


class GatesOnTheLastOnly(Faulty):
    """Looks only at the nearest predecessor when it creates a pod."""

    breaks = ("ordering/unready-predecessor-holds-back",)

    def to_create(self, world: World) -> list[int]:
        missing = [ordinal for ordinal in world.ordinals if world.pod(ordinal) is None][:1]
        before = world.pod(missing[0] - 1) if missing else None
        return missing if before is None or self.is_settled(world, before) else []


class CreatesUnavailable(Faulty):
    """Creates the next pod when the last is Ready, whether or not for minReadySeconds."""

    breaks = ("ordering/waits-for-available",)

    def holds_back(self, world: World, pod: Object) -> bool:
        return not self.is_ready(world, pod) or is_leaving(pod)


class CreatesBehindTerminating(Faulty):
    """Takes a pod that is Ready, but on its way out, for one that stays."""

    breaks = ("ordering/terminating-pod-is-waited-for",)

    def holds_back(self, world: World, pod: Object) -> bool:
        return not self.is_available(world, pod)


class FillsGapsAtOnce(Faulty):
    """Makes a pod again without waiting for its predecessors where a later one is there."""

    breaks = ("ordering/deleted-middle-pod-returns",)

    def to_create(self, world: World) -> list[int]:
        highest = max((world.ordinal(pod) for pod in world.wanted), default=-1)
        gaps = [one for one in world.ordinals if one < highest and world.pod(one) is None]
        return gaps or super().to_create(world)


class LowestLeavesFirst(Faulty):
    """Scales down from the lowest of the surplus."""

    breaks = ("ordering/highest-leaves-first",)

    def to_end_for_scaling(self, world: World) -> list[Object]:
        return [pod for pod in world.surplus[-1:] if self.may_leave(world, pod)]


class OverlapsTerminations(Faulty):
    """Removes the next surplus pod while the last is still terminating."""

    breaks = ("ordering/leaves-one-at-a-time", "ordering/removals-take-turns")

    def to_end_for_scaling(self, world: World) -> list[Object]:
        return [pod for pod in world.surplus if not is_leaving(pod)][:1]


class UpdatesWhileScaling(Faulty):
    """Begins with an update while a surplus pod is still there."""

    breaks = ("ordering/removals-take-turns",)

    def to_end_for_update(self, world: World) -> list[Object]:
        if not world.is_ordered or not world.surplus:
            return super().to_end_for_update(world)
        return self._in_turn(world, [pod for pod in reversed(world.wanted) if self.is_to_update(world, pod)])


class EndsFailedSurplusAtOnce(Faulty):
    """Removes a surplus pod that has failed without waiting for its turn."""

    breaks = ("ordering/failed-surplus-waits-its-turn",)

    def to_end_for_failure(self, world: World) -> list[Object]:
        failed = [pod for pod in world.surplus if self.is_finished(world, pod) and not is_leaving(pod)]
        return super().to_end_for_failure(world) + failed


class RemovesWhileUnready(Faulty):
    """Scales down whether or not the pods that stay are Ready."""

    breaks = ("ordering/unready-pod-holds-scale-down",)

    def may_leave(self, world: World, pod: Object) -> bool:
        return not any(map(is_leaving, world.surplus))


class RemovesOneTooMany(Faulty):
    """Removes, with the last surplus pod, the one below it."""

    breaks = ("ordering/removes-only-the-surplus", "status/scale-changes-the-set")

    def to_end_for_scaling(self, world: World) -> list[Object]:
        found = super().to_end_for_scaling(world)
        return found + world.wanted[-1:] if found and len(world.surplus) == 1 else found


class FinishesReversedScaling(Faulty):
    """Goes on with a scaling down that was reversed for as long as one of its pods is terminating."""

    breaks = ("ordering/reversed-scaling-converges",)

    def to_end_for_scaling(self, world: World) -> list[Object]:
        key = uid_of(world.set)
        if world.surplus:
            self.remembered.add(f"{key} {ordinals_of(world.set).stop}")
        stops = [int(one.split()[1]) for one in self.remembered if one.startswith(f"{key} ")]
        lower = [pod for pod in world.wanted if stops and world.ordinal(pod) >= min(stops) and not is_leaving(pod)]
        if lower and any(map(is_leaving, world.wanted)):
            return lower[-1:]
        return super().to_end_for_scaling(world)


class MakesRoomForRefused(Faulty):
    """Removes the pod below one whose creation is refused."""

    breaks = ("ordering/refused-pod-holds-back",)

    def make(self, world: World, ordinal: int, store: Store) -> None:
        try:
            super().make(world, ordinal, store)
        except ApiError:
            if ordinal >= 2 and (below := world.pod(ordinal - 1)) is not None:
                store.delete("Pod", below)
            raise


class ParallelInOrder(Faulty):
    """Creates the pods of a parallel set one after the other, each when the last is Ready."""

    breaks = ("ordering/parallel-creates-at-once",)

    def to_create(self, world: World) -> list[int]:
        found = super().to_create(world)
        return found[:1] if all(self.is_settled(world, pod) for pod in world.wanted) else []


class ParallelLeavesInTurn(Faulty):
    """Removes the pods of a parallel set one after the other, each when the last is gone."""

    breaks = ("ordering/parallel-removes-at-once",)

    def to_end_for_scaling(self, world: World) -> list[Object]:
        return [pod for pod in world.surplus[:1] if not is_leaving(pod)]
