"""What stands between a node's kubelet and the API server, and has the kubelet be at fault: CLUSTER NODE PORT HOW.

Method: it runs inside the cluster's network, and bears the API server's certificate and the kubelet's own. What the kubelet is
told of its pods makes it do what a kubelet must not do; that the end of a pod is confirmed too early it says in the kubelet's
place.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from fixtures import embedded
from fixtures.embedded import control_plane
from selftest.second.ending import end_with_input
from selftest.surroundings.damages import BOOKMARK, Change, Stream
from selftest.surroundings.proxy import Server, Upstream, identity_of, upstream_of

SHORT_SECONDS = 1
PORT, OTHER_PORT = "--http-port=8080", "--http-port=8081"
# What is printed when the kubelet may ask, and whenever it is told otherwise.
LISTENING, MISLED = "listening", "misled"


def main(cluster_name: str, node_name: str, port: str, how: str) -> None:
    """Serve at this port of the control plane's address until the process is ended, or its input ends."""
    end_with_input()
    cluster = embedded.Cluster(cluster_name)
    node = next(node for node in cluster.nodes() if node.name == node_name)
    with tempfile.TemporaryDirectory() as folder:
        # By now the kubelet may be told already to ask this proxy.
        upstream = replace(upstream_of(node.configuration / "kubelet.conf", Path(folder)), port=control_plane.API_PORT)
        told = FAULTS[how](upstream)

        def damage(stream: Stream, events: Iterator[Change]) -> Iterator[Change]:
            for event in events:
                if stream.plural == "pods" and event["type"] != BOOKMARK and told(event["object"]):
                    print(MISLED, flush=True)
                yield event

        address = (control_plane.ADDRESS, int(port))
        server = Server(upstream, damage, lambda: 0.0, identity_of(cluster), address)
        print(LISTENING, flush=True)
        server.serve_forever()


def hurried(_: Upstream) -> Callable[[Change], bool]:
    """Whatever a pod says that it needs in order to end, it is given a second."""

    def told(pod: Change) -> bool:
        if not pod["metadata"].get("deletionGracePeriodSeconds"):
            return False
        pod["metadata"]["deletionGracePeriodSeconds"] = SHORT_SECONDS
        return True

    return told


def unprobed(_: Upstream) -> Callable[[Change], bool]:
    """A pod is Ready as soon as its containers run: nothing that it says of readiness is heard of."""

    def told(pod: Change) -> bool:
        spec = pod["spec"]
        asked = [spec.pop("readinessGates", None)]
        asked += [container.pop("readinessProbe", None) for container in spec["containers"]]
        return any(one is not None for one in asked)

    return told


def deaf(_: Upstream) -> Callable[[Change], bool]:
    """A pod listens at another port than it says, and is Ready all the same as soon as it runs and its gates say so."""

    def told(pod: Change) -> bool:
        for container in pod["spec"]["containers"]:
            container.pop("readinessProbe", None)
            container["args"] = [word.replace(PORT, OTHER_PORT) for word in container.get("args") or ()]
        return True

    return told


def hasty(upstream: Upstream) -> Callable[[Change], bool]:
    """That a pod has ended is confirmed as soon as it is to end, while its containers run."""

    def told(pod: Change) -> bool:
        metadata = pod["metadata"]
        if not metadata.get("deletionGracePeriodSeconds"):
            return False
        connection = upstream.connection()
        body = {"gracePeriodSeconds": 0, "preconditions": {"uid": metadata["uid"]}}
        path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
        connection.request("DELETE", path, json.dumps(body), {"Content-Type": "application/json"})
        # That it is gone already, or another of its name is there, is as good.
        connection.getresponse().read()
        connection.close()
        return True

    return told


FAULTS: Mapping[str, Callable[[Upstream], Callable[[Change], bool]]] = {
    "hurried": hurried,
    "unprobed": unprobed,
    "deaf": deaf,
    "hasty": hasty,
}

if __name__ == "__main__":
    main(*sys.argv[1:])
