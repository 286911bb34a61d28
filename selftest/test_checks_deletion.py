"""Deletion of the set: in the foreground, in the background, and without its pods, which a set made again takes over.

Method: each check is asked of a lawful history, of each way to break the promise, and of each way to know too little.
"""

import pytest

from conformance import checks
from conformance.history import Event, History
from selftest.notation import judged, story

POLICY = "persistentVolumeClaimRetentionPolicy"
DELETE = {POLICY: {"whenDeleted": "Delete", "whenScaled": "Delete"}}
READY = "+0 r0 +1 r1 ="
OWNED = "+0 o0:set r0 +1 o1:set r1 = nudge ="
ORPHANED = f"{OWNED} delete:set:Orphan o0:none o1:none a0:none a1:none gone:set create:2"


def deleting(words):
    """The story of two pods under a policy that deletes claims, with the set and with scaling."""
    return story(words, replicas=2, **DELETE)


def retaining(words):
    """The story of two pods under the default policy."""
    return story(words, replicas=2)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"{ORPHANED} a0:set a1:set = nudge =", []),
        (f"{ORPHANED} a0:set = nudge =", []),
        (
            f"{ORPHANED} a0:set a1:set =",
            "inconclusive: event 17 (rv 14): nothing shows that the controller looked at the set that was made again",
        ),
        (f"{ORPHANED} a0:set a1:set t1 -1 +1 = nudge =", []),
        (f"{ORPHANED} a0:set a1:set ct1 = nudge =", ["19 ct1: data-web-1 began to be deleted"]),
        (
            f"{ORPHANED} a0:set a1:set ct1 c-1 c+1 = nudge =",
            ["19 ct1: data-web-1 began to be deleted", "21 c+1: data-web-1 was created anew"],
        ),
        (
            f"{OWNED} delete:set:Orphan o0:none o1:none a0:none a1:none gone:set",
            "inconclusive: event 17 (rv 14): no set was made again under the name",
        ),
        (
            f"{OWNED} delete:set t0 t1 -0 -1 ct0 c-0",
            "inconclusive: the history holds no deletion of the set without its pods",
        ),
        ("delete:set:Orphan gone:set", "inconclusive: event 5 (rv 3): the set had no pods when it was deleted"),
    ],
)
def test_orphans_keep_their_claims(words, answer):
    assert judged(checks.orphans_keep_claims, deleting(words)) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"{ORPHANED} a0:set a1:set = nudge =", []),
        (f"{ORPHANED} a0:set = nudge =", ["20 =: web-1 was not taken over by the web that was made again"]),
        (
            f"{ORPHANED} a0:set a1:set =",
            "inconclusive: event 17 (rv 14): nothing shows that the controller looked at the set that was made again",
        ),
        (
            f"{ORPHANED} a0:set a1:set t1 -1 +1 = nudge =",
            ["19 t1: web-1 began to terminate", "21 +1: web-1 was created"],
        ),
        (f"{ORPHANED} a0:set a1:set ct1 = nudge =", []),
        (f"{ORPHANED} a0:set a1:set ct1 c-1 c+1 = nudge =", []),
        (
            f"{OWNED} delete:set:Orphan o0:none o1:none a0:none a1:none gone:set",
            "inconclusive: event 17 (rv 14): no set was made again under the name",
        ),
        (
            f"{OWNED} delete:set t0 t1 -0 -1 ct0 c-0",
            "inconclusive: the history holds no deletion of the set without its pods",
        ),
        ("delete:set:Orphan gone:set", "inconclusive: event 5 (rv 3): the set had no pods when it was deleted"),
    ],
)
def test_orphans_are_adopted(words, answer):
    assert judged(checks.orphans_adopted, deleting(words)) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"{READY} delete:set:Foreground t1 t0 -1 -0 gone:set", []),
        (f"{READY} delete:set:Foreground t1 t0 -1 gone:set -0", ["10 gone:set: web was gone while web-0 was there"]),
        (f"{READY} delete:set:Foreground t1 t0 -1 -0", "inconclusive: event 12 (rv 10): web was not gone at the end"),
        (
            f"{READY} delete:set:Foreground gone:set",
            ["7 gone:set: web was gone while web-0 was there", "7 gone:set: web was gone while web-1 was there"],
        ),
        (f"{READY} delete:set t1 t0 -1 -0", "inconclusive: the history holds no deletion of the set: Foreground"),
    ],
)
def test_in_the_foreground_the_pods_go_first(words, answer):
    assert judged(checks.deleted_with_pods, retaining(words), "Foreground") == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"{READY} delete:set t1 t0 -1 -0", []),
        (f"{READY} delete:set t1 t0 -1", "inconclusive: event 12 (rv 10): web-0 was still there at the end"),
        (
            f"{READY} delete:set:Foreground t1 t0 -1 -0",
            "inconclusive: the history holds no deletion of the set: Background",
        ),
        (READY, "inconclusive: the history holds no deletion of the set: Background"),
    ],
)
def test_in_the_background_the_set_goes_first(words, answer):
    assert judged(checks.deleted_with_pods, retaining(words), "Background") == answer


def test_pods_that_go_before_a_set_that_is_deleted_in_the_background_go_too_early():
    told = retaining(f"{READY} delete:set:Foreground t1 t0 -1 -0 gone:set")
    log = [
        Event(
            e.type, e.kind, e.rv, {**e.object, "propagation": "Background"} if e.kind == "delete" else e.object, e.time
        )
        for e in told.log
    ]
    assert judged(checks.deleted_with_pods, History.of(told.header, log), "Background") == [
        "7 t1: web-1 began to terminate before web was gone",
        "8 t0: web-0 began to terminate before web was gone",
    ]
