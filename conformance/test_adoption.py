"""Adoption: whose a pod is, by its labels, its owner and its name.

Method: a label of a running pod is changed, and changed back where the set does not do that itself. That the pod stays the
object that it was is told by its UID.
"""

import pytest

from conformance import checks
from conformance.guarantees import proves

NAME_LABEL = "statefulset.kubernetes.io/pod-name"
LONG = ("w" * 52, "w" * 53)


@pytest.fixture(scope="module")
def renamed(deploy_unscheduled):
    """Three replicas, of which one gets another pod's name as a label, and another loses the label."""
    web = deploy_unscheduled("varied.yaml", replicas=3)
    web.wait_ready()
    web.label_pod(1, {NAME_LABEL: "web-0"})
    web.wait_named(1)
    web.label_pod(2, {NAME_LABEL: None})
    web.wait_named(2)
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def let_go(deploy_unscheduled):
    """Three replicas, of which the middle one gets a label that the set does not select, and its own again."""
    web = deploy_unscheduled("varied.yaml", replicas=3)
    web.wait_ready()
    web.label_pod(1, {"app": "other"})
    web.wait_owned(1, owned=False)
    web.sync()
    web.label_pod(1, {"app": "web"})
    web.wait_owned(1, owned=True)
    web.wait_ready()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def neighbours(deploy_unscheduled):
    """Three replicas, beside which a set is made, and deleted, whose own name is that of one of the pods."""
    web = deploy_unscheduled("varied.yaml", replicas=3)
    web.wait_ready()
    web.create_neighbour("web-1")
    web.wait_neighbour("web-1")
    web.sync()
    web.delete_neighbour("web-1")
    web.wait_neighbour_gone("web-1")
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def long_names(deploy_unscheduled):
    """One replica, beside which two sets are made, of names as long as leaves room for a revision, and one letter longer."""
    web = deploy_unscheduled("varied.yaml", replicas=1)
    web.wait_ready()
    for name in LONG:
        web.create_neighbour(name)
        web.wait_neighbour(name)
    web.sync()
    return web.history


@proves("identity/name-label-is-restored")
def test_a_changed_name_label_is_restored_on_the_same_pod(renamed):
    assert checks.name_label_is_restored(renamed) == []


@proves("identity/unselected-pod-is-released")
def test_a_pod_that_is_no_longer_selected_is_let_go(let_go):
    assert checks.released_when_unselected(let_go) == []


@proves("identity/released-pod-is-adopted")
def test_a_pod_that_is_selected_again_is_taken_back(let_go):
    assert checks.adopted_when_selected(let_go) == []


@proves("identity/neighbours-keep-apart")
def test_a_set_named_like_a_pod_of_another_has_its_own_pods_only(neighbours):
    assert checks.keeps_to_its_own(neighbours, "web-1") == []


@proves("identity/long-names")
def test_a_set_of_a_long_name_gets_its_pods_or_not(long_names, tells):
    tells(checks.adoption.long_name(long_names, *LONG))
