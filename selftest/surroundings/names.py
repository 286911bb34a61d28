"""Name servers at fault: one answers with the address that it ever heard first, another with that of a neighbour.

Method: the cluster's CoreDNS moves to another port, and a name server of a few lines takes its place in the same network.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from unittest import mock

from fixtures import embedded
from fixtures.embedded import control_plane, faults
from selftest.surroundings.beside import beside
from selftest.surroundings.surrounding import Enter, Options, Surrounding, Witness

BEHIND = 5353
# What CoreDNS is started with is the same for all clusters of this process, and several are tried at once.
ONE_AT_A_TIME = threading.Lock()
WRONG = "answered wrongly"
PROGRAM = Path(__file__).with_name("remembering_dns.py")
FOLLOWS, RESOLVES = "network/name-follows-the-pod", "network/name-resolves"


def answered_by(program: Path) -> Enter:
    """A surrounding in which this program, a name server, stands before the cluster's own."""
    return partial(_standing_before, program)


@contextmanager
def _standing_before(program: Path, cluster: embedded.Cluster, witness: Witness) -> Iterator[Options]:
    corefile = control_plane.COREFILE.replace(".:53 {", f".:{BEHIND} {{")
    try:
        with ONE_AT_A_TIME, mock.patch.object(control_plane, "COREFILE", corefile):
            _restart(cluster)
        command = [sys.executable, "-S", str(program), control_plane.ADDRESS, str(BEHIND)]
        with beside([*cluster.machine.entering("--net"), *command], cluster.logs / f"{program.stem}.log") as standing:
            yield (f"--cluster-name={cluster.name}",)
        witness.saw(standing.times(WRONG), "questions were answered wrongly")
    finally:
        with ONE_AT_A_TIME:
            _restart(cluster)


def _restart(cluster: embedded.Cluster) -> None:
    faults.kill(cluster, control_plane.DNS)
    faults.start(cluster, control_plane.DNS)


NAMES = (
    Surrounding(
        name="old-address",
        sentence="The name server answers with the address that a pod had before it was made again.",
        enter=answered_by(PROGRAM),
        expects={FOLLOWS: "failed"},
        arguments=("--guarantee", FOLLOWS, "--patience=45"),
    ),
    Surrounding(
        name="address-of-a-neighbour",
        sentence="The name server answers with the address of the second pod where it is asked for the first.",
        enter=answered_by(PROGRAM.with_name("confusing_dns.py")),
        expects={RESOLVES: "failed"},
        arguments=("--guarantee", RESOLVES, "--patience=20"),
    ),
)
