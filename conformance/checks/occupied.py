"""Claims whose name is occupied: by one that is on its way out, or by one that another controller owns.

Method: a pod waits for the one, which a finalizer holds, and is told of the other, which nothing that the policy says deletes.
"""

from __future__ import annotations

from itertools import pairwise
from math import inf

from conformance.checks.causes import removals
from conformance.checks.evidence import end_of, generation, judge_each, latest, observed_generation, ordinals_of
from conformance.checks.proof import counts_are_true, cut_short, never_happened, not_made_again, observed
from conformance.checks.retention import scaled_to
from conformance.checks.storage import claim_at, claims_of, policy_of, set_claims
from conformance.history import Event, History, Inconclusive, Life, Violation, controller_of, is_ready


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
    """A pod that was created on the claim while that was being deleted: wrong where the controller must have known that."""
    began, gone = _window(claim)
    births = [pod.born for pod in _mounting(history, claim) if pod.born and began < pod.born.number < gone]
    if not births:
        return []
    found = [
        Violation(born, f"{born.name} was created while {claim.name} was being deleted")
        for born in births
        if _claims_known(history, born) >= began
    ]
    if not found:
        why = f"nothing shows that the controller knew by then that {claim.name} was being deleted"
        raise Inconclusive(f"{births[0]}: {births[0].name} was created, and {why}")
    return found


def _claims_known(history: History, before: Event) -> int:
    """The number of the newest write of a claim that the controller must have known before that event.

    Claims reach it by a way of their own, so no look at the set proves anything of them. But to put a claim under another owner
    it writes upon the state that it knows, of which the server takes the newest only, and claims reach it in order.
    """
    return max(
        (
            was.number
            for claim in set_claims(history)
            for was, event in pairwise(claim.events)
            if event.number < before.number
            and event.metadata.get("ownerReferences") != was.metadata.get("ownerReferences")
        ),
        default=0,
    )


def _asked_for(history: History, claim: Life) -> bool:
    """Whether the set asked for a pod that was to mount the claim while it was being deleted, and the controller looked."""
    began, gone = _window(claim)
    for _, proof in _looks(history, began, gone):
        if not counts_are_true(history, proof):
            continue
        seen = observed_generation(history, proof)
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
        if pod in users and pod.ordinal not in scaled_to(history, act)
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
            history,
            latest(claim.first, users[0].first),
            f"no Event says that {claim.name} has another controller",
            promised=False,
        )
    ]
