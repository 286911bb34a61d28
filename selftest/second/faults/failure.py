"""Faults of how pods that end are replaced."""

from __future__ import annotations

from fixtures.cluster import ApiError
from selftest.second.faults.faulty import Faulty
from selftest.second.objects import Object, is_leaving, name_of, phase_of, uid_of
from selftest.second.store import Store
from selftest.second.world import World


class LeavesSucceeded(Faulty):
    """Leaves a pod that has succeeded as it is."""

    breaks = ("failure/succeeded-pod-is-replaced",)

    def is_finished(self, world: World, pod: Object) -> bool:
        return phase_of(pod) == "Failed"


class LeavesFailed(Faulty):
    """Leaves a pod that has failed as it is."""

    breaks = ("failure/failed-pod-is-replaced",)

    def is_finished(self, world: World, pod: Object) -> bool:
        return phase_of(pod) == "Succeeded"


class DelaysPods(Faulty):
    """Gives a pod that it deletes another time to end than the pod says."""

    breaks = ("invariants/terminations-are-graceful",)
    shown_by = ("storage/bytes-survive-scale-down",)

    def deletion_options(self, world: World, pod: Object) -> dict[str, object]:
        return {"gracePeriodSeconds": int(pod["spec"].get("terminationGracePeriodSeconds", 30)) + 1}


class ForcesItsOwnDeletions(Faulty):
    """Deletes pods by force."""

    breaks = ("invariants/terminations-are-graceful",)
    shown_by = ("storage/bytes-survive-scale-down",)

    def deletion_options(self, world: World, pod: Object) -> dict[str, object]:
        return {"gracePeriodSeconds": 0}


class ReplacesTwice(Faulty):
    """Replaces a pod once more that it has made for one that failed."""

    breaks = ("failure/one-creation-for-each-failure",)

    def to_end_for_failure(self, world: World) -> list[Object]:
        found = super().to_end_for_failure(world)
        failed = {name_of(pod): uid_of(pod) for pod in found}
        self.remembered |= {f"{uid_of(world.set)} {name} {uid}" for name, uid in failed.items()}
        for pod in world.pods:
            due = [one for one in self.remembered if one.startswith(f"{uid_of(world.set)} {name_of(pod)} ")]
            if due and uid_of(pod) not in failed.values() and not is_leaving(pod):
                self.remembered -= {*due}
                found.append(pod)
        return found


class EvictsForUpdates(Faulty):
    """Evicts pods, where a budget allows it, in place of deleting them."""

    breaks = ("failure/update-asks-no-budget",)

    def to_end_for_update(self, world: World) -> list[Object]:
        for pod in super().to_end_for_update(world):
            name, namespace = name_of(pod), pod["metadata"]["namespace"]
            body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}}
            try:
                self.cluster.request("POST", f"/api/v1/namespaces/{namespace}/pods/{name}/eviction", body)
            except ApiError:
                self.queue.add_later((namespace, world.name), 1.0)
        return []


class ImpatientWithNodes(Faulty):
    """Makes pods that leave a lost node sooner than the cluster's default."""

    breaks = ("failure/lost-nodes-are-tolerated-for-a-while",)

    def pod(self, world: World, ordinal: int) -> Object:
        made = super().pod(world, ordinal)
        lost = {"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30}
        keys = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
        made["spec"]["tolerations"] = [lost | {"key": key} for key in keys]
        return made


class RestartsUnready(Faulty):
    """Deletes a pod that was Ready and is so no more."""

    breaks = ("invariants/every-deletion-has-a-reason",)
    shown_by = ("ordering/unready-predecessor-holds-back",)

    def meddle(self, world: World, store: Store) -> None:
        for pod in world.pods:
            if self.is_settled(world, pod):
                self.remembered.add(uid_of(pod))
            elif uid_of(pod) in self.remembered and not is_leaving(pod):
                store.delete("Pod", pod)
