"""Acts in place of an upgrade, each of which misbehaves in one way: `python -m selftest.acts CLUSTER NAME…`.

Method: what the gate takes for the upgrade is a command, so any command will do. Each act does one harm to the gate's own set
of records, which is the only one whose pods have volumes, and nothing else. The cluster is reached by $KUBECONFIG, and beneath
its API by its name.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from fixtures import embedded
from fixtures.cluster import ApiError, Cluster, Object
from fixtures.embedded import faults

NOT_FOUND = 404


class Ledger:
    """The set of records of the gate that is going on."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self.cluster, self.embedded = cluster, embedded.Cluster(name)
        names = [one["metadata"]["name"] for one in cluster.request("GET", "/api/v1/namespaces")["items"]]
        self.namespace = next(name for name in names if name.endswith("-ledger-node"))

    def pod(self, name: str) -> Object:
        """One of its pods."""
        return self.cluster.request("GET", f"/api/v1/namespaces/{self.namespace}/pods/{name}")

    def delete(self, name: str) -> None:
        """Delete a pod as a person would, if it is there."""
        try:
            self.cluster.request("DELETE", f"/api/v1/namespaces/{self.namespace}/pods/{name}")
        except ApiError as gone:
            if gone.status != NOT_FOUND:
                raise

    def run(self, pod: str, command: str) -> str:
        """Run a command in a pod."""
        return self.cluster.execute(self.namespace, pod, ["sh", "-c", command], "web").output


def nothing(_: Ledger) -> None:
    """Do nothing at all."""


def kill_a_pod(ledger: Ledger) -> None:
    """Delete a pod whose node nobody touched."""
    ledger.delete("web-1")


def lose_data(ledger: Ledger) -> None:
    """Empty a volume."""
    ledger.run("web-1", "rm -f /data/records")


def bring_an_old_snapshot_back(ledger: Ledger) -> None:
    """Have a pod find its volume as it was long ago: with the first of its records, behind which it writes on."""
    ledger.run(
        "web-1", "while head -n 3 /data/records > /data/old && mv /data/old /data/records; do :; done >/dev/null 2>&1 &"
    )
    ledger.delete("web-1")


def restart_the_set(ledger: Ledger) -> None:
    """Change the template, as `kubectl rollout restart` does."""
    path = f"/apis/apps/v1/namespaces/{ledger.namespace}/statefulsets/web"
    change = {"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}}}}
    ledger.cluster.request("PATCH", path, change, patch="strategic")


def break_the_budget(ledger: Ledger) -> None:
    """Delete two pods at once, which no budget keeps anybody from."""
    ledger.delete("web-1")
    ledger.delete("web-2")


def leave_a_node_cordoned(ledger: Ledger) -> None:
    """Cordon a node, and forget it."""
    node = ledger.pod("web-1")["spec"]["nodeName"]
    ledger.cluster.request("PATCH", f"/api/v1/nodes/{node}", {"spec": {"unschedulable": True}}, patch="strategic")


def leave_a_kubelet_stopped(ledger: Ledger) -> None:
    """Stop the kubelet of a node of the embedded cluster, and forget it."""
    faults.stop(ledger.embedded, f"{ledger.pod('web-1')['spec']['nodeName']}/kubelet")


def leave_the_server_stopped(ledger: Ledger) -> None:
    """Stop the API server, and forget it."""
    faults.stop(ledger.embedded, "kube-apiserver")


def swap_two_claims(ledger: Ledger) -> None:
    """Put the data of each of two volumes into the other."""
    for pod, other in (("web-0", "web-1"), ("web-1", "web-0")):
        ledger.run(pod, f"sed -i 's/^{pod} /{other} /' /data/records")


def make_a_claim_anew(ledger: Ledger) -> None:
    """Delete a claim, and the pod that uses it, so that both are made again."""
    ledger.cluster.request("DELETE", f"/api/v1/namespaces/{ledger.namespace}/persistentvolumeclaims/data-web-2")
    ledger.delete("web-2")


ACTS: dict[str, Callable[[Ledger], None]] = {
    one.__name__.replace("_", "-"): one
    for one in (nothing, kill_a_pod, lose_data, bring_an_old_snapshot_back, restart_the_set,
                break_the_budget, leave_a_node_cordoned, leave_a_kubelet_stopped, leave_the_server_stopped, swap_two_claims,
                make_a_claim_anew)
}  # fmt: skip

if __name__ == "__main__":
    for act in sys.argv[2:]:
        ACTS[act](Ledger(Cluster(Path(os.environ["KUBECONFIG"])), sys.argv[1]))
