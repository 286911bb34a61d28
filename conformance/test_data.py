"""Data: whatever befalls a pod or its process, what it acknowledged is kept, once, by one writer, on its own volume.

Method: a small process writes to the claim (manifests/ledger.yaml) and acknowledges what it has synced. The test asks it to
write all the time while the pod is deleted, and in the end for all that stands there. Every question and its end is in the
history, with the pod and the process that answered, so the checks need trust nobody. A pod that is deleted takes a few seconds
to end, in which it would write on where another one was let begin.
"""

import pytest

from conformance import checks
from conformance.checks.data import told_of_data
from conformance.guarantees import proves

TAKES_ITS_TIME = {"template": {"spec": {"terminationGracePeriodSeconds": 5}}}


@pytest.fixture(scope="module")
def deleted(deploy_containers):
    """Two replicas that are written to all the time, of which the first is deleted and takes its time to end."""
    ledger = deploy_containers("ledger.yaml", replicas=2, specification=TAKES_ITS_TIME)
    ledger.wait_ready()
    with ledger.appending():
        ledger.delete_pod(0)
        ledger.wait_replaced()
    ledger.recall()
    return ledger.history


@pytest.fixture(scope="module")
def deleted_by_force(deploy_containers):
    """Two replicas that are written to all the time, of which the first is deleted by force and takes its time to end."""
    ledger = deploy_containers("ledger.yaml", replicas=2, specification=TAKES_ITS_TIME)
    ledger.wait_ready()
    with ledger.appending():
        ledger.force_delete_pod(0)
        ledger.wait_replaced()
    ledger.recall()
    return ledger.history


@pytest.fixture(scope="module")
def crashed(deploy_containers):
    """Two replicas that are written to all the time, the process of the first of which ends by itself."""
    ledger = deploy_containers("ledger.yaml", replicas=2)
    ledger.wait_ready()
    with ledger.appending():
        ledger.crash(0)
        ledger.wait_restarted()
    ledger.recall()
    return ledger.history


@pytest.fixture(scope="module")
def controllers_restarted(deploy_containers_alone):
    """Two replicas that are written to all the time, of which the first is deleted when the controller is restarted."""
    ledger = deploy_containers_alone("ledger.yaml", replicas=2)
    ledger.wait_ready()
    with ledger.appending():
        ledger.restart_controllers()
        ledger.delete_pod(0)
        ledger.wait_replaced()
    ledger.recall()
    return ledger.history


@pytest.fixture(scope="module")
def nodes_lost(deploy_containers_alone):
    """Three replicas that are written to all the time; the node of the first dies for good, that of the second stands still.

    Both pods are deleted. The first node is declared out of service until it is back; the second goes on when it does.
    """
    ledger = deploy_containers_alone("ledger.yaml", apart=True)
    ledger.wait_ready()
    dead, still = ledger.nodes_of(0, 1)
    with ledger.appending():
        with ledger.killed_node(dead), ledger.paused_node(still):
            ledger.wait_lost(dead, still)
            ledger.delete_pod(0)
            ledger.wait_terminating(0)
            ledger.sync()
            ledger.delete_pod(1)
            ledger.wait_terminating(1)
            ledger.sync()
            ledger.let_begin(1)
            ledger.declare_out_of_service(dead)
            ledger.wait_back(0)
            ledger.let_begin(1)
        ledger.declare_in_service(dead)
        ledger.wait_ready()
    ledger.recall()
    return ledger.history


@proves("data/acknowledged-writes-are-kept")
def test_no_acknowledged_write_is_lost_when_a_pod_is_deleted(deleted):
    assert checks.acknowledged_writes_are_kept(deleted) == []


@proves("data/acknowledged-writes-are-kept")
def test_no_acknowledged_write_is_lost_when_a_process_ends(crashed):
    assert checks.acknowledged_writes_are_kept(crashed) == []


@proves("data/no-write-twice")
def test_no_write_stands_twice_when_a_pod_was_deleted(deleted):
    assert checks.no_write_twice(deleted) == []


@proves("data/no-write-twice")
def test_no_write_stands_twice_when_a_process_ended(crashed):
    assert checks.no_write_twice(crashed) == []


@proves("data/one-writer-at-a-time")
def test_nobody_else_writes_under_the_name_of_a_pod_that_was_deleted(deleted):
    assert checks.one_writer_at_a_time(deleted) == []


@proves("data/one-writer-at-a-time")
def test_a_process_that_is_started_again_writes_alone(crashed):
    assert checks.one_writer_at_a_time(crashed) == []


@proves("data/own-volume")
def test_a_pod_that_is_made_again_finds_its_own_volume(deleted):
    assert checks.own_volume(deleted) == []


@proves("data/own-volume")
def test_a_process_that_is_started_again_finds_its_own_volume(crashed):
    assert checks.own_volume(crashed) == []


@proves("data/safe-through-controller-restart")
def test_data_are_safe_when_the_controller_is_restarted(controllers_restarted):
    assert checks.data_is_safe(controllers_restarted) == []


@proves("data/safe-through-node-loss")
def test_data_are_safe_when_a_node_dies_and_another_comes_back_that_stood_still(nodes_lost):
    assert checks.data_is_safe(nodes_lost) == []


@proves("failure/lost-node-keeps-the-name")
def test_no_other_pod_is_made_while_the_node_is_dead(nodes_lost):
    assert checks.keeps_its_name(nodes_lost, "web-0") == []


@proves("failure/lost-node-keeps-the-name")
def test_no_other_pod_is_made_while_the_node_stands_still(nodes_lost):
    assert checks.keeps_its_name(nodes_lost, "web-1") == []


@proves("failure/out-of-service-moves-the-pod")
def test_a_pod_is_made_again_elsewhere_once_its_node_is_out_of_service(nodes_lost):
    assert checks.moved_with_claim(nodes_lost, "web-0") == []


@proves("data/what-befell-it")
def test_what_befell_the_data_of_a_pod_that_was_deleted(deleted, tells):
    tells(told_of_data(deleted))


@proves("data/what-befell-it")
def test_what_befell_the_data_of_a_pod_that_was_deleted_by_force(deleted_by_force, tells):
    tells(told_of_data(deleted_by_force))
