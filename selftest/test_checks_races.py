"""The checks of races during an update: lawful histories, each way to break the rule, and evidence that is thin.

Method: each history is written by hand in the notation of selftest/notation.py.
"""

import pytest

from conformance import checks
from conformance.checks.races import told_of_own_removal
from conformance.history import Event, History, Inconclusive
from selftest.notation import LOOKED, judged, story

UP = "+0 r0 +1 r1 ="


@pytest.mark.parametrize(
    ("words", "updates", "answer"),
    [
        ("update = t1 -1 +1 r1 t0 -0 +0 r0", 1, []),
        ("update = t1 -1 +1 r1 t0 -0 +0 r0 t1", 1, ["16 t1: web-1 began to terminate once more"]),
        ("update = t1 -1 +1 delete:1 t1", 1, []),
        ("update = t1 undo:1 = -1 +1 r1", 2, []),
        ("update = t1 undo:1 = -1 +1@2 r1 t1", 2, ["14 t1: web-1 began to terminate once more"]),
        ("update = t1 -1", 2, "inconclusive: the history holds no 2 changes of the template"),
        ("update =", 1, "inconclusive: the history holds no pod that was removed because of the changed template"),
    ],
)
def test_replaced_once(words, updates, answer):
    assert judged(checks.replaced_once, story(f"{UP} {words}", replicas=2), updates) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("update = t1 undo:1 = -1 +1 r1", []),
        ("update = t1 undo:1 -1 +1@2 r1 = t1 -1 +1 r1", []),
        (
            "update = t1 update = -1 +1 r1",
            ["10 =: the template is what it was, but its revision is web-r3, not web-r1"],
        ),
        (
            "update = t1 undo:1 = -1 +1 r1 t0",
            ["14 t0: web-0 began to terminate although it was at the revision web-r1, which was wanted again"],
        ),
        (
            "update = t1 undo:1 = -1 +1@2 r1 t1 -1 +1 r1",
            ["12 +1@2: web-1 was made of the revision web-r2 although web-r1 was wanted again"],
        ),
        ("update = t1 undo:1 -1 +1@2 r1 = vain",
         "inconclusive: web-1 did not return to the revision web-r1 within 20 s, but nothing shows that the controller looked "
         "since event 23 (rv 20)"),
        (f"update = t1 undo:1 -1 +1@2 r1 = {LOOKED}",
         ["15 =: web-1 did not return to the revision web-r1 within 20 s, although the controller looked at the StatefulSet "
          "since event 23 (rv 20)"]),
        ("update = t1 undo:1 -1 +1@2 = vain",
         "inconclusive: web-1 did not return to the revision web-r1, but it, or a higher one, is not Ready at the end"),
        (f"update = t1 -1 +1 r1 t0 -0 +0 r0 undo:1 = t1 -1 +1 = {LOOKED}",
         "inconclusive: web-0 did not return to the revision web-r1, but it, or a higher one, is not Ready at the end"),
        ("update = t1 undo:1 = -1 vain",
         "inconclusive: web-1 was not made again within 20 s, but nothing shows that the controller looked "
         "since event 21 (rv 18)"),
        ("update = t1 undo:1", "inconclusive: the history holds no status that shows the template that was changed back"),
        ("update = t1", "inconclusive: the history holds no template that was changed and changed back"),
    ],
)  # fmt: skip
def test_reverts_in_flight(words, answer):
    assert judged(checks.reverts_in_flight, story(f"{UP} {words}", replicas=2)) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("update = t1 annotate -1 +1 r1 annotate t0 -0 +0 r0 =", []),
        ("update = t1 annotate -1 +1 r1 t0 -0 +0 r0 =", "inconclusive: the history holds no 2 annotations during the update"),
        ("annotate annotate update = t1 -1 +1 r1 t0 -0 +0 r0 =",
         "inconclusive: the history holds no 2 annotations during the update"),
        ("update = t0 annotate annotate -0 +0 r0 t1 -1 +1 r1 =",
         ["8 t0: web-0 began to terminate while web-1 was not at the new revision"]),
    ],
)  # fmt: skip
def test_rolls_while_annotated(words, answer):
    assert judged(checks.rolls_while_annotated, story(f"{UP} {words}", replicas=2), 2) == answer


def test_changes_that_a_story_makes_first_are_not_meant():
    words = "update = t1 -1 +1 r1 t0 -0 +0 r0 update = t1"
    assert judged(checks.replaced_once, story(f"{UP} {words}", replicas=2), 2, 1) == (
        "inconclusive: the history holds no 3 changes of the template"
    )
    assert judged(checks.replaced_once, story(f"{UP} {words} undo:1 = -1 +1 r1", replicas=2), 2, 1) == []


SURPLUS = "surplus pod that was removed while the template was changed"
THREE = f"{UP} +2 r2 ="


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("scale:2 update t2 = nudge = -2 t1 -1 +1 r1 = t0 -0 +0 r0 =", []),
        ("scale:2 update t2 t1 = nudge = -2 -1 +1 r1 = t0 -0 +0 r0 =",
         ["12 t1: web-1 began to terminate for the update while web-2, which is surplus, was still there"]),
        ("scale:2 update t2 = -2 t1 -1 +1 r1 = t0 -0 +0 r0 =",
         "inconclusive: nothing shows that the controller looked while web-2 was leaving"),
        ("update t2 = nudge = -2 +2 r2", f"inconclusive: the history holds no {SURPLUS}"),
        ("scale:2 t2 -2 =", f"inconclusive: the history holds no {SURPLUS}"),
        (f"scale:2 update t2 = nudge = -2 = {LOOKED}",
         ["14 =: web-1 was not replaced by one at the revision web-r2 within 20 s, although the controller looked at the "
          "StatefulSet since event 22 (rv 19)"]),
    ],
)  # fmt: skip
def test_surplus_goes_first(words, answer):
    assert judged(checks.surplus_goes_first, story(f"{THREE} {words}")) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("update = t2 scale:4 = nudge = -2 +2 r2 +3 r3",
         "web-3 was created only when web-2, which the controller had removed, was gone."),
        ("update = t2 = scale:4 +3 = nudge = -2 +2 r2 r3",
         "web-3 was created while web-2, which the controller had removed, was still leaving."),
        ("update = t2 scale:4 = -2 +2 r2", "inconclusive: no pod above web-2 was created after the scaling"),
        ("delete:2 t2 scale:4 = +3 nudge = -2 +2",
         "inconclusive: the set was not scaled while a pod was leaving that the controller had removed"),
        ("update = t2 -2 +2 r2 scale:4 +3",
         "inconclusive: the set was not scaled while a pod was leaving that the controller had removed"),
    ],
)  # fmt: skip
def test_told_of_own_removal(words, answer):
    assert told(story(f"{THREE} {words}")) == answer


def told(history):
    """What is told of a history, or why nothing is."""
    try:
        return told_of_own_removal(history)
    except Inconclusive as reason:
        return f"inconclusive: {reason}"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        # A status that leaves out what its writer has just removed for an update tells nothing of what it has seen of it.
        ("update = t2 = scale:4 +3 = -2",
         "inconclusive: event 25 (rv 22): web-3 was created just when web-2 was no longer Ready (event 20 (rv 18))"),
        # Asked for web-3, it had that to make before it removed any: then it counted what it saw.
        ("update = t2 scale:4 = +3 = -2", ["14 +3: web-3 was created while web-2 was not Ready"]),
        ("update = t2 = scale:4 = +3 = -2", ["15 +3: web-3 was created while web-2 was not Ready"]),
        # What is of the newest revision no update removes.
        ("scale:2 t2 = scale:4 +3 = -2", ["13 +3: web-3 was created while web-2 was not Ready"]),
        ("delete:2 t2 = scale:4 +3 = -2", ["13 +3: web-3 was created while web-2 was not Ready"]),
        ("update = t2 = scale:4 = nudge = -2 +2 r2 +3", []),
    ],
)  # fmt: skip
def test_a_controller_need_not_have_seen_what_it_has_just_removed(words, answer):
    assert judged(checks.gated_by_readiness, story(f"{THREE} {words}"), ()) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("+0 r0 = scale:2 +1 nudge = r1", []),
        ("+0 r0 = scale:2 +1 nudge = r1 t1 -1 nudge =", []),
        ("+0 r0 = scale:2 nudge +1 =", []),
        ("+0 r0 = scale:2 +1 nudge behind r1",
         ["7 behind: web counts 1 replicas, and 2 had been created before the change that it observes, the last of them web-1 "
          "(event 12 (rv 10))"]),
        # Who leaves is counted until it is gone.
        ("+0 r0 = scale:2 +1 r1 = scale:1 t1 nudge behind -1",
         ["11 behind: web counts 1 replicas, and 2 had been created before the change that it observes, the last of them "
          "web-1 (event 12 (rv 10))"]),
        ("+0 r0 = scale:2 +1 owner:1: nudge behind", []),
        ("+0 r0 = scale:2 +1 nudge", "inconclusive: the history holds no look behind the creation of a pod"),
        ("+0 r0 = scale:2 +1 behind", "inconclusive: the history holds no look behind the creation of a pod"),
        ("+0 r0 = restart nudge =",
         "inconclusive: the controller was started anew, and need not know what the last one had created"),
    ],
)  # fmt: skip
def test_counts_what_it_created(words, answer):
    assert judged(checks.counts_what_it_created, counted_behind(words)) == answer


def counted_behind(words):
    """The story of these words, in which a status that is `behind` counts one replica."""
    history = story(words.replace("behind", "=1"), replicas=1)
    places = {f"{place} =1": f"{place} behind" for place, word in enumerate(words.split(), 1) if word == "behind"}
    events = []
    for event in history.log:
        status = {"status": {**event.status, "replicas": 1}} if event.time in places else {}
        told = {**event.object, **status}
        events.append(Event(event.type, event.kind, event.rv, told, places.get(event.time, event.time)))
    return History.of(history.header, events)
