"""Waiting and retrying: what is retried, for how long, and that a wait ends at its condition and not at its deadline.

Method: attempts are plain functions that count themselves; a wait is woken by another thread.
"""

import threading
from pathlib import Path

import pytest

from fixtures import waiting
from fixtures.cluster import ApiError, Cluster
from fixtures.waiting import Retryable, Transport, TransportError, asked_until, outages, until, until_woken


def failing(times, trouble):
    """An attempt that fails so often, then answers how often it was asked."""
    asked = []

    def attempt():
        asked.append(1)
        if len(asked) <= times:
            raise trouble
        return len(asked)

    return attempt


@pytest.mark.parametrize("trouble", [Retryable("503"), ConnectionError("reset"), TimeoutError("slow")])
def test_transport_trouble_is_retried_and_counted(trouble):
    transport = Transport()
    assert transport.call(failing(2, trouble)) == 3
    assert transport.retries == 2


def test_the_server_says_how_long_to_wait():
    transport = Transport()
    assert transport.call(failing(3, Retryable("429", 0.0))) == 4


def test_a_refusal_is_not_retried():
    transport = Transport()
    with pytest.raises(ValueError, match="no"):
        transport.call(failing(1, ValueError("no")))
    assert transport.retries == 0


def test_trouble_that_lasts_ends_with_its_reason(monkeypatch):
    monkeypatch.setattr(waiting, "TRANSPORT_SECONDS", 0.5)
    with pytest.raises(TransportError, match="no answer from the API server within 0 s: refused"):
        Transport().call(failing(10**6, ConnectionError("refused")))


def test_a_wait_ends_when_it_is_told_of_the_change():
    changed, seen = threading.Condition(), []

    def change():
        with changed:
            seen.append("it")
            changed.notify_all()

    threading.Timer(0.05, change).start()
    assert until(changed, lambda: seen and seen[0], 60) == "it"


def test_a_wait_in_vain_gives_nothing():
    assert until(threading.Condition(), lambda: None, 0.05) is None


def test_a_wait_sees_what_is_so_already():
    assert until(threading.Condition(), lambda: "now", 0) == "now"


def test_who_is_to_bring_it_about_is_woken_until_it_comes():
    woken = []
    assert until_woken(threading.Condition(), lambda: len(woken) == 3, 30, lambda: woken.append("again"), 0.01)
    assert len(woken) == 3


def test_nobody_is_woken_where_it_is_so_already_or_the_time_is_over():
    woken = []
    assert until_woken(threading.Condition(), lambda: True, 30, lambda: woken.append("again"), 0.01)
    assert not until_woken(threading.Condition(), lambda: False, 0, lambda: woken.append("again"), 0.01)
    assert woken == []


def test_a_question_is_asked_until_the_answer_settles():
    assert asked_until(failing(0, ValueError()), lambda answer: answer == 2, 10) == 2


def test_a_question_that_never_settles_gives_its_last_answer():
    assert asked_until(lambda: "other", lambda answer: answer == "own", 0.0) == "other"


@pytest.mark.parametrize(
    ("answers", "long"), [([1, 1, 1], 0), ([1, 0, 0, 1], 1), ([0, 1, 0], 2), ([1, 0, 1, 0, 1], 2), ([], 0)]
)
def test_outages_are_counted_from_the_first_silence_to_the_next_answer(answers, long, monkeypatch):
    monkeypatch.setattr(waiting, "ASK_AGAIN_SECONDS", 0.01)
    over, left = threading.Event(), list(answers)

    def ask():
        answer = left.pop(0)
        if not left:
            over.set()
        return bool(answer)

    if not left:
        over.set()
    found = outages(ask, over)
    assert len(found) == long
    assert all(seconds > 0 for seconds in found)


class Answered:
    """What a server answered."""

    reason, headers, data = "told", {}, b'{"reason": "Conflict", "message": "the UID in the precondition differs"}'

    def __init__(self, status):
        self.status = status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Nothing is to be closed."""


@pytest.mark.parametrize("status", [404, 409])
def test_a_deletion_whose_answer_was_lost_is_done_where_another_has_the_name_by_now(monkeypatch, status):
    said = [ConnectionError("reset"), Answered(status)]

    def send(*_):
        one = said.pop(0)
        if isinstance(one, Exception):
            raise one
        return one

    monkeypatch.setattr(Cluster, "_send", send)
    body = {"preconditions": {"uid": "a"}}
    assert Cluster(Path("none")).request("DELETE", "/api/v1/namespaces/a/pods/web-0", body) == {}
    said[:] = [Answered(409)]
    with pytest.raises(ApiError):
        Cluster(Path("none")).request("DELETE", "/api/v1/namespaces/a/pods/web-0", body)
