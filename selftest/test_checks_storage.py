"""The checks of storage and failure hold on lawful histories, name the event on bad ones, and say when evidence is thin.

Method: each history is written by hand in the notation of selftest/notation.py; claims are told apart by UID.
"""

import pytest

from conformance import checks
from selftest.notation import LOOKED, edited, judged, probed, story

CONTROLLER_LOOKED = "within 20 s, although the controller looked at the StatefulSet since"
IN_VAIN = "20 s in vain for what was to come; last seen: no change"
NOBODY_KNOWS = "within 20 s, but nothing shows that the controller looked since"
STAYED = "web-1 was not deleted although its phase was Failed"
TWO = "+0 r0 +1 r1 ="


def _mount(*claims):
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": claim}} for claim in claims]
    return lambda pod: pod["spec"].update(volumes=volumes)


def test_one_claim_each():
    history = story(TWO)
    assert judged(checks.one_claim_each, history) == []
    assert judged(checks.one_claim_each, edited(history, "Pod", "web-1", _mount("data-web-0"))) == [
        "3 +1: web-1 mounts data-web-0, but not data-web-1",
        "3 +1: data-web-0 is mounted by web-0 and by web-1",
    ]
    assert judged(checks.one_claim_each, edited(history, "Pod", "web-1", _mount("data-web-1", "data-web-1"))) == [
        "3 +1: web-1 mounts data-web-1, data-web-1, but not data-web-1 once"
    ]
    assert judged(checks.one_claim_each, history, ["data", "logs"]) == [
        "1 +0: web-0 mounts data-web-0, but not logs-web-0",
        "3 +1: web-1 mounts data-web-1, but not logs-web-1",
    ]
    assert judged(checks.one_claim_each, story("+0", claims=False)) == ["1 +0: web-0 mounts no claim"]
    late = edited(story("+0 c+0", claims=False), "Pod", "web-0", _mount("data-web-0"))
    assert judged(checks.one_claim_each, late) == ["1 +0: web-0 was created before its claim data-web-0"]
    named = edited(story("+x7k2p", kind="Deployment"), "Pod", "web-abc12-x7k2p", _mount("shared"))
    assert judged(checks.one_claim_each, named)[0] == (
        "1 +x7k2p: web-abc12-x7k2p has no ordinal, so no claim is its own"
    )
    assert (
        judged(checks.one_claim_each, story(""))
        == "inconclusive: web-0 was never created, but nobody waited for it in vain"
    )


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("delete:1 t1 -1 +1", []),
        ("cb1 delete:1 t1 -1 +1", []),
        ("fail:1:Failed F1 t1 -1 +1", []),
        ("delete:1 t1 ct1 -1 +1", ["8 ct1: data-web-1 began to be deleted before web-1 was made again"]),
        ("delete:1 t1 -1 c-1 +1", ["9 c-1: data-web-1 began to be deleted before web-1 was made again"]),
        ("delete:1 t1 -1 c-1", ["9 c-1: data-web-1 began to be deleted after web-1 was"]),
        ("cb1 delete:1 -1 +1 cb1@v2", ["10 cb1@v2: data-web-1 is bound to v2 and was bound to v1"]),
        ("delete:1 t1 vain", "inconclusive: web-1 was not made again, but the old one is still there"),
        ("delete:1 -1 vain", f"inconclusive: web-1 was not made again {NOBODY_KNOWS} event 13 (rv 11)"),
        (f"delete:1 -1 {LOOKED}", [f"9 =: web-1 was not made again {CONTROLLER_LOOKED} event 13 (rv 11)"]),
        ("vain", f"inconclusive: the history ends before any deletion of web-1: {IN_VAIN}"),
    ],
)
def test_claim_survives(words, answer):
    assert judged(checks.claim_survives, story(f"{TWO} {words}", replicas=2), "web-1") == answer


def test_claim_survives_only_under_its_name():
    history = story(f"{TWO} c+7 delete:1 -1 +1", replicas=2)
    renamed = edited(
        history, "Pod", "web-1", lambda pod: pod["metadata"]["uid"] == "pod-3" and _mount("data-web-7")(pod)
    )
    assert judged(checks.claim_survives, renamed, "web-1") == [
        "9 +1: web-1 was made again with data-web-7 in place of data-web-1"
    ]
    assert judged(checks.claim_survives, story("+0 +1 delete:1 -1 +1", claims=False), "web-1") == [
        "2 +1: web-1 mounts no claim"
    ]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("scale:1 t1 -1 = scale:2 +1", []),
        ("delete:set t1 -1 t0 -0 create:2 +0 +1", []),
        ("scale:1 t1 -1 c-1 = scale:2 +1", ["9 c-1: data-web-1 began to be deleted"]),
        ("delete:set -1 -0 ct0 create:2 +0", ["9 ct0: data-web-0 began to be deleted"]),
        (
            "scale:1 t1 -1 delete:claim:1 c-1 scale:2 +1",
            ["10 c-1: data-web-1 began to be deleted before web-1 was made again"],
        ),
        ("scale:1 t1 vain", f"inconclusive: the history ends before any pod that was made again: {IN_VAIN}"),
        (
            "scale:1 t1 -1 = vain",
            "inconclusive: web-1 was not made again, but the StatefulSet does not ask for it at the end",
        ),
        ("scale:1 t1 -1 = scale:2 vain", f"inconclusive: web-1 was not made again {NOBODY_KNOWS} event 18 (rv 15)"),
        (f"scale:1 t1 -1 = scale:2 {LOOKED}", [f"12 =: web-1 was not made again {CONTROLLER_LOOKED} event 18 (rv 15)"]),
    ],
)
def test_claims_survive(words, answer):
    assert judged(checks.claims_survive, story(f"{TWO} {words}", replicas=2)) == answer


def test_claims_that_never_were_do_not_survive():
    assert judged(checks.claims_survive, story("+0 r0 scale:0 -0 scale:1 +0", claims=False)) == [
        "1 +0: web-0 mounts no claim",
        "6 +0: web-0 mounts no claim",
    ]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("write:1:abc delete:1 -1 +1 read:1:abc", []),
        ("write:1:abc delete:1 -1 +1 read:1:", ["10 read:1:: web-1 read back '' where 'abc' had been written"]),
        (
            "write:1:abc write:1:def delete:1 -1 +1 read:1:abc",
            ["11 read:1:abc: web-1 read back 'abc', which web-1 had written, where 'def' had been written"],
        ),
        ("write:1:abc read:1:abc", "inconclusive: the history holds no read by a pod that was made again"),
        ("write:1: delete:1 -1 +1 read:1:", "inconclusive: the history holds no read by a pod that was made again"),
        ("write:1:abc delete:1 -1 vain", f"inconclusive: web-1 was not made again {NOBODY_KNOWS} event 14 (rv 11)"),
        (f"write:1:abc delete:1 -1 {LOOKED}", [f"10 =: web-1 was not made again {CONTROLLER_LOOKED} event 14 (rv 11)"]),
    ],
)
def test_bytes_survive(words, answer):
    assert judged(checks.bytes_survive, story(f"{TWO} {words}", replicas=2)) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("fail:1:Failed F1 t1 -1 +1", []),
        ("fail:1:Failed F1 -1 +1", []),
        ("fail:1:Failed F1 -1 c-1 +1", ["9 c-1: data-web-1 began to be deleted before web-1 was made again"]),
        ("fail:1:Failed t1 F1 -1 +1", "inconclusive: web-1 was on its way out before its phase was Failed"),
        ("fail:1:Failed t1 -1 +1", "inconclusive: event 12 (rv 10): Pod/web-1 never showed the phase Failed"),
        (
            "fail:1:Failed F1 u0 vain",
            f"inconclusive: {STAYED}, but its predecessor web-0 is not Ready at the end",
        ),
        (
            "fail:1:Failed F1 vain",
            f"inconclusive: {STAYED} {NOBODY_KNOWS} event 13 (rv 11)",
        ),
        (
            f"fail:1:Failed F1 {LOOKED}",
            [f"9 =: {STAYED} {CONTROLLER_LOOKED} event 13 (rv 11)"],
        ),
        ("fail:1:Failed F1 t1 vain", "inconclusive: web-1 was not made again, but the old one is still there"),
        (f"fail:1:Failed F1 -1 {LOOKED}", [f"10 =: web-1 was not made again {CONTROLLER_LOOKED} event 14 (rv 12)"]),
        ("fail:1:Succeeded S1 -1 +1", "inconclusive: the history holds no pod whose phase was made Failed"),
    ],
)
def test_replaced_with_claim(words, answer):
    assert judged(checks.replaced_with_claim, story(f"{TWO} {words}", replicas=2), "Failed") == answer


def test_two_claims_never_share_a_volume():
    history = story("+0 cb0@v1 +1 cb1@v1", replicas=2)
    assert judged(checks.one_claim_each, history) == ["4 cb1@v1: data-web-1 is bound to v1, as data-web-0 is"]
    assert judged(checks.one_claim_each, story("+0 cb0@v1 +1 cb1@v2", replicas=2)) == []


def test_bytes_of_a_neighbour_are_told_from_ones_own():
    words = f"{TWO} write:0:abc write:1:def delete:0 t0 -0 +0 r0 read:0:def read:1:def"
    assert judged(checks.bytes_survive, story(words, replicas=2)) == [
        "13 read:0:def: web-0 read back 'def', which web-1 had written, where 'abc' had been written"
    ]


def test_trouble_in_reading_is_no_lost_byte():
    history = probed(story(f"{TWO} write:1:abc delete:1 -1 +1 read:1:", replicas=2), "read", answer=None, trouble="137")
    assert judged(checks.bytes_survive, history).endswith("Pod/web-1 could not be read: 137")


def test_all_that_was_there_must_be_made_again():
    words = f"{TWO} delete:set t1 -1 t0 -0 create:2 +0 r0 = {LOOKED}"
    (violation,) = judged(checks.claims_survive, story(words, replicas=2))
    assert "web-1 was not made again" in violation


def test_a_succeeded_pod_is_replaced():
    history = story(f"{TWO} fail:1:Succeeded S1 -1 +1", replicas=2)
    assert judged(checks.replaced_with_claim, history, "Succeeded") == []
