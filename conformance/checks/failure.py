"""Failure: a pod that has finished is replaced under its name, with the claim that it had.

Method: the test itself sets a pod's phase; the pod's own events show the phase, its deletion and its return, by UID.
"""

from __future__ import annotations

from collections.abc import Collection
from math import inf

from conformance.checks.causes import removals
from conformance.checks.evidence import (
    end_of,
    judge_each,
    latest,
    life_of,
    lives_named,
    next_life,
    ordinal_in,
    spec,
)
from conformance.checks.proof import IDLE_ACTS, cut_short, never_happened, predecessors_ready_since, stays_still
from conformance.checks.storage import TEMPLATES, claims_of, policy_of, same_claims, set_claims
from conformance.history import Event, History, Inconclusive, Life, Violation


def replaced_with_claim(history: History, phase: str, templates: Collection[str] = TEMPLATES) -> list[Violation]:
    """Each pod that the test put into this phase was deleted and made again under its name, with the same claims."""
    history.require_complete()
    history.require_one_order()
    acts = [act for act in history.acts("fail") if act.object["phase"] == phase]
    if not acts:
        return cut_short(history, f"pod whose phase was made {phase}")
    return judge_each(acts, lambda act: _replaced(history, act, phase, templates))


def returns_from_deleted_node(history: History) -> list[Violation]:
    """Each pod that was on a node which the test deleted went and came back with its claims; no other pod was touched."""
    history.require_complete()
    history.require_one_order()
    acts = [act for act in history.acts("delete") if str(act.object["target"]).startswith("Node/")]
    if not acts:
        return cut_short(history, "deletion of a node")
    return judge_each(acts, lambda act: _returned_from_node(history, act))


def keeps_its_name(history: History, name: str) -> list[Violation]:
    """The pod that was deleted on a node that does not answer stayed until its end was confirmed, and no pod came or went.

    The pod itself stays until something is done about it or about its node, whatever is done to others meanwhile.
    """
    found, acts = stays_still(history, "delete", f"Pod/{name}"), history.acts("delete", f"Pod/{name}")
    if not acts:
        return found
    pod = life_of(history, "Pod", acts[-1].object["uid"])
    if pod is None:
        return found
    node, freed = spec(pod.events[-1]).get("nodeName"), inf
    for act in history.all_acts:
        kind, _, target = str(act.object.get("target")).partition("/")
        is_about_it = target == {"Pod": name, "Node": node or target}.get(kind, target)
        if act.number > acts[-1].number and act.kind not in IDLE_ACTS and is_about_it:
            freed = min(freed, act.number)
    if pod.gone is not None and pod.gone.number < freed:
        found.append(Violation(pod.gone, f"{name} was taken away though nobody had confirmed its end"))
    known = {violation.event.number for violation in found}
    found += [
        Violation(one.born, f"{name} was created")
        for one in lives_named(history, name)
        if one.born is not None and acts[-1].number < one.born.number < freed and one.born.number not in known
    ]
    return sorted(found, key=lambda violation: violation.event.number)


def moved_with_claim(history: History, name: str) -> list[Violation]:
    """The pod that was deleted on a node which was declared out of service came back on another one, with its claims."""
    history.require_complete()
    history.require_one_order()
    declared, acts = history.acts("taint"), history.acts("delete", f"Pod/{name}")
    if not declared or not acts:
        return cut_short(history, "node that was declared out of service" if acts else f"deletion of {name}")
    old = life_of(history, "Pod", acts[-1].object["uid"])
    if old is None:
        raise Inconclusive(f"{acts[-1]}: the {name} that was deleted is not in the history")
    return same_claims(history, old) or _came_elsewhere(history, old, declared[-1])


def _came_elsewhere(history: History, old: Life, declared: Event) -> list[Violation]:
    """Judge where the pod was put that came after this one, which was on the node that was declared out of service."""
    new, node = next_life(history, old), str(declared.object["target"]).removeprefix("Node/")
    on_a_node = new.when(lambda event: bool(spec(event).get("nodeName"))) if new is not None else None
    if on_a_node is None:
        raise Inconclusive(f"{declared}: {old.name} was made again, and was put on no node until the end")
    if spec(on_a_node)["nodeName"] == node:
        return [Violation(on_a_node, f"{old.name} was put on {node} again, which was out of service")]
    return []


def lost_node_keeps_claims(history: History) -> list[Violation]:
    """Under a policy that deletes claims, the pods of the deleted node came back with theirs, and no claim was deleted."""
    history.require_complete()
    deleted = [Violation(one.terminated, f"{one.name} began to be deleted") for one in set_claims(history)
               if one.terminated is not None]  # fmt: skip
    found = deleted or returns_from_deleted_node(history)
    if not found and any(set(policy_of(one.first).values()) != {"Delete"} for one in history.sets):
        raise Inconclusive("the claims were not to go with the set and with scaling")
    return found


def _returned_from_node(history: History, act: Event) -> list[Violation]:
    node = str(act.object["target"]).removeprefix("Node/")
    there = [pod for pod in history.pods if (state := pod.at(act.rv + 1)) and spec(state).get("nodeName") == node]
    if not there:
        raise Inconclusive(f"{act}: no pod was on {node} when it was deleted")
    # What takes pods from lost nodes goes by their names, and may hit the pod that came after.
    names = {pod.name for pod in there}
    found = [
        Violation(began, f"{pod.name} began to terminate although it was not on {node}, which was deleted")
        for pod, began in removals(history, act.number, end_of(history, act))
        if pod.name not in names
    ]
    return found or judge_each(there, lambda pod: _left_node(history, pod, act))


def _left_node(history: History, pod: Life, act: Event) -> list[Violation]:
    if pod.terminated is None:
        # Who takes it away is not the set's controller, so that this one looked proves nothing.
        raise Inconclusive(f"{act}: {pod.name} was still there at the end")
    return same_claims(history, pod)


def _replaced(history: History, act: Event, phase: str, templates: Collection[str]) -> list[Violation]:
    pod = life_of(history, "Pod", act.object["uid"])
    failed = pod.when(lambda event: event.status.get("phase") == phase) if pod is not None else None
    if pod is None or failed is None:
        raise Inconclusive(f"{act}: {act.object['target']} never showed the phase {phase}")
    if pod.terminated is not None and pod.terminated.number < failed.number:
        raise Inconclusive(f"{pod.name} was on its way out before its phase was {phase}")
    if pod.terminated is None and pod.events[-1].status.get("phase") != phase:
        raise Inconclusive(f"{pod.events[-1]}: the phase of {pod.name} did not stay {phase}")
    if pod.terminated is None:
        return [_not_deleted(history, pod, failed, phase)]
    if templates:
        return same_claims(history, pod)
    new = next_life(history, pod)
    return [] if new is not None and claims_of(new.first) == claims_of(pod.first) else same_claims(history, pod)


def _not_deleted(history: History, pod: Life, failed: Event, phase: str) -> Violation:
    what = f"{pod.name} was not deleted although its phase was {phase}"
    since = predecessors_ready_since(history, ordinal_in(history, pod) or 0, what)
    return never_happened(history, latest(failed, *since), what)
