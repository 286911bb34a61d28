"""Faults of what a pod is, and whose."""

from __future__ import annotations

from selftest.second.faults.faulty import Faulty
from selftest.second.objects import (
    POD_INDEX,
    POD_NAME,
    REVISION,
    Object,
    controller_of,
    is_leaving,
    labels_of,
    name_of,
    uid_of,
)
from selftest.second.store import Store
from selftest.second.world import World


class LabelsNameLater(Faulty):
    """Labels a pod with its name only when it is there."""

    breaks = ("identity/labelled-with-name",)

    def labels(self, world: World, ordinal: int, revision: Object) -> dict[str, str]:
        return {key: value for key, value in super().labels(world, ordinal, revision).items() if key != POD_NAME}


class LabelsOrdinalLater(Faulty):
    """Labels a pod with its ordinal only when it is there."""

    breaks = ("identity/labelled-with-ordinal",)

    def labels(self, world: World, ordinal: int, revision: Object) -> dict[str, str]:
        return {key: value for key, value in super().labels(world, ordinal, revision).items() if key != POD_INDEX}


class LabelsHashOnly(Faulty):
    """Labels a pod with the hash of its revision in place of the revision's name."""

    breaks = ("identity/labelled-with-revision",)

    def labels(self, world: World, ordinal: int, revision: Object) -> dict[str, str]:
        return super().labels(world, ordinal, revision) | {REVISION: name_of(revision).rpartition("-")[2]}

    def is_outdated(self, world: World, pod: Object) -> bool:
        return labels_of(pod)[REVISION] != name_of(world.update).rpartition("-")[2]


class OwnerDoesNotBlock(Faulty):
    """Lets a set that is deleted in the foreground go before its pods."""

    breaks = ("identity/owned-by-the-set", "api/foreground-deletes-pods-first")

    def pod_owners(self, world: World) -> list[Object]:
        return [owner | {"blockOwnerDeletion": False} for owner in super().pod_owners(world)]


class HostnameOfTheOneBelow(Faulty):
    """Gives every pod but the first the host name of the one below it."""

    breaks = ("identity/hostname-is-the-name",)

    def hostname(self, world: World, ordinal: int) -> str:
        return self.pod_name(world, max(ordinal - 1, world.ordinals.start))


class NoSubdomain(Faulty):
    """Leaves out the Service under which a pod's name is to stand."""

    breaks = ("identity/hostname-is-the-name",)

    def subdomain(self, world: World) -> str:
        return ""


class LeavesOutInitContainers(Faulty):
    """Makes pods without the init containers of their template."""

    breaks = ("identity/made-as-the-template-says",)

    def pod(self, world: World, ordinal: int) -> Object:
        made = super().pod(world, ordinal)
        return made | {"spec": {key: value for key, value in made["spec"].items() if key != "initContainers"}}


class OneTooMany(Faulty):
    """Creates one pod more than it is asked for, once, and removes it."""

    breaks = ("identity/names-are-ordinals", "invariants/every-creation-is-wanted")

    def to_create(self, world: World) -> list[int]:
        found = super().to_create(world)
        return found if found or not self.first_time(uid_of(world.set)) else [world.ordinals.stop]


class TouchesTheNeighbour(Faulty):
    """Deletes, with a pod that somebody else has deleted, the one above it."""

    breaks = ("identity/survives-deletion", "invariants/every-deletion-has-a-reason")

    def meddle(self, world: World, store: Store) -> None:
        missing = [one for one in world.ordinals if world.pod(one) is None or is_leaving(world.pod(one) or {})]
        above = world.pod(missing[0] + 1) if missing else None
        if above is not None and not is_leaving(above) and self.first_time(uid_of(world.set)):
            store.delete("Pod", above)


class RelabelsByReplacing(Faulty):
    """Deletes a pod whose name label was changed, in place of restoring the label."""

    breaks = ("identity/name-label-is-restored",)

    def meddle(self, world: World, store: Store) -> None:
        for pod in world.pods:
            if not is_leaving(pod) and labels_of(pod).get(POD_NAME) != name_of(pod):
                store.delete("Pod", pod)


class RemovesUnselected(Faulty):
    """Deletes a pod that the set no longer selects, in place of letting it go."""

    breaks = ("identity/unselected-pod-is-released",)

    def release(self, one: Object, pod: Object, store: Store) -> None:
        if not is_leaving(pod):
            store.delete("Pod", pod)


class ReplacesOrphans(Faulty):
    """Deletes a pod that it could take over, and makes another."""

    breaks = ("identity/released-pod-is-adopted", "api/orphans-are-adopted")

    def adopt(self, one: Object, kind: str, other: Object, store: Store) -> Object:
        if kind == "Pod":
            store.delete("Pod", other)
            return other
        return super().adopt(one, kind, other, store)


class DeletesItsNamesake(Faulty):
    """Deletes the pod that bears the set's own name, whosever it is."""

    breaks = ("identity/neighbours-keep-apart",)

    def meddle(self, world: World, store: Store) -> None:
        namesake = store.cache.get("Pod", store.namespace, world.name)
        if namesake is not None and controller_of(namesake) and not is_leaving(namesake):
            store.delete("Pod", namesake)


class MovesTheWholeRange(Faulty):
    """Removes, when the range of ordinals moves, also a pod that is in both ranges."""

    breaks = ("identity/range-of-ordinals-moves",)

    def meddle(self, world: World, store: Store) -> None:
        if world.ordinals.start and self.first_time(uid_of(world.set), str(world.ordinals.start)):
            for pod in world.wanted[:1]:
                store.delete("Pod", pod)
