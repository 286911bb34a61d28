"""What a history says of its workload: who was there, under which name, and what was asked for.

Method: plain questions, answered from the log alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import inf
from typing import TypeVar

from conformance.history import Event, History, Inconclusive, Life, Object, Violation, is_ready, ordinal_of, says_ready

FINISHED_PHASES = ("Failed", "Succeeded")
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


def claimed_generation(event: Event) -> int:
    """The generation that the status says was seen, be that possible or not; 0 where it says nothing yet."""
    return int(event.status.get("observedGeneration", 0))


def observed_generation(history: History, event: Event) -> int:
    """The generation that the controller has seen, 0 where it has not said yet.

    What there had not been when it was written it has not seen: such a status is another object's, and proves nothing.
    """
    return 0 if event.number in history.misread else claimed_generation(event)


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
    last = max((observed_generation(history, event) for event in seen), default=0)
    return [state for state in newest if generation(state) >= last]


def first_ordinal_at(history: History, event: Event, ordinal: int) -> int:
    """The ordinal that the pods started at, as far as the controller may have known, when it dealt with this ordinal.

    Of the states that it may have known, those count that ask for the ordinal: by another it would not have been made. The
    highest start is taken, which asks for the fewest predecessors: what is wrong by it is wrong by all of them.
    """
    states = may_act_upon(history, event)
    asking = [state for state in states if ordinal in ordinals_of(state)]
    return max((ordinals_of(state).start for state in asking or states), default=first_ordinal(history))


def min_ready_seconds(state: Event) -> int:
    """For how many seconds, by this state of a workload, a pod must be Ready to be available."""
    return int(spec(state).get("minReadySeconds") or 0)


def ready_since(pod: Life) -> Event | None:
    """The event since which the pod has been Ready up to the end, or None where it is not."""
    return held_since(pod.events, is_ready)


def held_since(events: Sequence[Event], holds: Callable[[Event], bool]) -> Event | None:
    """The event since which this holds up to the last of these, or None where it does not hold of that."""
    since = None
    for event in reversed(events):
        if not holds(event):
            break
        since = event
    return since


def latest(*events: Event | None) -> Event:
    """The one that stands last in the log."""
    return max((event for event in events if event is not None), key=lambda event: event.number)


def has_ready_condition(pod: Event) -> bool:
    """Whether a pod has the condition Ready, on its way out or not: what readyReplicas counts."""
    return says_ready(pod.object)


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
