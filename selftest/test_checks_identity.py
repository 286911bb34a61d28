"""The checks of identity hold on lawful histories, name the event on bad ones, and say when the evidence is thin.

Method: each history is written by hand in the notation of selftest/notation.py; where a field is wrong, it is edited.
"""

import copy

import pytest

from conformance import checks
from conformance.history import POD_INDEX_LABEL, POD_NAME_LABEL, PROBE, REVISION_LABEL, Event, History
from selftest.notation import LOOKED, edited, judged, story

CONTROLLER_LOOKED = "within 20 s, although the controller looked at the StatefulSet since"
IN_VAIN = "20 s in vain for what was to come; last seen: no change"
NOBODY_KNOWS = "within 20 s, but nothing shows that the controller looked since"
ALL = "+0 r0 +1 r1 +2 r2"


@pytest.mark.parametrize(
    ("words", "options", "answer"),
    [
        (ALL, {}, []),
        ("+5 +6 +7", {"ordinals": {"start": 5}}, []),
        ("+0 +1 +2 +3", {}, ["4 +3: web-3 is none of web-0 to web-2"]),
        ("+x7k2p", {}, ["1 +x7k2p: web-x7k2p is not named by an ordinal"]),
        ("+00007", {}, ["1 +00007: web-00007 is not named by an ordinal"]),
        ("+x7k2p", {"kind": "Deployment"}, ["1 +x7k2p: web-abc12-x7k2p is not named by an ordinal"]),
        ("+24567", {"kind": "Deployment", "claims": False}, ["1 +24567: web-24567 is none of web-0 to web-2"]),
        ("+0 r0 +1 r1 vain", {}, f"inconclusive: web-2 was never created {NOBODY_KNOWS} event 10 (rv 9)"),
        (f"+0 r0 +1 r1 {LOOKED}", {}, [f"6 =: web-2 was never created {CONTROLLER_LOOKED} event 10 (rv 9)"]),
    ],
)
def test_names_are_ordinals(words, options, answer):
    assert judged(checks.names_are_ordinals, story(words, **options), 3) == answer


def test_hostnames_are_names():
    asked = story(f"{ALL} hostname:0:web-0 hostname:1:web-1 hostname:2:web-2")
    assert judged(checks.hostnames_are_names, asked) == []
    some = story(f"{ALL} hostname:0:web-0 hostname:1:web-1")
    assert judged(checks.hostnames_are_names, some) == (
        "inconclusive: the history holds no answer to what each pod's hostname is"
    )
    assert judged(checks.hostnames_are_names, story(ALL, tier="control-plane")) == []
    wrong = edited(asked, "Pod", "web-1", lambda pod: pod["spec"].update(hostname="other", subdomain="elsewhere"))
    assert judged(checks.hostnames_are_names, wrong) == [
        "3 +1: the hostname of web-1 is 'other', not its name",
        "3 +1: the subdomain of web-1 is 'elsewhere', not 'web'",
    ]
    assert judged(checks.hostnames_are_names, story("+0 hostname:0:localhost")) == [
        "2 hostname:0:localhost: inside web-0 the hostname is 'localhost', not its name"
    ]
    assert judged(checks.hostnames_are_names, story("+x7k2p", kind="Deployment")) == [
        "1 +x7k2p: the hostname of web-abc12-x7k2p is '', not its name"
    ]
    assert judged(checks.hostnames_are_names, story(ALL)) == (
        "inconclusive: the history holds no answer to what each pod's hostname is"
    )


@pytest.mark.parametrize(
    ("check", "label", "wrong"),
    [
        (checks.labelled_with_name, POD_NAME_LABEL, f"web-1 was created with the label {POD_NAME_LABEL}=other"),
        (checks.labelled_with_ordinal, POD_INDEX_LABEL, f"web-1 was created with the label {POD_INDEX_LABEL}=other"),
        (
            checks.labelled_with_revision,
            REVISION_LABEL,
            "web-1 was created with the revision other, which the StatefulSet does not control",
        ),
    ],
)
def test_labels(check, label, wrong):
    history = story(ALL)
    assert judged(check, history) == []
    assert judged(check, edited(history, "Pod", "web-1", lambda pod: pod["metadata"]["labels"].pop(label))) == [
        f"3 +1: web-1 was created without the label {label}"
    ]
    other = edited(history, "Pod", "web-1", lambda pod: pod["metadata"]["labels"].update({label: "other"}))
    assert judged(check, other) == [f"3 +1: {wrong}"]
    assert judged(check, story("+x7k2p", kind="Deployment")) == [
        f"1 +x7k2p: web-abc12-x7k2p was created without the label {label}"
    ]
    assert judged(check, story("")) == "inconclusive: no pod's creation was watched"


def test_a_revision_that_nobody_controls_is_not_the_sets():
    history = edited(story("+0"), "ControllerRevision", "web-r1", lambda one: one["metadata"].pop("ownerReferences"))
    assert judged(checks.labelled_with_revision, history) == [
        "1 +0: web-0 was created with the revision web-r1, which the StatefulSet does not control"
    ]


@pytest.mark.parametrize(
    ("owners", "message"),
    [
        ([], "web-1 was created with 0 controlling owners, not one"),
        (
            [{"kind": "StatefulSet", "name": "web", "uid": "old", "controller": True, "blockOwnerDeletion": True}],
            "web-1 is controlled by the UID old, which is not that of the StatefulSet web",
        ),
        (
            [{"kind": "StatefulSet", "name": "web", "uid": "set-1", "controller": True}],
            "web-1's owner reference does not block foreground deletion",
        ),
    ],
)
def test_owned_by_the_set(owners, message):
    history = story(ALL)
    assert judged(checks.owned_by_the_set, history) == []
    wrong = edited(history, "Pod", "web-1", lambda pod: pod["metadata"].update(ownerReferences=owners))
    assert judged(checks.owned_by_the_set, wrong) == [f"3 +1: {message}"]


def test_a_replicaset_is_not_the_set():
    assert judged(checks.owned_by_the_set, story("+x7k2p", kind="Deployment")) == [
        "1 +x7k2p: web-abc12-x7k2p is controlled by the ReplicaSet web-abc12, not by the StatefulSet web"
    ]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("delete:1 t1 -1 +1", []),
        ("delete:1 -1 +1", []),
        (
            "delete:1 t1 +1 -1",
            [
                "9 +1: web-1 was made again before the old web-1 was gone",
                "10 -1: web-1 began to terminate although only web-1 was deleted",
            ],
        ),
        ("delete:1 t1 -1 +1 t2 -2 r1 +2 r2", ["11 t2: web-2 began to terminate although only web-1 was deleted"]),
        ("delete:1 t1 -1 t2 -2 +1", ["10 t2: web-2 began to terminate although only web-1 was deleted"]),
        ("delete:1 t1 -1 F2 t2 -2 +1", []),
        ("delete:1 delete:2 t1 t2 -1 +1", []),
        ("delete:1 t1 vain", "inconclusive: web-1 was not made again, but the old one is still there"),
        (
            "delete:1 t1 -1 u0 vain",
            "inconclusive: web-1 was not made again, but its predecessor web-0 is not Ready at the end",
        ),
        ("delete:1 t1 -1 vain", f"inconclusive: web-1 was not made again {NOBODY_KNOWS} event 16 (rv 14)"),
        (f"delete:1 t1 -1 {LOOKED}", [f"11 =: web-1 was not made again {CONTROLLER_LOOKED} event 16 (rv 14)"]),
        ("vain", f"inconclusive: the history ends before any deletion of web-1: {IN_VAIN}"),
    ],
)
def test_survives_deletion(words, answer):
    assert judged(checks.survives_deletion, story(f"{ALL} {words}"), "web-1") == answer


def test_a_deployment_never_has_the_pod_that_was_to_be_deleted():
    history = story(f"+aaaaa raaaaa {LOOKED}", kind="Deployment", replicas=1)
    assert judged(checks.survives_deletion, history, "web-1") == [
        "4 =: web-0 was never created within 20 s, although the controller looked at the Deployment since event 3 (rv 2)"
    ]


FIRST = {"name": "first", "image": "i", "command": ["c"], "args": ["a"], "env": [{"name": "TOLD", "value": "also"}]}
SAYING = {
    "metadata": {"labels": {"app": "web"}, "annotations": {"told": "also"}},
    "spec": {"containers": [{"name": "web", "image": "i"}], "initContainers": [FIRST]},
}
SAID = "as its template says"


def said_of(change=None, tried=SAYING):
    """One pod of a template that says much, with a change of its creation, and a trial of what a pod of it would be."""

    def make(pod):
        pod["metadata"] |= {"annotations": {"told": "also", "more": "yes"}}
        pod["spec"] |= copy.deepcopy(SAYING["spec"])
        (change or (lambda _: None))(pod)

    history = edited(story("+0", replicas=1, template=SAYING), "Pod", "web-0", make)
    trial = (
        {"verb": "create a pod", "case": "as it is", "object": tried}
        if tried
        else {"verb": "create a pod", "code": 403}
    )
    return History.of(history.header, [*history.log, Event(PROBE, "trial", 9, trial)])


def of_first(**change):
    return lambda pod: pod["spec"]["initContainers"][0].update(change)


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        (None, []),
        (lambda pod: pod["spec"]["containers"].append({"name": "injected", "image": "j"}), []),
        (lambda pod: pod["metadata"]["annotations"].pop("told"), [f"the annotation told of web-0 is not 'also', {SAID}"]),
        (lambda pod: pod["spec"]["containers"][0].update(image="j"),
         [f"the image of the container web of web-0 is not 'i', {SAID}"]),
        (of_first(command=["d"]), [f"the command of the init container first of web-0 is not ['c'], {SAID}"]),
        (of_first(args=None), [f"the args of the init container first of web-0 is not ['a'], {SAID}"]),
        (of_first(env=[{"name": "TOLD", "value": "other"}]),
         [f"the variable TOLD of the init container first of web-0 is not {{'name': 'TOLD', 'value': 'also'}}, {SAID}"]),
    ],
)  # fmt: skip
def test_made_as_the_template_says(change, answer):
    found = judged(checks.made_as_the_template_says, said_of(change))
    assert found == [f"1 +0: {one}" for one in answer]


def test_a_container_that_is_left_out_is_named_with_all_that_it_should_be():
    found = judged(checks.made_as_the_template_says, said_of(lambda pod: pod["spec"].pop("initContainers")))
    assert found[0] == f"1 +0: the init container first of web-0 is not 'first', {SAID}"


def test_what_admission_makes_otherwise_is_held_against_nobody():
    changed = lambda pod: pod["spec"]["containers"][0].update(image="mirror/i")  # noqa: E731
    tried = copy.deepcopy(SAYING)
    tried["spec"]["containers"][0]["image"] = "mirror/i"
    answer = (
        "inconclusive: event 6 (rv 5): the image of the container web of web-0 is not as the template says, "
        "but perhaps by admission"
    )
    assert judged(checks.made_as_the_template_says, said_of(changed, tried)) == answer
    assert judged(checks.made_as_the_template_says, said_of(changed, None)) == answer
    assert judged(checks.made_as_the_template_says, said_of(None, tried)) == []


def test_a_template_that_says_little_or_is_changed_proves_nothing():
    assert judged(checks.made_as_the_template_says, story("+0", replicas=1)) == (
        "inconclusive: the history holds no template that says what a pod is to be like"
    )
    assert judged(checks.made_as_the_template_says, story("+0 update", template=SAYING)) == (
        "inconclusive: the template was changed, so it takes a revision to know what a pod is to be like"
    )
