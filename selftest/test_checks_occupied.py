"""Claims whose name is occupied: those that are on their way out, and those of another controller.

Method: each check is asked of a lawful history, of each way to break the promise, and of each way to know too little.
"""

import pytest

from conformance import checks
from conformance.history import Event, History
from selftest.notation import edited, judged, story

RETAIN = "retain:whenDeleted:"
UNKNOWN = "web-1 was created, and nothing shows that the controller knew by then that data-web-1 was being deleted"
LOOKED_SINCE = "within 20 s, although the controller looked at the StatefulSet since"
NOT_ASKED = "the history holds no claim that a pod was to mount while it was being deleted"
POLICY = "persistentVolumeClaimRetentionPolicy"
DELETE = {POLICY: {"whenDeleted": "Delete", "whenScaled": "Delete"}}
READY = "+0 r0 +1 r1 ="
OWNED = "+0 o0:set r0 +1 o1:set r1 = nudge ="
FOREIGN = "+0 o0:set r0 +1 r1 = nudge ="


def deleting(words):
    """The story of two pods under a policy that deletes claims, with the set and with scaling."""
    return story(words, replicas=2, **DELETE)


def retaining(words):
    """The story of two pods under the default policy."""
    return story(words, replicas=2)


def foreign(words):
    """The same as `deleting`, but the claim of web-1 is another controller's from its beginning."""
    other = [{"uid": "other", "controller": True}]

    def own(claim):
        claim["metadata"].setdefault("ownerReferences", other)

    return edited(deleting(words), "PersistentVolumeClaim", "data-web-1", own)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"{READY} delete:claim:1 ct1 nudge = delete:1 t1 -1 = nudge = c-1 nudge +1 r1 =", []),
        (
            f"{READY} delete:claim:1 ct1 {RETAIN}Delete = o1:set = delete:1 t1 -1 nudge = c-1 nudge +1 r1 =",
            [],
        ),
        # An owner that was written upon the claim that is leaving, or upon another later: who did knows that it is.
        (
            f"{READY} delete:claim:1 ct1 {RETAIN}Delete = o1:set delete:1 t1 -1 +1 c-1",
            ["14 +1: web-1 was created while data-web-1 was being deleted"],
        ),
        (
            f"{READY} delete:claim:1 ct1 {RETAIN}Delete o0:set {RETAIN}Retain o0:none delete:1 t1 -1 +1 c-1",
            ["15 +1: web-1 was created while data-web-1 was being deleted"],
        ),
        # As often as it looked at the set, its claims may be older.
        (
            f"{READY} delete:claim:1 ct1 nudge = nudge = delete:1 t1 -1 +1 c-1",
            f"inconclusive: event 23 (rv 18): {UNKNOWN}",
        ),
        (
            f"{READY} delete:claim:1 {RETAIN}Delete o1:set ct1 nudge = o0:set delete:1 t1 -1 +1 c-1",
            f"inconclusive: event 24 (rv 19): {UNKNOWN}",
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
            f"{READY} scale:1 o1:pod t1 -1 = ct1 o0:set = o0:none = scale:2 nudge +1 = c-1",
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


def test_a_pod_that_is_made_without_a_new_claim_does_not_wait_for_one():
    told = retaining(f"{READY} delete:claim:1 ct1 nudge = delete:1 t1 -1 = nudge = c-1 nudge +1 r1 =")
    log = [event for event in told.log if (event.kind, event.uid) != ("PersistentVolumeClaim", "claim-3")]
    assert judged(checks.waits_for_leaving_claims, History.of(told.header, log)) == [
        "18 +1: web-1 was created without a new data-web-1"
    ]


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


def test_an_event_that_nobody_must_send_is_waited_for_without_the_story_ending():
    told = foreign(f"{FOREIGN} vain nudge = scale:1 nudge =")
    outlasted = [
        Event(event.type, event.kind, event.rv, {**event.object, "promised": False}, event.time)
        if event.kind == "wait" else event
        for event in told.log
    ]  # fmt: skip
    history = History.of(told.header, outlasted)
    (said,) = judged(checks.foreign_claims_are_told, history)
    assert "no Event says that data-web-1 has another controller within 20 s" in said
    assert judged(checks.ends_are_reached, history) == []
