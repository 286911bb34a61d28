"""What may be done to the events of a watch: lost, swapped, told twice, delayed, altered, broken off.

Method: a damage gets the stream that is watched and its events one by one, and gives what the client is told. It lives as
long as the proxy, so that "the first of a namespace" stays the first when a watch is taken up again. Bookmarks are left alone.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Change = dict[str, Any]
BOOKMARK = "BOOKMARK"
GONE: Change = {
    "type": "ERROR",
    "object": {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"},
}


@dataclass(frozen=True, slots=True)
class Stream:
    """One watch: the namespace, empty where it is of all, and the kind's plural, such as pods."""

    namespace: str
    plural: str


class BrokenOff(Exception):
    """The connection is to end here, in the middle."""


Damage = Callable[[Stream, Iterator[Change]], Iterator[Change]]
Chosen = Callable[[Stream, Change], bool]


def unharmed(_: Stream, events: Iterator[Change]) -> Iterator[Change]:
    """Tell everything as it is."""
    return events


def dropping(chosen: Chosen) -> Damage:
    """Leave out every event of this choice."""

    def damage(stream: Stream, events: Iterator[Change]) -> Iterator[Change]:
        return (event for event in events if not chosen(stream, event))

    return damage


def doubling(chosen: Chosen) -> Damage:
    """Tell every event of this choice twice."""

    def damage(stream: Stream, events: Iterator[Change]) -> Iterator[Change]:
        for event in events:
            yield event
            if chosen(stream, event):
                yield event

    return damage


def swapping(chosen: Chosen) -> Damage:
    """Tell every event of this choice only after the one that follows it."""

    def damage(stream: Stream, events: Iterator[Change]) -> Iterator[Change]:
        for event in events:
            if chosen(stream, event):
                yield from itertools.islice(events, 1)
            yield event

    return damage


def delaying(chosen: Chosen, seconds: float) -> Damage:
    """Tell every event of this choice late, and whatever stands behind it in its watch."""

    def damage(stream: Stream, events: Iterator[Change]) -> Iterator[Change]:
        for event in events:
            if chosen(stream, event):
                time.sleep(seconds)
            yield event

    return damage


def altering(chosen: Chosen, change: Callable[[Change], Change]) -> Damage:
    """Tell something else in place of the object of every event of this choice."""

    def damage(stream: Stream, events: Iterator[Change]) -> Iterator[Change]:
        for event in events:
            yield event | {"object": change(event["object"])} if chosen(stream, event) else event

    return damage


def breaking_off(chosen: Chosen, *, gone: bool) -> Damage:
    """End the connection in place of every event of this choice; `gone`: what was missed cannot be had any more."""
    broken: set[Stream] = set()

    def damage(stream: Stream, events: Iterator[Change]) -> Iterator[Change]:
        if gone and stream in broken:
            broken.discard(stream)
            yield GONE
            return
        for event in events:
            if chosen(stream, event):
                broken.add(stream)
                raise BrokenOff
            yield event

    return damage


def every(plural: str, *types: str) -> Chosen:
    """Every event of a kind, of these types where any are named."""
    return lambda stream, event: (
        stream.plural == plural and event["type"] in (types or ("ADDED", "MODIFIED", "DELETED"))
    )


def each_nth(number: int) -> Chosen:
    """Each n-th event of every watch."""
    counts, lock = Counter[Stream](), threading.Lock()

    def chosen(stream: Stream, event: Change) -> bool:
        with lock:
            counts[stream] += event["type"] != BOOKMARK
            return event["type"] != BOOKMARK and counts[stream] % number == 0

    return chosen


def both(one: Chosen, other: Chosen) -> Chosen:
    """The events that are of both choices."""
    return lambda stream, event: one(stream, event) and other(stream, event)


def first(choice: Chosen) -> Chosen:
    """The first event of a choice in each namespace."""
    seen: set[str] = set()
    lock = threading.Lock()

    def chosen(stream: Stream, event: Change) -> bool:
        with lock:
            if stream.namespace in seen or not choice(stream, event):
                return False
            seen.add(stream.namespace)
            return True

    return chosen


def becomes_ready(name: str) -> Chosen:
    """The events in which a pod of this name is Ready; the first of them is its becoming so."""

    def chosen(stream: Stream, event: Change) -> bool:
        if stream.plural != "pods" or event["type"] != "MODIFIED" or event["object"]["metadata"]["name"] != name:
            return False
        conditions = (event["object"].get("status") or {}).get("conditions") or ()
        return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)

    return chosen


def begins_to_leave(name: str) -> Chosen:
    """The events in which a pod of this name is on its way out; the first of them is the beginning of its deletion."""
    return lambda stream, event: (
        stream.plural == "pods"
        and event["type"] == "MODIFIED"
        and event["object"]["metadata"]["name"] == name
        and "deletionTimestamp" in event["object"]["metadata"]
    )
