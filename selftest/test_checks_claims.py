"""Claims: made as their templates say, of the default class, made again, and taken as they are.

Method: each check is asked of a lawful history, of each way to break the promise, and of each way to know too little.
"""

import pytest

from conformance import checks
from conformance.checks.claims import use_of_existing_claim
from conformance.history import Inconclusive
from selftest.notation import edited, judged, probed, story

LOOKED_SINCE = "within 20 s, although the controller looked at the StatefulSet since"
LOST = "+0 r0 c+1 +1"
ASKED = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "16Mi"}}}
TEMPLATE = {"metadata": {"name": "data", "labels": {"kept": "yes"}, "annotations": {"told": "also"}}, "spec": ASKED}


def classed(words):
    """The story, in which the claim of web-1 is of the class `fast`."""

    def of_a_class(claim):
        claim["spec"]["storageClassName"] = "fast"

    return edited(story(words, replicas=2), "PersistentVolumeClaim", "data-web-1", of_a_class)


def made(labels=None, annotations=None, **change):
    """One claim, made by a set whose template asks for ASKED and says both, with a label and an annotation of its own."""

    def make(claim):
        claim["metadata"] |= {"labels": labels or {}, "annotations": annotations or {}}
        claim["spec"] = ASKED | change

    return edited(story("+0", volumeClaimTemplates=[TEMPLATE]), "PersistentVolumeClaim", "data-web-0", make)


def mounting(*volumes, own=({"name": "data", "emptyDir": {}}, {"name": "own", "emptyDir": {}})):
    """One pod that mounts these volumes, made by a template that has volumes of its own."""

    def mount(pod):
        pod["spec"]["volumes"] = list(volumes)

    return edited(story("+0", template={"spec": {"volumes": list(own)}}), "Pod", "web-0", mount)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("+0 r0 default-class:fast,slow +1 default-class:fast,slow", []),
        (
            "+0 r0 default-class:slow +1 default-class:slow",
            ["4 +1: data-web-1 is of the class fast, and the default is slow"],
        ),
        (
            "+0 r0 default-class: +1 default-class:",
            "inconclusive: the cluster has no default StorageClass, or it was changed meanwhile",
        ),
        (
            "+0 r0 default-class:fast +1 default-class:slow",
            "inconclusive: the cluster has no default StorageClass, or it was changed meanwhile",
        ),
        (
            "+0 r0 default-class:fast +1",
            "inconclusive: the history holds no two questions for the default StorageClass",
        ),
        (
            "+0 r0 default-class:fast default-class:fast",
            "inconclusive: web-1 was never created, but nobody waited for it in vain",
        ),
    ],
)
def test_a_claim_is_of_the_default_class(words, answer):
    assert judged(checks.class_is_default, classed(words)) == answer


def test_a_default_class_that_could_not_be_asked_for_decides_nothing():
    history = probed(
        classed("+0 r0 default-class:fast +1 default-class:fast"), "default-class", answers=None, trouble="lost"
    )
    assert judged(checks.class_is_default, history) == (
        "inconclusive: event 8 (rv 6): the default StorageClass could not be asked for: lost"
    )


def test_a_class_that_the_template_names_is_not_the_default():
    named = story(
        "+0 r0 default-class:fast +1 default-class:fast vain",
        replicas=2,
        volumeClaimTemplates=[{"metadata": {"name": "data"}, "spec": {"storageClassName": "slow"}}],
    )
    assert isinstance(judged(checks.class_is_default, named), str)


def test_claims_are_made_as_their_templates_say():
    labels, annotations = {"kept": "yes", "app": "web"}, {"told": "also"}
    assert judged(checks.made_as_templates_say, made(labels, annotations)) == []
    assert judged(checks.made_as_templates_say, made({"kept": "no"}, annotations)) == [
        "1 +0: data-web-0 has not the labels of its template: kept"
    ]
    assert judged(checks.made_as_templates_say, made(labels)) == [
        "1 +0: data-web-0 has not the annotations of its template: told"
    ]
    assert judged(checks.made_as_templates_say, made(labels, annotations, accessModes=["ReadOnlyMany"])) == [
        "1 +0: data-web-0 asks for accessModes ['ReadOnlyMany'], its template for ['ReadWriteOnce']"
    ]


def test_templates_that_say_nothing_prove_nothing():
    assert judged(checks.made_as_templates_say, story("+0 +1 +2 r0")) == (
        "inconclusive: the history holds no claim whose template has a label and an annotation"
    )
    others = story("make:claim:0 +0 +1 +2", volumeClaimTemplates=[TEMPLATE])
    assert "data-web-0" not in str(judged(checks.made_as_templates_say, others))


CLAIMED = {"name": "data", "persistentVolumeClaim": {"claimName": "data-web-0"}}
OWN = {"name": "own", "emptyDir": {}}


@pytest.mark.parametrize(
    ("volumes", "answer"),
    [
        ([CLAIMED, OWN], []),
        ([OWN, CLAIMED, {"name": "injected", "emptyDir": {}}], []),
        (
            [{"name": "data", "emptyDir": {}}, OWN],
            ["1 +0: the volume data of web-0 is not the claim of the template data"],
        ),
        ([CLAIMED], ["1 +0: web-0 has not the volume own of its template"]),
        (
            [CLAIMED | {"persistentVolumeClaim": {"claimName": "data-web-1"}}, OWN],
            ["1 +0: the volume data of web-0 is not the claim of the template data"],
        ),
    ],
)
def test_a_template_overrides_a_volume(volumes, answer):
    assert judged(checks.templates_override_volumes, mounting(*volumes)) == answer


def test_a_pod_template_without_such_a_volume_proves_nothing():
    history = story("+0 +1 +2")
    assert judged(checks.templates_override_volumes, history) == (
        "inconclusive: the history holds no volume of the pod template that has a claim template's name"
    )


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"{LOST} delete:claim:1 ct1 c-1 nudge c+1 = r1", []),
        (
            f"{LOST} delete:claim:1 ct1 c-1 nudge = vain",
            [f"9 =: data-web-1 was not made again for web-1 {LOOKED_SINCE} event 12 (rv 10)"],
        ),
        (
            f"{LOST} delete:claim:1 ct1 c-1 u0 nudge = vain",
            "inconclusive: data-web-1 was not made again for web-1, but its predecessor web-0 is not Ready at the end",
        ),
        (
            f"{LOST} delete:claim:1 ct1 c-1 nudge =",
            "inconclusive: data-web-1 was not made again for web-1, but nobody waited for it in vain",
        ),
        (
            f"{LOST} delete:claim:1 ct1 c-1 t1 -1 +1",
            ["8 t1: web-1 began to terminate before data-web-1, which it lacked, was made again"],
        ),
        (
            f"{LOST} r1 delete:claim:1 ct1 c-1 nudge c+1",
            "inconclusive: event 13 (rv 11): no pod was Pending when data-web-1 was gone",
        ),
        (
            f"{LOST} delete:claim:1 ct1 c-1 r1 c+1",
            "inconclusive: event 13 (rv 11): web-1 was no longer Pending before data-web-1 was made again",
        ),
        (
            f"{LOST} delete:claim:1 ct1",
            "inconclusive: event 10 (rv 8): the claim that was deleted was not gone at the end",
        ),
        (LOST, "inconclusive: the history holds no claim that was deleted"),
    ],
)
def test_a_claim_that_is_missing_is_made_again(words, answer):
    assert judged(checks.missing_claim_returns, story(words, replicas=2)) == answer


def test_what_becomes_of_a_claim_that_is_there_already_is_told():
    def asks(claim):
        claim["spec"] |= {"resources": {"requests": {"storage": "32Mi"}}}

    def told(words):
        one = story(words, replicas=2, volumeClaimTemplates=[{"metadata": {"name": "data"}, "spec": ASKED}])
        return use_of_existing_claim(edited(one, "PersistentVolumeClaim", "data-web-1", asks))

    assert told("+0 r0 make:claim:1 +1 r1") == (
        "A claim of 32Mi that was there already is used as it is, where the template asks for 16Mi."
    )
    assert told("+0 r0 make:claim:1 +1 cb1") == (
        "A claim of 32Mi that was there already is used with changes, where the template asks for 16Mi."
    )
    assert told("+0 r0 make:claim:1 +1 ct1") == "A claim that was there already was deleted or replaced: data-web-1."
    with pytest.raises(Inconclusive, match="no pod mounts"):
        told("+0 r0 make:claim:1")


GROWN = "+0 r0 expand:0:2Gi delete:0 t0 -0 +0 r0"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"{GROWN} cs0:2Gi", []),
        (f"{GROWN} cs0:3000M", []),
        (f"{GROWN} cs0:1Gi vain", ["10 vain: data-web-0 was never as large as 2Gi"]),
        (f"{GROWN}", "inconclusive: data-web-0 has not the capacity asked for, but nobody waited for it in vain"),
        (f"{GROWN} cs0:2Gi expand:0:1Gi", ["10 expand:0:1Gi: data-web-0 asked for less again: 1Gi"]),
        (f"{GROWN} cs0:two", "inconclusive: two is no quantity that this check can read"),
        (
            "+0 r0 expand:0:2Gi cs0:2Gi delete:0 t0 -0 ct0 c-0 +0",
            ["8 ct0: data-web-0 began to be deleted before web-0 was made again"],
        ),
        (
            "+0 r0 expand:0:2Gi cs0:2Gi",
            "inconclusive: event 8 (rv 6): the pod that mounts data-web-0 was not made again since",
        ),
        ("+0 r0", "inconclusive: the history holds no expansion of a claim"),
    ],
)
def test_an_expansion_survives_the_pod(words, answer):
    assert judged(checks.expansion_survives, story(words, replicas=1)) == answer


def test_an_expansion_that_is_refused_is_none():
    refused = probed(story(GROWN, replicas=1), "expansion", code=403, message="may not grow")
    assert judged(checks.expansion_survives, refused) == [
        "3 expand:0:2Gi: the expansion of data-web-0 was refused: may not grow"
    ]
    for code, message in ((403, 'User "x" cannot patch resource "persistentvolumeclaims"'), (409, "try again")):
        undecided = probed(story(GROWN, replicas=1), "expansion", code=code, message=message)
        assert judged(checks.expansion_survives, undecided).endswith(
            f"whether data-web-0 may grow was not decided: {message}"
        )
    lost = probed(story(GROWN, replicas=1), "expansion", code=None, trouble="lost")
    assert judged(checks.expansion_survives, lost).endswith("nothing shows what became of the expansion")
