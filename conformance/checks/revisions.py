"""Revisions: which pods a change replaces and which it spares, at which revision a pod is made, and which revisions are kept.

Method: what is old and what is new are the currentRevision and the updateRevision of the status that observed the update. That
a pod was spared is proven by a look of the controller after all that was to be replaced had been, and was Ready.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise
from math import inf

from conformance.checks.evidence import (
    cut_short,
    end_of,
    forced_by_test,
    judge_each,
    latest,
    life_of,
    lives_named,
    looked_since,
    never_created,
    never_happened,
    next_life,
    not_made_again,
    observed,
    observed_generation,
    ordinal_in,
    pod_name,
    ready_since,
    removals,
    spec,
)
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

OLD, NEW = "old", "new"
# The acts that make a generation, when they change anything.
SPECIFYING = ("change", "scale")
NAMED = ("currentRevision", "updateRevision")


def replaces_only(history: History, verb: str, replaced: Collection[int]) -> list[Violation]:
    """The last act of this verb replaced exactly the pods of these ordinals, each once; every other outdated pod was spared."""
    history.require_complete()
    history.require_one_order()
    acts = history.acts(verb, f"{history.header.kind}/{history.header.name}")
    if not acts:
        return cut_short(history, f"act: {verb}")
    act, end = acts[-1], end_of(history, acts[-1])
    proof = observed(history, act)
    revision = proof.status.get("updateRevision") if proof is not None else None
    if proof is None or not revision or proof.number > end:
        return cut_short(history, "status that shows the newest revision")
    found = _wrongly_taken(history, removals(history, act.number, end), replaced, revision)
    if found:
        return found
    outdated = [pod for pod in history.pods if pod.at(act.rv + 1) is not None and _label(pod) != revision]
    if not outdated:
        raise Inconclusive(f"{act}: no pod was outdated, so none could be replaced or spared")
    done = proof
    for ordinal in sorted(replaced, reverse=True):
        old = next((pod for pod in outdated if ordinal_in(history, pod) == ordinal), None)
        if old is None:
            return cut_short(history, f"outdated {pod_name(history, ordinal)}")
        new = next_life(history, old)
        if new is None or new.first.number > end:
            return [_not_replaced(history, old, end, done, revision)]
        if _label(new) != revision:
            return [Violation(new.first, f"{new.name} was made again, but not at the new revision {revision}")]
        ready = new.when(is_ready)
        if ready is None or ready.number > end:
            raise Inconclusive(f"{new.name} was replaced, but was not Ready before something else was done")
        done = latest(done, ready)
    look = looked_since(history, done)
    if look is None or look.number > end:
        raise Inconclusive(
            f"{act}: nothing shows that the controller looked behind that, before something else was done"
        )
    return []


def made_at_revision(history: History, which: str, ordinals: Collection[int]) -> list[Violation]:
    """Each pod of these ordinals made after the last update, one of each at least, is at the `old` or the `new` revision."""
    history.require_complete()
    history.require_one_order()
    acts = history.acts("update")
    if not acts:
        return cut_short(history, "changed template")
    act, proof = acts[-1], observed(history, acts[-1])
    if proof is None or not proof.status.get("updateRevision"):
        return cut_short(history, "status that shows the new revision")
    revision, end = _either(proof)[which], _end_of_rules(history, act)
    found, made = list[Violation](), set[int | None]()
    for pod in history.pods:
        born, ordinal = pod.born, ordinal_in(history, pod)
        if born is None or ordinal not in ordinals or not proof.number < born.number < end:
            continue
        made.add(ordinal)
        if _label(pod) != revision:
            found.append(
                Violation(born, f"{pod.name} was made at {_label(pod)}, not at the {which} revision {revision}")
            )
        elif _is_made_of(pod, act) is (which == OLD):
            found.append(Violation(born, f"{pod.name} bears the {which} revision {revision}, but is not made of it"))
    return found or judge_each(set(ordinals) - made, lambda ordinal: _not_made(history, ordinal, proof, end))


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
    numbers = {one.name: _number(state) for one in _revisions(history) if (state := one.at(proof.rv)) is not None}
    higher = sorted(name for name, number in numbers.items() if name != wanted and number >= numbers.get(wanted, -1))
    found += [Violation(proof, f"{wanted} is in force again, but {name} has no lower number") for name in higher]
    return found


def history_is_limited(history: History) -> list[Violation]:
    """Of the revisions that neither the status names nor a pod bears, no more are kept than may be, and the oldest go first."""
    history.require_complete()
    history.require_one_order()
    revisions = _revisions(history)
    if len(revisions) < 2:
        return cut_short(history, "second revision")
    seen, proof = _two_looks(history)
    limit = int(spec(seen).get("revisionHistoryLimit", 10))
    if any(one.born is not None and seen.number < one.born.number < proof.number for one in revisions):
        raise Inconclusive(f"{proof}: a revision was made while the controller looked")
    live = _live_between(history, seen, proof)
    if len({one.name for one in revisions if one.first.number < proof.number} - live) <= limit:
        raise Inconclusive(f"only {len(revisions)} revisions were made, so none was beyond the limit of {limit}")
    kept = sorted(one.name for one in revisions if one.at(proof.rv) is not None and one.name not in live)
    found = [violation for one in revisions for violation in _out_of_order(history, one)]
    if len(kept) > limit:
        found.append(Violation(proof, f"{', '.join(kept)} are kept and in no use, and the limit is {limit}"))
    return found


def live_revisions_are_kept(history: History) -> list[Violation]:
    """While the set is there, a revision is deleted only where it is not the newest, nor current, and no pod bears it."""
    _require_pods(history)
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
    _require_pods(history)
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


def returned_at(history: History, ordinal: int) -> str:
    """Tell at which revision, `old` or `new`, a pod was made again that had gone from the old one after an update."""
    history.require_complete()
    history.require_one_order()
    acts = history.acts("update")
    proof = observed(history, acts[-1]) if acts else None
    if proof is None:
        raise Inconclusive("the history holds no update that the controller observed")
    either = _either(proof)
    lives = [
        pod for pod in lives_named(history, pod_name(history, ordinal)) if pod.gone is None or pod.gone.rv > proof.rv
    ]
    if len(lives) < 2 or _label(lives[0]) != either[OLD]:
        raise Inconclusive(f"{pod_name(history, ordinal)} did not go and return after the update")
    went = lives[0].terminated
    scaled = any(went is not None and proof.number < act.number < went.number for act in history.acts("scale"))
    if not scaled and not forced_by_test(history, lives[0]):
        raise Inconclusive(f"{lives[0].name} was replaced in its turn")
    said = [which for which, revision in either.items() if _label(lives[1]) == revision]
    if not said:
        raise Inconclusive(
            f"{lives[1].name} returned at {_label(lives[1])}, which is neither the old revision nor the new one"
        )
    return said[0]


def _wrongly_taken(
    history: History, taken: Collection[tuple[Life, Event]], replaced: Collection[int], revision: str
) -> list[Violation]:
    """The pods that were not to be replaced, or had been already."""
    only = " and ".join(pod_name(history, ordinal) for ordinal in sorted(replaced)) or "no pod"
    found = []
    for pod, began in taken:
        if ordinal_in(history, pod) not in replaced:
            found.append(Violation(began, f"{pod.name} began to terminate although {only} was to be replaced"))
        elif _label(pod) == revision:
            message = f"{pod.name} began to terminate although it was at the new revision {revision}"
            found.append(Violation(began, message))
    return found


def _label(pod: Life) -> str | None:
    """The revision that a pod was made at, as its label says."""
    return pod.first.labels.get(REVISION_LABEL)


def _number(revision: Event) -> int:
    return int(revision.object.get("revision", 0))


def _revisions(history: History) -> list[Life]:
    """The revisions of the workload."""
    ours = {one.uid for one in history.sets}
    lives = history.lives("ControllerRevision")
    return [one for one in lives if (controller_of(one.first.metadata) or {}).get("uid") in ours]


def _states(history: History) -> list[Event]:
    return [event for one in history.sets for event in one.events]


def _require_pods(history: History) -> None:
    history.require_complete()
    if not history.pods:
        raise Inconclusive("the workload has no pods")


def _either(proof: Event) -> dict[str, str]:
    """What is old and what is new, by the status that observed the update; raises Inconclusive where they are one."""
    old, new = (str(proof.status.get(field) or "") for field in NAMED)
    if not old or old == new:
        raise Inconclusive(f"{proof}: the status names no current revision other than the newest")
    return {OLD: old, NEW: new}


def _is_made_of(pod: Life, act: Event) -> bool | None:
    """Whether a pod bears what the template was changed to, or None where that is not known."""
    wanted = act.object.get("annotations") or {}
    return wanted.items() <= (pod.first.metadata.get("annotations") or {}).items() if wanted else None


def _end_of_rules(history: History, act: Event) -> float:
    """The number of the next act by which other pods may be made at the old or the new revision; scaling is none."""
    target = f"{history.header.kind}/{history.header.name}"
    verbs = ("create", "update", "change", "delete")
    later = (one.number for verb in verbs for one in history.acts(verb, target) if one.number > act.number)
    return min(later, default=inf)


def _not_made(history: History, ordinal: int, proof: Event, end: float) -> list[Violation]:
    """Judge that no pod of this ordinal was made after the update."""
    name = pod_name(history, ordinal)
    lives = lives_named(history, name)
    if end != inf:
        raise Inconclusive(f"no {name} was made after the update before something else was done")
    if not lives:
        return [never_created(history, ordinal)]
    if lives[-1].gone is None:
        return cut_short(history, f"{name} that was made after the update")
    return [not_made_again(history, lives[-1], proof)]


def _not_replaced(history: History, old: Life, end: float, cause: Event, revision: str) -> Violation:
    """Judge that this pod was not replaced: while another is unready, it may stay."""
    what = f"{old.name} was not replaced by one at the new revision {revision}"
    if end != inf:
        raise Inconclusive(f"{what} before something else was done")
    if old.gone is not None:
        return not_made_again(history, old, cause)
    if old.terminated is not None:
        raise Inconclusive(f"{what}, but it is still terminating")
    since = {pod.name: ready_since(pod) for pod in history.pods if pod.gone is None and pod.uid != old.uid}
    if unready := [name for name, ready in since.items() if ready is None]:
        raise Inconclusive(f"{what}, but {unready[0]} is not Ready at the end")
    return never_happened(history, latest(cause, *since.values()), what)


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


def _two_looks(history: History) -> tuple[Event, Event]:
    """The last status that observed a nudge, and the one before it by which the controller observed what was in force then.

    A controller prunes at the end of a look, after its status; the next look finds what the last one left.
    """
    for nudge in reversed(history.acts("nudge")):
        proof = observed(history, nudge)
        before = [state for state in _states(history) if state.number < nudge.number]
        if proof is not None and before and observed_generation(before[-1]) == before[-1].metadata.get("generation"):
            return before[-1], proof
    raise Inconclusive("the controller is not known to have looked twice")


def _live_between(history: History, seen: Event, proof: Event) -> set[str]:
    """Every revision that was in use at some time between these two looks."""
    states = [state for state in _states(history) if seen.number <= state.number <= proof.number]
    named = {str(state.status[field]) for state in states for field in NAMED if state.status.get(field)}
    borne = {
        str(_label(pod))
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
    live = _live_between(history, states[-1], began)
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
    starts = [int((spec(state).get("ordinals") or {}).get("start", 0)) for state in known]
    counts = [int(spec(state).get("replicas", 1)) for state in known]
    ordinal = ordinal_in(history, pod)
    return ordinal is not None and all(
        start <= ordinal < start + count for start, count in zip(starts, counts, strict=True)
    )
