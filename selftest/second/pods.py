"""What a pod and its claims are made like, from the template of a revision, the set, and an ordinal."""

from __future__ import annotations

import copy

from selftest.second.objects import POD_INDEX, POD_NAME, REVISION, ROLLING, Object, name_of, namespace_of, reference
from selftest.second.world import World


class Pods:
    """How pods and claims are made."""

    def pod_name(self, world: World, ordinal: int) -> str:
        """The name of this ordinal's pod."""
        return f"{world.name}-{ordinal}"

    def claim_name(self, world: World, template: Object, ordinal: int) -> str:
        """The name of the claim that a template makes for this ordinal."""
        return f"{name_of(template)}-{world.name}-{ordinal}"

    def revision_for(self, world: World, ordinal: int) -> Object:
        """The revision that a new pod of this ordinal is made of."""
        spared = world.strategy == ROLLING and ordinal < int(world.rolling.get("partition") or 0)
        return world.current if spared else world.update

    def pod(self, world: World, ordinal: int) -> Object:
        """The pod of this ordinal, to be created."""
        revision = self.revision_for(world, ordinal)
        template = copy.deepcopy(revision["data"]["spec"]["template"])
        metadata, spec = template.get("metadata") or {}, template["spec"]
        spec["hostname"], spec["subdomain"] = self.hostname(world, ordinal), self.subdomain(world)
        spec["volumes"] = self.volumes(world, ordinal, spec.get("volumes") or [])
        return {
            "metadata": {
                "name": self.pod_name(world, ordinal),
                "namespace": namespace_of(world.set),
                "labels": (metadata.get("labels") or {}) | self.labels(world, ordinal, revision),
                "annotations": metadata.get("annotations") or {},
                "finalizers": metadata.get("finalizers") or [],
                "ownerReferences": self.pod_owners(world),
            },
            "spec": spec,
        }

    def labels(self, world: World, ordinal: int, revision: Object) -> dict[str, str]:
        """The labels that make a pod known for what it is."""
        return self.identity(world, ordinal) | {REVISION: name_of(revision)}

    def identity(self, world: World, ordinal: int) -> dict[str, str]:
        """The labels of a pod's identity, which are restored where they are changed."""
        return {POD_NAME: self.pod_name(world, ordinal), POD_INDEX: str(ordinal)}

    def hostname(self, world: World, ordinal: int) -> str:
        """The host name of this ordinal's pod."""
        return self.pod_name(world, ordinal)

    def subdomain(self, world: World) -> str:
        """The Service under which the pods' names stand."""
        return str(world.set["spec"].get("serviceName") or "")

    def pod_owners(self, world: World) -> list[Object]:
        """Who owns a new pod."""
        return [reference("StatefulSet", world.set)]

    def volumes(self, world: World, ordinal: int, own: list[Object]) -> list[Object]:
        """The volumes of the pod template, in which claims take the place of those that have a claim template's name."""
        claims = [
            {"name": name_of(one), "persistentVolumeClaim": {"claimName": self.claim_name(world, one, ordinal)}}
            for one in world.templates
        ]
        names = {name_of(one) for one in world.templates}
        return claims + [volume for volume in own if volume["name"] not in names]

    def claim(self, world: World, template: Object, ordinal: int) -> Object:
        """The claim that a template makes for this ordinal, to be created."""
        metadata = template["metadata"]
        selected = world.set["spec"]["selector"].get("matchLabels") or {}
        return {
            "metadata": {
                "name": self.claim_name(world, template, ordinal),
                "namespace": namespace_of(world.set),
                "labels": (metadata.get("labels") or {}) | selected,
                "annotations": metadata.get("annotations") or {},
            },
            "spec": copy.deepcopy(template["spec"]),
        }
