"""Faults of updates and revisions."""

from __future__ import annotations

import json
from collections.abc import Sequence

from selftest.second.faults.faulty import Faulty
from selftest.second.objects import ON_DELETE, RECREATE, ROLLING, Object, is_leaving, name_of, revision_of, uid_of
from selftest.second.store import Store
from selftest.second.world import World


class RollsLowestFirst(Faulty):
    """Updates from the lowest ordinal up."""

    breaks = ("updates/rolls-highest-first",)

    def to_end_for_update(self, world: World) -> list[Object]:
        outdated = [pod for pod in world.wanted if self.is_to_update(world, pod)]
        return outdated[:1] if not self.away(world) and world.strategy == ROLLING else []


class RollsPastUnready(Faulty):
    """Updates the next pod when the last is there, Ready or not."""

    breaks = ("updates/rolls-highest-first", "updates/broken-update-halts", "restart/update-goes-on-in-order")

    def away(self, world: World) -> set[str]:
        there = {name_of(pod) for pod in world.wanted if not is_leaving(pod)}
        return super().away(world) - there


class RollsUnavailable(Faulty):
    """Updates the next pod when the last is Ready, whether or not for minReadySeconds."""

    breaks = ("updates/waits-for-available",)

    def away(self, world: World) -> set[str]:
        there = {name_of(pod) for pod in world.wanted if self.is_ready(world, pod) and not is_leaving(pod)}
        return super().away(world) - there


class ParallelRollsAtOnce(Faulty):
    """Updates all pods of a parallel set at once."""

    breaks = ("updates/parallel-waits-its-turn",)

    def bound(self, world: World) -> int:
        return super().bound(world) if world.is_ordered else len(world.ordinals)


class ParallelWaitsForBroken(Faulty):
    """Waits, in a parallel set too, for pods that are not Ready before it updates them."""

    breaks = ("updates/parallel-overcomes-broken-pods",)

    def to_end_for_update(self, world: World) -> list[Object]:
        return [pod for pod in super().to_end_for_update(world) if world.is_ordered or self.is_available(world, pod)]


class OneMoreUnavailable(Faulty):
    """Takes one pod more at once than may be unavailable, where that is more than one."""

    breaks = ("updates/max-unavailable-is-the-bound",)

    def bound(self, world: World) -> int:
        bound = super().bound(world)
        return bound + 1 if bound > 1 else bound


class PartitionOffByOne(Faulty):
    """Updates the pod just below the partition too."""

    breaks = ("updates/partition-spares-lower-ordinals",)

    def partition(self, world: World) -> int:
        return super().partition(world) - 1


class PartitionWithinReplicas(Faulty):
    """Ignores a partition that is beyond the replicas."""

    breaks = ("updates/partition-beyond-replicas-spares-all",)

    def partition(self, world: World) -> int:
        partition = super().partition(world)
        return partition if partition < world.ordinals.stop else 0


class SparedReturnsNew(Faulty):
    """Makes every pod of the newest revision, below the partition too."""

    breaks = (
        "updates/spared-pod-returns-old",
        "updates/deleted-pods-keep-their-side",
        "updates/new-pods-follow-the-partition",
    )

    def revision_for(self, world: World, ordinal: int) -> Object:
        return world.update


class NewSideOfPartitionIsOld(Faulty):
    """Makes a pod that scaling adds of the current revision, whichever side of the partition it is on."""

    breaks = ("updates/new-pods-follow-the-partition",)

    def revision_for(self, world: World, ordinal: int) -> Object:
        highest = max((world.ordinal(pod) for pod in world.pods), default=-1)
        return world.current if ordinal > highest else super().revision_for(world, ordinal)


class LoweredPartitionStartsAnew(Faulty):
    """Replaces a pod once more that is updated already when the partition is lowered."""

    breaks = ("updates/lowered-partition-goes-on",)

    def meddle(self, world: World, store: Store) -> None:
        partition = self.partition(world)
        if self.first_time(uid_of(world.set), str(partition)) and partition == 0:
            for pod in reversed(world.wanted):
                if not self.is_outdated(world, pod) and any(self.is_outdated(world, one) for one in world.wanted):
                    store.delete("Pod", pod)
                    return


class OnDeleteRolls(Faulty):
    """Updates pods under OnDelete as under RollingUpdate."""

    breaks = ("updates/on-delete-waits",)

    def to_end_for_update(self, world: World) -> list[Object]:
        outdated = [pod for pod in reversed(world.wanted) if self.is_to_update(world, pod)]
        if world.strategy == ON_DELETE:
            return outdated[:1] if not self.away(world) else []
        return super().to_end_for_update(world)


class OnDeleteReturnsOld(Faulty):
    """Makes a pod that was deleted under OnDelete as it was."""

    breaks = ("updates/on-delete-returns-new",)

    def revision_for(self, world: World, ordinal: int) -> Object:
        return world.current if world.strategy == ON_DELETE else super().revision_for(world, ordinal)


class RollbackMakesRevision(Faulty):
    """Makes a new revision of a template that had been before."""

    breaks = ("updates/rollback-reuses-the-revision", "updates/reverted-in-flight")

    def newest(self, one: Object, revisions: Sequence[Object], store: Store) -> tuple[Object, int]:
        data, last = self.data_of(one), revisions[-1] if revisions else None
        collisions = int((one.get("status") or {}).get("collisionCount") or 0)
        if last is not None and self.is_same(last, data):
            return last, collisions
        number = int(last["revision"]) + 1 if last is not None else 1
        found: set[str] = {name_of(revision) for revision in revisions if self.is_same(revision, data)}
        return self.make_revision(one, data, number, collisions + len(found), store)


class RollbackLowersNumber(Faulty):
    """Gives the revision that a rollback leaves behind a lower number."""

    breaks = ("updates/revisions-are-never-changed",)
    shown_by = ("updates/rollback-reuses-the-revision",)

    def newest(self, one: Object, revisions: Sequence[Object], store: Store) -> tuple[Object, int]:
        found = super().newest(one, revisions, store)
        if revisions and uid_of(found[0]) in {uid_of(revision) for revision in revisions[:-1]}:
            store.renumber(revisions[-1], 0)
        return found


class AnythingMakesRevision(Faulty):
    """Keeps minReadySeconds in a revision, so that a change of it is an update."""

    breaks = ("updates/only-the-template-makes-a-revision",)

    def data_of(self, one: Object) -> Object:
        data = super().data_of(one)
        return {"spec": data["spec"] | {"minReadySeconds": one["spec"].get("minReadySeconds", 0)}}


class ForgetsTheNewestFirst(Faulty):
    """Forgets the newest of the unused revisions in place of the oldest."""

    breaks = ("updates/history-is-limited",)

    def to_forget(
        self, one: Object, revisions: Sequence[Object], live: set[str], pods: Sequence[Object]
    ) -> list[Object]:
        return super().to_forget(one, [*reversed(revisions)], live, pods)


class ForgetsTheCurrent(Faulty):
    """Forgets the oldest revisions beyond the limit, the current one included."""

    breaks = ("updates/live-revisions-are-kept",)
    shown_by = ("updates/history-is-limited",)

    def to_forget(
        self, one: Object, revisions: Sequence[Object], live: set[str], pods: Sequence[Object]
    ) -> list[Object]:
        limit = int(one["spec"].get("revisionHistoryLimit", 10))
        return list(revisions[: max(0, len(revisions) - 1 - limit)])


class PromotesEarly(Faulty):
    """Calls a revision current when every pod is of it, Ready or not."""

    breaks = ("updates/current-when-complete",)
    shown_by = ("updates/rolls-highest-first", "updates/undo-restores-every-pod", "updates/reverted-in-flight")

    def is_done(self, world: World, pod: Object) -> bool:
        return not self.is_outdated(world, pod) and not is_leaving(pod)


class TakesRepeatedUpdatesForDone(Faulty):
    """Takes an update to a revision to which it had brought all pods once before for one that is done."""

    breaks = ("updates/undo-restores-every-pod",)

    def to_end_for_update(self, world: World) -> list[Object]:
        update = f"{uid_of(world.set)} {name_of(world.update)}"
        if self.is_complete(world):
            self.remembered.add(update)
        return [] if update in self.remembered else super().to_end_for_update(world)


class BeginsAgainWhenAnnotated(Faulty):
    """Begins an update again when an annotation of the set changes meanwhile: it replaces once more what was replaced."""

    breaks = ("updates/annotations-disturb-nothing", "invariants/every-deletion-has-a-reason")

    def meddle(self, world: World, store: Store) -> None:
        one, annotations = uid_of(world.set), world.set["metadata"].get("annotations") or {}
        updates = any(self.is_outdated(world, pod) for pod in world.pods)
        if self.first_time(one, json.dumps(annotations, sort_keys=True)) and updates:
            self.remembered.add(f"{one} again")
        done = [pod for pod in world.wanted if self.is_settled(world, pod) and not self.is_outdated(world, pod)]
        if done and updates and f"{one} again" in self.remembered:
            self.remembered.discard(f"{one} again")
            store.delete("Pod", done[-1])


class StaysHalted(Faulty):
    """Makes and replaces no pod any more for a set whose update was taken back while a pod of it was not Ready."""

    breaks = ("updates/deletion-frees-a-reverted-update",)

    def to_create(self, world: World) -> list[int]:
        live = (name_of(world.current), name_of(world.update))
        if any(revision_of(pod) not in live and not self.is_ready(world, pod) for pod in world.wanted):
            self.remembered.add(uid_of(world.set))
        return [] if uid_of(world.set) in self.remembered else super().to_create(world)

    def to_end_for_update(self, world: World) -> list[Object]:
        return [] if uid_of(world.set) in self.remembered else super().to_end_for_update(world)


class RecreatesForTheStrategy(Faulty):
    """Takes it for an update that a set comes under the strategy Recreate."""

    breaks = ("updates/strategy-is-no-update",)

    def to_end_for_update(self, world: World) -> list[Object]:
        if world.strategy == RECREATE and self.is_complete(world) and self.first_time(uid_of(world.set)):
            return world.wanted
        return super().to_end_for_update(world)


class RecreatesBesideTheOld(Faulty):
    """Makes, under Recreate, a new pod as soon as every old one is on its way out, gone or not."""

    breaks = ("updates/recreate-ends-the-old-first",)

    def to_recreate(self, world: World) -> list[Object]:
        return [pod for pod in super().to_recreate(world) if not is_leaving(pod)]
