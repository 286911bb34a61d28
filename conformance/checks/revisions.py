"""Revisions: what makes one, which are kept, and that none is ever changed.

Method: the ControllerRevisions of the set are watched like its pods. A revision is in use while the status names it or a pod
bears it. The controller prunes at the end of a look, behind its status, so the next look finds what the last one left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise

from conformance.checks.causes import removals
from conformance.checks.evidence import latest, life_of, ordinal_in, ordinals_of, spec, workload
from conformance.checks.proof import cut_short, looked_since, observed, waited_in_vain
from conformance.history import (
    REVISION_LABEL,
    Event,
    History,
    Inconclusive,
    Life,
    Violation,
    controller_of,
    is_ready,
)

# The acts that make a generation, when they change anything.
SPECIFYING = ("change", "scale")
LOOKS = 3
NAMED = ("currentRevision", "updateRevision")


def reuses_revision(history: History) -> list[Violation]:
    """The last update, to a template that had been before, made no revision: the one of that template is the newest again."""
    history.require_complete()
    history.require_one_order()
    acts = history.acts("update")
    if not acts:
        return cut_short(history, "changed template")
    act, proof = acts[-1], observed(history, acts[-1])
    if proof is None:
        return cut_short(history, "status that shows the template of before")
    wanted = _revision_of_before(history, acts)
    kept = [one for one in _revisions(history) if (state := one.at(act.rv + 1)) is not None and state.name == wanted]
    if not kept:
        raise Inconclusive(f"{act}: no revision was there that holds the template of the last update")
    found = [
        Violation(one.born, f"{one.name} was made although {wanted} holds the same template")
        for one in _revisions(history)
        if one.born is not None and act.number < one.born.number < proof.number
    ]
    if proof.status.get("updateRevision") != wanted:
        found.append(Violation(proof, f"the status names {proof.status.get('updateRevision')}, not {wanted}"))
    # A controller whose list of revisions is stale may number twice before the order is right.
    numbers = {one.name: _number(one.events[-1]) for one in _revisions(history) if one.gone is None}
    higher = sorted(name for name, number in numbers.items() if name != wanted and number >= numbers.get(wanted, -1))
    found += [Violation(proof, f"{wanted} is in force again, but {name} has no lower number") for name in higher]
    return found


def history_is_limited(history: History) -> list[Violation]:
    """Of the revisions that neither the status names nor a pod bears, no more are kept than may be, and the oldest go first.

    More are too many only where somebody waited in vain for them to go, behind three looks that no new revision lies between.
    """
    history.require_complete()
    history.require_one_order()
    revisions = _revisions(history)
    if len(revisions) < 2:
        return cut_short(history, "second revision")
    looks = _looks_since(history, max(one.first.number for one in revisions))
    # A nudge of the driver's raises the limit, and what is kept is what is there at the end.
    limit = max(
        int(spec(state).get("revisionHistoryLimit", 10))
        for state in _states(history)
        if looks[0].number <= state.number
    )
    live = _live_between(history, looks[-1], history.log[-1])
    if len({one.name for one in revisions} - live) <= limit:
        raise Inconclusive(f"only {len(revisions)} revisions were made, so none was beyond the limit of {limit}")
    kept = sorted(one.name for one in revisions if one.terminated is None and one.name not in live)
    found = [violation for one in revisions for violation in _out_of_order(history, one)]
    if len(kept) > limit:
        said, wait = f"{', '.join(kept)} are kept and in no use, and the limit is {limit}", waited_in_vain(history)
        if wait is None:
            raise Inconclusive(f"{said}, but nobody waited in vain for them to go")
        found.append(Violation(wait, f"{said}, {wait.object.get('seconds', '?')} s after the controller had looked"))
    return found


def live_revisions_are_kept(history: History) -> list[Violation]:
    """While the set is there, a revision is deleted only where it is not the newest, nor current, and no pod bears it."""
    history.require_pods()
    history.require_one_order()
    found = []
    for one in _revisions(history):
        began = one.terminated
        last = one.at(began.rv) if began is not None else None
        owner = life_of(history, history.header.kind, (controller_of(last.metadata) or {}).get("uid")) if last else None
        state = owner.at(began.rv) if owner is not None and began is not None else None
        if began is None or state is None or state.terminating:
            continue
        if why := _liveness(history, one, began, state):
            found.append(Violation(began, f"{one.name} was deleted, but {why}"))
    return found


def revisions_are_immutable(history: History) -> list[Violation]:
    """The data of a revision never change, and its number never falls."""
    history.require_pods()
    found = []
    for one in _revisions(history):
        for before, after in pairwise(one.events):
            if before.object.get("data") != after.object.get("data"):
                found.append(Violation(after, f"the data of {one.name} changed"))
            if _number(after) < _number(before):
                found.append(Violation(after, f"{one.name} became number {_number(after)}, and was {_number(before)}"))
    return found


def keeps_its_revision(history: History, verbs: Collection[str]) -> list[Violation]:
    """Throughout the acts of these verbs no revision was made or newly named, and no pod was taken that the set asks for."""
    history.require_complete()
    history.require_one_order()
    target = f"{history.header.kind}/{history.header.name}"
    for verb in verbs:
        if not history.acts(verb, target):
            return cut_short(history, f"act: {verb}")
    acts = sorted((act for verb in verbs for act in history.acts(verb, target)), key=lambda act: act.number)
    for act, following in pairwise(acts):
        seen = observed(history, act)
        if act.kind in SPECIFYING and (seen is None or seen.number > following.number):
            raise Inconclusive(f"{act}: nothing shows that the controller observed that before something else was done")
    first, proof = acts[0], looked_since(history, acts[-1])
    end = len(history.log) + 1 if proof is None else proof.number
    if any(first.number < act.number < end for act in history.acts("update")):
        raise Inconclusive(f"{first}: the template was changed meanwhile")
    found = [
        Violation(one.born, f"{one.name} was made")
        for one in _revisions(history)
        if one.born is not None and first.number < one.born.number < end
    ]
    found += [violation for one in history.sets for violation in _named_anew(one, first, end)]
    for pod, began in removals(history, first.number, end):
        if _is_wanted_throughout(history, pod, first, began):
            found.append(Violation(began, f"{pod.name} began to terminate"))
    if proof is None and not found:
        raise Inconclusive(f"{acts[-1]}: nothing shows that the controller looked since")
    return sorted(found, key=lambda violation: violation.event.number)


def _number(revision: Event) -> int:
    return int(revision.object.get("revision", 0))


def _revisions(history: History) -> list[Life]:
    """The revisions of the workload."""
    ours = {one.uid for one in history.sets}
    lives = history.lives("ControllerRevision")
    return [one for one in lives if (controller_of(one.first.metadata) or {}).get("uid") in ours]


def _states(history: History) -> list[Event]:
    return [event for one in history.sets for event in one.events]


def _revision_of_before(history: History, acts: list[Event]) -> str:
    """The name of the revision that the last update goes back to: as its act says, or as an earlier update to the same made."""
    act = acts[-1]
    if "revision" in act.object:
        return str(act.object["revision"])
    for earlier in acts[:-1]:
        proof = observed(history, earlier)
        if proof is not None and earlier.object.get("annotations") == act.object.get("annotations") is not None:
            return str(proof.status.get("updateRevision"))
    raise Inconclusive(f"{act}: no earlier update was to the same template")


def _looks_since(history: History, number: int) -> list[Event]:
    """The statuses, three at least, that observed the changes of the set made since that place in the log.

    A controller prunes at the end of a look, after its status, and by what it knew at the beginning: one whose list still holds
    what it has just pruned fails, and tries again.
    """
    changes = [act for act in history.acts("change") if act.number > number]
    looks = [proof for act in changes if (proof := observed(history, act)) is not None]
    if len(looks) < LOOKS:
        raise Inconclusive(f"the controller is not known to have looked {LOOKS} times since the last revision was made")
    return looks


def _live_between(history: History, seen: Event, proof: Event) -> set[str]:
    """Every revision that was in use at some time between these two looks."""
    states = [state for state in _states(history) if seen.number <= state.number <= proof.number]
    named = {str(state.status[field]) for state in states for field in NAMED if state.status.get(field)}
    borne = {
        str(pod.first.labels.get(REVISION_LABEL))
        for pod in history.pods
        if pod.first.number < proof.number and (pod.gone is None or pod.gone.number > seen.number)
    }
    return named | borne


def _out_of_order(history: History, one: Life) -> list[Violation]:
    """This revision was pruned while an older one was kept that nothing used."""
    began = one.terminated
    last = one.at(began.rv) if began is not None else None
    if began is None or last is None:
        return []
    states = [state for state in _states(history) if state.number < began.number]
    # What a look that ends in pruning found in use, it may just have written over.
    live = _live_between(history, states[-2:][0], began)
    older = [
        state.name
        for other in _revisions(history)
        if (state := other.at(began.rv)) is not None and _number(state) < _number(last) and state.name not in live
    ]
    return [Violation(began, f"{one.name} was deleted, and the older {name} kept") for name in sorted(older)[:1]]


def _liveness(history: History, one: Life, began: Event, state: Event) -> str:
    """Why a revision that was deleted had been in use, or nothing."""
    numbers = {other.uid: _number(last) for other in _revisions(history) if (last := other.at(began.rv)) is not None}
    if all(number < numbers[one.uid] for uid, number in numbers.items() if uid != one.uid):
        return "it was the newest"
    if state.status.get("currentRevision") == one.name:
        return "the status names it as current"
    for pod in history.pods_at(began.rv):
        owner = (controller_of(pod.metadata) or {}).get("uid")
        life = life_of(history, "Pod", pod.uid)
        # A pod that no status can have counted yet need not have been seen by the controller.
        if (
            owner == state.uid
            and pod.labels.get(REVISION_LABEL) == one.name
            and life
            and life.first.number < state.number
        ):
            return f"{pod.name} was at it"
    return ""


def _named_anew(one: Life, first: Event, end: float) -> Iterator[Violation]:
    """Where the status names another newest revision than before."""
    for before, after in pairwise(one.events):
        old, new = before.status.get("updateRevision"), after.status.get("updateRevision")
        if first.number < after.number <= end and old and new != old:
            yield Violation(after, f"the updateRevision of {one.name} became {new}, and was {old}")


def _is_wanted_throughout(history: History, pod: Life, first: Event, began: Event) -> bool:
    """Whether the set asked for this ordinal from before the first act until the pod began to leave."""
    states = _states(history)
    known = [state for state in states if state.number < first.number][-1:]
    known += [state for state in states if first.number < state.number < began.number]
    ordinal = ordinal_in(history, pod)
    return ordinal is not None and all(ordinal in ordinals_of(state) for state in known)


def told_of_current_on_delete(history: History) -> str:
    """Tell whether the status names the newest revision as the current one, once all pods are of it under OnDelete."""
    history.require_pods()
    last = workload(history).events[-1]
    current, newest = (last.status.get(f"{which}Revision") for which in ("current", "update"))
    pods = [life.events[-1] for life in history.pods if life.gone is None]
    strategy = (spec(last).get("updateStrategy") or {}).get("type")
    if strategy != "OnDelete" or not history.acts("update") or len(pods) != int(spec(last).get("replicas", 1)):
        raise Inconclusive("the set was not updated under OnDelete, or its pods are not all there")
    if any(not is_ready(pod) or pod.labels.get(REVISION_LABEL) != newest for pod in pods):
        raise Inconclusive("not every pod is Ready at the newest revision at the end")
    if looked_since(history, latest(*(pod for pod in pods))) is None:
        raise Inconclusive("nothing shows that the controller looked since every pod was of the newest revision")
    names = "the newest revision" if current == newest else "the old revision still"
    return f"under OnDelete the status names {names} as the current one when every pod is of the newest"
