"""What a proxy has really done: how many events and answers came out of it otherwise than they went in, and how much later.

Method: it is counted around a damage or an exchange, whatever these are, by comparing what they take with what they give.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

from selftest.surroundings.damages import BrokenOff, Change, Damage, Stream
from selftest.surroundings.exchanges import Answer, Exchange, PassOn, Request
from selftest.surroundings.surrounding import Witness

# An event that is held back so long is told late; passing one on takes a fraction of a millisecond.
LATE_SECONDS = 0.5
EVENTS, HARMED, REQUESTS, CHANGED, WAITED = "events", "harmed", "requests", "changed", "waited"


class Tally:
    """The counts of one proxy, which many threads add to."""

    def __init__(self) -> None:
        self._counts, self._lock = Counter[str](), threading.Lock()

    def watching(self, damage: Damage) -> Damage:
        """The same damage, counted: events that are left out, told again, late or otherwise, and what is broken off."""

        def damaged(stream: Stream, events: Iterator[Change]) -> Iterator[Change]:
            taken: list[tuple[Change, float]] = []

            def arriving() -> Iterator[Change]:
                for event in events:
                    self._add(EVENTS)
                    taken.append((event, time.monotonic()))
                    yield event

            try:
                for told in damage(stream, arriving()):
                    self._add(HARMED, not _is_as_it_came(told, taken))
                    taken.clear()
                    yield told
            except BrokenOff:
                taken.append(({}, 0.0))
                raise
            finally:
                # What was taken behind the last that was told was left out.
                self._add(HARMED, bool(taken))

        return damaged

    def exchanging(self, exchange: Exchange) -> Exchange:
        """The same exchange, counted: requests passed on otherwise, more than once or not at all, and other answers."""

        def changed(request: Request, pass_on: PassOn) -> Answer:
            passed: list[tuple[Request, Answer]] = []

            def noting(asked: Request) -> Answer:
                passed.append((asked, pass_on(asked)))
                return passed[-1][1]

            answer = exchange(request, noting)
            self._add(REQUESTS)
            self._add(CHANGED, not (len(passed) == 1 and _is_same(passed[0][0], request) and passed[0][1] == answer))
            return answer

        return changed

    def delaying(self, delay: Callable[[], float]) -> Callable[[], float]:
        """The same delay, added up."""

        def delayed() -> float:
            seconds = delay()
            self._add(REQUESTS)
            self._add(WAITED, seconds)
            return seconds

        return delayed

    def told_otherwise(self, witness: Witness) -> None:
        """Say how much of the watches was damaged."""
        witness.saw(self._counts[HARMED], f"of {self._counts[EVENTS]} events were not told as they came")

    def answered_otherwise(self, witness: Witness) -> None:
        """Say how many requests were answered otherwise."""
        witness.saw(self._counts[CHANGED], f"of {self._counts[REQUESTS]} requests were answered otherwise")

    def told_late(self, witness: Witness) -> None:
        """Say how long the requests waited."""
        witness.saw(self._counts[WAITED], f"seconds that {self._counts[REQUESTS]} requests had to wait, taken together")

    def _add(self, what: str, number: float = 1) -> None:
        with self._lock:
            self._counts[what] += number  # type: ignore[assignment]


def _is_as_it_came(told: Change, taken: list[tuple[Change, float]]) -> bool:
    return len(taken) == 1 and told is taken[0][0] and time.monotonic() - taken[0][1] < LATE_SECONDS


def _is_same(asked: Request, request: Request) -> bool:
    said, meant = ((one.method, one.path, one.object) for one in (asked, request))
    return said == meant
