"""An upgrade of a cluster of kind's in place: kubeadm in the node containers, as Kubernetes documents it for machines.

Method: kind itself cannot upgrade a cluster. The release is put together as for a node image, its programs are copied into each
node and its images imported. Then the control plane: `kubeadm upgrade apply`; then node after node: drained, `kubeadm upgrade
node`, the new kubelet, uncordoned, and what ran on it waited for. It is an act for the upgrade gate, and speaks to the nodes
through Docker only.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from conformance.history import controller_of, says_ready
from fixtures.embedded import EmbeddedError
from fixtures.embedded.progress import saying
from selftest.kind import archives
from selftest.kind.programs import KindError

CLUSTER_LABEL, ROLE_LABEL = "io.x-k8s.kind.cluster", "io.x-k8s.kind.role"
ADMINISTRATOR = "--kubeconfig=/etc/kubernetes/admin.conf"
BINARIES = "kubernetes/server/bin"
AGAIN_SECONDS = 300.0
IMPORT = ("ctr", "--namespace=k8s.io", "images", "import", "--all-platforms", "-")


def main(arguments: Sequence[str] | None = None) -> int:
    """Upgrade all nodes; returns 0 where they are."""
    parser = argparse.ArgumentParser(prog="python -m selftest.kind.upgrade", description=__doc__)
    parser.add_argument("--name", required=True, help="of the cluster")
    parser.add_argument("--to", required=True, metavar="VERSION")
    options = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            upgrade(options.name, options.to, Path(scratch))
    except (KindError, EmbeddedError) as wrong:
        print(f"upgrade: {wrong}", file=sys.stderr)
        return 1
    return 0


def upgrade(cluster: str, version: str, scratch: Path) -> None:
    """Upgrade a cluster, its control plane first; raises KindError."""
    release = scratch / "release.tar.gz"
    with saying(f"putting the release {version} together"):
        archives.release(version, release)
        with tarfile.open(release) as opened:
            opened.extractall(scratch, filter="data")
    control_planes, workers = _nodes(cluster, "control-plane"), _nodes(cluster, "worker")
    if not control_planes:
        raise KindError(f"there is no cluster {cluster} of kind's")
    for node in (*control_planes, *workers):
        with saying(f"{node}: the programs and images of {version}"):
            _bring(node, scratch / BINARIES)
    first, nodes = control_planes[0], (*control_planes, *workers)
    before = _ready(first, nodes)
    for node in nodes:
        with saying(f"{node}: upgrading"):
            how = ["apply", "--yes", version] if node == first else ["node"]
            _docker("exec", node, "kubeadm", "upgrade", *how, "--ignore-preflight-errors=all")
            _kubectl(first, "drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=240s")
            _docker("exec", node, "sh", "-c", "mv /kind/new/kubelet /usr/bin/kubelet && systemctl restart kubelet")
            _kubectl(first, "uncordon", node)
            running = f"jsonpath={{.status.nodeInfo.kubeletVersion}}={version}"
            for what in (running, "condition=Ready"):
                _kubectl(first, "wait", f"node/{node}", f"--for={what}", "--timeout=120s")
            _again()(_require_ready, first, nodes, before)


def _bring(node: str, binaries: Path) -> None:
    """Have kubeadm and kubectl of the release in their places, the kubelet beside its own, and the images in containerd."""
    _docker("exec", node, "mkdir", "-p", "/kind/new")
    for name in archives.ON_NODES:
        (binaries / name).chmod(0o755)
        _docker("cp", str(binaries / name), f"{node}:/kind/new/{name}")
    _docker("exec", node, "sh", "-c", "mv /kind/new/kubeadm /kind/new/kubectl /usr/bin/")
    for name in archives.RELEASED:
        with (binaries / f"{name}.tar").open("rb") as archive:
            _docker("exec", "-i", node, *IMPORT, stdin=archive)


def _nodes(cluster: str, role: str) -> list[str]:
    filters = [f"--filter=label={CLUSTER_LABEL}={cluster}", f"--filter=label={ROLE_LABEL}={role}"]
    return sorted(_docker("ps", *filters, "--format={{.Names}}").split())


def _ready(administrator: str, nodes: Collection[str]) -> Counter[str]:
    """How many pods of each workload are Ready on these nodes."""
    return ready(
        json.loads(_kubectl(administrator, "get", "pods", "--all-namespaces", "--output=json"))["items"], nodes
    )


def _require_ready(administrator: str, nodes: Collection[str], before: Counter[str]) -> None:
    """Raise KindError where fewer pods of a workload are Ready than before the upgrade.

    Whoever drains the next node earlier may take CoreDNS away altogether. Or the drain ends in nothing: a budget protects
    web-2, web-1 is not made again before web-0 runs, and web-0 waits for its volume, which is on the node that is drained.
    """
    if fewer := before - _ready(administrator, nodes):
        raise KindError(
            f"not Ready again: {', '.join(f'{name} ({fewer[name]} of {before[name]} fewer)' for name in sorted(fewer))}"
        )


def ready(pods: Sequence[dict[str, Any]], nodes: Collection[str]) -> Counter[str]:
    """How many pods are Ready of each workload, of those on these nodes; what nobody makes again, or what ends, is left out."""
    there = [pod for pod in pods if pod["spec"].get("nodeName") in nodes and "deletionTimestamp" not in pod["metadata"]]
    return Counter(name for pod in there if (name := _workload(pod["metadata"])) and says_ready(pod))


def _workload(metadata: dict[str, Any]) -> str:
    """Whose pod it is: of a Deployment's, whichever its ReplicaSet."""
    owner = controller_of(metadata)
    if owner is None or owner["kind"] == "Job":
        return ""
    template = metadata.get("labels", {}).get("pod-template-hash")
    if owner["kind"] == "ReplicaSet" and template:
        return f"{metadata['namespace']}/Deployment/{owner['name'].removesuffix(f'-{template}')}"
    # A static pod's owner is its node, which has several.
    name = metadata["name"] if owner["kind"] == "Node" else owner["name"]
    return f"{metadata['namespace']}/{owner['kind']}/{name}"


def _kubectl(node: str, *arguments: str) -> str:
    """What kubectl says on a node, asked again where it fails: a new kubelet starts the API server anew some time later."""
    return _again()(_docker, "exec", node, "kubectl", ADMINISTRATOR, *arguments)


def _again() -> Retrying:
    """What calls again every second where KindError is raised, for as long as AGAIN_SECONDS; the last one is raised then."""
    is_failed, is_late = retry_if_exception_type(KindError), stop_after_delay(AGAIN_SECONDS)
    return Retrying(retry=is_failed, stop=is_late, wait=wait_fixed(1), reraise=True)


def _docker(*arguments: str, stdin: int | BinaryIO = subprocess.DEVNULL) -> str:
    done = subprocess.run(["docker", *arguments], stdin=stdin, capture_output=True, check=False)
    if done.returncode:
        said = " ".join((done.stdout + done.stderr).decode(errors="replace").split())[-800:]
        raise KindError(f"`docker {' '.join(arguments[:4])}` failed: {said}")
    return done.stdout.decode(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
