"""The checks of evictions and of other early ends hold, name the event at which a promise broke, and say when evidence is thin.

Method: each history is written by hand in the notation of selftest/notation.py.
"""

import pytest

from conformance import checks
from selftest.notation import LOOKED, edited, judged, story

LOOKED_AT = "within 20 s, although the controller looked at the StatefulSet since"
IN_VAIN = "20 s in vain for what was to come; last seen: no change"
NOBODY_KNOWS = "within 20 s, but nothing shows that the controller looked since"
UNPROVEN = "nothing shows that web-1 lived, and the controller looked, while it terminated"
NOT_FORCED = "the end of web-1 was confirmed, so nothing shows that force alone frees its name"
TWO = "+0 r0 +1 r1 ="
THREE = "+0 r0 +1 r1 +2 r2 ="
EVICTED = "~evict:{0}:201 t{0} -{0} +{0}"
TURN = "budget:1 ~evict:{0}:201 t{0} -{0} budget:0 +{0} evict:{1}:429 r{0}"
DRAIN = " ".join(TURN.format(*pair) for pair in ((0, 1), (1, 2), (2, 0)))


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("budget:0 evict:1:429 nudge =", []),
        ("budget:0 evict:1:429 delete:1 t1", []),
        (
            "budget:0 ~evict:1:201 t1",
            ["7 ~evict:1:201: the eviction of web-1 was granted although the budget allowed none"],
        ),
        ("budget:0 evict:1:429 t1", ["8 t1: web-1 began to terminate although its eviction had been refused"]),
        ("budget:0 evict:1:500", "inconclusive: event 15 (rv 11): the eviction of web-1 was answered with 500: None"),
        ("budget:1 ~evict:1:201 t1", "inconclusive: the history holds no eviction that a budget did not allow"),
        (
            "budget:0 ~evict:1:201 budget:1 t1",
            "inconclusive: the history holds no eviction that a budget did not allow",
        ),
        ("budget:0 u1 ~evict:1:201 t1", "inconclusive: the history holds no eviction that a budget did not allow"),
        ("evict:1:429", "inconclusive: the history holds no eviction that a budget did not allow"),
        (
            "budget:0 vain",
            (
                "inconclusive: the history ends before any eviction that a budget did not allow: 20 s in "
                "vain for what was to come; last seen: no change"
            ),
        ),
    ],
)
def test_evictions_refused(words, answer):
    assert judged(checks.evictions_refused, story(f"{TWO} {words}", replicas=2)) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (EVICTED.format(1), []),
        ("evict:1:429", "inconclusive: the history holds no eviction that was granted"),
        (
            "evict:1:201 nudge =",
            ["6 evict:1:201: the eviction of web-1 was granted, but it did not begin to terminate"],
        ),
        (
            "~evict:1:201 t1 -1 vain",
            f"inconclusive: web-1 was not made again {NOBODY_KNOWS} event 15 (rv 12)",
        ),
        (
            f"~evict:1:201 t1 -1 {LOOKED}",
            [f"10 =: web-1 was not made again {LOOKED_AT} event 15 (rv 12)"],
        ),
        ("~evict:1:201 t1 -1 c-1 +1", ["9 c-1: data-web-1 began to be deleted before web-1 was made again"]),
    ],
)
def test_evicted_pods_return(words, answer):
    assert judged(checks.evicted_pods_return, story(f"{TWO} {words}", replicas=2)) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (DRAIN, []),
        (f"{DRAIN} = delete:set t2 t1 t0", []),
        (TURN.format(0, 1), "inconclusive: the history holds no web-1 that was evicted and made again"),
        (DRAIN.replace("429", "500"), "inconclusive: the history holds no eviction that would have left too few"),
        ("budget:1 ~evict:0:201 t0 -0 +0 ~evict:1:201 t1", ["14 t1: only 1 pods were Ready when web-1 was evicted"]),
        ("budget:1 ~evict:0:201 t0 u1", "inconclusive: event 20 (rv 16): web-1, which was not evicted, was not Ready"),
        ("evict:0:429", "inconclusive: the history holds no eviction under a budget"),
    ],
)
def test_quorum_kept(words, answer):
    assert judged(checks.quorum_kept, story(f"{THREE} {words}"), 2) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("budget:0 evict:1:429 update = t1 -1 +1 r1 t0 -0 +0 r0", []),
        (
            "budget:0 evict:1:429 update = t0 -0 +0",
            ["10 t0: web-0 began to terminate while web-1 was not at the new revision"],
        ),
        (
            "budget:0 evict:1:429 update = t1 -1 budget:1 +1 r1 t0 -0 +0",
            "inconclusive: event 22 (rv 17): the budget budget did not forbid all evictions",
        ),
        (
            f"budget:0 evict:1:429 update = {LOOKED}",
            [f"11 =: web-1 was not replaced by one at the new revision web-r2 {LOOKED_AT} event 19 (rv 14)"],
        ),
        (
            "budget:0 update = t1 -1 +1 r1 t0 -0 +0 r0 evict:1:429",
            "inconclusive: the history holds no eviction that was refused before the update",
        ),
        ("budget:0 evict:1:429", "inconclusive: the history holds no changed template"),
    ],
)
def test_update_asks_no_budget(words, answer):
    assert judged(checks.update_asks_no_budget, story(f"{TWO} {words}", replicas=2)) == answer


FAILURE = "fail:1:Failed F1 t1 -1 +1 r1"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"{FAILURE} {FAILURE} nudge =", []),
        (f"{FAILURE} {FAILURE} nudge = t1", []),
        (f"{FAILURE} nudge =", "inconclusive: the history holds no second failure of web-1"),
        (
            f"{FAILURE} {FAILURE}",
            "inconclusive: event 18 (rv 15): nothing shows that the controller looked since the last failure",
        ),
        (
            f"{FAILURE} {FAILURE} t1 -1 +1 r1 nudge =",
            "inconclusive: event 24 (rv 21): web-1 may have been deleted in place of the one before it, which had failed",
        ),
        (
            " ".join([f"{FAILURE} t1 -1 +1 r1"] * 3) + " nudge =",
            [f"{number} t1: web-1 began to terminate although it had not failed" for number in (12, 22, 32)],
        ),
        (
            f"{FAILURE} t0 -0 +0 r0 {FAILURE} nudge =",
            [
                "12 t0: web-0 began to terminate although it had not failed",
                "14 +0: web-0 was created although only web-1 had failed",
            ],
        ),
        (
            f"{FAILURE} fail:1:Failed F1 t1 -1 {LOOKED}",
            [f"17 =: web-1 was not made again {LOOKED_AT} event 21 (rv 18)"],
        ),
        (
            f"{FAILURE} fail:1:Failed F1 {LOOKED}",
            [f"15 =: web-1 was not deleted although it had failed {LOOKED_AT} event 19 (rv 16)"],
        ),
        (
            f"{FAILURE} fail:1:Failed {LOOKED}",
            "inconclusive: event 18 (rv 15): Pod/web-1 never showed the phase Failed",
        ),
    ],
)
def test_made_again_once_for_each_failure(words, answer):
    assert judged(checks.made_again_once_for_each_failure, story(f"{TWO} {words}", replicas=2), "web-1") == answer


def test_a_pod_with_a_node_that_goes_behind_a_failure_was_meant():
    told = story(f"{TWO} {FAILURE} {FAILURE} t1 -1 +1 r1 nudge =", replicas=2)
    placed = edited(told, "Pod", "web-1", lambda pod: pod["spec"].update(nodeName="node-1"))
    found = judged(checks.made_again_once_for_each_failure, placed, "web-1")
    assert found == ["18 t1: web-1 began to terminate although it had not failed"]


def on_node(pod):
    pod["spec"]["nodeName"] = "one"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("force:1 t1 -1 +1", []),
        ("force:1 -1 +1", []),
        (
            "force:1 t1 confirm:1 -1 +1",
            f"inconclusive: event 12 (rv 10): {NOT_FORCED}",
        ),
        (
            "force:1 S1 t1 -1 +1",
            f"inconclusive: event 12 (rv 10): {NOT_FORCED}",
        ),
        (f"force:1 {LOOKED}", "inconclusive: event 12 (rv 10): web-1 was still there at the end"),
        (
            f"force:1 -1 {LOOKED}",
            [f"9 =: web-1 was not made again {LOOKED_AT} event 13 (rv 11)"],
        ),
        ("delete:1 t1 -1 +1", "inconclusive: the history holds no deletion of web-1 by force"),
    ],
)
def test_force_frees_the_name(words, answer):
    history = edited(story(f"{TWO} {words}", replicas=2), "Pod", "web-1", on_node)
    assert judged(checks.force_frees_the_name, history, "web-1") == answer


def test_a_forced_pod_that_was_on_no_node_proves_nothing():
    assert judged(checks.force_frees_the_name, story(f"{TWO} force:1 -1 +1", replicas=2), "web-1") == (
        "inconclusive: event 12 (rv 10): web-1 was on no node, so nobody had to confirm its end"
    )


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("delete:1 t1 nudge = hostname:1:web-1 S1 -1 +1", []),
        (
            "delete:1 t1 nudge = hostname:1:web-1 -1 +1",
            ["11 -1: web-1 was gone although its container web had not ended"],
        ),
        ("delete:1 t1 nudge = hostname:1:web-1 +1", ["11 +1: web-1 was made again before the old one was gone"]),
        (
            "delete:1 t1 nudge = S1 -1 +1",
            f"inconclusive: event 18 (rv 15): {UNPROVEN}",
        ),
        (
            "delete:1 t1 hostname:1:web-1 S1 -1 +1",
            f"inconclusive: event 16 (rv 13): {UNPROVEN}",
        ),
        (
            "delete:1 t1 nudge hostname:1:web-1 S1 -1 =",
            f"inconclusive: event 18 (rv 14): {UNPROVEN}",
        ),
        (
            "delete:1 t1 nudge = hostname:1:web-1 vain",
            f"inconclusive: the history ends before any end of web-1: {IN_VAIN}",
        ),
        ("force:1 -1 +1", "inconclusive: the history holds no deletion of web-1"),
    ],
)
def test_gone_when_ended(words, answer):
    assert judged(checks.gone_when_ended, story(f"{TWO} {words}", replicas=2), "web-1") == answer


def tolerant(*taints, seconds=300):
    """Edit a pod to tolerate these taints."""
    tolerations = [{"key": taint, "effect": "NoExecute", "tolerationSeconds": seconds} for taint in taints]
    return lambda pod: pod["spec"].update(tolerations=tolerations)


BOTH = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


@pytest.mark.parametrize(
    ("edit", "answer"),
    [
        (tolerant(*BOTH), []),
        (
            tolerant(*BOTH[:1]),
            ["1 +0: web-0 was created without a toleration of node.kubernetes.io/unreachable for 300 s"],
        ),
        (
            tolerant(*BOTH, seconds=30),
            [
                "1 +0: web-0 was created without a toleration of node.kubernetes.io/not-ready for 300 s",
                "1 +0: web-0 was created without a toleration of node.kubernetes.io/unreachable for 300 s",
            ],
        ),
    ],
)
def test_tolerate_lost_nodes(edit, answer):
    assert judged(checks.tolerate_lost_nodes, edited(story("+0", replicas=1), "Pod", "web-0", edit), 300) == answer


def test_the_test_itself_may_give_a_pod_no_time():
    def hasty(pod):
        on_node(pod)
        pod["metadata"]["deletionGracePeriodSeconds"] = 0
        pod["spec"]["terminationGracePeriodSeconds"] = 1

    forced = edited(story(f"{TWO} force:1 t1 -1 +1", replicas=2), "Pod", "web-1", hasty)
    assert judged(checks.terminations_are_graceful, forced) == []
    hurried = edited(story(f"{TWO} delete:1 t1 -1 +1", replicas=2), "Pod", "web-1", hasty)
    assert judged(checks.terminations_are_graceful, hurried) == [
        "7 t1: web-1 was given 0 s to end, and its specification says 1 s"
    ]
