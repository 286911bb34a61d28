"""An agent that lets volumes grow, in the part of the provisioner, which cannot.

Method: a volume is a folder whose size was nobody's limit before, so it is as true of the larger one as it was of the smaller.
"""

from __future__ import annotations

from conformance.checks.claims import quantity
from selftest.second.objects import Object
from selftest.second.store import Store
from selftest.surroundings.agent import Agent

CLAIM = "PersistentVolumeClaim"


class HonestExpansion(Agent):
    """Volumes of the default StorageClass can grow, and do when they are asked to."""

    kinds = (CLAIM,)
    looks_at = CLAIM

    def look(self, one: Object, store: Store) -> None:
        """Make the volume as large as its claim asks for, and then say so in the claim."""
        asked = one["spec"]["resources"]["requests"]["storage"]
        has = ((one.get("status") or {}).get("capacity") or {}).get("storage")
        if has is None or quantity(asked) <= quantity(has):
            return
        size = {"capacity": {"storage": asked}}
        volume = f"/api/v1/persistentvolumes/{one['spec']['volumeName']}"
        self.cluster.request("PATCH", volume, {"spec": size}, patch="merge")
        store.patch(CLAIM, one, {"status": size}, subresource="/status")
