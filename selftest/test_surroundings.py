"""The faulty surroundings themselves: what damages do to a watch, and that the proxy passes everything else on as it is.

Method: the proxy stands before a server of a few lines, without TLS and without a cluster.
"""

import contextlib
import copy
import http.client
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest import mock

import pytest

from conformance.guarantees import REGISTRY
from reports.outcomes import Outcome
from selftest.surroundings import SURROUNDINGS, damages, kubelet_proxy
from selftest.surroundings.damages import BrokenOff, Stream
from selftest.surroundings.proxy import Server, Upstream, serving

PODS = Stream("here", "pods")


def change(number, event_type="MODIFIED", name="web-0", ready=False):
    status = {"conditions": [{"type": "Ready", "status": str(ready)}]}
    return {"type": event_type, "object": {"metadata": {"name": name, "number": number}, "status": status}}


def told(damage, events, stream=PODS):
    """The numbers of the events that are told, up to where the stream breaks off."""
    numbers = []
    with contextlib.suppress(BrokenOff):
        for event in damage(stream, iter(events)):
            numbers.append(event["object"].get("code") or event["object"]["metadata"]["number"])
    return numbers


FOUR = [change(1, "ADDED"), change(2), change(3, ready=True), change(4, ready=True)]
BOOKMARKS = [change(number, "BOOKMARK") for number in range(9)]


@pytest.mark.parametrize(
    ("damage", "numbers"),
    [
        (damages.unharmed, [1, 2, 3, 4]),
        (damages.dropping(damages.every("pods")), []),
        (damages.dropping(damages.every("pods", "ADDED")), [2, 3, 4]),
        (damages.dropping(damages.every("services")), [1, 2, 3, 4]),
        (damages.dropping(damages.each_nth(2)), [1, 3]),
        (damages.dropping(damages.first(damages.becomes_ready("web-0"))), [1, 2, 4]),
        (damages.dropping(damages.first(damages.becomes_ready("web-1"))), [1, 2, 3, 4]),
        (damages.doubling(damages.each_nth(3)), [1, 2, 3, 3, 4]),
        (damages.swapping(damages.each_nth(2)), [1, 3, 2, 4]),
        (damages.delaying(damages.every("pods"), 0.0), [1, 2, 3, 4]),
        (damages.breaking_off(damages.each_nth(3), gone=True), [1, 2]),
    ],
)
def test_a_damage_does_what_it_says(damage, numbers):
    assert told(damage, FOUR) == numbers
    assert told(damage, BOOKMARKS, Stream("here", "services")) == list(range(9))


def test_the_first_of_a_namespace_stays_the_first():
    damage = damages.dropping(damages.first(damages.every("pods")))
    assert [told(damage, FOUR), told(damage, FOUR)] == [[2, 3, 4], [1, 2, 3, 4]]
    assert told(damage, FOUR, Stream("there", "pods")) == [2, 3, 4]


@pytest.mark.parametrize(("gone", "again"), [(True, [410]), (False, [1, 4])])
def test_what_is_broken_off_is_gone_or_told_again(gone, again):
    damage = damages.breaking_off(damages.first(damages.becomes_ready("web-0")), gone=gone)
    assert told(damage, FOUR) == [1, 2]
    assert told(damage, [FOUR[0], FOUR[3]]) == again


class Api(BaseHTTPRequestHandler):
    """An API server that says what it was asked, and watches four events."""

    protocol_version = "HTTP/1.1"

    def _said(self):
        if "Upgrade" in self.headers:
            self.connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n")
            self.connection.sendall(self.connection.recv(100).upper())
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        asked = {"method": self.command, "path": self.path, "body": body, "accept": self.headers.get("Accept")}
        lines = FOUR if "watch=" in self.path else [asked]
        text = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        self.send_response_only(404 if "missing" in self.path else 200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _said  # noqa: N815

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def port():
    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as api:
        thread = threading.Thread(target=api.serve_forever)
        thread.start()
        damage = damages.dropping(damages.every("pods", "ADDED"))
        with serving(Server(Upstream("127.0.0.1", api.server_address[1]), damage, lambda: 0.0)) as passed:
            yield passed
        api.shutdown()
        thread.join()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(("path", "status"), [("/api/v1/pods?limit=1", 200), ("/missing", 404)])
def test_requests_and_answers_are_passed_on_as_they_are(port, method, path, status):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for _ in range(2):
        connection.request(method, path, '{"a": 1}', {"Accept": "application/json"})
        response = connection.getresponse()
        asked = {"method": method, "path": path, "body": '{"a": 1}', "accept": "application/json"}
        assert (response.status, json.loads(response.read())) == (status, asked)
    connection.close()


@pytest.mark.parametrize(
    ("path", "numbers"),
    [
        ("/api/v1/namespaces/here/pods?watch=true", [2, 3, 4]),
        ("/api/v1/namespaces/here/services?resourceVersion=1&watch=true", [1, 2, 3, 4]),
        ("/api/v1/namespaces?watch=true", [1, 2, 3, 4]),
        ("/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-1&watch=1", [2, 3, 4]),
    ],
)
def test_a_watch_is_damaged_as_it_was_chosen(port, path, numbers):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", path)
    lines = connection.getresponse().read().splitlines()
    connection.close()
    assert [json.loads(line)["object"]["metadata"]["number"] for line in lines] == numbers


def test_an_upgraded_connection_is_passed_on_byte_by_byte(port):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET /exec HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 101")
        connection.sendall(b"hello")
        assert connection.recv(100) == b"HELLO"
        assert connection.recv(100) == b""


@pytest.mark.parametrize("name", SURROUNDINGS)
def test_a_surrounding_says_what_it_is_and_expects_what_there_is(name):
    one = SURROUNDINGS[name]
    assert (one.name, one.sentence[-1]) == (name, ".")
    assert set(one.expects) <= set(REGISTRY)
    assert set(one.expects.values()) <= {outcome.value for outcome in Outcome}


def test_an_accusation_that_nobody_expects_is_named():
    one = next(one for one in SURROUNDINGS.values() if one.expects)
    (wanted, outcome), *_ = one.expects.items()
    rest = dict.fromkeys(one.expects, outcome)
    assert one.unexpected(rest) == []
    assert one.unexpected(rest | {"some/other": "inconclusive"}) == []
    assert one.unexpected(rest | {"some/other": "failed"}) == ["some/other is failed, and the cluster is not to blame"]
    assert one.unexpected(rest | {wanted: "error"}) == [f"{wanted} is error, not {outcome}"]


POD = {
    "metadata": {"name": "web-0", "namespace": "here", "uid": "1"},
    "spec": {"readinessGates": ["gate"], "containers": [{"name": "web", "readinessProbe": {}, "livenessProbe": {}}]},
}
LEAVING = POD["metadata"] | {"deletionGracePeriodSeconds": 60}


@pytest.mark.parametrize(
    ("how", "pod", "changed"),
    [
        ("hurried", POD, {}),
        ("hurried", POD | {"metadata": LEAVING}, {"metadata": LEAVING | {"deletionGracePeriodSeconds": 1}}),
        ("unprobed", POD, {"spec": {"containers": [{"name": "web", "livenessProbe": {}}]}}),
        ("hasty", POD, {}),
    ],
)
def test_a_kubelet_is_told_what_misleads_it(how, pod, changed):
    told = copy.deepcopy(pod)
    # Nobody listens there: whoever asks for nothing does not mind.
    kubelet_proxy.FAULTS[how](Upstream("127.0.0.1", 1))(told)
    assert told == pod | changed


def test_a_hasty_kubelet_confirms_the_end_of_the_very_pod():
    upstream = mock.Mock()
    kubelet_proxy.hasty(upstream)(POD | {"metadata": LEAVING})
    method, path, body, _ = upstream.connection().request.call_args.args
    assert (method, path) == ("DELETE", "/api/v1/namespaces/here/pods/web-0")
    assert json.loads(body) == {"gracePeriodSeconds": 0, "preconditions": {"uid": "1"}}
