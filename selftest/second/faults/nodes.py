"""Faults of what is made of nodes that are lost, and of pods that are taken from them or evicted."""

from __future__ import annotations

from selftest.second.faults.faulty import Faulty
from selftest.second.objects import Object, is_leaving, name_of, uid_of
from selftest.second.store import Store
from selftest.second.world import World

OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"


class ForcesStuckPods(Faulty):
    """Deletes by force a pod on a node that is on its way out."""

    breaks = ("failure/unreachable-pod-keeps-its-name",)

    def meddle(self, world: World, store: Store) -> None:
        for pod in world.pods:
            if is_leaving(pod) and pod["spec"].get("nodeName"):
                store.delete("Pod", pod, gracePeriodSeconds=0)


class WaitsForTheNode(Faulty):
    """Makes no pod again while the node that the last one of its name was on does not answer, though that one is gone."""

    breaks = ("failure/confirmed-end-frees-the-name", "failure/force-frees-the-name")

    def meddle(self, world: World, store: Store) -> None:
        self.note_nodes(world)

    def may_create(self, world: World, ordinal: int) -> bool:
        node = self.node(world, ordinal)
        return super().may_create(world, ordinal) and (node is None or _has(node, "Ready"))


class GivesUpVolumesOfLostNodes(Faulty):
    """Deletes the claim of a pod whose node is declared out of service: it takes the volume for lost with the node."""

    breaks = ("failure/out-of-service-frees-the-name", "invariants/claims-are-kept")

    def meddle(self, world: World, store: Store) -> None:
        self.note_nodes(world)
        for ordinal in world.ordinals:
            node = self.node(world, ordinal)
            taints = node["spec"].get("taints") or () if node is not None else ()
            if node is None or not any(one["key"] == OUT_OF_SERVICE for one in taints):
                continue
            names = {self.claim_name(world, template, ordinal) for template in world.templates}
            for name in names & world.claims.keys():
                if self.first_time(uid_of(world.set), name, uid_of(node)):
                    store.delete("PersistentVolumeClaim", world.claims[name])


class RestartsAllWhenANodeGoes(Faulty):
    """Deletes every other pod of a set when the Node object of one of them is deleted."""

    breaks = ("failure/deleted-node-frees-the-name",)

    def meddle(self, world: World, store: Store) -> None:
        self.note_nodes(world)
        for ordinal in world.ordinals:
            known = self.nodes.get((uid_of(world.set), ordinal))
            if known is None or self.node(world, ordinal) is not None:
                continue
            others = [pod for pod in world.pods if world.ordinal(pod) != ordinal and not is_leaving(pod)]
            for pod in others if self.first_time(uid_of(world.set), known) else ():
                store.delete("Pod", pod)


class ShunsDisruptedPods(Faulty):
    """Does not make again a pod that was marked for a disruption, as every evicted one is."""

    breaks = ("failure/evicted-pod-returns",)

    def meddle(self, world: World, store: Store) -> None:
        marked = [pod for pod in world.pods if _has(pod, "DisruptionTarget")]
        self.remembered |= {f"{uid_of(world.set)} {name_of(pod)}" for pod in marked}

    def may_create(self, world: World, ordinal: int) -> bool:
        is_marked = f"{uid_of(world.set)} {self.pod_name(world, ordinal)}" in self.remembered
        return super().may_create(world, ordinal) and not is_marked


def _has(one: Object, condition: str) -> bool:
    """Whether the status of a pod or a node says that this condition is true."""
    conditions = (one.get("status") or {}).get("conditions") or ()
    return any(each["type"] == condition and each["status"] == "True" for each in conditions)
