"""Updates: a changed template rolls through the set from the highest ordinal to the lowest.

Method: the template is changed once; the order is read from the watch, at the beginning of each pod's deletion. The first
pod that is replaced is held unready while the controller is made to look, so one that does not wait for it goes on. That a pod
was spared is known by a look of the controller when all else was done; a partition beyond the replicas makes revisions without
replacing any pod.
"""

import pytest

from conformance import checks
from conformance.guarantees import proves

# Changes of the set's specification that are none of its pods'.
UNLIKE_TEMPLATE = (
    {"minReadySeconds": 1},
    {"persistentVolumeClaimRetentionPolicy": {"whenScaled": "Delete"}},
    {"updateStrategy": {"rollingUpdate": {"partition": 2}}},
    {"updateStrategy": {"type": "OnDelete", "rollingUpdate": None}},
    {"updateStrategy": {"type": "RollingUpdate"}},
)


@pytest.fixture(scope="module")
def rolled(deploy):
    """Three replicas whose template is changed; the first and the last that is replaced run before they become Ready."""
    web = deploy("web.yaml", replicas=3, gated=True)
    web.wait_ready()
    web.hold_next_readiness(2)
    web.update()
    web.wait_new(2)
    web.sync()
    web.hold_next_readiness(0)
    web.release_readiness(2)
    web.wait_new(0)
    web.sync()
    web.release_readiness(0)
    web.wait_rolled()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def partitioned(deploy):
    """Three replicas whose update a partition holds at the highest; then the lowest pod is deleted."""
    web = deploy("varied.yaml", replicas=3, specification={"updateStrategy": {"rollingUpdate": {"partition": 2}}})
    web.wait_ready()
    web.update()
    web.wait_replaced_by_update(2)
    web.sync()
    web.delete_pod(0)
    web.wait_replaced()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def lowered(deploy_unscheduled):
    """Three replicas whose update a partition beyond them holds, and lower ones let go on by and by."""
    web = deploy_unscheduled(
        "varied.yaml", replicas=3, specification={"updateStrategy": {"rollingUpdate": {"partition": 7}}}
    )
    web.wait_ready()
    web.update()
    web.wait_ready()
    web.sync()
    web.partition(1)
    web.wait_replaced_by_update(1, 2)
    web.sync()
    web.partition(0)
    web.wait_rolled()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def disturbed(deploy_unscheduled):
    """A pod on each side of a rolling update is deleted while the update waits for the first new pod, which is unready."""
    web = deploy_unscheduled(
        "varied.yaml", replicas=4, specification={"updateStrategy": {"rollingUpdate": {"partition": 1}}}
    )
    web.wait_ready()
    web.hold_next_readiness(3)
    web.update()
    web.wait_new(3)
    web.sync()
    for ordinal in (0, 1, 3):
        web.delete_pod(ordinal)
        web.wait_returned()
    web.release_readiness(3)
    web.wait_replaced_by_update(1, 2, 3)
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def on_delete(deploy_unscheduled):
    """Three replicas that are updated on deletion only; when the controller has looked, the second is deleted, then all."""
    web = deploy_unscheduled("varied.yaml", replicas=3, specification={"updateStrategy": {"type": "OnDelete"}})
    web.wait_ready()
    web.update()
    web.wait_ready()
    web.sync()
    for ordinal in (1, 0, 2):
        web.delete_pod(ordinal)
        web.wait_replaced()
        web.sync()
    return web.history


@pytest.fixture(scope="module")
def undone(deploy_unscheduled):
    """Three replicas that are updated twice, and then back to the first update by the data of its revision."""
    web = deploy_unscheduled("varied.yaml", replicas=3)
    web.wait_ready()
    for value in ("one", "two"):
        web.update(value)
        web.wait_rolled()
        web.sync()
    web.undo()
    web.wait_rolled()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def reverted(deploy_unscheduled):
    """Two replicas held by a partition, whose template is changed thrice, then to what it was first; a revision is tried."""
    web = deploy_unscheduled(
        "varied.yaml", replicas=2, specification={"updateStrategy": {"rollingUpdate": {"partition": 2}}}
    )
    web.wait_ready()
    for value in ("one", "two", "three", "one"):
        web.update(value)
        web.wait_ready()
    web.sync()
    web.try_revision("unchanged", {})
    web.try_revision("other data", {"data": {"spec": {"replicas": 7}}})
    return web.history


@pytest.fixture(scope="module")
def pruned(deploy_unscheduled):
    """Two replicas of two revisions, whose template is changed ten times more; two unused revisions may be kept."""
    web = deploy_unscheduled(
        "varied.yaml",
        replicas=2,
        specification={"updateStrategy": {"rollingUpdate": {"partition": 1}}, "revisionHistoryLimit": 2},
    )
    web.wait_ready()
    web.update()
    web.wait_replaced_by_update(1)
    web.partition(2)
    web.wait_ready()
    for _ in range(10):
        web.update()
        web.wait_ready()
    for partition in (3, 4, 5):
        web.partition(partition)
        web.wait_ready()
    web.wait_pruned(2)
    return web.history


@pytest.fixture(scope="module")
def unrestarted(deploy_unscheduled):
    """Three replicas, of which all is changed but the template, and to which their own manifest is applied again."""
    web = deploy_unscheduled("varied.yaml", replicas=3)
    web.wait_ready()
    web.sync()
    web.annotate()
    web.apply()
    for change in UNLIKE_TEMPLATE:
        web.change(**change)
        web.wait_ready()
    for replicas in (4, 2):
        web.scale(replicas)
        web.wait_ready()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def grown(deploy_unscheduled):
    """One replica whose update a partition of two holds, scaled to four."""
    web = deploy_unscheduled(
        "varied.yaml", replicas=1, specification={"updateStrategy": {"rollingUpdate": {"partition": 2}}}
    )
    web.wait_ready()
    web.update()
    web.wait_ready()
    web.sync()
    web.scale(4)
    web.wait_ready()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def emptied(deploy_unscheduled):
    """Two replicas whose update a partition holds, scaled to none and back."""
    web = deploy_unscheduled(
        "varied.yaml", replicas=2, specification={"updateStrategy": {"rollingUpdate": {"partition": 2}}}
    )
    web.wait_ready()
    web.update()
    web.wait_ready()
    web.sync()
    web.scale(0)
    web.wait_gone()
    web.sync()
    web.scale(2)
    web.wait_ready()
    web.sync()
    return web.history


@proves("updates/rolls-highest-first")
def test_a_changed_template_rolls_from_the_highest_ordinal(rolled):
    assert checks.rolls_highest_first(rolled) == []


@proves("updates/partition-spares-lower-ordinals")
def test_an_update_spares_the_pods_below_the_partition(partitioned):
    assert checks.replaces_only(partitioned, "update", {2}) == []


@proves("updates/spared-pod-returns-old")
def test_a_spared_pod_that_is_deleted_comes_back_at_the_old_revision(partitioned):
    assert checks.made_at_revision(partitioned, "old", {0}) == []


@proves("updates/partition-beyond-replicas-spares-all")
def test_a_partition_beyond_the_replicas_spares_every_pod(lowered):
    assert checks.replaces_only(lowered, "update", ()) == []


@proves("updates/lowered-partition-goes-on")
def test_a_lowered_partition_lets_the_update_go_on(lowered):
    assert checks.replaces_only(lowered, "change", {0}, times=2) == []


@proves("updates/deleted-pods-keep-their-side")
def test_a_pod_deleted_behind_the_update_comes_back_at_the_new_revision(disturbed):
    assert checks.made_at_revision(disturbed, "new", {3}) == []


@proves("updates/deleted-pods-keep-their-side")
def test_a_pod_deleted_below_the_partition_comes_back_at_the_old_revision(disturbed):
    assert checks.made_at_revision(disturbed, "old", {0}) == []


@proves("updates/pod-deleted-before-its-turn")
def test_a_pod_deleted_before_its_turn_is_told(disturbed, tells):
    which = checks.replacement.returned_at(disturbed, 1)
    tells(f"A pod deleted before a rolling update had reached it came back at the {which} revision.")


@proves("updates/on-delete-waits")
def test_nothing_is_updated_before_it_is_deleted(on_delete):
    assert checks.replaces_only(on_delete, "update", ()) == []


@proves("updates/on-delete-returns-new")
def test_what_is_deleted_comes_back_updated(on_delete):
    assert checks.made_at_revision(on_delete, "new", {1}) == []


@proves("updates/current-under-on-delete")
def test_which_revision_is_current_when_all_pods_were_deleted(on_delete, tells):
    tells(checks.revisions.told_of_current_on_delete(on_delete))


@proves("status/events-tell-of-pods")
def test_what_events_tell_of_pods(unrestarted, tells):
    tells(checks.status.told_by_events(unrestarted))


@proves("updates/undo-restores-every-pod")
def test_an_undone_update_replaces_every_pod(undone):
    assert checks.replaces_only(undone, "update", range(3), times=3) == []


@proves("updates/rollback-reuses-the-revision")
def test_an_undone_update_goes_back_to_the_revision_of_before(undone):
    assert checks.reuses_revision(undone) == []


@proves("updates/rollback-reuses-the-revision")
def test_a_template_that_had_been_before_makes_no_revision(reverted):
    assert checks.reuses_revision(reverted) == []


@proves("updates/revision-data-are-immutable")
def test_the_data_of_a_revision_cannot_be_changed(reverted):
    assert checks.refused(reverted, "change a revision", {"other data": ("immutable",)}) == []


@proves("updates/history-is-limited")
def test_no_more_revisions_are_kept_than_may_be(pruned):
    assert checks.history_is_limited(pruned) == []


@proves("updates/only-the-template-makes-a-revision")
def test_no_change_but_the_templates_makes_a_revision_or_takes_a_pod(unrestarted):
    assert checks.keeps_its_revision(unrestarted, ("annotate", "apply", "change", "scale")) == []


@proves("updates/applying-again-changes-nothing")
def test_applying_the_same_manifest_again_changes_nothing(unrestarted):
    assert checks.changes_nothing(unrestarted, "applied again") == []


@proves("updates/new-pods-follow-the-partition")
def test_a_new_pod_below_the_partition_is_made_at_the_current_revision(grown):
    assert checks.made_at_revision(grown, "old", {1}) == []


@proves("updates/new-pods-follow-the-partition")
def test_a_new_pod_from_the_partition_on_is_made_at_the_new_revision(grown):
    assert checks.made_at_revision(grown, "new", {2, 3}) == []


@proves("updates/partition-of-an-emptied-set")
def test_the_revision_of_an_emptied_set_is_told(emptied, tells):
    which = checks.replacement.returned_at(emptied, 0)
    tells(f"A set that was scaled to none during an update made its pods below the partition at the {which} revision.")
