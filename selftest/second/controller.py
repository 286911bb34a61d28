"""The controller: looks at a set, decides, acts, and then says in the set's status what it found.

Method: a look begins with what is known of the cluster, and only where all that the last look wrote has come back. What goes
wrong does not keep the status from being written, and the look is made again after a while.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from fixtures.cluster import ApiError, Cluster
from selftest.second.cache import Cache
from selftest.second.deciding import Deciding
from selftest.second.objects import (
    Object,
    controller_of,
    is_leaving,
    labels_of,
    name_of,
    ordinal_of,
    owners_of,
    phase_of,
    selects,
    uid_of,
)
from selftest.second.queue import Key, Queue
from selftest.second.retention import Retention
from selftest.second.revisions import Revisions
from selftest.second.status import Status
from selftest.second.store import Store
from selftest.second.working import work
from selftest.second.world import World

WORKERS = 6


class Controller(Deciding, Retention, Revisions, Status):
    """Keeps the sets of all namespaces that begin with a prefix as they say that they are to be."""

    def __init__(self, cluster: Cluster, prefix: str) -> None:
        self.cluster, self.queue = cluster, Queue()
        self.cache = Cache(cluster, prefix, self._changed)
        self._stores: dict[Key, Store] = {}
        self._told: set[str] = set()
        self.looked_at: set[str] = set()

    def run(self) -> None:
        """Work until the process ends."""
        self.cache.start()
        told = (self.queue, self._look)
        workers = [threading.Thread(target=work, args=told, daemon=True, name=f"worker {n}") for n in range(WORKERS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def _changed(self, namespace: str) -> None:
        for one in self.cache.all("StatefulSet", namespace):
            self.queue.add((namespace, name_of(one)))

    def _look(self, key: Key) -> None:
        one = self.cache.get("StatefulSet", *key)
        store = self._stores.setdefault(key, Store(self.cluster, self.cache, key[0]))
        if one is None or not self.is_fresh(store):
            return
        store.forget()
        world, revisions, collisions = self.gather(one, store)
        if world is None:
            return
        wrong = [] if world.is_leaving else self.act(world, store)
        self.say(world, collisions, store)
        self.looked_at.add(uid_of(one))
        if (seconds := self.until_available(world)) is not None:
            self.queue.add_later(key, seconds)
        if wrong:
            raise wrong[0]
        live = {name_of(world.current), name_of(world.update)}
        for revision in [] if world.is_leaving else self.to_forget(one, revisions, live, world.pods):
            store.delete("ControllerRevision", revision)

    def is_fresh(self, store: Store) -> bool:
        """Whether what is known is recent enough to act upon: all that was written last has come back."""
        return store.is_up_to_date()

    def gather(self, one: Object, store: Store) -> tuple[World | None, list[Object], int]:
        """What there is of a set, its revisions, and how often their names were taken; no world for a set that just goes."""
        leaving = is_leaving(one)
        pods = self.claim_pods(one, store)
        mine = {name_of(pod) for pod in pods}
        claims = {name_of(claim): claim for claim in store.cache.all("PersistentVolumeClaim", store.namespace)}
        others = {name_of(pod) for pod in store.cache.all("Pod", store.namespace)} - mine
        if leaving:
            name = (one.get("status") or {}).get("updateRevision")
            revisions = store.cache.all("ControllerRevision", store.namespace)
            found = [revision for revision in revisions if name_of(revision) == name]
            if not found:
                return None, [], 0
            update, collisions = found[0], int((one.get("status") or {}).get("collisionCount") or 0)
        else:
            revisions = self.own_revisions(one, store)
            update, collisions = self.newest(one, revisions, store)
        current = self.current(one, revisions, update)
        world = World(one, tuple(pods), claims, current, update, frozenset(others), datetime.now(UTC))
        return world, revisions, collisions

    def claim_pods(self, one: Object, store: Store) -> list[Object]:
        """The set's pods: those that it controls by name and selector, and those that it takes over now."""
        found = []
        for pod in store.cache.all("Pod", store.namespace):
            owner, chosen = controller_of(pod), selects(one["spec"]["selector"], labels_of(pod))
            if ordinal_of(name_of(pod), name_of(one)) is None:
                continue
            if owner is None and not is_leaving(one) and self.may_adopt(one, pod, store):
                pod = self.adopt(one, "Pod", pod, store)
            elif owner is None or owner["uid"] != uid_of(one):
                continue
            elif not chosen and not is_leaving(one):
                self.release(one, pod, store)
                continue
            found.append(pod)
        return found

    def release(self, one: Object, pod: Object, store: Store) -> None:
        """Let go of a pod that the set no longer selects."""
        rest = [owner for owner in owners_of(pod) if owner["uid"] != uid_of(one)]
        store.own("Pod", pod, rest)

    def act(self, world: World, store: Store) -> list[ApiError]:
        """Do all that is to be done now; returns what was refused."""
        steps: list[Callable[[], None]] = [lambda: self.meddle(world, store), lambda: self._mend(world, store)]
        steps += [lambda ordinal=ordinal: self.make(world, ordinal, store) for ordinal in self.to_create(world)]  # type: ignore[misc]
        steps += [lambda: self._end(world, store)]
        wrong = []
        for step in steps:
            try:
                step()
            except ApiError as refused:
                wrong.append(refused)
                if world.is_ordered:
                    break
        return wrong

    def meddle(self, world: World, store: Store) -> None:
        """Do what is none of a controller's business: nothing. Faults do something here."""

    def _mend(self, world: World, store: Store) -> None:
        """Restore what a pod's identity is known by, the claims that it waits for, and the owners of its claims."""
        # A set that is on its way out is the garbage collector's, which may have let its claims go.
        for pod in world.pods:
            if is_leaving(pod) or world.is_leaving:
                continue
            ordinal = world.ordinal(pod)
            labels = self.identity(world, ordinal)
            if not labels.items() <= labels_of(pod).items():
                store.patch("Pod", pod, {"metadata": {"labels": labels}})
            if ordinal in world.ordinals and self.lacks_claims(world, pod):
                self.make_claims(world, ordinal, store)
            for template in world.templates:
                claim = world.claims.get(self.claim_name(world, template, ordinal))
                if claim is not None and not is_leaving(claim):
                    self._own(world, claim, ordinal, store)

    def lacks_claims(self, world: World, pod: Object) -> bool:
        """Whether the pod may be waiting for a claim that is not there."""
        return phase_of(pod) == "Pending"

    def _own(self, world: World, claim: Object, ordinal: int, store: Store) -> None:
        if self.is_foreign(world, claim, ordinal) and uid_of(claim) not in self._told:
            self._told.add(uid_of(claim))
            self.tell(world, "ConflictingController", self.told(claim), store)
        owners = self.claim_owners(world, claim, ordinal)
        if owners != owners_of(claim):
            self.require_staying(world.set, store)
            store.own("PersistentVolumeClaim", claim, owners)

    def make(self, world: World, ordinal: int, store: Store) -> None:
        """Create the pod of this ordinal, after the claims that it lacks."""
        try:
            self.make_claims(world, ordinal, store)
            store.create("Pod", self.pod(world, ordinal))
        except ApiError as refused:
            message = f"create Pod {self.pod_name(world, ordinal)} in StatefulSet {world.name} failed error: {refused}"
            self.tell(world, "FailedCreate", message, store)
            raise

    def make_claims(self, world: World, ordinal: int, store: Store) -> None:
        """Create the claims of this ordinal that are not there."""
        for template in world.templates:
            if self.claim_name(world, template, ordinal) not in world.claims:
                claim = self.claim(world, template, ordinal)
                claim["metadata"]["ownerReferences"] = self.wanted_owners(world, ordinal)
                store.create("PersistentVolumeClaim", claim)

    def _end(self, world: World, store: Store) -> None:
        """Delete the pods that are to go, each once."""
        found = {uid_of(pod): pod for decide in self.endings() for pod in decide(world)}
        for pod in found.values():
            if not is_leaving(pod):
                store.delete("Pod", pod, **self.deletion_options(world, pod))

    def deletion_options(self, world: World, pod: Object) -> dict[str, object]:
        """How a pod is deleted: as gracefully as it says."""
        return {}

    def tell(self, world: World, reason: str, message: str, store: Store) -> None:
        """Tell of something in an Event of the set."""
        with suppress(ApiError):
            store.tell(world.set, reason, message)

    def say(self, world: World, collisions: int, store: Store) -> None:
        """Write the status, where it says another thing than before."""
        status, conditions = self.status(world, collisions), self.conditions(world)
        if conditions is None and self.is_same_status(world, status):
            return
        change = status if conditions is None else status | {"conditions": conditions}
        store.patch("StatefulSet", world.set, {"status": change}, subresource="/status")
