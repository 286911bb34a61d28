"""Checks: pure functions from a history to a list of violations, by subject.

Method: an empty list says that the promise held, and that the history is enough to say so. A list says that it was broken, and
at which event that is certain. Inconclusive is raised where the history is too thin for either.
"""

from conformance.checks.api import accepted, changes_nothing, defaulted, refused
from conformance.checks.claims import (
    class_is_default,
    expansion_survives,
    made_as_templates_say,
    missing_claim_returns,
    templates_override_volumes,
)
from conformance.checks.contrast import creates_all_at_once, names_are_random, returns_renamed
from conformance.checks.evidence import stays_still
from conformance.checks.failure import replaced_with_claim, returns_from_deleted_node
from conformance.checks.identity import (
    hostnames_are_names,
    hostnames_as_specified,
    labelled_with_name,
    labelled_with_ordinal,
    labelled_with_revision,
    names_are_ordinals,
    owned_by_the_set,
    survives_deletion,
)
from conformance.checks.invariants import (
    births_are_wanted,
    claims_are_kept,
    claims_come_first,
    counts_agree,
    deletions_have_reasons,
    ends_are_reached,
    generations_are_observed_in_order,
    one_life_at_a_time,
    terminations_are_graceful,
)
from conformance.checks.network import name_follows, names_resolve, srv_lists_ready
from conformance.checks.ordering import (
    connectable_before,
    gated_by_readiness,
    held_back_while_unready,
    highest_leaves_first,
    leaves_one_at_a_time,
    removes_only,
)
from conformance.checks.restart import left_as_it_was
from conformance.checks.retention import (
    deleted_by_scaling,
    deleted_with_pods,
    deleted_with_the_set,
    foreign_claims_are_told,
    foreign_claims_untouched,
    orphans_adopted,
    orphans_keep_claims,
    owners_follow_policy,
    survives_everything,
    waits_for_leaving_claims,
)
from conformance.checks.storage import bytes_survive, claim_survives, claims_survive, one_claim_each
from conformance.checks.updates import current_when_complete, rolls_highest_first

__all__ = [
    "accepted",
    "births_are_wanted",
    "bytes_survive",
    "changes_nothing",
    "claim_survives",
    "claims_are_kept",
    "claims_come_first",
    "claims_survive",
    "class_is_default",
    "connectable_before",
    "counts_agree",
    "creates_all_at_once",
    "current_when_complete",
    "defaulted",
    "deleted_by_scaling",
    "deleted_with_pods",
    "deleted_with_the_set",
    "deletions_have_reasons",
    "ends_are_reached",
    "expansion_survives",
    "foreign_claims_are_told",
    "foreign_claims_untouched",
    "gated_by_readiness",
    "generations_are_observed_in_order",
    "held_back_while_unready",
    "highest_leaves_first",
    "hostnames_are_names",
    "hostnames_as_specified",
    "labelled_with_name",
    "labelled_with_ordinal",
    "labelled_with_revision",
    "leaves_one_at_a_time",
    "left_as_it_was",
    "made_as_templates_say",
    "missing_claim_returns",
    "name_follows",
    "names_are_ordinals",
    "names_are_random",
    "names_resolve",
    "one_claim_each",
    "one_life_at_a_time",
    "orphans_adopted",
    "orphans_keep_claims",
    "owned_by_the_set",
    "owners_follow_policy",
    "refused",
    "removes_only",
    "replaced_with_claim",
    "returns_from_deleted_node",
    "returns_renamed",
    "rolls_highest_first",
    "srv_lists_ready",
    "stays_still",
    "survives_deletion",
    "survives_everything",
    "templates_override_volumes",
    "terminations_are_graceful",
    "waits_for_leaving_claims",
]
