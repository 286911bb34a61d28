"""A runtime that lies: volumes come back empty, another's, or without what was written last, whenever a container mounts them.

Method: in the place where containerd finds runc stands a wrapper of it that interferes with the one thing; everything else is
real. It stands there also where the node is killed and started anew.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from fixtures import embedded
from fixtures.embedded.namespaces import ENVIRONMENT
from fixtures.embedded.node import RUNTIME as RUNC
from selftest.surroundings.surrounding import Enter, Options, Surrounding, Witness

WRAPPER = Path(__file__).with_name("runc_wrapper.py")
INSIDE = "/opt/liar"
# Where the wrapper writes a line for each lie, beside itself; the node cannot import its name.
LIES = "lies"


def lying(how: str) -> Enter:
    """A surrounding in which the node's runtime lies in one way, which `runc_wrapper.py` knows by this word."""

    @contextmanager
    def enter(cluster: embedded.Cluster, witness: Witness) -> Iterator[Options]:
        node = cluster.nodes()[0]
        folder = node.configuration / "liar"
        try:
            _install(folder, how)
            node.find_runtime(Path(INSIDE, RUNC))
            yield (f"--cluster-name={cluster.name}",)
        finally:
            node.find_runtime()
            lies = folder / LIES
            told = lies.read_text().splitlines() if lies.exists() else []
            witness.saw(len(told), "times the runtime did something else")
            shutil.rmtree(folder, ignore_errors=True)

    return enter


def stop_lying(cluster: embedded.Cluster) -> None:
    """Have a cluster's containers run by runc itself, where a surrounding was killed; raises EmbeddedError."""
    for node in cluster.nodes():
        node.find_runtime()


def _install(folder: Path, how: str) -> None:
    """Put the wrapper, and what it is to do, where the node sees it."""
    folder.mkdir(exist_ok=True)
    (folder / "runc_wrapper.py").write_bytes(WRAPPER.read_bytes())
    (folder / "how.json").write_text(json.dumps({"how": how, "runc": shutil.which(RUNC, path=ENVIRONMENT["PATH"])}))
    script = folder / RUNC
    script.write_text(f'#!/bin/sh\nexec {sys.base_prefix}/bin/python3 -S {INSIDE}/runc_wrapper.py "$@"\n')
    script.chmod(0o755)


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
