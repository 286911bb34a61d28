"""Why a pod left: by the test, by its own failure, by somebody else, or because its controller chose so.

Method: the acts of the test name what they hit by its UID; a failure stands in the pod's own status; and what else deletes pods
is known by what it deletes.
"""

from __future__ import annotations

from conformance.checks.evidence import (
    FINISHED_PHASES,
    generation,
    lives_named,
    observed_generation,
    ordinals_of,
    spec,
)
from conformance.history import DELETED, REVISION_LABEL, Event, History, Life

ACCEPTED, REFUSED = 201, 400
# So many pods in one history are never hit by chance: the pod garbage collector passes every 20 s.
NO_CHANCE = 3
FORCING_ACTS = ("delete", "evict", "fail")


def removals(history: History, after: float, before: float) -> list[tuple[Life, Event]]:
    """The pods whose deletion began between these numbers, in that order, with the event by which it did.

    Without those that the test deleted or failed, those that had failed or were disrupted, and those that the pod garbage
    collector may have hit: they are no choice of order.
    """
    found = [
        (pod, pod.terminated)
        for pod in history.pods
        if pod.terminated is not None
        and not forced_by_test(history, pod)
        and not had_failed(pod)
        and not perhaps_collected(history, pod)
    ]
    return sorted((one for one in found if after < one[1].number < before), key=lambda one: one[1].number)


def forced_by_test(history: History, pod: Life) -> bool:
    """Whether the test itself deleted, evicted or failed this pod before its deletion began."""
    return pod.terminated is not None and any(
        act.kind in FORCING_ACTS
        and pod.first.number < act.number < pod.terminated.number
        and act.object.get("target") == f"Pod/{pod.name}"
        and act.object.get("uid", pod.uid) == pod.uid
        and not _was_refused(history, act)
        for act in history.all_acts
    )


def _was_refused(history: History, act: Event) -> bool:
    """Whether this act asked for an eviction that the server refused: then it did nothing."""
    asked = (probe for probe in history.probes("eviction") if probe.number > act.number)
    answer = next((probe for probe in asked if probe.object.get("uid") == act.object.get("uid")), None)
    return act.kind == "evict" and answer is not None and int(answer.object.get("code", ACCEPTED)) >= REFUSED


def left_out(history: History, pod: Life, missing: int | None = None) -> Event | None:
    """The first status that leaves out a pod which is on its way out: its writer had seen that; None where none is known.

    A pod that is terminating is among the replicas and among the ready ones, but of the current and the updated it is none.
    But one whose revision is not the newest a controller leaves out as soon as it has removed it for an update, unseen; only
    where the set asked for a `missing` ordinal meanwhile it had that to make first, and counted what it saw.
    """
    if pod.terminated is None:
        return None
    for write in history.of_kind(history.header.kind):
        if write.number < pod.terminated.number or (pod.gone is not None and write.number > pod.gone.number):
            continue
        staying = sum(not state.terminating for state in history.pods_at(write.rv))
        current, updated = (int(write.status.get(field) or 0) for field in ("currentReplicas", "updatedReplicas"))
        is_one = write.status.get("currentRevision") == write.status.get("updateRevision")
        counted = max(current, updated) if is_one else current + updated
        if not observed_generation(history, write) or write.name != history.header.name or counted != staying:
            continue
        if _counts_what_it_sees(history, write, pod, missing):
            return write
    return None


def _counts_what_it_sees(history: History, write: Event, pod: Life, missing: int | None) -> bool:
    """Whether the writer of a status would have counted this pod, had it not seen that it was on its way out."""
    revision = pod.first.labels.get(REVISION_LABEL)
    if revision == write.status.get("updateRevision"):
        return True
    seen = (write.uid, observed_generation(history, write))
    return revision == write.status.get("currentRevision") and any(
        missing in ordinals_of(state) for state in history.specifications if (state.uid, generation(state)) == seen
    )


def had_failed(pod: Life) -> bool:
    """Whether the pod had finished, or was marked for a disruption (eviction, a lost node), before its deletion began."""
    return any(
        event.status.get("phase") in FINISHED_PHASES
        or any(c.get("type") == "DisruptionTarget" for c in event.status.get("conditions") or ())
        for event in pod.events
        if pod.terminated is None or event.number < pod.terminated.number
    )


def follows_failed(history: History, pod: Life) -> bool:
    """Whether the pod stands in for one of its name that had failed or was disrupted, or that was perhaps collected."""
    before = [life for life in lives_named(history, pod.name) if life.first.number < pod.first.number]
    return bool(before) and (had_failed(before[-1]) or perhaps_collected(history, before[-1]))


def perhaps_collected(history: History, pod: Life) -> bool:
    """Whether the pod garbage collector may have deleted this pod while it meant the one before it.

    It deletes by name, without a UID, what it believes to have finished, or to be on its way out and to have no node
    (https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/controller/podgc/gc_controller.go), so under load it may hit the
    pod that has just been made again under the name. It tells nobody, while the controller of the set tells each deletion
    of its own in an event of the set: where there are as many as deletions, all were its own. Who hits several pods of one
    history so is another.
    """
    return (
        _follows_collectable(history, pod)
        and _is_untold(history, pod.name)
        and sum(_follows_collectable(history, one) and _is_untold(history, one.name) for one in history.pods)
        < NO_CHANCE
    )


def _follows_collectable(history: History, pod: Life) -> bool:
    """Whether a deleted pod without a node came after one of its name that the pod garbage collector was to delete.

    That one had finished, or was marked before it was removed, though it had no time to end: whoever writes its status in
    between, as the collector that calls it failed, has it removed by that, and what was written is nowhere to be seen.
    """
    before = [life for life in lives_named(history, pod.name) if life.first.number < pod.first.number]
    if pod.terminated is None or not _was_deleted(history, pod) or had_failed(pod) or not before:
        return False
    last, leaving = before[-1].events[-1], before[-1].terminated
    if leaving is None or leaving.type == DELETED or any(spec(one).get("nodeName") for one in (last, pod.terminated)):
        return False
    at_once = leaving.metadata.get("deletionGracePeriodSeconds") == 0 and not leaving.metadata.get("finalizers")
    return at_once or last.status.get("phase") in FINISHED_PHASES


def _is_untold(history: History, name: str) -> bool:
    """Whether pods of this name were deleted more often than the controller tells that it did."""
    return _told_deletions(history, name) < sum(_was_deleted(history, one) for one in lives_named(history, name))


def _was_deleted(history: History, pod: Life) -> bool:
    """Whether somebody else than the test deleted this pod."""
    return pod.terminated is not None and not forced_by_test(history, pod)


def _told_deletions(history: History, name: str) -> int:
    """How often events say that the controller of a set has deleted a pod of this name."""
    told = {
        event.uid: int(event.object.get("count") or 1)
        for event in history.of_kind("Event")
        if event.object.get("reason") == "SuccessfulDelete" and f"Pod {name} in " in str(event.object.get("message"))
    }
    return sum(told.values())
