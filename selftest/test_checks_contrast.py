"""The checks of the contrast hold on lawful histories of a ReplicaSet, and tell one that behaves like a StatefulSet.

Method: each history is written by hand in the notation of selftest/notation.py; a violation is given as "place word: message".
"""

import pytest

from conformance import checks
from selftest.notation import LOOKED, edited, judged, story

LOOKED_AGAIN = "within 20 s, although the controller looked at the ReplicaSet since"
ALL = "+aaaaa +bbbbb +ccccc"


def herd(words, **more):
    return story(words, kind="ReplicaSet", claims=False, **more)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (ALL, []),
        ("+99871", []),
        ("+0 +bbbbb", ["1 +0: web-0 is named by an ordinal"]),
        ("", "inconclusive: the workload has no pods"),
        ("+aaaaa gap", "inconclusive: event 5 (rv 3): the watch of Pod has a gap: 410 Gone"),
    ],
)
def test_names_are_random(words, answer):
    assert judged(checks.names_are_random, herd(words)) == answer


def test_names_tell_their_replicaset():
    other = edited(
        herd("+aaaaa"), "Pod", "web-aaaaa", lambda pod: pod["metadata"]["ownerReferences"][0].update(name="x")
    )
    assert judged(checks.names_are_random, other) == ["1 +aaaaa: web-aaaaa is not named after its ReplicaSet x"]
    orphan = edited(herd("+aaaaa"), "Pod", "web-aaaaa", lambda pod: pod["metadata"].pop("ownerReferences"))
    assert judged(checks.names_are_random, orphan) == ["1 +aaaaa: web-aaaaa is not controlled by a ReplicaSet"]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (ALL, []),
        (f"{ALL} raaaaa", []),
        (f"{ALL} raaaaa taaaaa +ddddd", []),
        ("+aaaaa raaaaa +bbbbb", ["3 +bbbbb: web-bbbbb was created only when web-aaaaa was Ready"]),
        ("+aaaaa vain", "inconclusive: 1 of 3 pods of web were created within 20 s, but nothing shows that the controller "
                        "looked since event 4 (rv 3)"),
        (f"+aaaaa {LOOKED}", [f"3 =: 1 of 3 pods of web were created {LOOKED_AGAIN} event 4 (rv 3)"]),
        (f"+aaaaa quota {LOOKED}",
         "inconclusive: 1 of 3 pods of web were created within 20 s, but the controller was refused: exceeded quota: pods"),
        (LOOKED, [f"2 =: 0 of 3 pods of web were created {LOOKED_AGAIN} event 3 (rv 2)"]),
    ],
)  # fmt: skip
def test_creates_all_at_once(words, answer):
    assert judged(checks.creates_all_at_once, herd(words), 3) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("delete:aaaaa taaaaa +ddddd -aaaaa", []),
        ("delete:aaaaa -aaaaa +aaaaa", ["6 +aaaaa: web-aaaaa came back under its own name"]),
        ("delete:aaaaa taaaaa vain", "inconclusive: no pod was created in place of web-aaaaa, but the old one is still there"),
        ("delete:aaaaa -aaaaa", "inconclusive: no pod was created in place of web-aaaaa, but nobody waited for it in vain"),
        (f"delete:aaaaa -aaaaa {LOOKED}",
         [f"7 =: no pod was created in place of web-aaaaa {LOOKED_AGAIN} event 8 (rv 6)"]),
        ("vain", "inconclusive: the history holds no deletion of a pod"),
    ],
)  # fmt: skip
def test_returns_renamed(words, answer):
    assert judged(checks.returns_renamed, herd(f"{ALL} {words}")) == answer


def test_a_set_in_its_place_keeps_the_name_and_the_order():
    history = story("+0 r0 +1 r1 +2 r2 delete:1 t1 -1 +1")
    assert judged(checks.names_are_random, history)[0] == "1 +0: web-0 is named by an ordinal"
    assert judged(checks.creates_all_at_once, history, 3)[0] == "3 +1: web-1 was created only when web-0 was Ready"
    assert judged(checks.returns_renamed, history) == ["10 +1: web-1 came back under its own name"]
