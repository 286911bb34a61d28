"""The checks of scaling that is interfered with: lawful histories, each way to break the rule, and evidence that is thin.

Method: each history is written by hand in the notation of selftest/notation.py.
"""

import pytest

from conformance import checks
from conformance.checks.scaling import deletion_order, unready_surplus
from conformance.history import Inconclusive
from selftest.notation import LOOKED, judged, story

NOT_SEEN = "but nobody waited for it in vain while the controller looked"
UP = "+0 r0 +1 r1 +2 r2 ="
LOOK = "nudge ="


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"u0 = scale:1 {LOOK} r0 t2 -2 t1 -1", []),
        ("u0 = scale:1 t2", "11 t2: web-2 began to terminate while web-0 was not Ready"),
        (
            "u0 scale:1 t2",
            "inconclusive: event 18 (rv 16): web-2 began to terminate just when web-0 was not Ready (event 15 (rv 14))",
        ),
        ("u0 = scale:1 r0 t2", "inconclusive: nothing shows that the controller looked while web-0 was not Ready"),
        (f"u0 = scale:1 r0 {LOOK}", "inconclusive: nothing shows that the controller looked while web-0 was not Ready"),
        (
            "u0 = scale:1 nudge =1 r0",
            "inconclusive: nothing shows that the controller looked while web-0 was not Ready",
        ),
        (f"u0 = scale:1 scale:3 {LOOK}", []),
        (f"u0 = scale:1 scale:4 +3 {LOOK}", "12 +3: web-3 was created while web-0 was not Ready"),
        (f"scale:1 {LOOK}", "inconclusive: the history holds no act: scale while web-0 was there and not Ready"),
        (LOOK, "inconclusive: the history holds no act: scale"),
    ],
)
def test_scaling_waits_for_an_unready_pod(words, answer):
    assert _short(judged(checks.waits_while_unready, story(f"{UP} {words}"), 0, "scale")) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"u0 = delete:1 t1 -1 {LOOK} r0 +1 r1", []),
        ("u0 = delete:1 t1 -1 = +1", "14 +1: web-1 was created while web-0 was not Ready"),
        (
            f"u0 = delete:1 t1 {LOOK} -1 r0 +1",
            "inconclusive: nothing shows that the controller looked while web-0 was not Ready",
        ),
        (f"u0 = delete:1 t1 -1 {LOOK} t2", "15 t2: web-2 began to terminate while web-0 was not Ready"),
    ],
)
def test_a_deleted_pod_waits_for_an_unready_one(words, answer):
    history = story(f"{UP} {words}")
    assert _short(judged(checks.waits_while_unready, history, 0, "delete", "Pod/web-1")) == answer


def test_a_pod_that_never_was_ready_needs_no_look_to_be_known():
    history = story("+0 scale:4 +1 nudge = r0 r1", replicas=3)
    assert (
        _short(judged(checks.waits_while_unready, history, 0, "scale"))
        == "3 +1: web-1 was created while web-0 was not Ready"
    )


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"delete:1 t1 = scale:4 {LOOK} -1 +1 r1 +3", []),
        # The status by which the nudge was observed was of a look before; what it wrote then was not.
        ("delete:1 t1 = scale:4 nudge =2 = -1 +1 r1 +3", []),
        (
            "delete:1 t1 = scale:4 nudge =2 -1 = +1 r1 +3",
            "inconclusive: nothing shows that the controller looked while web-1 was terminating",
        ),
        ("delete:1 t1 = scale:4 +3", "12 +3: web-3 was created while web-1 was terminating"),
        ("delete:1 t1 = scale:4 = t2", "13 t2: web-2 began to terminate while web-1 was terminating"),
        (
            "delete:1 t1 = scale:4 -1 +1",
            "inconclusive: nothing shows that the controller looked while web-1 was terminating",
        ),
        (
            "delete:1 t1 = scale:4 =",
            "inconclusive: nothing shows that the controller looked while web-1 was terminating",
        ),
        ("scale:4 =", "inconclusive: web-3 was never created, but nobody waited for it in vain"),
    ],
)
def test_nothing_is_changed_above_a_terminating_pod(words, answer):
    assert _short(judged(checks.waits_while_terminating, story(f"{UP} {words}"), 1, "scale")) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"scale:1 t2 scale:3 {LOOK} -2 +2 r2", []),
        ("scale:1 t2 -2 t1 scale:3 = -1 +1 r1 +2 r2", []),
        ("scale:1 t2 scale:3 = t1", "12 t1: web-1 began to terminate although it was wanted again"),
        ("scale:1 t2 scale:3 t1 = -2 -1 +1 r1 +2 r2", []),
        ("scale:1 t2 scale:3 = -2 +2 t2", "14 t2: web-2 began to terminate although it was wanted again"),
        ("scale:1 t2 scale:3 -2 +2 t2 = -2 +2", "16 +2: web-2 was made again more than once"),
        # The pod garbage collector calls failed what leaves without a node, and then deletes by name.
        ("scale:1 t2 scale:3 = F2 -2 +2 t2 -2 +2 r2",
         "inconclusive: event 26 (rv 23): web-2 was made once more, behind one that had failed"),
        (f"scale:1 t2 scale:3 = F2 -2 +2 t2 -2 {LOOKED}",
         "18 =: web-2 was not made again within 20 s, although the controller looked"),
        # However often it was taken, it is missed once.
        (f"scale:1 t2 scale:3 -2 +2 t2 -2 {LOOKED}",
         "16 =: web-2 was not made again within 20 s, although the controller looked"),
        ("scale:1 t2 scale:3 = vain", "inconclusive: web-2 was not made again, but the old one is still there"),
        (f"scale:1 t2 scale:3 = -2 {LOOKED}", "14 =: web-2 was not made again within 20 s, although the controller looked"),
        ("scale:1 = scale:3",
         "inconclusive: the history holds no pod that was on its way out when the scaling down was reversed"),
        ("scale:1 t2 -2", "inconclusive: the history holds no scaling down that was reversed"),
    ],
)  # fmt: skip
def test_reversal_converges(words, answer):
    assert _short(judged(checks.reversal_converges, story(f"{UP} {words}"))) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("limit scale:3 +1 r1 = quota unlimit nudge = +2 r2", []),
        ("limit scale:4 +1 r1 = quota unlimit nudge = +2 r2 +3 r3", []),
        ("limit scale:4 +1 r1 = quota +3 unlimit", "10 +3: web-3 was created although web-2 was refused"),
        ("limit scale:3 +1 r1 = quota t1 -1 unlimit", "10 t1: web-1 began to terminate because a pod was refused"),
        ("limit scale:3 +1 r1 = quota unlimit nudge vain",
         f"inconclusive: web-2 was not created when the quota was gone, {NOT_SEEN}"),
        (f"limit scale:3 +1 r1 = quota unlimit {LOOKED}",
         "12 =: web-2 was not created when the quota was gone, although the controller looked"),
        ("limit scale:3 +1 r1 = unlimit nudge = +2",
         "inconclusive: event 16 (rv 12): no pod was missing that had been refused"),
        ("limit scale:2 +1 r1 = quota unlimit", "inconclusive: event 17 (rv 13): no pod was missing that had been refused"),
        ("limit scale:2 +1 r1", "inconclusive: the history holds no quota that was set and taken away"),
    ],
)  # fmt: skip
def test_resumes_after_refusal(words, answer):
    assert _short(judged(checks.resumes_after_refusal, story(f"+0 r0 = {words}", replicas=1))) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("start:1 = +3 r3 t0 -0 =", []),
        ("start:1 = +3 r3 t1", "12 t1: web-1 began to terminate although its ordinal is in both ranges"),
        (f"start:1 = t0 -0 {LOOKED}", "13 =: web-3 was never created within 20 s, although the controller looked"),
        (f"start:1 = +3 r3 {LOOKED}", "13 =: web-0 was not removed within 20 s, although the controller looked"),
        (
            f"start:2 = +3 r3 +4 r4 t1 {LOOKED}",
            "inconclusive: web-0 was not removed, but a pod of a higher ordinal is still there, which goes before",
        ),
        (
            "start:1 = +3 vain",
            "inconclusive: web-0 was not removed, but a pod that the set asks for is not Ready at the end",
        ),
        ("start:1 = +3 r3 t0", "inconclusive: web-0 is still terminating at the end"),
        (
            "start:1 = +3 r3 t0 -0 delete:3 -3",
            "inconclusive: web-3 was not made again, but nobody waited for it in vain",
        ),
        ("start:5 =", "inconclusive: event 15 (rv 13): the ordinals before and after it are not partly the same"),
        ("scale:2", "inconclusive: the history holds no change of the ordinals"),
    ],
)
def test_range_moves(words, answer):
    assert _short(judged(checks.range_moves, story(f"{UP} {words}"))) == answer


def test_what_a_cluster_does_is_told():
    assert deletion_order(story(f"{UP} delete:set t1 t0 t2 -0 -1 -2")) == (
        "the pods of a deleted set began to terminate in the order web-1, web-0, web-2, before any was gone"
    )
    assert deletion_order(story(f"{UP} delete:set t1 -1 t0 t2 -0 -2")) == (
        "the pods of a deleted set began to terminate in the order web-1, web-0, web-2, not all before any was gone"
    )
    for words, reason in (("", "no deletion of the set"), ("delete:set t0", "fewer than two pods left")):
        with pytest.raises(Inconclusive, match=reason):
            deletion_order(story(f"{UP} {words}"))


def test_which_unready_surplus_left_is_told():
    waiting = story(f"{UP} u2 u1 = scale:1 nudge = r1 t2 -2 t1 -1")
    assert unready_surplus(waiting) == "web-2, not Ready itself, was removed only when all below it were Ready"
    at_once = story(f"{UP} u2 u1 = scale:1 t2 -2 t1 -1")
    assert unready_surplus(at_once) == (
        "web-2, not Ready itself, was removed while web-1 below it was not Ready either; "
        "web-1, not Ready itself, was removed only when all below it were Ready"
    )
    assert unready_surplus(story(f"{UP} scale:1 t2")) == "no surplus pod was removed while it was not Ready"
    with pytest.raises(Inconclusive, match="no scaling"):
        unready_surplus(story(UP))


def _short(answer):
    """What was judged, as one sentence, without the event since which a look proves it."""
    sentence = answer if isinstance(answer, str) else "; ".join(answer)
    return sentence.partition(" since event")[0].removesuffix(" at the StatefulSet") if sentence else []


def test_what_no_status_tells_apart_the_controller_need_not_have_seen():
    unseen = "inconclusive: event 17 (rv 14): no status tells web-1, which was terminating, from the others"
    history = story("+0 r0 +1 r1 +2 r2 = delete:1 t1 scale:4 +3")
    assert judged(checks.waits_while_terminating, history, 1, "scale") == unseen


def test_a_pod_that_somebody_else_refuses_is_no_violation():
    words = "+0 r0 = limit scale:2 = quota = unlimit nudge = told:FailedCreate:denied vain"
    answer = judged(checks.resumes_after_refusal, story(words, replicas=1))
    assert (
        answer
        == "inconclusive: web-1 was not created when the quota was gone, but the controller was refused: denied is told of"
    )


def test_a_reversal_that_nobody_observed_is_nobodys():
    history = story("+0 r0 +1 r1 +2 r2 = scale:1 t2 scale:3 t1")
    assert not isinstance(judged(checks.reversal_converges, history), list)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("scale:1 t2 fail:1:Failed F1 = nudge = -2 t1 -1 =", []),
        ("scale:1 t2 fail:1:Failed F1 t1 = nudge = -2 -1 =",
         ["12 t1: web-1, which had failed, began to terminate while web-2 was still there"]),
        ("scale:1 t2 fail:1:Failed F1 = nudge = -1 -2 =",
         ["15 -1: web-1, which had failed, began to terminate while web-2 was still there"]),
        ("scale:1 t2 fail:1:Failed F1 = -2 t1 -1 =",
         "inconclusive: nothing shows that the controller looked while web-1 had failed and web-2 was there"),
        ("scale:1 t2 fail:1:Failed F1 = nudge = -2", []),
        ("scale:1 t2 fail:1:Failed F1 = nudge =", []),
        ("scale:1 t2 fail:1:Failed t1 F1 = nudge = -1 -2",
         "inconclusive: event 19 (rv 16): web-1 began to terminate before it had failed"),
        ("scale:1 t2 -2 fail:1:Failed F1 t1 -1 =",
         "inconclusive: the history holds no failure of web-1 while a pod of a higher ordinal was there"),
        ("fail:1:Failed F1 t1 -1 +1 r1 =", "inconclusive: the history holds no surplus pod that failed"),
        ("scale:1 t2 -2 t1 -1 =", "inconclusive: the history holds no surplus pod that failed"),
    ],
)  # fmt: skip
def test_failed_waits_its_turn(words, answer):
    assert judged(checks.failed_waits_its_turn, story(f"+0 r0 +1 r1 +2 r2 = {words}")) == answer
