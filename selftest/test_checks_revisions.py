"""The checks of revisions hold, name the event at which a promise broke, and say when evidence is thin.

Method: each history is written by hand in the notation of selftest/notation.py.
"""

import copy

import pytest

from conformance import checks
from conformance.history import Event, History, Inconclusive
from selftest.notation import LOOKED, edited, judged, story

LIFE = "+0 r0 +1 r1 ="
AND_LOOK = "nudge ="
CONTROLLER_LOOKED = "within 20 s, although the controller looked at the StatefulSet since"
IN_VAIN = "20 s in vain for what was to come; last seen: no change"
NOBODY_LOOKED = "nothing shows that the controller looked behind that, before something else was done"
PARTITION = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}}


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("update t1 -1 = +1 r1 = nudge =", []),
        ("update = -1 +1 r1 = delete:0 t0 -0 +0@1 r0 nudge =", []),
        ("update = -1 +1 r1 =", f"inconclusive: event 12 (rv 10): {NOBODY_LOOKED}"),
        ("update = -1 +1 r1 = nudge", f"inconclusive: event 12 (rv 10): {NOBODY_LOOKED}"),
        (
            "update = -1 +1 nudge =",
            "inconclusive: web-1 was replaced, but was not Ready before something else was done",
        ),
        ("update = -1 +1 r1 partition:0 nudge =", f"inconclusive: event 12 (rv 10): {NOBODY_LOOKED}"),
        ("update = -1 +1 r1 nudge = partition:0 = t0 -0 +0 r0", []),
        (
            "update = -1 +1 r1 t0 -0 +0 r0 nudge =",
            ["11 t0: web-0 began to terminate although web-1 was to be replaced"],
        ),
        (
            "update = -1 +1 r1 t1 -1 +1 r1 nudge =",
            ["11 t1: web-1 began to terminate although it was at the new revision web-r2"],
        ),
        ("update = -1 +1@1 r1 nudge =", ["9 +1@1: web-1 was made again, but not at the new revision web-r2"]),
        (
            f"update = {LOOKED}",
            [f"9 =: web-1 was not replaced by one at the new revision web-r2 {CONTROLLER_LOOKED} event 15 (rv 13)"],
        ),
        (
            "update = nudge =",
            "inconclusive: web-1 was not replaced by one at the new revision web-r2, but nobody waited for it in vain",
        ),
        (f"update = -1 {LOOKED}", [f"10 =: web-1 was not made again {CONTROLLER_LOOKED} event 16 (rv 14)"]),
        (
            "update = u0 nudge = vain",
            "inconclusive: web-1 was not replaced by one at the new revision web-r2, but web-0 is not Ready at the end",
        ),
        (
            "update = u1 nudge = vain",
            "inconclusive: web-1 was not replaced by one at the new revision web-r2, but web-1 is not Ready at the end",
        ),
        (
            "update = t1 vain",
            "inconclusive: web-1 was not replaced by one at the new revision web-r2, but it is still terminating",
        ),
        (
            "update = partition:0",
            "inconclusive: web-1 was not replaced by one at the new revision web-r2 before something else was done",
        ),
        ("update vain", f"inconclusive: the history ends before any status that shows the newest revision: {IN_VAIN}"),
        ("vain", f"inconclusive: the history ends before any act: update: {IN_VAIN}"),
    ],
)
def test_replaces_only(words, answer):
    told = story(f"{LIFE} {words}", replicas=2, **PARTITION)
    said = judged(checks.replaces_only, told, "update", {1})
    assert said == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("update = nudge =", []),
        ("update = delete:1 t1 -1 +1 r1 nudge =", []),
        ("update =", f"inconclusive: event 12 (rv 10): {NOBODY_LOOKED}"),
        ("update = t1 -1 +1 r1 nudge =", ["8 t1: web-1 began to terminate although no pod was to be replaced"]),
    ],
)
def test_an_update_may_replace_nothing(words, answer):
    assert judged(checks.replaces_only, story(f"{LIFE} {words}", replicas=2), "update", ()) == answer


def test_an_update_that_outdates_no_pod_decides_nothing():
    told = story(f"{LIFE} nudge = undo:1 = nudge =", replicas=2)
    assert judged(checks.replaces_only, told, "update", ()) == (
        "inconclusive: event 15 (rv 12): no pod was outdated, so none could be replaced or spared"
    )


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("partition:0 = t0 -0 +0 r0 nudge =", []),
        (
            "partition:0 = t0 -0 +0 r0 t1 -1 +1 r1 nudge =",
            ["17 t1: web-1 began to terminate although web-0 was to be replaced"],
        ),
    ],
)
def test_a_lowered_partition_replaces_what_it_no_longer_covers(words, answer):
    told = story(f"{LIFE} update = -1 +1 r1 {words}", replicas=2, **PARTITION)
    assert judged(checks.replaces_only, told, "change", {0}) == answer


@pytest.mark.parametrize(
    ("words", "which", "ordinal", "answer"),
    [
        ("update = -1 +1 r1 delete:0 -0 +0@1", "old", 0, []),
        (
            "update = -1 +1 r1 delete:0 -0 +0",
            "old",
            0,
            ["13 +0: web-0 was made at web-r2, not at the old revision web-r1"],
        ),
        ("update = delete:1 -1 +1", "new", 1, []),
        ("update = delete:1 -1 +1@1", "new", 1, ["10 +1@1: web-1 was made at web-r1, not at the new revision web-r2"]),
        ("update = scale:3 +2", "new", 2, []),
        ("update = scale:3 +2@1", "new", 2, ["9 +2@1: web-2 was made at web-r1, not at the new revision web-r2"]),
        (
            "update = delete:1 -1 vain",
            "new",
            1,
            "inconclusive: web-1 was not made again within 20 s, but nothing shows that the controller looked since"
            " event 17 (rv 14)",
        ),
        (
            f"update = delete:1 -1 {LOOKED}",
            "new",
            1,
            [f"11 =: web-1 was not made again {CONTROLLER_LOOKED} event 17 (rv 14)"],
        ),
        ("update =", "new", 1, "inconclusive: the history holds no web-1 that was made after the update"),
        (
            "delete:1 -1 +1 update =",
            "new",
            1,
            "inconclusive: the history holds no web-1 that was made after the update",
        ),
        (
            "update = partition:0 = -1 +1",
            "new",
            1,
            "inconclusive: no web-1 was made after the update before something else was done",
        ),
        ("update -1 +1", "new", 1, "inconclusive: the history holds no status that shows the new revision"),
        (
            "undo:1 =",
            "new",
            1,
            "inconclusive: event 15 (rv 13): the status names no current revision other than the newest",
        ),
        ("vain", "new", 1, f"inconclusive: the history ends before any changed template: {IN_VAIN}"),
    ],
)
def test_made_at_revision(words, which, ordinal, answer):
    told = story(f"{LIFE} {words}", replicas=2)
    assert judged(checks.made_at_revision, told, which, {ordinal}) == answer


def saying(told, kind, **more):
    """The same history, with more said of every act of this kind."""
    events = [Event(e.type, e.kind, e.rv, dict(e.object) | (more if e.kind == kind else {}), e.time) for e in told.log]
    return History.of(told.header, events)


def test_a_revisions_name_alone_makes_no_pod_of_it():
    changed = {"annotations": {"changed": "x"}}
    bare = saying(story(f"{LIFE} update = delete:1 -1 +1", replicas=2), "update", **changed)
    assert judged(checks.made_at_revision, bare, "new", {1}) == (
        ["10 +1: web-1 bears the new revision web-r2, but is not made of it"]
    )

    def dress(pod):
        pod["metadata"]["annotations"] = {"changed": "x"}

    dressed = edited(bare, "Pod", "web-1", dress)
    assert judged(checks.made_at_revision, dressed, "new", {1}) == []
    spared = saying(story(f"{LIFE} update = delete:1 -1 +1@1", replicas=2), "update", **changed)
    assert judged(checks.made_at_revision, spared, "old", {1}) == []
    assert judged(checks.made_at_revision, edited(spared, "Pod", "web-1", dress), "old", {1}) == (
        ["10 +1@1: web-1 bears the old revision web-r1, but is not made of it"]
    )


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("update = update = undo:2 =", []),
        ("update = undo:1 =", []),
        ("update = update = undo:2", "inconclusive: the history holds no status that shows the template of before"),
        ("update =", "inconclusive: event 12 (rv 10): no earlier update was to the same template"),
        ("vain", f"inconclusive: the history ends before any changed template: {IN_VAIN}"),
    ],
)
def test_reuses_revision(words, answer):
    assert judged(checks.reuses_revision, story(f"{LIFE} {words}", replicas=2)) == answer


def repeating(words):
    """The story, in which the first update and the last are to the same template."""
    told, events = story(f"{LIFE} {words}", replicas=2), []
    acts = told.acts("update")
    for e in told.log:
        value = "one" if e in (acts[0], acts[-1]) else e.time
        more = {"annotations": {"changed": value}} if e in acts else {}
        events.append(Event(e.type, e.kind, e.rv, dict(e.object) | more, e.time))
    return History.of(told.header, events)


def test_a_revision_that_is_made_twice_is_named():
    assert judged(checks.reuses_revision, repeating("update = update = update =")) == [
        "10 update: web-r4 was made although web-r2 holds the same template",
        "11 =: the status names web-r4, not web-r2",
        "11 =: web-r2 is in force again, but web-r3 has no lower number",
        "11 =: web-r2 is in force again, but web-r4 has no lower number",
    ]


def test_a_revision_that_was_pruned_cannot_be_used_again():
    assert judged(checks.reuses_revision, repeating("update = update = prune:2 update =")) == (
        "inconclusive: event 21 (rv 17): no revision was there that holds the template of the last update"
    )


def test_a_revision_in_force_again_has_the_highest_number():
    told = story(f"{LIFE} update = update = undo:2 =", replicas=2)
    kept = edited(told, "ControllerRevision", "web-r2", lambda one: one.update(revision=2))
    assert judged(checks.reuses_revision, kept) == ["11 =: web-r2 is in force again, but web-r3 has no lower number"]


UPDATES = "update = update = update = update ="
THRICE = "partition:3 = partition:4 = partition:5 ="
UNSEEN = "the controller is not known to have looked 3 times since the last revision was made"
KEPT = "web-r2, web-r3, web-r4 are kept and in no use, and the limit is 2"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"{UPDATES} prune:2 {THRICE}", []),
        (f"{UPDATES} {THRICE} prune:2", []),
        (f"{UPDATES} prune:2 prune:3 {THRICE}", []),
        (f"{UPDATES} {THRICE}", f"inconclusive: {KEPT}, but nobody waited in vain for them to go"),
        (f"{UPDATES} {THRICE} vain", [f"20 vain: {KEPT}, 20 s after the controller had looked"]),
        (f"{UPDATES} {THRICE} nudge = nudge = vain", [f"24 vain: {KEPT}, 20 s after the controller had looked"]),
        (f"{UPDATES} prune:3 {THRICE}", ["14 prune:3: web-r3 was deleted, and the older web-r2 kept"]),
        (f"{UPDATES} partition:3 = partition:4 = vain", f"inconclusive: {UNSEEN}"),
        (f"{THRICE} {UPDATES} vain", f"inconclusive: {UNSEEN}"),
        (f"update = update = {THRICE}", "inconclusive: only 3 revisions were made, so none was beyond the limit of 2"),
        ("vain", f"inconclusive: the history ends before any second revision: {IN_VAIN}"),
    ],
)
def test_history_is_limited(words, answer):
    told = story(f"{LIFE} {words}", replicas=2, revisionHistoryLimit=2, **PARTITION)
    assert judged(checks.history_is_limited, told) == answer


def test_a_revision_that_a_pod_bears_counts_for_nothing():
    told = story(f"{LIFE} update = t1 -1 +1 r1 {UPDATES} prune:3 {THRICE}", replicas=2, revisionHistoryLimit=2)
    assert judged(checks.history_is_limited, told) == []


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("update = update = prune:2", []),
        ("update = prune:2", ["8 prune:2: web-r2 was deleted, but it was the newest"]),
        ("update = prune:1", ["8 prune:1: web-r1 was deleted, but the status names it as current"]),
        ("update = t1 -1 +1 r1 = update = prune:2", ["15 prune:2: web-r2 was deleted, but web-1 was at it"]),
        ("update = t1 -1 +1 r1 = update = t1 -1 = prune:2", []),
        ("update = undo:1 = prune:2", []),
        ("update = undo:1 = prune:1", ["10 prune:1: web-r1 was deleted, but it was the newest"]),
        ("update = delete:set prune:1 prune:2", []),
        ("update = delete:set create:2 = prune:1 prune:2", []),
    ],
)
def test_live_revisions_are_kept(words, answer):
    assert judged(checks.live_revisions_are_kept, story(f"{LIFE} {words}", replicas=2)) == answer


def test_a_pod_that_no_status_counts_yet_may_be_overlooked():
    told = story("+0 r0 = update = update = +1@2 prune:2", replicas=2)
    assert judged(checks.live_revisions_are_kept, told) == []


def test_revisions_are_immutable():
    told = story(f"{LIFE} update = undo:1 =", replicas=2)
    assert judged(checks.revisions_are_immutable, told) == []
    assert judged(checks.revisions_are_immutable, _at_last(told, data={"spec": {}})) == (
        ["8 undo:1: the data of web-r1 changed"]
    )
    assert judged(checks.revisions_are_immutable, _at_last(told, revision=0)) == (
        ["8 undo:1: web-r1 became number 0, and was 1"]
    )


def _at_last(told, **change):
    """The same history, with the last state of the first revision changed."""
    last = told.named("ControllerRevision", "web-r1")[0].events[-1]
    events = [
        Event(e.type, e.kind, e.rv, copy.deepcopy(dict(e.object)) | (change if e is last else {}), e.time)
        for e in told.log
    ]
    return History.of(told.header, events)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("annotate partition:1 = scale:3 = +2 r2 = nudge =", []),
        ("annotate partition:1 = scale:1 = t1 -1 = nudge =", []),
        ("annotate partition:1 = scale:2 = delete:1 t1 -1 +1 r1 nudge =", []),
        ("annotate partition:1 = scale:2 = t1 -1 +1 r1 nudge =", ["11 t1: web-1 began to terminate"]),
        ("annotate partition:1 t0 -0 +0 r0 = scale:2 = nudge =", ["8 t0: web-0 began to terminate"]),
        (
            "annotate partition:1 = scale:2 =",
            "inconclusive: event 16 (rv 12): nothing shows that the controller looked since",
        ),
        (
            "annotate partition:1 scale:2 = nudge =",
            "inconclusive: event 13 (rv 10): nothing shows that the controller observed that before something else was done",
        ),
        (
            "annotate partition:1 = update = scale:2 = nudge =",
            "inconclusive: event 12 (rv 10): the template was changed meanwhile",
        ),
        ("annotate scale:2 = nudge =", "inconclusive: the history holds no act: change"),
        ("vain", f"inconclusive: the history ends before any act: annotate: {IN_VAIN}"),
    ],
)
def test_keeps_its_revision(words, answer):
    told = story(f"{LIFE} {words}", replicas=2)
    assert judged(checks.keeps_its_revision, told, ("annotate", "change", "scale")) == answer


def test_a_revision_that_no_template_made_is_named():
    told = story(f"{LIFE} scale:2 update = nudge =", replicas=2)
    spurious = History.of(told.header, [e for e in told.log if e.kind != "update"])
    assert judged(checks.keeps_its_revision, spurious, ("scale",)) == [
        "7 update: web-r2 was made",
        "8 =: the updateRevision of web became web-r2, and was web-r1",
    ]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("update = delete:0 t0 -0 +0", "new"),
        ("update = delete:0 t0 -0 +0@1", "old"),
        ("update = scale:0 t1 -1 t0 -0 = scale:2 +0", "new"),
        ("update = t0 -0 +0", "inconclusive: web-0 was replaced in its turn"),
        ("update =", "inconclusive: web-0 did not go and return after the update"),
        ("delete:0 t0 -0 +0", "inconclusive: the history holds no update that the controller observed"),
    ],
)
def test_it_is_told_at_which_revision_a_pod_returned(words, answer):
    told = story(f"{LIFE} {words}", replicas=2)
    try:
        said = checks.replacement.returned_at(told, 0)
    except Inconclusive as reason:
        said = f"inconclusive: {reason}"
    assert said == answer


def test_a_story_that_ends_before_the_act_that_is_asked_about_accuses_nobody():
    told = story("+0 r0 +1 r1 = partition:2 update = partition:1 = t1 -1 +1 r1 =", replicas=2)
    assert judged(checks.replaces_only, told, "change", {0}, 2) == [
        "11 t1: web-1 began to terminate although web-0 was to be replaced"
    ]
    assert judged(checks.replaces_only, told, "change", {0}, 3) == "inconclusive: the history holds no act: change"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("update = t1 -1 +1 r1 t0 -0 +0 r0 nudge =",
         "under OnDelete the status names the newest revision as the current one when every pod is of the newest"),
        ("update = t1 -1 +1 r1 = nudge =", "inconclusive: not every pod is Ready at the newest revision at the end"),
        ("update = t1 -1 +1 r1 t0 -0 nudge =",
         "inconclusive: the set was not updated under OnDelete, or its pods are not all there"),
        ("update = t1 -1 +1 r1 t0 -0 +0 r0",
         "inconclusive: nothing shows that the controller looked since every pod was of the newest revision"),
    ],
)  # fmt: skip
def test_told_of_current_on_delete(words, answer):
    history = story(f"{LIFE} {words}", replicas=2, updateStrategy={"type": "OnDelete"})
    assert _told(history) == answer


def test_a_status_that_keeps_the_old_revision_under_on_delete_is_told():
    def keep(one):
        one.get("status", {}).update(currentRevision="web-r1")

    words = f"{LIFE} update = t1 -1 +1 r1 t0 -0 +0 r0 nudge ="
    kept = edited(story(words, replicas=2, updateStrategy={"type": "OnDelete"}), "StatefulSet", "web", keep)
    assert "names the old revision still" in _told(kept)


def _told(history):
    try:
        return checks.revisions.told_of_current_on_delete(history)
    except Inconclusive as reason:
        return f"inconclusive: {reason}"
