"""Services beside the governing one, and what their EndpointSlices say of each pod: its name, and whether it is ready.

Method: four Services select the same pods. One pod is held unready while the other is deleted and made again: the slices that
list the new pod were written with the other's state in view. What DNS makes of slices is asked in test_network.py.
"""

import pytest

from conformance import checks
from conformance.checks.endpoints import told_of_names_behind_an_address
from conformance.guarantees import proves

SERVICES = ("web", "second", "early")


@pytest.fixture(scope="module")
def published(deploy_containers):
    """Two replicas behind several Services; the second is unready while the first is deleted and made again."""
    web = deploy_containers("published.yaml", replicas=2, gated=True)
    web.wait_ready()
    web.wait_listed(*SERVICES)
    web.hold_readiness(1)
    web.wait_counted(ready=1)
    web.hold_next_readiness(0)
    web.delete_pod(0)
    web.wait_new(0)
    web.wait_listed(*SERVICES)
    web.release_readiness(0)
    web.release_readiness(1)
    web.wait_ready()
    web.wait_listed(*SERVICES)
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def addressed(deploy_containers):
    """One replica whose governing Service has a cluster address; its name is asked for from another pod."""
    web = deploy_containers("published.yaml", replicas=1, specification={"serviceName": "addressed"}, client=True)
    web.wait_ready()
    web.wait_listed("addressed")
    web.resolve(0, promised=False)
    return web.history


@pytest.fixture(scope="module")
def serviceless(deploy_unscheduled):
    """Three replicas of a set that names a Service which does not exist."""
    web = deploy_unscheduled("varied.yaml", replicas=3, specification={"serviceName": "nobody"})
    web.wait_ready()
    web.sync()
    return web.history


@proves("network/endpoints-are-named")
def test_every_endpoint_says_which_pod_it_is(published):
    assert checks.endpoints_are_named(published) == []


@proves("network/unready-is-not-published")
def test_a_pod_that_is_not_ready_is_not_published_as_ready(published):
    assert checks.unready_is_published(published, "web", False) == []


@proves("network/unready-is-published-where-asked")
def test_a_pod_that_is_not_ready_is_published_by_a_service_that_says_so(published):
    assert checks.unready_is_published(published, "early", True) == []


@proves("network/second-service-names-no-pods")
def test_a_second_headless_service_gives_no_host_names(published):
    assert checks.endpoints_have_no_names(published, "second") == []


@proves("network/created-without-service")
def test_the_pods_are_created_though_their_service_is_missing(serviceless):
    assert checks.created_without_service(serviceless) == []


@proves("network/names-behind-an-address")
def test_what_a_governing_service_with_an_address_gives(addressed, tells):
    tells(told_of_names_behind_an_address(addressed))
