"""A small model of a cluster that keeps its promises, driven by the suite's own scenarios, in any lawful interleaving.

Method: a store appends what is written; the controller, the kubelet and the garbage collector each take a step when `choose`
says so. The controller acts upon caches that may be a few events old, as a real one does, and so does whoever drives. Its look
follows Kubernetes' own: creations, removals, then the update, one at a time unless the pods are Parallel; its status last.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from conformance.history import (
    ACT,
    ADDED,
    DELETED,
    MODIFIED,
    POD_INDEX_LABEL,
    POD_NAME_LABEL,
    REVISION_LABEL,
    Event,
    ordinal_of,
)

Object = dict[str, Any]
Choose = Callable[[int], int]
SET, POD, CLAIM, REVISION = "StatefulSet", "Pod", "PersistentVolumeClaim", "ControllerRevision"
RETENTION = "persistentVolumeClaimRetentionPolicy"
UPDATED = "stateful-conformance.test/update"
WHEN = "2026-01-01T00:00:00Z"
HOUR = 3600
# How many events a cache may be behind.
STALE = 10
# How many containers may fail in one history.
FAILURES = 3
# What makes a history hard to judge: a look at the past, a write that hits nothing, an act upon the past, and pods that fail.
LOOKED_BACK, HIT_NOTHING, ACTED_BLINDLY = (
    "looked at the past",
    "wrote upon what is gone or taken",
    "acted upon the past",
)
FAILED_FOR_A_WHILE, RESTARTED, BROKE = "failed for a while", "was started again", "failed for good"
HARD = (LOOKED_BACK, HIT_NOTHING, ACTED_BLINDLY, FAILED_FOR_A_WHILE, RESTARTED, BROKE)
# One step of so many is one at which something may fail.
RARELY = 10


class View:
    """The objects as somebody knows them, who has read the log up to some place."""

    def __init__(self, log: list[Event]) -> None:
        self.log, self.at = log, 0
        self.objects: dict[tuple[str, str], Object] = {}

    def read_to(self, end: int) -> None:
        """Read on up to this place."""
        for event in self.log[self.at : max(self.at, end)]:
            if event.type == ACT:
                continue
            self.objects[event.kind, event.name] = dict(event.object)
            if event.type == DELETED:
                del self.objects[event.kind, event.name]
        self.at = max(self.at, end)

    def find(self, kind: str, name: str) -> Object | None:
        """The object of this name, or None."""
        return self.objects.get((kind, name))

    def all(self, kind: str) -> list[Object]:
        """All objects of one kind."""
        return [one for (of, _), one in self.objects.items() if of == kind]


class Cluster:
    """The store, and all who write to it but the driver."""

    def __init__(self, choose: Choose) -> None:
        self.choose = choose
        self.log: list[Event] = []
        self.rv = self.made = self.considered = 0
        self.now, self.sets, self.pods = View(self.log), View(self.log), View(self.log)
        self.look: Iterator[None] | None = None
        self.unready: set[str] = set()
        self.pending: set[str] = set()
        self.lingering: set[str] = set()
        self.all_unready = False
        self.by_hand: set[str] = set()
        self.failures = FAILURES
        self.reached = Counter[str]()
        # Pods that a hold upon their name is not about, and such as will not be Ready again.
        self.spared: set[str] = set()
        self.broken: set[str] = set()

    def write(self, kind: str, one: Object, *, gone: bool = False) -> None:
        """Append an object as it is from now on, or that it is gone."""
        self.rv += 1
        there = self.now.find(kind, one["metadata"]["name"])
        told = copy.deepcopy(one)
        told["metadata"]["resourceVersion"] = str(self.rv)
        self.log.append(Event(DELETED if gone else MODIFIED if there else ADDED, kind, self.rv, told))
        self.now.read_to(len(self.log))

    def change(self, kind: str, name: str, edit: Callable[[Object], object], uid: str = "") -> None:
        """Change an object that is there, of this UID where one is named; what changes nothing is not written."""
        there = self.now.find(kind, name)
        if there is None or uid not in ("", there["metadata"]["uid"]):
            self.reached[HIT_NOTHING] += 1
            return
        changed = copy.deepcopy(there)
        edit(changed)
        if changed != there:
            self.write(kind, changed)

    def new_uid(self, what: str) -> str:
        """A UID that no object had."""
        self.made += 1
        return f"{what}-{self.made}"

    def step(self) -> bool:
        """Let somebody do something; False where nothing is left to be done."""
        due = [*self._controller_due(), *self._kubelet_due(), *self._collector_due()]
        if not due:
            return False
        # What may fail need not, and nothing waits for it.
        may_fail = self._may_fail() if self.choose(RARELY) == RARELY - 1 else []
        due = may_fail or due
        due[self.choose(len(due))]()
        return True

    def restart(self) -> None:
        """End the controller in the middle of whatever it does; its successor reads everything anew."""
        self.look, self.sets, self.pods = None, View(self.log), View(self.log)
        self._read(fresh=True)

    def _controller_due(self) -> list[Callable[[], None]]:
        return [self._control] if self.look or self.considered < len(self.log) else []

    def _control(self) -> None:
        if self.look is None:
            self._read()
            self.look = self._look()
        try:
            next(self.look)
        except StopIteration:
            self.look = None

    def _read(self, *, fresh: bool = False) -> None:
        for cache in (self.sets, self.pods):
            cache.read_to(len(self.log) - (0 if fresh else self.choose(STALE)))
        self.reached[LOOKED_BACK] += min(self.sets.at, self.pods.at) < len(self.log)
        # What this look does not consider makes another one due.
        self.considered = min(self.sets.at, self.pods.at)

    def _kubelet_due(self) -> list[Callable[[], None]]:
        found: list[Callable[[], None]] = []
        for pod in self.now.all(POD):
            name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
            is_held = name in self.unready and uid not in self.spared
            held = self.all_unready or is_held or uid in self.by_hand | self.broken
            if "deletionTimestamp" in pod["metadata"]:
                if name not in self.lingering:
                    found.append(lambda pod=pod: self.write(POD, pod, gone=True))  # type: ignore[misc]
            elif pod["status"]["phase"] == "Pending" and name not in self.pending:
                found.append(lambda name=name: self.set_ready(name, False))  # type: ignore[misc]
            elif pod["status"]["phase"] == "Running" and not ready(pod) and not held:
                found.append(lambda name=name: self.set_ready(name, True))  # type: ignore[misc]
        return found

    def _may_fail(self) -> list[Callable[[], None]]:
        found: list[Callable[[], None]] = []
        for pod in self.now.all(POD) if self.failures else ():
            if ready(pod) and "deletionTimestamp" not in pod["metadata"] and pod["metadata"]["uid"] not in self.by_hand:
                found.append(lambda pod=pod: self.fail(pod))  # type: ignore[misc]
        return found

    def fail(self, pod: Object) -> None:
        """Let a pod fail its probe for a while, its container end and be started again, or not work any more for good."""
        self.failures -= 1
        name, how = pod["metadata"]["name"], (FAILED_FOR_A_WHILE, RESTARTED, BROKE)[self.choose(3)]
        self.reached[how] += 1
        if how == RESTARTED:
            self.change(POD, name, _restarted)
        elif how == BROKE:
            self.broken.add(pod["metadata"]["uid"])
        self.set_ready(name, False)

    def set_ready(self, name: str, is_ready: bool) -> None:
        """Make a pod Running, and Ready or not."""

        def edit(pod: Object) -> None:
            pod["status"] |= {"phase": "Running", "conditions": [{"type": "Ready", "status": str(is_ready)}]}

        self.change(POD, name, edit)

    def _collector_due(self) -> list[Callable[[], None]]:
        found: list[Callable[[], None]] = []
        uids = {one["metadata"]["uid"] for one in self.now.objects.values()}
        for (kind, name), one in self.now.objects.items():
            owners = [owner["uid"] for owner in one["metadata"].get("ownerReferences", ())]
            orphaned = owners and not uids & {*owners}
            if orphaned and kind in (POD, CLAIM, REVISION) and "deletionTimestamp" not in one["metadata"]:
                found.append(lambda kind=kind, name=name: self.delete(kind, name))  # type: ignore[misc]
            elif kind == CLAIM and "deletionTimestamp" in one["metadata"] and not self._mounted(name):
                found.append(lambda one=one: self.write(CLAIM, one, gone=True))  # type: ignore[misc]
        return found

    def _mounted(self, claim: str) -> bool:
        return self.now.find(POD, claim.removeprefix("data-")) is not None

    def delete(self, kind: str, name: str, uid: str = "") -> None:
        """Begin the deletion of an object; a revision is gone at once."""
        if kind == REVISION:
            self.write(kind, self.now.objects[kind, name], gone=True)
        else:
            self.change(kind, name, lambda one: one["metadata"].setdefault("deletionTimestamp", WHEN), uid)

    def _look(self) -> Iterator[None]:
        """One look of the controller: it acts, and then writes its status."""
        the_set = self.sets.find(SET, "web")
        if the_set is None or "deletionTimestamp" in the_set["metadata"]:
            return
        the_set = copy.deepcopy(the_set)
        spec, uid = the_set["spec"], the_set["metadata"]["uid"]
        own = [pod for pod in self.pods.all(POD) if pod["metadata"]["ownerReferences"][0]["uid"] == uid]
        newest = self._newest_revision(the_set)
        known = the_set["status"].get("currentRevision")
        current = known if self.now.find(REVISION, str(known)) else newest
        status = count(own, spec, current, newest)
        status["observedGeneration"] = the_set["metadata"]["generation"]
        yield
        for act in self._acts(spec, uid, own, current, newest):
            if act is not None:
                act()
                yield
        if spec["updateStrategy"]["type"] == "RollingUpdate" and {spec["replicas"]} == {
            status[field] for field in ("updatedReplicas", "readyReplicas", "replicas")
        }:
            status |= {"currentReplicas": status["updatedReplicas"], "currentRevision": newest}
        self.change(SET, "web", lambda one: one["status"].update(status), uid)
        self.sets.read_to(len(self.log))
        yield
        yield from self._prune(spec, own, {str(status["currentRevision"]), newest})

    def _newest_revision(self, the_set: Object) -> str:
        template = {"spec": {"template": the_set["spec"]["template"]}}
        revisions = self._revisions(the_set["metadata"]["uid"])
        number = 1 + max((one["revision"] for one in revisions), default=0)
        same = next((one for one in revisions if one["data"] == template), None)
        if same is None:
            name = f"web-r{self.new_uid('revision').partition('-')[2]}"
            owner = {"kind": SET, "name": "web", "uid": the_set["metadata"]["uid"], "controller": True}
            metadata = {"name": name, "uid": f"{name}-uid", "ownerReferences": [owner]}
            self.write(REVISION, {"metadata": metadata, "revision": number, "data": template})
            return name
        if same["revision"] < number - 1:
            self.change(REVISION, same["metadata"]["name"], lambda one: one.update(revision=number))
        return str(same["metadata"]["name"])

    def _revisions(self, uid: str) -> list[Object]:
        return [one for one in self.now.all(REVISION) if one["metadata"]["ownerReferences"][0]["uid"] == uid]

    def _prune(self, spec: Object, own: list[Object], named: set[str]) -> Iterator[None]:
        live = named | {revision_of(pod) for pod in own}
        unused = [one for one in self.now.all(REVISION) if one["metadata"]["name"] not in live]
        unused = sorted(unused, key=lambda one: one["revision"])
        for one in unused[: max(0, len(unused) - spec["revisionHistoryLimit"])]:
            self.delete(REVISION, one["metadata"]["name"])
            yield

    def _acts(
        self, spec: Object, uid: str, own: list[Object], current: str, newest: str
    ) -> Iterator[Callable[[], object] | None]:
        """What the controller does in one look, in its order."""
        monotonic = spec.get("podManagementPolicy") != "Parallel"
        start = (spec.get("ordinals") or {}).get("start", 0)
        asked = range(start, start + spec["replicas"])
        by_ordinal = {ordinal_of(pod["metadata"]["name"]) or 0: pod for pod in own}
        condemned = [by_ordinal[one] for one in sorted(by_ordinal, reverse=True) if one not in asked]
        unhealthy = [by_ordinal.get(one) for one in asked if not available(by_ordinal.get(one), spec)]
        unhealthy += [pod for pod in reversed(condemned) if not available(pod, spec)]
        for ordinal in asked:
            pod = by_ordinal.get(ordinal)
            if pod is None:
                if self._claim_is_stale(ordinal):
                    return
                yield from self._creation(spec, uid, ordinal, current, newest)
            elif pod["status"]["phase"] in ("Failed", "Succeeded"):
                yield self._deletion(pod)
                return
            if monotonic and not available(pod, spec):
                return
            if pod is not None and available(pod, spec):
                yield self._own_claim(spec, pod, {"uid": uid} if wants(spec, "whenDeleted") else None)
        for pod in condemned:
            if wants(spec, "whenScaled"):
                yield self._own_claim(spec, pod, {"uid": pod["metadata"]["uid"]})
            is_leaving = "deletionTimestamp" in pod["metadata"]
            if monotonic and (is_leaving or not (available(pod, spec) or pod is unhealthy[0])):
                return
            if not is_leaving:
                yield self._deletion(pod)
            if monotonic:
                return
        yield from self._update(spec, asked, by_ordinal, newest)

    def _update(
        self, spec: Object, asked: range, by_ordinal: Mapping[int, Object], newest: str
    ) -> Iterator[Callable[[], object] | None]:
        if spec["updateStrategy"]["type"] != "RollingUpdate":
            return
        partition = (spec["updateStrategy"].get("rollingUpdate") or {}).get("partition", 0)
        for ordinal in reversed(range(max(asked.start, partition), asked.stop)):
            pod = by_ordinal.get(ordinal)
            if pod is None:
                return
            if revision_of(pod) != newest and "deletionTimestamp" not in pod["metadata"]:
                yield self._deletion(pod)
                return
            if not available(pod, spec):
                return

    def _deletion(self, pod: Object) -> Callable[[], object]:
        return lambda: self.delete(POD, pod["metadata"]["name"], pod["metadata"]["uid"])

    def _claim_is_stale(self, ordinal: int) -> bool:
        claim = self.now.find(CLAIM, f"data-web-{ordinal}")
        uids = {one["metadata"]["uid"] for one in self.now.objects.values()}
        owners = {owner["uid"] for owner in claim["metadata"].get("ownerReferences", ())} if claim else set()
        return claim is not None and ("deletionTimestamp" in claim["metadata"] or bool(owners - uids))

    def _creation(
        self, spec: Object, uid: str, ordinal: int, current: str, newest: str
    ) -> Iterator[Callable[[], object] | None]:
        name = f"web-{ordinal}"
        if self.now.find(CLAIM, f"data-{name}") is None:
            metadata: Object = {"name": f"data-{name}", "uid": self.new_uid("claim")}
            if wants(spec, "whenDeleted"):
                metadata["ownerReferences"] = [{"kind": SET, "name": "web", "uid": uid, "controller": True}]
            yield lambda: self.write(CLAIM, {"metadata": metadata, "spec": {}, "status": {}})
        strategy = spec["updateStrategy"]
        partition = (strategy.get("rollingUpdate") or {}).get("partition", 0)
        revision = current if strategy["type"] == "RollingUpdate" and ordinal < partition else newest
        # A name that is taken, by what no cache shows yet, is refused; so is a pod of a set that is gone.
        the_set = self.now.find(SET, "web")
        is_free = self.now.find(POD, name) is None and the_set and the_set["metadata"]["uid"] == uid
        self.reached[HIT_NOTHING] += not is_free
        if is_free:
            yield lambda: self.write(POD, self._new_pod(uid, ordinal, revision))

    def _new_pod(self, uid: str, ordinal: int, revision: str) -> Object:
        name = f"web-{ordinal}"
        template = self.now.objects[REVISION, revision]["data"]["spec"]["template"]
        labels = {"app": "web", POD_NAME_LABEL: name, POD_INDEX_LABEL: str(ordinal), REVISION_LABEL: revision}
        owner = {"kind": SET, "name": "web", "uid": uid, "controller": True, "blockOwnerDeletion": True}
        metadata = {"name": name, "uid": self.new_uid("pod"), "labels": labels, "ownerReferences": [owner]}
        metadata["annotations"] = dict(template["metadata"].get("annotations", {}))
        volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": f"data-{name}"}}]
        taints = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
        tolerations = [{"key": key, "effect": "NoExecute", "tolerationSeconds": 300} for key in taints]
        spec = {"hostname": name, "subdomain": "web", "volumes": volumes, "tolerations": tolerations}
        return {"metadata": metadata, "spec": spec, "status": {"phase": "Pending"}}

    def _own_claim(self, spec: Object, pod: Object, owner: Object | None) -> Callable[[], object] | None:
        name = f"data-{pod['metadata']['name']}"
        claim = self.now.find(CLAIM, name)
        owners = [owner | {"kind": SET if owner["uid"] not in pod["metadata"]["uid"] else POD}] if owner else []
        has = {one["uid"] for one in claim["metadata"].get("ownerReferences", ())} if claim else set()
        if claim is None or has == {one["uid"] for one in owners}:
            return None
        return lambda: self.change(CLAIM, name, lambda one: one["metadata"].update(ownerReferences=owners))


def _restarted(pod: Object) -> None:
    """Let a container have been started once more; in the same write it is not Ready, as with the kubelet."""
    before = sum(one["restartCount"] for one in pod["status"].get("containerStatuses", ()))
    again = {"name": "web", "restartCount": before + 1, "ready": False}
    pod["status"] |= {"containerStatuses": [again], "conditions": [{"type": "Ready", "status": "False"}]}


def ready(pod: Object | None) -> bool:
    """Whether a pod is there, Running and Ready, on its way out or not."""
    conditions = pod["status"].get("conditions", ()) if pod else ()
    return {"type": "Ready", "status": "True"} in conditions and bool(pod) and pod["status"]["phase"] == "Running"  # type: ignore[index]


def available(pod: Object | None, spec: Object) -> bool:
    """Whether a pod is Ready, for long enough, and stays."""
    return ready(pod) and pod is not None and "deletionTimestamp" not in pod["metadata"] and lasting(spec)


def lasting(spec: Object) -> bool:
    """Whether what is Ready is available: a minReadySeconds of an hour is never over."""
    return bool(spec.get("minReadySeconds", 0) < HOUR)


def wants(spec: Object, field: str) -> bool:
    """Whether the retention policy deletes claims in this case."""
    return bool((spec.get(RETENTION) or {}).get(field) == "Delete")


def revision_of(pod: Object) -> str:
    """The revision that a pod was made at."""
    return str(pod["metadata"]["labels"][REVISION_LABEL])


def count(pods: list[Object], spec: Object, current: str, newest: str) -> Object:
    """The status that counts these pods."""
    borne = [revision_of(pod) for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    are_ready = sum(map(ready, pods))
    return {
        "replicas": len(pods),
        "readyReplicas": are_ready,
        "availableReplicas": are_ready * lasting(spec),
        "currentReplicas": borne.count(current),
        "updatedReplicas": borne.count(newest),
        "currentRevision": current,
        "updateRevision": newest,
    }
