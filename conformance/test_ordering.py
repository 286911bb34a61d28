"""OrderedReady: ordinals rise one at a time, each waiting for the last, and fall in reverse.

Method: one scenario drives the cluster, watched from before the StatefulSet exists. Each test asks its history one
question. Order comes from the watch itself, so nothing here sleeps or compares clocks. What must not happen is made
possible for as long as the controller needs to do it: a pod is held unready, or held in Terminating, while the controller
is made to look.
"""

import pytest

from conformance import checks
from conformance.guarantees import proves


@pytest.fixture(scope="module")
def lifetime(deploy):
    """Three replicas started from nothing, the first held unready; then scaled to none, the last held while it leaves."""
    web = deploy("web.yaml", replicas=3, gated=True, lingering=True, held=(0,))
    web.wait_running(0)
    web.sync()
    web.release_readiness(0)
    web.wait_ready()
    web.hold_deletion(2)
    web.scale(0)
    web.wait_terminating(2)
    web.sync()
    web.release_deletion(2)
    web.wait_gone()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def stalled(deploy):
    """The first pod turns unready before the third is made; the second becomes Ready meanwhile."""
    web = deploy("web.yaml", replicas=3, gated=True, held=(1,))
    web.wait_created(1)
    web.wait_counted(ready=1)
    web.hold_readiness(0)
    web.wait_counted(ready=0)
    web.release_readiness(1)
    web.wait_counted(ready=1)
    web.sync()
    web.release_readiness(0)
    web.wait_ready()
    return web.history


@pytest.fixture(scope="module")
def first_connection(deploy_containers):
    """The first pod is connected to while its readiness is held, so while the second cannot have been made."""
    web = deploy_containers("web.yaml", replicas=2, gated=True, client=True, held=(0,))
    web.wait_running(0)
    accepted = web.connect(0)
    web.release_readiness(0)
    web.wait_ready()
    if not accepted:
        # Whether it listened in between is known by whether it does behind it.
        web.connect(0)
    return web.history


@pytest.fixture(scope="module")
def shrunk(deploy):
    """Three replicas scaled to two."""
    web = deploy("web.yaml", replicas=3)
    web.wait_ready()
    web.scale(2)
    web.wait_ready()
    web.sync()
    return web.history


@proves("ordering/waits-for-ready")
def test_each_pod_waits_until_its_predecessors_are_ready(lifetime):
    assert checks.gated_by_readiness(lifetime, range(3)) == []


@proves("ordering/highest-leaves-first")
def test_the_highest_ordinal_leaves_first(lifetime):
    assert checks.highest_leaves_first(lifetime) == []


@proves("ordering/leaves-one-at-a-time")
def test_a_pod_leaves_only_when_its_successors_are_gone(lifetime):
    assert checks.leaves_one_at_a_time(lifetime) == []


@proves("ordering/unready-predecessor-holds-back")
def test_an_unready_predecessor_holds_back_the_next_pod(stalled):
    assert checks.held_back_while_unready(stalled, unready=0, waiting=2) == []


@proves("ordering/first-is-connectable-before-second")
def test_the_first_pod_accepts_connections_before_the_second_exists(first_connection):
    assert checks.connectable_before(first_connection, first=0, second=1) == []


@proves("network/ready-as-gates-say")
def test_no_pod_is_ready_before_its_gate_is_open(first_connection):
    assert checks.ready_as_gates_say(first_connection) == []


@proves("ordering/removes-only-the-surplus")
def test_scaling_three_to_two_removes_ordinal_two_only(shrunk):
    assert checks.removes_only(shrunk, {2}) == []
