"""An agent: a controller of a few lines that does the work of one of the cluster's own, honestly or with a promise broken.

Method: it knows what the cluster holds as the second controller does (selftest/second/cache.py), looks at every object of its
kind whenever anything in the namespace changes, and only once all that it wrote about that object has come back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from fixtures.cluster import Cluster
from selftest.second.cache import Cache
from selftest.second.objects import Object, name_of
from selftest.second.queue import Key, Queue
from selftest.second.store import Store
from selftest.second.working import work

# What is printed whenever a look led to a write.
WROTE = "wrote"


class Agent(ABC):
    """Looks at all objects of one kind. `kinds` are what it must know of.

    `breaks` are the guarantees that are *failed* where it works; none where it keeps its promises.
    """

    kinds: ClassVar[Sequence[str]]
    looks_at: ClassVar[str]
    breaks: ClassVar[tuple[str, ...]] = ()

    def __init__(self, cluster: Cluster) -> None:
        self.cluster, self.queue = cluster, Queue()
        self.cache = Cache(cluster, "", self._changed, self.kinds)
        self._stores: dict[Key, Store] = {}

    @abstractmethod
    def look(self, one: Object, store: Store) -> None:
        """Do what is to be done about this object, if anything is; raises ApiError."""

    def run(self) -> None:
        """Work until the process ends."""
        self.cache.start()
        work(self.queue, self._look)

    def _changed(self, namespace: str) -> None:
        for one in self.cache.all(self.looks_at, namespace):
            self.queue.add((namespace, name_of(one)))

    def _look(self, key: Key) -> None:
        one = self.cache.get(self.looks_at, *key)
        store = self._stores.setdefault(key, Store(self.cluster, self.cache, key[0]))
        if one is not None and store.is_up_to_date():
            store.forget()
            self.look(one, store)
            if not store.is_idle:
                print(WROTE, flush=True)
