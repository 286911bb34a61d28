"""What each check is asked beside the history, where it is asked anything: so that all of them can be asked alike."""

from __future__ import annotations

from typing import Any

from conformance import checks

ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "condition_survives": ("foreign",),
    "halts_at_broken": (2,),
    "within_bound": (2,),
    "accepted": ("change", ["replicas"]),
    "changes_nothing": ("itself",),
    "deleted_with_pods": ("Background",),
    "defaulted": ("silent", {"replicas": 1}),
    "refused": ("change", {"selector": ("forbidden",)}),
    "claim_survives": ("web-1",),
    "creates_all_at_once": (3,),
    "endpoints_have_no_names": ("second",),
    "force_frees_the_name": ("web-1",),
    "creation_goes_on": (range(3),),
    "gated_by_readiness": (range(3),),
    "goes_on": ("update", checks.rolls_highest_first),
    "held_back_while_unready": (0, 2),
    "keeps_its_name": ("web-1",),
    "keeps_its_revision": (("scale",),),
    "keeps_to_its_own": ("web-1",),
    "left_as_it_was": ("restart",),
    "made_at_revision": ("new", {1}),
    "gone_when_ended": ("web-1",),
    "grace_period_is_given": ("web-1",),
    "made_again_once_for_each_failure": ("web-1",),
    "moved_with_claim": ("web-1",),
    "name_follows": ("web-1",),
    "names_are_ordinals": (3,),
    "quorum_kept": (2,),
    "removes_only": ({2},),
    "replaced_once": (1,),
    "replaced_with_claim": ("Failed",),
    "replaces_only": ("update", {1}),
    "rolls_while_annotated": (1,),
    "stays_still": ("scale",),
    "survives_everything": (["delete", "update"],),
    "survives_deletion": ("web-1",),
    "waits_while_terminating": (2, "scale"),
    "waits_while_unready": (0, "scale"),
    "tolerate_lost_nodes": (300,),
    "unready_is_published": ("web", False),
}
