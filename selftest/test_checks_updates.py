"""The checks of updates and of the contrast hold, name the event at which a promise broke, and say when evidence is thin.

Method: each history is written by hand in the notation of selftest/notation.py.
"""

import copy

import pytest

from conformance import checks
from conformance.history import Event, History
from selftest.notation import LOOKED, edited, judged, story

LOOKED_AT_DEPLOYMENT = "within 20 s, although the controller looked at the Deployment since"
CONTROLLER_LOOKED = "within 20 s, although the controller looked at the StatefulSet since"
IN_VAIN = "20 s in vain for what was to come; last seen: no change"
NOBODY_KNOWS = "within 20 s, but nothing shows that the controller looked since"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("update t1 = -1 +1 r1 t0 -0 +0 r0", []),
        ("update -1 = +1 r1 -0 +0", []),
        ("update = t0 -0 +0 r0 t1 -1 +1", ["8 t0: web-0 began to terminate while web-1 was not at the new revision"]),
        ("update = t1 -1 t0", ["10 t0: web-0 began to terminate while there was no web-1"]),
        ("update = t1 -1 +1 t0", ["11 t0: web-0 began to terminate while web-1 was not Ready"]),
        (
            "update = t1 -1 +1 r1 u1 t0",
            "inconclusive: event 21 (rv 19): web-0 began to terminate just when web-1 became unready (event 20 (rv 18))",
        ),
        ("update = t1 -1 = +1 r1 = u1 = t0", ["16 t0: web-0 began to terminate while web-1 was not Ready"]),
        ("update = t1 -1 +1 r1 t1", ["12 t1: web-1 began to terminate although it was at the new revision web-r2"]),
        (
            "update = vain",
            f"inconclusive: web-1 was not replaced by one at the new revision web-r2 {NOBODY_KNOWS} event 15 (rv 13)",
        ),
        (
            f"update = {LOOKED}",
            [f"9 =: web-1 was not replaced by one at the new revision web-r2 {CONTROLLER_LOOKED} event 15 (rv 13)"],
        ),
        (
            f"update = u1 {LOOKED}",
            "inconclusive: web-1 was not replaced by one at the new revision web-r2, but it is not Ready itself, "
            "and nobody has deleted it",
        ),
        (
            "update = t1 vain",
            "inconclusive: web-1 was not replaced by one at the new revision web-r2, but it is still terminating",
        ),
        ("update = t1 -1 +1 vain", "inconclusive: web-0 was not replaced, but web-1 is not Ready at the end"),
        (
            f"update = t1 -1 +1 r1 {LOOKED}",
            [f"13 =: web-0 was not replaced by one at the new revision web-r2 {CONTROLLER_LOOKED} event 19 (rv 17)"],
        ),
        (f"update = t1 -1 {LOOKED}", [f"11 =: web-1 was not made again {CONTROLLER_LOOKED} event 17 (rv 15)"]),
        ("update vain", f"inconclusive: the history ends before any status that shows the new revision: {IN_VAIN}"),
        ("vain", f"inconclusive: the history ends before any changed template: {IN_VAIN}"),
    ],
)
def test_rolls_highest_first(words, answer):
    assert judged(checks.rolls_highest_first, story(f"+0 r0 +1 r1 = {words}", replicas=2)) == answer


def test_a_partition_holds_the_lower_ordinals():
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}
    history = story("+0 r0 +1 r1 = update = t1 -1 +1 r1", replicas=2, updateStrategy=strategy)
    assert judged(checks.rolls_highest_first, history) == []


def test_a_deployment_rolls_in_no_order():
    history = story("+aaaaa raaaaa = update = +bbbbb rbbbbb taaaaa", kind="Deployment", replicas=1)
    assert judged(checks.rolls_highest_first, history) == [
        "8 taaaaa: web-abc12-aaaaa has no ordinal, so nothing orders its replacement"
    ]


HERD = {"kind": "Deployment", "replicas": 3}


def test_names_are_random():
    assert judged(checks.names_are_random, story("+aaaaa +24567", kind="Deployment")) == (
        ["2 +24567: web-24567 is not named after its ReplicaSet web-abc12"]
    )
    assert judged(checks.names_are_random, story("+aaaaa +bbbbb", **HERD)) == []
    assert judged(checks.names_are_random, story("+0")) == ["1 +0: web-0 is named by an ordinal"]
    counted = edited(
        story("+0"), "Pod", "web-0", lambda pod: pod["metadata"]["ownerReferences"][0].update(kind="ReplicaSet")
    )
    assert judged(checks.names_are_random, counted) == ["1 +0: web-0 is named by an ordinal"]
    assert judged(checks.names_are_random, story("", **HERD)) == "inconclusive: the workload has no pods"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("+aaaaa +bbbbb +ccccc raaaaa", []),
        ("+aaaaa +bbbbb raaaaa +ccccc", ["4 +ccccc: web-abc12-ccccc was created only when web-abc12-aaaaa was Ready"]),
        ("+aaaaa vain", f"inconclusive: 1 of 3 pods of web were created {NOBODY_KNOWS} event 4 (rv 3)"),
        (
            f"+aaaaa {LOOKED}",
            [f"3 =: 1 of 3 pods of web were created {LOOKED_AT_DEPLOYMENT} event 4 (rv 3)"],
        ),
    ],
)
def test_creates_all_at_once(words, answer):
    assert judged(checks.creates_all_at_once, story(words, **HERD), 3) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("delete:bbbbb tbbbbb +ccccc -bbbbb", []),
        ("delete:bbbbb tbbbbb -bbbbb +bbbbb", ["6 +bbbbb: web-abc12-bbbbb came back under its own name"]),
        (
            "delete:bbbbb tbbbbb vain",
            "inconclusive: no pod was created in place of web-abc12-bbbbb, but the old one is still there",
        ),
        (
            f"delete:bbbbb -bbbbb {LOOKED}",
            [f"6 =: no pod was created in place of web-abc12-bbbbb {LOOKED_AT_DEPLOYMENT} event 7 (rv 5)"],
        ),
        ("vain", "inconclusive: the history holds no deletion of a pod"),
    ],
)
def test_returns_renamed(words, answer):
    assert judged(checks.returns_renamed, story(f"+aaaaa +bbbbb {words}", **HERD)) == answer


def test_a_pod_that_bears_the_new_revision_is_made_of_it():
    history = story("+0 r0 +1 r1 = update = t1 -1 +1 r1 t0 -0 +0 r0", replicas=2)
    act = {"target": "StatefulSet/web", "annotations": {"changed": "x"}}
    log = [Event(e.type, e.kind, e.rv, act, e.time) if e.kind == "update" else e for e in history.log]
    labelled_only = History.of(history.header, log)
    assert judged(checks.rolls_highest_first, labelled_only) == [
        "10 +1: web-1 is at the new revision web-r2, but not made of the changed template",
        "14 +0: web-0 is at the new revision web-r2, but not made of the changed template",
    ]


ROLLED = "+0 r0 +1 r1 = update t1 -1 +1 r1 t0 -0 +0 r0 ="


def naming(words, *currents):
    """The story, in which each status in turn names one of these revisions as the current one."""
    told = story(words, replicas=2)
    names, events = iter(currents), []
    for event in told.log:
        changed = copy.deepcopy(event.object)
        if event.kind == "StatefulSet" and event.status.get("observedGeneration"):
            changed["status"]["currentRevision"] = next(names)
        events.append(Event(event.type, event.kind, event.rv, changed, event.time))
    return History.of(told.header, events)


def test_a_revision_is_current_when_all_are_ready_at_it():
    # The act of the update writes the set again, with the status that it had.
    assert judged(checks.current_when_complete, naming(ROLLED, "web-r1", "web-r1", "web-r2")) == []


def test_a_revision_that_is_current_too_early_is_named():
    early = naming("+0 r0 +1 r1 = update t1 -1 +1 r1 =", "web-r1", "web-r1", "web-r2")
    assert judged(checks.current_when_complete, early) == [
        "11 =: the status names web-r2 as current before web-0 was Ready at it"
    ]
    unready = naming("+0 r0 +1 r1 = update t1 -1 +1 r1 t0 -0 +0 =", "web-r1", "web-r1", "web-r2")
    assert judged(checks.current_when_complete, unready) == [
        "14 =: the status names web-r2 as current before web-0 was Ready at it"
    ]


def test_a_status_about_an_older_specification_decides_nothing():
    behind = edited(
        naming("+0 r0 +1 r1 = update t1 -1 +1 r1 =", "web-r1", "web-r1", "web-r2"), "StatefulSet", "web", _ahead
    )
    assert judged(checks.current_when_complete, behind) == []


def _ahead(told):
    told["metadata"]["generation"] += 1


MOVED = "= start:1 = +3 r3 = t0 -0 ="


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"t2 -2 +2 r2 = t1 -1 +1 r1 = t0 -0 +0 r0 {MOVED}", []),
        (
            f"t1 -1 +1 r1 = t2 -2 +2 r2 = t0 -0 +0 r0 {MOVED}",
            ["8 t1: web-1 began to terminate while web-2 was not at the new revision"],
        ),
    ],
)
def test_what_goes_before_is_what_the_set_then_asked_for(words, answer):
    assert judged(checks.rolls_highest_first, story(f"+0 +1 r0 r1 +2 r2 update {words}")) == answer


def test_what_goes_before_is_known_where_the_set_begins_lower_later():
    history = story(
        "+5 r5 +6 r6 = update = nudge = t5 -5 +5 r5 = t6 -6 +6 r6 = start:4 = +4 r4 = t6 -6 =",
        replicas=2,
        ordinals={"start": 5},
    )
    assert judged(checks.rolls_highest_first, history) == [
        "10 t5: web-5 began to terminate while web-6 was not at the new revision"
    ]
