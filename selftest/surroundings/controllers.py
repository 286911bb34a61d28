"""Controllers of the cluster that an agent takes the place of, and a controller-manager that is killed again and again.

Method: the controller-manager is started anew with another flag, so that one of its controllers is off, and at the end as the
cluster says that it is to be. The agent is a process of its own, which ends with the one that started it.
"""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from conformance.guarantees import REGISTRY, Level
from fixtures import embedded
from fixtures.embedded import faults, lifecycle
from fixtures.embedded.specification import CONTROLLERS, Specification
from selftest.fake_suite import REPOSITORY
from selftest.surroundings.agents import AGENTS
from selftest.surroundings.endpoints import HonestEndpoints
from selftest.surroundings.surrounding import Enter, Options, Surrounding
from selftest.surroundings.watches import through

ENDPOINT_SLICES = "endpointslice-controller"
HONEST = "honest-endpoints"
WRITERS = [name for name, made in AGENTS.items() if issubclass(made, HonestEndpoints)]
SEED = 6
# It needs some 2 s to work again.
BETWEEN_SECONDS = (3.0, 12.0)


@contextmanager
def working(cluster: embedded.Cluster, agent: str) -> Iterator[None]:
    """Let an agent work on the cluster for the length of a block; what it has to say is in the cluster's logs."""
    command = [sys.executable, "-m", "selftest.surroundings.at_work", f"--kubeconfig={cluster.kubeconfig}", agent]
    with (
        (cluster.logs / f"agent-{agent}.log").open("ab") as log,
        subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=log, stderr=log) as process,
    ):
        try:
            yield
        finally:
            process.kill()


@contextmanager
def switched_off(cluster: embedded.Cluster, controller: str) -> Iterator[None]:
    """Have one of the controller-manager's controllers off for the length of a block."""
    whole = cluster.specified()
    flags = (*whole.flags.get(CONTROLLERS, ()), f"--controllers=*,-{controller}")
    try:
        _restart(cluster, replace(whole, flags={**whole.flags, CONTROLLERS: flags}))
        yield
    finally:
        _restart(cluster, whole)


def _restart(cluster: embedded.Cluster, specification: Specification) -> None:
    with cluster.changing():
        faults.kill(cluster, CONTROLLERS)
        lifecycle.start(cluster, CONTROLLERS, specification)
        healthy = partial(cluster.hub(specification).healthy, CONTROLLERS)
        lifecycle.until(cluster, f"{CONTROLLERS} to be healthy", healthy, CONTROLLERS)


def replaced_by(agent: str) -> Enter:
    """A surrounding in which this agent writes the EndpointSlices."""

    @contextmanager
    def enter(cluster: embedded.Cluster) -> Iterator[Options]:
        with switched_off(cluster, ENDPOINT_SLICES), working(cluster, agent):
            yield through(cluster.kubeconfig)

    return enter


@contextmanager
def killed_again_and_again(cluster: embedded.Cluster) -> Iterator[Options]:
    """Kill the controller-manager every few seconds, by chance but always the same, and start it again at once."""
    over = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        killer = pool.submit(_kill_until, cluster, over)
        try:
            yield through(cluster.kubeconfig)
        finally:
            over.set()
            killer.result()


def _kill_until(cluster: embedded.Cluster, over: threading.Event) -> None:
    chance = random.Random(SEED)
    while not over.wait(chance.uniform(*BETWEEN_SECONDS)):
        with faults.during(faults.kill, cluster, CONTROLLERS):
            pass


def _endpoint_slices(agent: str) -> Surrounding:
    made = AGENTS[agent]
    promised = [one.id for one in REGISTRY.values() if one.subject == "network" and one.level is not Level.MAY]
    return Surrounding(
        name=agent,
        sentence=" ".join((made.__doc__ or "").split()),
        enter=replaced_by(agent),
        expects=dict.fromkeys(made.breaks, "failed") or dict.fromkeys(promised, "passed"),
        arguments=(*([f"--guarantee={one}" for one in made.breaks] or ["--subject=network"]), "--patience=45"),
    )


CONTROLLED = (
    *map(_endpoint_slices, WRITERS),
    Surrounding(
        name="killed-controller-manager",
        sentence="The controller-manager is killed every few seconds, at random, and started again.",
        enter=killed_again_and_again,
        arguments=("--subject=ordering", "--subject=updates", "--tier=control-plane"),
    ),
)
