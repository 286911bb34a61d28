"""Mutations of any lawful history: something of it otherwise, wherever that can be, so that each scenario's own promise breaks.

Method: none knows which scenario it harms. Each is made of every place that it can be made at, and gives its name and the
history that came of it; which of the scenario's tests must name some of them, the test says that uses them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from itertools import pairwise

from conformance.history import (
    ACT,
    ADDED,
    DELETED,
    MODIFIED,
    POD_INDEX_LABEL,
    POD_NAME_LABEL,
    REVISION_LABEL,
    WATCHED,
    Event,
    History,
    Life,
)
from selftest.lawful import CLAIM, POD, REVISION, SET, WHEN, Object

Mutated = Iterator[tuple[str, History]]


def mutated(history: History) -> Mutated:
    """Every mutation of a history, with its name."""
    for mutation in (
        swapped_removals,
        removals_ahead,
        births_ahead,
        risen,
        taken_away,
        never_there,
        never_gone,
        of_another_revision,
        made_otherwise,
        claims_otherwise,
        claims_taken,
        revisions_otherwise,
        status_otherwise,
        without_a_hold,
    ):
        yield from mutation(history)


def rebuilt(history: History, events: list[Event]) -> History:
    """A history of these events, whose order is written anew where they stand in another one than before."""
    return History.of(history.header, [Event(e.type, e.kind, rv, e.object) for rv, e in enumerate(events, start=1)])


def moved(history: History, event: Event, place: int) -> History:
    """The history with this event at another place: that of the event of this number, which stands behind it then."""
    events = [one for one in history.log if one.number != event.number]
    return rebuilt(history, [*events[: place - 1], event, *events[place - 1 :]])


def altered(history: History, chosen: Callable[[Event], bool], edit: Callable[[Object], object]) -> History:
    """The history with an edit of every watched event of this choice."""
    events = []
    for event in history.log:
        told = dict(event.object)
        if event.type in WATCHED and chosen(event):
            told = copy.deepcopy(told)
            edit(told)
        events.append(Event(event.type, event.kind, event.rv, told))
    return rebuilt(history, events)


def swapped_removals(history: History) -> Mutated:
    """Two pods change places when they leave."""
    leaving = [pod for pod in history.pods if pod.terminated is not None]
    for one, other in pairwise(leaving):
        if one.name == other.name:
            continue
        yield f"swapped {one.name} {other.name}", _exchanged(history, one, other)


def _exchanged(history: History, one: Life, other: Life) -> History:
    states = {life.uid: life.events[-1].object for life in (one, other)}
    partner = {one.uid: other.uid, other.uid: one.uid}
    events = [
        Event(event.type, event.kind, event.rv, states[partner[event.uid]])
        if event.uid in partner and event.terminating
        else event
        for event in history.log
    ]
    return rebuilt(history, events)


def removals_ahead(history: History) -> Mutated:
    """A pod begins to leave just behind what the driver did before, or before the pod that left before it."""
    for pod in history.pods:
        began = pod.terminated
        if began is None:
            continue
        for place in _places_before(history, pod.first.number + 1, began.number):
            yield f"removal-ahead {pod.name} {place}", moved(history, began, place)


def births_ahead(history: History) -> Mutated:
    """A pod is created before what it had to wait for."""
    for pod in history.pods:
        for place in _places_before(history, 3, pod.first.number):
            yield f"birth-ahead {pod.name} {place}", moved(history, pod.first, place)


def _places_before(history: History, first: int, last: int) -> list[int]:
    """The places behind each act, and behind each event at which a pod is made or begins to leave, within these bounds."""
    marks = [act.number for act in history.all_acts]
    marks += [
        event.number for pod in history.pods for event in (pod.first, pod.terminated, pod.gone) if event is not None
    ]
    return sorted({mark + 1 for mark in marks if first <= mark + 1 < last})


def risen(history: History) -> Mutated:
    """What comes back under a name is the old object, or its end is not there."""
    for old, new in _successors(history):
        yield f"risen {new.name}", _with_life(history, new, uid=old.uid)
        stays = [event for event in history.log if event.uid != old.uid or not event.terminating]
        yield f"old-stays {new.name}", rebuilt(history, stays)


def _with_life(history: History, pod: Life, **metadata: object) -> History:
    return altered(history, lambda event: event.uid == pod.uid, lambda one: _named(one, **metadata))


def _successors(history: History) -> Iterator[tuple[Life, Life]]:
    for number, old in enumerate(history.pods):
        yield from [(old, new) for new in history.pods[number + 1 :] if new.name == old.name][:1]


def taken_away(history: History) -> Mutated:
    """A pod begins to leave that nobody asked to, behind each act, and in the end."""
    for place in (*_places_before(history, 3, len(history.log)), len(history.log) + 1):
        for pod in history.pods:
            state = _state(pod, place)
            if state is not None and "deletionTimestamp" not in state.metadata:
                leaving = _changed(state, MODIFIED, deletionTimestamp=WHEN)
                yield f"taken {pod.name} {place}", _inserted(history, place, leaving)
                gone = Event(DELETED, POD, 0, leaving.object)
                yield f"gone {pod.name} {place}", _inserted(history, place, leaving, gone)


def never_there(history: History) -> Mutated:
    """A pod is not made, and somebody waits for it in vain."""
    for pod in history.pods:
        rest = [event for event in history.log if event.uid != pod.uid]
        yield f"never-made {pod.name}", in_vain(rebuilt(history, rest))
        before = [event for event in history.log if event.number < pod.first.number]
        yield f"stopped-before {pod.name}", in_vain(rebuilt(history, before))


def never_gone(history: History) -> Mutated:
    """A pod does not leave, and somebody waits for that in vain."""
    for pod in history.pods:
        if pod.terminated is not None:
            before = [event for event in history.log if event.number < pod.terminated.number]
            yield f"never-left {pod.name}", in_vain(rebuilt(history, before))


def in_vain(history: History) -> History:
    """The history, and behind its end a wait in vain, while the controller looks twice and counts what there is."""
    events = list(history.log)
    sets = [event for event in events if event.kind == SET and event.type != DELETED]
    if not sets:
        return history
    last = sets[-1]
    there = [event for event in history.pods_at(len(events) + 1) if event.type != DELETED]
    ready = sum(_is_ready(event) for event in there)
    target = {"target": f"{SET}/{last.name}"}
    generation = int(last.metadata.get("generation", 1))
    for _ in range(2):
        generation += 1
        made = _changed(last, MODIFIED, generation=generation)
        counted = {"observedGeneration": generation, "replicas": len(there), "readyReplicas": ready}
        seen = Event(MODIFIED, SET, 0, {**made.object, "status": {**last.status, **counted}})
        events += [Event(ACT, "nudge", 0, target), made, seen]
    waited = {**target, "for": "what was to come", "met": False, "seconds": 20, "last_seen": "nothing"}
    return rebuilt(history, [*events, Event(ACT, "wait", 0, waited)])


def _is_ready(event: Event) -> bool:
    conditions = event.status.get("conditions") or ()
    return event.status.get("phase") == "Running" and {"type": "Ready", "status": "True"} in conditions


def of_another_revision(history: History) -> Mutated:
    """A pod is made of another revision than it was."""
    made = {pod.first.labels.get(REVISION_LABEL): pod.first for pod in history.pods}
    for pod in history.pods:
        for revision, example in made.items():
            if revision != pod.first.labels.get(REVISION_LABEL):
                yield (
                    f"revision {pod.name} {revision}",
                    altered(
                        history,
                        lambda event, pod=pod: event.uid == pod.uid,  # type: ignore[misc]
                        lambda one, example=example: _made_of(one, example),  # type: ignore[misc]
                    ),
                )


def _made_of(pod: Object, example: Event) -> None:
    pod["metadata"]["labels"][REVISION_LABEL] = example.labels[REVISION_LABEL]
    pod["metadata"]["annotations"] = example.metadata["annotations"]


def made_otherwise(history: History) -> Mutated:
    """A pod is made with something that is another's, or without."""
    edits: dict[str, Callable[[Object], object]] = {
        "host-name": lambda pod: pod["spec"].update(hostname="another"),
        "no-claims": lambda pod: pod["spec"].update(volumes=[]),
        "no-tolerations": lambda pod: pod["spec"].update(tolerations=[]),
        "no-owner": lambda pod: pod["metadata"].update(ownerReferences=[]),
        "renamed": lambda pod: _named(pod, name=f"{pod['metadata']['name']}7"),
        "name-label": lambda pod: pod["metadata"]["labels"].update({POD_NAME_LABEL: "another"}),
        "index-label": lambda pod: pod["metadata"]["labels"].update({POD_INDEX_LABEL: "7"}),
        "revision-label": lambda pod: pod["metadata"]["labels"].update({REVISION_LABEL: "unknown"}),
        "never-ready": lambda pod: pod["status"].pop("conditions", None),
    }
    for pod in history.pods:
        for name, edit in edits.items():
            yield f"{name} {pod.name}", altered(history, lambda event, pod=pod: event.uid == pod.uid, edit)  # type: ignore[misc]


def claims_otherwise(history: History) -> Mutated:
    """A claim is another object from some pod's return on, or belongs to somebody else."""
    claims = sorted({event.name for event in history.of_kind(CLAIM)})
    for name in claims:
        for _, new in _successors(history):
            later = new.first.number - 1
            yield (
                f"another-claim {name} {later}",
                altered(
                    history,
                    lambda event, name=name, later=later: (  # type: ignore[misc]
                        (event.kind, event.name) == (CLAIM, name) and event.number >= later
                    ),
                    lambda claim: _named(claim, uid="another"),
                ),
            )
        for owner in (
            [],
            [{"kind": POD, "name": "web-0", "uid": "another"}],
            [{"kind": SET, "name": "web", "uid": "x"}],
        ):
            yield (
                f"owners {name} {len(owner)}",
                altered(
                    history,
                    lambda event, name=name: (event.kind, event.name) == (CLAIM, name),  # type: ignore[misc]
                    lambda claim, owner=owner: _named(claim, ownerReferences=owner),  # type: ignore[misc]
                ),
            )


def claims_taken(history: History) -> Mutated:
    """A claim is deleted behind an act, and made anew, or not."""
    for name in sorted({event.name for event in history.of_kind(CLAIM)}):
        for place in (*_places_before(history, 3, len(history.log)), len(history.log) + 1):
            known = [event for event in history.of_kind(CLAIM) if event.name == name and event.number < place]
            if known and known[-1].type != DELETED:
                leaving = _changed(known[-1], MODIFIED, deletionTimestamp=WHEN)
                gone = Event(DELETED, CLAIM, 0, leaving.object)
                again = _changed(known[-1], ADDED, uid="claim-new")
                yield f"claim-taken {name} {place}", _inserted(history, place, leaving, gone)
                yield f"claim-anew {name} {place}", _inserted(history, place, leaving, gone, again)


def revisions_otherwise(history: History) -> Mutated:
    """A revision more is made in the end, or one is deleted."""
    known = {event.name: event for event in history.of_kind(REVISION)}
    for name, event in known.items():
        yield (
            f"revision-more {name}",
            _inserted(history, len(history.log) + 1, _changed(event, ADDED, name="r", uid="r")),
        )
        yield (
            f"revision-gone {name}",
            _inserted(history, len(history.log) + 1, Event(DELETED, REVISION, 0, event.object)),
        )


def status_otherwise(history: History) -> Mutated:
    """The last status, or every one, says something else, and somebody waits for another in vain."""
    edits: dict[str, Callable[[Object], object]] = {
        "counts": lambda told: told["status"].update(replicas=9, readyReplicas=9),
        "ready": lambda told: told["status"].update(readyReplicas=0),
        "available": lambda told: told["status"].update(availableReplicas=9),
        "updated": lambda told: told["status"].update(updatedReplicas=9),
        "observed": lambda told: told["status"].update(observedGeneration=1),
        "current": lambda told: told["status"].update(currentRevision=told["status"].get("updateRevision")),
        "no-conditions": lambda told: told["status"].pop("conditions", None),
    }
    sets = [event for event in history.of_kind(SET) if event.type != DELETED]
    for name, edit in edits.items():
        yield f"status-{name}", altered(history, lambda event: event.kind == SET, edit)
        last = altered(history, lambda event: event.number == sets[-1].number, edit)
        waited = {"target": "StatefulSet/web", "for": "true counts", "met": False, "seconds": 20, "last_seen": "others"}
        yield f"last-status-{name}", rebuilt(history, [*last.log, Event(ACT, "wait", 0, waited)])


def without_a_hold(history: History) -> Mutated:
    """Something was not held back after all, or let go too early."""
    for act in history.all_acts:
        if act.kind in ("hold", "release"):
            yield f"without {act.kind} {act.number}", rebuilt(history, [one for one in history.log if one is not act])


def _state(pod: Life, place: int) -> Event | None:
    known = [event for event in pod.events if event.number < place]
    return known[-1] if known and known[-1].type != DELETED else None


def _changed(event: Event, event_type: str, **metadata: object) -> Event:
    told = copy.deepcopy(dict(event.object))
    told["metadata"] |= metadata
    return Event(event_type, event.kind, event.rv, told)


def _inserted(history: History, place: int, *events: Event) -> History:
    return rebuilt(history, [*history.log[: place - 1], *events, *history.log[place - 1 :]])


def _named(one: Object, **metadata: object) -> None:
    one["metadata"] |= metadata
