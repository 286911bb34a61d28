"""Lost nodes: a pod on a node that does not answer may still run, so no other takes its name until it is known to be gone.

Method: the node is a Node object without a kubelet, made for this. A pod that is bound to it ends only where somebody says so:
the node when it comes back, or an administrator who declares it out of service or deletes it. Nothing real is disturbed.
"""

import pytest

from conformance import checks
from conformance.guarantees import proves

DELETES_CLAIMS = {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete", "whenScaled": "Delete"}}


@pytest.fixture(scope="module")
def unreachable(deploy_unscheduled):
    """Two replicas, the first on a node that is lost; it is deleted, and much later the node confirms that it has ended."""
    web = _on_a_lost_node(deploy_unscheduled)
    web.delete_pod(0)
    web.wait_terminating(0)
    # A controller that takes the pod away all the same writes a first status that counts what is no longer there.
    web.wait_true()
    web.sync()
    web.sync()
    web.confirm_end(0)
    web.wait_replaced()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def out_of_service(deploy_unscheduled):
    """Two replicas, the first on a node that is lost; it is deleted, and the node is declared out of service."""
    web = _on_a_lost_node(deploy_unscheduled)
    web.delete_pod(0)
    web.wait_terminating(0)
    web.declare_out_of_service()
    web.wait_replaced()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def node_deleted(deploy_unscheduled):
    """Two replicas whose claims would go with them, the first on a node that is lost and whose Node object is then deleted."""
    web = _on_a_lost_node(deploy_unscheduled, specification=DELETES_CLAIMS)
    web.delete_node()
    web.wait_moved(0)
    web.sync()
    return web.history


def _on_a_lost_node(deploy, **wishes):
    web = deploy("varied.yaml", replicas=2, **wishes)
    web.make_node()
    web.wait_ready()
    web.place(0)
    web.lose_node()
    web.sync()
    return web


@proves("failure/unreachable-pod-keeps-its-name")
def test_no_other_pod_is_made_while_the_old_one_may_run(unreachable):
    assert checks.keeps_its_name(unreachable, "web-0") == []


@proves("failure/confirmed-end-frees-the-name")
def test_a_pod_returns_once_its_node_says_that_it_has_ended(unreachable):
    assert checks.survives_deletion(unreachable, "web-0") == []


@proves("failure/out-of-service-frees-the-name")
def test_a_pod_returns_once_its_node_is_out_of_service(out_of_service):
    # What evicts pods from lost nodes goes by their names, and may hit the pod that came after: that is not the set's doing.
    assert checks.claim_survives(out_of_service, "web-0") == []


@proves("failure/deleted-node-frees-the-name")
def test_a_pod_returns_once_its_node_is_deleted(node_deleted):
    assert checks.returns_from_deleted_node(node_deleted) == []


@proves("storage/lost-node-keeps-the-claims")
def test_the_claims_stay_where_a_pod_goes_with_its_node(node_deleted):
    assert checks.lost_node_keeps_claims(node_deleted) == []
