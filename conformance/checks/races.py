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
    wanted_ordinals,
)
from conformance.checks.proof import (
    cut_short,
    looked_since,
    never_happened,
    not_made_again,
    observed,
    predecessors_ready_since,
)
from conformance.checks.updates import rolls_highest_first
from conformance.history import REVISION_LABEL, Event, History, Inconclusive, Life, Violation, controller_of


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


def told_of_own_removal(history: History) -> str:
    """Whether a scaling up waited for a pod that the controller was just removing for an update; raises Inconclusive.

    What it deletes itself a controller need not wait to see: that the pod was Ready is all that it need have known.
    """
    history.require_pods()
    history.require_one_order()
    acts = history.acts("scale")
    leaving = [
        (pod, pod.gone.number if pod.gone is not None else inf)
        for pod, began in removals(history, 0, inf)
        if acts and began.number < acts[-1].number and (pod.gone is None or acts[-1].number < pod.gone.number)
    ]
    if not leaving:
        raise Inconclusive("the set was not scaled while a pod was leaving that the controller had removed")
    removed, end = leaving[0]
    births = [pod.born for pod in history.pods if pod.born is not None and pod.born.number > acts[-1].number]
    higher = [born for born in births if (ordinal_in(history, born) or 0) > (ordinal_in(history, removed) or 0)]
    if not higher:
        raise Inconclusive(f"no pod above {removed.name} was created after the scaling")
    if higher[0].number > end:
        return f"{higher[0].name} was created only when {removed.name}, which the controller had removed, was gone."
    return f"{higher[0].name} was created while {removed.name}, which the controller had removed, was still leaving."


def counts_what_it_created(history: History) -> list[Violation]:
    """Each status by which the controller observes a nudge counts all pods that were created before that, and are there."""
    history.require_pods()
    history.require_one_order()
    if history.acts("restart"):
        raise Inconclusive("the controller was started anew, and need not know what the last one had created")
    pairs = [(nudge, observed(history, nudge)) for nudge in history.acts("nudge")]
    found, looked = list[Violation](), False
    for nudge, look in pairs:
        if look is None:
            continue
        there = [pod for pod in _owned_at(history, look) if pod.born is not None and pod.born.number < nudge.number]
        looked |= bool(there)
        counted = int(look.status.get("replicas") or 0)
        if counted < len(there):
            newest = max(there, key=lambda pod: pod.first.number)
            found.append(
                Violation(
                    look,
                    f"{look.name} counts {counted} replicas, and {len(there)} had been created before the change that it "
                    f"observes, the last of them {newest.name} ({newest.first})",
                )
            )
    return found if found or looked else cut_short(history, "look behind the creation of a pod")


def _owned_at(history: History, write: Event) -> list[Life]:
    """The pods that were there when this status of the set was written, and were the set's."""
    states = ((pod, pod.at(write.rv)) for pod in history.pods)
    return [pod for pod, state in states if state and (controller_of(state.metadata) or {}).get("uid") == write.uid]


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
        # The highest ordinal goes first.
        for higher in range(ordinal + 1, wanted_ordinals(history).stop):
            others = lives_named(history, pod_name(history, higher))[-1:]
            since += [ready_since(other) for other in others if other.first.labels.get(REVISION_LABEL) == revision]
            if not others or others[0].first.labels.get(REVISION_LABEL) != revision:
                raise Inconclusive(f"{what}, but neither did {pod_name(history, higher)}, which goes before")
        if None in since:
            raise Inconclusive(f"{what}, but it, or a higher one, is not Ready at the end")
        return [never_happened(history, latest(proof, *since), what)]
    return []
