"""The checks of ordering hold on lawful histories, name the event on bad ones, and say when the evidence is thin.

Method: each history is written by hand in the notation of selftest/notation.py; a violation is given as "place word: message".
"""

import pytest

from conformance import checks
from selftest.notation import LOOKED, edited, judged, story

CONTROLLER_LOOKED = "within 20 s, although the controller looked at the"
IN_VAIN = "20 s in vain for what was to come; last seen: no change"
NOBODY_KNOWS = "within 20 s, but nothing shows that the controller looked since"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("+0 r0 +1 r1 +2", []),
        ("+0 r0 +1 r1 +2 r2 t0 -0 +0", []),
        (
            "+0 +1 r0 +2",
            ["2 +1: web-1 was created while web-0 was not Ready", "4 +2: web-2 was created while web-1 was not Ready"],
        ),
        ("+1 r1 +0", ["1 +1: web-1 was created while there was no web-0"]),
        (
            "+0 r0 F0 = +1",
            "inconclusive: event 11 (rv 10): web-1 was created just when web-0 was no longer Ready (event 8 (rv 7))",
        ),
        ("+0 r0 = F0 = +1", ["6 +1: web-1 was created while web-0 was not Ready"]),
        (
            "+0 r0 u0 +1 r1",
            "inconclusive: event 10 (rv 9): web-1 was created just when web-0 was no longer Ready (event 8 (rv 7))",
        ),
        ("+0 r0 = t0 -0 = +1", ["7 +1: web-1 was created while there was no web-0"]),
        ("+0 r0 u0 nudge = +1", ["6 +1: web-1 was created while web-0 was not Ready"]),
        (
            "+0 r0 =1 u0 nudge =1 +1",
            "inconclusive: event 14 (rv 12): web-1 was created just when web-0 was no longer Ready (event 9 (rv 8))",
        ),
        ("+0 r0 nudge =0 vain", f"inconclusive: web-1 was never created {NOBODY_KNOWS} event 7 (rv 6)"),
        ("+0 r0 u0 +1 +2", ["5 +2: web-2 was created while web-1 was not Ready"]),
        ("+0 = vain", "inconclusive: web-1 was never created, but its predecessor web-0 is not Ready at the end"),
        ("+0 r0", "inconclusive: web-1 was never created, but nobody waited for it in vain"),
        ("+0 r0 vain", f"inconclusive: web-1 was never created {NOBODY_KNOWS} event 7 (rv 6)"),
        ("+0 nudge = r0 vain", f"inconclusive: web-1 was never created {NOBODY_KNOWS} event 10 (rv 8)"),
        (f"+0 r0 {LOOKED}", [f"4 =: web-1 was never created {CONTROLLER_LOOKED} StatefulSet since event 7 (rv 6)"]),
        (
            f"+0 r0 quota {LOOKED}",
            "inconclusive: web-1 was never created within 20 s, but the controller was refused: exceeded quota: pods",
        ),
        (
            f"+0 r0 scale:1 {LOOKED}",
            "inconclusive: web-1 was never created, but the StatefulSet does not ask for it at the end",
        ),
        (LOOKED, [f"2 =: web-0 was never created {CONTROLLER_LOOKED} StatefulSet since event 3 (rv 2)"]),
    ],
)
def test_gated_by_readiness(words, answer):
    assert judged(checks.gated_by_readiness, story(words), range(3)) == answer


FROM_FIVE = {"ordinals": {"start": 5}}


@pytest.mark.parametrize(
    ("words", "specification", "answer"),
    [
        ("+5 r5 +6 r6 +7 r7 = start:3 = +3 r3 +4 r4 = t7 -7 t6 -6 =", FROM_FIVE, []),
        ("+5 r5 +6 r6 = start:3 +7", FROM_FIVE, []),
        ("+5 +6 r5 r6 start:3 =", FROM_FIVE, ["2 +6: web-6 was created while web-5 was not Ready"]),
        ("+5 r5 +6 r6 +7 r7 = start:3 +4", FROM_FIVE, ["9 +4: web-4 was created while there was no web-3"]),
        (
            "+5 r5 = start:3 = scale:5 = +7",
            FROM_FIVE,
            [f"8 +7: web-7 was created while there was no web-{ordinal}" for ordinal in (3, 4, 6)],
        ),
        ("+0 r0 = start:2 = +2 +3", {}, ["7 +3: web-3 was created while web-2 was not Ready"]),
        ("+0 +1 r0 r1 start:1 =", {}, ["2 +1: web-1 was created while web-0 was not Ready"]),
    ],
)
def test_predecessors_are_counted_from_the_first_ordinal_that_was_known(words, specification, answer):
    assert judged(checks.gated_by_readiness, story(words, **specification), ()) == answer


def test_a_look_proves_what_the_first_ordinal_then_made_of_it():
    from_five = story("+5 r5 +6 r6 = u5 = nudge = start:3 = r5 +7 r7", **FROM_FIVE)
    assert judged(checks.held_back_while_unready, from_five, 5, 7) == []
    assert judged(checks.held_back_while_unready, story("+0 +1 r1 = u1 = nudge = r1 r0 +2 r2 start:1 ="), 1, 2) == (
        "inconclusive: nothing shows that the controller looked while only web-1 was not Ready"
    )


def test_a_deployment_gates_nothing():
    history = story("+aaaaa raaaaa +bbbbb +ccccc", kind="Deployment")
    assert judged(checks.gated_by_readiness, history, range(3)) == [
        "1 +aaaaa: web-abc12-aaaaa has no ordinal, so nothing orders it",
        "3 +bbbbb: web-abc12-bbbbb has no ordinal, so nothing orders it",
        "4 +ccccc: web-abc12-ccccc was created while web-abc12-bbbbb was not Ready",
    ]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("+0 r0 +1 = u0 = r1 nudge = r0 +2", []),
        (
            "+0 r0 +1 =1 u0 r1 nudge =1 r0 = +2",
            "inconclusive: nothing shows that the controller looked while only web-0 was not Ready",
        ),
        (
            "+0 r0 +1 = u0 =0 r1 nudge =0 r0 = +2",
            "inconclusive: nothing shows that the controller looked while only web-0 was not Ready",
        ),
        ("+0 r0 +1 = u0 = r1 nudge = +2 r0", ["10 +2: web-2 was created while web-0 was not Ready"]),
        (
            "+0 r0 +1 = u0 r1 +2 nudge = r0",
            "inconclusive: event 14 (rv 13): web-2 was created just when web-0 became unready (event 11 (rv 10))",
        ),
        ("+0 r0 +1 = u0 = r1 +2 nudge = r0", ["8 +2: web-2 was created while web-0 was not Ready"]),
        (
            "+0 +1 +2 r0 u0 nudge = r0",
            ["3 +2: web-2 was created while web-0 was not Ready", "3 +2: web-2 was created while web-1 was not Ready"],
        ),
        (
            "+0 +1 +2",
            ["3 +2: web-2 was created while web-0 was not Ready", "3 +2: web-2 was created while web-1 was not Ready"],
        ),
        ("+0 r0 +1 r1 +2 u0 nudge = r0", "inconclusive: web-2 was there before web-0 became unready"),
        (
            "+0 r0 +1 u0 r1 r0 +2",
            "inconclusive: nothing shows that the controller looked while only web-0 was not Ready",
        ),
        (
            "+0 r0 +1 u0 nudge = r1 r0 +2",
            "inconclusive: nothing shows that the controller looked while only web-0 was not Ready",
        ),
        (
            "+0 r0 +1 u0 r1 nudge r0 = +2",
            "inconclusive: nothing shows that the controller looked while only web-0 was not Ready",
        ),
        ("+0 r0 +1 u0 r1 nudge = r0 vain", f"inconclusive: web-2 was never created {NOBODY_KNOWS} event 15 (rv 13)"),
        (
            f"+0 r0 +1 u0 r1 nudge = r0 {LOOKED}",
            [f"10 =: web-2 was never created {CONTROLLER_LOOKED} StatefulSet since event 15 (rv 13)"],
        ),
        ("+0 r0 +1 vain", "inconclusive: web-2 was never created, but its predecessor web-1 is not Ready at the end"),
        (LOOKED, [f"2 =: web-0 was never created {CONTROLLER_LOOKED} StatefulSet since event 3 (rv 2)"]),
    ],
)
def test_held_back_while_unready(words, answer):
    assert judged(checks.held_back_while_unready, story(words), 0, 2) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("+0 connect:0:accepted r0 +1", []),
        ("+0 connect:0:refused r0 connect:0:accepted +1", []),
        (
            "+0 +1 r0 connect:0:accepted",
            ["2 +1: web-1 was created before web-0 had ever been Ready to accept a connection"],
        ),
        (
            "+0 r0 +1 connect:0:accepted",
            "inconclusive: no connection to web-0 is known to have been accepted before web-1 existed",
        ),
        (
            "+0 r0 connect:0:refused +1",
            "inconclusive: no connection to web-0 is known to have been accepted before web-1 existed",
        ),
        (
            "+0 r0 c+1 ~connect:0:accepted +1",
            "inconclusive: no connection to web-0 is known to have been accepted before web-1 existed",
        ),
        (
            "+0 connect:0:refused r0 +1 connect:0:refused",
            ["4 +1: web-1 was created although web-0 accepted no connection, neither before nor after that: refused"],
        ),
        (
            "+0 connect:0:refused r0 +1 connect:0:accepted",
            "inconclusive: no connection to web-0 is known to have been accepted before web-1 existed",
        ),
        (
            "+0 connect:0:refused r0 t0 -0 +0 r0 +1 connect:0:refused",
            "inconclusive: no connection to web-0 is known to have been accepted before web-1 existed",
        ),
        ("+0 r0 c+1 ~connect:0:refused +1", ["5 +1: web-1 was created while web-0 did not accept: refused"]),
        (
            f"+0 r0 connect:0:accepted {LOOKED}",
            [f"5 =: web-1 was never created {CONTROLLER_LOOKED} StatefulSet since event 7 (rv 6)"],
        ),
    ],
)
def test_connectable_before(words, answer):
    assert judged(checks.connectable_before, story(words)) == answer


UP = "+0 r0 +1 r1 +2 r2 ="


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("scale:0 t2 -2 t1 -1 t0 -0", []),
        ("scale:0 -2 -1 -0", []),
        ("scale:0 t2 t1 t0", []),
        ("scale:0 t2 -2 t0 -0 t1", ["11 t0: web-0 began to terminate before web-1"]),
        ("scale:0 delete:0 t0 -0 t2 -2 t1 -1", []),
        ("scale:0 t2 -2", "inconclusive: web-1 was not removed, but nobody waited for it in vain"),
        ("scale:0 t2 vain", "inconclusive: web-1 was not removed, but web-2 is still there"),
        ("scale:0 t2 -2 t1 -1 =", "inconclusive: web-0 was not removed, but nobody waited for it in vain"),
        (
            f"scale:0 t2 -2 t1 -1 = {LOOKED}",
            [f"15 =: web-0 was not removed {CONTROLLER_LOOKED} StatefulSet since event 20 (rv 18)"],
        ),
        ("scale:0 u0 vain", "inconclusive: web-2 was not removed, but its predecessor web-0 is not Ready at the end"),
        (f"scale:0 {LOOKED}", [f"10 =: web-2 was not removed {CONTROLLER_LOOKED} StatefulSet since event 15 (rv 13)"]),
        ("scale:2 t2 -2", "inconclusive: fewer than two pods left by scaling down, so nothing shows their order"),
        ("vain", f"inconclusive: the history ends before any scaling down: {IN_VAIN}"),
    ],
)
def test_highest_leaves_first(words, answer):
    assert judged(checks.highest_leaves_first, story(f"{UP} {words}")) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("scale:0 t2 -2 t1 -1 t0 -0", []),
        ("scale:0 t2 t1 -2 -1 t0", ["10 t1: web-1 began to terminate while web-2 was still there"]),
        ("scale:0 t2 -2 t0", ["11 t0: web-0 began to terminate while web-1 was still there"]),
        ("scale:0 t2 delete:1 t1 -2 -1 t0 -0", []),
        ("scale:0 t2 F1 t1 -2 -1 t0 -0", []),
        ("t2 -2 t1 -1", "inconclusive: the history holds no scaling down"),
    ],
)
def test_leaves_one_at_a_time(words, answer):
    assert judged(checks.leaves_one_at_a_time, story(f"{UP} {words}")) == answer


def test_a_deployments_pods_leave_together():
    history = story("+aaaaa +bbbbb scale:0 taaaaa tbbbbb", kind="Deployment", replicas=2)
    assert judged(checks.leaves_one_at_a_time, history) == [
        "4 taaaaa: web-abc12-aaaaa has no ordinal to wait its turn by",
        "5 tbbbbb: web-abc12-bbbbb began to terminate while web-abc12-aaaaa was still there",
    ]
    assert judged(checks.highest_leaves_first, history) == [
        "4 taaaaa: web-abc12-aaaaa has no ordinal, so nothing orders its leaving",
        "5 tbbbbb: web-abc12-bbbbb has no ordinal, so nothing orders its leaving",
    ]
    assert judged(checks.removes_only, history, {1}) == [
        "4 taaaaa: web-abc12-aaaaa began to terminate although only web-1 was surplus",
        "5 tbbbbb: web-abc12-bbbbb began to terminate although only web-1 was surplus",
    ]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("scale:2 = t2 -2 =", []),
        ("scale:2 t2 -2 = +2", ["12 +2: web-2 was created again although it was surplus"]),
        ("scale:2 t2 -2 = nudge = +2 r2 t2 -2 =", ["14 +2: web-2 was created again although it was surplus"]),
        (
            "scale:2 t2 -2 +2 = t2 -2 =",
            "inconclusive: a surplus pod was created before the controller is known to have observed the scaling",
        ),
        ("scale:2 t1 -1 +1 t2 -2 =", ["9 t1: web-1 began to terminate although only web-2 was surplus"]),
        ("t2 -2 scale:2 =", "inconclusive: the history holds no scaling while web-2 was there"),
        ("scale:2 t2 -2", "inconclusive: no status of the StatefulSet shows that the scaling was completed"),
        ("scale:2 t2", "inconclusive: web-2 is still terminating at the end"),
        ("scale:2 vain", f"inconclusive: web-2 was not removed {NOBODY_KNOWS} event 15 (rv 13)"),
        (f"scale:2 {LOOKED}", [f"10 =: web-2 was not removed {CONTROLLER_LOOKED} StatefulSet since event 15 (rv 13)"]),
        ("", "inconclusive: the history holds no scaling"),
    ],
)
def test_removes_only(words, answer):
    assert judged(checks.removes_only, story(f"{UP} {words}"), {2}) == answer


def test_kinds_that_cannot_be_ordered_are_not_compared():
    history = story(f"{UP} scale:0 t0", one_order=False)
    assert judged(checks.highest_leaves_first, history).startswith("inconclusive: this server's resourceVersions")


def test_only_a_set_under_ordered_ready_promises_order():
    assert judged(checks.gated_where_ordered, story("+0 +1")) == ["2 +1: web-1 was created while web-0 was not Ready"]
    assert judged(checks.gated_where_ordered, story("+0 r0 +1")) == []
    assert judged(checks.gated_where_ordered, story("+0 +1", podManagementPolicy="Parallel")) == []


def test_a_predecessor_that_leaves_must_be_known_to_leave():
    """A pod on its way out is still counted as a ready replica, so true counts of those do not prove that it was seen."""
    words = "+0 r0 +1 r1 = delete:1 t1 nudge = scale:3 +2"
    late = edited(story(words, replicas=2), "StatefulSet", "web", _count_all_as_updated)
    assert judged(checks.gated_where_ordered, late) == (
        "inconclusive: event 20 (rv 16): web-2 was created just when web-1 was no longer Ready (event 13 (rv 11))"
    )
    early = ["11 +2: web-2 was created while web-1 was not Ready"]
    assert judged(checks.gated_where_ordered, story(words, replicas=2)) == early
    gone = story("+0 r0 +1 r1 = delete:1 t1 -1 scale:3 nudge = +2", replicas=2)
    assert judged(checks.gated_where_ordered, gone) == ["12 +2: web-2 was created while there was no web-1"]


def _count_all_as_updated(told):
    if "updatedReplicas" in told["status"]:
        told["status"] |= {"currentReplicas": 2, "updatedReplicas": 2}


@pytest.mark.parametrize(
    ("tier", "since", "answer"),
    [
        ("node", "2026-01-01T00:00:07Z", "inconclusive: event 8 (rv 7): web-1 was created when web-0 was not Ready "
         "yet, as far as was told (event 9 (rv 8))"),
        ("node", "2026-01-01T00:00:08Z", ["2 +1: web-1 was created while web-0 was not Ready"]),
        ("control-plane", "2026-01-01T00:00:07Z", ["2 +1: web-1 was created while web-0 was not Ready"]),
    ],
)  # fmt: skip
def test_a_readiness_that_a_watch_may_have_lost_is_not_held_against_the_controller(tier, since, answer):
    def dated(pod):
        pod["metadata"]["creationTimestamp"] = "2026-01-01T00:00:07Z"
        for condition in pod["status"].get("conditions", ()):
            condition["lastTransitionTime"] = since

    history = story("+0 +1 r0", tier=tier)
    for name in ("web-0", "web-1"):
        history = edited(history, "Pod", name, dated)
    assert judged(checks.gated_by_readiness, history, ()) == answer
