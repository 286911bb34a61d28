"""Updates and availability: how many pods an update takes at once, what stops it, what it waits for, and that it ends.

Method: an update is the last change of the template, and its revision the updateRevision of the status that observed it.
Clocks are not read: a minReadySeconds of an hour or more is one that no story is long enough for, so that every Ready pod is
known to be unavailable.
"""

from __future__ import annotations

from math import inf

from conformance.checks.causes import removals
from conformance.checks.evidence import (
    end_of,
    first_ordinal,
    first_ordinal_at,
    judge_each,
    latest,
    lives_named,
    min_ready_seconds,
    observed_generation,
    ordinal_in,
    ordinals_of,
    pod_name,
    ready_since,
    spec,
    wanted_ordinals,
    workload,
)
from conformance.checks.proof import (
    cut_short,
    looked_since,
    must_have_seen,
    never_created,
    never_happened,
    not_made_again,
    observed,
    predecessors_ready_since,
)
from conformance.history import REVISION_LABEL, Event, History, Inconclusive, Life, Object, Violation, is_ready

# A minReadySeconds that no story is long enough for.
NEVER = 3600


def halts_at_broken(history: History, ordinal: int) -> list[Violation]:
    """An update whose pod of this ordinal did not become Ready let no pod of a lower ordinal begin to terminate."""
    history.require_pods()
    history.require_one_order()
    found, looked = list[Violation](), False
    for act in history.acts("update"):
        new = _made_by(history, act, ordinal)
        if new is None:
            continue
        ready = new.when(is_ready)
        end = min(end_of(history, act), _number(ready), _number(new.terminated))
        proof = looked_since(history, new.first)
        looked = looked or (proof is not None and proof.number < end)
        found += [
            Violation(began, f"{pod.name} began to terminate although the update had not got past {new.name}")
            for pod, began in removals(history, act.number, end)
            if (ordinal_in(history, pod) or 0) < ordinal
        ]
    if found or looked:
        return found
    return cut_short(history, f"look at {pod_name(history, ordinal)} while it was new and not Ready")


def overcomes_broken(history: History, after: str = "update") -> list[Violation]:
    """The last change of the template, made while a pod was not Ready, came to its end behind the last act of that verb."""
    if not _was_updated(history):
        return cut_short(history, "changed template that a status shows")
    act, _, _ = _last_update(history)
    states = history.pods_at(act.rv + 1)
    if all(is_ready(state) for state in states):
        raise Inconclusive(f"{act}: no pod was broken when the template was changed")
    last = history.acts(after)[-1:]
    if not last or last[0].number < act.number:
        raise Inconclusive(f"{act}: the history holds no act behind it: {after}")
    return reaches_newest(history)


def reaches_newest(history: History) -> list[Violation]:
    """In the end every pod that the set asks for is made of the last template, and Ready."""
    if not _was_updated(history):
        return cut_short(history, "changed template that a status shows")
    return _reaches_newest(history)


def within_bound(history: History, bound: int) -> list[Violation]:
    """The update took an available pod only where no more than `bound` of the set's pods were then unavailable."""
    if not _was_updated(history):
        return cut_short(history, "changed template that a status shows")
    act, _, revision = _last_update(history)
    leaving = removals(history, act.number, end_of(history, act))
    found = judge_each(leaving, lambda one: _beyond(history, *one, bound))
    if found:
        return found
    if not leaving:
        return cut_short(history, "pod that the update replaced")
    new = [
        pod
        for pod in history.pods
        if pod.first.number > act.number and pod.first.labels.get(REVISION_LABEL) == revision
    ]
    ready = min((_number(pod.when(is_ready)) for pod in new), default=inf)
    proof = looked_since(history, leaving[0][1])
    if proof is None or proof.number > ready:
        raise Inconclusive(
            "nothing shows that the controller looked while the first pods that it took were unavailable"
        )
    return reaches_newest(history)


def old_end_first(history: History) -> list[Violation]:
    """The update created pods of the new revision only when every pod of an older revision was completely gone."""
    if not _was_updated(history):
        return cut_short(history, "changed template that a status shows")
    act, proof, revision = _last_update(history)
    old = [pod for pod in history.pods if _is_old(pod, revision) and pod.at(act.rv + 1) is not None]
    new = [
        pod
        for pod in history.pods
        if pod.first.labels.get(REVISION_LABEL) == revision and pod.first.number > act.number
    ]
    found = [
        Violation(
            pod.first, f"{pod.name} was created at the new revision while {other.name} was still there at an older one"
        )
        for pod in new
        for other in old
        if other.at(pod.first.rv) is not None
    ]
    if found:
        return found
    if len(old) < 2:
        raise Inconclusive(
            "fewer than two pods were there at an older revision, so nothing shows that they were waited for"
        )
    staying = [pod for pod in old if pod.terminated is None]
    if staying:
        what = f"{staying[0].name} was not ended for the new revision {revision}"
        return [never_happened(history, proof, what)]
    last = max(old, key=lambda pod: _number(pod.gone))
    others = [pod.gone for pod in old if pod is not last]
    look = looked_since(history, latest(last.terminated, *others))
    if look is None or look.number > _number(last.gone):
        raise Inconclusive(f"nothing shows that the controller looked while only {last.name} was still there")
    return _reaches_newest(history, last.gone)


def waits_for_availability(history: History) -> list[Violation]:
    """While no pod could be available, though Ready, none was created behind another or updated; once they were, it went on."""
    history.require_pods()
    history.require_one_order()
    spell = _unavailable_spell(history)
    if spell is None:
        return cut_short(history, "spell of a minReadySeconds that nothing is long enough for")
    since, until = spell
    found = _moved(history, since, until)
    if found:
        return found
    due = _first_all_ready(history, since, until)
    if due is None:
        return cut_short(history, "moment at which all pods were Ready and none available")
    if not _has_more_to_do(history, due):
        raise Inconclusive(f"{due}: there was nothing left to be done that could have waited for availability")
    proof = looked_since(history, due)
    if proof is None or until is None or proof.number > until.number:
        raise Inconclusive("nothing shows that the controller looked while all pods were Ready and none available")
    return _went_on(history, until)


def not_newest(
    history: History, ordinal: int, revision: str, cause: Event, made_of: Object | None = None
) -> list[Violation]:
    """Judge that the pod of this ordinal is not, at the end, of this revision, with these annotations, and Ready.

    Raises Inconclusive where that need not be the doing of the controller, to which nothing before `cause` was due.
    """
    lives = lives_named(history, pod_name(history, ordinal))
    if not lives:
        return [never_created(history, ordinal)]
    pod = lives[-1]
    if pod.gone is not None:
        return [not_made_again(history, pod, cause)]
    if pod.terminated is not None:
        raise Inconclusive(f"{pod.name} is still terminating at the end")
    if _is_old(pod, revision):
        return [_not_replaced(history, pod, ordinal, revision, cause)]
    if not (made_of or {}).items() <= (pod.first.metadata.get("annotations") or {}).items():
        return [Violation(pod.first, f"{pod.name} is at the revision {revision}, but not made of the changed template")]
    if ready_since(pod) is None:
        raise Inconclusive(f"{pod.name} is at the revision {revision}, but not Ready at the end")
    return []


def told_of_reverting(history: History, ordinal: int) -> str:
    """What came of a broken pod once the template was changed back: before anybody deleted it."""
    act, proof, revision = _last_update(history)
    broken = next((pod for pod in lives_named(history, pod_name(history, ordinal)) if pod.at(act.rv + 1)), None)
    if broken is None or is_ready(broken.at(act.rv + 1)):
        raise Inconclusive(f"{act}: {pod_name(history, ordinal)} was not broken when the template was changed back")
    look = looked_since(history, latest(act, proof))
    if broken.terminated is not None and (broken.gone is None or broken.terminated.number < _number(look)):
        by_hand = [one for one in history.acts("delete") if one.object.get("uid") == broken.uid]
        if not by_hand or broken.terminated.number < by_hand[0].number:
            return f"{broken.name} is replaced by one at {revision} as soon as the template is changed back"
    if look is None or (broken.terminated is not None and look.number > broken.terminated.number):
        raise Inconclusive(f"{act}: nothing shows that the controller looked before {broken.name} was deleted")
    return f"{broken.name} stays, broken as it is, until somebody deletes it, although the template was changed back"


def told_of_rounding(history: History) -> str:
    """How many pods an update takes at once where maxUnavailable is a percentage that comes to no whole number."""
    act, _, _ = _last_update(history)
    state = workload(history).events[-1]
    limit = ((spec(state).get("updateStrategy") or {}).get("rollingUpdate") or {}).get("maxUnavailable")
    replicas = int(spec(state).get("replicas", 1))
    leaving = removals(history, act.number, end_of(history, act))
    look = looked_since(history, leaving[0][1]) if leaving else None
    if not str(limit).endswith("%") or look is None:
        raise Inconclusive("nothing shows how many pods the update took at once")
    taken = len({pod.name for pod, began in leaving if began.number < look.number})
    exact = replicas * int(str(limit).rstrip("%")) / 100
    way = "up" if taken > exact else "down"
    return (
        f"{limit} of {replicas} replicas, which is {exact:g}, lets an update take {taken} at once: it is rounded {way}"
    )


def told_of_partition(history: History) -> str:
    """Whether a partition is an ordinal, or counted from the first ordinal, where that is not 0."""
    act, proof, revision = _last_update(history)
    rolling = (spec(proof).get("updateStrategy") or {}).get("rollingUpdate") or {}
    partition, start = int(rolling.get("partition") or 0), first_ordinal(history)
    look = looked_since(history, latest(act, proof))
    taken = sorted(pod.name for pod, _ in removals(history, act.number, end_of(history, act)))
    if start == 0 or partition == 0 or (look is None and not taken):
        raise Inconclusive("nothing shows what the update did by a partition of a set that begins elsewhere than at 0")
    about = f"partition {partition} of a set whose ordinals begin at {start}"
    if not taken:
        return f"{about} holds back all of its pods: it is counted from the first ordinal"
    return f"{about} lets an update to {revision} take {' and '.join(taken)}"


def _number(event: Event | None) -> float:
    return inf if event is None else event.number


def _was_updated(history: History) -> bool:
    history.require_pods()
    history.require_one_order()
    acts = history.acts("update")
    proof = observed(history, acts[-1]) if acts else None
    return proof is not None and bool(proof.status.get("updateRevision"))


def _last_update(history: History) -> tuple[Event, Event, str]:
    """The last change of the template, the status that shows it, and the revision that it made."""
    if not _was_updated(history):
        raise Inconclusive("the history holds no changed template that a status shows")
    act = history.acts("update")[-1]
    proof = observed(history, act) or act
    return act, proof, str(proof.status["updateRevision"])


def _reaches_newest(history: History, *causes: Event | None) -> list[Violation]:
    """The same, where nothing was due before all these events, nor before the last act of any kind that sets it going."""
    act, proof, revision = _last_update(history)
    if not wanted_ordinals(history):
        raise Inconclusive("the set asks for no pods at the end")
    verbs = ("change", "scale", "delete", "release", "unlimit")
    cause = latest(act, proof, *causes, *(one for verb in verbs for one in history.acts(verb)))
    made_of = act.object.get("annotations") or {}
    # The highest ordinal goes first, so what is said of it is what keeps the others.
    return judge_each(
        reversed(wanted_ordinals(history)), lambda one: not_newest(history, one, revision, cause, made_of)
    )


def _made_by(history: History, act: Event, ordinal: int) -> Life | None:
    """The first pod of this ordinal that was created at the revision of this update, before anything else was done."""
    proof, end = observed(history, act), end_of(history, act)
    revision = proof.status.get("updateRevision") if proof is not None else None
    made = (
        pod
        for pod in lives_named(history, pod_name(history, ordinal))
        if pod.born is not None
        and act.number < pod.born.number < end
        and pod.born.labels.get(REVISION_LABEL) == revision
    )
    return next(made, None) if revision else None


def _is_old(pod: Life, revision: str) -> bool:
    return pod.first.labels.get(REVISION_LABEL) != revision


def _is_parallel(history: History) -> bool:
    return spec(workload(history).first).get("podManagementPolicy") == "Parallel"


def _not_replaced(history: History, pod: Life, ordinal: int, revision: str, cause: Event) -> Violation:
    what = f"{pod.name} was not replaced by one at the revision {revision}"
    causes: list[Event | None] = [cause]
    if not _is_parallel(history):
        causes += predecessors_ready_since(history, ordinal, what)
        if ready_since(pod) is None:
            raise Inconclusive(f"{what}, but it is not Ready itself, and nobody has deleted it")
    for higher in range(ordinal + 1, wanted_ordinals(history).stop):
        other = lives_named(history, pod_name(history, higher))[-1:]
        since = ready_since(other[0]) if other else None
        if since is None or _is_old(other[0], revision):
            raise Inconclusive(f"{what}, but {pod_name(history, higher)}, which goes before, is not done either")
        causes.append(since)
    return never_happened(history, latest(*causes), what)


def _beyond(history: History, pod: Life, began: Event, bound: int) -> list[Violation]:
    """An available pod began to terminate although, with it, more than `bound` were unavailable."""
    if not is_ready(pod.at(began.rv)):
        return []
    sets = [event for event in workload(history).events if event.number < began.number]
    ours = ordinals_of(sets[-1]) if sets else range(0)
    states = {state.name: state for state in history.pods_at(began.rv)}
    names = {pod_name(history, ordinal) for ordinal in ours} - {pod.name}
    unavailable = {name for name in names if not is_ready(states.get(name))}
    if len(unavailable) < bound:
        return []
    seen = must_have_seen(history, began)
    just_lost = {name for name in unavailable if _lost(history, name, began) > seen}
    with_it = f"{pod.name} began to terminate while {len(unavailable)} others were unavailable"
    if len(unavailable - just_lost) < bound:
        raise Inconclusive(f"{began}: {with_it}, one of which had just become so")
    return [Violation(began, f"{with_it}, and no more than {bound} may be")]


def _lost(history: History, name: str, before: Event) -> int:
    """The number of the event by which a pod of this name, which nobody deletes, was Ready no more; 0 where it never was."""
    lost, was_ready = 0, False
    for pod in lives_named(history, name):
        for event in pod.events:
            if event.number < before.number:
                lost = event.number if was_ready and not is_ready(event) and not event.terminating else lost
                was_ready = is_ready(event)
    return lost


def _unavailable_spell(history: History) -> tuple[Event, Event | None] | None:
    """The last spell of a minReadySeconds that is too long for any pod: since it was observed, until the set was changed."""
    since, until = None, None
    for event in workload(history).events:
        is_long = min_ready_seconds(event) >= NEVER
        if is_long and (since is None or until is not None):
            since, until = event, None
        elif not is_long and since is not None and until is None:
            until = event
    if since is None or since is workload(history).first:
        return (since, until) if since is not None else None
    generation = int(since.metadata.get("generation", 0))
    knew = workload(history).when(lambda event: observed_generation(history, event) >= generation)
    return (knew, until) if knew is not None and knew.number < _number(until) else None


def _moved(history: History, since: Event, until: Event | None) -> list[Violation]:
    """What was created, or taken by an update, in that spell, in which a pod before it in line cannot have been available."""
    found = [
        Violation(born, f"{born.name} was created while no pod before it was available")
        for pod in history.pods
        if (born := pod.born) is not None
        and since.number < born.number < _number(until)
        and (ordinal := ordinal_in(history, pod)) is not None
        and ordinal > first_ordinal_at(history, born, ordinal)
    ]
    for pod, began in removals(history, since.number, _number(until)):
        newest = [event for event in workload(history).events if event.number < began.number][-1].status
        if _is_old(pod, str(newest.get("updateRevision") or pod.first.labels.get(REVISION_LABEL))):
            found.append(Violation(began, f"{began.name} began to terminate while no pod was available"))
    return sorted(found, key=lambda violation: violation.event.number)


def _first_all_ready(history: History, since: Event, until: Event | None) -> Event | None:
    """The first event of a pod in that spell at which pods were there, all of them Ready."""
    for event in history.of_kind("Pod"):
        if since.number < event.number < _number(until):
            states = list(history.pods_at(event.rv + 1))
            if states and all(is_ready(state) for state in states):
                return event
    return None


def _has_more_to_do(history: History, due: Event) -> bool:
    """Whether a pod was missing, or of an older revision than the set's newest, at that event."""
    states = list(history.pods_at(due.rv + 1))
    known = [event for event in workload(history).events if event.number < due.number]
    if not known:
        return False
    newest = known[-1].status.get("updateRevision")
    old = [state for state in states if newest and state.labels.get(REVISION_LABEL) != newest]
    return len(states) < int(spec(known[-1]).get("replicas", 1)) or bool(old)


def _went_on(history: History, until: Event) -> list[Violation]:
    """What waited was done once it could be: all pods were created, and are of the newest revision."""
    if history.acts("update"):
        return reaches_newest(history)
    for ordinal in wanted_ordinals(history):
        if not lives_named(history, pod_name(history, ordinal)):
            what = f"{pod_name(history, ordinal)} was never created"
            since = predecessors_ready_since(history, ordinal, what)
            return [never_happened(history, latest(until, *since), what)]
    if not any(pod.born is not None and pod.born.number > until.number for pod in history.pods):
        raise Inconclusive(f"{until}: no pod was created once there was nothing more to wait for")
    return []
