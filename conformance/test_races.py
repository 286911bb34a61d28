"""Races: an update during which something else is done, and a controller that must look just when it has acted.

Method: the first pod that an update replaces is held in Terminating, or the one in its place unready, so that what is done
meanwhile comes before the second.
"""

import pytest

from conformance import checks
from conformance.checks.races import told_of_own_removal
from conformance.guarantees import proves


@pytest.fixture(scope="module")
def reverted(deploy_unscheduled):
    """Three replicas whose template is changed and at once changed back, the last held while it leaves."""
    web = deploy_unscheduled("varied.yaml", replicas=3, lingering=True)
    web.wait_ready()
    web.update("old")
    web.wait_rolled()
    web.hold_deletion(2)
    web.update("new")
    web.wait_terminating(2)
    web.update("old")
    web.sync()
    web.release_deletion(2)
    web.wait_rolled()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def annotated(deploy_unscheduled):
    """Three replicas whose template is changed, and fifty times an annotation of the set while the first is replaced."""
    web = deploy_unscheduled("varied.yaml", replicas=3, lingering=True)
    web.wait_ready()
    web.hold_deletion(2)
    web.hold_next_readiness(2)
    web.update()
    web.wait_terminating(2)
    for time in range(50):
        web.annotate()
        if time == 25:
            web.release_deletion(2)
    web.wait_new(2)
    web.release_readiness(2)
    web.wait_rolled()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def below(deploy_unscheduled):
    """Three replicas updated from the last ordinal on, of which the middle one is deleted while the last is held leaving."""
    specification = {"updateStrategy": {"rollingUpdate": {"partition": 2}}}
    web = deploy_unscheduled("varied.yaml", replicas=3, specification=specification, lingering=True)
    web.wait_ready()
    web.hold_deletion(2)
    web.update()
    web.wait_terminating(2)
    web.delete_pod(1)
    web.wait_returned()
    web.sync()
    web.release_deletion(2)
    web.wait_replaced_by_update(2)
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def shrunk_while_updated(deploy_unscheduled):
    """Three replicas whose template and number are changed in one write, the surplus one held while it leaves."""
    web = deploy_unscheduled("varied.yaml", replicas=3, lingering=True)
    web.wait_ready()
    web.hold_deletion(2)
    web.update_and_scale(2)
    web.wait_terminating(2)
    web.sync()
    web.release_deletion(2)
    web.wait_rolled()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def grown_while_updated(deploy_unscheduled):
    """Three replicas whose template is changed, and which are scaled to four as soon as the last of them begins to leave."""
    web = deploy_unscheduled("varied.yaml", replicas=3, lingering=True)
    web.wait_ready()
    web.hold_deletion(2)
    web.update()
    web.wait_terminating(2)
    web.scale(4)
    web.sync()
    web.release_deletion(2)
    web.wait_rolled()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def looked_at_while_growing(deploy_unscheduled):
    """One replica scaled to four, whose controller is made to look as soon as each of the new pods is there."""
    web = deploy_unscheduled("varied.yaml", replicas=1)
    web.wait_ready()
    web.scale(4)
    for ordinal in range(1, 4):
        web.wait_created(ordinal)
        web.sync()
    web.wait_ready()
    return web.history


@proves("ordering/removals-take-turns")
def test_an_update_waits_until_the_surplus_is_gone(shrunk_while_updated):
    assert checks.surplus_goes_first(shrunk_while_updated) == []


@proves("ordering/own-removal-not-yet-known")
def test_what_becomes_of_a_scaling_up_just_when_a_pod_is_removed_for_an_update(grown_while_updated, tells):
    tells(told_of_own_removal(grown_while_updated))


@proves("restart/cache-behind-its-own-writes")
def test_a_controller_counts_the_pods_that_it_has_just_created(looked_at_while_growing):
    assert checks.counts_what_it_created(looked_at_while_growing) == []


@proves("updates/reverted-in-flight")
def test_a_template_that_is_changed_back_leads_to_the_old_revision(reverted):
    assert checks.reverts_in_flight(reverted) == []


@proves("updates/reverted-in-flight")
def test_no_pod_is_replaced_twice_when_a_template_is_changed_back(reverted):
    assert checks.replaced_once(reverted, updates=2, before=1) == []


@proves("updates/annotations-disturb-nothing")
def test_annotations_of_the_set_do_not_disturb_the_order_of_an_update(annotated):
    assert checks.rolls_while_annotated(annotated, 50) == []


@proves("updates/annotations-disturb-nothing")
def test_annotations_of_the_set_make_no_pod_be_replaced_twice(annotated):
    assert checks.replaced_once(annotated, updates=1) == []


@proves("updates/spared-pod-returns-old")
def test_a_spared_pod_returns_as_it_was_while_another_is_replaced(below):
    assert checks.made_at_revision(below, "old", {1}) == []
