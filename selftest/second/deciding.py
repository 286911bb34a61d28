"""What is to be done: which ordinals are created, and which pods are ended, for a failure, for scaling, or for an update.

Method: each decision is a method of its own that reads the world and changes nothing. In order, nothing is done while
something before it is not settled.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from selftest.second.judging import Judging
from selftest.second.objects import RECREATE, ROLLING, Object, is_leaving, name_of, uid_of
from selftest.second.pods import Pods
from selftest.second.world import World


class Decision(Protocol):
    """Which pods of the world are to be ended."""

    def __call__(self, world: World) -> list[Object]:
        """The pods."""


class Deciding(Judging, Pods):
    """The decisions."""

    def to_create(self, world: World) -> list[int]:
        """The ordinals of which a pod is to be created now, in order."""
        if self.recreates(world) and self.to_recreate(world):
            return []
        found = []
        for ordinal in world.ordinals:
            pod = world.pod(ordinal)
            if pod is None and self.may_create(world, ordinal):
                found.append(ordinal)
            if world.is_ordered and (pod is None or self.holds_back(world, pod)):
                break
        return found

    def may_create(self, world: World, ordinal: int) -> bool:
        """Whether nothing is in the way of this ordinal's own pod: nobody else has its name, no claim of it is leaving."""
        return self.pod_name(world, ordinal) not in world.taken and not self.waits_for_claims(world, ordinal)

    def waits_for_claims(self, world: World, ordinal: int) -> bool:
        """Whether a claim of this ordinal is on its way out."""
        names = [self.claim_name(world, template, ordinal) for template in world.templates]
        return any(self.is_lost(world, world.claims[name], ordinal) for name in names if name in world.claims)

    def is_lost(self, world: World, claim: Object, ordinal: int) -> bool:
        """Whether a claim is leaving, or is to leave with a pod of this name that is no longer there."""
        name, pod = self.pod_name(world, ordinal), world.pod(ordinal)
        there = uid_of(pod) if pod else ""
        owners = claim["metadata"].get("ownerReferences") or ()
        return is_leaving(claim) or any(
            one["kind"] == "Pod" and one["name"] == name and one["uid"] != there for one in owners
        )

    def holds_back(self, world: World, pod: Object) -> bool:
        """Whether those of higher ordinals must wait for this pod."""
        return not self.is_settled(world, pod)

    def to_end_for_failure(self, world: World) -> list[Object]:
        """The pods that have ended, whose names are to be free for new ones; what is surplus leaves in its turn."""
        return [pod for pod in world.wanted if self.is_finished(world, pod) and not is_leaving(pod)]

    def to_end_for_scaling(self, world: World) -> list[Object]:
        """The pods that the set does not ask for and that may leave now."""
        if not world.is_ordered:
            return [pod for pod in world.surplus if not is_leaving(pod)]
        return [pod for pod in world.surplus[:1] if self.may_leave(world, pod)]

    def may_leave(self, world: World, pod: Object) -> bool:
        """Whether the first in line to leave may do so: all others are settled, but for the failed that are to go too."""
        behind = [other for other in world.surplus if self.is_finished(world, other)]
        others = [other for other in world.pods if other is not pod and other not in behind]
        return not is_leaving(pod) and self.is_whole(world) and all(self.is_settled(world, one) for one in others)

    def is_whole(self, world: World) -> bool:
        """Whether there is a pod for each ordinal that the set asks for."""
        return len(world.wanted) == len(world.ordinals)

    def to_end_for_update(self, world: World) -> list[Object]:
        """The pods that an update replaces now."""
        if world.strategy != ROLLING:
            return self.to_recreate(world) if self.recreates(world) else []
        outdated = [pod for pod in reversed(world.wanted) if self.is_to_update(world, pod)]
        if world.is_ordered:
            return self._in_turn(world, outdated) if self.is_whole(world) and not world.surplus else []
        broken = [pod for pod in outdated if not self.is_available(world, pod)]
        return broken + self._in_turn(world, [pod for pod in outdated if pod not in broken])

    def is_to_update(self, world: World, pod: Object) -> bool:
        """Whether the pod is outdated, not yet on its way out, and not spared by the partition."""
        spared = world.ordinal(pod) < self.partition(world)
        return self.is_outdated(world, pod) and not is_leaving(pod) and not spared

    def partition(self, world: World) -> int:
        """The ordinal from which on pods are updated."""
        return int(world.rolling.get("partition") or 0)

    def _in_turn(self, world: World, outdated: Iterable[Object]) -> list[Object]:
        """As many of these as may be away at once, beside those that are away already."""
        away = self.away(world)
        taken = []
        for pod in outdated:
            own = self.pod_name(world, world.ordinal(pod))
            if len(away - {own}) >= self.bound(world):
                break
            taken.append(pod)
            away |= {own}
        return taken

    def away(self, world: World) -> set[str]:
        """The names of the pods that the set asks for and that are not there, or not settled."""
        there = {name_of(pod) for pod in world.wanted if self.is_settled(world, pod)}
        return {self.pod_name(world, ordinal) for ordinal in world.ordinals} - there

    def bound(self, world: World) -> int:
        """How many pods may be away at once in an update."""
        limit = world.rolling.get("maxUnavailable", 1)
        if isinstance(limit, str):
            limit = len(world.ordinals) * int(limit.rstrip("%")) // 100
        return max(1, int(limit))

    def recreates(self, world: World) -> bool:
        """Whether all pods are to be ended before the first is made anew."""
        return world.strategy == RECREATE

    def to_recreate(self, world: World) -> list[Object]:
        """All pods of an older revision, those on their way out included."""
        return [pod for pod in world.pods if self.is_outdated(world, pod)]

    def endings(self) -> tuple[Decision, ...]:
        """All reasons to end a pod; whatever any of them finds is ended, each pod once."""
        return self.to_end_for_failure, self.to_end_for_scaling, self.to_end_for_update
