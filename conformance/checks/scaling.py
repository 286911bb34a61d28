"""Scaling that is interfered with: what the set waits for, what it leaves alone meanwhile, and that it gets there.

Method: a pod is held unready or in Terminating while the controller is made to look. What it creates or removes between the
act and that look it does against the rule, provided that it must have seen what it was to wait for.
"""

from __future__ import annotations

from math import inf

from conformance.checks.causes import follows_failed, left_out, removals
from conformance.checks.evidence import (
    FINISHED_PHASES,
    end_of,
    judge_each,
    latest,
    life_of,
    lives_named,
    ordinal_in,
    ordinals_of,
    pod_name,
    ready_since,
    wanted_ordinals,
)
from conformance.checks.proof import (
    cut_short,
    due_since,
    looked_since,
    must_have_seen,
    never_created,
    never_happened,
    not_made_again,
    observed,
    predecessors_ready_since,
    waited_in_vain,
)
from conformance.history import ADDED, Event, History, Inconclusive, Life, Violation, is_ready

# How a quota of pods words its refusal.
QUOTA = "exceeded quota: pods"


def waits_while_unready(history: History, unready: int, verb: str, target: str | None = None) -> list[Violation]:
    """From the last act of this verb on, while this pod was not Ready, no pod above it was created and none was removed."""
    history.require_complete()
    history.require_one_order()
    acts = history.acts(verb, target)
    if not acts:
        return cut_short(history, f"act: {verb} {target or ''}".strip())
    act, name = acts[-1], pod_name(history, unready)
    lost = _unready_since(history, name, act)
    if lost is None:
        return cut_short(history, f"act: {verb} while {name} was there and not Ready")
    ready = next(
        (e for pod in lives_named(history, name) for e in pod.events if e.number > act.number and is_ready(e)), None
    )
    changes = _changes(history, act, unready)
    found = judge_each(
        [event for event in changes if ready is None or event.number < ready.number],
        lambda event: _done_while(history, event, lost, f"{name} was not Ready"),
    )
    if found:
        return found
    _require_look(history, latest(act, *_hit(history, act)), ready, f"{name} was not Ready")
    return []


def waits_while_terminating(history: History, leaving: int, verb: str, target: str | None = None) -> list[Violation]:
    """From the last act of this verb on, while this pod was terminating, no pod above it was created and none was removed."""
    history.require_complete()
    history.require_one_order()
    acts = history.acts(verb, target)
    if not acts:
        return cut_short(history, f"act: {verb} {target or ''}".strip())
    act, name = acts[-1], pod_name(history, leaving)
    pods = [pod for pod in lives_named(history, name) if pod.at(act.rv + 1) is not None and pod.terminated is not None]
    if not pods:
        return cut_short(history, f"act: {verb} whereupon {name} was terminating")
    pod = pods[-1]
    # What is on its way out and not told apart in any count, the controller need not have seen.
    seen = left_out(history, pod)
    cause = latest(act, pod.terminated, seen)
    found = [
        Violation(event, f"{_what(event)} while {name} was terminating")
        for event in _changes(history, cause, leaving)
        if pod.gone is None or event.number < pod.gone.number
    ]
    if seen is None:
        raise Inconclusive(f"{act}: no status tells {name}, which was terminating, from the others")
    if found:
        return found
    _require_look(history, cause, pod.gone, f"{name} was terminating")
    return []


def failed_waits_its_turn(history: History) -> list[Violation]:
    """A surplus pod that the test failed was not removed before every pod of a higher ordinal was gone."""
    history.require_pods()
    history.require_one_order()
    acts, wanted = history.acts("fail"), wanted_ordinals(history)
    pod = life_of(history, "Pod", acts[-1].object["uid"]) if acts else None
    ordinal = ordinal_in(history, pod) if pod is not None else None
    if pod is None or ordinal is None or ordinal in wanted:
        return cut_short(history, "surplus pod that failed")
    failed = pod.when(lambda event: event.number > acts[-1].number and event.status.get("phase") in FINISHED_PHASES)
    higher = [one for one in history.pods if (ordinal_in(history, one) or 0) > ordinal and _outlasts(one, acts[-1])]
    if failed is None or not higher:
        return cut_short(history, f"failure of {pod.name} while a pod of a higher ordinal was there")
    began = pod.terminated
    if began is not None and began.number < failed.number:
        raise Inconclusive(f"{began}: {pod.name} began to terminate before it had failed")
    for other in higher:
        if began is not None and other.at(began.rv) is not None:
            what = f"{pod.name}, which had failed, began to terminate while {other.name} was still there"
            return [Violation(began, what)]
    look = looked_since(history, failed)
    if look is None or look.number > min((one.gone.number for one in higher if one.gone is not None), default=inf):
        what = f"{pod.name} had failed and {higher[0].name} was there"
        raise Inconclusive(f"nothing shows that the controller looked while {what}")
    return []


def _outlasts(pod: Life, act: Event) -> bool:
    """Whether the pod was there just after this act."""
    return pod.at(act.rv + 1) is not None


def reversal_converges(history: History) -> list[Violation]:
    """A scaling down that was reversed removed no more once that was observed, and each pod that it took came back, once.

    Raises Inconclusive where one came back once more behind one that the pod garbage collector may have taken.
    """
    history.require_complete()
    history.require_one_order()
    acts = history.acts("scale")
    if len(acts) < 2:
        return cut_short(history, "scaling down that was reversed")
    down, up = acts[-2:]
    taken = [pod for pod, began in removals(history, down.number, end_of(history, up))]
    if not any(pod.terminated is not None and pod.terminated.number < up.number for pod in taken):
        return cut_short(history, "pod that was on its way out when the scaling down was reversed")
    proof = observed(history, up)
    found = [
        Violation(began, f"{pod.name} began to terminate although it was wanted again")
        for pod, began in removals(history, inf if proof is None else proof.number, end_of(history, up))
    ]
    again = [pod for ordinal in wanted_ordinals(history) for pod in _made_since(history, ordinal, down)[1:]]
    perhaps = [pod for pod in again if follows_failed(history, pod)]
    found += [Violation(pod.first, f"{pod.name} was made again more than once") for pod in again if pod not in perhaps]
    if found:
        return sorted(found, key=lambda violation: violation.event.number)
    if perhaps:
        raise Inconclusive(f"{perhaps[0].first}: {perhaps[0].name} was made once more, behind one that had failed")
    last = [lives_named(history, name)[-1] for name in dict.fromkeys(pod.name for pod in taken)]
    missing = [pod for pod in last if pod.terminated is not None]
    return judge_each(missing, lambda pod: [not_made_again(history, pod, up)])


def _made_since(history: History, ordinal: int, act: Event) -> list[Life]:
    """The pods of an ordinal that were made since an act."""
    lives = lives_named(history, pod_name(history, ordinal))
    return [pod for pod in lives if pod.born is not None and pod.born.number > act.number]


def resumes_after_refusal(history: History) -> list[Violation]:
    """The pod that a quota refused held back those above it, and when the quota was gone all were made; none was removed."""
    history.require_complete()
    history.require_one_order()
    limits, ends = history.acts("limit"), history.acts("unlimit")
    if not limits or not ends:
        return cut_short(history, "quota that was set and taken away")
    limit, end = limits[-1], ends[-1]
    wanted = wanted_ordinals(history)
    there = {ordinal_in(history, pod) for pod in history.pods if pod.at(end.rv + 1) is not None}
    refused = next((ordinal for ordinal in wanted if ordinal not in there), None)
    if refused is None or not _refusals(history):
        raise Inconclusive(f"{end}: no pod was missing that had been refused")
    name = pod_name(history, refused)
    found = [
        Violation(pod.first, f"{pod.name} was created although {name} was refused")
        for pod in history.pods
        if (ordinal_in(history, pod) or 0) > refused and limit.number < pod.first.number < end.number
    ]
    found += [
        Violation(began, f"{pod.name} began to terminate because a pod was refused")
        for pod, began in removals(history, limit.number, end_of(history, end))
    ]
    if found:
        return sorted(found, key=lambda violation: violation.event.number)
    late = [ordinal for ordinal in wanted if not lives_named(history, pod_name(history, ordinal))]
    return [_still_refused(history, late[0], end)] if late else []


def range_moves(history: History) -> list[Violation]:
    """The last change of the ordinals kept the pods of both ranges, removed those of the old, and created those of the new."""
    history.require_complete()
    history.require_one_order()
    acts = [act for act in history.acts("change") if "ordinals" in act.object["change"]]
    if not acts:
        return cut_short(history, "change of the ordinals")
    act = acts[-1]
    before = [event for one in history.sets for event in one.events if event.number < act.number]
    old, new = ordinals_of(before[-1]) if before else range(0), wanted_ordinals(history)
    both = {pod_name(history, ordinal) for ordinal in {*old} & {*new}}
    if not both or {*old} == {*new}:
        raise Inconclusive(f"{act}: the ordinals before and after it are not partly the same")
    end = end_of(history, act)
    found = [
        Violation(began, f"{pod.name} began to terminate although its ordinal is in both ranges")
        for pod, began in removals(history, act.number, end)
        if pod.name in both
    ]
    if found:
        return found
    gone = [ordinal for ordinal in old if ordinal not in new]
    return judge_each([*new, *gone], lambda ordinal: _moved(history, ordinal, act, ordinal in new))


def deletion_order(history: History) -> str:
    """In which order the pods of the set that the test deleted began to terminate, in words."""
    acts = history.acts("delete", f"{history.header.kind}/{history.header.name}")
    if not acts:
        raise Inconclusive("the history holds no deletion of the set")
    left = [
        (pod.terminated.number, pod)
        for pod in history.pods
        if pod.terminated and pod.terminated.number > acts[-1].number
    ]
    if len(left) < 2:
        raise Inconclusive("fewer than two pods left with the set")
    order = ", ".join(pod.name for _, pod in sorted(left, key=lambda one: one[0]))
    first_gone = min((pod.gone.number for _, pod in left if pod.gone is not None), default=None)
    together = first_gone is None or all(number < first_gone for number, _ in left)
    when = "before" if together else "not all before"
    return f"the pods of a deleted set began to terminate in the order {order}, {when} any was gone"


def unready_surplus(history: History) -> str:
    """Which of the pods that scaling down takes left while they were not Ready, in words."""
    acts = history.acts("scale")
    if not acts:
        raise Inconclusive("the history holds no scaling")
    words = []
    for pod, began in removals(history, acts[-1].number, end_of(history, acts[-1])):
        if is_ready(pod.at(began.rv)):
            continue
        ordinal = ordinal_in(history, pod) or 0
        below = [state for state in history.pods_at(began.rv) if (ordinal_in(history, state) or 0) < ordinal]
        unready = [state.name for state in below if not is_ready(state)]
        when = f"while {unready[0]} below it was not Ready either" if unready else "only when all below it were Ready"
        words.append(f"{pod.name}, not Ready itself, was removed {when}")
    return "; ".join(words) or "no surplus pod was removed while it was not Ready"


def _unready_since(history: History, name: str, act: Event) -> Event | None:
    """The event since which the pod of this name was there and not Ready when that was done, or None."""
    since = None
    for pod in lives_named(history, name):
        for event in (event for event in pod.events if event.number < act.number):
            since = None if is_ready(event) or event.terminating else since or event
    return since


def _changes(history: History, cause: Event, ordinal: int) -> list[Event]:
    """What was created above this ordinal or removed from the set since, until something else was done, in order."""
    end = end_of(history, cause)
    above = [pod for pod in history.pods if (own := ordinal_in(history, pod)) is None or own > ordinal]
    births = [pod.born for pod in above if pod.born is not None and cause.number < pod.born.number < end]
    return sorted(
        [*births, *(began for _, began in removals(history, cause.number, end))], key=lambda event: event.number
    )


def _what(event: Event) -> str:
    return f"{event.name} was created" if event.type == ADDED else f"{event.name} began to terminate"


def _done_while(history: History, event: Event, lost: Event, why: str) -> list[Violation]:
    # A pod that never was Ready cannot have been seen otherwise.
    if lost.type != ADDED and must_have_seen(history, event) < lost.number:
        raise Inconclusive(f"{event}: {_what(event)} just when {why} ({lost})")
    return [Violation(event, f"{_what(event)} while {why}")]


def _require_look(history: History, cause: Event, until: Event | None, why: str) -> None:
    proof = looked_since(history, cause)
    if proof is None or (until is not None and proof.number > until.number) or end_of(history, cause) < proof.number:
        raise Inconclusive(f"nothing shows that the controller looked while {why}")


def _hit(history: History, act: Event) -> list[Event]:
    """By what the pod that was acted upon was gone, where one was."""
    pod = life_of(history, "Pod", act.object.get("uid"))
    return [pod.gone] if pod is not None and pod.gone is not None else []


def _moved(history: History, ordinal: int, act: Event, wanted: bool) -> list[Violation]:
    lives = lives_named(history, pod_name(history, ordinal))
    if wanted and not lives:
        return [never_created(history, ordinal)]
    if not lives:
        raise Inconclusive(f"{act}: {pod_name(history, ordinal)} was not there before it")
    last = lives[-1]
    if wanted:
        return [] if last.gone is None else [not_made_again(history, last, act)]
    if last.terminated is None:
        ready = [
            ready_since(pod)
            for one in wanted_ordinals(history)
            for pod in lives_named(history, pod_name(history, one))[-1:]
        ]
        if None in ready:
            raise Inconclusive(f"{last.name} was not removed, but a pod that the set asks for is not Ready at the end")
        higher = [
            pod
            for pod in history.pods
            if (other := ordinal_in(history, pod)) is not None
            and other > ordinal
            and other not in wanted_ordinals(history)
        ]
        if any(pod.gone is None for pod in higher):
            raise Inconclusive(
                f"{last.name} was not removed, but a pod of a higher ordinal is still there, which goes before"
            )
        causes = (act, *ready, *(pod.gone for pod in higher))
        return [never_happened(history, latest(*causes), f"{last.name} was not removed")]
    if last.gone is None:
        raise Inconclusive(f"{last.name} is still terminating at the end")
    return []


def _refusals(history: History) -> list[Event]:
    """Each Event by which the controller said that a pod was refused for the quota's sake."""
    return [
        event
        for event in history.of_kind("Event")
        if event.object.get("reason") == "FailedCreate"
        and (event.object.get("involvedObject") or {}).get("name") == history.header.name
        and QUOTA in str(event.object.get("message"))
    ]


def _other_refusal(history: History) -> Event | None:
    """An Event of a pod that was refused for another reason than the quota that the test had set."""
    ours = {event.number for event in _refusals(history)}
    refused = (
        event
        for event in history.of_kind("Event")
        if event.object.get("reason") == "FailedCreate"
        and (event.object.get("involvedObject") or {}).get("name") == history.header.name
    )
    return next((event for event in refused if event.number not in ours), None)


def _still_refused(history: History, ordinal: int, end: Event) -> Violation:
    """Judge that this pod was not made although the quota was gone, which makes its refusals a thing of the past."""
    what = f"{pod_name(history, ordinal)} was not created when the quota was gone"
    wait, since = waited_in_vain(history), predecessors_ready_since(history, ordinal, what)
    proof = looked_since(history, due_since(history, latest(end, *since), wait, what)) if wait is not None else None
    if proof is None:
        raise Inconclusive(f"{what}, but nobody waited for it in vain while the controller looked")
    if (other := _other_refusal(history)) is not None:
        raise Inconclusive(f"{what}, but the controller was refused: {other.object.get('message')}")
    return Violation(proof, f"{what}, although the controller looked since {end}")
