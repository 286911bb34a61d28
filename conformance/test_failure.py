"""Failure: a pod that has ended, badly or well, is replaced under its name with its claim.

Method: without a kubelet the phase is written. With one, a pod fails by the kubelet's own hand when its active deadline has
passed; that it succeeded is written, since a container that may be restarted never succeeds by itself, and again where the
kubelet writes what it sees, until somebody deletes the pod.
"""

import pytest

from conformance import checks
from conformance.guarantees import proves


@pytest.fixture(scope="module")
def failed(deploy):
    """Two replicas, of which the first fails."""
    return _ended(deploy, "Failed")


@pytest.fixture(scope="module")
def succeeded(deploy):
    """Two replicas, of which the first succeeds."""
    return _ended(deploy, "Succeeded")


def _ended(deploy, phase):
    web = deploy("web.yaml", replicas=2)
    web.wait_ready()
    web.fail_pod(0, phase)
    web.wait_replaced()
    web.sync()
    return web.history


@proves("failure/failed-pod-is-replaced")
def test_a_failed_pod_is_replaced_with_its_claim(failed):
    assert checks.replaced_with_claim(failed, "Failed") == []


@proves("failure/succeeded-pod-is-replaced")
def test_a_succeeded_pod_is_replaced_with_its_claim(succeeded):
    assert checks.replaced_with_claim(succeeded, "Succeeded") == []
