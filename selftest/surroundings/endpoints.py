"""EndpointSlices written by an agent in place of Kubernetes' own controller: as the API describes them, or one thing otherwise.

Method: one slice for each Service, since it may hold 1,000 endpoints. It is written under the name of Kubernetes' own
controller, which takes it over where it comes back. The honest agent shows that the suite asks for what is promised and not
for what Kubernetes' controller happens to do; each fault is the honest one with one decision made otherwise.
"""

from __future__ import annotations

from collections.abc import Collection

from selftest.second.objects import (
    FINISHED,
    Object,
    controller_of,
    is_leaving,
    labels_of,
    name_of,
    namespace_of,
    phase_of,
    ready_since,
    reference,
    uid_of,
)
from selftest.second.store import Store
from selftest.surroundings.agent import Agent

SERVICE = "kubernetes.io/service-name"
MANAGER = {"endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"}
HEADLESS = {"service.kubernetes.io/headless": ""}


class HonestEndpoints(Agent):
    """EndpointSlices are written by another controller than Kubernetes' own, which keeps every promise."""

    kinds = ("Service", "Pod", "EndpointSlice")
    looks_at = "Service"

    def look(self, one: Object, store: Store) -> None:
        """Let the Service's slice list the pods that it selects, as they are."""
        if not one["spec"].get("selector") or is_leaving(one):
            return
        slices = self._slices(one)
        known = {endpoint["targetRef"]["uid"] for found in slices for endpoint in found.get("endpoints") or ()}
        pods = self._selected(one)
        wanted = {"endpoints": [self.endpoint(one, pod, known) for pod in pods], "ports": ports(one, pods)}
        if not slices:
            store.create("EndpointSlice", _slice(one) | wanted)
        elif any((slices[0].get(part) or []) != said for part, said in wanted.items()):
            store.patch("EndpointSlice", slices[0], wanted)
        # There are two where the answer to the creation of the first was lost.
        for surplus in slices[1:]:
            store.delete("EndpointSlice", surplus)

    def endpoint(self, service: Object, pod: Object, known: Collection[str]) -> Object:
        """What is said of a pod; `known` are the UIDs of those that the Service lists already."""
        host = self.host_name(service, pod, known)
        return {
            "addresses": addresses(pod),
            "conditions": {
                "ready": self.is_ready(service, pod),
                "serving": ready_since(pod) is not None,
                "terminating": is_leaving(pod),
            },
            "targetRef": {
                "kind": "Pod",
                "namespace": namespace_of(pod),
                "name": name_of(pod),
                "uid": uid_of(pod),
            },
            **({"nodeName": pod["spec"]["nodeName"]} if "nodeName" in pod["spec"] else {}),
            **({"hostname": host} if host else {}),
        }

    def host_name(self, service: Object, pod: Object, known: Collection[str]) -> str:
        """The host name of a pod whose subdomain is the Service; else it is empty."""
        return str(pod["spec"].get("hostname", "")) if pod["spec"].get("subdomain") == name_of(service) else ""

    def is_ready(self, service: Object, pod: Object) -> bool:
        """Whether a pod is to be asked: where it is Ready and stays, or where the Service says that all are."""
        return self.publishes_unready(service) or (ready_since(pod) is not None and not is_leaving(pod))

    def publishes_unready(self, service: Object) -> bool:
        """Whether the Service says that pods are to be published whether they are Ready or not."""
        return bool(service["spec"].get("publishNotReadyAddresses"))

    def _slices(self, service: Object) -> list[Object]:
        found = self.cache.all("EndpointSlice", namespace_of(service))
        return [one for one in found if (controller_of(one) or {}).get("uid") == uid_of(service)]

    def _selected(self, service: Object) -> list[Object]:
        wanted = service["spec"]["selector"].items()
        pods = (pod for pod in self.cache.all("Pod", namespace_of(service)) if wanted <= labels_of(pod).items())
        return sorted((pod for pod in pods if addresses(pod) and phase_of(pod) not in FINISHED), key=name_of)


class NamelessAtFirst(HonestEndpoints):
    """An endpoint gets its host name only by the second write of its EndpointSlice."""

    breaks = ("network/endpoints-are-named",)

    def host_name(self, service: Object, pod: Object, known: Collection[str]) -> str:
        """No name for one that is not listed yet."""
        return super().host_name(service, pod, known) if uid_of(pod) in known else ""


class UnreadyAsReady(HonestEndpoints):
    """EndpointSlices list a pod that is not Ready as ready."""

    # Its name is in the DNS then, and so in the SRV records.
    breaks = ("network/unready-is-not-published", "network/srv-lists-ready-pods")

    def is_ready(self, service: Object, pod: Object) -> bool:
        """Whether it stays."""
        return not is_leaving(pod)


class UnreadyThoughAsked(HonestEndpoints):
    """EndpointSlices list a pod that is not Ready as such, although its Service has publishNotReadyAddresses."""

    breaks = ("network/unready-is-published-where-asked",)

    def publishes_unready(self, service: Object) -> bool:
        """Never."""
        return False


class NamesEverywhere(HonestEndpoints):
    """EndpointSlices of every headless Service that selects a pod give its host name."""

    breaks = ("network/second-service-names-no-pods",)

    def host_name(self, service: Object, pod: Object, known: Collection[str]) -> str:
        """The pod's host name, whichever headless Service asks."""
        return str(pod["spec"].get("hostname", "")) if is_headless(service) else ""


def is_headless(service: Object) -> bool:
    """Whether a Service has no address of its own."""
    return service["spec"].get("clusterIP") in (None, "", "None")


def addresses(pod: Object) -> list[str]:
    """A pod's addresses of the fourth version of the protocol, which is the embedded cluster's."""
    return [one["ip"] for one in (pod.get("status") or {}).get("podIPs") or () if ":" not in one["ip"]]


def ports(service: Object, pods: list[Object]) -> list[Object]:
    """A Service's ports, which every manifest of the suite gives by their numbers in the pods; none where there are no pods."""
    return [
        {"name": port.get("name", ""), "port": port["targetPort"], "protocol": port["protocol"]}
        for port in (service["spec"].get("ports") or () if pods else ())
    ]


def _slice(service: Object) -> Object:
    headless = HEADLESS if is_headless(service) else {}
    return {
        "metadata": {
            "generateName": f"{name_of(service)}-",
            "labels": labels_of(service) | {SERVICE: name_of(service)} | MANAGER | headless,
            "ownerReferences": [reference("Service", service)],
        },
        "addressType": "IPv4",
    }
