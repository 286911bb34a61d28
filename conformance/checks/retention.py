"""Retention: a claim goes only where the policy says so, by its owner: the set that is deleted, the pod that scaling removes.

Method: who owns a claim is read before the deletion that is to take it along. Who deletes it is the garbage collector, whose
look nothing proves, so a claim that merely stays is inconclusive; one that goes too early, or without its owner, is not.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection

from conformance.checks.causes import FORCING_ACTS, removals
from conformance.checks.deletion import last_deletion, set_deleted
from conformance.checks.evidence import (
    end_of,
    generation,
    held_since,
    judge_each,
    latest,
    may_act_upon,
    ordinals_of,
    spec,
)
from conformance.checks.proof import cut_short, looked_since, never_happened, waited_in_vain
from conformance.checks.storage import POLICY, claim_at, claims_of, policy_of, same_claims, set_claims
from conformance.history import Event, History, Inconclusive, Life, Violation, is_ready


def deleted_with_the_set(history: History) -> list[Violation]:
    """Each pod's claims were owned by the set, began to go only when it did, and were gone only after a pod on a node was."""
    act = last_deletion(history, "Background")
    if act is None:
        return _unowned_at_the_end(history) or cut_short(history, "deletion of the set")
    one, pods = set_deleted(history, act)
    if policy_of(_at(one, act)).get("whenDeleted") != "Delete":
        raise Inconclusive(f"{act}: the claims were not to go with the set")
    return judge_each(
        [(pod, name) for pod in pods for name in claims_of(pod.first)],
        lambda pair: _went_with_the_set(history, act, one, *pair),
    )


def deleted_by_scaling(history: History) -> list[Violation]:
    """Each pod that scaling down removed owned its claims before it began to leave, and they began to go when it was gone.

    The claims of the ordinals that stayed did not begin to be deleted.
    """
    history.require_complete()
    history.require_one_order()
    leaving = [
        (act, *one)
        for act in history.acts("scale")
        for one in removals(history, act.number, end_of(history, act))
        if _states_at(history, act) and one[0].ordinal not in scaled_to(history, act)
    ]
    if not leaving:
        return cut_short(history, "pod that scaling down removed")
    kept = [
        Violation(claim.terminated, f"{claim.name} began to be deleted, and scaling kept its ordinal")
        for act in {one[0].number: one[0] for one in leaving}.values()
        for claim in set_claims(history)
        if claim.terminated is not None and act.number < claim.terminated.number < end_of(history, act)
        and claim.ordinal in scaled_to(history, act)
    ]  # fmt: skip
    pairs = [(pod, began, name) for _, pod, began in leaving for name in claims_of(pod.first)]
    if not pairs:
        raise Inconclusive("the pods that scaling removed mounted no claims")
    return kept or judge_each(pairs, lambda one: _went_by_scaling(history, *one))


def survives_everything(history: History, verbs: Collection[str]) -> list[Violation]:
    """Under a policy that deletes, whatever these acts hit came back with the claims that it had, and no claim was deleted."""
    history.require_complete()
    history.require_one_order()
    deletions = [
        Violation(claim.terminated, f"{claim.name} began to be deleted")
        for claim in set_claims(history)
        if claim.terminated is not None
    ]
    missing = [
        verb for verb in verbs if not (_upon_pods(history, verb) if verb in FORCING_ACTS else history.acts(verb))
    ]
    if missing:
        return deletions or cut_short(history, f"act: {missing[0]}")
    for one in history.sets:
        if set(policy_of(one.first).values()) != {"Delete"}:
            raise Inconclusive(f"{one.first}: the claims were not to go with the set and with scaling")
    hit = {act.object.get("uid") for verb in FORCING_ACTS for act in _upon_pods(history, verb)}
    hit |= {pod.uid for act in history.acts("update") for pod in history.pods if pod.at(act.rv + 1) is not None}
    return deletions or judge_each([p for p in history.pods if p.uid in hit], lambda pod: same_claims(history, pod))


def owners_follow_policy(history: History) -> list[Violation]:
    """After each change of the policy the claims of the pods are owned by the set where it deletes them, else by nobody."""
    history.require_complete()
    history.require_one_order()
    acts = [act for act in history.acts("change") if POLICY in (act.object.get("change") or {})]
    if not acts:
        return cut_short(history, "change of the retention policy")
    found = judge_each(acts, lambda act: _owners_as_policy(history, act))
    wanted = ["Retain", *(policy_of(_after(history, act)).get("whenDeleted") for act in acts)]
    if not found and not {("Delete", "Retain"), ("Retain", "Delete")} <= {*itertools.pairwise(wanted)}:
        raise Inconclusive("the policy was not changed both ways")
    return found


def owners(claim: Event | None) -> set[str]:
    """The UIDs of all that own a claim."""
    references = claim.metadata.get("ownerReferences") or () if claim is not None else ()
    return {str(owner.get("uid")) for owner in references}


def scaled_to(history: History, act: Event) -> range:
    """The ordinals that a scaling asks for."""
    start = ordinals_of(_states_at(history, act)[-1]).start
    return range(start, start + int(act.object["replicas"]))


def _upon_pods(history: History, verb: str) -> list[Event]:
    return [act for act in history.acts(verb) if str(act.object.get("target", "")).startswith("Pod/")]


def _at(life: Life, act: Event) -> Event | None:
    return life.at(act.rv + 1)


def _states_at(history: History, act: Event) -> list[Event]:
    return [event for one in history.sets for event in one.events if event.number < act.number]


def _after(history: History, act: Event) -> Event:
    """The state that an act upon the set made of it; raises Inconclusive where none is there."""
    known = max((generation(event) for event in _states_at(history, act)), default=0)
    behind = [event for one in history.sets for event in one.events if event.number > act.number]
    made = next((event for event in behind if generation(event) > known), None)
    if made is None:
        raise Inconclusive(f"{act}: the set never showed what was done to it")
    return made


def _unowned_at_the_end(history: History) -> list[Violation]:
    """The claims of the pods that the set does not own at the end, although that was waited for and the controller looked."""
    if waited_in_vain(history) is None or not history.sets:
        return []
    one = history.sets[-1]
    if policy_of(one.events[-1]).get("whenDeleted") != "Delete":
        return []
    there = [(pod, name) for pod in history.pods if pod.terminated is None for name in claims_of(pod.first)]
    asked = held_since(one.events, lambda state: policy_of(state).get("whenDeleted") == "Delete")
    lost = [(pod, claim) for pod, name in there if (claim := claim_at(history, name, pod.events[-1].rv)) is not None]
    return judge_each(
        [(pod, claim) for pod, claim in lost if one.uid not in owners(claim.events[-1])],
        lambda pair: [
            never_happened(
                history, latest(asked, *(x.first for x in pair)), f"{pair[1].name} was never owned by the set"
            )
        ],
    )


def _went_with_the_set(history: History, act: Event, one: Life, pod: Life, name: str) -> list[Violation]:
    claim = claim_at(history, name, act.rv + 1)
    state = _at(claim, act) if claim is not None else None
    if claim is None or state is None:
        raise Inconclusive(f"{act}: {name} was not there when the set was deleted")
    if one.uid not in owners(state):
        proof = looked_since(history, latest(pod.first, claim.first))
        if proof is None or proof.number > act.number or policy_of(one.first) != policy_of(_at(one, act)):
            raise Inconclusive(f"{act}: {name} was not owned by the set, and nothing shows that the controller looked")
        return [Violation(proof, f"{name} was not owned by {one.name}, with which it was to go")]
    if claim.terminated is None:
        raise Inconclusive(f"{name} was still there at the end, and nothing shows that the garbage collector looked")
    if claim.terminated.number < act.number:
        return [Violation(claim.terminated, f"{name} began to be deleted before {one.name} did")]
    on_a_node = bool(spec(pod.events[-1]).get("nodeName"))
    if on_a_node and claim.gone is not None and (pod.gone is None or claim.gone.number < pod.gone.number):
        return [Violation(claim.gone, f"{name} was gone while {pod.name}, which uses it, was there")]
    if claim.gone is None:
        raise Inconclusive(f"{name} was still there at the end, on its way out")
    return []


def _went_by_scaling(history: History, pod: Life, began: Event, name: str) -> list[Violation]:
    policies = [policy_of(state).get("whenScaled") for state in may_act_upon(history, began)]
    if set(policies) != {"Delete"}:
        raise Inconclusive(f"{began}: the claims were not to go with scaling, as far as the controller need have known")
    claim = claim_at(history, name, began.rv)
    if claim is None:
        raise Inconclusive(f"{began}: {name} was not there when {pod.name} began to leave")
    if pod.uid not in owners(claim.at(began.rv)):
        return [Violation(began, f"{pod.name} began to terminate before it owned {name}")]
    if claim.terminated is None:
        raise Inconclusive(f"{name} was still there at the end, and nothing shows that the garbage collector looked")
    if pod.gone is None or claim.terminated.number < pod.gone.number:
        return [Violation(claim.terminated, f"{name} began to be deleted while {pod.name} was there")]
    return []


def _owners_as_policy(history: History, act: Event) -> list[Violation]:
    made, end = _after(history, act), end_of(history, act)
    wanted = {made.uid} if policy_of(made).get("whenDeleted") == "Delete" else set[str]()
    pods = [pod for pod in history.pods if pod.at(act.rv + 1) is not None]
    if not pods or not all(is_ready(pod.at(act.rv + 1)) for pod in pods):
        raise Inconclusive(f"{act}: not all pods were Ready when the policy was changed")
    proof, found = looked_since(history, act), []
    for pod, name in [(one, name) for one in pods for name in claims_of(one.first)]:
        owned_by = _owners_before(history, act, name, end)
        if owned_by == wanted:
            continue
        what = f"{name} was owned by {_who(owned_by, made.uid)}"
        if proof is None or proof.number > end or not is_ready(pod.at(proof.rv)):
            raise Inconclusive(f"{act}: {what}, and nothing shows that the controller looked since")
        found.append(Violation(proof, f"{what} although the policy said {policy_of(made).get('whenDeleted')}"))
    return found


def _owners_before(history: History, act: Event, name: str, end: float) -> set[str]:
    """Who owned the claim of this name, which was there at the act, when the event of the number `end` came."""
    claim = claim_at(history, name, act.rv + 1)
    states = [event for event in claim.events if event.number < end] if claim is not None else []
    if not states:
        raise Inconclusive(f"{act}: {name} was not there when the policy was changed")
    return owners(states[-1])


def _who(uids: set[str], the_set: str) -> str:
    if not uids:
        return "nobody"
    return "the set" if the_set in uids else "others than the set"
