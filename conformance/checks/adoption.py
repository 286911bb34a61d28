"""Adoption: a pod whose labels somebody else changes is repaired, let go or taken back, as the object that it is.

Method: the change is in the log, and behind it the labels and the owner that the pod had then; its UID tells that it is still
the same object. A controller that has let a pod go does not count it, so that it looked is known by the nudge alone.
"""

from __future__ import annotations

from math import inf

from conformance.checks.causes import forced_by_test, removals
from conformance.checks.evidence import end_of, judge_each, latest, life_of, ordinal_in
from conformance.checks.proof import (
    cut_short,
    looked_since,
    never_happened,
    observed,
    predecessors_ready_since,
    waited_in_vain,
)
from conformance.history import POD_NAME_LABEL, Event, History, Inconclusive, Life, Violation, controller_of


def name_label_is_restored(history: History) -> list[Violation]:
    """Each pod whose name label the test changed bore its name again, the same object, never on its way out meanwhile."""
    acts = [act for act in _labellings(history) if POD_NAME_LABEL in act.object["labels"]]
    if not acts:
        return cut_short(history, "change of a pod's name label")
    return judge_each(acts, lambda act: _restored(history, act))


def released_when_unselected(history: History) -> list[Violation]:
    """Each pod that the test's labels took out of the set's selector lost its owner, and was not removed."""
    selector = history.header.selector
    acts = [
        act
        for act in _labellings(history)
        if any(act.object["labels"].get(key, value) != value for key, value in selector.items())
    ]
    if not acts:
        return cut_short(history, "pod that ceased to be selected")
    return judge_each(acts, lambda act: _released(history, act))


def adopted_when_selected(history: History) -> list[Violation]:
    """Each pod without an owner that the test's labels made one of the set's own again became the set's, the same object."""
    selector = history.header.selector.items()
    acts = [act for act in _labellings(history) if selector <= act.object["labels"].items()]
    if not acts:
        return cut_short(history, "pod that was selected again")
    return judge_each(acts, lambda act: _adopted(history, act))


def keeps_to_its_own(history: History, other: str) -> list[Violation]:
    """While a set of this name, which selects other labels, was made and deleted, each of the two had its own pods only."""
    history.require_complete()
    history.require_one_order()
    target = f"{history.header.kind}/{other}"
    made, deleted = history.acts("create", target), history.acts("delete", target)
    theirs = {one.uid for one in history.lives(history.header.kind) if one.name == other}
    pods = [pod for pod in history.lives("Pod") if _owners(pod) & theirs]
    if not made or not deleted or not pods:
        return cut_short(history, f"set {other} that was made, had a pod, and was deleted")
    ours = {one.uid for one in history.sets}
    found = [
        Violation(pod.first, f"{pod.name} was controlled by the {history.header.kind} {name}")
        for pod in history.lives("Pod")
        for name, uids in ((other, theirs), (history.header.name, ours))
        if _owners(pod) & uids and pod.name != f"{name}-{pod.ordinal}"
    ]
    touched = removals(history, made[-1].number, end_of(history, made[-1]))
    found += [
        Violation(began, f"{pod.name} began to terminate, and only {other} was made and deleted")
        for pod, began in touched
    ]
    if found:
        return sorted(found, key=lambda violation: violation.event.number)
    gone = [pod.gone for pod in pods]
    if None in gone or looked_since(history, latest(deleted[-1], *gone)) is None:
        raise Inconclusive(f"nothing shows that the controller looked at {history.header.name} when {other} was gone")
    return []


def long_name(history: History, *names: str) -> str:
    """What became of the sets of these names, in words."""
    return "; ".join(_named(history, name) for name in names)


def _named(history: History, name: str) -> str:
    made = [pod for pod in history.lives("Pod") if pod.name == f"{name}-0"]
    messages = [
        str(event.object.get("message"))
        for event in history.of_kind("Event")
        if event.object.get("reason") == "FailedCreate"
        and (event.object.get("involvedObject") or {}).get("name") == name
    ]
    if not made and not messages:
        raise Inconclusive(f"nothing shows whether {name} got its pod")
    fate = "gets its pod" if made else f"gets no pod: {messages[0].rpartition(': ')[2]}"
    return f"a set whose name has {len(name)} letters {fate}"


def _owners(pod: Life) -> set[str]:
    owners = (controller_of(event.metadata) for event in pod.events)
    return {str(owner.get("uid")) for owner in owners if owner is not None}


def _labellings(history: History) -> list[Event]:
    history.require_complete()
    history.require_one_order()
    return history.acts("label")


def _pod_of(history: History, act: Event) -> tuple[Life, Event, float]:
    """The pod that this act labelled, the event by which it was so, and the number of the next such act upon it."""
    pod = life_of(history, "Pod", act.object["uid"])
    wanted = act.object["labels"].items()
    behind = [event for event in pod.events if event.number > act.number] if pod is not None else []
    done = next((event for event in behind if all(event.labels.get(key) == value for key, value in wanted)), None)
    if pod is None or done is None:
        raise Inconclusive(f"{act}: {act.object['target']} was never seen with these labels")
    later = (other.number for other in history.acts("label", act.object["target"]) if other.number > act.number)
    return pod, done, next(later, inf)


def _restored(history: History, act: Event) -> list[Violation]:
    pod, done, end = _pod_of(history, act)
    within = [event for event in pod.events if done.number < event.number < end]
    restored = next((event for event in within if event.labels.get(POD_NAME_LABEL) == pod.name), None)
    found = _removed(history, pod, done, end, "its name label was changed")
    if found:
        return found
    if restored is None:
        what = f"{pod.name} did not bear its name as a label again"
        since = predecessors_ready_since(history, ordinal_in(history, pod) or 0, what)
        return [never_happened(history, latest(done, *since), what)]
    return []


def _released(history: History, act: Event) -> list[Violation]:
    pod, done, end = _pod_of(history, act)
    found = _removed(history, pod, done, end, "its selection was ended")
    if found:
        return found
    owned = [event for event in pod.events if event.number <= done.number][-1]
    if controller_of(owned.metadata) is None:
        raise Inconclusive(f"{act}: {pod.name} had no owner")
    within = [event for event in pod.events if done.number < event.number < end]
    if any(controller_of(event.metadata) is None for event in within):
        return []
    return [never_happened(history, done, f"{pod.name} was not released")]


def _adopted(history: History, act: Event) -> list[Violation]:
    pod, done, end = _pod_of(history, act)
    if controller_of(done.metadata) is not None:
        raise Inconclusive(f"{act}: {pod.name} was not without an owner when it was selected again")
    found = _removed(history, pod, done, end, "its selection was restored")
    if found:
        return found
    ours = {one.uid for one in history.sets}
    within = [event for event in pod.events if done.number < event.number < end]
    owners = [owner for event in within if (owner := controller_of(event.metadata)) is not None]
    if not owners:
        return [_never_taken(history, pod, done)]
    if owners[0].get("uid") not in ours:
        return [Violation(done, f"{pod.name} was taken by the {owners[0].get('kind')} {owners[0].get('name')}")]
    return []


def _removed(history: History, pod: Life, done: Event, end: float, why: str) -> list[Violation]:
    began = pod.terminated
    if began is None or not done.number < began.number < end or forced_by_test(history, pod):
        return []
    return [Violation(began, f"{pod.name} began to terminate although only {why}")]


def _never_taken(history: History, pod: Life, done: Event) -> Violation:
    what = f"{pod.name} was not adopted"
    proofs = [observed(history, nudge) for nudge in history.acts("nudge") if nudge.number > done.number]
    seen = [proof for proof in proofs if proof is not None]
    if waited_in_vain(history) is None or len(seen) < 2:
        raise Inconclusive(f"{what}, but nobody waited for it in vain while the controller looked")
    return Violation(latest(*seen), f"{what}, although the controller looked at the {history.header.kind} since {done}")
