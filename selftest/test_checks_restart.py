"""The checks of a restart hold, name the event at which a promise broke, and say when evidence is thin.

Method: each history is written by hand in the notation of selftest/notation.py.
"""

import copy

import pytest

from conformance import checks
from conformance.history import Event, History
from selftest.notation import judged, story

LIFE = "+0 r0 +1 r1 = restart"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"{LIFE} nudge =", []),
        (f"{LIFE} nudge = delete:1 t1 c+5", []),
        (
            f"{LIFE} nudge = t1 c+5",
            ["9 t1: web-1 began to terminate"],
        ),
        (f"{LIFE} nudge = c+5", ["9 c+5: PersistentVolumeClaim data-web-5 was created"]),
        (f"{LIFE} nudge = owner:1:", ["9 owner:1:: Pod web-1 was put under another owner"]),
        (f"{LIFE} D1 t1 -1 +1 r1 nudge =", []),
        ("+0 r0 c+5 = restart nudge =", []),
        (f"{LIFE} t1 -1 +1 r1 nudge =", ["7 t1: web-1 began to terminate", "9 +1: web-1 was created"]),
        (f"{LIFE} ct1 c-1 nudge =", ["7 ct1: PersistentVolumeClaim data-web-1 was deleted"]),
        (f"{LIFE} c+5 nudge =", ["7 c+5: PersistentVolumeClaim data-web-5 was created"]),
        (
            LIFE,
            "inconclusive: event 12 (rv 10): nothing shows that the controller looked since, before something else was done",
        ),
        (
            f"{LIFE} nudge",
            "inconclusive: event 12 (rv 10): nothing shows that the controller looked since, before something else was done",
        ),
        (
            f"{LIFE} scale:1 = nudge =",
            "inconclusive: event 12 (rv 10): nothing shows that the controller looked since, before something else was done",
        ),
        ("+0 r0 +1 r1 = nudge =", "inconclusive: the history holds no act: restart"),
    ],
)
def test_left_as_it_was(words, answer):
    assert judged(checks.left_as_it_was, story(words, replicas=2), "restart") == answer


def changed(history, kind, since, change):
    """The same history, in which the states of a kind from the n-th on are changed."""
    events, seen = [], 0
    for event in history.log:
        told = copy.deepcopy(dict(event.object))
        if event.kind == kind and event.type != "ACT":
            seen += 1
            if seen >= since:
                change(told)
        events.append(Event(event.type, event.kind, event.rv, told, event.time))
    return History.of(history.header, events)


def test_a_claim_that_is_put_under_another_owner_is_named():
    def own(claim):
        claim["metadata"]["ownerReferences"] = [{"uid": "somebody"}]

    # The claim is bound, which writes it once more.
    history = changed(story("+0 r0 = restart cb0 nudge =", replicas=1), "PersistentVolumeClaim", 2, own)
    assert judged(checks.left_as_it_was, history, "restart") == [
        "5 cb0: PersistentVolumeClaim data-web-0 was put under another owner"
    ]


def test_a_pod_that_is_put_under_another_owner_is_named():
    history = story("+0 r0 = restart owner:0: nudge =", replicas=1)
    assert judged(checks.left_as_it_was, history, "restart") == ["5 owner:0:: Pod web-0 was put under another owner"]


def test_a_status_that_names_another_revision_is_named():
    def rename(told):
        told["status"]["updateRevision"] = "web-r9"

    # Its states: created, the first status, the nudge, the last status.
    history = changed(story("+0 r0 = restart nudge =", replicas=1), "StatefulSet", 4, rename)
    assert judged(checks.left_as_it_was, history, "restart") == [
        "6 =: the updateRevision of web became web-r9, and was web-r1"
    ]
    # The second status behind the restart tells as much as the first; what follows an update is another matter.
    late = changed(story("+0 r0 = restart nudge = nudge =", replicas=1), "StatefulSet", 6, rename)
    assert judged(checks.left_as_it_was, late, "restart") == [
        "8 =: the updateRevision of web became web-r9, and was web-r1"
    ]
    asked = changed(story("+0 r0 = restart nudge = update =", replicas=1), "StatefulSet", 6, rename)
    assert judged(checks.left_as_it_was, asked, "restart") == []


@pytest.mark.parametrize(
    ("owner", "answer"),
    [
        ("set-1", ["here: ControllerRevision web-r2 was created"]),
        # Such as the set that a recorder makes at its end.
        ("another", []),
    ],
)
def test_a_new_revision_of_the_set_is_named(owner, answer):
    history = story("+0 r0 = restart nudge =", replicas=1)
    restart = next(event for event in history.log if event.kind == "restart")
    metadata = {"name": "web-r2", "uid": "new", "ownerReferences": [{"uid": owner, "controller": True}]}
    made = Event("ADDED", "ControllerRevision", restart.rv, {"metadata": metadata}, "here")
    log = [other for event in history.log for other in ((event, made) if event is restart else (event,))]
    told = [Event(e.type, e.kind, e.rv, e.object, e.time) for e in log]
    # What the store wrote stands before an act of the same place, so the new revision takes a place of its own.
    moved = [Event(e.type, e.kind, e.rv + (n > log.index(restart)), e.object, e.time) for n, e in enumerate(told)]
    assert judged(checks.left_as_it_was, History.of(history.header, moved), "restart") == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("update = t1 restart -1 +1 r1 t0 -0 +0 r0 =", []),
        ("update = t1 restart -1 +1 t0 -0 +0 r1 r0 =", ["12 t0: web-0 began to terminate while web-1 was not Ready"]),
        (
            "update = t1 -1 +1 r1 t0 -0 +0 r0 = restart",
            "inconclusive: the history holds no restart in the middle of the update",
        ),
        (
            "restart update = t1 -1 +1 r1 t0 -0 +0 r0 =",
            "inconclusive: the history holds no restart in the middle of the update",
        ),
        (
            "update = t1 -1 +1 r1 t0 -0 +0 r0 =",
            "inconclusive: the history holds no restart in the middle of the update",
        ),
    ],
)
def test_an_update_goes_on(words, answer):
    told = story(f"+0 r0 +1 r1 = {words}", replicas=2)
    assert judged(checks.goes_on, told, "update", checks.rolls_highest_first) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("+0 = restart nudge = r0 +1 r1", []),
        ("+0 r0 +1 = restart nudge = r1 +2", []),
        ("+0 = restart +1 nudge = r0", ["4 +1: web-1 was created while web-0 was not Ready"]),
        ("+0 = restart nudge = +1 r0 r1", ["6 +1: web-1 was created while web-0 was not Ready"]),
        ("+0 = restart r0 nudge = +1",
         "inconclusive: the history holds no look at an unready pod behind a restart"),
        ("+0 = restart r0 +1", "inconclusive: the history holds no look at an unready pod behind a restart"),
        ("+0 = nudge = r0 +1", "inconclusive: the history holds no look at an unready pod behind a restart"),
        ("restart +0 nudge = r0 +1", "inconclusive: the history holds no look at an unready pod behind a restart"),
        ("+0 = restart nudge = r0", "inconclusive: web-1 was never created, but nobody waited for it in vain"),
    ],
)  # fmt: skip
def test_creation_goes_on(words, answer):
    assert judged(checks.creation_goes_on, story(words, replicas=2), range(2)) == answer
