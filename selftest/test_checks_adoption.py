"""The checks of adoption: lawful histories, each way to break the promise, and evidence that is thin.

Method: each history is written by hand in the notation of selftest/notation.py.
"""

import pytest

from conformance import checks
from conformance.checks.adoption import long_name
from conformance.history import Inconclusive
from selftest.notation import LOOKED, judged, story

CONTROLLER_LOOKED = "within 20 s, although the controller looked at the StatefulSet since"
UP = "+0 r0 +1 r1 ="
FREED = "label:1:app:other owner:1:"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("label:1:name:web-0 labelled:1:name:web-1", []),
        ("label:1:name: labelled:1:name:web-1 label:0:name:x labelled:0:name:web-0", []),
        ("label:1:name:web-0 t1 -1 +1", ["7 t1: web-1 began to terminate although only its name label was changed"]),
        (
            f"label:1:name:web-0 {LOOKED}",
            [f"8 =: web-1 did not bear its name as a label again {CONTROLLER_LOOKED} event 13 (rv 11)"],
        ),
        (f"label:1:name:web-0 u0 {LOOKED}",
         "inconclusive: web-1 did not bear its name as a label again, but its predecessor web-0 is not Ready at the end"),
        ("label:1:name:x nudge =",
         "inconclusive: web-1 did not bear its name as a label again, but nobody waited for it in vain"),
        ("label:1:app:other", "inconclusive: the history holds no change of a pod's name label"),
    ],
)  # fmt: skip
def test_name_label_is_restored(words, answer):
    assert judged(checks.name_label_is_restored, story(f"{UP} {words}", replicas=2)) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (FREED, []),
        (f"{FREED} label:1:app:web t1", []),
        ("label:1:app:other t1 -1", ["7 t1: web-1 began to terminate although only its selection was ended"]),
        (f"{FREED} t1", ["8 t1: web-1 began to terminate although only its selection was ended"]),
        (f"label:1:app:other {LOOKED}", [f"8 =: web-1 was not released {CONTROLLER_LOOKED} event 13 (rv 11)"]),
        ("label:1:app:other label:1:app:web vain",
         "inconclusive: web-1 was not released within 20 s, but nothing shows that the controller looked "
         "since event 13 (rv 11)"),
        ("owner:1: label:1:app:other", "inconclusive: event 13 (rv 11): web-1 had no owner"),
        ("label:1:app:web", "inconclusive: the history holds no pod that ceased to be selected"),
        ("label:1:name:x", "inconclusive: the history holds no pod that ceased to be selected"),
    ],
)  # fmt: skip
def test_released_when_unselected(words, answer):
    assert judged(checks.released_when_unselected, story(f"{UP} {words}", replicas=2)) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"{FREED} label:1:app:web owner:1:set-1", []),
        (f"{FREED} label:1:app:web owner:1:set-7", ["8 label:1:app:web: web-1 was taken by the StatefulSet web"]),
        (
            f"{FREED} label:1:app:web t1 -1 +1",
            ["9 t1: web-1 began to terminate although only its selection was restored"],
        ),
        (
            f"{FREED} label:1:app:web nudge = nudge = vain",
            ["12 =: web-1 was not adopted, although the controller looked at the StatefulSet since event 16 (rv 13)"],
        ),
        (
            f"{FREED} label:1:app:web nudge = vain",
            "inconclusive: web-1 was not adopted, but nobody waited for it in vain while the controller looked",
        ),
        (
            f"{FREED} label:1:app:web nudge = nudge =",
            "inconclusive: web-1 was not adopted, but nobody waited for it in vain while the controller looked",
        ),
        (
            "label:1:app:other label:1:app:web owner:1:set-1",
            "inconclusive: event 14 (rv 11): web-1 was not without an owner when it was selected again",
        ),
        (FREED, "inconclusive: the history holds no pod that was selected again"),
    ],
)
def test_adopted_when_selected(words, answer):
    assert judged(checks.adopted_when_selected, story(f"{UP} {words}", replicas=2)) == answer


NEIGHBOURS = f"{UP} neighbour:web-1"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("nudge = without:web-1 nudge =", []),
        ("t1 -1 +1 r1 without:web-1 nudge =", ["7 t1: web-1 began to terminate, and only web-1 was made and deleted"]),
        ("without:web-1 owner:1:set-web-1 nudge =",
         ["3 +1: web-1 was controlled by the StatefulSet web-1"]),
        ("without:web-1",
         "inconclusive: nothing shows that the controller looked at web when web-1 was gone"),
        ("nudge =", "inconclusive: the history holds no set web-1 that was made, had a pod, and was deleted"),
    ],
)  # fmt: skip
def test_neighbours_have_their_own_pods_only(words, answer):
    assert judged(checks.keeps_to_its_own, story(f"{NEIGHBOURS} {words}", replicas=2), "web-1") == answer


def test_a_neighbours_pod_is_not_taken():
    history = story(f"{NEIGHBOURS} owner:1-0:set-1 without:web-1 nudge =", replicas=2)
    assert judged(checks.keeps_to_its_own, history, "web-1") == [
        "6 neighbour:web-1: web-1-0 was controlled by the StatefulSet web"
    ]


def test_what_becomes_of_a_long_name_is_told():
    assert long_name(story("+0 neighbour:web-1"), "web-1") == "a set whose name has 5 letters gets its pod"
    assert long_name(story("+0 quota"), "web", "web") == (
        "a set whose name has 3 letters gets its pod; a set whose name has 3 letters gets its pod"
    )
    assert long_name(story("quota"), "web") == "a set whose name has 3 letters gets no pod: pods"
    with pytest.raises(Inconclusive, match="nothing shows whether other got its pod"):
        long_name(story("+0"), "other")
