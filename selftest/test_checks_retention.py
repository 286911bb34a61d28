"""Retention: claims that go with the set and with scaling, those that stay, and sets that are deleted one way or another.

Method: each check is asked of a lawful history, of each way to break the promise, and of each way to know too little.
"""

import pytest

from conformance import checks
from conformance.history import Event, History
from selftest.notation import edited, judged, story

LOOKED_SINCE = "within 20 s, although the controller looked at the StatefulSet since"
UNCOLLECTED = "still there at the end, and nothing shows that the garbage collector looked"
NOT_ASKED = "the history holds no claim that a pod was to mount while it was being deleted"
POLICY = "persistentVolumeClaimRetentionPolicy"
DELETE = {POLICY: {"whenDeleted": "Delete", "whenScaled": "Delete"}}
READY = "+0 r0 +1 r1 ="
OWNED = "+0 o0:set r0 +1 o1:set r1 = nudge ="
FOREIGN = "+0 o0:set r0 +1 r1 = nudge ="
ORPHANED = f"{OWNED} delete:set:Orphan o0:none o1:none a0:none a1:none gone:set create:2"


def deleting(words):
    """The story of two pods under a policy that deletes claims, with the set and with scaling."""
    return story(words, replicas=2, **DELETE)


def retaining(words):
    """The story of two pods under the default policy."""
    return story(words, replicas=2)


def on_nodes(words):
    """The same as `deleting`, with both pods on a node."""
    history = deleting(words)
    for name in ("web-0", "web-1"):
        history = edited(history, "Pod", name, lambda pod: pod["spec"].update(nodeName="node-1"))
    return history


def foreign(words):
    """The same as `deleting`, but the claim of web-1 is another controller's from its beginning."""
    other = [{"uid": "other", "controller": True}]

    def own(claim):
        claim["metadata"].setdefault("ownerReferences", other)

    return edited(deleting(words), "PersistentVolumeClaim", "data-web-1", own)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"{OWNED} delete:set t0 t1 ct0 ct1 -0 c-0 -1 c-1", []),
        (
            "+0 r0 +1 o1:set r1 = nudge = delete:set t0 t1 -0 -1 ct1 c-1",
            ["8 =: data-web-0 was not owned by web, with which it was to go"],
        ),
        (
            "+0 r0 +1 o1:set r1 = delete:set t0 t1 -0 -1 ct1 c-1",
            "inconclusive: event 13 (rv 11): data-web-0 was not owned by the set, and nothing shows that the controller looked",
        ),
        (f"{OWNED} ct0 delete:set t0 t1 ct1 -0 c-0 -1 c-1", ["10 ct0: data-web-0 began to be deleted before web did"]),
        (
            f"{OWNED} delete:set t0 t1 ct0 ct1 -0 c-0 -1",
            "inconclusive: data-web-1 was still there at the end, on its way out",
        ),
        (
            f"{OWNED} delete:set t0 t1 ct0 -0 c-0 -1",
            f"inconclusive: data-web-1 was {UNCOLLECTED}",
        ),
        (OWNED, "inconclusive: the history holds no deletion of the set"),
        (
            "+0 o0:set r0 +1 r1 = nudge = vain",
            [f"8 =: data-web-1 was never owned by the set {LOOKED_SINCE} event 10 (rv 9)"],
        ),
        (
            "+0 o0:set r0 +1 r1 = vain",
            "inconclusive: data-web-1 was never owned by the set within 20 s, "
            "but nothing shows that the controller looked since event 10 (rv 9)",
        ),
        (f"{OWNED} delete:set:Orphan gone:set", "inconclusive: the history holds no deletion of the set"),
    ],
)
def test_claims_go_with_the_set(words, answer):
    assert judged(checks.deleted_with_the_set, deleting(words)) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"{OWNED} delete:set t0 t1 ct0 ct1 -0 c-0 -1 c-1", []),
        (
            f"{OWNED} delete:set t0 t1 ct0 ct1 c-0 -0 -1 c-1",
            ["15 c-0: data-web-0 was gone while web-0, which uses it, was there"],
        ),
    ],
)
def test_a_claim_outlasts_its_pod_on_a_node(words, answer):
    assert judged(checks.deleted_with_the_set, on_nodes(words)) == answer


def test_claims_that_are_retained_do_not_go_with_the_set():
    history = retaining(f"{OWNED} delete:set t0 t1 ct0 ct1 -0 c-0 -1 c-1")
    assert judged(checks.deleted_with_the_set, history) == (
        "inconclusive: event 17 (rv 14): the claims were not to go with the set"
    )


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"{OWNED} scale:1 o1:pod t1 -1 ct1 c-1 =", []),
        (f"{OWNED} scale:1 t1 o1:pod -1 ct1 c-1 =", ["11 t1: web-1 began to terminate before it owned data-web-1"]),
        (f"{OWNED} scale:1 t1 -1 =", ["11 t1: web-1 began to terminate before it owned data-web-1"]),
        (f"{OWNED} scale:1 o1:pod t1 ct1 -1 c-1 =", ["13 ct1: data-web-1 began to be deleted while web-1 was there"]),
        (
            f"{OWNED} scale:1 o1:pod t1 -1 ct0 =",
            ["14 ct0: data-web-0 began to be deleted, and scaling kept its ordinal"],
        ),
        (
            f"{OWNED} scale:1 o1:pod t1 -1 =",
            f"inconclusive: data-web-1 was {UNCOLLECTED}",
        ),
        (
            f"{OWNED} scale:1 vain",
            "inconclusive: the history ends before any pod that scaling down removed: "
            "20 s in vain for what was to come; last seen: no change",
        ),
        (OWNED, "inconclusive: the history holds no pod that scaling down removed"),
        (
            f"{OWNED} retain:whenScaled:Retain retain:whenScaled:Delete scale:1 t1 -1",
            "inconclusive: event 23 (rv 18): the claims were not to go with scaling, as far as the controller need have known",
        ),
    ],
)
def test_claims_go_with_scaling(words, answer):
    assert judged(checks.deleted_by_scaling, deleting(words)) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"{OWNED} delete:0 t0 -0 +0 r0 update = t1 -1 +1 r1 t0 -0 +0 r0 =", []),
        (
            f"{OWNED} delete:0 t0 -0 ct0 c-0 +0 r0 update = t1 -1 +1 r1 t0 -0 +0 r0 =",
            ["13 ct0: data-web-0 began to be deleted"],
        ),
        (
            f"{OWNED} delete:0 t0 -0 +0 r0 update = t1 -1 +1 r1",
            "inconclusive: web-0 was not made again, but the old one is still there",
        ),
        (f"{OWNED} delete:0 t0 -0 +0 r0", "inconclusive: the history holds no act: update"),
        (f"{OWNED} update = delete:claim:0", "inconclusive: the history holds no act: delete"),
        (f"{OWNED} delete:0 t0 -0 ct0 c-0 vain", ["13 ct0: data-web-0 began to be deleted"]),
        (
            f"{OWNED} delete:0 t0 -0 update = nudge = vain",
            [f"16 =: web-0 was not made again {LOOKED_SINCE} event 19 (rv 16)"],
        ),
    ],
)
def test_claims_survive_all_else(words, answer):
    assert judged(checks.survives_everything, deleting(words), ["delete", "update"]) == answer


def test_that_claims_survive_under_a_policy_that_retains_says_nothing():
    history = retaining(f"{OWNED} delete:0 t0 -0 +0 r0 update = t1 -1 +1 r1 t0 -0 +0 r0 =")
    assert judged(checks.survives_everything, history, ["delete", "update"]) == (
        "inconclusive: event 3 (rv 2): the claims were not to go with the set and with scaling"
    )


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (
            f"{READY} retain:whenDeleted:Delete o0:set o1:set nudge = retain:whenDeleted:Retain o0:none o1:none nudge =",
            [],
        ),
        (
            f"{READY} retain:whenDeleted:Delete o0:set nudge = retain:whenDeleted:Retain o0:none o1:none nudge =",
            ["9 =: data-web-1 was owned by nobody although the policy said Delete"],
        ),
        (
            f"{READY} retain:whenDeleted:Delete o0:set nudge = vain",
            ["9 =: data-web-1 was owned by nobody although the policy said Delete"],
        ),
        (
            f"{READY} retain:whenDeleted:Delete o0:set =",
            "inconclusive: event 12 (rv 10): data-web-1 was owned by nobody, "
            "and nothing shows that the controller looked since",
        ),
        (
            f"{READY} retain:whenDeleted:Delete o0:set o1:set nudge = retain:whenDeleted:Retain o0:none nudge =",
            ["14 =: data-web-1 was owned by the set although the policy said Retain"],
        ),
        (
            f"{READY} retain:whenDeleted:Delete o0:set o1:pod nudge = ",
            ["10 =: data-web-1 was owned by others than the set although the policy said Delete"],
        ),
        (
            f"{READY} retain:whenDeleted:Delete o0:set o1:set nudge = ",
            "inconclusive: the policy was not changed both ways",
        ),
        (
            f"{READY} u1 = retain:whenDeleted:Delete o0:set nudge = retain:whenDeleted:Retain o0:none nudge =",
            "inconclusive: event 14 (rv 12): not all pods were Ready when the policy was changed",
        ),
        (READY, "inconclusive: the history holds no change of the retention policy"),
    ],
)
def test_owners_follow_the_policy(words, answer):
    assert judged(checks.owners_follow_policy, retaining(words)) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"{READY} delete:claim:1 ct1 nudge = delete:1 t1 -1 = nudge = c-1 nudge +1 r1 =", []),
        (
            f"{READY} delete:claim:1 ct1 nudge = nudge = delete:1 t1 -1 +1 c-1",
            ["15 +1: web-1 was created while data-web-1 was being deleted"],
        ),
        (
            f"{READY} delete:claim:1 ct1 delete:1 t1 -1 +1 c-1",
            "inconclusive: event 17 (rv 14): web-1 was created just when data-web-1 began to be deleted",
        ),
        (
            f"{READY} delete:claim:1 ct1 nudge = delete:1 t1 -1 = c-1 nudge +1 r1 =",
            f"inconclusive: {NOT_ASKED}",
        ),
        (
            f"{READY} delete:claim:1 ct1 nudge = delete:1 t1 -1 nudge =2 c-1 nudge +1 r1 =",
            f"inconclusive: {NOT_ASKED}",
        ),
        (
            f"{READY} delete:claim:1 ct1 nudge = delete:1 t1 -1 = nudge =",
            "inconclusive: data-web-1 was still being deleted at the end",
        ),
        (
            f"{READY} delete:claim:1 ct1 nudge = delete:1 t1 -1 = nudge = c-1 nudge = vain",
            [f"18 =: web-1 was not made again {LOOKED_SINCE} event 24 (rv 19)"],
        ),
        (
            f"{READY} delete:claim:1 ct1 nudge = delete:1 t1 -1 = nudge = c-1",
            "inconclusive: web-1 was not made again, but nobody waited for it in vain",
        ),
        (f"{READY} scale:1 o1:pod t1 -1 = ct1 nudge = scale:2 nudge = c-1 nudge +1 r1 =", []),
        (
            f"{READY} scale:1 o1:pod t1 -1 = ct1 nudge = nudge = scale:2 nudge +1 = c-1",
            ["18 +1: web-1 was created while data-web-1 was being deleted"],
        ),
        (
            f"{READY} scale:1 o1:pod t1 -1 = ct1 nudge = c-1",
            f"inconclusive: {NOT_ASKED}",
        ),
        (READY, f"inconclusive: {NOT_ASKED}"),
    ],
)
def test_a_pod_waits_for_its_leaving_claim(words, answer):
    assert judged(checks.waits_for_leaving_claims, retaining(words)) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"{FOREIGN} scale:1 t1 -1 = nudge = delete:set t0 -0 ct0 c-0", []),
        (
            f"{FOREIGN} scale:1 o1:pod t1 -1 = nudge = delete:set t0 -0 ct0 c-0",
            ["10 o1:pod: data-web-1 was put under another owner"],
        ),
        (
            f"{FOREIGN} scale:1 t1 -1 = nudge = delete:set t0 -0 ct0 c-0 ct1",
            ["20 ct1: data-web-1 began to be deleted, and another controller owns it"],
        ),
        (
            f"{FOREIGN} scale:1 t1 -1 = nudge = delete:set t0 -0",
            "inconclusive: no claim of the set's own was deleted with it, so nothing shows that this one could have been",
        ),
        (
            f"{FOREIGN} delete:set t1 -1 t0 -0 ct0 c-0",
            "inconclusive: the set was not scaled down and deleted under a policy that deletes",
        ),
        (
            f"{FOREIGN} scale:1 t1 -1 = nudge =",
            "inconclusive: the set was not scaled down and deleted under a policy that deletes",
        ),
        ("+0 o0:set r0 +1", "inconclusive: no pod that mounts data-web-1 was ever Ready"),
    ],
)
def test_a_foreign_claim_is_left_alone(words, answer):
    assert judged(checks.foreign_claims_untouched, foreign(words)) == answer


def test_without_a_foreign_claim_nothing_is_left_alone():
    answer = "inconclusive: the history holds no claim that another controller owns"
    assert judged(checks.foreign_claims_untouched, deleting(OWNED)) == answer
    assert judged(checks.foreign_claims_are_told, deleting(OWNED)) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"{FOREIGN} told:ConflictingController:data-web-1", []),
        (
            f"{FOREIGN} told:ConflictingController:data-web-0",
            "inconclusive: no Event says that data-web-1 has another controller, but nobody waited for it in vain",
        ),
        (
            f"{FOREIGN} told:FailedCreate:data-web-1",
            "inconclusive: no Event says that data-web-1 has another controller, but nobody waited for it in vain",
        ),
        (
            f"{FOREIGN} vain",
            [f"8 =: no Event says that data-web-1 has another controller {LOOKED_SINCE} event 10 (rv 9)"],
        ),
        ("+0 r0 c+1 vain", "inconclusive: no pod mounts data-web-1"),
        (
            f"{FOREIGN} told:ConflictingController:data-web-10 nudge = vain",
            [f"8 =: no Event says that data-web-1 has another controller {LOOKED_SINCE} event 10 (rv 9)"],
        ),
    ],
)
def test_a_foreign_claim_is_told_of(words, answer):
    assert judged(checks.foreign_claims_are_told, foreign(words)) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"{ORPHANED} a0:set a1:set = nudge =", []),
        (f"{ORPHANED} a0:set = nudge =", []),
        (
            f"{ORPHANED} a0:set a1:set =",
            "inconclusive: event 17 (rv 14): nothing shows that the controller looked at the set that was made again",
        ),
        (f"{ORPHANED} a0:set a1:set t1 -1 +1 = nudge =", []),
        (f"{ORPHANED} a0:set a1:set ct1 = nudge =", ["19 ct1: data-web-1 began to be deleted"]),
        (
            f"{ORPHANED} a0:set a1:set ct1 c-1 c+1 = nudge =",
            ["19 ct1: data-web-1 began to be deleted", "21 c+1: data-web-1 was created anew"],
        ),
        (
            f"{OWNED} delete:set:Orphan o0:none o1:none a0:none a1:none gone:set",
            "inconclusive: event 17 (rv 14): no set was made again under the name",
        ),
        (
            f"{OWNED} delete:set t0 t1 -0 -1 ct0 c-0",
            "inconclusive: the history holds no deletion of the set without its pods",
        ),
        ("delete:set:Orphan gone:set", "inconclusive: event 5 (rv 3): the set had no pods when it was deleted"),
    ],
)
def test_orphans_keep_their_claims(words, answer):
    assert judged(checks.orphans_keep_claims, deleting(words)) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"{ORPHANED} a0:set a1:set = nudge =", []),
        (f"{ORPHANED} a0:set = nudge =", ["20 =: web-1 was not taken over by the web that was made again"]),
        (
            f"{ORPHANED} a0:set a1:set =",
            "inconclusive: event 17 (rv 14): nothing shows that the controller looked at the set that was made again",
        ),
        (
            f"{ORPHANED} a0:set a1:set t1 -1 +1 = nudge =",
            ["19 t1: web-1 began to terminate", "21 +1: web-1 was created"],
        ),
        (f"{ORPHANED} a0:set a1:set ct1 = nudge =", []),
        (f"{ORPHANED} a0:set a1:set ct1 c-1 c+1 = nudge =", []),
        (
            f"{OWNED} delete:set:Orphan o0:none o1:none a0:none a1:none gone:set",
            "inconclusive: event 17 (rv 14): no set was made again under the name",
        ),
        (
            f"{OWNED} delete:set t0 t1 -0 -1 ct0 c-0",
            "inconclusive: the history holds no deletion of the set without its pods",
        ),
        ("delete:set:Orphan gone:set", "inconclusive: event 5 (rv 3): the set had no pods when it was deleted"),
    ],
)
def test_orphans_are_adopted(words, answer):
    assert judged(checks.orphans_adopted, deleting(words)) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"{READY} delete:set:Foreground t1 t0 -1 -0 gone:set", []),
        (f"{READY} delete:set:Foreground t1 t0 -1 gone:set -0", ["10 gone:set: web was gone while web-0 was there"]),
        (f"{READY} delete:set:Foreground t1 t0 -1 -0", "inconclusive: event 12 (rv 10): web was not gone at the end"),
        (
            f"{READY} delete:set:Foreground gone:set",
            ["7 gone:set: web was gone while web-0 was there", "7 gone:set: web was gone while web-1 was there"],
        ),
        (f"{READY} delete:set t1 t0 -1 -0", "inconclusive: the history holds no deletion of the set: Foreground"),
    ],
)
def test_in_the_foreground_the_pods_go_first(words, answer):
    assert judged(checks.deleted_with_pods, retaining(words), "Foreground") == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"{READY} delete:set t1 t0 -1 -0", []),
        (f"{READY} delete:set t1 t0 -1", "inconclusive: event 12 (rv 10): web-0 was still there at the end"),
        (
            f"{READY} delete:set:Foreground t1 t0 -1 -0",
            "inconclusive: the history holds no deletion of the set: Background",
        ),
        (READY, "inconclusive: the history holds no deletion of the set: Background"),
    ],
)
def test_in_the_background_the_set_goes_first(words, answer):
    assert judged(checks.deleted_with_pods, retaining(words), "Background") == answer


def test_pods_that_go_before_a_set_that_is_deleted_in_the_background_go_too_early():
    told = retaining(f"{READY} delete:set:Foreground t1 t0 -1 -0 gone:set")
    log = [
        Event(
            e.type, e.kind, e.rv, {**e.object, "propagation": "Background"} if e.kind == "delete" else e.object, e.time
        )
        for e in told.log
    ]
    assert judged(checks.deleted_with_pods, History.of(told.header, log), "Background") == [
        "7 t1: web-1 began to terminate before web was gone",
        "8 t0: web-0 began to terminate before web was gone",
    ]


def test_a_pod_that_is_made_without_a_new_claim_does_not_wait_for_one():
    told = retaining(f"{READY} delete:claim:1 ct1 nudge = delete:1 t1 -1 = nudge = c-1 nudge +1 r1 =")
    log = [event for event in told.log if (event.kind, event.uid) != ("PersistentVolumeClaim", "claim-3")]
    assert judged(checks.waits_for_leaving_claims, History.of(told.header, log)) == [
        "18 +1: web-1 was created without a new data-web-1"
    ]
