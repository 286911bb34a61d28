"""The recorder against an API server of a few lines, which may keep to itself what it should tell.

Method: the server keeps one collection for each kind and one count of versions. Whatever a test puts into `hidden` is stored,
but no watch tells of it.
"""

import copy
import queue
import threading

import pytest

from conformance.history import ADDED, DELETED, MODIFIED, Header, Inconclusive
from fixtures.cluster import ApiError
from fixtures.recorder import Recorder
from fixtures.waiting import until

NAMESPACE = "here"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"


class FakeServer:
    """An API server that stores objects and tells of every write, but of those whose number is in `hidden`."""

    def __init__(self):
        self.version, self.writes, self.hidden, self.listeners = 100, 0, set(), []
        self.lock = threading.Lock()
        self.stored, self.queues, self.exact = {}, {}, True

    def request(self, method, path, body=None, **query):
        """Answer a list with what is stored, or create an object."""
        if method == "GET":
            if query and not self.exact:
                raise ApiError(400, "Invalid", "resourceVersionMatch is not known here")
            items = copy.deepcopy(list(self.stored.get(path, {}).values()))
            return {"metadata": {"resourceVersion": str(self.version)}, "items": items}
        with self.lock:
            return self.write(path, body["metadata"]["name"], body, ADDED)

    def write(self, path, name, change, event_type=MODIFIED):
        """Store a change, tell the watches, and return the object as it is then."""
        self.version, self.writes = self.version + 1, self.writes + 1
        there = self.stored.setdefault(path, {})
        item = copy.deepcopy({**there.get(name, {"kind": "Pod", "metadata": {"name": name}}), **change})
        item["metadata"] |= {"uid": f"{path}/{name}", "namespace": NAMESPACE, "resourceVersion": str(self.version)}
        there[name] = item
        if event_type == DELETED:
            del there[name]
        if self.writes not in self.hidden:
            told = {"type": event_type, "object": copy.deepcopy(item)}
            self.queues.setdefault(path, queue.Queue()).put(told)
        return item

    def watch(self, path, _, opened):
        """Tell of the writes of one kind until the watch is shut down."""
        opened(self)
        mine = self.queues.setdefault(path, queue.Queue())
        while (told := mine.get()) is not None:
            yield told
        raise ConnectionError("shut down")

    def shutdown(self):
        """End every watch, as the recorder does when it closes."""
        for one in self.queues.values():
            one.put(None)


@pytest.fixture
def server():
    return FakeServer()


@pytest.fixture
def recorder(server, tmp_path):
    header = Header(scenario="recorded", kind="StatefulSet", name="web", namespace=NAMESPACE, selector={"app": "web"})
    recorder = Recorder(server, header, tmp_path / "recorded.jsonl")
    recorder.start()
    return recorder


def closed(recorder):
    recorder.close()
    return recorder.history()


def drive(server):
    """Write one pod three times, the second time by our own hand."""
    server.write(PODS, "web-0", {}, ADDED)
    answer = server.write(PODS, "web-0", {"status": {"phase": "Running"}})
    for listener in server.listeners:
        listener(answer)
    server.write(PODS, "web-0", {"status": {"phase": "Failed"}})


def test_what_was_told_in_full_has_no_gap(server, recorder):
    drive(server)
    server.write(PODS, "web-1", {}, ADDED)
    server.write(PODS, "web-1", {}, DELETED)
    history = closed(recorder)
    assert history.gaps == []
    assert [event.type for event in history.of_kind("Pod")] == [ADDED, MODIFIED, MODIFIED, ADDED, DELETED]
    assert server.listeners == []


@pytest.mark.parametrize(
    ("hidden", "told"),
    [
        (1, "had never been ADDED"),
        (2, "did not deliver version 102 of web-0, which the driver wrote"),
        (3, "web-0 has version 103, and the watch last told of 102"),
    ],
)
def test_what_was_not_told_is_a_gap(server, recorder, hidden, told):
    server.hidden = {hidden}
    drive(server)
    history = closed(recorder)
    assert {gap.kind for gap in history.gaps} == {"Pod"}
    assert told in history.gaps[0].object["reason"]
    with pytest.raises(Inconclusive, match="has a gap"):
        history.require_complete()


def test_an_end_that_was_not_told_is_a_gap(server, recorder):
    server.hidden = {2}
    server.write(PODS, "web-0", {}, ADDED)
    server.write(PODS, "web-0", {}, DELETED)
    assert "is gone, and the watch did not tell" in closed(recorder).gaps[0].object["reason"]


def test_a_watch_that_tells_in_another_order_has_a_gap(server, recorder):
    server.hidden = {1}
    first = server.write(PODS, "web-0", {}, ADDED)
    server.write(PODS, "web-1", {}, ADDED)
    server.queues[PODS].put({"type": ADDED, "object": copy.deepcopy(first)})
    assert until(recorder.changed, lambda: recorder.find("Pod", "web-0"), 5)
    assert "out of order" in closed(recorder).gaps[0].object["reason"]


def test_it_is_abreast_once_it_has_seen_what_the_driver_wrote(server, recorder):
    server.hidden = {2}
    drive(server)
    assert until(recorder.changed, recorder.is_abreast, 5)
    answer = {"kind": "Pod", "metadata": {"namespace": NAMESPACE, "name": "web-0", "resourceVersion": "104"}}
    for listener in server.listeners:
        listener(answer)
    assert not recorder.is_abreast()
    server.write(PODS, "web-0", {})
    assert until(recorder.changed, recorder.is_abreast, 5)
    recorder.close()


def test_a_server_that_cannot_list_what_was_is_no_gap(server, recorder):
    server.exact = False
    drive(server)
    assert closed(recorder).gaps == []
