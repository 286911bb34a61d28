"""What a pod is like: ready, available, finished, in the way of others."""

from __future__ import annotations

from datetime import timedelta

from selftest.second.objects import FINISHED, Object, is_leaving, name_of, phase_of, ready_since, revision_of
from selftest.second.world import World


class Judging:
    """What the controller thinks of a pod."""

    def is_ready(self, world: World, pod: Object) -> bool:
        """Whether the pod runs and is Ready, on its way out or not."""
        return phase_of(pod) == "Running" and ready_since(pod) is not None

    def is_available(self, world: World, pod: Object) -> bool:
        """Whether the pod has been Ready for as long as the set wants."""
        since = ready_since(pod)
        if since is None or not self.is_ready(world, pod):
            return False
        return world.now - since >= self.least(world)

    def least(self, world: World) -> timedelta:
        """How long a pod must be Ready to be available."""
        return timedelta(seconds=int(world.set["spec"].get("minReadySeconds", 0)))

    def is_finished(self, world: World, pod: Object) -> bool:
        """Whether the pod has ended, well or badly, and will not run again."""
        return phase_of(pod) in FINISHED

    def is_settled(self, world: World, pod: Object) -> bool:
        """Whether the pod is available and stays: nothing has to wait for it."""
        return self.is_available(world, pod) and not is_leaving(pod)

    def is_outdated(self, world: World, pod: Object) -> bool:
        """Whether the pod is of another revision than the newest."""
        return revision_of(pod) != name_of(world.update)
