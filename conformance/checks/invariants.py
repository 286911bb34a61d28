"""What every history of a StatefulSet satisfies, whatever the scenario was.

Method: each check reads the whole log and finds what must never be. That nothing happened which could be wrong is enough,
provided that there were pods at all.
"""

from __future__ import annotations

from math import inf
from sys import maxsize

from conformance.checks.causes import forced_by_test, had_failed, perhaps_collected, removals
from conformance.checks.evidence import (
    claimed_generation,
    generation,
    judge_each,
    lives_named,
    may_act_upon,
    ordinal_in,
    ordinals_of,
    pod_name,
    spec,
)
from conformance.checks.ordering import PARALLEL
from conformance.checks.proof import must_have_seen, waited_in_vain
from conformance.checks.replay import Ordinals, World, replay
from conformance.checks.storage import claim_at, claims_of, set_claims
from conformance.history import (
    DELETED,
    REVISION_LABEL,
    Event,
    History,
    Inconclusive,
    Life,
    Object,
    Violation,
    controller_of,
    is_ready,
)

# What the test does to a node or a namespace by which no pod is deleted.
HARMLESS_ACTS = ("wait", "hold", "release", "make", "lose")
COUNTS = (
    ("availableReplicas", "readyReplicas"),
    ("readyReplicas", "replicas"),
    ("updatedReplicas", "replicas"),
    ("currentReplicas", "replicas"),
)


def one_life_at_a_time(history: History) -> list[Violation]:
    """A pod is created under a name only when the last pod of that name is gone: two never live at once."""
    history.require_pods()
    return [
        Violation(pod.born, f"{pod.name} was created while another {pod.name} was still there")
        for pod in history.pods
        for other in lives_named(history, pod.name)
        if pod.born is not None and other.uid != pod.uid and other.at(pod.born.rv) is not None
    ]


def deletions_have_reasons(history: History) -> list[Violation]:
    """Each pod's deletion has a reason: the test, a failure, the set's range of ordinals, its revision, its own deletion."""
    history.require_pods()
    history.require_one_order()
    return judge_each(history.pods, lambda pod: _deleted_with_reason(history, pod))


def births_are_wanted(history: History) -> list[Violation]:
    """Each pod is created with an ordinal that the set asks for, or did when the controller last said what it saw."""
    history.require_pods()
    history.require_one_order()
    found = []
    for pod in history.pods:
        born, ordinal = pod.born, ordinal_in(history, pod)
        if born is None or history.header.kind != "StatefulSet":
            continue
        states = may_act_upon(history, born)
        if states and not any(ordinal in ordinals_of(state) for state in states):
            found.append(Violation(born, f"{pod.name} was created, which is no pod that the set asks for"))
    return found


def ends_are_reached(history: History) -> list[Violation]:
    """All that the scenario waited for came about, so its history is whole; raises Inconclusive where it did not."""
    history.require_pods()
    wait = waited_in_vain(history)
    if wait is not None:
        what, seconds = wait.object.get("for"), wait.object.get("seconds", "?")
        raise Inconclusive(f"{wait}: the scenario ended there, since it waited {seconds} s in vain for {what}")
    return []


def claims_are_kept(history: History) -> list[Violation]:
    """A claim of the set is deleted only by the test, or where the set's retention policy says so."""
    history.require_pods()
    history.require_one_order()
    found = []
    for claim in set_claims(history):
        began = claim.terminated
        if began is None or _deleted_by_test(history, claim) or _disrupted(history, began, ("Namespace/",)):
            continue
        # What the policy said before the claim was made is no reason to delete it.
        states = _in_force(history, claim.first, began)
        if not any(_policy_allows(history, state, claim) for state in states):
            message = f"{claim.name} began to be deleted, which the set's retention policy does not allow"
            found.append(Violation(began, message))
    return found


def claims_come_first(history: History) -> list[Violation]:
    """Each claim of the set's templates that a pod mounts was there before the pod was created."""
    history.require_pods()
    history.require_one_order()
    found = []
    for pod in history.pods:
        if pod.born is not None:
            missing = [name for name in claims_of(pod.born) if claim_at(history, name, pod.born.rv) is None]
            found += [Violation(pod.born, f"{pod.name} was created before its claim {name}") for name in missing]
    return found


def terminations_are_graceful(history: History) -> list[Violation]:
    """Whoever but the test deletes a pod that a node has and that has not ended gives it the time that it says it needs."""
    history.require_pods()
    found = []
    for pod in history.pods:
        began = pod.terminated
        if began is None or began.type == DELETED or had_failed(pod) or not spec(began).get("nodeName"):
            continue
        if any(
            act.object.get("uid") == pod.uid and "gracePeriodSeconds" in act.object for act in history.acts("delete")
        ):
            continue
        given, due = began.metadata.get("deletionGracePeriodSeconds"), spec(began).get("terminationGracePeriodSeconds")
        if given != due:
            found.append(Violation(began, f"{pod.name} was given {given} s to end, and its specification says {due} s"))
    return found


def generations_are_observed_in_order(history: History) -> list[Violation]:
    """A status never claims to have observed a generation that is not yet, nor an older one than before.

    The status of a set that was there before under the name is left to another check.
    """
    history.require_pods()
    found = []
    for one in history.sets:
        newest = 0
        for event in (event for event in one.events if _inherited_from(history, event) is None):
            seen = claimed_generation(event)
            if seen > generation(event):
                found.append(Violation(event, f"{one.name} has observed generation {seen} of {generation(event)}"))
            if seen < newest:
                found.append(Violation(event, f"{one.name} has observed generation {seen} after {newest}"))
            newest = max(newest, seen)
    return found


def statuses_are_not_inherited(history: History) -> list[Violation]:
    """A set that is made again under the name of one that was deleted never shows a status that is about that one.

    It is known by a generation that only the deleted set has had. A controller that finds its status outdated when it writes
    it down asks for the object by its name, and may find another.
    """
    history.require_pods()
    found = []
    for one in history.sets:
        inherited = next((event for event in one.events if _inherited_from(history, event) is not None), None)
        if inherited is not None and (before := _inherited_from(history, inherited)) is not None:
            what = f"has observed generation {claimed_generation(inherited)} of {generation(inherited)}"
            found.append(Violation(inherited, f"{one.name} {what}: that was of the set that is gone since {before}"))
    return found


def _inherited_from(history: History, event: Event) -> Event | None:
    """The end of an earlier set of this name that had a generation which this state claims, and has not had; or None."""
    if event.number not in history.misread:
        return None
    gone = [one.gone for one in history.sets if one.gone is not None and one.gone.number < event.number]
    return next(
        (end for end in reversed(gone) if end.uid != event.uid and generation(end) >= claimed_generation(event)), None
    )


def collisions_never_fall(history: History) -> list[Violation]:
    """A status never counts fewer collisions of revisions' names than before."""
    history.require_pods()
    found = []
    for one in history.sets:
        most = 0
        for event in one.events:
            counted = int(event.status.get("collisionCount") or 0)
            if counted < most:
                found.append(Violation(event, f"{one.name} counts {counted} collisions after {most}"))
            most = max(most, counted)
    return found


def removals_take_turns(history: History) -> list[Violation]:
    """Unless the set says otherwise, its controller removes a pod only when it knows of no other that is away or unready."""
    history.require_pods()
    history.require_one_order()
    if any(spec(one.first).get("podManagementPolicy") == PARALLEL for one in history.sets):
        return []
    chosen = [one for one in removals(history, 0, inf) if not _set_is_leaving(history, *one)]
    in_turn = _removed_in_turn(history)
    return [
        violation
        for pod, began in chosen
        if began.number not in in_turn
        and ordinal_in(history, pod) is not None
        and not _disrupted(history, began, ("Node/", "Namespace/"))
        for violation in _out_of_turn(history, pod, began, [one for one, _ in chosen])
    ]


def counts_agree(history: History) -> list[Violation]:
    """A status never counts more available pods than ready ones, nor more of any sort than there are."""
    history.require_pods()
    found = []
    for event in (event for one in history.sets for event in one.events):
        for fewer, more in COUNTS:
            counted, of = int(event.status.get(fewer) or 0), int(event.status.get(more) or 0)
            if counted > of:
                message = f"the status of {event.name} counts {counted} {fewer} and {of} {more}"
                found.append(Violation(event, message))
    return found


def _removed_in_turn(history: History) -> set[int]:
    """The events of pods while nothing above them was leaving and all else was Ready; all others must be looked at closely."""
    found = set()
    for event, world in replay(history):
        own = ordinal_in(history, event)
        if own is not None and event.terminating and _above(world.there, own) == _above(world.staying, own):
            ranges = [ordinals_of(state) for state in may_act_upon(history, event)]
            found |= {event.number} if any(_all_else_ready(world, asked, own) for asked in ranges) else set()
    return found


def _above(ordinals: Ordinals, own: int) -> int:
    return ordinals.within(own + 1, maxsize)


def _all_else_ready(world: World, asked: range, own: int) -> bool:
    ready = world.ready.within(asked.start, asked.stop) - (own in asked) * world.ready.within(own, own + 1)
    return ready == len(asked) - (own in asked)


def _out_of_turn(history: History, pod: Life, began: Event, chosen: list[Life]) -> list[Violation]:
    """What was away or unready, whichever state of the set, of those that it may know, the controller went by."""
    own, states = ordinal_in(history, pod) or 0, may_act_upon(history, began)
    if any(map(_may_take_several, states)):
        return []
    for higher in chosen:
        if (ordinal_in(history, higher) or 0) > own and _is_leaving(higher, began):
            return [Violation(began, f"{pod.name} began to terminate while {higher.name} was terminating")]
    away = list[str]()
    for state in states:
        names = [pod_name(history, ordinal) for ordinal in ordinals_of(state) if ordinal != own]
        missing = [name for name in names if _known_away(history, name, began, chosen)]
        if not missing:
            return []
        away += missing
    return [Violation(began, f"{pod.name} began to terminate while {away[0]} was not Ready")] if away else []


def _is_leaving(pod: Life, at: Event) -> bool:
    began = pod.terminated
    return began is not None and began.number < at.number and (pod.gone is None or pod.gone.number > at.number)


def _may_take_several(state: Event) -> bool:
    strategy = spec(state).get("updateStrategy") or {}
    several = (strategy.get("rollingUpdate") or {}).get("maxUnavailable")
    return strategy.get("type") == "Recreate" or several not in (None, 1)


def _known_away(history: History, name: str, at: Event, chosen: list[Life]) -> bool:
    """Whether no pod of this name was Ready just before, as the controller must have known: it did it, or saw it."""
    lives = [pod for pod in lives_named(history, name) if pod.first.number < at.number]
    if any(is_ready(pod.at(at.rv)) for pod in lives):
        return False
    ready = [event for pod in lives for event in pod.events if event.number < at.number and is_ready(event)]
    if not ready:
        return True
    last = next(pod for pod in lives if pod.uid == ready[-1].uid)
    lost = next((event for event in last.events if event.number > ready[-1].number), at)
    own_doing = last in chosen and last.terminated == lost
    return own_doing or last is not lives[-1] or must_have_seen(history, at) >= lost.number


def _is_ours(history: History, pod: Life) -> bool:
    """Whether one of the sets controlled the pod, or was to control it, when its deletion began."""
    return _owner_of(pod, pod.terminated) in {one.uid for one in history.sets}


def _owner_of(pod: Life, began: Event | None) -> str:
    """The UID of who controlled the pod last before its deletion began, or empty."""
    states = [event for event in pod.events if began is None or event.number <= began.number]
    return str((controller_of(states[-1].metadata) or {}).get("uid", "")) if states else ""


def _disrupted(history: History, began: Event, what: tuple[str, ...]) -> bool:
    """Whether the test had done something to a node or to the namespace, as `what` says, which may explain any deletion."""
    return any(
        act.kind not in HARMLESS_ACTS
        and str(act.object.get("target", "")).startswith(what)
        and act.number < began.number
        for act in history.all_acts
    )


def _set_is_leaving(history: History, pod: Life, began: Event) -> bool:
    """Whether the set that controls the pod was on its way out before the pod: nothing orders what goes with it."""
    owner = _owner_of(pod, began)
    return any(state.terminating and state.uid == owner for state in _states_before(history, began))


def _deleted_by_test(history: History, claim: Life) -> bool:
    """Whether the test itself deleted this claim, not another of its name."""
    acts = history.acts("delete", f"PersistentVolumeClaim/{claim.name}")
    return any(act.object.get("uid", claim.uid) == claim.uid for act in acts)


def orphans_its_own(history: History, uid: str) -> bool:
    """Whether the set of this UID is deleted without what it owns: then its deletion is a reason for nothing."""
    ends = [event for one in history.sets if one.uid == uid for event in one.events if event.terminating]
    return any("orphan" in (event.metadata.get("finalizers") or ()) for event in ends)


def _states_before(history: History, began: Event) -> list[Event]:
    return [state for state in history.specifications if state.number < began.number]


def _in_force(history: History, first: Event, began: Event) -> list[Event]:
    """The states of the set since `first`, of those that the controller may still have acted upon."""
    before = _states_before(history, began)
    since = [event for event in before if event.number > first.number]
    known = may_act_upon(history, began) if before else []
    leaving = [event for event in before if event.terminating]
    return [event for event in (*before[: len(before) - len(since)][-1:], *since) if event in known or event in leaving]


def _deleted_with_reason(history: History, pod: Life) -> list[Violation]:
    began = pod.terminated
    if began is None or forced_by_test(history, pod) or had_failed(pod) or not _is_ours(history, pod):
        return []
    if _disrupted(history, began, ("Node/", "Namespace/")) or _has_reason(history, pod, began):
        return []
    if perhaps_collected(history, pod):
        raise Inconclusive(
            f"{began}: {pod.name} may have been deleted in place of the one before it, which was to be collected"
        )
    return [Violation(began, f"{pod.name} began to terminate for no reason that the log shows")]


def _has_reason(history: History, pod: Life, began: Event) -> bool:
    """Whether its set was on its way out, and not without it, or any state of the set while the pod lived is a reason."""
    if _set_is_leaving(history, pod, began):
        return not orphans_its_own(history, _owner_of(pod, began))
    return any(_is_reason(history, pod, state, began) for state in _in_force(history, pod.first, began))


def _is_reason(history: History, pod: Life, state: Event, began: Event) -> bool:
    if state.terminating:
        return False
    ordinal = ordinal_in(history, pod)
    if ordinal is None or ordinal not in ordinals_of(state):
        return True
    strategy = spec(state).get("updateStrategy") or {}
    partition = int((strategy.get("rollingUpdate") or {}).get("partition") or 0)
    outdated = pod.first.labels.get(REVISION_LABEL) in _older_revisions(history, state, began)
    return strategy.get("type") != "OnDelete" and ordinal >= partition and outdated


def _older_revisions(history: History, state: Event, before: Event) -> set[str]:
    """Every revision of that set but the newest; the newest may be known before any status names it."""
    numbers = {
        event.name: int(event.object.get("revision", 0))
        for event in history.of_kind("ControllerRevision")
        if event.number < before.number and (controller_of(event.metadata) or {}).get("uid") == state.uid
    }
    newest = max(numbers.values(), default=0)
    return {name for name, number in numbers.items() if number < newest}


def _policy_allows(history: History, state: Event, claim: Life) -> bool:
    policy: Object = spec(state).get("persistentVolumeClaimRetentionPolicy") or {}
    if state.terminating:
        return policy.get("whenDeleted") == "Delete" and not orphans_its_own(history, state.uid)
    return policy.get("whenScaled") == "Delete" and claim.ordinal not in ordinals_of(state)
