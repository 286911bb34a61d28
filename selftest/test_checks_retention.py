"""Retention: claims that go with the set and with scaling, those that stay, and owners that follow the policy.

Method: each check is asked of a lawful history, of each way to break the promise, and of each way to know too little.
"""

import pytest

from conformance import checks
from selftest.notation import edited, judged, story

LOOKED_SINCE = "within 20 s, although the controller looked at the StatefulSet since"
UNCOLLECTED = "still there at the end, and nothing shows that the garbage collector looked"
POLICY = "persistentVolumeClaimRetentionPolicy"
DELETE = {POLICY: {"whenDeleted": "Delete", "whenScaled": "Delete"}}
READY = "+0 r0 +1 r1 ="
OWNED = "+0 o0:set r0 +1 o1:set r1 = nudge ="


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
        # Under the policy of before, it was not to be.
        (
            "+0 o0:set r0 +1 r1 = nudge = retain:whenDeleted:Retain = retain:whenDeleted:Delete vain",
            "inconclusive: data-web-1 was never owned by the set within 20 s, "
            "but nothing shows that the controller looked since event 20 (rv 16)",
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
