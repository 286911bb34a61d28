"""Revisions: what a template is kept as, which one is the newest, and which are forgotten."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from fixtures.cluster import ApiError
from selftest.second.objects import Object, controller_of, labels_of, name_of, reference, revision_of, selects, uid_of
from selftest.second.store import CONFLICT, Store

HASH = "controller.kubernetes.io/hash"
DIGITS = 10


class Revisions:
    """How the templates of a set are kept."""

    def data_of(self, one: Object) -> Object:
        """What a revision keeps of a set, as a strategic merge patch that restores it."""
        template = one["spec"]["template"] | {"$patch": "replace"}
        return {"spec": {"template": self.in_order(template)}}

    def in_order(self, data: Any) -> Any:
        """Put data into the form that the server gives them in a patch: else it takes any patch for a change of the data."""
        if isinstance(data, dict):
            return {key: self.in_order(data[key]) for key in sorted(data)}
        return [self.in_order(one) for one in data] if isinstance(data, list) else data

    def own_revisions(self, one: Object, store: Store) -> list[Object]:
        """The revisions that the set controls, oldest first; those that nobody controls it takes over."""
        found = []
        for revision in store.cache.all("ControllerRevision", store.namespace):
            owner = controller_of(revision)
            if owner is None and self.may_adopt(one, revision, store):
                revision = self.adopt(one, "ControllerRevision", revision, store)
                owner = controller_of(revision)
            if owner is not None and owner["uid"] == uid_of(one):
                found.append(revision)
        return sorted(found, key=lambda revision: int(revision["revision"]))

    def may_adopt(self, one: Object, other: Object, store: Store) -> bool:
        """Whether what nobody controls is the set's to take, as its labels say; raises ApiError as `require_staying` does."""
        if "deletionTimestamp" in other["metadata"] or not selects(one["spec"]["selector"], labels_of(other)):
            return False
        self.require_staying(one, store)
        return True

    def require_staying(self, one: Object, store: Store) -> None:
        """Ask the server itself whether the set is there to stay; raises ApiError where it is not.

        What is nobody's may have been the set's until the garbage collector took it out of its hands: a set that goes, and is
        not yet known to, must neither take that back nor make another in its place.
        """
        fresh = store.read("StatefulSet", name_of(one))
        if uid_of(fresh) != uid_of(one) or "deletionTimestamp" in fresh["metadata"]:
            raise ApiError(CONFLICT, "Conflict", f"the StatefulSet {name_of(one)} has just been deleted")

    def adopt(self, one: Object, kind: str, other: Object, store: Store) -> Object:
        """Put an object under the set's control."""
        owners = [*other["metadata"].get("ownerReferences", []), reference("StatefulSet", one)]
        return store.own(kind, other, owners)

    def newest(self, one: Object, revisions: Sequence[Object], store: Store) -> tuple[Object, int]:
        """The revision of the set's template, made or brought back where it is not the newest, and the count of collisions."""
        data, last = self.data_of(one), revisions[-1] if revisions else None
        collisions = int((one.get("status") or {}).get("collisionCount") or 0)
        same = [revision for revision in revisions if self.is_same(revision, data)]
        if same and last is not None and uid_of(same[-1]) == uid_of(last):
            return last, collisions
        number = int(last["revision"]) + 1 if last is not None else 1
        if same:
            return self.bring_back(same[-1], number, store), collisions
        return self.make_revision(one, data, number, collisions, store)

    def is_same(self, revision: Object, data: Object) -> bool:
        """Whether a revision keeps these data."""
        return bool(revision["data"] == data)

    def bring_back(self, revision: Object, number: int, store: Store) -> Object:
        """Make an older revision the newest."""
        return store.renumber(revision, number)

    def make_revision(
        self, one: Object, data: Object, number: int, collisions: int, store: Store
    ) -> tuple[Object, int]:
        """Make a revision, under another name for as long as its name is taken."""
        while True:
            text = json.dumps(data, sort_keys=True) + (str(collisions) if collisions else "")
            digest = hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
            labels = (one["spec"]["template"]["metadata"].get("labels") or {}) | {HASH: digest}
            metadata = {
                "name": f"{name_of(one)}-{digest}",
                "labels": labels,
                "ownerReferences": [reference("StatefulSet", one)],
            }
            try:
                body = {"metadata": metadata, "data": data, "revision": number}
                made = store.create("ControllerRevision", body)
            except ApiError as refused:
                if refused.status != CONFLICT:
                    raise
                collisions += 1
                continue
            if (controller_of(made) or {}).get("uid") == uid_of(one):
                return made, collisions
            collisions += 1

    def current(self, one: Object, revisions: Sequence[Object], update: Object) -> Object:
        """The revision of which the status says that it is current; where there is none, the newest."""
        name = (one.get("status") or {}).get("currentRevision")
        return next((revision for revision in revisions if name_of(revision) == name), update)

    def to_forget(
        self, one: Object, revisions: Sequence[Object], live: set[str], pods: Sequence[Object]
    ) -> list[Object]:
        """The revisions that are in no use, beyond as many as the set wants kept, oldest first."""
        used = self.in_use(live, pods)
        unused = [revision for revision in revisions if name_of(revision) not in used]
        limit = int(one["spec"].get("revisionHistoryLimit", 10))
        return unused[: max(0, len(unused) - limit)]

    def in_use(self, live: set[str], pods: Sequence[Object]) -> set[str]:
        """The names of all revisions that the status names or a pod bears."""
        return live | {revision_of(pod) for pod in pods}
