"""What a history proves: that the controller had seen something, and why something that was to come did not.

Method: "it did not happen" is a violation only where somebody waited for it in vain and the controller provably looked at
the workload after the cause: it observed a generation that a later nudge had made. A controller acts before it writes its
status, so whatever that look decided stands before the proof in the log. All else that is missing is inconclusive.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import inf

from conformance.checks.causes import follows_failed, removals
from conformance.checks.evidence import (
    FINISHED_PHASES,
    first_ordinal,
    generation,
    has_ready_condition,
    held_since,
    latest,
    lives_named,
    min_ready_seconds,
    observed_generation,
    ordinal_in,
    ordinals_of,
    pod_name,
    ready_since,
    wanted_ordinals,
    workload,
)
from conformance.history import DELETED, Event, History, Inconclusive, Life, Violation, controller_of

# What the driver does beside moving anything.
IDLE_ACTS = ("wait", "nudge")
# How many times minReadySeconds a wait in vain must have taken before it is held against a controller.
PATIENT_TIMES = 4


def waited_in_vain(history: History) -> Event | None:
    """The wait by which the story ended early, or None; what was not promised to come ended none."""
    return next((wait for wait in _vain_waits(history) if wait.object.get("promised", True)), None)


def _vain_waits(history: History) -> list[Event]:
    return [wait for wait in history.acts("wait") if wait.object.get("met") is False]


def observed(history: History, act: Event) -> Event | None:
    """The event by which the controller shows that it has seen what this act made of the workload, or None."""
    for one in history.sets:
        if one.gone is not None and one.gone.number < act.number:
            continue
        if (made := made_by(one, act)) is None:
            return None
        behind = (event for event in one.events if event.number > act.number)
        return next((event for event in behind if observed_generation(history, event) >= generation(made)), None)
    return None


def made_by(one: Life, act: Event) -> Event | None:
    """The first state of an object whose generation is one that this act made of it, or None."""
    known = max((generation(event) for event in one.events if event.number < act.number), default=0)
    return next((event for event in one.events if event.number > act.number and generation(event) > known), None)


def looked_since(history: History, cause: Event) -> Event | None:
    """The event that proves that the controller looked at the workload and its pods after `cause`, or None.

    Workload and pods reach a controller by two separate ways, so that it observed a nudge proves nothing about the pods:
    the same status must count as many pods, and as many ready ones, as there were, or a later one, of a later look.
    """
    for nudge in history.acts("nudge"):
        if nudge.number > cause.number:
            proof = observed(history, nudge)
            writes = _statuses_since(history, proof) if proof is not None else ()
            if write := next((one for one in writes if counts_are_true(history, one)), None):
                return write
    return None


def _statuses_since(history: History, proof: Event) -> Iterator[Event]:
    """A status by which the controller observed something, and each other one that it wrote since."""
    states = [event for one in history.sets if one.uid == proof.uid for event in one.events]
    yield proof
    for before, state in pairwise(states):
        if state.number > proof.number and state.status != before.status:
            yield state


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


def never_happened(history: History, cause: Event, what: str, *, promised: bool = True) -> Violation:
    """Judge that `what` (a sentence) is so, although `cause` called for the contrary; raises Inconclusive.

    Where the contrary is not promised by any MUST, a wait for it that the story outlasted will do.
    """
    wait = waited_in_vain(history) or (None if promised else next(iter(_vain_waits(history)), None))
    if wait is None:
        raise Inconclusive(f"{what}, but nobody waited for it in vain")
    cause = due_since(history, cause, wait, what)
    what = f"{what} within {wait.object.get('seconds', '?')} s"
    proof = looked_since(history, cause)
    if proof is None:
        raise Inconclusive(f"{what}, but nothing shows that the controller looked since {cause}")
    require_unrefused(history, what)
    return Violation(proof, f"{what}, although the controller looked at the {history.header.kind} since {cause}")


def require_unrefused(history: History, what: str) -> None:
    """Raise Inconclusive where the creation of a pod was refused to the controller: `what` may be for that."""
    for event in history.of_kind("Event"):
        about = (event.object.get("involvedObject") or {}).get("name")
        # Events may be kept in a store of their own, so their place in the log says nothing.
        if event.object.get("reason") == "FailedCreate" and about == history.header.name:
            raise Inconclusive(f"{what}, but the controller was refused: {event.object.get('message')}")


def due_since(history: History, cause: Event, wait: Event, what: str) -> Event:
    """The cause, or what stands behind it where a Ready pod must have been so for a while (minReadySeconds) to be available.

    Raises Inconclusive where it need not have been available in time for this wait in vain: clocks are not read, so the wait
    must have begun when all that is Ready at the end was so, and have taken many times as long as that while.
    """
    if history.header.kind != "StatefulSet" or not history.sets:
        return cause
    states = history.sets[-1].events
    least = min_ready_seconds(states[-1])
    since = held_since(states, lambda state: min_ready_seconds(state) == least)
    asked = None if since is states[0] else since
    if least == 0:
        return latest(cause, asked)
    ready = [since for pod in history.pods if pod.gone is None and (since := ready_since(pod)) is not None]
    if not ready and asked is None:
        return cause
    return latest(cause, require_long_wait(history, latest(asked, *ready), wait, PATIENT_TIMES * least, what))


def require_long_wait(history: History, since: Event, wait: Event | None, seconds: float, what: str) -> Event:
    """What was done last before this wait, which began behind `since`; raises Inconclusive where it was none, or too short."""
    acts = (act for act in history.all_acts if wait is not None and act.number < wait.number and act.kind != "nudge")
    began = max(acts, key=lambda act: act.number, default=None)
    if wait is None or began is None or began.number < since.number:
        raise Inconclusive(f"{what}, but nobody began to wait for it behind {since}")
    waited = float(wait.object.get("seconds", 0))
    if waited < seconds:
        raise Inconclusive(f"{what} within {waited:g} s, which is less than the {seconds:g} s that decide it")
    return began


def never_created(history: History, ordinal: int) -> Violation:
    """Judge that the pod of this ordinal never was; raises Inconclusive where that need not be the controller's doing."""
    what = f"{pod_name(history, ordinal)} was never created"
    wanted = _wanted_since(history, ordinal, what)
    return never_happened(history, latest(wanted, *predecessors_ready_since(history, ordinal, what)), what)


def not_made_again(history: History, old: Life, *causes: Event | None) -> Violation:
    """Judge that this pod did not return; raises Inconclusive where that need not be the controller's doing."""
    what = f"{old.name} was not made again"
    if old.gone is None:
        raise Inconclusive(f"{what}, but the old one is still there")
    ordinal = ordinal_in(history, old)
    if ordinal is None:
        return never_happened(history, latest(old.gone, *causes), what)
    wanted, since = _wanted_since(history, ordinal, what), predecessors_ready_since(history, ordinal, what)
    return never_happened(history, latest(old.gone, wanted, *causes, *since), what)


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
        if write.number > before.number or not observed_generation(history, write):
            continue
        wrote = int(write.status.get("readyReplicas", 0))
        fits = (i for i in range(reached, len(moments)) if moments[i][0] < write.number and moments[i][1] == wrote)
        reached = next(fits, reached)
    return moments[reached][0]


def stays_still(history: History, verb: str, target: str | None = None) -> list[Violation]:
    """From the last act of this verb on no pod was created and none began to leave, as often as the controller looked.

    What the test itself deleted or failed is not counted, nor what replaces a pod that had failed; that nothing else is under
    way must be the scenario's care. Once the driver does something else, that may move pods.
    """
    history.require_complete()
    history.require_one_order()
    acts = history.acts(verb, target)
    if not acts:
        return cut_short(history, f"act: {verb} {target or ''}".strip())
    act = acts[-1]
    proof, done = looked_since(history, act), done_next(history, act)
    # What moved before anything else was done needs no look to be proven: only that nothing moved does.
    births = [
        pod.born
        for pod in history.pods
        if pod.born is not None and act.number < pod.born.number < done and not follows_failed(history, pod)
    ]
    found = [Violation(born, f"{born.name} was created") for born in births]
    found += [Violation(began, f"{began.name} began to terminate") for _, began in removals(history, act.number, done)]
    if not found and (proof is None or done < proof.number):
        raise Inconclusive(f"{act}: nothing shows that the controller looked since, before something else was done")
    return sorted(found, key=lambda violation: violation.event.number)


def done_next(history: History, act: Event) -> float:
    """The number of whatever the driver did next, beside waiting and making the controller look: that may move pods."""
    later = (other for other in history.all_acts if other.number > act.number and other.kind not in IDLE_ACTS)
    return next((other.number for other in later), inf)


def _wanted_since(history: History, ordinal: int, what: str) -> Event:
    """The state of the workload since which it asks for this ordinal up to the end; raises Inconclusive where it does not."""
    if ordinal not in wanted_ordinals(history):
        raise Inconclusive(f"{what}, but the {history.header.kind} does not ask for it at the end")
    states = workload(history).events
    return held_since(states, lambda state: ordinal in ordinals_of(state)) or states[-1]


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
