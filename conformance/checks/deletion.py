"""Deletion of the set: the order in which it takes its pods along, and what becomes of pods and claims that it leaves.

Method: a deletion is known by its propagation. What is left is taken over by a set made again under the name, at which the
controller must provably have looked.
"""

from __future__ import annotations

from math import inf

from conformance.checks.causes import removals
from conformance.checks.evidence import judge_each, life_of
from conformance.checks.proof import cut_short, looked_since
from conformance.checks.storage import set_claims
from conformance.history import Event, History, Inconclusive, Life, Violation, controller_of


def orphans_keep_claims(history: History) -> list[Violation]:
    """Deleting the set as an Orphan's parent deleted none of its claims, and a set made again under its name uses them."""
    act = last_deletion(history, "Orphan")
    if act is None:
        return cut_short(history, "deletion of the set without its pods")
    set_deleted(history, act)
    claims = [claim for claim in set_claims(history) if claim.at(act.rv + 1) is not None]
    if not claims:
        raise Inconclusive(f"{act}: the set had no claims when it was deleted")
    _require_successor(history, act)
    made = [claim for claim in set_claims(history) if claim.born is not None and claim.born.number > act.number]
    found = [Violation(claim.first, f"{claim.name} was created anew") for claim in made]
    found += [
        Violation(claim.terminated, f"{claim.name} began to be deleted")
        for claim in claims
        if claim.terminated is not None and claim.terminated.number > act.number
    ]
    return sorted(found, key=lambda violation: violation.event.number)


def orphans_adopted(history: History) -> list[Violation]:
    """Deleting the set as an Orphan's parent left its pods as they were, and a set made again under its name took them over."""
    act = last_deletion(history, "Orphan")
    if act is None:
        return cut_short(history, "deletion of the set without its pods")
    _, pods = set_deleted(history, act)
    made = [pod.born for pod in history.pods if pod.born is not None and pod.born.number > act.number]
    found = [Violation(born, f"{born.name} was created") for born in made]
    found += [Violation(began, f"{began.name} began to terminate") for _, began in removals(history, act.number, inf)]
    if found:
        return sorted(found, key=lambda violation: violation.event.number)
    heir = _require_successor(history, act)
    return judge_each(pods, lambda pod: _adopted(history, pod, heir))


def deleted_with_pods(history: History, propagation: str) -> list[Violation]:
    """The set's object was gone only after all its pods (Foreground), or before any of them began to leave (Background)."""
    act = last_deletion(history, propagation)
    if act is None:
        return cut_short(history, f"deletion of the set: {propagation}")
    one, pods = set_deleted(history, act)
    gone = one.gone
    if gone is None:
        raise Inconclusive(f"{act}: {one.name} was not gone at the end")
    if propagation == "Foreground":
        found = [
            Violation(gone, f"{one.name} was gone while {pod.name} was there")
            for pod in pods
            if pod.gone is None or pod.gone.number > gone.number
        ]
    else:
        left = [(pod, began) for pod, began in removals(history, act.number, inf) if pod in pods]
        found = [Violation(b, f"{b.name} began to terminate before {one.name} was gone") for _, b in left
                 if b.number < gone.number]  # fmt: skip
    still = [pod for pod in pods if pod.gone is None]
    if still and not found:
        raise Inconclusive(f"{act}: {still[0].name} was still there at the end")
    return found


def last_deletion(history: History, propagation: str) -> Event | None:
    """The last deletion of the set by the test with this propagation, or None where there is none."""
    history.require_complete()
    history.require_one_order()
    acts = history.acts("delete", f"{history.header.kind}/{history.header.name}")
    found = [act for act in acts if act.object.get("propagation", "Background") == propagation]
    return found[-1] if found else None


def set_deleted(history: History, act: Event) -> tuple[Life, list[Life]]:
    """The set that was deleted, and its pods at that moment; raises Inconclusive where one of them is missing."""
    one = life_of(history, history.header.kind, act.object.get("uid"))
    if one is None:
        raise Inconclusive(f"{act}: the set that was deleted is not in the history")
    pods = [pod for pod in history.pods if (state := pod.at(act.rv + 1)) and not state.terminating]
    if not pods:
        raise Inconclusive(f"{act}: the set had no pods when it was deleted")
    return one, pods


def _require_successor(history: History, act: Event) -> Life:
    """The set that was made in place of the deleted one, of which the controller has looked; raises Inconclusive."""
    heirs = [one for one in history.sets if one.first.number > act.number]
    if not heirs:
        raise Inconclusive(f"{act}: no set was made again under the name")
    if looked_since(history, heirs[-1].first) is None:
        raise Inconclusive(f"{act}: nothing shows that the controller looked at the set that was made again")
    return heirs[-1]


def _adopted(history: History, pod: Life, heir: Life) -> list[Violation]:
    owner = controller_of(pod.events[-1].metadata) or {}
    if owner.get("uid") == heir.uid:
        return []
    proof = looked_since(history, heir.first)
    if proof is None:
        raise Inconclusive(f"nothing shows that the controller looked since {heir.first}")
    return [Violation(proof, f"{pod.name} was not taken over by the {heir.name} that was made again")]
