"""What the status says: the generation that was looked at, how many pods there are of each sort, and the revisions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from selftest.second.judging import Judging
from selftest.second.objects import Object, is_leaving, name_of, ready_since, revision_of
from selftest.second.world import World

PROGRESSING = "Progressing"
COUNTS = ("replicas", "readyReplicas", "availableReplicas", "currentReplicas", "updatedReplicas", "collisionCount")


class Status(Judging):
    """How the status is made."""

    def status(self, world: World, collisions: int) -> Object:
        """The status of the set as it was found, without its conditions."""
        current = world.update if self.is_complete(world) else world.current
        return {
            "observedGeneration": self.observed(world),
            "replicas": self.count(world, lambda _: True),
            "readyReplicas": self.count(world, lambda pod: self.counts_as_ready(world, pod)),
            "availableReplicas": self.count(world, lambda pod: self.counts_as_available(world, pod)),
            "currentReplicas": self.count_of(world, current),
            "updatedReplicas": self.count_of(world, world.update),
            "currentRevision": name_of(current),
            "updateRevision": name_of(world.update),
            "collisionCount": collisions,
        }

    def observed(self, world: World) -> int:
        """The generation that was looked at."""
        return int(world.set["metadata"]["generation"])

    def count(self, world: World, holds: Callable[[Object], bool]) -> int:
        """How many pods of the set are so."""
        return sum(map(holds, world.pods))

    def counts_as_ready(self, world: World, pod: Object) -> bool:
        """Whether the pod is counted among the ready ones."""
        return self.is_ready(world, pod)

    def counts_as_available(self, world: World, pod: Object) -> bool:
        """Whether the pod is counted among the available ones."""
        return self.is_available(world, pod)

    def count_of(self, world: World, revision: Object) -> int:
        """How many pods that stay are of a revision."""
        return self.count(world, lambda pod: revision_of(pod) == name_of(revision) and not is_leaving(pod))

    def is_complete(self, world: World) -> bool:
        """Whether every pod is of the newest revision and Ready, and there are as many as there are to be."""
        done = [pod for pod in world.wanted if self.is_done(world, pod)]
        return len(done) == len(world.ordinals) == len(world.pods)

    def is_done(self, world: World, pod: Object) -> bool:
        """Whether a pod is as the newest revision wants it."""
        return self.is_ready(world, pod) and not self.is_outdated(world, pod) and not is_leaving(pod)

    def is_same_status(self, world: World, status: Object) -> bool:
        """Whether the set says all that already."""
        there = world.set.get("status") or {}
        return all((there.get(field) or (0 if field in COUNTS else None)) == status[field] for field in status)

    def conditions(self, world: World) -> list[Object] | None:
        """The conditions where Recreate has something to tell, else None; those of others are kept."""
        there: list[Object] = (world.set.get("status") or {}).get("conditions") or []
        before = next((one for one in there if one["type"] == PROGRESSING), None)
        complete = self.is_complete(world)
        if world.strategy != "Recreate" or (complete and before is None):
            return None
        told = ("False", "RecreateCompleted") if complete else ("True", "RecreateInProgress")
        if not complete and name_of(world.current) == name_of(world.update):
            return None
        if before is not None and (before["status"], before["reason"]) == told:
            return None
        now = world.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        own = {"type": PROGRESSING, "status": told[0], "reason": told[1], "message": "", "lastTransitionTime": now}
        return [one for one in there if one["type"] != PROGRESSING] + [own]

    def until_available(self, world: World) -> float | None:
        """In how many seconds the next pod becomes available, or None where none is on its way there."""
        ready = [since for pod in world.pods if self.is_ready(world, pod) and (since := ready_since(pod))]
        left = [since + self.least(world) - world.now for since in ready]
        return min((one.total_seconds() for one in left if one > timedelta()), default=None)
