"""Who owns a claim: the set that deletes it along with itself, the pod that scaling removes, or nobody.

Method: an owner that is gone is the garbage collector's business, and a claim that another controller has is left alone.
"""

from __future__ import annotations

from selftest.second.objects import Object, name_of, owners_of, reference, uid_of
from selftest.second.world import World

DELETE = "Delete"


class Retention:
    """What becomes of claims."""

    def claim_owners(self, world: World, claim: Object, ordinal: int) -> list[Object]:
        """Who is to own the claim of this ordinal, as its owner references."""
        there = owners_of(claim)
        if self.is_beyond(world, claim, ordinal):
            return there
        others = [one for one in there if one["uid"] not in self._ours(world, ordinal)]
        if self.is_foreign(world, claim, ordinal):
            return others
        return others + self.wanted_owners(world, ordinal)

    def wanted_owners(self, world: World, ordinal: int) -> list[Object]:
        """Who is to own the claims of this ordinal by the set's policy."""
        pod, scaled = world.pod(ordinal), self.goes_with_scaling(world)
        if scaled and ordinal not in world.ordinals:
            return [reference("Pod", pod)] if pod else []
        return [reference("StatefulSet", world.set)] if self.goes_with_the_set(world) else []

    def goes_with_the_set(self, world: World) -> bool:
        """Whether claims are deleted with the set."""
        return bool(world.policy.get("whenDeleted") == DELETE)

    def goes_with_scaling(self, world: World) -> bool:
        """Whether claims are deleted with the pods that scaling removes."""
        return bool(world.policy.get("whenScaled") == DELETE)

    def is_foreign(self, world: World, claim: Object, ordinal: int) -> bool:
        """Whether another controller has the claim, and the policy would delete it."""
        deletes = self.goes_with_the_set(world) or self.goes_with_scaling(world)
        ours = self._ours(world, ordinal)
        return deletes and any(one.get("controller") and one["uid"] not in ours for one in owners_of(claim))

    def is_beyond(self, world: World, claim: Object, ordinal: int) -> bool:
        """Whether the claim is owned by a set or a pod of these names that is no longer there."""
        names = {("StatefulSet", world.name), ("Pod", f"{world.name}-{ordinal}")}
        ours = self._ours(world, ordinal)
        return any((one["kind"], one["name"]) in names and one["uid"] not in ours for one in owners_of(claim))

    def _ours(self, world: World, ordinal: int) -> set[str]:
        pod = world.pod(ordinal)
        return {uid_of(world.set)} | ({uid_of(pod)} if pod else set())

    def told(self, claim: Object) -> str:
        """What is told of a claim that another controller has."""
        return f"the retention policy is ignored for the claim {name_of(claim)} since another controller owns it"
