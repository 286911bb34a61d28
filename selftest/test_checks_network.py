"""The checks of the headless Service hold on lawful histories, name the event on bad ones, and say when evidence is thin.

Method: each history is written by hand in the notation of selftest/notation.py, where the n-th pod has the address 10.0.0.n.
"""

import pytest

from conformance import checks
from selftest.notation import LOOKED, edited, judged, probed, story

TWO = "+0 r0 +1 r1 ="
NO_SERVICE = ["0 begin: the governing Service web does not exist, so the pods' names cannot resolve"]
NOBODY_KNOWS = "within 20 s, but nothing shows that the controller looked since"
UNLISTED = "and no EndpointSlice lists it as ready under its name"
NAME = "web.ns.svc.cluster.local"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("resolve:0:10.0.0.1 resolve:1:10.0.0.2", []),
        (
            "resolve:0:10.0.0.1 resolve:1:",
            [f"7 resolve:1:: web-1.{NAME} did not resolve while web-1 was Ready at 10.0.0.2, {UNLISTED}"],
        ),
        (
            "published:1 resolve:0:10.0.0.1 resolve:1:",
            [f"8 resolve:1:: web-1.{NAME} did not resolve while web-1 was Ready at 10.0.0.2"],
        ),
        (
            "resolve:0:10.0.0.2 resolve:1:10.0.0.2",
            [f"6 resolve:0:10.0.0.2: web-0.{NAME} resolved to 10.0.0.2, not to web-0's 10.0.0.1"],
        ),
        (
            "resolve:0:10.0.0.1,10.0.0.2",
            [f"6 resolve:0:10.0.0.1,10.0.0.2: web-0.{NAME} resolved to 10.0.0.1, 10.0.0.2, not to web-0's 10.0.0.1"],
        ),
        ("resolve:0:10.0.0.1", "inconclusive: nobody asked for the name of web-1 while it was Ready"),
        (
            "resolve:0:10.0.0.1 ~resolve:1: u1",
            "inconclusive: event 13 (rv 10): web-1 was not Ready at one address while it was asked for",
        ),
        (
            "resolve:0:10.0.0.1 u1 resolve:1:",
            "inconclusive: event 14 (rv 11): web-1 was not Ready at one address while it was asked for",
        ),
    ],
)
def test_names_resolve(words, answer):
    assert judged(checks.names_resolve, story(f"{TWO} {words}", replicas=2)) == answer


def test_a_name_is_right_only_where_every_answer_was():
    history = story(f"{TWO} resolve:0:10.0.0.1 resolve:1:10.0.0.2", replicas=2)
    sometimes = probed(history, "resolve", seen=["10.0.0.1", "10.0.0.2", "10.9.9.9"])
    assert judged(checks.names_resolve, sometimes) == [
        f"6 resolve:0:10.0.0.1: web-0.{NAME} resolved to 10.0.0.2, an address that no web-0 had",
        f"6 resolve:0:10.0.0.1: web-0.{NAME} resolved to 10.9.9.9, an address that no web-0 had",
        f"7 resolve:1:10.0.0.2: web-1.{NAME} resolved to 10.0.0.1, an address that no web-1 had",
        f"7 resolve:1:10.0.0.2: web-1.{NAME} resolved to 10.9.9.9, an address that no web-1 had",
    ]
    silent = probed(history, "resolve", unanswered=3)
    assert judged(checks.names_resolve, silent) == [
        f"6 resolve:0:10.0.0.1: 3 of the last questions for web-0.{NAME} were not answered",
        f"7 resolve:1:10.0.0.2: 3 of the last questions for web-1.{NAME} were not answered",
    ]


def test_what_a_cache_may_explain_is_inconclusive_until_it_must_have_forgotten():
    words = f"{TWO} delete:1 -1 +1 r1 resolve:1:10.0.0.2"
    soon = probed(story(words, replicas=2), "resolve", seconds=12.0)
    reason = "inconclusive: event 16 (rv 13): was asked for 12 s, but an answer may be cached for 30 s"
    assert judged(checks.name_follows, soon, "web-1") == reason
    empty = probed(story(f"{TWO} resolve:0: resolve:1:10.0.0.2", replicas=2), "resolve", seconds=12.0)
    assert "may be cached" in judged(checks.names_resolve, empty)
    srv = probed(story(f"{TWO} srv:web-0", replicas=2), "srv", seconds=12.0)
    assert "may be cached" in judged(checks.srv_lists_ready, srv)


def test_trouble_in_asking_is_no_answer():
    history = story(f"{TWO} resolve:0:10.0.0.1 resolve:1:10.0.0.2 srv:web-0,web-1", replicas=2)
    for kind, check in (("resolve", checks.names_resolve), ("srv", checks.srv_lists_ready)):
        assert judged(check, probed(history, kind, answers=None, trouble="exec was lost")).startswith("inconclusive: ")


def test_a_ready_pod_without_an_address_crashes_nothing():
    history = story(f"{TWO} resolve:0:10.9.9.9", replicas=2)
    nowhere = edited(
        history, "Pod", "web-0", lambda pod: (pod["status"].pop("podIP", 0), pod["status"].pop("podIPs", 0))
    )
    assert judged(checks.names_resolve, nowhere) == [
        f"6 resolve:0:10.9.9.9: web-0.{NAME} resolved to 10.9.9.9, not to web-0's address"
    ]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("delete:1 -1 +1 r1 resolve:1:10.0.0.3", []),
        (
            "delete:1 -1 +1 r1 resolve:1:10.0.0.2",
            ["10 resolve:1:10.0.0.2: web-1 still resolves to 10.0.0.2, its address before it was deleted"],
        ),
        (
            "delete:1 -1 +1 r1 resolve:1:10.0.0.9",
            [f"10 resolve:1:10.0.0.9: web-1.{NAME} resolved to 10.0.0.9, not to web-1's 10.0.0.3"],
        ),
        (
            "delete:1 resolve:1:10.0.0.2 -1 +1 r1",
            "inconclusive: the history holds no question for the name of web-1 after it was made again",
        ),
        (
            "delete:1 -1 +1 resolve:1:10.0.0.2",
            "inconclusive: event 15 (rv 12): web-1 was not Ready at one address while it was asked for",
        ),
        (
            "delete:1 -1 vain",
            f"inconclusive: web-1 was not made again {NOBODY_KNOWS} event 13 (rv 11)",
        ),
        ("", "inconclusive: the history holds no deletion of web-1"),
    ],
)
def test_name_follows(words, answer):
    assert judged(checks.name_follows, story(f"{TWO} {words}", replicas=2), "web-1") == answer


def test_a_network_may_give_a_pod_the_address_of_the_one_before_it():
    history = story(f"{TWO} delete:1 -1 +1 r1 resolve:1:10.0.0.2", replicas=2)
    lucky = edited(history, "Pod", "web-1", lambda pod: pod["status"].update(podIP="10.0.0.2", podIPs=[]))
    assert judged(checks.name_follows, lucky, "web-1") == []
    silent = probed(lucky, "resolve", answers=[], seconds=40.0)
    (said,) = judged(checks.name_follows, silent, "web-1")
    assert "did not resolve while web-1 was Ready at 10.0.0.2" in said


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("srv:web-0,web-1", []),
        ("u1 srv:web-0", []),
        ("srv:web-0", ["6 srv:web-0: the SRV records do not list web-1, which was Ready"]),
        (
            "u1 srv:web-0,web-1",
            [f"7 srv:web-0,web-1: the SRV records list web-1.{NAME}, which is no ready pod's host name"],
        ),
        (
            "srv:web-0,web-1,10-0-0-9",
            [f"6 srv:web-0,web-1,10-0-0-9: the SRV records list 10-0-0-9.{NAME}, which is no ready pod's host name"],
        ),
        ("~srv:web-0 u1", "inconclusive: event 12 (rv 10): the pods changed while they were asked for"),
        ("u0 u1 srv:", "inconclusive: event 14 (rv 12): no pod was Ready when they were asked for"),
        ("", "inconclusive: the history holds no question for the Service's SRV records"),
    ],
)
def test_srv_lists_ready(words, answer):
    assert judged(checks.srv_lists_ready, story(f"{TWO} {words}", replicas=2)) == answer


@pytest.mark.parametrize(
    ("check", "arguments"),
    [(checks.names_resolve, ()), (checks.name_follows, ("web-1",)), (checks.srv_lists_ready, ())],
)
def test_without_the_governing_service_no_name_resolves(check, arguments):
    assert judged(check, story("+0 r0", service=False), *arguments) == NO_SERVICE
    deployment = story(f"+aaaaa raaaaa {LOOKED}", kind="Deployment", replicas=1)
    assert judged(check, deployment, *arguments) == [
        "4 =: web-0 was never created within 20 s, although the controller looked at the Deployment since event 3 (rv 2)"
    ]
    nameless = story("+0 r0", serviceName="")
    assert judged(check, nameless, *arguments) == [
        "0 begin: web names no governing Service, so its pods' names cannot resolve"
    ]
