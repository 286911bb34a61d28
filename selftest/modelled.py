"""The driver's verbs, upon the model of a cluster (selftest/lawful.py): a scenario of the suite runs on it as on a real one.

Method: each verb logs what fixtures/driver.py logs, and then writes what the API server would. Whoever drives knows the cluster
by a view that may lag behind, so an act may stand before events that came before it, never before what it waited for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from conformance.history import ACT, Event, Header, History, Unfinished
from fixtures.tried import merged
from selftest.lawful import (
    ACTED_BLINDLY,
    CLAIM,
    FAILURES,
    POD,
    REVISION,
    SET,
    STALE,
    UPDATED,
    Choose,
    Cluster,
    Object,
    View,
    ready,
    revision_of,
)


class Modelled:
    """A workload on the model."""

    tier = "control-plane"

    def __init__(
        self, choose: Choose, replicas: int, specification: Object, held: tuple[int, ...], all_held: bool
    ) -> None:
        self.choose, self.replicas = choose, replicas
        self.cluster = Cluster(choose)
        self.known = View(self.cluster.log)
        self.spec = merged(
            {
                "replicas": replicas,
                "serviceName": "web",
                "revisionHistoryLimit": 10,
                "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
                "template": {"metadata": {"labels": {"app": "web"}}},
                "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {}}],
            },
            specification,
        )
        self.cluster.unready, self.cluster.all_unready = {f"web-{one}" for one in held}, all_held
        self.old = ""
        self.last: Object = {}
        self.header = Header(scenario="modelled", kind=SET, name="web", namespace="ns", selector={"app": "web"},
                             tier=self.tier)  # fmt: skip
        self.create()

    @property
    def history(self) -> History:
        """All that happened until now."""
        return History.of(self.header, self.cluster.log)

    def _act(self, verb: str, target: str = "StatefulSet/web", **what: Any) -> None:
        self.cluster.reached[ACTED_BLINDLY] += self.known.at < len(self.cluster.log)
        self.cluster.log.append(Event(ACT, verb, self._rv(), {"target": target, **what}))

    def _rv(self) -> int:
        return max((event.rv for event in self.cluster.log[: self.known.at]), default=0)

    def _patch(self, change: Object) -> None:
        def edit(one: Object) -> None:
            one["spec"] = merged(one["spec"], change)
            one["metadata"]["generation"] += 1

        self.cluster.change(SET, "web", edit)

    def _wait(self, what: str, holds: Callable[[], Any]) -> None:
        if not self._comes(holds):
            for _ in range(2):
                self._nudge()
                self._comes(lambda: False)
            self._act("wait", **{"for": what}, met=False, seconds=20, last_seen="the model")
            raise Unfinished(f"in vain for {what}", self.history)
        self._act("wait", **{"for": what}, met=True, seconds=0, last_seen="the model")

    def _comes(self, holds: Callable[[], Any]) -> bool:
        while True:
            self.known.read_to(len(self.cluster.log) - self.choose(STALE))
            if holds():
                return True
            if not self.cluster.step():
                self.known.read_to(len(self.cluster.log))
                return bool(holds())

    def _set(self) -> Object:
        return self.known.find(SET, "web") or {"metadata": {}, "status": {}, "spec": {}}

    def _pod(self, ordinal: int) -> Object:
        self._wait(f"web-{ordinal} to be there", lambda: self.known.find(POD, f"web-{ordinal}"))
        return self.known.objects[POD, f"web-{ordinal}"]

    def _status(self, field: str) -> Any:
        return self._set()["status"].get(field, 0)

    def _stays(self) -> list[Object]:
        return [pod for pod in self.known.all(POD) if ready(pod) and "deletionTimestamp" not in pod["metadata"]]

    def _all_ready(self) -> bool:
        pods = self.known.all(POD)
        seen = self._status("observedGeneration") == self.cluster.now.objects[SET, "web"]["metadata"]["generation"]
        counted = self._status("replicas") == self._status("readyReplicas") == self.replicas
        return seen and counted and len(self._stays()) == len(pods) == self.replicas

    def _nudge(self) -> int:
        there = self.cluster.now.find(SET, "web")
        self._act("nudge")
        self._patch({"revisionHistoryLimit": there["spec"]["revisionHistoryLimit"] + 1 if there else 0})
        return int(there["metadata"]["generation"]) + 1 if there else 0

    def create(self) -> None:
        """Create the set."""
        self._act("create", replicas=self.replicas)
        metadata = {"name": "web", "uid": self.cluster.new_uid("set"), "generation": 1}
        self.cluster.write(SET, {"metadata": metadata, "spec": self.spec, "status": {}})

    def scale(self, replicas: int) -> None:
        """Set the number of replicas."""
        self._act("scale", replicas=replicas)
        self.replicas = replicas
        self._patch({"replicas": replicas})

    def update(self, value: str = "") -> None:
        """Change the template."""
        annotations = {UPDATED: value or self.cluster.new_uid("value")}
        self._act("update", annotations=annotations)
        self._patch({"template": {"metadata": {"annotations": annotations}}})

    def update_and_scale(self, replicas: int) -> None:
        """Change the template and the number of replicas in one write."""
        annotations = {UPDATED: self.cluster.new_uid("value")}
        self._act("scale", replicas=replicas)
        self._act("update", annotations=annotations)
        self.replicas = replicas
        self._patch({"replicas": replicas, "template": {"metadata": {"annotations": annotations}}})

    def undo(self) -> None:
        """Go back to the template of the revision before the newest."""
        before = sorted(self.known.all(REVISION), key=lambda one: one["revision"])[-2]
        annotations = before["data"]["spec"]["template"]["metadata"].get("annotations") or {}
        self._act("update", revision=before["metadata"]["name"], annotations=annotations)
        self._patch(before["data"]["spec"])

    def change(self, **specification: Any) -> None:
        """Change fields of the set's specification."""
        self._act("change", change=specification)
        self._patch(specification)

    def partition(self, ordinal: int) -> None:
        """Let updates replace only the pods from this ordinal on."""
        self.change(updateStrategy={"rollingUpdate": {"partition": ordinal}})

    def retain(self, **policy: str) -> None:
        """Change the retention policy of the claims."""
        self.change(persistentVolumeClaimRetentionPolicy=policy)

    def put_condition(self, condition: str) -> None:
        """Put a condition into the set's status."""
        self._act("condition", condition=condition)
        self.cluster.change(SET, "web", lambda one: one["status"].update(conditions=[{"type": condition}]))

    def annotate(self) -> None:
        """Change an annotation of the set."""
        self._act("annotate")
        note = self.cluster.new_uid("note")
        self.cluster.change(SET, "web", lambda one: one["metadata"].update(annotations={UPDATED: note}))

    def apply(self) -> None:
        """Apply the manifest again, which changes nothing."""
        self._act("apply")

    def restart_controllers(self) -> None:
        """End the controller, and have another."""
        self._act("restart", "controller-manager")
        self.cluster.restart()

    def delete(self, propagation: str = "Background") -> None:
        """Delete the set in the background."""
        uid = self._set()["metadata"]["uid"]
        self._act("delete", uid=uid, propagation=propagation)
        self.cluster.write(SET, self.cluster.now.objects[SET, "web"], gone=True)

    def delete_pod(self, ordinal: int) -> None:
        """Delete a pod."""
        pod = self._pod(ordinal)
        self._force("delete", pod)
        self.cluster.delete(POD, pod["metadata"]["name"], pod["metadata"]["uid"])

    def fail_pod(self, ordinal: int, phase: str) -> None:
        """Bring a pod into a phase."""
        pod = self._pod(ordinal)
        self._force("fail", pod, phase=phase)
        self.cluster.change(POD, pod["metadata"]["name"], lambda one: one["status"].update(phase=phase),
                            pod["metadata"]["uid"])  # fmt: skip

    def _force(self, verb: str, pod: Object, **what: Any) -> None:
        self._act(verb, f"Pod/{pod['metadata']['name']}", uid=pod["metadata"]["uid"], **what)
        self.last = pod["metadata"]

    def hold_readiness(self, ordinal: int) -> None:
        """Take the readiness of a pod."""
        self._act("hold", f"Pod/web-{ordinal}", what="readiness")
        self.cluster.unready.add(f"web-{ordinal}")
        if pod := self.known.find(POD, f"web-{ordinal}"):
            self._by_hand(pod, False)

    def release_readiness(self, ordinal: int) -> None:
        """Let a pod be Ready again."""
        self._act("release", f"Pod/web-{ordinal}", what="readiness")
        self.cluster.unready.discard(f"web-{ordinal}")
        if pod := self.known.find(POD, f"web-{ordinal}"):
            self._by_hand(pod, True)

    def _by_hand(self, pod: Object, is_ready: bool) -> None:
        self.cluster.by_hand.add(pod["metadata"]["uid"])
        there = self.cluster.now.find(POD, pod["metadata"]["name"])
        if there and there["metadata"]["uid"] == pod["metadata"]["uid"]:
            self.cluster.set_ready(pod["metadata"]["name"], is_ready)

    def hold_next_readiness(self, ordinal: int) -> None:
        """Keep the pod that replaces this ordinal's from being Ready."""
        self.old = self._pod(ordinal)["metadata"]["uid"]
        self._act("hold", f"Pod/web-{ordinal}", uid=self.old, what="readiness of the next")
        self.cluster.unready.add(f"web-{ordinal}")
        self.cluster.spared.add(self.old)

    def release_next_readiness(self, *ordinals: int) -> None:
        """Let the pods be Ready that will replace these, which stay as they are."""
        for ordinal in ordinals:
            pod = self._pod(ordinal)
            self._act("release", f"Pod/web-{ordinal}", uid=pod["metadata"]["uid"], what="readiness of the next")
            self._by_hand(pod, False)
            self.cluster.unready.discard(f"web-{ordinal}")

    def release_all_readiness(self) -> None:
        """Let every pod be Ready."""
        self._act("release", what="readiness")
        self.cluster.all_unready = False

    def hold_deletion(self, ordinal: int) -> None:
        """Keep a pod in Terminating."""
        self._act("hold", f"Pod/web-{ordinal}", what="deletion")
        self.cluster.lingering.add(f"web-{ordinal}")

    def release_deletion(self, ordinal: int) -> None:
        """Let a pod go."""
        self._act("release", f"Pod/web-{ordinal}", what="deletion")
        self.cluster.lingering.discard(f"web-{ordinal}")

    def sync(self) -> None:
        """Make the controller look."""
        made = self._nudge()
        self._wait("the controller to observe a change of nothing", lambda: self._status("observedGeneration") >= made)

    def wait_ready(self) -> None:
        """Wait until all are Ready."""
        self._wait("all pods to be Ready", self._all_ready)

    def wait_rolled(self) -> None:
        """Wait until all are Ready at the newest revision."""
        self._wait("all pods to be of the newest revision", lambda: self._all_ready() and self._are_new())

    def _are_new(self, *ordinals: int) -> bool:
        pods = [self.known.find(POD, f"web-{one}") for one in ordinals] if ordinals else self.known.all(POD)
        return all(pod is not None and revision_of(pod) == self._status("updateRevision") for pod in pods)

    def wait_replaced_by_update(self, *ordinals: int) -> None:
        """Wait until these are of the newest revision, and all Ready."""
        self._wait("some to be of the newest revision", lambda: self._all_ready() and self._are_new(*ordinals))

    def wait_all_created(self) -> None:
        """Wait until all are there."""
        self._wait("all pods to be created", lambda: len(self.known.all(POD)) == self.replicas)

    def wait_gone(self) -> None:
        """Wait until no pod is there."""
        self._wait("no pod to be left", lambda: not self.known.all(POD))

    def wait_deleted(self) -> None:
        """Wait until neither set nor pods are there."""
        self._wait("all to be gone", lambda: not self.known.all(POD) and not self.known.all(SET))

    def wait_created(self, ordinal: int) -> None:
        """Wait until the pod is there."""
        self._wait(f"web-{ordinal} to be created", lambda: self.known.find(POD, f"web-{ordinal}"))

    def wait_running(self, ordinal: int) -> None:
        """Wait until the pod runs."""
        self._wait(f"web-{ordinal} to run", lambda: self._runs(ordinal))

    def _runs(self, ordinal: int) -> Object | None:
        pod = self.known.find(POD, f"web-{ordinal}")
        return pod if pod and pod["status"]["phase"] == "Running" else None

    def wait_counted(self, ready: int) -> None:
        """Wait until the status counts so many ready replicas."""
        self._wait(f"{ready} ready replicas", lambda: self._status("readyReplicas") == ready)

    def wait_true(self) -> None:
        """Wait until the status counts the pods that are there, and the controller has looked once more."""
        self._wait("true counts", lambda: self._status("replicas") == len(self.known.all(POD))
                   and self._status("readyReplicas") == sum(map(ready, self.known.all(POD))))  # fmt: skip
        self.sync()

    def wait_new(self, ordinal: int) -> None:
        """Wait until another pod of the ordinal runs than at the last hold."""
        self._wait(f"a new web-{ordinal}", lambda: (pod := self._runs(ordinal)) and pod["metadata"]["uid"] != self.old)

    def wait_terminating(self, ordinal: int) -> None:
        """Wait until the pod's deletion has begun."""

        def terminating() -> bool:
            pod = self.known.find(POD, f"web-{ordinal}")
            return pod is None or "deletionTimestamp" in pod["metadata"]

        self._wait(f"web-{ordinal} to terminate", terminating)

    def wait_replaced(self) -> None:
        """Wait until what was hit last is gone, and all are Ready."""
        last = self.last["uid"]
        self._wait("it to be replaced", lambda: self._all_ready()
                   and last not in {pod["metadata"]["uid"] for pod in self.known.all(POD)})  # fmt: skip

    def wait_returned(self) -> None:
        """Wait until another pod runs under the name of what was hit last."""
        name, uid = self.last["name"], self.last["uid"]
        ordinal = int(name.rpartition("-")[2])
        self._wait(f"another {name}", lambda: (pod := self._runs(ordinal)) and pod["metadata"]["uid"] != uid)

    def wait_claim_gone(self, ordinal: int) -> None:
        """Wait until the claim of this ordinal is not there."""
        name = f"data-web-{ordinal}"
        self._wait(f"{name} to be gone", lambda: name not in [one["metadata"]["name"] for one in self.known.all(CLAIM)])

    def wait_claims_owned(self, kind: str | None = None) -> None:
        """Wait until each claim has an owner of this kind, or none."""
        wanted = [kind] if kind else []
        self._wait("the claims to be owned", lambda: len(self.known.all(CLAIM)) == self.replicas and all(
            [one["kind"] for one in claim["metadata"].get("ownerReferences", ())] == wanted
            for claim in self.known.all(CLAIM)))  # fmt: skip


def modelling(choose: Choose, reached: Counter[str] | None = None, failures: int = FAILURES) -> Callable[..., Modelled]:
    """What stands in for the fixture `deploy`, upon a model in which `choose` decides who goes next.

    What makes its history hard to judge is counted in `reached`; so many pods may fail in it.
    """

    def deploy(
        _manifest: str,
        *,
        replicas: int,
        specification: Object | None = None,
        held: tuple[int, ...] = (),
        all_held: bool = False,
        gated: bool = False,
        lingering: bool = False,
    ) -> Modelled:
        assert gated in (True, False)
        assert lingering in (True, False)
        made = Modelled(choose, replicas, specification or {}, held, all_held)
        made.cluster.failures = failures
        if reached is not None:
            # What the creation has reached is nothing yet.
            made.cluster.reached = reached
        return made

    return deploy
