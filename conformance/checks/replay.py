"""The log read once from its beginning, with the ordinals that are there, staying and ready at each moment.

Method: whoever asks at every event what all the other pods are like reads the log as often as there are pods. Here each event
changes what little it changes, so a thousand ordinals cost a thousand times what one costs.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterator

from conformance.checks.evidence import ordinal_in
from conformance.history import DELETED, Event, History, is_ready


class Ordinals:
    """A sorted set of ordinals; one that is put in twice, since two pods bear it, is in it until it is taken out twice."""

    def __init__(self) -> None:
        self._sorted: list[int] = []
        self._times: Counter[int] = Counter()

    def put(self, ordinal: int) -> None:
        """Put one in."""
        if not self._times[ordinal]:
            insort(self._sorted, ordinal)
        self._times[ordinal] += 1

    def take(self, ordinal: int) -> None:
        """Take one out."""
        self._times[ordinal] -= 1
        if not self._times[ordinal]:
            del self._sorted[bisect_left(self._sorted, ordinal)]

    def within(self, first: int, end: int) -> int:
        """How many different ones there are from `first` on and below `end`."""
        return bisect_left(self._sorted, end) - bisect_left(self._sorted, first)

    def above(self, ordinal: int) -> bool:
        """Whether there is a higher one."""
        return bool(self._sorted) and self._sorted[-1] > ordinal


class World:
    """Which of the workload's ordinals are there, of these which are not on their way out, and which are ready."""

    def __init__(self) -> None:
        self.there, self.staying, self.ready = Ordinals(), Ordinals(), Ordinals()
        self._counted: dict[str, list[Ordinals]] = {}

    def take_in(self, event: Event, ordinal: int) -> None:
        """Take in what an event says of a pod."""
        for kept in self._counted.pop(event.uid, []):
            kept.take(ordinal)
        if event.type == DELETED:
            return
        now = [self.there] + [self.staying] * (not event.terminating) + [self.ready] * is_ready(event)
        for kept in now:
            kept.put(ordinal)
        self._counted[event.uid] = now


def replay(history: History) -> Iterator[tuple[Event, World]]:
    """Each event of the workload's pods, in order, with the world just before it."""
    world, ours = World(), {pod.uid: ordinal_in(history, pod) for pod in history.pods}
    for event in history.of_kind("Pod"):
        ordinal = ours.get(event.uid)
        if ordinal is not None:
            yield event, world
            world.take_in(event, ordinal)
