"""What one look at a set finds: the set, its pods by ordinal, its revisions, its claims, and the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from selftest.second.objects import PARALLEL, Object, is_leaving, name_of, ordinal_of, ordinals_of


@dataclass(frozen=True)
class World:
    """One set and all that belongs to it, as it was at one moment; `taken` are the names of pods that are not its own."""

    set: Object
    pods: tuple[Object, ...]
    claims: dict[str, Object]
    current: Object
    update: Object
    taken: frozenset[str]
    now: datetime

    @property
    def name(self) -> str:
        """The set's name."""
        return name_of(self.set)

    @property
    def is_leaving(self) -> bool:
        """Whether the set is being deleted."""
        return is_leaving(self.set)

    @property
    def is_ordered(self) -> bool:
        """Whether pods wait for each other."""
        return bool(self.set["spec"].get("podManagementPolicy") != PARALLEL)

    @property
    def ordinals(self) -> range:
        """The ordinals that the set asks for."""
        return ordinals_of(self.set)

    @property
    def strategy(self) -> str:
        """The type of the update strategy."""
        return str((self.set["spec"].get("updateStrategy") or {}).get("type", "RollingUpdate"))

    @property
    def rolling(self) -> Object:
        """What the set says of rolling updates."""
        return (self.set["spec"].get("updateStrategy") or {}).get("rollingUpdate") or {}

    @property
    def templates(self) -> list[Object]:
        """The templates of the claims that each pod has."""
        return self.set["spec"].get("volumeClaimTemplates") or []

    @property
    def policy(self) -> Object:
        """When claims are deleted."""
        return self.set["spec"].get("persistentVolumeClaimRetentionPolicy") or {}

    def ordinal(self, pod: Object) -> int:
        """The ordinal of one of the set's pods."""
        found = ordinal_of(name_of(pod), self.name)
        assert found is not None, "a pod of the set bears its name and an ordinal"
        return found

    def pod(self, ordinal: int) -> Object | None:
        """The pod of this ordinal, or None."""
        return next((pod for pod in self.pods if self.ordinal(pod) == ordinal), None)

    @property
    def wanted(self) -> list[Object]:
        """The pods that are there and that the set asks for, lowest ordinal first."""
        found = [pod for pod in self.pods if self.ordinal(pod) in self.ordinals]
        return sorted(found, key=self.ordinal)

    @property
    def surplus(self) -> list[Object]:
        """The pods that the set does not ask for, highest ordinal first."""
        found = [pod for pod in self.pods if self.ordinal(pod) not in self.ordinals]
        return sorted(found, key=self.ordinal, reverse=True)
