"""Faults of claims: which a pod has, what becomes of them, and whose they are."""

from __future__ import annotations

from selftest.second.faults.faulty import Faulty
from selftest.second.objects import Object, is_leaving, name_of, owners_of, reference, uid_of
from selftest.second.store import Store
from selftest.second.world import World


class MountsTheNeighboursClaim(Faulty):
    """Gives ordinal 1 the claim of ordinal 0."""

    breaks = ("storage/one-claim-each",)

    def claim_name(self, world: World, template: Object, ordinal: int) -> str:
        return super().claim_name(world, template, 0 if ordinal == 1 else ordinal)


class ClaimsAnew(Faulty):
    """Deletes the claim of a pod that is gone, and makes another with the pod."""

    breaks = ("storage/claim-survives-pod-deletion", "invariants/claims-are-kept")

    def meddle(self, world: World, store: Store) -> None:
        for ordinal in world.ordinals if uid_of(world.set) in self.looked_at else ():
            for template in world.templates if world.pod(ordinal) is None else ():
                claim = world.claims.get(self.claim_name(world, template, ordinal))
                if claim is not None and not is_leaving(claim) and self.first_time(uid_of(world.set), str(ordinal)):
                    store.delete("PersistentVolumeClaim", claim)


class ScalingTakesClaims(Faulty):
    """Deletes claims with scaling whatever the policy says."""

    breaks = ("storage/claim-survives-scale-down",)

    def goes_with_scaling(self, world: World) -> bool:
        return True


class DeletionTakesClaims(Faulty):
    """Deletes claims with the set whatever the policy says."""

    breaks = ("storage/claim-survives-set-deletion",)

    def goes_with_the_set(self, world: World) -> bool:
        return True


class ClaimsBelongToPods(Faulty):
    """Puts the claims of all pods under their pods where only scaling is to delete them."""

    breaks = ("storage/policy-deletes-on-nothing-else",)

    def wanted_owners(self, world: World, ordinal: int) -> list[Object]:
        pod = world.pod(ordinal)
        if self.goes_with_scaling(world) and pod is not None:
            return [reference("Pod", pod)]
        return super().wanted_owners(world, ordinal)


class ClaimsAreNobodys(Faulty):
    """Puts no claim under the set, whatever the policy says."""

    breaks = ("storage/deleted-with-the-set",)

    def goes_with_the_set(self, world: World) -> bool:
        return False


class RemovesBeforeHandingOver(Faulty):
    """Removes a surplus pod before it owns its claims."""

    breaks = ("storage/deleted-by-scaling",)

    def wanted_owners(self, world: World, ordinal: int) -> list[Object]:
        return super().wanted_owners(world, ordinal) if ordinal in world.ordinals else []


class ForgetsOldOwners(Faulty):
    """Never takes the ownership of a claim back when the policy is changed."""

    breaks = ("storage/policy-may-change",)

    def claim_owners(self, world: World, claim: Object, ordinal: int) -> list[Object]:
        return owners_of(claim) or super().claim_owners(world, claim, ordinal)


class MountsLeavingClaims(Faulty):
    """Makes a pod although a claim that it mounts is being deleted."""

    breaks = ("storage/waits-for-a-leaving-claim", "storage/waits-for-a-condemned-claim")

    def waits_for_claims(self, world: World, ordinal: int) -> bool:
        return False


class ReplacesForMissingClaims(Faulty):
    """Deletes a pending pod whose claim is gone, in place of making the claim again."""

    breaks = ("storage/missing-claim-is-made-again",)

    def lacks_claims(self, world: World, pod: Object) -> bool:
        return False

    def to_end_for_failure(self, world: World) -> list[Object]:
        lacking = [pod for pod in world.wanted if super(type(self), self).lacks_claims(world, pod)]
        names = {
            name_of(pod): [self.claim_name(world, one, world.ordinal(pod)) for one in world.templates]
            for pod in lacking
        }
        lost = [pod for pod in lacking if not all(name in world.claims for name in names[name_of(pod)])]
        return super().to_end_for_failure(world) + lost


class SeizesForeignClaims(Faulty):
    """Takes a claim away from another controller."""

    breaks = ("storage/foreign-claim-is-left-alone",)

    def claim_owners(self, world: World, claim: Object, ordinal: int) -> list[Object]:
        return self.wanted_owners(world, ordinal)


class KeepsForeignClaimsSecret(Faulty):
    """Tells nobody of a claim that another controller has."""

    breaks = ("storage/foreign-claim-is-told",)

    def tell(self, world: World, reason: str, message: str, store: Store) -> None:
        if reason != "ConflictingController":
            super().tell(world, reason, message, store)


class DropsAnnotations(Faulty):
    """Makes claims without the annotations of their template."""

    breaks = ("storage/claims-as-templates-say",)

    def claim(self, world: World, template: Object, ordinal: int) -> Object:
        made = super().claim(world, template, ordinal)
        made["metadata"]["annotations"] = {}
        return made


class KeepsOwnVolumes(Faulty):
    """Lets a volume of the pod template stand where a claim template has its name."""

    breaks = ("storage/template-overrides-volume",)

    def volumes(self, world: World, ordinal: int, own: list[Object]) -> list[Object]:
        names = {volume["name"] for volume in own}
        return [one for one in super().volumes(world, ordinal, own) if one["name"] not in names] + own


class NoClass(Faulty):
    """Makes claims of no class where their template names none."""

    breaks = ("storage/default-class",)

    def claim(self, world: World, template: Object, ordinal: int) -> Object:
        made = super().claim(world, template, ordinal)
        made["spec"].setdefault("storageClassName", "")
        return made


class PodBeforeClaims(Faulty):
    """Creates a pod before its claims."""

    breaks = ("invariants/claims-come-first",)
    shown_by = ("identity/survives-deletion",)

    def make(self, world: World, ordinal: int, store: Store) -> None:
        store.create("Pod", self.pod(world, ordinal))
        self.make_claims(world, ordinal, store)


class HeirDropsClaims(Faulty):
    """Deletes the claims that it finds when a set is new, where its policy deletes claims."""

    breaks = ("storage/orphans-keep-claims",)

    def meddle(self, world: World, store: Store) -> None:
        if uid_of(world.set) not in self.looked_at and self.goes_with_the_set(world):
            for claim in world.claims.values():
                store.delete("PersistentVolumeClaim", claim)


class LostNodesTakeClaims(Faulty):
    """Deletes the claims of a pod that was on a node and is gone, where scaling would delete them."""

    breaks = ("storage/lost-node-keeps-the-claims",)

    def meddle(self, world: World, store: Store) -> None:
        lost = [one for one in world.ordinals if world.pod(one) is None and (uid_of(world.set), one) in self.nodes]
        for ordinal in lost if self.goes_with_scaling(world) else ():
            for template in world.templates:
                claim = world.claims.get(self.claim_name(world, template, ordinal))
                if claim is not None and self.first_time(uid_of(claim)):
                    store.delete("PersistentVolumeClaim", claim)
        self.note_nodes(world)
