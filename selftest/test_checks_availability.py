"""The checks of updates and availability hold, name the event at which a promise broke, and say when evidence is thin.

Method: each history is written by hand in the notation of selftest/notation.py.
"""

import pytest

from conformance import checks
from conformance.checks import availability
from conformance.history import Inconclusive
from selftest.notation import LOOKED, edited, judged, story

CONTROLLER_LOOKED = "within 20 s, although the controller looked at the StatefulSet since"
IN_VAIN = "20 s in vain for what was to come; last seen: no change"
NO_TEMPLATE = f"the history ends before any changed template that a status shows: {IN_VAIN}"
TWO = "+0 r0 +1 r1 ="
THREE = "+0 r0 +1 r1 +2 r2 ="
PARALLEL = {"podManagementPolicy": "Parallel"}


def told(tell, history, *arguments):
    """What a telling function says, or "inconclusive: reason"."""
    try:
        return tell(history, *arguments)
    except Inconclusive as reason:
        return f"inconclusive: {reason}"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("update = t1 -1 +1 = nudge =", []),
        ("update = t1 -1 +1 = nudge = r1 t0 -0 +0 r0", []),
        ("update = t1 -1 +1 = nudge = update t1 -1 +1 t0", []),
        ("update = t1 -1 +1 = t0", ["12 t0: web-0 began to terminate although the update had not got past web-1"]),
        (
            "update = t0 t1 -1 +1 = nudge =",
            ["8 t0: web-0 began to terminate although the update had not got past web-1"],
        ),
        ("update = t1 -1 +1 u1 delete:0 t0", f"inconclusive: {{}}{IN_VAIN}"),
        ("update = t1 -1 +1 r1 nudge =", f"inconclusive: {{}}{IN_VAIN}"),
        ("update = t1 -1 +1 = nudge", f"inconclusive: {{}}{IN_VAIN}"),
        ("update =", f"inconclusive: {{}}{IN_VAIN}"),
        ("", f"inconclusive: {{}}{IN_VAIN}"),
    ],
)
def test_halts_at_broken(words, answer):
    if isinstance(answer, str):
        answer = answer.format("the history ends before any look at web-1 while it was new and not Ready: ")
        words += " vain"
    assert judged(checks.halts_at_broken, story(f"{TWO} {words}", replicas=2), 1) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("update = t1 -1 +1 r1 t0 -0 +0 r0", []),
        ("update = t1 -1 +1 r1 t0 -0 +0", "inconclusive: web-0 is at the revision web-r2, but not Ready at the end"),
        ("update = t1 -1 +1 r1 t0", "inconclusive: web-0 is still terminating at the end"),
        (
            "update = t1 -1 +1 r1 vain",
            "inconclusive: web-0 was not replaced by one at the revision web-r2 within 20 s, but nothing shows that the "
            "controller looked since event 19 (rv 17)",
        ),
        (
            f"update = t1 -1 +1 r1 {LOOKED}",
            [f"13 =: web-0 was not replaced by one at the revision web-r2 {CONTROLLER_LOOKED} event 19 (rv 17)"],
        ),
        (f"update = t1 -1 {LOOKED}", [f"11 =: web-1 was not made again {CONTROLLER_LOOKED} event 17 (rv 15)"]),
        (
            f"update = {LOOKED}",
            [f"9 =: web-1 was not replaced by one at the revision web-r2 {CONTROLLER_LOOKED} event 15 (rv 13)"],
        ),
        ("update = u1 vain", "inconclusive: web-1 was not replaced by one at the revision web-r2, but it is not Ready "
                             "itself, and nobody has deleted it"),
        ("update vain", f"inconclusive: {NO_TEMPLATE}"),
        ("vain", f"inconclusive: {NO_TEMPLATE}"),
        ("update = scale:0", "inconclusive: the set asks for no pods at the end"),
    ],
)  # fmt: skip
def test_reaches_newest(words, answer):
    assert judged(checks.reaches_newest, story(f"{TWO} {words}", replicas=2)) == answer


def test_a_pod_that_never_was_is_none_of_the_newest():
    history = story(f"+0 r0 = update = t0 -0 +0 r0 = {LOOKED}", replicas=2)
    assert judged(checks.reaches_newest, history) == [
        f"12 =: web-1 was never created {CONTROLLER_LOOKED} event 16 (rv 14)"
    ]


def test_a_look_from_before_a_pod_was_asked_for_proves_nothing_of_it():
    said = judged(checks.reaches_newest, story("+0 r0 nudge = scale:2 vain", replicas=1))
    assert said == (
        "inconclusive: web-1 was never created within 20 s, but nothing shows that the controller looked since event 12 (rv 9)"
    )


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("+0 +1 = update = t1 t0 -1 -0 +0 +1 r0 r1", []),
        (
            f"+0 +1 = update = {LOOKED}",
            [f"7 =: web-1 was not replaced by one at the revision web-r2 {CONTROLLER_LOOKED} event 13 (rv 11)"],
        ),
        (
            f"+0 +1 = update = t1 -1 +1 r1 = {LOOKED}",
            [f"12 =: web-0 was not replaced by one at the revision web-r2 {CONTROLLER_LOOKED} event 17 (rv 15)"],
        ),
        ("+0 r0 +1 r1 = update = t1 t0 -1 -0 +0 +1 r0 r1",
         "inconclusive: event 12 (rv 10): no pod was broken when the template was changed"),
        ("+0 +1 = vain", f"inconclusive: {NO_TEMPLATE}"),
    ],
)  # fmt: skip
def test_parallel_pods_overcome_what_broke_them(words, answer):
    assert judged(checks.overcomes_broken, story(words, replicas=2, **PARALLEL)) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("update = nudge = delete:1 t1 -1 +1 r1 t0 -0 +0 r0", []),
        (f"update = delete:1 t1 -1 {LOOKED}", [f"17 =: web-1 was not made again {CONTROLLER_LOOKED} event 25 (rv 21)"]),
        (
            f"update = delete:1 t1 -1 +1 r1 {LOOKED}",
            [f"19 =: web-0 was not replaced by one at the revision web-r3 {CONTROLLER_LOOKED} event 27 (rv 23)"],
        ),
        (
            "update = t1 -1 +1 r1 t0 -0 +0 r0",
            "inconclusive: event 19 (rv 16): the history holds no act behind it: delete",
        ),
    ],
)
def test_an_ordered_set_overcomes_what_broke_it_once_that_is_deleted(words, answer):
    history = story(f"{TWO} update = t1 -1 +1 {words}", replicas=2)
    assert judged(checks.overcomes_broken, history, "delete") == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("update = t2 -2 t1 -1 = nudge = +1 r1 +2 r2 t0 -0 +0 r0", []),
        ("update = t2 -2 = nudge = +2 r2 t1 -1 +1 r1 t0 -0 +0 r0", []),
        (
            "update = t2 -2 t1 t0",
            ["13 t0: web-0 began to terminate while 2 others were unavailable, and no more than 2 may be"],
        ),
        (
            "update = t2 -2 t1 -1 +1 r1 +2 t0 u1",
            "inconclusive: nothing shows that the controller looked while the first pods that it took were unavailable",
        ),
        ("hold:1 u1 update = t2 -2 = nudge = t1 -1 +1 r1 +2 r2 t0 -0 +0 r0", []),
        (
            "update = t2 -2 u1 t0",
            "inconclusive: event 22 (rv 20): web-0 began to terminate while 2 others were unavailable, one of which had "
            "just become so",
        ),
        ("u1 = update = t2 -2 t0",
         ["14 t0: web-0 began to terminate while 2 others were unavailable, and no more than 2 may be"]),
        (
            f"update = {LOOKED}",
            "inconclusive: the history ends before any pod that the update replaced: " + IN_VAIN,
        ),
    ],
)  # fmt: skip
def test_within_bound(words, answer):
    assert judged(checks.within_bound, story(f"{THREE} {words}"), 2) == answer


HELD = "update = t0 t1 -0 = nudge = -1"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"{HELD} +0 r0 +1 r1", []),
        (
            "update = t0 t1 -0 +0",
            ["11 +0: web-0 was created at the new revision while web-1 was still there at an older one"],
        ),
        ("update = t0 t1 -0 -1 +0 r0 +1 r1",
         "inconclusive: nothing shows that the controller looked while only web-1 was still there"),
        (f"{HELD} {LOOKED}", [f"16 =: web-0 was not made again {CONTROLLER_LOOKED} event 23 (rv 20)"]),
        (f"update = t0 -0 {LOOKED}",
         [f"11 =: web-1 was not ended for the new revision web-r2 {CONTROLLER_LOOKED} event 15 (rv 13)"]),
        ("vain", f"inconclusive: {NO_TEMPLATE}"),
    ],
)  # fmt: skip
def test_old_end_first(words, answer):
    assert judged(checks.old_end_first, story(f"{TWO} {words}", replicas=2)) == answer


def test_one_old_pod_is_too_few_to_be_waited_for():
    history = story("+0 r0 = update = t0 -0 +0 r0", replicas=1)
    assert judged(checks.old_end_first, history) == (
        "inconclusive: fewer than two pods were there at an older revision, so nothing shows that they were waited for"
    )


LONG = "inconclusive: nothing shows that the controller looked while all pods were Ready and none available"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("+0 r0 = nudge = available:0 +1 r1", []),
        ("+0 r0 +1", ["3 +1: web-1 was created while no pod before it was available"]),
        (
            f"+0 r0 = nudge = available:0 = {LOOKED}",
            [f"9 =: web-1 was never created {CONTROLLER_LOOKED} event 13 (rv 10)"],
        ),
        ("+0 +1", ["2 +1: web-1 was created while no pod before it was available"]),
        ("+0 r0 = nudge =", LONG),
        ("+0 r0 = available:0 nudge = +1 r1", LONG),
        ("+0 r0 = available:0 +1 r1", LONG),
        ("+0 u0 = nudge = available:0 +1 vain",
         f"inconclusive: the history ends before any moment at which all pods were Ready and none available: {IN_VAIN}"),
        ("+0 r0 = nudge = available:0 vain",
         "inconclusive: web-1 was never created within 20 s, but nothing shows that the controller looked since event "
         "13 (rv 10)"),
    ],
)  # fmt: skip
def test_the_next_is_created_when_the_last_is_available(words, answer):
    assert judged(checks.waits_for_availability, story(words, replicas=2, minReadySeconds=3600)) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("available:3600 = r1 = nudge = available:0 t0 -0 +0 r0", []),
        ("available:3600 = r1 t0", ["14 t0: web-0 began to terminate while no pod was available"]),
        ("available:3600 = t0", ["13 t0: web-0 began to terminate while no pod was available"]),
        ("available:3600 = r1 scale:1 t1 = nudge = available:0 -1 t0 -0 +0 r0", []),
        (
            f"available:3600 = r1 = nudge = available:0 = {LOOKED}",
            [f"20 =: web-0 was not replaced by one at the revision web-r2 {CONTROLLER_LOOKED} event 28 (rv 23)"],
        ),
        ("available:3600 r1 available:0",
         "inconclusive: the history ends before any spell of a minReadySeconds that nothing is long enough for: " + IN_VAIN),
        ("r1", "inconclusive: the history ends before any spell of a minReadySeconds that nothing is long enough for: "
               + IN_VAIN),
    ],
)  # fmt: skip
def test_the_next_is_replaced_when_the_last_is_available(words, answer):
    vain = " vain" if isinstance(answer, str) else ""
    history = story(f"{TWO} update = t1 -1 +1 {words}{vain}", replicas=2)
    assert judged(checks.waits_for_availability, history) == answer


def test_only_what_the_set_then_asked_for_can_be_unavailable():
    up, moved = "+0 r0 +1 r1 +2 r2 = update =", "= start:1 = +3 r3 = t0 -0 ="
    lawful = story(f"{up} t2 nudge = -2 +2 r2 = t1 -1 +1 r1 = t0 -0 +0 r0 {moved}")
    assert judged(checks.within_bound, lawful, 1) == []
    two = story(f"{up} t2 t1 nudge = -2 +2 r2 -1 +1 r1 = t0 -0 +0 r0 {moved}")
    assert judged(checks.within_bound, two, 1) == [
        "11 t1: web-1 began to terminate while 1 others were unavailable, and no more than 1 may be"
    ]


def test_the_first_is_what_was_the_first_when_it_was_created():
    from_five = {"replicas": 2, "minReadySeconds": 3600, "ordinals": {"start": 5}}
    lawful = story("+5 r5 = nudge = available:0 +6 r6 start:3 = +3 r3 +4 r4", **from_five)
    assert judged(checks.waits_for_availability, lawful) == []
    early = story("+5 r5 +6 = nudge = available:0 start:3 = +3 r3 +4 r4", **from_five)
    assert judged(checks.waits_for_availability, early) == [
        "3 +6: web-6 was created while no pod before it was available"
    ]


def test_where_nothing_is_left_to_do_nothing_shows_that_it_waits():
    history = story("+0 r0 = nudge = available:0", replicas=1, minReadySeconds=3600)
    assert judged(checks.waits_for_availability, history) == (
        "inconclusive: event 7 (rv 6): there was nothing left to be done that could have waited for availability"
    )


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("nudge = delete:1 t1 -1 +1 r1",
         "web-1 stays, broken as it is, until somebody deletes it, although the template was changed back"),
        ("t1 -1 +1 r1", "web-1 is replaced by one at web-r3 as soon as the template is changed back"),
        ("delete:1 t1 -1 +1 r1",
         "inconclusive: event 20 (rv 17): nothing shows that the controller looked before web-1 was deleted"),
        ("", "inconclusive: event 20 (rv 17): nothing shows that the controller looked before web-1 was deleted"),
    ],
)  # fmt: skip
def test_told_of_reverting(words, answer):
    history = story(f"{TWO} update = t1 -1 +1 = update = {words}", replicas=2)
    assert told(availability.told_of_reverting, history, 1) == answer


def test_a_pod_that_is_not_broken_tells_nothing_of_reverting():
    history = story(f"{TWO} update = nudge =", replicas=2)
    assert told(availability.told_of_reverting, history, 1) == (
        "inconclusive: event 12 (rv 10): web-1 was not broken when the template was changed back"
    )


@pytest.mark.parametrize(
    ("limit", "words", "answer"),
    [
        ("50%", "t2 -2 = nudge =", "50% of 3 replicas, which is 1.5, lets an update take 1 at once: it is rounded down"),
        ("50%", "t2 t1 -2 -1 = nudge =",
         "50% of 3 replicas, which is 1.5, lets an update take 2 at once: it is rounded up"),
        ("50%", "t2 -2", "inconclusive: nothing shows how many pods the update took at once"),
        (2, "t2 -2 = nudge =", "inconclusive: nothing shows how many pods the update took at once"),
    ],
)  # fmt: skip
def test_told_of_rounding(limit, words, answer):
    strategy = {"rollingUpdate": {"maxUnavailable": limit}}
    assert told(availability.told_of_rounding, story(f"{THREE} update = {words}", updateStrategy=strategy)) == answer


@pytest.mark.parametrize(
    ("start", "words", "answer"),
    [
        (5, "nudge =",
         "partition 6 of a set whose ordinals begin at 5 holds back all of its pods: it is counted from the first ordinal"),
        (5, "t6 -6", "partition 6 of a set whose ordinals begin at 5 lets an update to web-r2 take web-6"),
        (5, "", "inconclusive: nothing shows what the update did by a partition of a set that begins elsewhere than at 0"),
        (0, "nudge =",
         "inconclusive: nothing shows what the update did by a partition of a set that begins elsewhere than at 0"),
    ],
)  # fmt: skip
def test_told_of_partition(start, words, answer):
    parts = {"ordinals": {"start": start}, "updateStrategy": {"rollingUpdate": {"partition": 6}}}
    history = story(f"+5 r5 +6 r6 = update = {words}", replicas=2, **parts)
    assert told(availability.told_of_partition, history) == answer


def test_a_pod_at_the_newest_revision_is_made_of_the_last_template():
    history = edited(
        story(f"{TWO} update = t1 -1 +1 r1 t0 -0 +0 r0", replicas=2),
        "update",
        "",
        lambda act: act.update(annotations={"changed": "x"}),
    )
    assert judged(checks.reaches_newest, history) == [
        "10 +1: web-1 is at the revision web-r2, but not made of the changed template",
        "14 +0: web-0 is at the revision web-r2, but not made of the changed template",
    ]
