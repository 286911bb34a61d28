"""Races: what is changed again before the controller is done with the last change.

Method: a pod that is held in Terminating keeps an update where it is, so what is done meanwhile comes at a known moment of what
is otherwise over in milliseconds.
"""

from __future__ import annotations

from math import inf

from conformance.checks.availability import reaches_newest
from conformance.checks.causes import removals
from conformance.checks.evidence import (
    judge_each,
    latest,
    lives_named,
    ordinal_in,
    pod_name,
    ready_since,
    spec,
    wanted_ordinals,
    workload,
)
from conformance.checks.ordering import PARALLEL
from conformance.checks.proof import (
    cut_short,
    looked_since,
    never_happened,
    not_made_again,
    observed,
    predecessors_ready_since,
)
from conformance.checks.updates import rolls_highest_first
from conformance.history import REVISION_LABEL, Event, History, Inconclusive, Life, Violation


def replaced_once(history: History, updates: int, before: int = 0) -> list[Violation]:
    """Since the first of the last so many changes of the template no ordinal's pod was removed more than once, and one was.

    `before` are the changes that the story makes first: a story that ends early has not come to those that are meant.
    """
    history.require_complete()
    history.require_one_order()
    acts = history.acts("update")[before:]
    if len(acts) < updates:
        return cut_short(history, f"{before + updates} changes of the template")
    acts = acts[-updates:]
    found, removed = list[Violation](), set[str]()
    for pod, began in removals(history, acts[0].number, history.log[-1].number + 1):
        if pod.name in removed:
            found.append(Violation(began, f"{pod.name} began to terminate once more"))
        removed.add(pod.name)
    if not removed:
        return cut_short(history, "pod that was removed because of the changed template")
    return found


def rolls_while_annotated(history: History, times: int) -> list[Violation]:
    """The update replaced every pod in its order, though annotations of the set were changed so often meanwhile."""
    found = rolls_highest_first(history)
    updates = history.acts("update")
    last = max((pod.first.number for pod in history.pods), default=0)
    annotated = [act for act in history.acts("annotate") if updates and updates[-1].number < act.number < last]
    return found if found or len(annotated) >= times else cut_short(history, f"{times} annotations during the update")


def surplus_goes_first(history: History) -> list[Violation]:
    """A change of template and replicas at once removed the surplus first, and replaced what stays only when it was gone."""
    history.require_pods()
    history.require_one_order()
    acts, wanted = history.acts("update"), wanted_ordinals(history)
    taken = removals(history, acts[-1].number, inf) if acts else []
    surplus = [pod for pod, _ in taken if ordinal_in(history, pod) not in wanted]
    if not surplus:
        return cut_short(history, "surplus pod that was removed while the template was changed")
    found = [
        Violation(
            began, f"{pod.name} began to terminate for the update while {other.name}, which is surplus, was still there"
        )
        for pod, began in taken
        if pod not in surplus
        for other in surplus
        if other.at(began.rv) is not None
    ]
    return found or _looked_while(history, surplus[0]) or reaches_newest(history)


def heeds_its_own_removals(history: History) -> list[Violation]:
    """No pod was created while one of a lower ordinal was leaving by the controller's own hand, though a scaling asked for it.

    What it has done itself a controller knows, whatever it was told since; only one that was started anew need not.
    """
    history.require_pods()
    history.require_one_order()
    if spec(workload(history).first).get("podManagementPolicy") == PARALLEL:
        raise Inconclusive("the set is Parallel, so nothing is waited for")
    wanted, restarts = wanted_ordinals(history), history.acts("restart")
    leaving = [
        (
            pod,
            began,
            min((one.number for one in (pod.gone, *restarts) if one and one.number > began.number), default=inf),
        )
        for pod, began in removals(history, 0, inf)
        if ordinal_in(history, pod) in wanted
    ]
    births = [pod.born for pod in history.pods if pod.born is not None]
    found = [
        Violation(
            born, f"{born.name} was created while {pod.name} was leaving, which its controller had removed ({began})"
        )
        for born in births
        for pod, began, end in leaving
        if began.number < born.number < end and (ordinal_in(history, born) or 0) > (ordinal_in(history, pod) or 0)
    ]
    if found:
        return found
    acts = history.acts("scale")
    hit = [pod for pod, began, end in leaving if acts and began.number < acts[-1].number < end]
    higher = [born for born in births if hit and (ordinal_in(history, born) or 0) > (ordinal_in(history, hit[0]) or 0)]
    if not any(born.number > acts[-1].number for born in higher):
        return cut_short(history, "scaling up while a pod was leaving that the controller had removed")
    if any(act.number > acts[-1].number for act in restarts):
        raise Inconclusive("the controller was started anew while its own removal was to be heeded")
    return _looked_while(history, hit[0], acts[-1])


def _looked_while(history: History, pod: Life, *causes: Event) -> list[Violation]:
    """Nothing, where the controller looked between this pod's beginning to leave, and the causes, and its end."""
    look = looked_since(history, latest(pod.terminated, *causes))
    if look is None or (pod.gone is not None and pod.gone.number < look.number):
        raise Inconclusive(f"nothing shows that the controller looked while {pod.name} was leaving")
    return []


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
