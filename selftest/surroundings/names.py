"""A name server that answers with the old address: it keeps every answer of the cluster's own names for an hour.

Method: the cluster's CoreDNS runs with another configuration for the length of a block.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from fixtures import embedded
from fixtures.embedded import control_plane, faults
from selftest.surroundings.surrounding import Options, Surrounding

HONEST = f"""disable success {control_plane.DOMAIN}
        disable denial {control_plane.DOMAIN}"""
STALE = "success 10000 3600 3600"
FOLLOWS = "network/name-follows-the-pod"


@contextmanager
def stale_names(cluster: embedded.Cluster) -> Iterator[Options]:
    """Let the name server answer from its memory, however old that is."""
    corefile = control_plane.COREFILE.replace(HONEST, STALE)
    if corefile == control_plane.COREFILE:
        raise ValueError("the name server's configuration is not as this surrounding expects it")
    try:
        with mock.patch.object(control_plane, "COREFILE", corefile):
            _restart(cluster)
        yield (f"--cluster-name={cluster.name}",)
    finally:
        _restart(cluster)


def _restart(cluster: embedded.Cluster) -> None:
    faults.kill(cluster, control_plane.DNS)
    faults.start(cluster, control_plane.DNS)


NAMES = (
    Surrounding(
        name="old-address",
        sentence="The name server answers with the address that a pod had before it was made again.",
        enter=stale_names,
        expects={FOLLOWS: "failed"},
        arguments=("--guarantee", FOLLOWS, "--patience=45"),
    ),
)
