"""Storage: each ordinal has a claim of its own, and gets it back with every byte, whatever happens to the pod or the set.

Method: claims are compared by UID, since a claim made anew under the old name has lost its data. On the node tier random
bytes are written and synced before the act and read back by the pod that came after it.
"""

import pytest

from conformance import checks
from conformance.guarantees import NODE, proves

FOR_ONE_POD = {
    "volumeClaimTemplates": [
        {
            "metadata": {"name": "data"},
            "spec": {"accessModes": ["ReadWriteOncePod"], "resources": {"requests": {"storage": "16Mi"}}},
        }
    ]
}
with_containers = pytest.mark.parametrize("deploy", [NODE], indirect=True)


@pytest.fixture(scope="module")
def pod_deleted(deploy):
    """Two replicas that both wrote to their claims, of which the first is deleted gracefully."""
    web = deploy("web.yaml", replicas=2)
    web.wait_ready()
    if web.tier == NODE:
        web.write(0)
        web.write(1)
    web.delete_pod(0)
    web.wait_replaced()
    if web.tier == NODE:
        web.read(0)
        web.read(1)
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def scaled(deploy):
    """Two replicas scaled to one and back to two."""
    web = deploy("web.yaml", replicas=2)
    web.wait_ready()
    if web.tier == NODE:
        web.write(0)
        web.write(1)
    web.scale(1)
    web.wait_ready()
    web.sync()
    web.scale(2)
    web.wait_ready()
    if web.tier == NODE:
        web.read(1)
    return web.history


@pytest.fixture(scope="module")
def set_recreated(deploy):
    """A set of two that is deleted and made again under its name."""
    web = deploy("web.yaml", replicas=2)
    web.wait_ready()
    if web.tier == NODE:
        web.write(0)
        web.write(1)
    web.delete()
    web.wait_deleted()
    web.create()
    web.wait_ready()
    if web.tier == NODE:
        web.read(0)
        web.read(1)
    return web.history


@pytest.fixture(scope="module")
def placed(deploy_containers):
    """Two pods are asked where they are, and where their volumes can be used; one of them is deleted, and asked again."""
    web = deploy_containers("varied.yaml", replicas=2)
    web.wait_ready()
    web.ask_placement(0)
    web.ask_placement(1)
    web.delete_pod(0)
    web.wait_replaced()
    web.wait_ready()
    web.ask_placement(0)
    return web.history


@pytest.fixture(scope="module")
def wanted_by_two(deploy_containers):
    """A pod beside the set mounts the claim of its only one, which is for one pod alone; then the set is scaled to none."""
    web = deploy_containers("varied.yaml", replicas=1, specification=FOR_ONE_POD)
    web.wait_ready()
    web.make_rival(0)
    web.wait_rival_refused()
    web.scale(0)
    web.wait_gone()
    web.wait_rival_runs()
    return web.history


@proves("storage/one-claim-each")
def test_each_pod_mounts_a_claim_of_its_own(pod_deleted):
    assert checks.one_claim_each(pod_deleted, ["data"]) == []


@proves("storage/claim-survives-pod-deletion")
def test_a_pod_made_again_mounts_the_same_claim(pod_deleted):
    assert checks.claim_survives(pod_deleted, "web-0") == []


@proves("storage/claim-survives-scale-down")
def test_scaling_down_and_up_keeps_the_claims(scaled):
    assert checks.claims_survive(scaled, ["data"]) == []


@proves("storage/claim-survives-set-deletion")
def test_deleting_the_set_keeps_the_claims(set_recreated):
    assert checks.claims_survive(set_recreated, ["data"]) == []


@with_containers
@proves("storage/bytes-survive-pod-deletion")
def test_a_pod_made_again_reads_the_same_bytes(pod_deleted):
    assert checks.bytes_survive(pod_deleted) == []


@with_containers
@proves("storage/bytes-survive-scale-down")
def test_scaling_down_and_up_keeps_the_bytes(scaled):
    assert checks.bytes_survive(scaled) == []


@with_containers
@proves("storage/bytes-survive-set-deletion")
def test_deleting_the_set_keeps_the_bytes(set_recreated):
    assert checks.bytes_survive(set_recreated) == []


@proves("storage/runs-where-its-volume-is")
def test_each_pod_runs_where_its_volume_is(placed):
    assert checks.runs_where_its_volume_is(placed) == []


@proves("storage/one-pod-at-a-time")
def test_a_volume_for_one_pod_alone_is_used_by_one_pod_at_a_time(wanted_by_two):
    assert checks.used_by_one_pod(wanted_by_two) == []
