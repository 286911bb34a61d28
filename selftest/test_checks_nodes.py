"""The checks of lost nodes and of stillness hold, name the event at which a promise broke, and say when evidence is thin.

Method: each history is written by hand in the notation of selftest/notation.py.
"""

import pytest

from conformance import checks
from selftest.notation import LOOKED, edited, judged, story

LIFE = "+0 r0 +1 r1 ="
TAKEN = "web-0 was taken away though nobody had confirmed its end"
UNPROVEN = "nothing shows that the controller looked since, before something else was done"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("scale:3 nudge =", []),
        ("scale:3 +2 nudge = t2", ["7 +2: web-2 was created", "10 t2: web-2 began to terminate"]),
        ("scale:3 nudge = nudge = t1", ["11 t1: web-1 began to terminate"]),
        ("scale:3 nudge = scale:2 t1", ["10 t1: web-1 began to terminate"]),
        ("scale:3 t1 nudge =", ["7 t1: web-1 began to terminate"]),
        ("scale:3 nudge =0", f"inconclusive: event 12 (rv 10): {UNPROVEN}"),
        ("scale:3 nudge", f"inconclusive: event 12 (rv 10): {UNPROVEN}"),
        ("scale:3 =", f"inconclusive: event 12 (rv 10): {UNPROVEN}"),
        ("scale:3 update nudge =", f"inconclusive: event 12 (rv 10): {UNPROVEN}"),
        ("scale:3 scale:2 nudge = +2", ["10 +2: web-2 was created"]),
        ("scale:3 nudge = update +2", []),
        # A pod that a kubelet or a drain ended is made again, as it must be.
        ("scale:3 D1 t1 -1 +1 r1 nudge =", []),
        ("scale:3 F1 t1 -1 +1 r1 nudge =", []),
        ("D1 t1 scale:3 -1 +1 r1 nudge =", []),
        ("scale:3 F1 t1 -1 +1 r1 nudge = t0", ["14 t0: web-0 began to terminate"]),
        ("scale:3 t1 -1 +1 r1 nudge =", ["7 t1: web-1 began to terminate", "9 +1: web-1 was created"]),
        ("scale:3 +2", ["7 +2: web-2 was created"]),
        ("scale:3 +2 nudge =0 update nudge =", ["7 +2: web-2 was created"]),
        ("scale:3 nudge =0 update t1 nudge =", f"inconclusive: event 12 (rv 10): {UNPROVEN}"),
        ("nudge =", "inconclusive: the history holds no act: scale"),
        (
            "vain",
            "inconclusive: the history ends before any act: scale: 20 s in vain for what was to come; last seen: no change",
        ),
    ],
)
def test_stays_still(words, answer):
    assert judged(checks.stays_still, story(f"{LIFE} {words}", replicas=2), "scale") == answer


def test_what_the_test_itself_deletes_is_no_movement():
    history = story(f"{LIFE} delete:1 t1 nudge =", replicas=2)
    assert judged(checks.stays_still, history, "delete", "Pod/web-1") == []
    replaced = story(f"{LIFE} delete:1 t1 -1 +1 nudge =", replicas=2)
    assert judged(checks.stays_still, replaced, "delete", "Pod/web-1") == ["9 +1: web-1 was created"]


def test_what_the_test_does_before_the_controller_is_known_to_have_looked_may_move_pods():
    history = story(f"{LIFE} delete:1 t1 nudge confirm:1 -1 +1 =", replicas=2)
    assert judged(checks.stays_still, history, "delete", "Pod/web-1") == (f"inconclusive: event 12 (rv 10): {UNPROVEN}")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("delete:node F1 t1 -1 +1 r1 =", []),
        ("delete:node t1 -1 +1 r1 =", []),
        ("delete:node t1 -1 +1 r1 t0", ["11 t0: web-0 began to terminate although it was not on one, which was deleted"]),
        ("delete:node F1 t1 ct1 -1 +1", ["9 ct1: data-web-1 began to be deleted before web-1 was made again"]),
        ("delete:node F1 t1 -1 vain", "inconclusive: web-1 was not made again within 20 s, but nothing shows that "
         "the controller looked since event 15 (rv 13)"),
        (f"delete:node F1 t1 -1 {LOOKED}", ["11 =: web-1 was not made again within 20 s, although the controller looked at "
         "the StatefulSet since event 15 (rv 13)"]),
        ("delete:node vain", "inconclusive: event 12 (rv 10): web-1 was still there at the end"),
        ("vain", "inconclusive: the history ends before any deletion of a node: 20 s in vain for what was to come; "
         "last seen: no change"),
    ],
)  # fmt: skip
def test_returns_from_deleted_node(words, answer):
    history = edited(story(f"{LIFE} {words}", replicas=2), "Pod", "web-1", on_node_one)
    assert judged(checks.returns_from_deleted_node, history) == answer


def on_node_one(pod):
    """The first of the two pods of that name was on the node; the one that came after it is on none."""
    if pod["metadata"]["uid"] == "pod-2":
        pod["spec"]["nodeName"] = "one"


def test_a_deleted_node_without_pods_decides_nothing():
    history = story(f"{LIFE} delete:node =", replicas=2)
    assert judged(checks.returns_from_deleted_node, history) == (
        "inconclusive: event 12 (rv 10): no pod was on one when it was deleted"
    )


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("delete:0 t0 nudge = confirm:0 -0 +0 r0", []),
        ("delete:0 t0 nudge =", []),
        ("delete:0 t0 nudge = nudge = confirm:0 -0 +0 r0", []),
        ("delete:0 t0 nudge = nudge = -0 annotate +0", [f"12 -0: {TAKEN}"]),
        ("delete:0 t0 nudge = nudge = -0 +0 r0", [f"12 -0: {TAKEN}", "13 +0: web-0 was created"]),
        ("delete:0 t0 -0 nudge = +0", [f"8 -0: {TAKEN}", "11 +0: web-0 was created"]),
        ("delete:0 t0 -0 +0 nudge =", [f"8 -0: {TAKEN}", "9 +0: web-0 was created"]),
        ("delete:0 t0 confirm:0 -0 nudge =", f"inconclusive: event 12 (rv 10): {UNPROVEN}"),
        ("nudge =", "inconclusive: the history holds no act: delete Pod/web-0"),
    ],
)
def test_keeps_its_name(words, answer):
    assert judged(checks.keeps_its_name, story(f"{LIFE} {words}", replicas=2), "web-0") == answer


@pytest.mark.parametrize(
    ("words", "node", "answer"),
    [
        ("delete:0 t0 nudge = taint -0 +0 r0", "one", []),
        ("delete:0 t0 nudge = taint -0 +0 r0", "two", [f"11 -0: {TAKEN}", "12 +0: web-0 was created"]),
        ("delete:0 t0 nudge = taint", "two", []),
        ("delete:0 t0 nudge = delete:1 -0 +0 r0", "two", [f"11 -0: {TAKEN}", "12 +0: web-0 was created"]),
        ("delete:0 t0 nudge = scale:3 -0 +0 r0", "two", []),
    ],
)
def test_a_name_is_locked_whatever_is_done_to_others(words, node, answer):
    history = edited(
        story(f"{LIFE} {words}", replicas=2), "Pod", "web-0", lambda pod: pod["spec"].update(nodeName=node)
    )
    assert judged(checks.keeps_its_name, history, "web-0") == answer


DELETES = {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete", "whenScaled": "Delete"}}


@pytest.mark.parametrize(
    ("words", "specification", "answer"),
    [
        ("delete:node t1 -1 +1 r1 =", DELETES, []),
        ("delete:node t1 -1 ct1 +1 r1 =", DELETES, ["9 ct1: data-web-1 began to be deleted"]),
        ("delete:node t1 -1 +1 r1 =", {}, "inconclusive: the claims were not to go with the set and with scaling"),
        ("t1 -1 +1", DELETES, "inconclusive: the history holds no deletion of a node"),
    ],
)
def test_lost_node_keeps_claims(words, specification, answer):
    history = edited(story(f"{LIFE} {words}", replicas=2, **specification), "Pod", "web-1", on_node_one)
    assert judged(checks.lost_node_keeps_claims, history) == answer


AWAY = "delete:1 t1 nudge ="


@pytest.mark.parametrize(
    ("words", "node", "answer"),
    [
        (f"{AWAY} taint -1 +1 r1 =", "two", []),
        (f"{AWAY} taint -1 +1 r1 =", "one", ["12 +1: web-1 was put on one again, which was out of service"]),
        (f"{AWAY} taint -1 +1 r1 =", "",
         "inconclusive: event 17 (rv 13): web-1 was made again, and was put on no node until the end"),
        (f"{AWAY} taint ct1 -1 +1 r1 =", "two", ["11 ct1: data-web-1 began to be deleted before web-1 was made again"]),
        (f"{AWAY} taint vain", "two", "inconclusive: web-1 was not made again, but the old one is still there"),
        (f"{AWAY} taint -1 {LOOKED}", "two",
         ["13 =: web-1 was not made again within 20 s, although the controller looked at the StatefulSet "
          "since event 18 (rv 14)"]),
        (f"{AWAY} vain", "two", "inconclusive: the history ends before any node that was declared out of service: "
         "20 s in vain for what was to come; last seen: no change"),
        ("taint =", "two", "inconclusive: the history holds no deletion of web-1"),
    ],
)  # fmt: skip
def test_moved_with_claim(words, node, answer):
    def on_nodes(pod):
        pod["spec"]["nodeName"] = "one" if pod["metadata"]["uid"] == "pod-2" else node

    history = edited(story(f"{LIFE} {words}", replicas=2), "Pod", "web-1", on_nodes)
    assert judged(checks.moved_with_claim, history, "web-1") == answer
