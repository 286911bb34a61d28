"""Updates and availability: how many pods an update takes at once, what stops it, and what it waits for.

Method: the pods that an update makes are held unready while the controller is made to look, so what must not happen is given
all the time that it needs. Where availability takes an hour, nothing is available; where it takes none, all that is Ready is.
What must come by time alone is waited for while nobody does anything.
"""

import pytest

from conformance import checks
from conformance.checks import availability
from conformance.guarantees import proves

# A while that is longer than the clocks of two machines may differ unnoticed.
HOUR, SHORTLY = 3600, 6
TWO = {"updateStrategy": {"rollingUpdate": {"maxUnavailable": 2}}}
HALF = {"updateStrategy": {"rollingUpdate": {"maxUnavailable": "50%"}}}
A_THIRD = {"updateStrategy": {"rollingUpdate": {"maxUnavailable": "33%"}}}
FROM_FIVE = {"ordinals": {"start": 5}, "updateStrategy": {"rollingUpdate": {"partition": 6}}}
RECREATE = {"type": "Recreate", "rollingUpdate": None}
# What is wrong, and in which words the server names it.
NO_BOUNDS = {
    "maxUnavailable 0": ({"updateStrategy": {"rollingUpdate": {"maxUnavailable": 0}}}, "maxUnavailable"),
    "maxUnavailable 0%": ({"updateStrategy": {"rollingUpdate": {"maxUnavailable": "0%"}}}, "maxUnavailable"),
    "maxUnavailable 101%": ({"updateStrategy": {"rollingUpdate": {"maxUnavailable": "101%"}}}, "maxUnavailable"),
    "maxUnavailable -1": ({"updateStrategy": {"rollingUpdate": {"maxUnavailable": -1}}}, "maxUnavailable"),
}


@pytest.fixture(scope="module")
def broken_and_reverted(deploy_unscheduled):
    """An update whose first pod never becomes Ready is taken back; then the broken pod is deleted by hand."""
    web = deploy_unscheduled("varied.yaml", replicas=3)
    web.wait_ready()
    web.update("as it was")
    web.wait_rolled()
    web.hold_next_readiness(2)
    web.update("broken")
    web.wait_new(2)
    web.wait_true()
    web.release_next_readiness(2)
    web.update("as it was")
    web.sync()
    web.sync()
    web.delete_pod(2)
    web.wait_rolled()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def all_broken(deploy_unscheduled):
    """Three parallel replicas, none of which ever becomes Ready, until their template is changed."""
    web = deploy_unscheduled(
        "varied.yaml", replicas=3, held=(0, 1, 2), specification={"podManagementPolicy": "Parallel"}
    )
    web.wait_all_created()
    web.wait_running(0)
    web.sync()
    web.release_next_readiness(0, 1, 2)
    web.update()
    web.wait_rolled()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def parallel(deploy_unscheduled):
    """Three parallel replicas are updated; the first that is replaced runs for a while before it becomes Ready."""
    web = deploy_unscheduled("varied.yaml", replicas=3, specification={"podManagementPolicy": "Parallel"})
    web.wait_ready()
    web.hold_next_readiness(2)
    web.update()
    web.wait_new(2)
    web.sync()
    web.release_readiness(2)
    web.wait_rolled()
    web.sync()
    return web.history


def _updated_while_held(web):
    """Update a set, whose new pods are held unready while the controller looks."""
    web.wait_ready()
    web.hold_all_readiness()
    web.update()
    web.wait_any_new()
    web.wait_true()
    web.release_all_readiness()
    web.wait_rolled()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def two_of_five(deploy_unscheduled):
    """Five replicas, of which an update may take two at once."""
    return _updated_while_held(deploy_unscheduled("varied.yaml", replicas=5, specification=TWO))


@pytest.fixture(scope="module")
def half_of_four(deploy_unscheduled):
    """Four parallel replicas, of which an update may take half at once; nonsensical bounds are tried beside it."""
    web = deploy_unscheduled("varied.yaml", replicas=4, specification=HALF | {"podManagementPolicy": "Parallel"})
    web.try_create("unchanged", {})
    for case, (change, _) in NO_BOUNDS.items():
        web.try_create(case, {"spec": change})
    return _updated_while_held(web)


@pytest.fixture(scope="module")
def a_third_of_four(deploy_unscheduled):
    """Four replicas, of which an update may take a third at once."""
    return _updated_while_held(deploy_unscheduled("varied.yaml", replicas=4, specification=A_THIRD))


@pytest.fixture(scope="module")
def partitioned_from_five(deploy_unscheduled):
    """Ordinals 5 to 7, updated with the partition 6."""
    web = deploy_unscheduled("varied.yaml", replicas=3, specification=FROM_FIVE)
    web.wait_ready()
    web.update()
    web.sync()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def unavailable_from_the_start(deploy_unscheduled):
    """Two replicas; the first is Ready, but available only in an hour, until it need not wait at all."""
    web = deploy_unscheduled("varied.yaml", replicas=2, specification={"minReadySeconds": HOUR})
    web.wait_counted(ready=1)
    web.sync()
    web.change(minReadySeconds=0)
    web.wait_ready()
    return web.history


@pytest.fixture(scope="module")
def available_in_time(deploy_unscheduled):
    """Two replicas, the first available some seconds after it is Ready, the second held: nobody does anything until then."""
    web = deploy_unscheduled("varied.yaml", replicas=2, held=(1,), specification={"minReadySeconds": SHORTLY})
    # Only a wait that begins behind this is held against the controller.
    web.wait_counted(ready=1)
    web.wait_created(1)
    web.wait_available(1)
    return web.history


@pytest.fixture(scope="module")
def unavailable_in_an_update(deploy_unscheduled):
    """Three replicas; the first that an update replaces is Ready, but available only in an hour, until it need not wait."""
    web = deploy_unscheduled("varied.yaml", replicas=3)
    web.wait_ready()
    web.hold_next_readiness(2)
    web.update()
    web.wait_new(2)
    web.change(minReadySeconds=HOUR)
    web.sync()
    web.release_readiness(2)
    web.wait_counted(ready=3)
    web.sync()
    web.change(minReadySeconds=0)
    web.wait_rolled()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def recreated(deploy_unscheduled):
    """Three replicas come under the strategy Recreate and are updated; one of the old pods is held while it ends."""
    web = deploy_unscheduled("varied.yaml", replicas=3, lingering=True)
    web.wait_ready()
    web.change(updateStrategy=RECREATE)
    web.sync()
    web.hold_deletion(1)
    web.update()
    web.wait_gone_but(1)
    web.wait_true()
    web.release_deletion(1)
    web.wait_rolled()
    web.sync()
    return web.history


@proves("updates/broken-update-halts")
def test_an_update_that_breaks_its_first_pod_touches_no_other(broken_and_reverted):
    assert checks.halts_at_broken(broken_and_reverted, 2) == []


@proves("updates/reverting-a-broken-update")
def test_what_comes_of_a_broken_update_that_is_reverted(broken_and_reverted, tells):
    tells(availability.told_of_reverting(broken_and_reverted, 2))


@proves("updates/deletion-frees-a-reverted-update")
def test_a_reverted_update_comes_to_its_end_once_the_broken_pod_is_deleted(broken_and_reverted):
    assert checks.overcomes_broken(broken_and_reverted, after="delete") == []


@proves("updates/parallel-overcomes-broken-pods")
def test_broken_parallel_pods_are_replaced_by_the_next_update_unaided(all_broken):
    assert checks.overcomes_broken(all_broken) == []


@proves("updates/parallel-waits-its-turn")
def test_an_update_of_parallel_pods_goes_from_the_highest_one_at_a_time(parallel):
    assert checks.rolls_highest_first(parallel) == []


@proves("updates/max-unavailable-is-the-bound")
def test_an_update_takes_two_pods_at_once_where_two_may_be_unavailable(two_of_five):
    assert checks.within_bound(two_of_five, 2) == []


@proves("updates/max-unavailable-is-the-bound")
def test_an_update_of_parallel_pods_takes_two_of_four_at_once_where_half_may_be_unavailable(half_of_four):
    assert checks.within_bound(half_of_four, 2) == []


@proves("updates/max-unavailable-is-rounded")
def test_how_a_third_of_four_pods_is_rounded(a_third_of_four, tells):
    tells(availability.told_of_rounding(a_third_of_four))


@proves("api/max-unavailable-is-at-least-one")
def test_a_bound_that_no_update_can_keep_is_refused(half_of_four):
    assert checks.refused(half_of_four, "create", {case: [field] for case, (_, field) in NO_BOUNDS.items()}) == []


@proves("updates/partition-of-other-ordinals")
def test_whether_a_partition_is_an_ordinal_where_they_begin_at_five(partitioned_from_five, tells):
    tells(availability.told_of_partition(partitioned_from_five))


@proves("ordering/waits-for-available")
def test_the_next_pod_is_made_only_when_the_last_is_available(unavailable_from_the_start):
    assert checks.waits_for_availability(unavailable_from_the_start) == []


@proves("ordering/goes-on-when-available")
def test_the_next_pod_is_made_by_time_alone(available_in_time):
    assert checks.next_comes_with_time(available_in_time) == []


@proves("status/availability-comes-with-time")
def test_a_pod_is_counted_as_available_by_time_alone(available_in_time):
    assert checks.availability_comes_with_time(available_in_time) == []


@proves("updates/waits-for-available")
def test_the_next_pod_is_replaced_only_when_the_last_is_available(unavailable_in_an_update):
    assert checks.waits_for_availability(unavailable_in_an_update) == []


@proves("updates/strategy-is-no-update")
def test_coming_under_recreate_moves_no_pod(recreated):
    assert checks.stays_still(recreated, "change") == []


@proves("updates/recreate-ends-the-old-first")
def test_recreating_ends_all_old_pods_before_the_first_new_one(recreated):
    assert checks.old_end_first(recreated) == []


@proves("status/recreation-is-told")
def test_recreating_is_told_from_its_beginning_to_its_end(recreated):
    assert checks.recreation_is_told(recreated) == []
