"""What the cluster is known to hold: some kinds of objects, listed once and then watched.

Method: each kind has a thread that applies the server's events in order, so what is known of a kind is always what was true at
one moment. Whoever wrote something waits for it to come back before it looks again, or it would act upon the past.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections import defaultdict
from collections.abc import Callable, Sequence

import urllib3.exceptions

from fixtures.cluster import ApiError, Cluster
from fixtures.waiting import TransportError
from selftest.second.objects import PLACES, Object, name_of, namespace_of, uid_of, version_of
from selftest.second.working import BROKEN

OF_SETS = ("StatefulSet", "ControllerRevision", "Pod", "PersistentVolumeClaim")
GONE = 410
RECONNECT_SECONDS = 0.2


class Cache:
    """The objects of all namespaces that begin with a prefix, by kind and namespace; `changed` is told each namespace.

    `kinds` says which kinds; without it they are those that a set is made of.
    """

    def __init__(
        self, cluster: Cluster, prefix: str, changed: Callable[[str], None], kinds: Sequence[str] = OF_SETS
    ) -> None:
        self.cluster, self.prefix, self.changed, self.kinds = cluster, prefix, changed, kinds
        self._lock = threading.RLock()
        self._objects: dict[str, dict[str, dict[str, Object]]] = {kind: defaultdict(dict) for kind in kinds}
        self._newest = dict.fromkeys(kinds, 0)

    def start(self) -> None:
        """List every kind, then watch each in a thread of its own."""
        for kind in self.kinds:
            version = self._list(kind)
            threading.Thread(target=self._watch, args=(kind, version), daemon=True, name=f"watch {kind}").start()

    def all(self, kind: str, namespace: str) -> list[Object]:
        """All objects of a kind in a namespace; they are never to be changed."""
        with self._lock:
            return list(self._objects[kind][namespace].values())

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """The object of this name, or None."""
        return next((one for one in self.all(kind, namespace) if name_of(one) == name), None)

    def find(self, kind: str, namespace: str, uid: str) -> Object | None:
        """The object of this UID, or None."""
        with self._lock:
            return self._objects[kind][namespace].get(uid)

    def has_seen(self, kind: str, version: int) -> bool:
        """Whether all that happened to a kind up to this resourceVersion is known."""
        return self._newest[kind] >= version

    def _list(self, kind: str) -> str:
        listed = self.cluster.request("GET", f"/{PLACES[kind]}")
        found: dict[str, dict[str, Object]] = defaultdict(dict)
        for one in listed["items"]:
            if namespace_of(one).startswith(self.prefix):
                found[namespace_of(one)][uid_of(one)] = one
        with self._lock:
            touched = {*found, *self._objects[kind]}
            self._objects[kind] = found
            self._newest[kind] = version_of(listed)
        for namespace in touched:
            self.changed(namespace)
        return str(listed["metadata"]["resourceVersion"])

    def _watch(self, kind: str, version: str) -> None:
        """Watch until the process ends; what nobody expects ends it, since a controller that sees no more is no controller."""
        try:
            self._keep_watching(kind, version)
        except Exception:
            traceback.print_exc()
            os._exit(BROKEN)

    def _keep_watching(self, kind: str, version: str) -> None:
        pause = threading.Event()
        while True:
            try:
                for event in self.cluster.watch(f"/{PLACES[kind]}", version, lambda _: None):
                    version = self._take(kind, event)
            except ApiError as refused:
                print(f"second: {kind}: {refused}", file=sys.stderr)
                version = (self._list_again(kind) if refused.status == GONE else None) or version
            except (urllib3.exceptions.HTTPError, ConnectionError, TimeoutError, ValueError) as lost:
                print(f"second: {kind}: {lost}", file=sys.stderr)
            pause.wait(RECONNECT_SECONDS)

    def _list_again(self, kind: str) -> str | None:
        try:
            return self._list(kind)
        except (ApiError, TransportError):
            return None

    def _take(self, kind: str, event: Object) -> str:
        one = event["object"]
        if event["type"] == "ERROR":
            raise ApiError(int(one.get("code", 0)), str(one.get("reason", "")), str(one.get("message", "")))
        namespace = one["metadata"].get("namespace", "")
        with self._lock:
            if event["type"] == "DELETED":
                self._objects[kind][namespace].pop(uid_of(one), None)
            elif event["type"] != "BOOKMARK" and namespace.startswith(self.prefix):
                self._objects[kind][namespace][uid_of(one)] = one
            self._newest[kind] = max(self._newest[kind], version_of(one))
        if namespace.startswith(self.prefix):
            self.changed(namespace)
        return str(one["metadata"]["resourceVersion"])
