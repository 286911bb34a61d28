"""Retention: claims go with the set or with its scaling where the policy says so, and outlive everything else.

Method: that a claim is meant to go is told by who owns it before anything is deleted; that it goes, by the garbage
collector, is waited for. What holds up a deletion (a pod or a claim that is held in Terminating) gives the controller all
the time it needs to do what it must not.
"""

import pytest

from conformance import checks
from conformance.guarantees import proves

DELETE = {"whenDeleted": "Delete", "whenScaled": "Delete"}


@pytest.fixture(scope="module")
def deleted_with_claims(deploy):
    """Two replicas whose claims go with the set, which is deleted; the first pod is held while it leaves."""
    policy = {"whenDeleted": "Delete", "whenScaled": "Retain"}
    web = deploy(
        "varied.yaml", replicas=2, lingering=True, specification={"persistentVolumeClaimRetentionPolicy": policy}
    )
    web.wait_ready()
    web.wait_claims_owned("StatefulSet")
    web.sync()
    web.hold_deletion(0)
    web.delete()
    web.wait_terminating(0)
    web.wait_claim_terminating(0)
    web.release_deletion(0)
    web.wait_deleted()
    web.wait_claim_gone(0)
    web.wait_claim_gone(1)
    return web.history


@pytest.fixture(scope="module")
def scaled_with_claims(deploy_unscheduled):
    """Three replicas whose claims go with scaling, scaled to one, and to two again while the second claim is still leaving."""
    web = deploy_unscheduled("varied.yaml", replicas=3, specification={"persistentVolumeClaimRetentionPolicy": DELETE})
    web.wait_ready()
    web.sync()
    web.hold_claim(1)
    web.scale(1)
    web.wait_ready()
    web.wait_claim_terminating(1)
    web.wait_claim_gone(2)
    # Claims reach a controller by a way of their own, in order: one that changes its own change of one knows all before that.
    web.retain(whenDeleted="Retain")
    web.wait_claims_owned()
    web.retain(whenDeleted="Delete")
    web.wait_claims_owned("StatefulSet")
    web.sync()
    web.scale(2)
    web.sync()
    web.release_claim(1)
    web.wait_claim_gone(1)
    web.sync()
    web.wait_ready(looks=True)
    return web.history


@pytest.fixture(scope="module")
def disturbed(deploy_unscheduled):
    """Three replicas under a policy that deletes claims: one is deleted, one fails, one is evicted, then all are updated."""
    web = deploy_unscheduled("varied.yaml", replicas=3, specification={"persistentVolumeClaimRetentionPolicy": DELETE})
    web.wait_ready()
    web.delete_pod(0)
    web.wait_replaced()
    web.fail_pod(1, "Failed")
    web.wait_replaced()
    web.evict(2)
    web.wait_replaced()
    web.update()
    web.wait_rolled()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def changed_policy(deploy_unscheduled):
    """Two replicas whose policy is changed to Delete, one half after the other, and back."""
    web = deploy_unscheduled("varied.yaml", replicas=2)
    web.wait_ready()
    web.retain(whenDeleted="Delete")
    web.wait_claims_owned("StatefulSet")
    web.sync()
    web.retain(whenScaled="Delete")
    web.sync()
    web.wait_claims_owned("StatefulSet")
    web.retain(whenDeleted="Retain")
    web.wait_claims_owned()
    web.sync()
    web.retain(whenScaled="Retain")
    web.sync()
    web.wait_claims_owned()
    return web.history


@pytest.fixture(scope="module")
def foreign_claim(deploy_unscheduled):
    """A second replica that finds a claim of its name under another controller; it is scaled away, then the set deleted."""
    web = deploy_unscheduled("varied.yaml", replicas=1, specification={"persistentVolumeClaimRetentionPolicy": DELETE})
    web.wait_ready()
    web.make_claim(1, storage="16Mi", foreign=True)
    web.scale(2)
    web.wait_ready()
    web.sync()
    web.wait_told("ConflictingController")
    web.scale(1)
    web.wait_ready()
    web.sync()
    web.delete()
    web.wait_deleted()
    web.wait_claim_gone(0)
    return web.history


@pytest.fixture(scope="module")
def orphaned(deploy_unscheduled):
    """A set of three that is deleted without its pods, though its claims were to go with it, and made again under its name."""
    web = deploy_unscheduled("varied.yaml", replicas=3, specification={"persistentVolumeClaimRetentionPolicy": DELETE})
    web.wait_ready()
    web.wait_claims_owned("StatefulSet")
    web.sync()
    web.delete("Orphan")
    web.wait_object_gone()
    web.create()
    web.wait_ready()
    web.wait_claims_owned("StatefulSet")
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def deleted_in_the_foreground(deploy_unscheduled):
    """A set of two that is deleted in the foreground; the first pod is held while it leaves."""
    web = deploy_unscheduled("varied.yaml", replicas=2, lingering=True)
    web.wait_ready()
    web.hold_deletion(0)
    web.delete("Foreground")
    web.wait_terminating(0)
    web.release_deletion(0)
    web.wait_deleted()
    return web.history


@pytest.fixture(scope="module")
def deleted_in_the_background(deploy_unscheduled):
    """A set of two that is deleted in the background."""
    web = deploy_unscheduled("varied.yaml", replicas=2)
    web.wait_ready()
    web.delete("Background")
    web.wait_deleted()
    return web.history


@proves("storage/deleted-with-the-set")
def test_claims_go_with_the_set_where_the_policy_says_so(deleted_with_claims):
    assert checks.deleted_with_the_set(deleted_with_claims) == []


@proves("storage/deleted-by-scaling")
def test_claims_go_with_the_pods_that_scaling_removes_where_the_policy_says_so(scaled_with_claims):
    assert checks.deleted_by_scaling(scaled_with_claims) == []


@proves("storage/waits-for-a-condemned-claim")
def test_a_pod_that_returns_waits_until_its_condemned_claim_is_gone(scaled_with_claims):
    assert checks.waits_for_leaving_claims(scaled_with_claims) == []


@proves("storage/policy-deletes-on-nothing-else")
def test_no_policy_deletes_the_claims_of_pods_that_are_deleted_evicted_failed_or_updated(disturbed):
    assert checks.survives_everything(disturbed, ["delete", "fail", "evict", "update"]) == []


@proves("storage/policy-may-change")
def test_the_owners_of_the_claims_follow_the_policy(changed_policy):
    assert checks.owners_follow_policy(changed_policy) == []


@proves("storage/foreign-claim-is-left-alone")
def test_a_claim_of_another_controller_is_left_alone(foreign_claim):
    assert checks.foreign_claims_untouched(foreign_claim) == []


@proves("storage/foreign-claim-is-told")
def test_a_claim_of_another_controller_is_told_of(foreign_claim):
    assert checks.foreign_claims_are_told(foreign_claim) == []


@proves("storage/orphans-keep-claims")
def test_a_set_that_is_deleted_without_its_pods_leaves_its_claims(orphaned):
    assert checks.orphans_keep_claims(orphaned) == []


@proves("api/orphans-are-adopted")
def test_a_set_made_again_takes_over_the_pods_that_were_left(orphaned):
    assert checks.orphans_adopted(orphaned) == []


@proves("api/foreground-deletes-pods-first")
def test_a_set_deleted_in_the_foreground_goes_after_its_pods(deleted_in_the_foreground):
    assert checks.deleted_with_pods(deleted_in_the_foreground, "Foreground") == []


@proves("api/background-deletes-set-first")
def test_a_set_deleted_in_the_background_goes_before_its_pods(deleted_in_the_background):
    assert checks.deleted_with_pods(deleted_in_the_background, "Background") == []
