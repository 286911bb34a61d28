"""The queue of sets to look at: each at most once at a time, again after a while where it was asked for or has failed."""

from __future__ import annotations

import heapq
import threading
import time
from collections import Counter

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 20.0

Key = tuple[str, str]


class Queue:
    """Keys of sets (namespace and name), taken by several workers; no two of them have the same one."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: list[Key] = []
        self._later: list[tuple[float, Key]] = []
        self._taken: set[Key] = set()
        self._again: set[Key] = set()
        self._failures: Counter[Key] = Counter()

    def add(self, key: Key) -> None:
        """Have a set looked at now; once more where it is being looked at."""
        with self._changed:
            if key in self._taken:
                self._again.add(key)
            elif key not in self._due:
                self._due.append(key)
                self._changed.notify()

    def add_later(self, key: Key, seconds: float) -> None:
        """Have a set looked at after so many seconds."""
        with self._changed:
            heapq.heappush(self._later, (time.monotonic() + seconds, key))
            self._changed.notify()

    def take(self) -> Key:
        """Wait for a set that is due; it is nobody else's until it is `done`."""
        with self._changed:
            while True:
                now = time.monotonic()
                while self._later and self._later[0][0] <= now:
                    self._promote(heapq.heappop(self._later)[1])
                if self._due:
                    key = self._due.pop(0)
                    self._taken.add(key)
                    return key
                self._changed.wait(self._later[0][0] - now if self._later else None)

    def done(self, key: Key, failed: bool) -> None:
        """Give a set back; one that failed is due again after a pause that doubles each time."""
        with self._changed:
            self._taken.discard(key)
            if key in self._again:
                self._again.discard(key)
                self._promote(key)
            self._failures[key] += 1
            if not failed:
                del self._failures[key]
        if failed:
            self.add_later(key, min(FIRST_PAUSE_SECONDS * 2 ** min(self._failures[key], 20), LONGEST_PAUSE_SECONDS))

    def _promote(self, key: Key) -> None:
        if key in self._taken:
            self._again.add(key)
        elif key not in self._due:
            self._due.append(key)
            self._changed.notify()
