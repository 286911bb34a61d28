"""The checks of the policy Parallel, and that the invariants of order ask nothing of it.

Method: each history is written by hand in the notation of selftest/notation.py.
"""

import pytest

from conformance import checks
from selftest.notation import LOOKED, judged, story

CONTROLLER_LOOKED = "within 20 s, although the controller looked at the StatefulSet since"
UP = "+0 r0 +1 r1 +2 r2 ="
PARALLEL = {"podManagementPolicy": "Parallel"}


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("scale:0 t0 t2 t1 = -1 -0 -2", []),
        ("scale:1 t1 t2 -2", []),
        ("scale:0 t2 t1 nudge = -2 t0", ["14 t0: web-0 began to terminate only when web-2 was gone"]),
        (
            "scale:0 t2 t1 -2 t0",
            "inconclusive: web-0 began to terminate when web-2 was gone, which may have been quick",
        ),
        (
            "scale:0 t2 t1 -2 t0 nudge =",
            "inconclusive: web-0 began to terminate when web-2 was gone, which may have been quick",
        ),
        (f"scale:1 t2 {LOOKED}", [f"11 =: web-1 did not begin to terminate {CONTROLLER_LOOKED} event 15 (rv 13)"]),
        ("scale:1 t2 vain", "inconclusive: web-1 did not begin to terminate within 20 s, but nothing shows that the "
         "controller looked since event 15 (rv 13)"),
        ("scale:1 t2 scale:3", "inconclusive: event 18 (rv 15): fewer than two pods were surplus, so nothing shows whether "
         "they left together"),
        ("scale:2 t2", "inconclusive: event 15 (rv 13): fewer than two pods were surplus, so nothing shows whether they left "
         "together"),
        ("scale:1 t2 update", "inconclusive: web-1 was not removed, but the scaling was not the last that was done"),
        ("", "inconclusive: the history holds no scaling"),
    ],
)  # fmt: skip
def test_removes_all_at_once(words, answer):
    assert judged(checks.removes_all_at_once, story(f"{UP} {words}")) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("+0 +1 +2 r0 r1 r2", []),
        ("+0 +1 r0 +2", ["4 +2: web-2 was created only when web-0 was Ready"]),
        (f"+0 {LOOKED}", [f"3 =: 1 of 3 pods of web were created {CONTROLLER_LOOKED} event 6 (rv 5)"]),
    ],
)
def test_a_set_may_create_all_at_once(words, answer):
    assert judged(checks.creates_all_at_once, story(words, **PARALLEL), 3) == answer


def test_the_order_is_asked_of_ordered_sets_only():
    words = "+0 +1 r1 +2 scale:0 t1 t0 t2"
    assert judged(checks.gated_where_ordered, story(words, **PARALLEL)) == []
    assert judged(checks.removals_take_turns, story(words, **PARALLEL)) == []
    assert judged(checks.gated_where_ordered, story(words)) == [
        "2 +1: web-1 was created while web-0 was not Ready",
        "4 +2: web-2 was created while web-0 was not Ready",
    ]
    assert judged(checks.removals_take_turns, story(words)) == [
        "7 t0: web-0 began to terminate while web-1 was terminating",
    ]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("scale:0 t2 -2 t1 -1 t0 -0", []),
        ("scale:0 t2 t1", ["10 t1: web-1 began to terminate while web-2 was terminating"]),
        ("scale:1 t2 -2 scale:3 t1 -1 +1 r1 +2 r2", []),
        ("scale:1 t2 scale:3 = t1", ["12 t1: web-1 began to terminate while web-2 was terminating"]),
        ("u0 = scale:1 t2", ["11 t2: web-2 began to terminate while web-0 was not Ready"]),
        ("u0 scale:1 t2", []),
        ("u1 = scale:1 t2", []),
        ("u2 = scale:1 t2 -2 t1", []),
        ("scale:1 t2 -2 = scale:3 = t1", ["14 t1: web-1 began to terminate while web-2 was not Ready"]),
        ("update t2 -2 +2 r2 t1 -1 +1 r1 t0 -0 +0 r0", []),
        ("update t2 -2 +2 t1", ["12 t1: web-1 began to terminate while web-2 was not Ready"]),
        ("update t2 -2 t1", ["11 t1: web-1 began to terminate while web-2 was not Ready"]),
        ("update t2 t1", ["10 t1: web-1 began to terminate while web-2 was terminating"]),
        ("update t2 -2 +2 r2 u2 t1", []),
        ("update t2 -2 = +2 r2 = u2 = t1", ["17 t1: web-1 began to terminate while web-2 was not Ready"]),
        ("delete:2 t2 t1", []),
        ("delete:2 t2 -2 update = t1", ["13 t1: web-1 began to terminate while web-2 was not Ready"]),
        ("F2 t2 F1 t1", []),
        ("delete:node t2 t1 t0", []),
        ("delete:set t0 t1 t2", []),
    ],
)
def test_removals_take_turns(words, answer):
    assert judged(checks.removals_take_turns, story(f"{UP} {words}")) == answer


@pytest.mark.parametrize(
    "strategy", [{"type": "Recreate"}, {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}}]
)
def test_a_strategy_may_take_several_at_once(strategy):
    for words in ("update t2 -2 t1 -1", "update t2 t1 t0 -2 -1 -0", "update t2 t1 -2 scale:4 t0"):
        assert judged(checks.removals_take_turns, story(f"{UP} {words}", updateStrategy=strategy)) == []
