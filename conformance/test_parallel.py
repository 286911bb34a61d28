"""Parallel: a set of this policy makes all its pods at once, and removes them at once.

Method: all are held unready while they are made, and in Terminating while they leave, so one that waited for another would
never follow.
"""

import pytest

from conformance import checks
from conformance.guarantees import proves


@pytest.fixture(scope="module")
def burst(deploy):
    """Three replicas, all held unready until all are made; then scaled to none, all held while they leave."""
    specification = {"podManagementPolicy": "Parallel"}
    web = deploy("varied.yaml", replicas=3, specification=specification, gated=True, lingering=True, all_held=True)
    web.wait_all_created()
    web.sync()
    web.release_all_readiness()
    web.wait_ready()
    for ordinal in range(3):
        web.hold_deletion(ordinal)
    web.scale(0)
    for ordinal in range(3):
        web.wait_terminating(ordinal)
    web.sync()
    for ordinal in range(3):
        web.release_deletion(ordinal)
    web.wait_gone()
    web.sync()
    return web.history


@proves("ordering/parallel-creates-at-once")
def test_all_pods_are_made_while_none_is_ready(burst):
    assert checks.creates_all_at_once(burst, 3) == []


@proves("ordering/parallel-removes-at-once")
def test_all_pods_begin_to_leave_while_none_is_gone(burst):
    assert checks.removes_all_at_once(burst) == []
