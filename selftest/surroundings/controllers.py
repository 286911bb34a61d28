"""Controllers of the cluster that an agent takes the place of, and a controller-manager that is killed again and again.

Method: the controller-manager is started anew with another flag, so that one of its controllers is off, and at the end as the
cluster says that it is to be. The agent is a process of its own, which ends with the one that started it.
"""

from __future__ import annotations

import random
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
from selftest.demand import asked_by
from selftest.surroundings.agent import WROTE
from selftest.surroundings.agents import AGENTS
from selftest.surroundings.beside import beside
from selftest.surroundings.endpoints import HonestEndpoints
from selftest.surroundings.surrounding import Enter, Options, Surrounding, Witness
from selftest.surroundings.watches import through

ENDPOINT_SLICES = "endpointslice-controller"
HONEST = "honest-endpoints"
WRITERS = [name for name, made in AGENTS.items() if issubclass(made, HonestEndpoints)]
SEED = 6
# It needs some 2 s to work again.
BETWEEN_SECONDS = (3.0, 12.0)
# It needs some 4 s to serve again, and who watched finds that out later still.
SERVES_SECONDS = (12.0, 25.0)
API_SERVER = "kube-apiserver"


@contextmanager
def working(cluster: embedded.Cluster, agent: str, witness: Witness) -> Iterator[None]:
    """Let an agent work on the cluster for the length of a block; what it has to say is in the cluster's logs."""
    command = [sys.executable, "-m", "selftest.surroundings.at_work", f"--kubeconfig={cluster.kubeconfig}", agent]
    with beside(command, cluster.logs / f"agent-{agent}.log") as process:
        yield
    witness.saw(process.times(WROTE), f"times the agent {agent} looked at something and wrote")


@contextmanager
def switched_off(cluster: embedded.Cluster, controller: str) -> Iterator[None]:
    """Have one of the controller-manager's controllers off for the length of a block."""
    with started_with(cluster, CONTROLLERS, f"--controllers=*,-{controller}"):
        yield


@contextmanager
def started_with(cluster: embedded.Cluster, component: str, flag: str) -> Iterator[None]:
    """Have the controller-manager or the scheduler run with one flag more for the length of a block."""
    whole = cluster.specified()
    flags = (*whole.flags.get(component, ()), flag)
    try:
        _restart(cluster, component, replace(whole, flags={**whole.flags, component: flags}))
        yield
    finally:
        _restart(cluster, component, whole)


def _restart(cluster: embedded.Cluster, component: str, specification: Specification) -> None:
    with cluster.changing():
        faults.kill(cluster, component)
        lifecycle.start(cluster, component, specification)
        healthy = partial(cluster.hub(specification).healthy, component)
        lifecycle.until(cluster, f"{component} to be healthy", healthy, component)


def replaced_by(agent: str) -> Enter:
    """A surrounding in which this agent writes the EndpointSlices."""

    @contextmanager
    def enter(cluster: embedded.Cluster, witness: Witness) -> Iterator[Options]:
        with switched_off(cluster, ENDPOINT_SLICES), working(cluster, agent, witness):
            yield through(cluster.kubeconfig)

    return enter


def killed_again_and_again(component: str, seconds: tuple[float, float]) -> Enter:
    """A surrounding in which a component is killed again and again, by chance but always the same, and started at once.

    `seconds` are the shortest and the longest that it is let work.
    """

    @contextmanager
    def enter(cluster: embedded.Cluster, witness: Witness) -> Iterator[Options]:
        over = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            killer = pool.submit(_kill_until, cluster, component, seconds, over)
            try:
                yield through(cluster.kubeconfig)
            finally:
                over.set()
                witness.saw(killer.result(), f"times the {component} was killed")

    return enter


def _kill_until(cluster: embedded.Cluster, component: str, seconds: tuple[float, float], over: threading.Event) -> int:
    chance, kills = random.Random(SEED), 0
    while not over.wait(chance.uniform(*seconds)):
        with faults.during(faults.kill, cluster, component):
            kills += 1
    return kills


def _endpoint_slices(agent: str) -> Surrounding:
    made = AGENTS[agent]
    # What breaks a promise is waited for in vain; what keeps all of them has as long as any run.
    patience = 60 if made.breaks else 120
    promised = [one.id for one in REGISTRY.values() if one.subject == "network" and one.level is not Level.MAY]
    return Surrounding(
        name=agent,
        sentence=" ".join((made.__doc__ or "").split()),
        enter=replaced_by(agent),
        expects=dict.fromkeys(made.breaks, "failed") or dict.fromkeys(promised, "passed"),
        arguments=(*([f"--guarantee={one}" for one in made.breaks] or ["--subject=network"]), f"--patience={patience}"),
    )


ORDERING = ("--subject=ordering", "--tier=control-plane")
CONTROLLED = (
    *map(_endpoint_slices, WRITERS),
    Surrounding(
        name="killed-controller-manager",
        sentence="The controller-manager is killed every few seconds, at random, and started again.",
        enter=killed_again_and_again(CONTROLLERS, BETWEEN_SECONDS),
        # The update may be over before all the annotations are written that its scenario is about.
        doubtful=frozenset({"updates/annotations-disturb-nothing"}),
        arguments=("--subject=ordering", "--subject=updates", "--tier=control-plane"),
    ),
    Surrounding(
        name="killed-api-server",
        sentence="The API server is killed every twenty seconds or so, at random, and started again.",
        enter=killed_again_and_again(API_SERVER, SERVES_SECONDS),
        # One that has just started no longer has what happened before: whatever was recorded just then has a gap.
        doubtful=asked_by(ORDERING),
        arguments=ORDERING,
    ),
)
