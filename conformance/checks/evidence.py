"""What a history proves about its workload: who was there, what the controller had seen, and why something is missing.

Method: "it did not happen" is a violation only where somebody waited for it in vain and the controller provably looked at
the workload after the cause: it observed a generation that a later nudge had made. A controller acts before it writes its
status, so whatever that look decided stands before the proof in the log. All else that is missing is inconclusive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import inf
from typing import TypeVar

from conformance.history import (
    DELETED,
    Event,
    History,
    Inconclusive,
    Life,
    Object,
    Violation,
    controller_of,
    is_ready,
    ordinal_of,
)

FINISHED_PHASES = ("Failed", "Succeeded")
ACCEPTED, REFUSED = 201, 400
# So many pods in one history are never hit by chance: the pod garbage collector passes every 20 s.
NO_CHANCE = 3
FORCING_ACTS = ("delete", "evict", "fail")
# What the driver does beside moving anything.
IDLE_ACTS = ("wait", "nudge")
Subject = TypeVar("Subject")


def judge_each(subjects: Iterable[Subject], judge: Callable[[Subject], list[Violation]]) -> list[Violation]:
    """All violations that are certain; Inconclusive, for the first reason met, only where none is."""
    found, thin = list[Violation](), list[Inconclusive]()
    for subject in subjects:
        try:
            found += judge(subject)
        except Inconclusive as reason:
            thin.append(reason)
    if thin and not found:
        raise thin[0]
    return found


def pod_name(history: History, ordinal: int) -> str:
    """The name of the workload's pod of this ordinal."""
    return f"{history.header.name}-{ordinal}"


def ordinal_in(history: History, pod: Life | Event) -> int | None:
    """The ordinal by which a pod is named `<set>-<ordinal>`, or None where it is named otherwise."""
    ordinal = ordinal_of(pod.name)
    return ordinal if ordinal is not None and pod.name == pod_name(history, ordinal) else None


def lives_named(history: History, name: str) -> Sequence[Life]:
    """The workload's pods of this name, one after the other."""
    return history.pods_named(name)


def life_of(history: History, kind: str, uid: object) -> Life | None:
    """The object of this kind and UID, or None."""
    return next((life for life in history.lives(kind) if life.uid == uid), None)


def next_life(history: History, old: Life) -> Life | None:
    """The pod that was made after this one under the same name, or None."""
    later = (pod for pod in lives_named(history, old.name) if pod.first.number > old.first.number)
    return next(later, None)


def workload(history: History) -> Life:
    """The workload's own object, the newest one; raises Inconclusive where there is none."""
    if not history.sets:
        raise Inconclusive(f"the history holds no {history.header.kind} {history.header.name}")
    return history.sets[-1]


def spec(event: Event) -> Object:
    """The object's specification, empty where it has none."""
    found: Object = event.object.get("spec") or {}
    return found


def generation(event: Event) -> int:
    """The generation of the object's specification."""
    return int(event.metadata.get("generation", 0))


def observed_generation(event: Event) -> int:
    """The generation that the controller says it has seen, 0 where it has not said yet."""
    return int(event.status.get("observedGeneration", 0))


def ordinals_of(state: Event) -> range:
    """The ordinals that the set asks for in this state of it, on its way out or not."""
    start = int((spec(state).get("ordinals") or {}).get("start", 0))
    return range(start, start + int(spec(state).get("replicas", 1)))


def first_ordinal(history: History) -> int:
    """The ordinal that the workload's pods start at, at the end of the history."""
    return ordinals_of(workload(history).events[-1]).start


def wanted_ordinals(history: History) -> range:
    """The ordinals that the workload asks for at the end of the history."""
    newest = workload(history).events[-1]
    return range(0) if newest.terminating else ordinals_of(newest)


def may_act_upon(history: History, before: Event) -> list[Event]:
    """The states of the set that the controller may have known just before: the one that it observed last, and later ones."""
    states = [state for state in history.specifications if state.number < before.number]
    newest = [state for state in states if state.uid == states[-1].uid]
    seen = [event for event in history.observations if event.number < before.number and event.uid == states[-1].uid]
    last = max(map(observed_generation, seen), default=0)
    return [state for state in newest if generation(state) >= last]


def first_ordinal_at(history: History, event: Event, ordinal: int) -> int:
    """The ordinal that the pods started at, as far as the controller may have known, when it dealt with this ordinal.

    Of the states that it may have known, those count that ask for the ordinal: by another it would not have been made. The
    highest start is taken, which asks for the fewest predecessors: what is wrong by it is wrong by all of them.
    """
    states = may_act_upon(history, event)
    asking = [state for state in states if ordinal in ordinals_of(state)]
    return max((ordinals_of(state).start for state in asking or states), default=first_ordinal(history))


def ready_since(pod: Life) -> Event | None:
    """The event since which the pod has been Ready up to the end, or None where it is not."""
    since = None
    for event in reversed(pod.events):
        if not is_ready(event):
            break
        since = event
    return since


def latest(*events: Event | None) -> Event:
    """The one that stands last in the log."""
    return max((event for event in events if event is not None), key=lambda event: event.number)


def waited_in_vain(history: History) -> Event | None:
    """The wait by which the story ended early, or None."""
    return next((wait for wait in history.acts("wait") if wait.object.get("met") is False), None)


def observed(history: History, act: Event) -> Event | None:
    """The event by which the controller shows that it has seen what this act made of the workload, or None."""
    for one in history.sets:
        if one.gone is not None and one.gone.number < act.number:
            continue
        known = max((generation(event) for event in one.events if event.number < act.number), default=0)
        behind = [event for event in one.events if event.number > act.number]
        made = next((generation(event) for event in behind if generation(event) > known), inf)
        return next((event for event in behind if observed_generation(event) >= made), None)
    return None


def looked_since(history: History, cause: Event) -> Event | None:
    """The event that proves that the controller looked at the workload and its pods after `cause`, or None.

    Workload and pods reach a controller by two separate ways, so that it observed a nudge proves nothing about the pods:
    the same status must count as many pods, and as many ready ones, as there were.
    """
    for nudge in history.acts("nudge"):
        if nudge.number > cause.number:
            proof = observed(history, nudge)
            if proof is not None and counts_are_true(history, proof):
                return proof
    return None


def counts_are_true(history: History, write: Event) -> bool:
    """Whether a status counts the pods, and the ready ones, that were there when it was written."""
    there = list(history.pods_at(write.rv))
    if history.header.kind == "StatefulSet":
        # What it has let go of, or never had, it does not count.
        there = [pod for pod in there if (controller_of(pod.metadata) or {}).get("uid") == write.uid]
    else:
        # The other controllers leave out what is on its way out.
        there = [pod for pod in there if not pod.terminating and pod.status.get("phase") not in FINISHED_PHASES]
    ready = sum(pod.status.get("phase") == "Running" and has_ready_condition(pod) for pod in there)
    counted = [int(write.status.get(field) or 0) for field in ("replicas", "readyReplicas")]
    return counted == [len(there), ready]


def has_ready_condition(pod: Event) -> bool:
    """Whether a pod has the condition Ready, on its way out or not: what readyReplicas counts."""
    conditions = pod.status.get("conditions") or ()
    return any(c.get("type") == "Ready" and c.get("status") == "True" for c in conditions)


def never_happened(history: History, cause: Event, what: str) -> Violation:
    """Judge that `what` (a sentence) is so, although `cause` called for the contrary; raises Inconclusive."""
    wait = waited_in_vain(history)
    if wait is None:
        raise Inconclusive(f"{what}, but nobody waited for it in vain")
    what = f"{what} within {wait.object.get('seconds', '?')} s"
    proof = looked_since(history, cause)
    if proof is None:
        raise Inconclusive(f"{what}, but nothing shows that the controller looked since {cause}")
    for event in history.of_kind("Event"):
        about = (event.object.get("involvedObject") or {}).get("name")
        # Events may be kept in a store of their own, so their place in the log says nothing.
        if event.object.get("reason") == "FailedCreate" and about == history.header.name:
            raise Inconclusive(f"{what}, but the controller was refused: {event.object.get('message')}")
    return Violation(proof, f"{what}, although the controller looked at the {history.header.kind} since {cause}")


def never_created(history: History, ordinal: int) -> Violation:
    """Judge that the pod of this ordinal never was; raises Inconclusive where that need not be the controller's doing."""
    what = f"{pod_name(history, ordinal)} was never created"
    _require_wanted(history, ordinal, what)
    cause = latest(workload(history).first, *predecessors_ready_since(history, ordinal, what))
    return never_happened(history, cause, what)


def not_made_again(history: History, old: Life, *causes: Event | None) -> Violation:
    """Judge that this pod did not return; raises Inconclusive where that need not be the controller's doing."""
    what = f"{old.name} was not made again"
    if old.gone is None:
        raise Inconclusive(f"{what}, but the old one is still there")
    ordinal = ordinal_in(history, old)
    if ordinal is None:
        return never_happened(history, latest(old.gone, *causes), what)
    _require_wanted(history, ordinal, what)
    since = predecessors_ready_since(history, ordinal, what)
    return never_happened(history, latest(old.gone, workload(history).first, *causes, *since), what)


def predecessors_ready_since(history: History, ordinal: int, what: str) -> list[Event]:
    """Since when each pod of a lower ordinal is Ready; raises Inconclusive where one was seen, but is not Ready."""
    found = []
    for lower in range(first_ordinal(history), ordinal):
        for pod in lives_named(history, pod_name(history, lower))[-1:]:
            since = ready_since(pod)
            if since is None:
                raise Inconclusive(f"{what}, but its predecessor {pod.name} is not Ready at the end")
            found.append(since)
    return found


def cut_short(history: History, needed: str) -> list[Violation]:
    """Judge a story that ended before `needed` (a noun): because a pod was never created, or else Inconclusive."""
    for ordinal in wanted_ordinals(history):
        if not lives_named(history, pod_name(history, ordinal)):
            return [never_created(history, ordinal)]
    wait = waited_in_vain(history)
    if wait is None:
        raise Inconclusive(f"the history holds no {needed}")
    waited = f"{wait.object.get('seconds', '?')} s in vain for {wait.object.get('for')}"
    raise Inconclusive(
        f"the history ends before any {needed}: {waited}; last seen: {wait.object.get('last_seen', 'nothing')}"
    )


def must_have_seen(history: History, before: Event) -> int:
    """The number of the newest event that the controller must have seen, going by what it wrote up to `before`.

    A controller sees its pods' changes in order, so each readyReplicas that it writes stands for a moment no earlier than
    the last one did. The earliest moments that explain all it wrote are the least that it must have seen.
    """
    history.require_one_order()
    moments = list(_ready_counts(history))
    reached = 0
    for write in (event for event in history.of_kind(history.header.kind) if event.name == history.header.name):
        if write.number > before.number or not observed_generation(write):
            continue
        wrote = int(write.status.get("readyReplicas", 0))
        fits = (i for i in range(reached, len(moments)) if moments[i][0] < write.number and moments[i][1] == wrote)
        reached = next(fits, reached)
    return moments[reached][0]


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


def left_out(history: History, pod: Life) -> Event | None:
    """The first status that leaves out a pod which is on its way out: its writer had seen that; None where none is known.

    A pod that is terminating is among the replicas and among the ready ones, but of the current and the updated it is none.
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
        if observed_generation(write) and write.name == history.header.name and counted == staying:
            return write
    return None


def had_failed(pod: Life) -> bool:
    """Whether the pod had finished, or was marked for a disruption (eviction, a lost node), before its deletion began."""
    return any(
        event.status.get("phase") in FINISHED_PHASES
        or any(c.get("type") == "DisruptionTarget" for c in event.status.get("conditions") or ())
        for event in pod.events
        if pod.terminated is None or event.number < pod.terminated.number
    )


def perhaps_collected(history: History, pod: Life) -> bool:
    """Whether the pod garbage collector may have deleted this pod while it meant the one before it.

    It deletes by name, without a UID, what it believes to have finished, to be on its way out and to have no node
    (https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/controller/podgc/gc_controller.go), so under load it may hit the
    pod that has just been made again under the name. Who hits several pods of one history so is another.
    """
    return (
        _follows_collectable(history, pod)
        and sum(_follows_collectable(history, one) for one in history.pods) < NO_CHANCE
    )


def _follows_collectable(history: History, pod: Life) -> bool:
    """Whether a deleted pod without a node came after one of its name that the pod garbage collector was to delete."""
    before = [life for life in lives_named(history, pod.name) if life.first.number < pod.first.number]
    if pod.terminated is None or forced_by_test(history, pod) or had_failed(pod) or not before:
        return False
    last = before[-1].events[-1]
    leaving = before[-1].terminated
    return (
        leaving is not None
        and leaving.type != DELETED
        and last.status.get("phase") in FINISHED_PHASES
        and not any(spec(event).get("nodeName") for event in (last, pod.terminated))
    )


def end_of(history: History, act: Event) -> float:
    """The number of the next act upon the workload itself: what stands behind that may be its doing."""
    target = f"{history.header.kind}/{history.header.name}"
    return next(
        (
            later.number
            for later in history.all_acts
            if later.number > act.number
            and later.kind in ("create", "scale", "update", "change", "delete")
            and later.object.get("target") == target
        ),
        inf,
    )


def stays_still(history: History, verb: str, target: str | None = None) -> list[Violation]:
    """From the last act of this verb on no pod was created and none began to leave, until the controller had looked.

    What the test itself deleted or failed is not counted; that nothing else is under way must be the scenario's care.
    """
    history.require_complete()
    history.require_one_order()
    acts = history.acts(verb, target)
    if not acts:
        return cut_short(history, f"act: {verb} {target or ''}".strip())
    act = acts[-1]
    proof, done = looked_since(history, act), _done_next(history, act)
    # What moved before anything else was done needs no look to be proven: only that nothing moved does.
    end = done if proof is None else min(done, proof.number)
    births = [pod.born for pod in history.pods if pod.born is not None and act.number < pod.born.number < end]
    found = [Violation(born, f"{born.name} was created") for born in births]
    found += [Violation(began, f"{began.name} began to terminate") for _, began in removals(history, act.number, end)]
    if not found and (proof is None or done < proof.number):
        raise Inconclusive(f"{act}: nothing shows that the controller looked since, before something else was done")
    return sorted(found, key=lambda violation: violation.event.number)


def _done_next(history: History, act: Event) -> float:
    """The number of whatever the driver did next, beside waiting and making the controller look: that may move pods."""
    later = (other for other in history.all_acts if other.number > act.number and other.kind not in IDLE_ACTS)
    return next((other.number for other in later), inf)


def _require_wanted(history: History, ordinal: int, what: str) -> None:
    if ordinal not in wanted_ordinals(history):
        raise Inconclusive(f"{what}, but the {history.header.kind} does not ask for it at the end")


def _ready_counts(history: History) -> Iterator[tuple[int, int]]:
    """How many pods had the condition Ready, from which event's number on: as the API describes readyReplicas."""
    yield 0, 0
    ready: set[str] = set()
    ours = {pod.uid for pod in history.pods}
    for event in history.of_kind("Pod"):
        if event.uid not in ours:
            continue
        is_counted = event.type != DELETED and event.status.get("phase") == "Running" and has_ready_condition(event)
        if is_counted != (event.uid in ready):
            ready ^= {event.uid}
            yield event.number, len(ready)
