"""Faults of what becomes of a set that is deleted."""

from __future__ import annotations

from selftest.second.faults.faulty import Faulty
from selftest.second.objects import is_leaving
from selftest.second.store import Store
from selftest.second.world import World

FINALIZER = "second.test/orderly"


class TearsDownInOrder(Faulty):
    """Keeps a set that is deleted, by a finalizer, until it has removed the pods itself, from the highest ordinal down."""

    breaks = ("api/background-deletes-set-first",)

    def meddle(self, world: World, store: Store) -> None:
        there = world.set["metadata"].get("finalizers") or []
        # A set that asks for no pods has nothing to be torn down, and may be deleted when nobody is there to let it go.
        if world.ordinals and FINALIZER not in there:
            store.patch("StatefulSet", world.set, {"metadata": {"finalizers": [*there, FINALIZER]}})

    def say(self, world: World, collisions: int, store: Store) -> None:
        if not world.is_leaving:
            super().say(world, collisions, store)
        elif not world.pods:
            rest = [one for one in world.set["metadata"]["finalizers"] if one != FINALIZER]
            store.patch("StatefulSet", world.set, {"metadata": {"finalizers": rest}})
        elif not any(map(is_leaving, world.pods)):
            store.delete("Pod", max(world.pods, key=world.ordinal))
