"""The controller-manager is restarted: nothing is changed by it, and what was under way goes on in order.

Method: the controller is killed while nothing else runs on the cluster, in the middle of a creation, an update or a scaling
down that is held where it is. What the new one does is read from the watch, as ever; that it looked is known by a generation
that was made after the restart.
"""

import pytest

from conformance import checks
from conformance.guarantees import proves

DELETES_CLAIMS = {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete", "whenScaled": "Delete"}}


@pytest.fixture(scope="module")
def paused(deploy_alone):
    """Three replicas whose update a partition holds, under a controller that is restarted; then a spared one is deleted."""
    web = deploy_alone("varied.yaml", replicas=3, specification={"updateStrategy": {"rollingUpdate": {"partition": 2}}})
    web.wait_ready()
    web.update()
    web.wait_replaced_by_update(2)
    web.sync()
    web.restart_controllers()
    web.sync()
    # What a controller moves at its start, its first status need not count yet: that it looked is then shown by a later one.
    web.wait_true()
    web.sync()
    web.delete_pod(0)
    web.wait_replaced()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def starting(deploy_alone):
    """Three replicas started from nothing; while the first is held unready the controller is restarted."""
    web = deploy_alone("varied.yaml", replicas=3, held=(0,))
    web.wait_running(0)
    web.sync()
    web.restart_controllers()
    web.sync()
    web.sync()
    web.release_readiness(0)
    web.wait_ready()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def rolling(deploy_alone):
    """Three replicas whose template is changed; while the first new pod is held unready the controller is restarted."""
    web = deploy_alone("varied.yaml", replicas=3, gated=True)
    web.wait_ready()
    web.hold_next_readiness(2)
    web.update()
    web.wait_new(2)
    web.restart_controllers()
    web.sync()
    web.release_readiness(2)
    web.wait_rolled()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def leaving(deploy_alone):
    """Three replicas whose claims go with them, scaled to none; while the last is held the controller is restarted."""
    web = deploy_alone("varied.yaml", replicas=3, lingering=True, specification=DELETES_CLAIMS)
    web.wait_ready()
    web.sync()
    web.hold_deletion(2)
    web.scale(0)
    web.wait_terminating(2)
    web.restart_controllers()
    web.sync()
    web.release_deletion(2)
    web.wait_gone()
    for ordinal in range(3):
        web.wait_claim_gone(ordinal)
    web.sync()
    return web.history


@proves("restart/changes-nothing")
def test_a_restarted_controller_changes_nothing(paused):
    assert checks.left_as_it_was(paused, "restart") == []


@proves("restart/creation-goes-on-in-order")
def test_a_creation_goes_on_in_order(starting):
    assert checks.creation_goes_on(starting, range(3)) == []


@proves("restart/update-goes-on-in-order")
def test_an_update_goes_on_in_order(rolling):
    assert checks.goes_on(rolling, "update", checks.rolls_highest_first) == []


@proves("restart/scaling-goes-on-in-order")
def test_a_scaling_down_goes_on_in_order(leaving):
    assert checks.goes_on(leaving, "scale", checks.leaves_one_at_a_time) == []


@proves("restart/spared-pod-returns-old")
def test_a_spared_pod_comes_back_at_the_old_revision(paused):
    assert checks.made_at_revision(paused, "old", {0}) == []


@proves("restart/claims-go-with-their-pods")
def test_the_claims_go_with_the_pods_that_scaling_removes(leaving):
    assert checks.goes_on(leaving, "scale", checks.deleted_by_scaling) == []
