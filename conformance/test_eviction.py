"""Pods that end before their time: by eviction, by force, by failing again and again, and by a deletion that takes its time.

Method: the budget's own count is waited for before anything is asked of it, so each answer is the only lawful one. A process
that is not to end yet is kept by a hook in its container, as long as the test wants.
"""

import pytest

from conformance import checks
from conformance.checks.status import told_of_generations
from conformance.guarantees import proves


@pytest.fixture(scope="module")
def protected(deploy_unscheduled):
    """Two replicas under a budget that allows no disruption: an eviction is tried, then the template is changed."""
    web = deploy_unscheduled("varied.yaml", replicas=2)
    web.wait_ready()
    web.protect(maxUnavailable=0)
    web.evict(1)
    web.sync()
    web.update()
    web.wait_rolled()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def drained(deploy_unscheduled):
    """Three replicas, of which two must stay: each is evicted in turn, and another one is tried while it is not Ready."""
    web = deploy_unscheduled("varied.yaml", replicas=3, lingering=True)
    web.wait_ready()
    web.protect(minAvailable=2)
    for ordinal, other in ((0, 1), (1, 2), (2, 0)):
        web.wait_allowed(1)
        web.hold_deletion(ordinal)
        web.hold_next_readiness(ordinal)
        web.evict(ordinal)
        # A budget remembers by name who was evicted; a pod that returns before it looks is the evicted one to it, for minutes.
        web.wait_allowed(0)
        web.release_deletion(ordinal)
        web.wait_new(ordinal)
        web.wait_counted(ready=2)
        web.evict(other)
        web.release_readiness(ordinal)
        web.wait_ready()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def failing(deploy_unscheduled):
    """Two replicas, of which the first fails five times in a row."""
    web = deploy_unscheduled("varied.yaml", replicas=2)
    web.wait_ready()
    for _ in range(5):
        web.fail_pod(0, "Failed")
        web.wait_replaced()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def forced(deploy_unscheduled):
    """Two replicas, the first on a node that is lost; it is deleted by force."""
    web = deploy_unscheduled("varied.yaml", replicas=2)
    web.make_node()
    web.wait_ready()
    web.place(0)
    web.lose_node()
    web.sync()
    web.force_delete_pod(0)
    web.wait_replaced()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def busy(deploy_containers):
    """One replica that is deleted while its process is kept from ending; much later it may end."""
    web = deploy_containers("graceful.yaml", replicas=1)
    web.wait_ready()
    web.hold_end(0)
    web.delete_pod(0)
    web.wait_terminating(0)
    web.sync()
    web.ask_hostname(0)
    web.outlast(0, seconds=4)
    web.release_end(0)
    web.wait_replaced()
    web.sync()
    return web.history


@proves("failure/eviction-asks-the-budget")
def test_an_eviction_is_refused_where_the_budget_allows_none(protected):
    assert checks.evictions_refused(protected) == []


@proves("failure/update-asks-no-budget")
def test_an_update_replaces_pods_whose_eviction_is_refused(protected):
    assert checks.update_asks_no_budget(protected) == []


@proves("failure/evicted-pod-returns")
def test_an_evicted_pod_returns_with_its_claim(drained):
    assert checks.evicted_pods_return(drained) == []


@proves("failure/drain-keeps-the-quorum")
def test_a_drain_waits_for_each_pod_to_be_ready_again(drained):
    assert checks.quorum_kept(drained, 2) == []


@proves("failure/one-creation-for-each-failure")
def test_a_pod_that_fails_again_and_again_is_made_once_for_each_time(failing):
    assert checks.made_again_once_for_each_failure(failing, "web-0") == []


@proves("failure/force-frees-the-name")
def test_a_pod_deleted_by_force_is_replaced_without_its_node(forced):
    assert checks.force_frees_the_name(forced, "web-0") == []


@proves("failure/gone-when-ended")
def test_a_deleted_pod_is_there_until_its_process_has_ended(busy):
    assert checks.gone_when_ended(busy, "web-0") == []


@proves("failure/grace-period-is-given")
def test_a_deleted_pod_is_given_its_time_to_end(busy):
    assert checks.grace_period_is_given(busy, "web-0") == []


@proves("failure/lost-nodes-are-tolerated-for-a-while")
def test_every_pod_stays_five_minutes_on_a_node_that_is_lost(failing):
    assert checks.tolerate_lost_nodes(failing, 300) == []


@proves("status/pods-count-generations")
def test_whether_pods_count_their_generations(busy, tells):
    tells(told_of_generations(busy))
