"""The checks of what the new cluster makes of a set: lawful histories, each way to break the rule, and evidence that is thin.

Method: each history is written in the notation of selftest/crossings.py; what stands before `]` was there when it began.
"""

import pytest

from conformance import checks
from conformance.history import ADDED, LISTED, Event, History
from conformance.upgrade import afterwards as after
from selftest.crossings import crossing
from selftest.notation import LOOKED, judged

TWO = "+0 r0 +1 r1 ="
PAUSED = "+0 r0 +1 r1 = update = t1 -1 +1 r1 = ]"
IN_VAIN = "within 20 s, although the controller looked at the StatefulSet since"


def found(words, **more):
    """The history of these words, of which all that stands before `]` was there already."""
    told = crossing(words, replicas=2, **more)
    (begun,) = told.acts("upgraded")
    events = [
        Event(LISTED if event.type == ADDED and event.number < begun.number else event.type, event.kind, event.rv,
              event.object, event.time)
        for event in told.log
    ]  # fmt: skip
    return History.of(told.header, events)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("delete:0 t0 -0 +0@1 r0 nudge =", []),
        ("delete:0 t0 -0 +0@2 r0 nudge =",
         ["17 +0@2: web-0 came back at revision web-r2, not at the current revision web-r1"]),
        ("delete:0 t0 -0 +0@1 r0 t1 nudge =", ["19 t1: web-1 began to terminate"]),
        ("delete:0 t0 -0 +0@1 r0 change:x t1", []),
        (f"delete:0 t0 -0 {LOOKED}", [f"18 =: web-0 was not made again {IN_VAIN} event 24 (rv 20)"]),
        ("delete:0 t0 -0", "inconclusive: web-0 was not made again, but nobody waited for it in vain"),
        ("nudge =", "inconclusive: the history holds no deletion of web-0"),
    ],
)  # fmt: skip
def test_a_spared_pod_returns_as_it_was(words, answer):
    words = words.replace("change:x", "partition:0")
    assert judged(after.returns_as_it_was, found(f"{PAUSED} {words}"), 0, "current") == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("partition:0 = t0 -0 +0 r0 =", []),
        (f"partition:0 = {LOOKED}",
         [f"17 =: web-0 was not replaced by one at the revision web-r2 {IN_VAIN} event 23 (rv 20)"]),
        (f"partition:0 = t0 -0 {LOOKED}", [f"19 =: web-0 was not made again {IN_VAIN} event 25 (rv 22)"]),
        ("partition:0 =",
         "inconclusive: web-0 was not replaced by one at the revision web-r2, but nobody waited for it in vain"),
        # Who is Ready, and when, is the attendant's doing, and an update waits for it.
        (f"partition:0 = t0 -0 +0 {LOOKED}", "inconclusive: web-0 is at the revision web-r2, but not Ready at the end"),
        (f"partition:0 = u1 {LOOKED}", "inconclusive: web-1 is at the revision web-r2, but not Ready at the end"),
        (f"partition:0 = u0 {LOOKED}", "inconclusive: web-0 was not replaced by one at the revision web-r2, "
         "but it is not Ready itself, and nobody has deleted it"),
        ("partition:0 nudge vain", "inconclusive: the history ends before any status that shows the update: "
         "20 s in vain for what was to come; last seen: no change"),
        ("nudge =", "inconclusive: the history holds no update"),
    ],
)  # fmt: skip
def test_all_come_to_be_newest(words, answer):
    told = found(f"{PAUSED} {words}")
    kept = [event for event in told.log if not (event.kind == "update" and event.type == "ACT")]
    assert judged(after.all_come_to_be_newest, History.of(told.header, kept)) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("scale:3 = +2 r2 = scale:2 = t2 -2 =", []),
        ("scale:3 = +2 r2 = t1 scale:2 = t2 -2 =", ["12 t1: web-1 began to terminate"]),
        ("scale:3 = +2 r2 = scale:2 = t1 -1 =", ["14 t1: web-1 began to terminate"]),
        (f"scale:3 = +2 r2 = scale:2 = {LOOKED}", [f"15 =: web-2 did not leave {IN_VAIN} event 20 (rv 16)"]),
        ("scale:3 = +2 r2 =", "inconclusive: the history holds no second scaling"),
    ],
)
def test_scales_by_one(words, answer):
    assert judged(after.scales_by_one, found(f"{TWO} ] {words}")) == answer


@pytest.mark.parametrize("more", ["update = ", ""])
def test_a_set_that_was_never_ready_is_mended(more):
    """Under Parallel nobody's readiness is waited for, so that one which stays as it was is the controller's doing."""
    words = f"+0 +1 = ] {more}" if more else "+0 +1 = ] update = t1 -1 +1 r1 ="
    answer = judged(after.all_come_to_be_newest, found(f"{words} {LOOKED}", podManagementPolicy="Parallel"))
    last = "web-0" if not more else "web-1"
    assert [one.partition(" within")[0].partition(": ")[2] for one in answer] == [
        f"{last} was not replaced by one at the revision web-r2"
    ]
    mended = found("+0 +1 = ] update = t1 -1 +1 r1 t0 -0 +0 r0 =", podManagementPolicy="Parallel")
    assert judged(after.all_come_to_be_newest, mended) == []


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("delete:0 t0 -0 D1 t1 -1 +0@1 r0 +1 r1 nudge =", []),
        ("delete:0 t0 -0 F1 t1 -1 +0@1 r0 +1 r1 nudge =", []),
        ("delete:0 t0 -0 +0@1 r0 t1 -1 +1 r1 =", ["19 t1: web-1 began to terminate", "21 +1: web-1 was created"]),
        ("delete:0 t0 -0 D1 t1 -1 +0@1 r0 +1 r1 t1 -1 +1 r1 =",
         ["24 t1: web-1 began to terminate", "26 +1: web-1 was created"]),
        ("delete:0 t0 -0 D1 t1 -1 +0@1 r0 +1 r1 +2 =", ["24 +2: web-2 was created"]),
    ],
)  # fmt: skip
def test_what_a_disruption_moved_is_not_touched_by_the_controller(words, answer):
    assert judged(after.returns_as_it_was, found(f"{PAUSED} {words}"), 0, "current") == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("scale:3 = +2 r2 = D0 t0 -0 +0 r0 scale:2 = t2 -2 =", []),
        (f"scale:3 = +2 r2 = scale:2 = u0 {LOOKED}",
         "inconclusive: web-2 did not leave, but its predecessor web-0 is not Ready at the end"),
        (f"scale:3 = +2 r2 = scale:2 = t2 {LOOKED}",
         "inconclusive: web-2 did not leave: it is still terminating at the end"),
        # It stays for nobody's sake that is not Ready itself.
        (f"scale:3 = +2 r2 = scale:2 = u2 {LOOKED}", [f"16 =: web-2 did not leave {IN_VAIN} event 20 (rv 16)"]),
    ],
)  # fmt: skip
def test_scaling_waits_for_pods_that_others_moved(words, answer):
    assert judged(after.scales_by_one, found(f"{TWO} ] {words}")) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("scale:1 = o1:pod t1 -1 ct1 c-1 =", []),
        # Who deletes the claim is the garbage collector, and that may be late.
        (f"scale:1 = o1:pod t1 -1 {LOOKED}",
         "inconclusive: data-web-1 was still there at the end, and nothing shows that the garbage collector looked"),
        (f"scale:1 = t1 -1 {LOOKED}", ["11 t1: web-1 began to terminate before it owned data-web-1"]),
        ("scale:1 = o1:pod ct1 t1 -1 c-1 =", ["12 ct1: data-web-1 began to be deleted while web-1 was there"]),
        ("scale:1 = o1:pod t1 -1 ct0 ct1 c-1 =",
         ["14 ct0: data-web-0 began to be deleted, and scaling kept its ordinal"]),
    ],
)  # fmt: skip
def test_claims_follow_the_policy_from_before(words, answer):
    policy = {"whenDeleted": "Delete", "whenScaled": "Delete"}
    told = found(f"{TWO} o0:set o1:set ] {words}", persistentVolumeClaimRetentionPolicy=policy)
    assert judged(checks.deleted_by_scaling, told) == answer


def rolled_back(made):
    """A set with the revisions of two templates, of which the first is asked for again, by an old revision or a new one."""
    told = found(f"{TWO} update = ] {'update' if made else 'undo:1'} =")
    annotated = {"web-r1": "first", "web-r2": "second", "web-r3": "first"}
    events = []
    for event in told.log:
        changed = dict(event.object)
        if event.kind == "ControllerRevision":
            changed["data"] = {"spec": {"template": {"metadata": {"annotations": {"is": annotated[event.name]}}}}}
        if event.kind == "update" and event.type == "ACT":
            changed["annotations"] = {"is": "first"}
        events.append(Event(event.type, event.kind, event.rv, changed, event.time))
    return History.of(told.header, events)


def test_an_old_template_has_its_old_revision():
    assert judged(after.reuses_the_old_revision, rolled_back(made=False)) == []
    assert judged(after.reuses_the_old_revision, rolled_back(made=True)) == [
        "9 update: revision web-r3 was made, and web-r1 has the same template"
    ]
