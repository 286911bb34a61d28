"""Histories written by hand, as short as "+0 r0 u0 +1", told as the API server would have told them.

Method: each word is one step and becomes one or a few events with real-looking objects. Every event carries in `time` its
word with the word's place, so `judged` names the event of a violation as "4 +1": the fourth word, `+1`.

    +0  r0  u0  t0  -0     pod web-0 is born (its claim before it), Ready, unready, terminating, gone
    +0@1                   born at revision 1 (otherwise at the newest)
    +x7k2p  rx7k2p ...     the same with a pod that has a random name
    F0  S0                 the phase of web-0 is Failed, Succeeded;  D0: it is marked for a disruption
    c+0  ct0  c-0          claim data-web-0 is created, terminating, gone;  cb0: it is bound to a volume (cb0@v2: to v2)
    o0:set  o0:pod  o0:none  o0:other         claim data-web-0 is owned, from now on, by the set, web-0, nobody, something else
    a0:set  a0:none        pod web-0 is owned, from now on, by the set that is there, by nobody
    =   =2                 the controller writes a status that is true, or with readyReplicas 2, and observes the set
    =a1                    the same with availableReplicas 1, of which the others say nothing
    lists:web:0r,1u        an EndpointSlice of the Service web lists web-0 as ready, web-1 as not (1p: ready, but not serving)
    published:0            an EndpointSlice lists web-0 as ready
    scale:2  update  nudge              acts upon the set, and the generation (for `update` also the revision) they make
    partition:1  annotate  apply        further acts upon the set, of which only the first makes a generation
    undo:1                              an update back to the template of revision 1, which gets the highest number
    prune:2                             revision 2 is deleted
    available:3600                      a change of the set's minReadySeconds;  condition: one is put into its status
    delete:set  create:2                the set is deleted by the test and gone at once; it is created anew
    delete:set:Orphan  delete:set:Foreground  gone:set  the set is deleted and stays a while, with a finalizer; it is gone
    retain:whenDeleted:Delete                 the retention policy of the set is changed
    make:claim:1                        the test makes the claim of web-1;  told:ReasonOfEvent:data-web-1: an Event of the set
    expand:0:2Gi  cs0:2Gi               the test asks for so much in the claim of web-0, which is granted; it has so much
    default-class:slow,fast             a probe of the default StorageClasses
    force:1  confirm:1                  web-1 is deleted by force, its end is confirmed, by the test
    budget:1                            a PodDisruptionBudget (protected by the test at its first mention) allows 1 disruption
    evict:1:429  ~evict:1:201           the test asks for the eviction of web-1, and what the server said
    delete:1  fail:1:Failed  hold:1     acts upon web-1;  delete:claim:1: upon its claim;  delete:node, taint: upon a node
    neighbour:web-1  without:web-1      another set is made beside it, and its pod; it is deleted, and its pod with it
    start:1                             the first ordinal is changed;  limit  unlimit: a quota is set, and taken away
    label:1:app:other  label:1:name:    a label of web-1 is changed by the test, its name label is taken away by it
    labelled:1:name:web-1               the same by another, such as the controller
    owner:1:  owner:1:set-1             web-1 loses its controlling owner, gets the set as such
    vain  vain:90                       the story ends at a wait in vain, of 20 s where none are said;  quota: a pod was refused
    late  late:90                       a wait came true as late as one in vain ends
    hostname:0:web-0  write:0:TOKEN  read:0:TOKEN  connect:0:accepted
    resolve:0:10.0.0.1,10.0.0.2  resolve:0:  srv:web-0,web-1          probes, of the pod that is there
    ~connect:0:refused                  a probe that ends only after the next write
    gap                                 the watch has a gap;  restart: the controller-manager was killed

A history begins with the Service web, the act that creates the set, the set and its first revision: no word for these.
The n-th pod that is born has the UID pod-n and, once Ready, the address 10.0.0.n.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

from conformance.history import (
    ACT,
    ADDED,
    DELETED,
    GAP,
    MODIFIED,
    POD_NAME_LABEL,
    PROBE,
    Event,
    Header,
    History,
    Inconclusive,
    Violation,
)

DOMAIN = "web.ns.svc.cluster.local"
LOOKED = "nudge = vain"
LABELS = {"app": "app", "name": POD_NAME_LABEL}
PLAIN_WORDS = (
    "annotate",
    "apply",
    "update",
    "nudge",
    "vain",
    "late",
    "quota",
    "gap",
    "restart",
    "limit",
    "unlimit",
    "taint",
)
POD_WORD = re.compile(r"([+rut=\-FSD])([a-z0-9]+)(?:@(\d+))?")
OWNER_WORD = re.compile(r"([oa])(\d+):(set|pod|none|other)")
RETENTION = "persistentVolumeClaimRetentionPolicy"
CLAIM_WORD = re.compile(r"c(\+|t|-|b)(\d+)(?:@(\w+))?")


def story(
    words: str,
    *,
    kind: str = "StatefulSet",
    replicas: int = 3,
    tier: str = "node",
    claims: bool = True,
    service: bool = True,
    one_order: bool = True,
    **specification: Any,
) -> History:
    """The history that these words tell, of a workload with these replicas and further fields of its specification."""
    return _Teller(kind, replicas, tier, claims, service, one_order, specification).tell(words)


def judged(check: Callable[..., list[Violation]], history: History, *arguments: Any) -> list[str] | str:
    """A check's answer in words: its violations as "place word: message", or "inconclusive: reason"."""
    try:
        return [f"{violation.event.time}: {violation.message}" for violation in check(history, *arguments)]
    except Inconclusive as reason:
        return f"inconclusive: {reason}"


def probed(history: History, kind: str, **change: Any) -> History:
    """The same history, with what was noted of every probe of this kind changed; None takes a word away."""
    events = []
    for event in history.log:
        told = dict(event.object)
        if (event.type, event.kind) == (PROBE, kind):
            told = {key: value for key, value in (told | change).items() if value is not None}
        events.append(Event(event.type, event.kind, event.rv, told, event.time))
    return History.of(history.header, events)


def edited(history: History, kind: str, name: str, edit: Callable[[Any], object]) -> History:
    """The same history, with every state of one object changed."""
    events = []
    for event in history.log:
        changed = copy.deepcopy(event.object)
        if (event.kind, event.name) == (kind, name):
            edit(changed)
        events.append(Event(event.type, event.kind, event.rv, changed, event.time))
    return History.of(history.header, events)


class _Teller:
    def __init__(
        self, kind: str, replicas: int, tier: str, claims: bool, service: bool, one_order: bool, specification: Any
    ) -> None:
        self.header = Header(
            scenario="told",
            kind=kind,
            name="web",
            namespace="ns",
            selector={"app": "web"},
            tier=tier,
            one_order=one_order,
        )
        self.kind, self.claims, self.service, self.specification = kind, claims, service, specification
        self.replicas = replicas
        self.rv = self.sets = self.pods_born = self.claims_made = 0
        self.revision = self.current = self.revisions_made = self.revision_number = 0
        self.word = "0 begin"
        self.log: list[Event] = []
        self.there: dict[str, dict[str, Any]] = {}

    def tell(self, words: str) -> History:
        if self.service:
            self._write(
                ADDED, "Service", {"metadata": {"name": "web", "uid": "service"}, "spec": {"clusterIP": "None"}}
            )
        self._create(self.replicas)
        for place, word in enumerate(words.split(), start=1):
            self.word = f"{place} {word}"
            self._step(word)
        return History.of(self.header, self.log)

    def _step(self, word: str) -> None:
        if match := re.fullmatch(r"=(\d*)(?:a(\d+))?", word):
            self._status(match[1], match[2])
        elif word in PLAIN_WORDS:
            self._say(word)
        elif match := POD_WORD.fullmatch(word):
            self._pod(*match.groups())
        elif match := CLAIM_WORD.fullmatch(word):
            self._claim(*match.groups())
        elif match := OWNER_WORD.fullmatch(word):
            self._owner({"o": "PersistentVolumeClaim", "a": "Pod"}[match[1]], match[2], match[3])
        else:
            self._say(*word.split(":"))

    def _write(self, event_type: str, kind: str, told: dict[str, Any]) -> None:
        self.rv += 1
        told["metadata"] |= {"namespace": "ns", "resourceVersion": str(self.rv)}
        self.log.append(Event(event_type, kind, self.rv, copy.deepcopy(told), self.word))
        self.there[f"{kind}/{told['metadata']['name']}"] = told
        if event_type == DELETED:
            del self.there[f"{kind}/{told['metadata']['name']}"]

    def _log(self, event_type: str, kind: str, **what: Any) -> None:
        self.log.append(Event(event_type, kind, self.rv, what, self.word))

    def _create(self, replicas: int) -> None:
        self._log(ACT, "create", target=f"{self.kind}/web", replicas=replicas)
        self.sets += 1
        template = {"serviceName": "web", "volumeClaimTemplates": [{"metadata": {"name": "data"}}]}
        spec = {"replicas": replicas} | (template if self.kind == "StatefulSet" else {}) | self.specification
        told = {"metadata": {"name": "web", "uid": f"set-{self.sets}", "generation": 1}, "spec": spec, "status": {}}
        self._write(ADDED, self.kind, told)
        if self.kind == "StatefulSet":
            self._new_revision()
            self.current = self.revision

    def _new_revision(self) -> None:
        self.revisions_made += 1
        self.revision_number += 1
        self.revision = self.revisions_made
        owner = {"kind": self.kind, "name": "web", "uid": f"set-{self.sets}", "controller": True}
        name = f"web-r{self.revision}"
        metadata = {"name": name, "uid": f"revision-{self.revision}", "ownerReferences": [owner]}
        data = {"spec": {"template": f"template {self.revision}"}}
        told = {"metadata": metadata, "revision": self.revision_number, "data": data}
        self._write(ADDED, "ControllerRevision", told)

    def _name(self, which: str) -> str:
        between = "abc12-" if self.kind == "Deployment" and not which.isdigit() else ""
        return f"web-{between}{which}"

    def _pod(self, sign: str, which: str, revision: str | None) -> None:
        name = self._name(which)
        if sign == "+":
            if self.claims and which.isdigit() and f"PersistentVolumeClaim/data-{name}" not in self.there:
                self._claim("+", which, None)
            self._write(ADDED, "Pod", self._new_pod(name, which, revision or str(self.revision)))
            return
        pod = self.there[f"Pod/{name}"]
        status = pod["status"]
        if sign == "t":
            pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        elif sign in "FS":
            status["phase"] = {"F": "Failed", "S": "Succeeded"}[sign]
            status["conditions"] = [{"type": "Ready", "status": "False"}]
            status["containerStatuses"] = [{"name": "web", "state": {"terminated": {}}}]
        elif sign == "D":
            status["conditions"] = [*status.get("conditions", []), {"type": "DisruptionTarget", "status": "True"}]
        elif sign in "ru":
            address = pod["metadata"]["uid"].replace("pod-", "10.0.0.")
            conditions = [{"type": "Ready", "status": str(sign == "r")}]
            pod["status"] = {
                "phase": "Running",
                "podIP": address,
                "podIPs": [{"ip": address}],
                "conditions": conditions,
                "containerStatuses": [{"name": "web", "state": {"running": {}}}],
            }
        self._write(DELETED if sign == "-" else MODIFIED, "Pod", pod)

    def _new_pod(self, name: str, which: str, revision: str) -> dict[str, Any]:
        self.pods_born += 1
        owner = {"kind": self.kind, "name": "web", "uid": f"set-{self.sets}"}
        labels = {"app": "web"}
        spec: dict[str, Any] = {"containers": [{"name": "web"}]}
        if self.kind == "Deployment":
            owner |= {"kind": "ReplicaSet", "name": "web-abc12", "uid": "replicaset"}
        elif self.kind == "StatefulSet":
            spec |= {"hostname": name, "subdomain": "web"}
            pod_labels = {"statefulset.kubernetes.io/pod-name": name, "apps.kubernetes.io/pod-index": which}
            labels |= pod_labels | {"controller-revision-hash": f"web-r{revision}"}
        if self.claims and which.isdigit():
            spec["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": f"data-{name}"}}]
        owners = [owner | {"controller": True, "blockOwnerDeletion": True}]
        uid = f"pod-{self.pods_born}"
        metadata = {"name": name, "uid": uid, "labels": labels, "ownerReferences": owners}
        return {"metadata": metadata, "spec": spec, "status": {"phase": "Pending"}}

    def _claim(self, sign: str, which: str, volume: str | None) -> None:
        name = f"data-{self._name(which)}"
        if sign == "+":
            self.claims_made += 1
            claim = {"metadata": {"name": name, "uid": f"claim-{self.claims_made}"}, "spec": {}, "status": {}}
            self._write(ADDED, "PersistentVolumeClaim", claim)
            return
        claim = self.there[f"PersistentVolumeClaim/{name}"]
        if sign == "t":
            claim["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        elif sign == "b":
            claim["spec"] = {"volumeName": volume or "v1"}
        self._write(DELETED if sign == "-" else MODIFIED, "PersistentVolumeClaim", claim)

    def _status(self, ready: str, available: str | None) -> None:
        told = self.there[f"{self.kind}/web"]
        pods = [pod for key, pod in self.there.items() if key.startswith("Pod/")]
        if self.kind == "StatefulSet":
            uid = told["metadata"]["uid"]
            pods = [pod for pod in pods if any(one["uid"] == uid for one in pod["metadata"].get("ownerReferences", ()))]
        conditions = [c for pod in pods for c in pod["status"].get("conditions", ())]
        count = sum(c == {"type": "Ready", "status": "True"} for c in conditions)
        kept = {key: told["status"][key] for key in ("conditions",) if key in told["status"]}
        told["status"] = kept | {
            "observedGeneration": told["metadata"]["generation"],
            "replicas": len(pods),
            "readyReplicas": int(ready or count),
        }
        if available is not None:
            told["status"]["availableReplicas"] = int(available)
        if self.kind == "StatefulSet":
            newest = f"web-r{self.revision}"
            are_new = [pod["metadata"]["labels"].get("controller-revision-hash") == newest for pod in pods]
            if all(are_new) and len(pods) == told["status"]["readyReplicas"] == told["spec"]["replicas"]:
                self.current = self.revision
            staying = [pod["metadata"] for pod in pods if "deletionTimestamp" not in pod["metadata"]]
            borne = [metadata["labels"].get("controller-revision-hash") for metadata in staying]
            named = {"current": f"web-r{self.current}", "update": newest}
            told["status"] |= {f"{which}Revision": revision for which, revision in named.items()}
            told["status"] |= {"currentReplicas": borne.count(named["current"]), "updatedReplicas": borne.count(newest)}
        self._write(MODIFIED, self.kind, told)

    def _change_set(self, **change: Any) -> None:
        told = self.there[f"{self.kind}/web"]
        told["metadata"]["generation"] += 1
        told["spec"] = told["spec"] | change
        self._write(MODIFIED, self.kind, told)

    def _say(self, verb: str, *rest: str) -> None:
        """Tell what a word with its parts stands for: the first group of words that knows it does so."""
        known = (self._of_set, self._of_claims, self._of_neighbours, self._of_surroundings, self._of_pods)
        if any(tells(verb, *rest) for tells in known):
            return
        if len(rest) != 2:
            raise ValueError(f"{self.word!r} is no word of this notation")
        self._ask(verb, self._name(rest[0]), rest[1])

    def _of_set(self, verb: str, *rest: str) -> bool:
        """What the set is made to be, and what becomes of it."""
        target = f"{self.kind}/web"
        match verb, *rest:
            case "create", replicas:
                self._create(int(replicas))
            case "scale", replicas:
                self._log(ACT, "scale", target=target, replicas=int(replicas))
                self._change_set(replicas=int(replicas))
            case "update", *_:
                self._log(ACT, "update", target=target)
                self._change_set(template=f"template {self.revision + 1}")
                if self.kind == "StatefulSet":
                    self._new_revision()
            case "undo", revision:
                self._log(ACT, "update", target=target, revision=f"web-r{revision}")
                self._change_set(template=f"template {revision}")
                self.revision, self.revision_number = int(revision), self.revision_number + 1
                told = self.there[f"ControllerRevision/web-r{revision}"] | {"revision": self.revision_number}
                self._write(MODIFIED, "ControllerRevision", told)
            case "prune", revision:
                name = f"ControllerRevision/web-r{revision}"
                self._write(DELETED, "ControllerRevision", self.there[name])
            case "partition", ordinal:
                strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": int(ordinal)}}
                self._log(ACT, "change", target=target, change={"updateStrategy": strategy})
                self._change_set(updateStrategy=strategy)
            case (("annotate" | "apply"), *_):
                self._log(ACT, verb, target=target)
            case "start", ordinal:
                self._log(ACT, "change", target=target, change={"ordinals": {"start": int(ordinal)}})
                self._change_set(ordinals={"start": int(ordinal)})
            case "nudge", *_:
                self._log(ACT, "nudge", target=target)
                self._change_set(nudged=self.rv)
            case "available", seconds:
                self._log(ACT, "change", target=target, change={"minReadySeconds": int(seconds)})
                self._change_set(minReadySeconds=int(seconds))
            case "condition", condition:
                self._log(ACT, "condition", target=target, condition=condition)
                self.there[target]["status"]["conditions"] = [{"type": condition, "status": "True"}]
                self._write(MODIFIED, self.kind, self.there[target])
            case "delete", "set", *propagation:
                self._delete_set(target, *propagation)
            case "gone", "set":
                self._write(DELETED, self.kind, self.there[target])
            case "retain", field, value:
                self._log(ACT, "change", target=target, change={RETENTION: {field: value}})
                policy = self.there[target]["spec"].get(RETENTION) or {}
                self._change_set(**{RETENTION: policy | {field: value}})
            case _:
                return False
        return True

    def _of_claims(self, verb: str, *rest: str) -> bool:
        """What is done to claims, and asked of them."""
        match verb, *rest:
            case "make", "claim", which:
                self._log(ACT, "make", target=f"PersistentVolumeClaim/data-{self._name(which)}")
                self._claim("+", which, None)
            case "expand", which, storage:
                name = f"data-{self._name(which)}"
                uid = self.there[f"PersistentVolumeClaim/{name}"]["metadata"]["uid"]
                asked = {"target": f"PersistentVolumeClaim/{name}", "uid": uid}
                self._log(ACT, "expand", **asked, storage=storage)
                self._probe("expansion", **asked, code=200)
                self._resize(name, spec={"resources": {"requests": {"storage": storage}}})
            case "cs0" | "cs1" as claim, storage:
                self._resize(f"data-web-{claim[-1]}", status={"capacity": {"storage": storage}})
            case "default-class", names:
                self._probe(verb, answers=[name for name in names.split(",") if name])
            case "delete", "claim", which:
                name = f"PersistentVolumeClaim/data-{self._name(which)}"
                self._log(ACT, "delete", target=name, uid=self.there[name]["metadata"]["uid"])
            case _:
                return False
        return True

    def _of_neighbours(self, verb: str, *rest: str) -> bool:
        """What stands beside the set."""
        match verb, *rest:
            case "neighbour", name:
                self._log(ACT, "create", target=f"{self.kind}/{name}")
                self._write(
                    ADDED, self.kind, {"metadata": {"name": name, "uid": f"set-{name}"}, "spec": {"replicas": 1}}
                )
                owner = {"kind": self.kind, "name": name, "uid": f"set-{name}", "controller": True}
                pod = {
                    "name": f"{name}-0",
                    "uid": f"pod-{name}",
                    "labels": {"app": "other"},
                    "ownerReferences": [owner],
                }
                self._write(ADDED, "Pod", {"metadata": pod, "status": {}})
            case "without", name:
                self._log(ACT, "delete", target=f"{self.kind}/{name}", uid=f"set-{name}")
                self._write(DELETED, "Pod", self.there[f"Pod/{name}-0"])
                self._write(DELETED, self.kind, self.there[f"{self.kind}/{name}"])
            case _:
                return False
        return True

    def _of_surroundings(self, verb: str, *rest: str) -> bool:
        """What happens around the set, and what others tell of it."""
        match verb, *rest:
            case (("limit" | "unlimit"), *_):
                self._log(ACT, verb, target="ResourceQuota/pods")
            case "told", reason, about:
                told = {"metadata": {"name": "web.2", "uid": "event-2"}, "involvedObject": {"name": "web"}}
                self._write(ADDED, "Event", told | {"reason": reason, "message": f"{about} is told of"})
            case "delete", "node":
                self._log(ACT, "delete", target="Node/one")
            case "taint", *_:
                self._log(ACT, "taint", target="Node/one")
            case "budget", allowed:
                self._budget(int(allowed))
            case "restart", *_:
                self._log(ACT, "restart", target="controller-manager")
            case (("vain" | "late"), *said):
                what = "what was to come" if verb == "vain" else "what came late"
                waited = {"for": what, "met": verb == "late", "seconds": int("".join(said) or 20)}
                self._log(ACT, "wait", **waited, last_seen="no change")
            case "quota", *_:
                told = {"metadata": {"name": "web.1", "uid": "event"}, "involvedObject": {"name": "web"}}
                self._write(ADDED, "Event", told | {"reason": "FailedCreate", "message": "exceeded quota: pods"})
            case "gap", *_:
                self._log(GAP, "Pod", reason="410 Gone")
            case "published", which:
                endpoint = {"hostname": self._name(which), "conditions": {"ready": True}}
                self._write(
                    ADDED, "EndpointSlice", {"metadata": {"name": "s", "uid": "slice"}, "endpoints": [endpoint]}
                )
            case "lists", service, pods:
                self._list(service, pods.split(",") if pods else [])
            case "srv" | "~srv", answers:
                hosts = [f"{host}.{DOMAIN}" for host in answers.split(",") if host]
                self._probe(verb, service="web", port="tcp", answers=hosts)
            case _:
                return False
        return True

    def _of_pods(self, verb: str, *rest: str) -> bool:
        """What is done to pods."""
        match verb, *rest:
            case (("label" | "labelled"), which, key, value):
                self._label(verb, self._name(which), LABELS[key], value or None)
            case "owner", which, uid:
                owned = self.there[f"Pod/{self._name(which)}"]
                owner = {"kind": "StatefulSet", "name": "web", "uid": uid, "controller": True}
                owned["metadata"]["ownerReferences"] = [owner] if uid else []
                self._write(MODIFIED, "Pod", owned)
            case "force", which:
                self._act_upon_pod("delete", self._name(which), gracePeriodSeconds=0)
            case "evict" | "~evict", which, code:
                self._evict(verb.replace("evict", "eviction"), self._name(which), int(code))
            case (("delete" | "fail" | "hold" | "release" | "confirm"), which, *phase):
                self._act_upon_pod(verb, self._name(which), **({"phase": phase[0]} if phase else {}))
            case _:
                return False
        return True

    def _delete_set(self, target: str, propagation: str = "Background") -> None:
        self._log(ACT, "delete", target=target, uid=f"set-{self.sets}", propagation=propagation)
        told = self.there[target]
        finalizer = {"Orphan": "orphan", "Foreground": "foregroundDeletion"}.get(propagation)
        if finalizer:
            told["metadata"] |= {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": [finalizer]}
        self._write(MODIFIED if finalizer else DELETED, self.kind, told)

    def _resize(self, name: str, **change: Any) -> None:
        told = self.there[f"PersistentVolumeClaim/{name}"]
        for field, value in change.items():
            told[field] = told[field] | value
        self._write(MODIFIED, "PersistentVolumeClaim", told)

    def _owner(self, kind: str, which: str, owner: str) -> None:
        """Put a claim or a pod under another owner."""
        told = self.there[f"{kind}/{'data-' * (kind != 'Pod')}{self._name(which)}"]
        uids = {"set": f"set-{self.sets}", "other": "other", "none": ""}
        if owner == "pod":
            uids["pod"] = self.there[f"Pod/{self._name(which)}"]["metadata"]["uid"]
        told["metadata"]["ownerReferences"] = [{"uid": uids[owner], "controller": True}] if uids[owner] else []
        self._write(MODIFIED, kind, told)

    def _label(self, verb: str, name: str, key: str, value: str | None) -> None:
        pod = self.there[f"Pod/{name}"]
        if verb == "label":
            self._log(ACT, verb, target=f"Pod/{name}", uid=pod["metadata"]["uid"], labels={key: value})
        kept = {one: has for one, has in pod["metadata"]["labels"].items() if one != key}
        pod["metadata"]["labels"] = kept | ({key: value} if value else {})
        self._write(MODIFIED, "Pod", pod)

    def _act_upon_pod(self, verb: str, name: str, **what: Any) -> None:
        uid = self.there[f"Pod/{name}"]["metadata"]["uid"]
        self._log(ACT, verb, target=f"Pod/{name}", uid=uid, **what)

    def _list(self, service: str, pods: list[str]) -> None:
        known = f"EndpointSlice/{service}-slice" in self.there
        metadata = {"name": f"{service}-slice", "uid": service, "labels": {"kubernetes.io/service-name": service}}
        endpoints = [self._endpoint(service, which[:-1], which[-1]) for which in pods]
        self._write(MODIFIED if known else ADDED, "EndpointSlice", {"metadata": metadata, "endpoints": endpoints})

    def _endpoint(self, service: str, which: str, how: str) -> dict[str, Any]:
        pod = self.there[f"Pod/{self._name(which)}"]
        name = {"hostname": self._name(which)} if service == pod["spec"].get("subdomain") else {}
        return name | {
            "addresses": [one["ip"] for one in pod["status"].get("podIPs", ())],
            "conditions": {"ready": how in "rp", "serving": how == "r"},
            "targetRef": {"kind": "Pod", "name": self._name(which), "uid": pod["metadata"]["uid"]},
        }

    def _budget(self, allowed: int) -> None:
        known = self.there.get("PodDisruptionBudget/budget")
        if known is None:
            self._log(ACT, "protect", target="PodDisruptionBudget/budget")
        budget = known or {"metadata": {"name": "budget", "uid": "budget"}}
        status = {"observedGeneration": 1, "disruptionsAllowed": allowed}
        self._write(MODIFIED if known else ADDED, "PodDisruptionBudget", budget | {"status": status})

    def _evict(self, kind: str, name: str, code: int) -> None:
        self._act_upon_pod("evict", name)
        uid = self.there[f"Pod/{name}"]["metadata"]["uid"]
        why = {"message": "it would violate the pod's disruption budget"} if code == 429 else {}
        self._probe(kind, target=f"Pod/{name}", uid=uid, code=code, **why)

    def _ask(self, kind: str, name: str, answer: str) -> None:
        uid = self.there[f"Pod/{name}"]["metadata"]["uid"]
        what: dict[str, Any] = {"answer": answer}
        if kind.lstrip("~") == "write":
            what = {"token": answer}
        elif kind.lstrip("~") == "resolve":
            what = {"name": f"{name}.{DOMAIN}", "answers": [one for one in answer.split(",") if one]}
        self._probe(kind, target=f"Pod/{name}", uid=uid, **what)

    def _probe(self, kind: str, **what: Any) -> None:
        ended = self.rv + kind.startswith("~")
        self._log(PROBE, kind.lstrip("~"), **what, ended=ended, seconds=60.0)
