"""Races: what is changed again before the controller is done with the last change.

Method: a pod that is held in Terminating keeps an update where it is, so what is done meanwhile comes at a known moment of what
is otherwise over in milliseconds.
"""

from __future__ import annotations

from conformance.checks.evidence import (
    cut_short,
    judge_each,
    latest,
    life_of,
    lives_named,
    never_happened,
    next_life,
    not_made_again,
    observed,
    ordinal_in,
    pod_name,
    predecessors_ready_since,
    ready_since,
    removals,
    spec,
    wanted_ordinals,
)
from conformance.history import REVISION_LABEL, Event, History, Inconclusive, Life, Violation


def replaced_once(history: History, updates: int) -> list[Violation]:
    """Since the first of the last so many changes of the template no ordinal's pod was removed more than once, and one was."""
    history.require_complete()
    history.require_one_order()
    acts = history.acts("update")[-updates:]
    if len(acts) < updates:
        return cut_short(history, f"{updates} changes of the template")
    found, removed = list[Violation](), set[str]()
    for pod, began in removals(history, acts[0].number, history.log[-1].number + 1):
        if pod.name in removed:
            found.append(Violation(began, f"{pod.name} began to terminate once more"))
        removed.add(pod.name)
    if not removed:
        return cut_short(history, "pod that was removed because of the changed template")
    return found


def reverts_in_flight(history: History) -> list[Violation]:
    """A template changed and changed back led to the revision that was before, and no pod of that was removed any more."""
    history.require_complete()
    history.require_one_order()
    acts = history.acts("update")[-2:]
    names = (
        [
            event.status.get("updateRevision")
            for one in history.sets
            for event in one.events
            if event.number < acts[0].number
        ]
        if acts
        else []
    )
    if len(acts) < 2 or not names or not names[-1]:
        return cut_short(history, "template that was changed and changed back")
    old, proof = names[-1], observed(history, acts[1])
    if proof is None:
        return cut_short(history, "status that shows the template that was changed back")
    if proof.status.get("updateRevision") != old:
        return [
            Violation(
                proof,
                f"the template is what it was, but its revision is {proof.status.get('updateRevision')}, not {old}",
            )
        ]
    found = [
        Violation(began, f"{pod.name} began to terminate although it was at the revision {old}, which was wanted again")
        for pod, began in removals(history, proof.number, history.log[-1].number + 1)
        if pod.first.labels.get(REVISION_LABEL) == old
    ]
    births = (pod.born for pod in history.pods)
    found += [
        Violation(
            born,
            f"{born.name} was made of the revision {born.labels.get(REVISION_LABEL)} although {old} was wanted again",
        )
        for born in births
        if born is not None and born.number > proof.number and born.labels.get(REVISION_LABEL) != old
    ]
    if found:
        return sorted(found, key=lambda violation: violation.event.number)
    return judge_each(wanted_ordinals(history), lambda ordinal: _at_last(history, ordinal, old, proof))


def returns_at_its_revision(history: History, name: str) -> list[Violation]:
    """The pod below the partition that was deleted while a higher one was terminating returned at the revision that it had."""
    act, old, new = _returned_mid_roll(history, name)
    if act is None or old is None:
        return cut_short(history, f"deletion of {name} while a pod above it was terminating")
    if new is None:
        return [not_made_again(history, old)]
    partition = _partition(history, act)
    if (ordinal_in(history, old) or 0) >= partition:
        raise Inconclusive(f"{act}: {name} is not below the partition {partition}")
    had, has = old.first.labels.get(REVISION_LABEL), new.first.labels.get(REVISION_LABEL)
    if had != has:
        return [Violation(new.first, f"{name} returned at the revision {has}, and was at {had} below the partition")]
    return []


def _returned_mid_roll(history: History, name: str) -> tuple[Event | None, Life | None, Life | None]:
    """The deletion of this pod while one of a higher ordinal was terminating for an update, the pod, and the one after it."""
    history.require_complete()
    history.require_one_order()
    updates = history.acts("update")
    for act in history.acts("delete", f"Pod/{name}"):
        old = life_of(history, "Pod", act.object.get("uid"))
        if old is None or not updates or act.number < updates[-1].number:
            continue
        own = ordinal_in(history, old) or 0
        above = [
            pod
            for pod, began in removals(history, updates[-1].number, act.number)
            if (ordinal_in(history, pod) or 0) > own
        ]
        if any(pod.at(act.rv + 1) is not None for pod in above):
            return act, old, next_life(history, old)
    return None, None, None


def _partition(history: History, act: Event) -> int:
    states = [event for one in history.sets for event in one.events if event.number < act.number]
    strategy = spec(states[-1]).get("updateStrategy") or {} if states else {}
    return int((strategy.get("rollingUpdate") or {}).get("partition") or 0)


def _at_last(history: History, ordinal: int, revision: str, proof: Event) -> list[Violation]:
    lives = lives_named(history, pod_name(history, ordinal))
    if not lives:
        return cut_short(history, pod_name(history, ordinal))
    last = lives[-1]
    if last.gone is not None:
        return [not_made_again(history, last, proof)]
    if last.first.labels.get(REVISION_LABEL) != revision:
        what = f"{last.name} did not return to the revision {revision}"
        since = [*predecessors_ready_since(history, ordinal, what), ready_since(last)]
        if None in since:
            raise Inconclusive(f"{what}, but it is not Ready at the end")
        return [never_happened(history, latest(proof, *since), what)]
    return []
