"""Identity: a pod is its ordinal, under the same name, host name and labels, whatever object happens to carry them.

Method: one set of three is brought up, another loses a pod. What the API says of each pod is read at its creation, before
anything could have repaired it; the host name is also asked of a process inside the container.
"""

import pytest

from conformance import checks
from conformance.guarantees import NODE, proves


@pytest.fixture(scope="module")
def trio(deploy):
    """Three replicas brought up, and each container asked for its host name."""
    web = deploy("web.yaml", replicas=3)
    web.wait_ready()
    if web.tier == NODE:
        for ordinal in range(3):
            web.ask_hostname(ordinal)
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def replacement(deploy):
    """Three replicas, of which the middle one is deleted, and its container asked for its host name once it is back."""
    web = deploy("web.yaml", replicas=3)
    web.wait_ready()
    web.delete_pod(1)
    web.wait_replaced()
    if web.tier == NODE:
        for ordinal in range(3):
            web.ask_hostname(ordinal)
    web.sync()
    return web.history


@proves("identity/names-are-ordinals")
def test_pods_are_named_by_the_set_and_their_ordinals(trio):
    assert checks.names_are_ordinals(trio, 3) == []


@proves("identity/hostname-is-the-name")
def test_each_pod_has_its_name_as_its_host_name(trio):
    assert checks.hostnames_are_names(trio) == []


@proves("identity/hostname-is-the-name")
def test_a_pod_made_again_has_its_name_as_its_host_name(replacement):
    assert checks.hostnames_are_names(replacement) == []


@proves("identity/labelled-with-name")
def test_each_pod_is_labelled_with_its_name(trio):
    assert checks.labelled_with_name(trio) == []


@proves("identity/labelled-with-ordinal")
def test_each_pod_is_labelled_with_its_ordinal(trio):
    assert checks.labelled_with_ordinal(trio) == []


@proves("identity/labelled-with-revision")
def test_each_pod_is_labelled_with_a_revision_of_the_set(trio):
    assert checks.labelled_with_revision(trio) == []


@proves("identity/owned-by-the-set")
def test_each_pod_is_controlled_by_the_set(trio):
    assert checks.owned_by_the_set(trio) == []


@proves("identity/survives-deletion")
def test_a_deleted_pod_returns_under_its_name_as_a_new_object(replacement):
    assert checks.survives_deletion(replacement, "web-1") == []
