"""What happens between the two histories of a member, while nobody watches it.

Method: the second history begins with a list. What it tells is held against what the first one knew when the upgrade had ended,
by UID, by the ids of containers and by what the set's status names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.checks.evidence import generation
from conformance.checks.storage import set_claims
from conformance.history import Event, History, Inconclusive, Life, Violation
from conformance.upgrade.crossing import Crossing, containers

REVISIONS = ("currentRevision", "updateRevision")


def found_as_left(left: History, found: History) -> list[Violation]:
    """What the upgrade had left of the set is there when it is looked at again: the same objects, in the same containers."""
    before, after = Crossing(left), Crossing(found)
    if not _there(before, left.sets):
        raise Inconclusive(f"{before.ended}: the set was not there when the upgrade had ended")
    violations = []
    for kind, known, seen in (
        ("StatefulSet", left.sets, found.sets),
        ("PersistentVolumeClaim", set_claims(left), set_claims(found)),
        ("ControllerRevision", _revisions(left), _revisions(found)),
        ("Pod", left.pods, found.pods),
    ):
        before.require_seen(kind)
        violations += list(_differences(after.ended, _there(before, known), _there(after, seen)))
    return violations


def _revisions(history: History) -> list[Life]:
    ours = {one.uid for one in history.sets}
    return [one for one in history.lives("ControllerRevision") if ours & set(_owners(one.first))]


def _there(crossing: Crossing, lives: Sequence[Life]) -> dict[str, Event]:
    """The state of each that was there when the upgrade had ended, and not on its way out, by its UID."""
    states = {life.uid: crossing.after(life) for life in lives}
    return {uid: state for uid, state in states.items() if state is not None and not state.terminating}


def _differences(act: Event, left: dict[str, Event], found: dict[str, Event]) -> Iterator[Violation]:
    for uid, was in left.items():
        if uid not in found:
            yield Violation(act, f"{was.name} is gone, and was there when the upgrade had ended")
        else:
            yield from (Violation(found[uid], f"{was.name} {how}") for how in _changes(was, found[uid]))
    for uid, new in found.items():
        if uid not in left:
            yield Violation(new, f"{new.name} is there, and was not when the upgrade had ended")


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
