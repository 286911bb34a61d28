"""A name server that answers with the old address: of each name it remembers the first address that it ever heard.

Method: the cluster's CoreDNS moves to another port, and a name server of a few lines takes its place in the same network.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from fixtures import embedded
from fixtures.embedded import control_plane, faults
from selftest.surroundings.surrounding import Options, Surrounding, Witness

BEHIND = 5353
PROGRAM = Path(__file__).with_name("remembering_dns.py")
FOLLOWS = "network/name-follows-the-pod"


@contextmanager
def old_addresses(cluster: embedded.Cluster, witness: Witness) -> Iterator[Options]:
    """Let a name server that never forgets an address stand before the cluster's own."""
    corefile = control_plane.COREFILE.replace(".:53 {", f".:{BEHIND} {{")
    try:
        with mock.patch.object(control_plane, "COREFILE", corefile):
            _restart(cluster)
        command = [sys.executable, "-S", str(PROGRAM), control_plane.ADDRESS, str(BEHIND)]
        remembering = subprocess.Popen([*cluster.machine.entering("--net"), *command], stdout=subprocess.PIPE)
        try:
            yield (f"--cluster-name={cluster.name}",)
        finally:
            remembering.kill()
            told, _ = remembering.communicate()
            witness.saw(told.count(b"\n"), "questions were answered from memory")
    finally:
        _restart(cluster)


def _restart(cluster: embedded.Cluster) -> None:
    faults.kill(cluster, control_plane.DNS)
    faults.start(cluster, control_plane.DNS)


NAMES = (
    Surrounding(
        name="old-address",
        sentence="The name server answers with the address that a pod had before it was made again.",
        enter=old_addresses,
        expects={FOLLOWS: "failed"},
        arguments=("--guarantee", FOLLOWS, "--patience=45"),
    ),
)
