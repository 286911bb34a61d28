"""What the controller writes, and what of it has not come back yet.

Method: every write is one request that names the object by its UID or its resourceVersion, so it hits what was looked at or
nothing. What was written must have been seen before the same set is looked at again.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from fixtures.cluster import ApiError, Cluster
from selftest.second.cache import Cache
from selftest.second.objects import PLACES, Object, is_leaving, name_of, owners_of, uid_of, version_of

NOT_FOUND, CONFLICT = 404, 409


class Store:
    """The objects of one namespace, and the writes of one set's look that have not been seen yet."""

    def __init__(self, cluster: Cluster, cache: Cache, namespace: str) -> None:
        self.cluster, self.cache, self.namespace = cluster, cache, namespace
        self._written: dict[str, int] = {}
        self._deleted: dict[tuple[str, str], None] = {}

    def is_up_to_date(self) -> bool:
        """Whether all that was written here has come back."""
        seen = all(self.cache.has_seen(kind, version) for kind, version in self._written.items())
        return seen and all(self._left(*one) for one in self._deleted)

    @property
    def is_idle(self) -> bool:
        """Whether nothing was written since all was seen."""
        return not self._written and not self._deleted

    def forget(self) -> None:
        """Wait for nothing any more: all was seen."""
        self._written.clear()
        self._deleted.clear()

    def create(self, kind: str, body: Object) -> Object:
        """Create an object; raises ApiError."""
        return self._seen_later(kind, self.cluster.request("POST", self._path(kind), body))

    def renumber(self, revision: Object, number: int) -> Object:
        """Give a revision another number; raises ApiError."""
        return self.patch("ControllerRevision", revision, {"revision": number})

    def own(self, kind: str, one: Object, owners: list[Object]) -> Object:
        """Put an object under these owners; raises ApiError."""
        return self.patch(kind, one, {"metadata": {"ownerReferences": owners}})

    def patch(self, kind: str, one: Object, change: Object, *, subresource: str = "") -> Object:
        """Change an object as it was looked at, by a merge patch; raises ApiError, a conflict where it is another by now."""
        metadata = {"uid": uid_of(one), "resourceVersion": one["metadata"]["resourceVersion"]}
        body = change | {"metadata": metadata | change.get("metadata", {})}
        path = self._path(kind, name_of(one)) + subresource
        return self._seen_later(kind, self.cluster.request("PATCH", path, body, patch="merge"))

    def delete(self, kind: str, one: Object, **options: object) -> None:
        """Delete an object gracefully, unless the options say otherwise; one that is gone already is no error."""
        body = {"preconditions": {"uid": uid_of(one)}, **options}
        try:
            self.cluster.request("DELETE", self._path(kind, name_of(one)), body)
        except ApiError as refused:
            if refused.status not in (NOT_FOUND, CONFLICT):
                raise
        else:
            self._tell_deletion(kind, one)
        self._deleted[kind, uid_of(one)] = None

    def read(self, kind: str, name: str) -> Object:
        """Ask the server itself for an object; raises ApiError."""
        return self.cluster.request("GET", self._path(kind, name))

    def _tell_deletion(self, kind: str, one: Object) -> None:
        """Tell of a deleted pod, as Kubernetes' own controller does, in an event of its set."""
        owner = next((each for each in owners_of(one) if each.get("controller")), None)
        if kind == "Pod" and owner is not None:
            message = f"Delete Pod {name_of(one)} in StatefulSet {owner['name']} successful"
            # A namespace that is leaving takes no events any more.
            with suppress(ApiError):
                self._write_event(owner, "Normal", "SuccessfulDelete", message)

    def tell(self, one: Object, reason: str, message: str) -> None:
        """Write an Event about a set that warns."""
        about = {key: one["metadata"][key] for key in ("name", "uid", "resourceVersion")}
        self._write_event({"apiVersion": "apps/v1", "kind": "StatefulSet"} | about, "Warning", reason, message)

    def _write_event(self, about: Object, sort: str, reason: str, message: str) -> None:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        named = {key: about[key] for key in ("apiVersion", "kind", "name", "uid", "resourceVersion") if key in about}
        event = {
            "metadata": {"generateName": f"{about['name']}.", "namespace": self.namespace},
            "involvedObject": named | {"namespace": self.namespace},
            "reason": reason,
            "message": message,
            "type": sort,
            "source": {"component": "second"},
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
        self.cluster.request("POST", self._path("Event"), event)

    def _path(self, kind: str, name: str = "") -> str:
        version, _, plural = PLACES[kind].rpartition("/")
        collection = f"/{version}/namespaces/{self.namespace}/{plural}"
        return f"{collection}/{name}" if name else collection

    def _seen_later(self, kind: str, written: Object) -> Object:
        self._written[kind] = max(self._written.get(kind, 0), version_of(written))
        return written

    def _left(self, kind: str, uid: str) -> bool:
        one = self.cache.find(kind, self.namespace, uid)
        return one is None or is_leaving(one)
