"""Replacement: which pods a change replaces and which it spares, and at which revision a pod is made again.

Method: what is old and what is new are the currentRevision and the updateRevision of the status that observed the update. That
a pod was spared is proven by a look of the controller after all that was to be replaced had been, and was Ready.
"""

from __future__ import annotations

from collections.abc import Collection
from math import inf

from conformance.checks.causes import forced_by_test, perhaps_collected, removals
from conformance.checks.evidence import (
    end_of,
    judge_each,
    latest,
    lives_named,
    next_life,
    ordinal_in,
    pod_name,
    ready_since,
)
from conformance.checks.proof import (
    cut_short,
    looked_since,
    never_created,
    never_happened,
    not_made_again,
    observed,
)
from conformance.history import (
    REVISION_LABEL,
    Event,
    History,
    Inconclusive,
    Life,
    Violation,
    is_ready,
)

OLD, NEW = "old", "new"


def replaces_only(history: History, verb: str, replaced: Collection[int], times: int = 1) -> list[Violation]:
    """The last act of this verb replaced exactly the pods of these ordinals, each once; every other outdated pod was spared.

    A story that ended before the verb was acted so many times has not come to the act that is asked about.
    """
    history.require_complete()
    history.require_one_order()
    acts = history.acts(verb, f"{history.header.kind}/{history.header.name}")
    if len(acts) < times:
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
        while new is not None and perhaps_collected(history, new):
            new = next_life(history, new)
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


def _either(proof: Event) -> dict[str, str]:
    """What is old and what is new, by the status that observed the update; raises Inconclusive where they are one."""
    old, new = (str(proof.status.get(field) or "") for field in ("currentRevision", "updateRevision"))
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
    # Under OrderedReady a pod that fails by itself halts its own replacement too.
    since = {pod.name: ready_since(pod) for pod in history.pods if pod.gone is None}
    if unready := [name for name, ready in since.items() if ready is None]:
        raise Inconclusive(f"{what}, but {unready[0]} is not Ready at the end")
    return never_happened(history, latest(cause, *since.values()), what)
