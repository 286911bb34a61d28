"""Faults of how a set is tied to its Service."""

from __future__ import annotations

from fixtures.cluster import ApiError
from selftest.second.faults.faulty import Faulty
from selftest.second.objects import namespace_of
from selftest.second.store import NOT_FOUND
from selftest.second.world import World


class WaitsForTheService(Faulty):
    """Makes no pod before the Service that the set names is there."""

    breaks = ("network/created-without-service",)

    def to_create(self, world: World) -> list[int]:
        namespace, service = namespace_of(world.set), self.subdomain(world)
        try:
            self.cluster.request("GET", f"/api/v1/namespaces/{namespace}/services/{service}")
        except ApiError as refused:
            if refused.status != NOT_FOUND:
                raise
            self.queue.add_later((namespace, world.name), 1.0)
            return []
        return super().to_create(world)
