"""Updates: a changed template replaces the pods from the highest ordinal down, each waiting for those above it.

Method: the new revision is the updateRevision of the status that observed the update. Each deletion that follows is held
against the state of all higher ordinals just before that write.
"""

from __future__ import annotations

from conformance.checks.causes import removals
from conformance.checks.evidence import (
    end_of,
    first_ordinal,
    generation,
    judge_each,
    latest,
    lives_named,
    observed_generation,
    ordinal_in,
    ordinals_of,
    pod_name,
    ready_since,
    spec,
)
from conformance.checks.proof import (
    cut_short,
    must_have_seen,
    never_happened,
    not_made_again,
    observed,
    predecessors_ready_since,
)
from conformance.history import REVISION_LABEL, Event, History, Inconclusive, Life, Violation, is_ready


def rolls_highest_first(history: History) -> list[Violation]:
    """The update replaced every pod, in descending order, each only when all above it were new and Ready."""
    history.require_complete()
    history.require_one_order()
    acts = history.acts("update")
    if not acts:
        return cut_short(history, "changed template")
    act = acts[-1]
    nameless = [
        Violation(pod.terminated or pod.first, f"{pod.name} has no ordinal, so nothing orders its replacement")
        for pod in history.pods
        if ordinal_in(history, pod) is None and pod.at(act.rv + 1) is not None
    ]
    if nameless:
        return nameless
    proof = observed(history, act)
    revision = proof.status.get("updateRevision") if proof is not None else None
    if proof is None or not revision:
        return cut_short(history, "status that shows the new revision")
    leaving = removals(history, act.number, end_of(history, act))
    found = judge_each(leaving, lambda one: _out_of_turn(history, *one, revision))
    found += _not_as_changed(history, act, revision)
    if found:
        return sorted(found, key=lambda violation: violation.event.number)
    return _not_rolled(history, proof, revision)


def current_when_complete(history: History) -> list[Violation]:
    """The status names a new currentRevision only when each pod that the set asks for has been Ready at that revision."""
    history.require_pods()
    history.require_one_order()
    return [violation for one in history.sets for violation in _early_flips(history, one)]


def _early_flips(history: History, one: Life) -> list[Violation]:
    found, current = list[Violation](), ""
    for write in one.events:
        named = str(write.status.get("currentRevision") or "")
        # What the set asks for may be newer than what the status is about; then nobody knows how many it was about.
        if current and named != current and observed_generation(history, write) == generation(write):
            found += _not_complete(history, write, named)
        current = named or current
    return found


def _not_complete(history: History, write: Event, revision: str) -> list[Violation]:
    found = []
    for ordinal in ordinals_of(write):
        name = pod_name(history, ordinal)
        made = [pod for pod in lives_named(history, name) if pod.first.labels.get(REVISION_LABEL) == revision]
        if not any(is_ready(event) for pod in made for event in pod.events if event.number < write.number):
            found.append(Violation(write, f"the status names {revision} as current before {name} was Ready at it"))
    return found


def _not_as_changed(history: History, act: Event, revision: str) -> list[Violation]:
    """Pods that bear the new revision's name, but not what the template was changed to."""
    wanted = act.object.get("annotations") or {}
    return [
        Violation(pod.first, f"{pod.name} is at the new revision {revision}, but not made of the changed template")
        for pod in history.pods
        if pod.first.labels.get(REVISION_LABEL) == revision
        and not wanted.items() <= (pod.first.metadata.get("annotations") or {}).items()
    ]


def _out_of_turn(history: History, pod: Life, began: Event, revision: str) -> list[Violation]:
    ordinal = ordinal_in(history, pod) or 0
    if pod.first.labels.get(REVISION_LABEL) == revision:
        return [Violation(began, f"{pod.name} began to terminate although it was at the new revision {revision}")]
    higher = range(ordinal + 1, _replicas_end(history, began))
    return judge_each(higher, lambda successor: _not_done(history, pod_name(history, successor), began, revision))


def _not_done(history: History, name: str, began: Event, revision: str) -> list[Violation]:
    """That pod was not yet at the new revision and Ready when one below it began to terminate."""
    state = next((state for state in history.pods_at(began.rv) if state.name == name), None)
    if state is None:
        return [Violation(began, f"{began.name} began to terminate while there was no {name}")]
    if state.labels.get(REVISION_LABEL) != revision:
        return [Violation(began, f"{began.name} began to terminate while {name} was not at the new revision")]
    if not is_ready(state):
        _require_seen(history, name, began)
        return [Violation(began, f"{began.name} began to terminate while {name} was not Ready")]
    return []


def _require_seen(history: History, name: str, began: Event) -> None:
    """Raise Inconclusive where that pod had been Ready, and the controller need not have seen that it is so no more."""
    lives = [pod for pod in lives_named(history, name) if pod.at(began.rv) is not None]
    for pod in lives:
        ready = [event for event in pod.events if event.number < began.number and is_ready(event)]
        if not ready:
            continue
        lost = next((event for event in pod.events if event.number > ready[-1].number), began)
        if must_have_seen(history, began) < lost.number:
            raise Inconclusive(f"{began}: {began.name} began to terminate just when {name} became unready ({lost})")


def _not_rolled(history: History, proof: Event, revision: str) -> list[Violation]:
    """Every pod at or above the partition is at the new revision at the end, or it is judged why not."""
    rolling = spec(proof).get("updateStrategy", {}).get("rollingUpdate") or {}
    start = first_ordinal(history)
    partition = max(start, int(rolling.get("partition") or 0))
    above: list[Event] = []
    for ordinal in range(_replicas_end(history, proof) - 1, partition - 1, -1):
        lives = lives_named(history, pod_name(history, ordinal))
        if not lives:
            return cut_short(history, f"{pod_name(history, ordinal)}")
        newest = lives[-1]
        if newest.first.labels.get(REVISION_LABEL) != revision or newest.gone is not None:
            return [_not_replaced(history, newest, latest(proof, *above), revision)]
        since = ready_since(newest)
        if since is None and ordinal > partition:
            below = pod_name(history, ordinal - 1)
            if any(p.first.labels.get(REVISION_LABEL) != revision for p in lives_named(history, below)[-1:]):
                raise Inconclusive(f"{below} was not replaced, but {newest.name} is not Ready at the end")
        above += [since] if since is not None else []
    return []


def _not_replaced(history: History, pod: Life, cause: Event, revision: str) -> Violation:
    if pod.gone is not None:
        return not_made_again(history, pod, cause)
    what = f"{pod.name} was not replaced by one at the new revision {revision}"
    if pod.terminated is not None:
        raise Inconclusive(f"{what}, but it is still terminating")
    if ready_since(pod) is None:
        # Under OrderedReady a pod that fails by itself halts whatever is to follow, its own replacement too.
        raise Inconclusive(f"{what}, but it is not Ready itself, and nobody has deleted it")
    since = predecessors_ready_since(history, ordinal_in(history, pod) or 0, what)
    return never_happened(history, latest(cause, *since), what)


def _replicas_end(history: History, at: Event) -> int:
    """The ordinal behind the last that the set asked for at that event."""
    states = [event for one in history.sets for event in one.events if event.number <= at.number]
    return ordinals_of(states[-1]).stop if states else 0
