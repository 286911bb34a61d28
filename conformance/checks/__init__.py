"""Checks: pure functions from a history to a list of violations, by subject.

Method: an empty list says that the promise held, and that the history is enough to say so. A list says that it was broken, and
at which event that is certain. Inconclusive is raised where the history is too thin for either.
"""

from conformance.checks.adoption import (
    adopted_when_selected,
    keeps_to_its_own,
    name_label_is_restored,
    released_when_unselected,
)
from conformance.checks.api import (
    accepted,
    changes_nothing,
    defaulted,
    refused,
)
from conformance.checks.availability import (
    halts_at_broken,
    old_end_first,
    overcomes_broken,
    reaches_newest,
    waits_for_availability,
    within_bound,
)
from conformance.checks.by_time import (
    availability_comes_with_time,
    next_comes_with_time,
)
from conformance.checks.claims import (
    class_is_default,
    expansion_survives,
    made_as_templates_say,
    missing_claim_returns,
    templates_override_volumes,
)
from conformance.checks.contrast import (
    creates_all_at_once,
    names_are_random,
    returns_renamed,
)
from conformance.checks.data import (
    acknowledged_writes_are_kept,
    data_is_safe,
    no_write_twice,
    one_writer_at_a_time,
    own_volume,
)
from conformance.checks.deletion import (
    deleted_with_pods,
    orphans_adopted,
    orphans_keep_claims,
)
from conformance.checks.endpoints import (
    created_without_service,
    endpoints_are_named,
    endpoints_have_no_names,
    unready_is_published,
)
from conformance.checks.eviction import (
    evicted_pods_return,
    evictions_refused,
    force_frees_the_name,
    gone_when_ended,
    made_again_once_for_each_failure,
    quorum_kept,
    tolerate_lost_nodes,
    update_asks_no_budget,
)
from conformance.checks.failure import (
    keeps_its_name,
    lost_node_keeps_claims,
    moved_with_claim,
    replaced_with_claim,
    returns_from_deleted_node,
)
from conformance.checks.identity import (
    hostnames_are_names,
    hostnames_as_specified,
    labelled_with_name,
    labelled_with_ordinal,
    labelled_with_revision,
    made_as_the_template_says,
    names_are_ordinals,
    owned_by_the_set,
    survives_deletion,
)
from conformance.checks.invariants import (
    births_are_wanted,
    claims_are_kept,
    claims_come_first,
    collisions_never_fall,
    counts_agree,
    deletions_have_reasons,
    ends_are_reached,
    generations_are_observed_in_order,
    one_life_at_a_time,
    removals_take_turns,
    statuses_are_not_inherited,
    terminations_are_graceful,
)
from conformance.checks.kubelet import (
    grace_period_is_given,
    ready_as_gates_say,
)
from conformance.checks.network import (
    name_follows,
    names_resolve,
    srv_lists_ready,
)
from conformance.checks.occupied import (
    foreign_claims_are_told,
    foreign_claims_untouched,
    waits_for_leaving_claims,
)
from conformance.checks.ordering import (
    connectable_before,
    gated_by_readiness,
    gated_where_ordered,
    held_back_while_unready,
    highest_leaves_first,
    leaves_one_at_a_time,
    removes_only,
)
from conformance.checks.parallel import (
    removes_all_at_once,
)
from conformance.checks.proof import stays_still
from conformance.checks.races import (
    counts_what_it_created,
    replaced_once,
    reverts_in_flight,
    rolls_while_annotated,
    surplus_goes_first,
)
from conformance.checks.replacement import made_at_revision, replaces_only
from conformance.checks.restart import (
    creation_goes_on,
    goes_on,
    left_as_it_was,
)
from conformance.checks.retention import (
    deleted_by_scaling,
    deleted_with_the_set,
    owners_follow_policy,
    survives_everything,
)
from conformance.checks.revisions import (
    history_is_limited,
    keeps_its_revision,
    live_revisions_are_kept,
    reuses_revision,
    revisions_are_immutable,
)
from conformance.checks.scaling import (
    failed_waits_its_turn,
    range_moves,
    resumes_after_refusal,
    reversal_converges,
    waits_while_terminating,
    waits_while_unready,
)
from conformance.checks.status import (
    condition_survives,
    counts_come_true,
    counts_while_refused,
    generations_are_observed,
    recreation_is_told,
    scale_tells,
    stale_scale_is_refused,
)
from conformance.checks.storage import (
    bytes_survive,
    claim_survives,
    claims_survive,
    one_claim_each,
)
from conformance.checks.updates import (
    current_when_complete,
    rolls_highest_first,
)
from conformance.checks.volumes import (
    runs_where_its_volume_is,
    used_by_one_pod,
)

__all__ = [
    "accepted",
    "acknowledged_writes_are_kept",
    "adopted_when_selected",
    "availability_comes_with_time",
    "births_are_wanted",
    "bytes_survive",
    "changes_nothing",
    "claim_survives",
    "claims_are_kept",
    "claims_come_first",
    "claims_survive",
    "class_is_default",
    "collisions_never_fall",
    "condition_survives",
    "connectable_before",
    "counts_agree",
    "counts_come_true",
    "counts_what_it_created",
    "counts_while_refused",
    "created_without_service",
    "creates_all_at_once",
    "creation_goes_on",
    "current_when_complete",
    "data_is_safe",
    "defaulted",
    "deleted_by_scaling",
    "deleted_with_pods",
    "deleted_with_the_set",
    "deletions_have_reasons",
    "endpoints_are_named",
    "endpoints_have_no_names",
    "ends_are_reached",
    "evicted_pods_return",
    "evictions_refused",
    "expansion_survives",
    "failed_waits_its_turn",
    "force_frees_the_name",
    "foreign_claims_are_told",
    "foreign_claims_untouched",
    "gated_by_readiness",
    "gated_where_ordered",
    "generations_are_observed",
    "generations_are_observed_in_order",
    "goes_on",
    "gone_when_ended",
    "grace_period_is_given",
    "halts_at_broken",
    "held_back_while_unready",
    "highest_leaves_first",
    "history_is_limited",
    "hostnames_are_names",
    "hostnames_as_specified",
    "keeps_its_name",
    "keeps_its_revision",
    "keeps_to_its_own",
    "labelled_with_name",
    "labelled_with_ordinal",
    "labelled_with_revision",
    "leaves_one_at_a_time",
    "left_as_it_was",
    "live_revisions_are_kept",
    "lost_node_keeps_claims",
    "made_again_once_for_each_failure",
    "made_as_templates_say",
    "made_as_the_template_says",
    "made_at_revision",
    "missing_claim_returns",
    "moved_with_claim",
    "name_follows",
    "name_label_is_restored",
    "names_are_ordinals",
    "names_are_random",
    "names_resolve",
    "next_comes_with_time",
    "no_write_twice",
    "old_end_first",
    "one_claim_each",
    "one_life_at_a_time",
    "one_writer_at_a_time",
    "orphans_adopted",
    "orphans_keep_claims",
    "overcomes_broken",
    "own_volume",
    "owned_by_the_set",
    "owners_follow_policy",
    "quorum_kept",
    "range_moves",
    "reaches_newest",
    "ready_as_gates_say",
    "recreation_is_told",
    "refused",
    "released_when_unselected",
    "removals_take_turns",
    "removes_all_at_once",
    "removes_only",
    "replaced_once",
    "replaced_with_claim",
    "replaces_only",
    "resumes_after_refusal",
    "returns_from_deleted_node",
    "returns_renamed",
    "reuses_revision",
    "reversal_converges",
    "reverts_in_flight",
    "revisions_are_immutable",
    "rolls_highest_first",
    "rolls_while_annotated",
    "runs_where_its_volume_is",
    "scale_tells",
    "srv_lists_ready",
    "stale_scale_is_refused",
    "statuses_are_not_inherited",
    "stays_still",
    "surplus_goes_first",
    "survives_deletion",
    "survives_everything",
    "templates_override_volumes",
    "terminations_are_graceful",
    "tolerate_lost_nodes",
    "unready_is_published",
    "update_asks_no_budget",
    "used_by_one_pod",
    "waits_for_availability",
    "waits_for_leaving_claims",
    "waits_while_terminating",
    "waits_while_unready",
    "within_bound",
]
