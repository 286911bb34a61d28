"""The checks of EndpointSlices hold on lawful histories, name the event on bad ones, and say when evidence is thin.

Method: each history is written by hand in the notation of selftest/notation.py, where the n-th pod has the address 10.0.0.n.
"""

import pytest

from conformance import checks
from conformance.checks.endpoints import told_of_names_behind_an_address
from selftest.notation import LOOKED, edited, judged, story

IN_VAIN = "20 s in vain for what was to come; last seen: no change"
LOOKED_AT = "within 20 s, although the controller looked at the StatefulSet since"
NOBODY_KNOWS = "within 20 s, but nothing shows that the controller looked since"
NONE_UNREADY = "inconclusive: the history holds no endpoint of web whose pod is not Ready"
TWO = "+0 r0 +1 r1 ="


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("lists:web:0r,1r", []),
        ("lists:web:0r lists:web:0r,1r lists:web:0r", []),
        ("lists:web:0r lists:second:0r,1r", "inconclusive: the history holds no endpoint of web-1"),
        ("lists:second:0r,1r", "inconclusive: the history holds no endpoint of web-0"),
        ("lists:web:0r,1r u1 u0 lists:web:", []),
        ("vain", f"inconclusive: the history ends before any endpoint of web-0: {IN_VAIN}"),
    ],
)
def test_endpoints_are_named(words, answer):
    assert judged(checks.endpoints_are_named, story(f"{TWO} {words}", replicas=2)) == answer


def endpoint(place, change):
    """Edit a slice: change one endpoint of it."""
    return lambda told: told["endpoints"][place].update(change)


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({"hostname": None}, ["6 lists:web:0r,1r: the endpoint 10.0.0.2 of web-1 has the host name (none)"]),
        ({"hostname": "web-0"}, ["6 lists:web:0r,1r: the endpoint 10.0.0.2 of web-1 has the host name web-0"]),
        (
            {"targetRef": {"name": "web-1", "uid": "pod-9"}},
            ["6 lists:web:0r,1r: the endpoint 10.0.0.2 names as its target no pod of the set, but web-1 pod-9"],
        ),
        (
            {"targetRef": {"name": "web-1", "uid": "pod-1"}},
            ["6 lists:web:0r,1r: the endpoint 10.0.0.2 names web-1 as its target, and its UID is that of web-0"],
        ),
        (
            {"targetRef": None},
            ["6 lists:web:0r,1r: the endpoint 10.0.0.2 names as its target no pod of the set, but None None"],
        ),
        (
            {"addresses": ["10.9.9.9"]},
            ["6 lists:web:0r,1r: the endpoint 10.9.9.9 is that of web-1, which never had the address"],
        ),
    ],
)
def test_an_endpoint_that_does_not_say_which_pod_it_is(change, answer):
    history = edited(story(f"{TWO} lists:web:0r,1r", replicas=2), "EndpointSlice", "web-slice", endpoint(1, change))
    assert judged(checks.endpoints_are_named, history) == answer


@pytest.mark.parametrize(
    ("words", "service", "answer"),
    [
        ("lists:second:0r,1r", "second", []),
        ("lists:web:0r,1r", "second", "inconclusive: the history holds no endpoint of second"),
        ("lists:web:0r,1r", "web", "inconclusive: web is the governing Service"),
        ("lists:second:", "second", "inconclusive: the history holds no endpoint of second"),
    ],
)
def test_endpoints_have_no_names(words, service, answer):
    assert judged(checks.endpoints_have_no_names, story(f"{TWO} {words}", replicas=2), service) == answer


def test_a_second_service_that_gives_names():
    named = endpoint(1, {"hostname": "web-1"})
    history = edited(story(f"{TWO} lists:second:0r,1r", replicas=2), "EndpointSlice", "second-slice", named)
    assert judged(checks.endpoints_have_no_names, history, "second") == [
        "6 lists:second:0r,1r: second lists web-1 as web-1"
    ]


@pytest.mark.parametrize(
    ("words", "ready", "answer"),
    [
        ("lists:web:0r,1r u1 lists:web:0r,1u", False, []),
        ("lists:web:0r,1r u1 lists:web:0r,1r lists:web:0r,1u", False, []),
        ("u1 r1 lists:web:0r,1u", False, NONE_UNREADY),
        (
            "u1 lists:web:0r,1p",
            False,
            ["7 lists:web:0r,1p: web lists web-1 as ready although it was not Ready (event 12 (rv 11))"],
        ),
        ("u1 lists:web:0r,1r", False, NONE_UNREADY),
        (
            "u1 t0 -0 +0 lists:web:0u,1r",
            False,
            ["10 lists:web:0u,1r: web lists web-1 as ready although it was not Ready (event 12 (rv 11))"],
        ),
        ("t0 -0 +0 u1 lists:web:1r", False, NONE_UNREADY),
        ("t1 lists:web:0r,1u", False, NONE_UNREADY),
        ("u1 lists:web:0r,1p", True, []),
        (
            "u1 lists:web:0r,1u",
            True,
            ["7 lists:web:0r,1u: web lists web-1 as not ready although it was not Ready (event 12 (rv 11))"],
        ),
        ("u1 lists:web:0r", True, NONE_UNREADY),
        ("u1 lists:second:0r,1u", False, NONE_UNREADY),
        (
            "u1 vain",
            False,
            f"inconclusive: the history ends before any endpoint of web whose pod is not Ready: {IN_VAIN}",
        ),
    ],
)
def test_unready_is_published(words, ready, answer):
    assert judged(checks.unready_is_published, story(f"{TWO} {words}", replicas=2), "web", ready) == answer


def test_an_endpoint_that_does_not_say_whether_it_is_ready_is_taken_for_ready():
    silent = endpoint(1, {"conditions": {"serving": False}})
    history = edited(story(f"{TWO} u1 lists:web:0r,1u", replicas=2), "EndpointSlice", "web-slice", silent)
    assert judged(checks.unready_is_published, history, "web", False) == [
        "7 lists:web:0r,1u: web lists web-1 as ready although it was not Ready (event 12 (rv 11))"
    ]


@pytest.mark.parametrize(
    ("words", "service", "answer"),
    [
        ("+0 r0 +1 r1", False, []),
        ("+0 r0 +1", False, "inconclusive: the history holds no web-1 that is Ready"),
        (f"+0 r0 = {LOOKED}", False, [f"5 =: web-1 was never created {LOOKED_AT} event 6 (rv 5)"]),
        ("+0 r0 vain", False, f"inconclusive: web-1 was never created {NOBODY_KNOWS} event 6 (rv 5)"),
        ("+0 r0 +1 r1", True, "inconclusive: the governing Service web exists"),
        ("scale:0", False, "inconclusive: the history holds no pod that the set asks for"),
    ],
)
def test_created_without_service(words, service, answer):
    assert judged(checks.created_without_service, story(words, replicas=2, service=service)) == answer


def addressed(told):
    told["spec"]["clusterIP"] = "10.96.0.9"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("lists:web:0r resolve:0:10.0.0.1", "with host names, and a pod's own name resolved to the pod's address."),
        ("resolve:0:", "without host names, and a pod's own name did not resolve."),
    ],
)
def test_told_of_names_behind_an_address(words, answer):
    history = edited(story(f"+0 r0 = {words}", replicas=1), "Service", "web", addressed)
    told = f"A governing Service with a cluster address lists its pods {answer}"
    assert told_of_names_behind_an_address(history) == told


@pytest.mark.parametrize(
    ("history", "reason"),
    [
        (story("+0 r0 resolve:0:10.0.0.1"), "the governing Service web has no address of its own"),
        (edited(story("+0 r0"), "Service", "web", addressed), "nobody asked for a pod's name"),
    ],
)
def test_nothing_is_told_of_what_was_not_asked(history, reason):
    assert judged(told_of_names_behind_an_address, history) == f"inconclusive: {reason}"
