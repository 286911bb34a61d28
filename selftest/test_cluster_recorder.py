"""The recorder on a real API server: connections are lost, history expires, and nothing goes unnoticed.

Method: a namespace of its own, in which Services come and go while the watch is disturbed from inside this process.
"""

import contextlib
import secrets

import pytest

from conformance.history import Header, Inconclusive
from fixtures import tidying
from fixtures.cluster import ApiError
from fixtures.recorder import BARRIER, KINDS, Recorder
from fixtures.waiting import asked_until, until

SERVICES = next(kind for kind in KINDS if kind.name == "Service")


@pytest.fixture
def namespace(cluster):
    name = f"recorder-{secrets.token_hex(3)}"
    tidying.make(cluster, name, "selftest", tidying.owner())
    # Until it is there no pod is admitted, the one of the barrier included.
    account = f"/api/v1/namespaces/{name}/serviceaccounts"
    assert asked_until(lambda: cluster.request("GET", account)["items"], bool, 30)
    yield name
    tidying.remove(cluster, name)


@pytest.fixture
def recorder(cluster, namespace, tmp_path):
    header = Header(scenario="recorded", kind="StatefulSet", name="web", namespace=namespace, selector={"app": "web"})
    return Recorder(cluster, header, tmp_path / "recorded.jsonl")


def make(recorder, name):
    body = {"metadata": {"name": name}, "spec": {"clusterIP": "None", "ports": [{"port": 1}]}}
    recorder.cluster.request("POST", SERVICES.path(recorder.header.namespace), body)


def arrived(recorder, name):
    return until(recorder.changed, lambda: recorder.find("Service", name), 30)


def test_what_happens_while_the_connection_is_lost_is_delivered_once(recorder):
    recorder.start()
    for number in range(5):
        make(recorder, f"before-{number}")
        response = recorder._responses.get("Service")
        if response is not None:
            with contextlib.suppress(ValueError, RuntimeError):
                response.shutdown()
        make(recorder, f"after-{number}")
    recorder.close()
    history = recorder.history()
    names = [event.name for event in history.of_kind("Service")]
    assert names == [f"{when}-{number}" for number in range(5) for when in ("before", "after")]
    assert history.gaps == []


def refused(*_):
    raise ApiError(410, "Expired", "too old resource version")


def told(*_):
    yield {"type": "ERROR", "object": {"code": 410, "reason": "Expired", "message": "too old resource version"}}


@pytest.mark.parametrize("expired", [refused, told])
def test_what_the_server_no_longer_has_is_a_gap_and_the_watch_goes_on(recorder, monkeypatch, expired):
    watch, answers = recorder.cluster.watch, iter([expired])

    def first_expired(path, *rest):
        return next(answers, watch)(path, *rest) if path.endswith("/services") else watch(path, *rest)

    monkeypatch.setattr(recorder.cluster, "watch", first_expired)
    recorder.start()
    make(recorder, "later")
    assert arrived(recorder, "later")
    recorder.close()
    history = recorder.history()
    assert [gap.kind for gap in history.gaps] == ["Service"]
    assert "410 Gone" in history.gaps[0].object["reason"]
    assert [event.name for event in history.of_kind("Service")] == ["later"]
    with pytest.raises(Inconclusive, match="the watch of Service has a gap"):
        history.require_complete()


def test_objects_that_were_there_before_are_listed_and_the_barrier_is_cut_off(recorder):
    make(recorder, "early")
    recorder.start()
    make(recorder, "late")
    assert arrived(recorder, "late")
    recorder.close()
    history = recorder.history()
    assert [(event.type, event.name) for event in history.of_kind("Service")] == [
        ("LISTED", "early"),
        ("ADDED", "late"),
    ]
    assert not [event for event in history.log if event.name.startswith(BARRIER)]
    history.require_complete()


def test_a_watch_that_stays_behind_is_a_gap(recorder, monkeypatch):
    monkeypatch.setattr("fixtures.recorder.BARRIER_SECONDS", 1.0)
    recorder.start()
    monkeypatch.setattr(recorder, "_seen", lambda *_: None)
    recorder.close()
    assert {gap.object["reason"] for gap in recorder.history().gaps} == {
        "the watch did not deliver an object made at its end"
    }
