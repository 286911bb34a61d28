"""The headless Service: each ready pod has a name of its own in the cluster's DNS, and the name follows the pod.

Method: names are asked from another pod, since a pod finds its own name in its own /etc/hosts whatever the DNS says. The
question is repeated until the answer is the pod's address, many times in a row, for as long as the run is patient. One pod is
held unready for a while, since a Service that lists whatever runs lists it too.
"""

import pytest

from conformance import checks
from conformance.guarantees import proves


@pytest.fixture(scope="module")
def named(deploy_containers):
    """Two replicas asked for by name; the second is unready for a while; the first is deleted and asked for again."""
    web = deploy_containers("web.yaml", replicas=2, gated=True, client=True)
    web.wait_ready()
    web.resolve(0, 1)
    web.list_srv()
    web.hold_readiness(1)
    web.wait_counted(ready=1)
    web.list_srv()
    web.release_readiness(1)
    web.wait_ready()
    web.delete_pod(0)
    web.wait_replaced()
    web.resolve(0)
    web.list_srv()
    return web.history


@proves("network/name-resolves")
def test_each_ready_pod_resolves_by_its_own_name(named):
    assert checks.names_resolve(named) == []


@proves("network/name-follows-the-pod")
def test_the_name_of_a_replaced_pod_leads_to_its_new_address(named):
    assert checks.name_follows(named, "web-0") == []


@proves("network/srv-lists-ready-pods")
def test_the_srv_records_list_every_ready_pod(named):
    assert checks.srv_lists_ready(named) == []
