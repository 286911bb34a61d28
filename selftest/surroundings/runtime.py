"""A runtime that lies: volumes come back empty, another's, or without what was written last, whenever a container mounts them.

Method: containerd starts containers through a wrapper of runc that interferes with the one thing; everything else is real.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from fixtures import embedded
from fixtures.embedded import faults
from fixtures.embedded.node import Node
from fixtures.waiting import asked_until
from selftest.surroundings.surrounding import Enter, Options, Surrounding, Witness

WRAPPER = Path(__file__).with_name("runc_wrapper.py")
OPTIONS = "[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]\n"
INSIDE = "/opt/liar"
# Where the wrapper writes a line for each lie, beside itself; the node cannot import its name.
LIES = "lies"
LISTENS_SECONDS = 30.0


def lying(how: str) -> Enter:
    """A surrounding in which the node's runtime lies in one way, which `runc_wrapper.py` knows by this word."""

    @contextmanager
    def enter(cluster: embedded.Cluster, witness: Witness) -> Iterator[Options]:
        node = cluster.nodes()[0]
        honest = (node.configuration / "containerd.toml").read_text()
        try:
            _install(node, how, honest)
            _restart(cluster, node)
            yield (f"--cluster-name={cluster.name}",)
        finally:
            (node.configuration / "containerd.toml").write_text(honest)
            _restart(cluster, node)
            lies = node.configuration / "liar" / LIES
            told = lies.read_text().splitlines() if lies.exists() else []
            witness.saw(len(told), "times the runtime did something else")
            shutil.rmtree(node.configuration / "liar", ignore_errors=True)

    return enter


def _install(node: Node, how: str, honest: str) -> None:
    """Put the wrapper, and what it is to do, where the node sees it."""
    folder = node.configuration / "liar"
    folder.mkdir(exist_ok=True)
    (folder / "runc_wrapper.py").write_bytes(WRAPPER.read_bytes())
    (folder / "how.json").write_text(json.dumps({"how": how, "runc": shutil.which("runc") or "runc"}))
    script = folder / "runc"
    script.write_text(f'#!/bin/sh\nexec {sys.base_prefix}/bin/python3 -S {INSIDE}/runc_wrapper.py "$@"\n')
    script.chmod(0o755)
    (node.configuration / "containerd.toml").write_text(
        honest.replace(OPTIONS, f"{OPTIONS}BinaryName = '{INSIDE}/runc'\n")
    )


def _restart(cluster: embedded.Cluster, node: Node) -> None:
    """Have containerd read its configuration; the containers run on."""
    faults.kill(cluster, f"{node.name}/containerd")
    faults.start(cluster, f"{node.name}/containerd")
    if not asked_until(node.listens, bool, LISTENS_SECONDS):
        raise embedded.EmbeddedError(f"containerd of {node.name} did not come back within {LISTENS_SECONDS:.0f} s")


def _surrounding(name: str, sentence: str, expects: Mapping[str, str], *more: str) -> Surrounding:
    asked = tuple(word for one in expects for word in ("--guarantee", one))
    return Surrounding(
        name=name, sentence=sentence, enter=lying(name), expects=expects, arguments=(*asked, "--tier=node", *more)
    )


RUNTIME = (
    _surrounding(
        "lost-data",
        "A volume is empty whenever a container mounts it anew.",
        {
            "storage/bytes-survive-pod-deletion": "failed",
            "storage/bytes-survive-scale-down": "failed",
            "data/own-volume": "failed",
        },
    ),
    _surrounding(
        "swapped-data",
        "A container that mounts a volume anew gets that of another claim.",
        {"storage/bytes-survive-pod-deletion": "failed", "data/own-volume": "failed"},
        # Two of one claim wait for each other in vain.
        "--patience=60",
    ),
    _surrounding(
        "forgotten-data",
        "A volume has lost what was written to it last, synced or not, whenever a container mounts it anew.",
        {
            "data/acknowledged-writes-are-kept": "failed",
            "data/safe-through-controller-restart": "failed",
            "data/safe-through-api-server-restart": "failed",
        },
    ),
    _surrounding(
        "repeated-data",
        "What was written to a volume last stands there twice, whenever a container mounts it anew.",
        {"data/no-write-twice": "failed"},
    ),
    Surrounding(
        name="kills-at-once",
        sentence="Whenever a container is asked to end, it is killed.",
        enter=lying("kills-at-once"),
        expects={"failure/grace-period-is-given": "failed"},
        arguments=(
            "--guarantee=failure/gone-when-ended",
            "--guarantee=failure/grace-period-is-given",
            "--guarantee=storage/bytes-*",
            "--tier=node",
        ),
    ),
)
