"""Faults of what a controller knows when it acts."""

from __future__ import annotations

import threading
import time
from queue import SimpleQueue

from fixtures.cluster import Cluster
from selftest.second.cache import Cache
from selftest.second.faults.faulty import Faulty
from selftest.second.objects import Object
from selftest.second.store import Store

LATE_SECONDS = 1.0


class LateCache(Cache):
    """A cache that learns of pods a while after all else, in their order, as behind a slow watch."""

    def start(self) -> None:
        """List every kind, watch each, and pass on late what is seen of pods."""
        self._late: SimpleQueue[tuple[float, Object]] = SimpleQueue()
        threading.Thread(target=self._pass_on, daemon=True, name="late pods").start()
        super().start()

    def _take(self, kind: str, event: Object) -> str:
        if kind != "Pod" or event["type"] in ("BOOKMARK", "ERROR"):
            return super()._take(kind, event)
        self._late.put((time.monotonic() + LATE_SECONDS, event))
        return str(event["object"]["metadata"]["resourceVersion"])

    def _pass_on(self) -> None:
        pause = threading.Event()
        while True:
            due, event = self._late.get()
            pause.wait(max(0.0, due - time.monotonic()))
            super()._take("Pod", event)


class ActsOnStaleCache(Faulty):
    """Acts upon pods as they were a second ago, without waiting until what it has written itself has come back."""

    breaks = ("restart/cache-behind-its-own-writes",)

    def __init__(self, cluster: Cluster, prefix: str) -> None:
        super().__init__(cluster, prefix)
        self.cache = LateCache(cluster, prefix, self._changed)

    def is_fresh(self, store: Store) -> bool:
        return True
