"""The contrast: a ReplicaSet's pods are cattle. What it does not promise shows what a StatefulSet does.

Method: all pods are held unready, so a controller that waited for one of them would never make the next.
"""

import pytest

from conformance import checks
from conformance.guarantees import proves


@pytest.fixture(scope="module")
def herd(deploy):
    """Three replicas of a ReplicaSet, of which one is deleted."""
    cattle = deploy("replicaset.yaml", replicas=3, gated=True, all_held=True)
    cattle.wait_all_created()
    cattle.release_all_readiness()
    cattle.wait_ready()
    cattle.delete_any_pod()
    cattle.wait_replaced()
    return cattle.history


@proves("contrast/replicaset-names-are-random")
def test_names_have_random_suffixes(herd):
    assert checks.names_are_random(herd) == []


@proves("contrast/replicaset-has-no-order")
def test_all_pods_are_made_at_once(herd):
    assert checks.creates_all_at_once(herd, 3) == []


@proves("contrast/replicaset-returns-renamed")
def test_a_deleted_pod_returns_under_another_name(herd):
    assert checks.returns_renamed(herd) == []
