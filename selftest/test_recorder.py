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
from fixtures.recorder import CATTLE, KINDS, NODES, Recorder
from fixtures.waiting import TransportError, until

NAMESPACE = "here"
PODS, SERVICES = (f"/api/v1/namespaces/{NAMESPACE}/{plural}" for plural in ("pods", "services"))
EXPIRED = {"type": "ERROR", "object": {"code": 410, "reason": "Expired", "message": "too old resource version"}}


class FakeServer:
    """An API server that stores objects and tells of every write, but of those whose number is in `hidden`."""

    def __init__(self):
        self.version, self.writes, self.hidden, self.listeners = 100, 0, set(), []
        self.lock = threading.Lock()
        self.stored, self.queues, self.exact = {}, {}, True
        self.dead, self.over = set(), threading.Event()

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
        if path in self.dead:
            # What is written meanwhile waits for the next connection.
            self.over.wait()
            raise ConnectionError("shut down")
        mine = self.queues.setdefault(path, queue.Queue())
        while (told := mine.get()) is not None:
            yield told
        raise ConnectionError("shut down")

    def shutdown(self):
        """End every watch, as the recorder does when it closes, and those that say nothing any more."""
        self.dead.clear()
        self.over.set()
        for one in self.queues.values():
            one.put(None)


@pytest.fixture
def hurried(monkeypatch):
    """Wait no longer than a moment for what a watch does not tell."""
    monkeypatch.setattr("fixtures.recorder.LAG_SECONDS", 0.2)
    monkeypatch.setattr("fixtures.recorder.BARRIER_SECONDS", 0.5)


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


def test_it_is_abreast_of_what_came_and_went_while_its_watch_was_interrupted(server, recorder):
    drive(server)
    server.hidden = {server.writes + 1, server.writes + 2}
    written = server.write(PODS, "web-9", {}, ADDED)
    server.write(PODS, "web-9", {}, DELETED)
    for listener in server.listeners:
        listener({**written, "kind": "Pod"})
    assert not recorder.is_abreast()
    server.queues[PODS].put(EXPIRED)
    assert until(recorder.changed, recorder.is_abreast, 5)
    recorder.close()


def test_a_server_that_cannot_list_what_was_is_no_gap(server, recorder):
    server.exact = False
    drive(server)
    assert closed(recorder).gaps == []


def place(history, event_type, kind):
    """Where the first entry of this sort stands, and its version."""
    return next((event.number, event.rv) for event in history.log if (event.type, event.kind) == (event_type, kind))


def test_a_gap_stands_before_what_it_hides_and_the_list_behind_it(server, recorder):
    server.write(PODS, "web-0", {}, ADDED)
    assert until(recorder.changed, lambda: recorder.find("Pod", "web-0"), 5)
    server.hidden = {2}
    server.write(PODS, "web-1", {}, ADDED)
    server.write(SERVICES, "web", {"kind": "Service"}, ADDED)
    assert until(recorder.changed, lambda: recorder.find("Service", "web"), 5)
    server.queues[PODS].put(EXPIRED)
    assert until(recorder.changed, lambda: recorder.find("Pod", "web-1"), 5)
    assert until(recorder.changed, lambda: any(event.kind == "relist" for event in recorder.events), 5)
    history = closed(recorder)
    (hidden,) = history.named("Pod", "web-1")
    gap, relist = place(history, "GAP", "Pod"), place(history, "ACT", "relist")
    assert (gap[1], hidden.first.rv, relist[1]) == (101, 102, 103)
    assert gap[0] < hidden.first.number < relist[0]


def test_a_gap_never_stands_before_what_the_driver_had_done(server, recorder):
    server.write(PODS, "web-0", {}, ADDED)
    server.write(SERVICES, "web", {"kind": "Service"}, ADDED)
    assert until(recorder.changed, lambda: recorder.find("Pod", "web-0") and recorder.find("Service", "web"), 5)
    recorder.act("upgrade", target="Cluster/")
    server.queues[PODS].put(EXPIRED)
    assert until(recorder.changed, lambda: any(event.kind == "relist" for event in recorder.events), 5)
    history = closed(recorder)
    assert place(history, "ACT", "upgrade")[0] < place(history, "GAP", "Pod")[0] < place(history, "ACT", "relist")[0]


def test_a_connection_that_died_without_a_word_is_found_by_looking_again(server, tmp_path, hurried):
    server.dead = {PODS}
    header = Header(scenario="recorded", kind="StatefulSet", name="web", namespace=NAMESPACE, selector={"app": "web"})
    recorder = Recorder(server, header, tmp_path / "recorded.jsonl")
    recorder.start()
    server.write(PODS, "web-0", {}, ADDED)
    assert recorder.find("Pod", "web-0") is None
    recorder.look_again(5)
    assert recorder.find("Pod", "web-0")
    assert recorder.history().gaps == []
    recorder.close()


@pytest.mark.parametrize("event_type", [ADDED, DELETED])
def test_what_only_a_list_tells_is_a_gap(server, recorder, hurried, event_type):
    server.write(PODS, "web-0", {}, ADDED)
    assert until(recorder.changed, lambda: recorder.find("Pod", "web-0"), 5)
    server.hidden = {2}
    server.write(PODS, "web-1" if event_type == ADDED else "web-0", {}, event_type)
    recorder.look_again(5)
    assert [(gap.kind, gap.object["reason"]) for gap in recorder.history().gaps] == [
        ("Pod", "the watch did not tell what a list told")
    ]
    recorder.close()


def test_an_end_that_cannot_be_proven_is_a_gap_of_every_kind(server, recorder, monkeypatch):
    def away(*_, **__):
        raise TransportError("no answer")

    monkeypatch.setattr(server, "request", away)
    assert {gap.kind for gap in closed(recorder).gaps} == {kind.name for kind in KINDS} - {*CATTLE}


def test_nodes_are_held_against_a_list_at_the_end(server, tmp_path, hurried):
    header = Header(scenario="recorded", kind="StatefulSet", name="web", namespace=NAMESPACE, selector={"app": "web"})
    recorder = Recorder(server, header, tmp_path / "recorded.jsonl", (NODES,))
    recorder.start()
    server.hidden = {2}
    server.write("/api/v1/nodes", "node-1", {"kind": "Node"}, ADDED)
    server.write("/api/v1/nodes", "node-2", {"kind": "Node"}, ADDED)
    assert [gap.kind for gap in closed(recorder).gaps] == ["Node"]


def test_a_server_that_is_away_for_a_while_is_asked_again(server, recorder, monkeypatch):
    asked, answer = [], server.request

    def away_at_first(method, path, *rest, **query):
        asked.append(path)
        if asked.count(path) == 1:
            raise TransportError("no answer")
        return answer(method, path, *rest, **query)

    monkeypatch.setattr(server, "request", away_at_first)
    recorder.look_again(5)
    monkeypatch.undo()
    assert closed(recorder).gaps == []
