"""The checks of what the new cluster makes of a set: lawful histories, each way to break the rule, and evidence that is thin.

Method: each history is written in the notation of selftest/crossings.py; what stands before `]` was there when it began.
"""

import pytest

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
         [f"17 =: web-0 is not Ready at the newest revision web-r2 {IN_VAIN} event 21 (rv 18)"]),
        ("partition:0 =", "inconclusive: web-0 is not Ready at the newest revision web-r2, but nobody waited for it in vain"),
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


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("scale:1 = t1 -1 ct1 c-1 =", []),
        ("scale:1 = t1 -1 ct0 ct1 c-1 =", ["11 ct0: data-web-0 was deleted, and its replica is asked for"]),
        (f"scale:1 = t1 -1 {LOOKED}", [f"12 =: data-web-1 was not deleted {IN_VAIN} event 13 (rv 10)"]),
        ("nudge =", "inconclusive: the history holds no scaling"),
    ],
)
def test_claims_follow_the_policy(words, answer):
    assert judged(after.claims_follow_the_policy, found(f"{TWO} ] {words}")) == answer


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
