"""Retention: a claim goes only where the policy says so, by its owner: the set that is deleted, the pod that scaling removes.

Method: who owns a claim is read before the deletion that is to take it along. Who deletes it is the garbage collector, whose
look nothing proves, so a claim that merely stays is inconclusive; one that goes too early, or without its owner, is not.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection
from math import inf

from conformance.checks.evidence import (
    FORCING_ACTS,
    counts_are_true,
    cut_short,
    end_of,
    generation,
    judge_each,
    latest,
    life_of,
    looked_since,
    may_act_upon,
    never_happened,
    not_made_again,
    observed,
    observed_generation,
    ordinals_of,
    removals,
    spec,
    waited_in_vain,
)
from conformance.checks.storage import claim_at, claims_of, same_claims, set_claims
from conformance.history import Event, History, Inconclusive, Life, Object, Violation, controller_of, is_ready

POLICY = "persistentVolumeClaimRetentionPolicy"
CLAIM = "PersistentVolumeClaim"


def deleted_with_the_set(history: History) -> list[Violation]:
    """Each pod's claims were owned by the set, began to go only when it did, and were gone only after a pod on a node was."""
    act = _deletion(history, "Background")
    if act is None:
        return _unowned_at_the_end(history) or cut_short(history, "deletion of the set")
    one, pods = _deleted(history, act)
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
        if _states_at(history, act) and one[0].ordinal not in _range(history, act)
    ]
    if not leaving:
        return cut_short(history, "pod that scaling down removed")
    kept = [
        Violation(claim.terminated, f"{claim.name} began to be deleted, and scaling kept its ordinal")
        for act in {one[0].number: one[0] for one in leaving}.values()
        for claim in set_claims(history)
        if claim.terminated is not None and act.number < claim.terminated.number < end_of(history, act)
        and claim.ordinal in _range(history, act)
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


def waits_for_leaving_claims(history: History) -> list[Violation]:
    """No pod was created while a claim that it mounts was being deleted, and once that was gone it was, with another one."""
    history.require_complete()
    history.require_one_order()
    leaving = [claim for claim in set_claims(history) if claim.terminated is not None]
    early = judge_each(leaving, lambda claim: _mounted_while_leaving(history, claim))
    asked = [claim for claim in leaving if _asked_for(history, claim)]
    if not asked:
        return early or cut_short(history, "claim that a pod was to mount while it was being deleted")
    return early or judge_each(asked, lambda claim: _mounted_anew(history, claim))


def foreign_claims_untouched(history: History) -> list[Violation]:
    """A claim that another controller owns kept its owners, and neither scaling down nor the set's deletion deleted it."""
    history.require_complete()
    history.require_one_order()
    foreign = _foreign(history)
    if not foreign:
        return cut_short(history, "claim that another controller owns")
    found = [violation for claim in foreign for violation in _touched(claim)]
    return found or judge_each(foreign, lambda claim: _put_to_the_test(history, claim))


def foreign_claims_are_told(history: History) -> list[Violation]:
    """An Event of the set says ConflictingController, and names the claim that another controller owns and a pod mounts."""
    history.require_complete()
    history.require_one_order()
    foreign = _foreign(history)
    if not foreign:
        return cut_short(history, "claim that another controller owns")
    return judge_each(foreign, lambda claim: _told(history, claim))


def orphans_keep_claims(history: History) -> list[Violation]:
    """Deleting the set as an Orphan's parent deleted none of its claims, and a set made again under its name uses them."""
    act = _deletion(history, "Orphan")
    if act is None:
        return cut_short(history, "deletion of the set without its pods")
    _deleted(history, act)
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
    act = _deletion(history, "Orphan")
    if act is None:
        return cut_short(history, "deletion of the set without its pods")
    _, pods = _deleted(history, act)
    made = [pod.born for pod in history.pods if pod.born is not None and pod.born.number > act.number]
    found = [Violation(born, f"{born.name} was created") for born in made]
    found += [Violation(began, f"{began.name} began to terminate") for _, began in removals(history, act.number, inf)]
    if found:
        return sorted(found, key=lambda violation: violation.event.number)
    heir = _require_successor(history, act)
    return judge_each(pods, lambda pod: _adopted(history, pod, heir))


def deleted_with_pods(history: History, propagation: str) -> list[Violation]:
    """The set's object was gone only after all its pods (Foreground), or before any of them began to leave (Background)."""
    act = _deletion(history, propagation)
    if act is None:
        return cut_short(history, f"deletion of the set: {propagation}")
    one, pods = _deleted(history, act)
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


def policy_of(state: Event | None) -> Object:
    """The retention policy of the set at that moment, empty where it says none."""
    policy: Object = (spec(state).get(POLICY) or {}) if state is not None else {}
    return policy


def owners(claim: Event | None) -> set[str]:
    """The UIDs of all that own a claim."""
    references = claim.metadata.get("ownerReferences") or () if claim is not None else ()
    return {str(owner.get("uid")) for owner in references}


def _upon_pods(history: History, verb: str) -> list[Event]:
    return [act for act in history.acts(verb) if str(act.object.get("target", "")).startswith("Pod/")]


def _deletion(history: History, propagation: str) -> Event | None:
    history.require_complete()
    history.require_one_order()
    acts = history.acts("delete", f"{history.header.kind}/{history.header.name}")
    found = [act for act in acts if act.object.get("propagation", "Background") == propagation]
    return found[-1] if found else None


def _deleted(history: History, act: Event) -> tuple[Life, list[Life]]:
    """The set that was deleted, and its pods at that moment; raises Inconclusive where one of them is missing."""
    one = life_of(history, history.header.kind, act.object.get("uid"))
    if one is None:
        raise Inconclusive(f"{act}: the set that was deleted is not in the history")
    pods = [pod for pod in history.pods if (state := pod.at(act.rv + 1)) and not state.terminating]
    if not pods:
        raise Inconclusive(f"{act}: the set had no pods when it was deleted")
    return one, pods


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


def _range(history: History, act: Event) -> range:
    """The ordinals that a scaling asks for."""
    start = ordinals_of(_states_at(history, act)[-1]).start
    return range(start, start + int(act.object["replicas"]))


def _unowned_at_the_end(history: History) -> list[Violation]:
    """The claims of the pods that the set does not own at the end, although that was waited for and the controller looked."""
    if waited_in_vain(history) is None or not history.sets:
        return []
    one = history.sets[-1]
    if policy_of(one.events[-1]).get("whenDeleted") != "Delete":
        return []
    there = [(pod, name) for pod in history.pods if pod.terminated is None for name in claims_of(pod.first)]
    lost = [(pod, claim) for pod, name in there if (claim := claim_at(history, name, pod.events[-1].rv)) is not None]
    return judge_each(
        [(pod, claim) for pod, claim in lost if one.uid not in owners(claim.events[-1])],
        lambda pair: [
            never_happened(history, latest(*(x.first for x in pair)), f"{pair[1].name} was never owned by the set")
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
    proof = looked_since(history, act)
    found = []
    for pod in pods:
        for name in claims_of(pod.first):
            claim = claim_at(history, name, act.rv + 1)
            states = [event for event in claim.events if event.number < end] if claim is not None else []
            if claim is None or not states:
                raise Inconclusive(f"{act}: {name} was not there when the policy was changed")
            if owners(states[-1]) == wanted:
                continue
            what = f"{name} was owned by {'the set' if made.uid in owners(states[-1]) else 'others than the set'}"
            what = what if owners(states[-1]) else f"{name} was owned by nobody"
            if proof is None or proof.number > end or not is_ready(pod.at(proof.rv)):
                raise Inconclusive(f"{act}: {what}, and nothing shows that the controller looked since")
            found.append(Violation(proof, f"{what} although the policy said {policy_of(made).get('whenDeleted')}"))
    return found


def _window(claim: Life) -> tuple[int, float]:
    began = claim.terminated.number if claim.terminated is not None else 0
    return began, claim.gone.number if claim.gone is not None else inf


def _looks(history: History, after: int, before: float) -> list[tuple[Event, Event]]:
    """The nudges between these numbers that were observed there too, each with the proof of that."""
    pairs = [(nudge, observed(history, nudge)) for nudge in history.acts("nudge") if nudge.number > after]
    return [(nudge, proof) for nudge, proof in pairs if proof is not None and proof.number < before]


def _mounting(history: History, claim: Life) -> list[Life]:
    return [pod for pod in history.pods if claim.name in claims_of(pod.first)]


def _mounted_while_leaving(history: History, claim: Life) -> list[Violation]:
    """A pod that was created on the claim while that was being deleted: wrong where the controller had looked since it was."""
    began, gone = _window(claim)
    births = [pod.born for pod in _mounting(history, claim) if pod.born and began < pod.born.number < gone]
    if not births:
        return []
    # Claims reach the controller by a way of their own, so that it observed a nudge is little; that it looked again is more.
    if len(_looks(history, began, births[0].number)) < 2:
        raise Inconclusive(f"{births[0]}: {births[0].name} was created just when {claim.name} began to be deleted")
    return [Violation(births[0], f"{births[0].name} was created while {claim.name} was being deleted")]


def _asked_for(history: History, claim: Life) -> bool:
    """Whether the set asked for a pod that was to mount the claim while it was being deleted, and the controller looked."""
    began, gone = _window(claim)
    for _, proof in _looks(history, began, gone):
        if not counts_are_true(history, proof):
            continue
        seen = observed_generation(proof)
        states = [state for state in history.specifications if (state.uid, generation(state)) == (proof.uid, seen)]
        there = [pod for pod in _mounting(history, claim) if pod.at(proof.rv) is not None]
        if states and not states[-1].terminating and claim.ordinal in ordinals_of(states[-1]) and not there:
            return True
    return False


def _mounted_anew(history: History, claim: Life) -> list[Violation]:
    if claim.gone is None:
        raise Inconclusive(f"{claim.name} was still being deleted at the end")
    gone = claim.gone
    users = _mounting(history, claim)
    new = [pod for pod in users if pod.born is not None and pod.born.number > gone.number]
    if new:
        lost = [pod.first for pod in new[:1] if claim_at(history, claim.name, pod.first.rv) is None]
        return [Violation(born, f"{born.name} was created without a new {claim.name}") for born in lost]
    before = [pod for pod in users if pod.first.number < gone.number]
    if not before:
        raise Inconclusive(f"no pod mounted {claim.name} before it was deleted")
    return [not_made_again(history, before[-1], gone)]


def _foreign(history: History) -> list[Life]:
    """The claims named as the set's that from the beginning are controlled by what is neither the set nor a pod of it."""
    ours = {one.uid for one in history.sets} | {pod.uid for pod in history.pods}
    controllers = [(claim, controller_of(claim.first.metadata)) for claim in set_claims(history)]
    return [claim for claim, owner in controllers if owner is not None and owner.get("uid") not in ours]


def _touched(claim: Life) -> list[Violation]:
    was = claim.first.metadata.get("ownerReferences")
    changed = claim.when(lambda event: event.metadata.get("ownerReferences") != was)
    found = [Violation(changed, f"{claim.name} was put under another owner")] if changed is not None else []
    if claim.terminated is not None:
        found.append(Violation(claim.terminated, f"{claim.name} began to be deleted, and another controller owns it"))
    return found


def _put_to_the_test(history: History, claim: Life) -> list[Violation]:
    """Raise Inconclusive where nothing was done after which the policy would have deleted a claim of the set's own."""
    users = [pod for pod in _mounting(history, claim) if pod.when(is_ready)]
    if not users:
        raise Inconclusive(f"no pod that mounts {claim.name} was ever Ready")
    ends = [
        one for one in history.sets if one.gone is not None and set(policy_of(one.events[-1]).values()) == {"Delete"}
    ]
    scaled = [
        pod
        for act in history.acts("scale")
        for pod, _ in removals(history, act.number, end_of(history, act))
        if pod in users and pod.ordinal not in _range(history, act)
    ]
    if not ends or not scaled:
        raise Inconclusive("the set was not scaled down and deleted under a policy that deletes")
    gone = latest(*(one.gone for one in ends))
    taken = [other for other in set_claims(history) if other.gone is not None and other.gone.number > gone.number]
    if not taken:
        raise Inconclusive(
            "no claim of the set's own was deleted with it, so nothing shows that this one could have been"
        )
    return []


def _told(history: History, claim: Life) -> list[Violation]:
    users = _mounting(history, claim)
    if not users:
        raise Inconclusive(f"no pod mounts {claim.name}")
    for event in history.of_kind("Event"):
        about = (event.object.get("involvedObject") or {}).get("name")
        said = event.object.get("reason"), claim.name in str(event.object.get("message")).split()
        if about == history.header.name and said == ("ConflictingController", True):
            return []
    return [
        never_happened(
            history, latest(claim.first, users[0].first), f"no Event says that {claim.name} has another controller"
        )
    ]


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
