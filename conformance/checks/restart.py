"""The controller starts anew: what it finds, it leaves as it is.

Method: the controller that observed a generation made after the restart is the new one. All that lies between the restart and
whatever the driver does next is its doing, or nobody's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from itertools import pairwise
from math import inf

from conformance.checks.causes import removals
from conformance.checks.ordering import gated_by_readiness
from conformance.checks.proof import cut_short, done_next, looked_since, stays_still
from conformance.checks.storage import set_claims
from conformance.history import ADDED, Event, History, Life, Violation, controller_of, is_ready

REVISIONS = ("currentRevision", "updateRevision")


def left_as_it_was(history: History, verb: str) -> list[Violation]:
    """From the last act of this verb on no pod, claim or revision of the set was changed, as often as the controller looked."""
    found = stays_still(history, verb)
    acts = history.acts(verb)
    # Where a pod was moved, how far the rest may be judged is not known.
    if found or not acts:
        return found or cut_short(history, f"act: {verb}")
    act, end = acts[-1], done_next(history, acts[-1])
    found += [violation for life in _left_alone(history) for violation in _touched(life, act, end)]
    found += [violation for pod in history.pods for violation in _owned_anew(pod, act, end)]
    found += [violation for one in history.sets for violation in _renamed(one, act, end)]
    return sorted(found, key=lambda violation: violation.event.number)


def goes_on(history: History, verb: str, check: Callable[[History], list[Violation]]) -> list[Violation]:
    """What was begun by the last act of this verb went on behind a restart, and all of it was as this other check says."""
    found = check(history)
    begun, restarts = history.acts(verb), history.acts("restart")
    left = removals(history, begun[-1].number, inf) if begun else []
    between = [act for act in restarts if left and begun[-1].number < act.number < left[-1][1].number]
    return found if found or between else cut_short(history, f"restart in the middle of the {verb}")


def creation_goes_on(history: History, ordinals: Collection[int]) -> list[Violation]:
    """The pods of these ordinals were created in turn, and behind a restart the next waited for one that was not Ready."""
    found = gated_by_readiness(history, ordinals)
    return found if found or _was_waited_for(history) else cut_short(history, "look at an unready pod behind a restart")


def _was_waited_for(history: History) -> bool:
    """Whether the controller looked behind a restart while the newest pod had never been Ready, and others were to come."""
    for restart in history.acts("restart"):
        there = [pod for pod in history.pods if pod.at(restart.rv + 1) is not None]
        look = looked_since(history, restart)
        if not there or look is None:
            continue
        ready = there[-1].when(is_ready)
        later = [pod for pod in history.pods if pod.first.number > look.number]
        if later and (ready is None or look.number < ready.number):
            return True
    return False


def _left_alone(history: History) -> list[Life]:
    """The set's claims and revisions: others' may stand beside them, such as those of a recorder's own objects."""
    ours = {one.uid for one in history.sets}
    revisions = history.lives("ControllerRevision")
    owned = [
        one
        for one in revisions
        if any((controller_of(event.metadata) or {}).get("uid") in ours for event in one.events)
    ]
    return [*set_claims(history), *owned]


def _touched(life: Life, act: Event, end: float) -> Iterator[Violation]:
    """What was made or taken away meanwhile, or put under another owner."""
    for event in life.events:
        if act.number < event.number < end and event.type == ADDED:
            yield Violation(event, f"{event.kind} {event.name} was created")
        if act.number < event.number < end and event.terminating:
            yield Violation(event, f"{event.kind} {event.name} was deleted")
            return
    yield from _owned_anew(life, act, end)


def _owned_anew(life: Life, act: Event, end: float) -> Iterator[Violation]:
    """Where an object was put under another owner meanwhile."""
    for before, event in pairwise(life.events):
        same = before.metadata.get("ownerReferences") == event.metadata.get("ownerReferences")
        if act.number < event.number < end and not event.terminating and not same:
            yield Violation(event, f"{event.kind} {event.name} was put under another owner")


def _renamed(one: Life, act: Event, end: float) -> Iterator[Violation]:
    """Where the status names another revision than it did before."""
    before = one.at(act.rv + 1)
    for event in one.events:
        if before is None or not act.number < event.number < end:
            continue
        for field in REVISIONS:
            old, new = before.status.get(field), event.status.get(field)
            if old != new:
                yield Violation(event, f"the {field} of {event.name} became {new}, and was {old}")
        before = event
