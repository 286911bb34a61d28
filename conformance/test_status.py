"""The status and the scale subresource: what a set says of itself, and that its scale alone can be read and changed.

Method: after each change the controller is made to look, and the status is waited for; what it says in the end is held against
the pods that the watch has shown.
"""

import pytest

from conformance import checks
from conformance.guarantees import proves

HOUR = 3600
FOREIGN = "stateful-conformance.test/foreign"


@pytest.fixture(scope="module")
def counted(deploy_unscheduled):
    """Three replicas, one of them unready for a while, updated in part, then all, unavailable, and scaled."""
    web = deploy_unscheduled("varied.yaml", replicas=3)
    web.wait_ready()
    web.wait_true()
    web.hold_readiness(1)
    web.wait_counted(ready=2)
    web.wait_true()
    web.release_readiness(1)
    web.wait_ready()
    web.partition(2)
    web.update()
    web.wait_replaced_by_update(2)
    web.wait_true()
    web.change(minReadySeconds=HOUR)
    web.wait_true()
    web.change(minReadySeconds=0)
    web.partition(0)
    web.wait_rolled()
    web.wait_true()
    web.put_condition(FOREIGN)
    web.scale(1)
    web.wait_ready()
    web.wait_true()
    return web.history


@pytest.fixture(scope="module")
def short_of_quota(deploy_unscheduled):
    """A second pod is refused for want of quota; meanwhile the first becomes unready and Ready again."""
    web = deploy_unscheduled("varied.yaml", replicas=1)
    web.wait_ready()
    web.limit_pods(1)
    web.scale(2)
    web.wait_refused()
    web.hold_readiness(0)
    web.wait_counted(ready=0)
    web.release_readiness(0)
    web.wait_counted(ready=1)
    web.unlimit_pods()
    web.wait_ready()
    return web.history


@pytest.fixture(scope="module")
def scaled(deploy_unscheduled):
    """Three replicas, scaled to two by the scale subresource."""
    web = deploy_unscheduled("varied.yaml", replicas=3)
    web.wait_ready()
    web.wait_true()
    web.read_scale()
    web.try_scales(1)
    web.scale_through(2)
    web.wait_ready()
    web.wait_true()
    web.read_scale()
    return web.history


@proves("status/generations-are-observed")
def test_every_change_of_the_set_is_observed_in_the_end(counted):
    assert checks.generations_are_observed(counted) == []


@proves("status/counts-come-true")
def test_the_status_counts_the_pods_that_are_there(counted):
    assert checks.counts_come_true(counted) == []


@proves("status/foreign-conditions-survive")
def test_a_condition_of_somebody_else_stays_in_the_status(counted):
    assert checks.condition_survives(counted, FOREIGN) == []


@proves("status/counts-while-creation-fails")
def test_the_status_is_true_while_a_pod_cannot_be_created(short_of_quota):
    assert checks.counts_while_refused(short_of_quota) == []


@proves("status/scale-tells-the-set")
def test_the_scale_tells_what_the_set_tells(scaled):
    assert checks.scale_tells(scaled) == []


@proves("status/scale-changes-the-set")
def test_scaling_by_the_subresource_removes_the_surplus_only(scaled):
    assert checks.removes_only(scaled, {2}) == []


@proves("status/scale-honours-conflicts")
def test_a_scale_over_a_newer_state_is_refused(scaled):
    assert checks.stale_scale_is_refused(scaled) == []
