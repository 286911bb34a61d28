"""What happens between the two histories of a member, while nobody watches it.

Method: the second history begins with a list. What it tells is held against what the first one knew when the upgrade had ended,
by UID, by the ids of containers and by what the set's status names. A pod that nobody saw leave its node may have been evicted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from conformance.checks.causes import had_failed
from conformance.checks.evidence import generation, judge_each, pod_name, spec, wanted_ordinals
from conformance.checks.storage import set_claims
from conformance.history import LISTED, Event, History, Inconclusive, Life, Violation
from conformance.upgrade.crossing import Crossing, containers

REVISIONS = ("currentRevision", "updateRevision")
# An object as it was left, and as it was found: None where it was not there.
Pair = tuple[Event | None, Event | None]


def found_as_left(left: History, found: History) -> list[Violation]:
    """What the upgrade had left of the set is there when it is looked at again: the same objects, in the same containers.

    But for a pod that had failed or was disrupted, or was on its way out already, and the one that came in its place.
    """
    before, after = Crossing(left), Crossing(found)
    if not _there(before, left.sets):
        raise Inconclusive(f"{before.ended}: the set was not there when the upgrade had ended")
    pairs = list[Pair]()
    for kind, known, seen in (
        ("StatefulSet", left.sets, found.sets),
        ("PersistentVolumeClaim", set_claims(left), set_claims(found)),
        ("ControllerRevision", _revisions(left), _revisions(found)),
        ("Pod", left.pods, found.pods),
    ):
        before.require_seen(kind)
        pairs += _pairs(_there(before, known), _there(after, seen))
    gone = [was for was, now in pairs if was is not None and was.kind == "Pod" and now is None]
    lives = [pod for pod in (*left.pods, *found.pods) if pod.uid in {was.uid for was in gone}]
    # A place that was empty when the upgrade had ended was to be filled.
    moved = _vacant(before) | {pod.name for pod in lives if had_failed(pod)}
    unseen = _unseen(gone, lives)
    return judge_each(
        [(was, now) for was, now in pairs if not _is_excused(was, now, moved)],
        lambda pair: _differences(after.ended, *pair, unseen),
    )


def _revisions(history: History) -> list[Life]:
    ours = {one.uid for one in history.sets}
    return [one for one in history.lives("ControllerRevision") if ours & set(_owners(one.first))]


def _there(crossing: Crossing, lives: Sequence[Life]) -> dict[str, Event]:
    """The state of each that was there when the upgrade had ended, and not on its way out, by its UID."""
    states = {life.uid: crossing.after(life) for life in lives}
    return {uid: state for uid, state in states.items() if state is not None and not state.terminating}


def _pairs(left: dict[str, Event], found: dict[str, Event]) -> list[Pair]:
    return [(left.get(uid), found.get(uid)) for uid in {**left, **found}]


def _vacant(before: Crossing) -> set[str]:
    """The names that the set asked for, of which no pod was there when the upgrade had ended, or one on its way out."""
    history = before.history
    names = {pod_name(history, ordinal) for ordinal in wanted_ordinals(history)}
    return names - {state.name for state in _there(before, history.pods).values()}


def _unseen(gone: Sequence[Event], lives: Sequence[Life]) -> set[str]:
    """The names of the pods that are gone from their nodes, or on their way, and nobody saw how that began."""
    seen = {pod.uid for pod in lives if pod.terminated is not None and pod.terminated.type != LISTED}
    return {pod.name for pod in gone if spec(pod).get("nodeName") and pod.uid not in seen}


def _is_excused(was: Event | None, now: Event | None, moved: Collection[str]) -> bool:
    """Whether this is a pod that left, or came, where one of its name was moved by others."""
    one = was or now
    return one is not None and one.kind == "Pod" and one.name in moved and (was is None or now is None)


def _differences(act: Event, was: Event | None, now: Event | None, unseen: Collection[str]) -> list[Violation]:
    if was is not None and now is not None:
        return [Violation(now, f"{was.name} {how}") for how in _changes(was, now)]
    one = was or now
    if one is not None and one.kind == "Pod" and one.name in unseen:
        raise Inconclusive(f"{act}: {one.name} has left its node since the upgrade had ended, and nobody saw why")
    if was is not None:
        return [Violation(act, f"{was.name} is gone, and was there when the upgrade had ended")]
    if now is not None:
        return [Violation(now, f"{now.name} is there, and was not when the upgrade had ended")]
    return []


def _changes(was: Event, now: Event) -> Iterator[str]:
    if generation(now) != generation(was):
        yield f"is of generation {generation(now)}, and was of {generation(was)} when the upgrade had ended"
    for field in REVISIONS:
        if was.status.get(field) != now.status.get(field):
            yield f"has the {field} {now.status.get(field)}, and had {was.status.get(field)} when the upgrade had ended"
    known = containers(was)
    for name, container in containers(now).items():
        if known.get(name, container) != container:
            yield f"has its container {name} started anew since the upgrade had ended"
    if _owners(was) != _owners(now):
        yield "has another owner than when the upgrade had ended"


def _owners(item: Event) -> list[object]:
    return [owner.get("uid") for owner in item.metadata.get("ownerReferences") or ()]
