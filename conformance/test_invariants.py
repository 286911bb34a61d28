"""Invariants: what must never happen to a StatefulSet, asked of the history of every scenario of the run.

Method: no scenario of its own. Each test is asked once for each scenario and tier, after the scenario's own tests, of the
history that it left; the contrast's are left out, since theirs is no StatefulSet.
"""

from conformance import checks
from conformance.guarantees import proves


@proves("invariants/one-pod-for-each-name")
def test_no_two_pods_of_one_name_live_at_once(every_history):
    assert checks.one_life_at_a_time(every_history) == []


@proves("invariants/every-deletion-has-a-reason")
def test_no_pod_is_deleted_without_a_reason(every_history):
    assert checks.deletions_have_reasons(every_history) == []


@proves("invariants/every-creation-is-wanted")
def test_no_pod_is_created_that_nobody_asked_for(every_history):
    assert checks.births_are_wanted(every_history) == []


@proves("invariants/scenarios-reach-their-end")
def test_every_scenario_reaches_its_end(every_history):
    assert checks.ends_are_reached(every_history) == []


@proves("identity/hostname-is-the-name")
def test_every_pod_is_specified_with_its_name_as_its_host_name(every_history):
    assert checks.hostnames_as_specified(every_history) == []


@proves("invariants/claims-are-kept")
def test_no_claim_is_deleted_against_the_policy(every_history):
    assert checks.claims_are_kept(every_history) == []


@proves("invariants/claims-come-first")
def test_no_pod_is_created_before_its_claims(every_history):
    assert checks.claims_come_first(every_history) == []


@proves("invariants/terminations-are-graceful")
def test_no_pod_is_given_less_time_to_end_than_it_says(every_history):
    assert checks.terminations_are_graceful(every_history) == []


@proves("invariants/generations-are-observed-in-order")
def test_no_generation_is_observed_before_its_time(every_history):
    assert checks.generations_are_observed_in_order(every_history) == []


@proves("invariants/statuses-are-not-inherited")
def test_no_set_shows_the_status_of_one_before_it(every_history):
    assert checks.statuses_are_not_inherited(every_history) == []


@proves("invariants/counts-agree")
def test_no_status_counts_more_than_there_is(every_history):
    assert checks.counts_agree(every_history) == []


@proves("updates/current-when-complete")
def test_no_revision_is_called_current_before_the_roll_is_complete(every_history):
    assert checks.current_when_complete(every_history) == []


@proves("updates/revisions-are-never-changed")
def test_no_revision_is_ever_changed(every_history):
    assert checks.revisions_are_immutable(every_history) == []


@proves("updates/live-revisions-are-kept")
def test_no_revision_in_use_is_deleted(every_history):
    assert checks.live_revisions_are_kept(every_history) == []


@proves("identity/labelled-with-name")
def test_every_pod_is_labelled_with_its_name(every_history):
    assert checks.labelled_with_name(every_history) == []


@proves("identity/labelled-with-ordinal")
def test_every_pod_is_labelled_with_its_ordinal(every_history):
    assert checks.labelled_with_ordinal(every_history) == []


@proves("identity/labelled-with-revision")
def test_every_pod_is_labelled_with_a_revision_of_the_set(every_history):
    assert checks.labelled_with_revision(every_history) == []


@proves("identity/owned-by-the-set")
def test_every_pod_is_controlled_by_the_set(every_history):
    assert checks.owned_by_the_set(every_history) == []


@proves("storage/one-claim-each")
def test_every_pod_mounts_a_claim_of_its_own(every_history):
    assert checks.one_claim_each(every_history) == []


@proves("ordering/removals-take-turns")
def test_no_pod_is_removed_while_another_is_away(every_history):
    assert checks.removals_take_turns(every_history) == []


@proves("ordering/waits-for-ready")
def test_every_pod_waits_until_its_predecessors_are_ready(every_history):
    assert checks.gated_where_ordered(every_history) == []


@proves("status/collision-count-never-falls")
def test_the_count_of_collisions_never_falls(every_history):
    assert checks.collisions_never_fall(every_history) == []
