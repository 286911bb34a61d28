"""The gate: a fleet of StatefulSets stands on the cluster while it is upgraded, and each is as it was, and works on.

Method: one upgrade is driven, by the user's own command, and every member of the fleet is watched meanwhile; what nobody could
watch is reconciled by UID. Each test asks the two histories of a member one question.
"""

import pytest

from conformance import checks
from conformance.guarantees import proves
from conformance.upgrade import afterwards as after
from conformance.upgrade import checks as through
from conformance.upgrade import command, database, found, records
from conformance.upgrade.fleet import DATABASE, MEMBERS

LEDGER = "ledger.node"


def every(fixture, *names):
    """Ask of each member of the fleet, or of these."""
    return pytest.mark.parametrize(fixture, names or tuple(MEMBERS), indirect=True)


@proves("before/fleet-stands")
@every("crossing")
def test_the_fleet_stands(crossing):
    assert through.stands(crossing) == []


@proves("upgrade/takes-place")
@every("crossing")
def test_something_is_upgraded(crossing, may_change_nothing):
    if may_change_nothing and command.changed_nothing(crossing):
        pytest.skip("nothing was upgraded, and --may-change-nothing says that this is meant")
    assert command.takes_place(crossing) == []


@proves("data/records-are-kept")
@every("crossing", LEDGER)
def test_no_record_is_lost(crossing):
    assert records.records_are_kept(crossing) == []


@proves("database/writes-are-kept")
@every("crossing", DATABASE.id)
def test_no_acknowledged_write_is_lost(crossing):
    assert database.writes_are_kept(crossing) == []


@proves("database/works-on")
@every("afterwards", DATABASE.id)
def test_a_deleted_primary_returns_with_its_claim_and_is_followed(afterwards):
    assert database.works_on(afterwards) == []


@proves("identity/sets-stay")
@every("crossing")
def test_the_set_is_as_it_was(crossing):
    assert through.sets_stay(crossing) == []


@proves("identity/claims-stay")
@every("crossing")
def test_every_claim_is_as_it_was(crossing):
    assert through.claims_stay(crossing) == []


@proves("identity/revisions-stay")
@every("crossing")
def test_every_revision_is_as_it_was(crossing):
    assert through.revisions_stay(crossing) == []


@proves("identity/pods-return")
@every("crossing", *(name for name in MEMBERS if not name.startswith("broken")))
def test_every_pod_is_there_under_its_name_and_ready(crossing):
    assert through.pods_return(crossing) == []


@proves("identity/endpoints-keep-names")
@every("crossing", LEDGER)
def test_every_endpoint_keeps_its_name(crossing):
    assert through.endpoints_keep_names(crossing) == []


@proves("identity/surroundings-stay")
@every("crossing")
def test_the_services_and_the_budget_are_as_they_were(crossing):
    assert through.surroundings_stay(crossing) == []


@proves("restarts/pods-leave-with-their-node")
@every("crossing")
def test_a_pod_leaves_only_with_its_node(crossing):
    assert through.pods_leave_with_their_node(crossing) == []


@proves("restarts/found-and-left")
@every("afterwards")
def test_the_new_controller_leaves_what_it_finds(afterwards):
    assert checks.left_as_it_was(afterwards, "upgraded") == []


@proves("restarts/found-and-left")
@pytest.mark.parametrize(("crossing", "afterwards"), [(name, name) for name in MEMBERS], indirect=True)
def test_what_the_upgrade_leaves_is_found(crossing, afterwards):
    assert found.found_as_left(crossing, afterwards) == []


@proves("availability/command-succeeds")
@every("crossing")
def test_the_command_succeeds(crossing):
    if not command.was_commanded(crossing):
        pytest.skip("nobody ran a command: the cluster was upgraded between two runs")
    assert command.command_succeeds(crossing) == []


@proves("availability/budgets-are-kept")
@every("crossing", LEDGER)
def test_as_many_are_ready_as_the_budget_protects(crossing):
    if not crossing.acts("protect"):
        pytest.skip("all replicas are on one node, so no budget can hold while that is drained")
    if through.was_unwatched(crossing):
        pytest.skip("nobody watched the upgrade, so how many pods were Ready meanwhile is not known")
    assert through.budget_is_kept(crossing) == []


@proves("availability/nodes-are-back")
@every("crossing", LEDGER)
def test_every_node_is_ready_again(crossing):
    assert through.nodes_are_back(crossing) == []


@proves("availability/writes-go-on")
@every("crossing", LEDGER)
def test_no_replica_is_silent_for_long(crossing, allowed_silence):
    assert records.writes_go_on(crossing, allowed_silence) == []


@proves("availability/names-answer")
@every("crossing", LEDGER)
def test_no_replica_leaves_the_others_without_an_answer_for_long(crossing, allowed_silence):
    assert records.names_answer(crossing, allowed_silence) == []


@proves("availability/silence-is-told")
@every("crossing", LEDGER)
def test_how_long_they_were_silent(crossing, tells):
    tells(records.told(crossing))


@proves("availability/down-at-once-is-told")
@every("crossing", LEDGER)
def test_how_many_were_down_at_once(crossing, tells):
    tells(through.down_at_once(crossing))


@proves("availability/volumes-are-told")
@every("crossing", LEDGER)
def test_how_long_the_volumes_took(crossing, tells):
    if through.was_unwatched(crossing):
        pytest.skip("nobody watched the upgrade, so when a pod had its volumes is not known")
    tells(through.volumes_come_back(crossing))


@proves("availability/outages-are-told")
@every("crossing", LEDGER)
def test_how_long_the_server_was_away(crossing, tells):
    tells(through.outages(crossing))


@proves("afterwards/applying-again-changes-nothing")
@every("afterwards", "applied.control-plane")
def test_a_manifest_applied_again_changes_nothing(afterwards):
    assert checks.changes_nothing(afterwards, "applied again") == []


@proves("afterwards/rolls-back-to-the-old-revision")
@every("afterwards", "revised.control-plane")
def test_an_old_template_has_its_old_revision(afterwards):
    assert after.reuses_the_old_revision(afterwards) == []


@proves("afterwards/updates")
@every("afterwards", "revised.control-plane", "available.control-plane", "long.control-plane")
def test_a_changed_template_replaces_every_pod(afterwards):
    assert after.all_come_to_be_newest(afterwards) == []


@proves("afterwards/paused-update-stays-paused")
@every("afterwards", "paused.control-plane")
def test_a_pod_below_the_partition_comes_back_as_it_was(afterwards):
    assert after.returns_as_it_was(afterwards, 0, "current") == []


@proves("afterwards/paused-update-finishes")
@every("afterwards", "paused.control-plane")
def test_a_paused_update_finishes(afterwards):
    assert after.all_come_to_be_newest(afterwards) == []


@proves("afterwards/on-delete-waits")
@every("afterwards", "pending.control-plane")
def test_a_pod_that_waits_to_be_deleted_comes_back_new(afterwards):
    assert after.returns_as_it_was(afterwards, 1, "update") == []


@proves("afterwards/broken-revision-is-mended")
@every("afterwards", "broken.control-plane")
def test_a_set_that_was_never_ready_is_mended(afterwards):
    assert after.all_come_to_be_newest(afterwards) == []


@proves("afterwards/scales-by-one")
@every(
    "afterwards", LEDGER, *(f"{name}.control-plane" for name in ("pending", "revised", "shifted", "available", "long"))
)
def test_one_more_and_one_less_is_the_highest(afterwards):
    assert after.scales_by_one(afterwards) == []


@proves("afterwards/claims-follow-the-policy")
@every("afterwards", "deleting.control-plane")
def test_a_claim_goes_with_the_replica_that_is_scaled_away(afterwards):
    assert checks.deleted_by_scaling(afterwards) == []


@proves("afterwards/deleted-pod-returns")
@every("afterwards", LEDGER)
def test_a_pod_that_is_deleted_comes_back(afterwards):
    assert after.returns_as_it_was(afterwards, 1, "current") == []


@proves("afterwards/records-survive")
@every("afterwards", LEDGER)
def test_a_pod_that_is_deleted_comes_back_with_its_records(afterwards):
    assert records.records_survive(afterwards) == []
