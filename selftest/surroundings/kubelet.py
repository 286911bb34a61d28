"""A kubelet that breaks its own promises: it ends pods too fast, says too early that they have ended, or that they are Ready.

Method: the kubelet is the real one. It reaches the API server through a proxy (`kubelet_proxy.py`), which tells it something
else of its pods, and speaks JSON for that. What of this no sentence of the suite is about may accuse nobody.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from fixtures import embedded
from fixtures.embedded import control_plane, faults, lifecycle
from fixtures.embedded.node import KUBELET as COMPONENT
from fixtures.embedded.node import Node
from selftest.surroundings import kubelet_proxy
from selftest.surroundings.beside import beside
from selftest.surroundings.surrounding import Enter, Options, Surrounding, Witness
from selftest.surroundings.watches import through

PORT = control_plane.API_PORT + 1


def misled(how: str) -> Enter:
    """A surrounding in which the node's kubelet is told of its pods in one way, which `kubelet_proxy.py` knows by this word."""

    @contextmanager
    def enter(cluster: embedded.Cluster, witness: Witness) -> Iterator[Options]:
        node = cluster.nodes()[0]
        with _proxy(cluster, node, how, witness), _asking_it(cluster, node):
            yield through(cluster.kubeconfig)

    return enter


@contextmanager
def _proxy(cluster: embedded.Cluster, node: Node, how: str, witness: Witness) -> Iterator[None]:
    asked = [cluster.name, node.name, str(PORT), how]
    command = [sys.executable, "-m", "selftest.surroundings.kubelet_proxy", *asked]
    with beside([*cluster.machine.entering("--net"), *command], cluster.logs / f"proxy-{how}.log") as proxy:
        # A kubelet that nobody answers at first asks again only after minutes.
        proxy.wait_until_it_says(kubelet_proxy.LISTENING)
        yield
    witness.saw(proxy.times(kubelet_proxy.MISLED), "times the kubelet was told otherwise of a pod")


@contextmanager
def _asking_it(cluster: embedded.Cluster, node: Node) -> Iterator[None]:
    """Have the kubelet ask the proxy, in JSON, for the length of a block."""
    kubeconfig, settings = node.configuration / "kubelet.conf", node.configuration / "kubelet.json"
    honest = {path: path.read_text() for path in (kubeconfig, settings)}
    api_server = f"{control_plane.ADDRESS}:{control_plane.API_PORT}"
    try:
        kubeconfig.write_text(honest[kubeconfig].replace(api_server, f"{control_plane.ADDRESS}:{PORT}"))
        settings.write_text(json.dumps(json.loads(honest[settings]) | {"contentType": "application/json"}))
        _restart(cluster, node)
        yield
    finally:
        for path, text in honest.items():
            path.write_text(text)
        _restart(cluster, node)


def _restart(cluster: embedded.Cluster, node: Node) -> None:
    """Have the kubelet read its configuration; the containers run on."""
    faults.kill(cluster, f"{node.name}/{COMPONENT}")
    faults.start(cluster, f"{node.name}/{COMPONENT}")
    lifecycle.wait_for_node(cluster, node)


KUBELET = (
    Surrounding(
        name="confirms-the-end-too-early",
        sentence="The kubelet says that a pod has ended as soon as it is to end, while its containers run.",
        enter=misled("hasty"),
        expects={"failure/gone-when-ended": "failed", "data/one-writer-at-a-time": "failed"},
        arguments=(
            "--guarantee=failure/gone-when-ended",
            "--guarantee=data/one-writer-at-a-time",
            "--tier=node",
            "--patience=60",
        ),
    ),
    Surrounding(
        name="ignores-the-grace-period",
        sentence="The kubelet gives every pod a second to end, whatever the pod says that it needs.",
        enter=misled("hurried"),
        expects={"failure/grace-period-is-given": "failed"},
        arguments=("--subject=failure", "--tier=node", "--patience=60"),
    ),
    Surrounding(
        name="ready-without-listening",
        sentence="The kubelet says that a pod is Ready although nothing listens at the port that it says.",
        enter=misled("deaf"),
        expects={"ordering/first-is-connectable-before-second": "failed"},
        arguments=("--guarantee=ordering/first-is-connectable-before-second", "--tier=node", "--patience=20"),
    ),
    Surrounding(
        name="ready-too-early",
        sentence="The kubelet says that a pod is Ready as soon as its containers run, whatever its probes and gates say.",
        enter=misled("unprobed"),
        expects={"network/ready-as-gates-say": "failed"},
        arguments=("--subject=ordering", "--subject=network", "--tier=node", "--patience=40"),
    ),
)
