"""The faulty surroundings themselves: what is done to watches, requests and answers, and that all else is passed on as it is.

Method: the proxy stands before a server of a few lines, without TLS and without a cluster.
"""

import contextlib
import copy
import dataclasses
import http.client
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest import mock

import pytest

from conformance.guarantees import REGISTRY
from fixtures.tried import merged
from reports.outcomes import Outcome
from selftest.demand import Ended, asked_by
from selftest.surroundings import SURROUNDINGS, answers, damages, exchanges, kubelet_proxy, runc_wrapper, slow
from selftest.surroundings.damages import BrokenOff, Stream
from selftest.surroundings.exchanges import Answer, Request
from selftest.surroundings.proxy import Server, Upstream, serving
from selftest.surroundings.surrounding import Witness
from selftest.surroundings.tally import LATE_SECONDS, Tally

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
        (damages.altering(damages.each_nth(3), lambda one: merged(one, {"metadata": {"number": 7}})), [1, 2, 7, 4]),
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


SETS = "/apis/apps/v1/namespaces/here/statefulsets"
WEB = {"metadata": {"name": "web"}, "spec": {"replicas": 3, "limit": 10}}
ANSWERED = (200, WEB)
REFUSED = (422, {"kind": "Status", "code": 422})
WRONG, MILD = {"spec": {"wrong": 1}}, {"spec": {"replicas": 4}}
CHANGES, CREATES = exchanges.asks("PATCH", "statefulsets"), exchanges.asks("POST", "statefulsets")


def exchanged(exchange, method, path, body):
    """What is answered, and what the server was asked for it: it knows one set, and refuses what says `wrong` of it."""
    asked = []

    def server(request):
        asked.append((request.method, request.path, request.object))
        status, said = REFUSED if "wrong" in request.object.get("spec", {}) else ANSWERED
        return Answer.saying(http.HTTPStatus(status), said)

    answer = exchange(Request(method, path).saying(body), server)
    return (answer.status, answer.object), asked


@pytest.mark.parametrize(
    ("exchange", "body", "answered", "asked"),
    [
        (exchanges.faithful, MILD, ANSWERED, [MILD]),
        (exchanges.faithful, WRONG, REFUSED, [WRONG]),
        (exchanges.saying(CHANGES, lambda body: MILD), WRONG, ANSWERED, [MILD]),
        (exchanges.saying(CREATES, lambda body: MILD), WRONG, REFUSED, [WRONG]),
        (exchanges.telling(CHANGES, lambda body: {"told": body["spec"]}), MILD, (200, {"told": WEB["spec"]}), [MILD]),
        (exchanges.telling(CHANGES, lambda body: {"told": body["spec"]}), WRONG, REFUSED, [WRONG]),
        (exchanges.telling(CREATES, lambda body: {}), MILD, ANSWERED, [MILD]),
        (exchanges.overlooking(CHANGES), MILD, ANSWERED, [MILD]),
        (exchanges.overlooking(CHANGES), WRONG, (200, merged(WEB, WRONG)), [WRONG, {}]),
        (exchanges.overlooking(CREATES), WRONG, REFUSED, [WRONG]),
        (exchanges.also_sending(CHANGES, lambda request: request.saying(MILD)), WRONG, REFUSED, [WRONG, MILD]),
        (exchanges.also_sending(CREATES, lambda request: request.saying(MILD)), WRONG, REFUSED, [WRONG]),
        (exchanges.refusing(CREATES, "no"), MILD, ANSWERED, [MILD]),
    ],
)
def test_an_exchange_does_what_it_says_and_to_its_own_choice_alone(exchange, body, answered, asked):
    found, said = exchanged(exchange, "PATCH", f"{SETS}/web?dryRun=All", body)
    assert (found, [one for *_, one in said]) == (answered, asked)


def test_what_is_refused_on_the_way_is_refused_as_invalid_and_comes_to_no_server():
    (status, body), asked = exchanged(exchanges.refusing(CHANGES, "spec: Forbidden"), "PATCH", f"{SETS}/web", MILD)
    assert (status, body["reason"], body["message"], asked) == (422, "Invalid", "spec: Forbidden", [])


def test_what_is_created_is_accepted_as_it_was_said():
    found, asked = exchanged(exchanges.overlooking(CREATES), "POST", SETS, WRONG)
    assert (found, asked) == ((200, WRONG), [("POST", SETS, WRONG)])


@pytest.mark.parametrize(
    ("chosen", "method", "path"),
    [
        (exchanges.asks("POST", "statefulsets"), "POST", SETS),
        (exchanges.asks("PATCH", "statefulsets"), "PATCH", f"{SETS}/web?dryRun=All"),
        (exchanges.asks("PUT", "statefulsets", "scale"), "PUT", f"{SETS}/web/scale"),
    ],
)
def test_requests_are_chosen_by_their_method_kind_and_subresource(chosen, method, path):
    assert chosen(Request(method, path))
    assert not chosen(Request("GET", path))
    assert not chosen(Request(method, path.replace("statefulsets", "pods")))
    assert not chosen(Request(method, "/apis/apps/v1/statefulsets"))
    assert not chosen(Request(method, f"{SETS}/web/status"))


def test_an_eviction_becomes_a_deletion_of_that_pod_alone():
    path = "/api/v1/namespaces/here/pods/web-0"
    options = {"preconditions": {"uid": "1"}}
    deletion = answers.as_deletion(Request("POST", f"{path}/eviction").saying({"deleteOptions": options}))
    assert (deletion.method, deletion.path, deletion.object) == ("DELETE", path, options)
    written = answers.to_the_object(Request("PUT", f"{SETS}/web/status?dryRun=All"))
    assert (written.method, written.path) == ("PUT", f"{SETS}/web?dryRun=All")


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        (answers.clamped, {"spec": {"minReadySeconds": -1}}, {"spec": {"minReadySeconds": 0}}),
        (answers.clamped, {"spec": {"minReadySeconds": 5}}, {"spec": {"minReadySeconds": 5}}),
        (answers.clamped, {"metadata": {}}, {"metadata": {}}),
        (answers.two_revisions, {"spec": {}}, {"spec": {"revisionHistoryLimit": 2}}),
        (answers.two_revisions, {"spec": {"revisionHistoryLimit": 5}}, {"spec": {"revisionHistoryLimit": 5}}),
        (answers.ten_revisions, {"spec": {"replicas": 1}}, {"spec": {"replicas": 1, "revisionHistoryLimit": 10}}),
        (answers.all_available, {"spec": {"replicas": 3}}, {"spec": {"replicas": 3}}),
        (
            answers.all_available,
            {"spec": {"replicas": 3}, "status": {"replicas": 2, "readyReplicas": 1}},
            {"spec": {"replicas": 3}, "status": {"replicas": 2, "readyReplicas": 1, "availableReplicas": 2}},
        ),
        (lambda one: answers.without(one, "spec", "replicas"), {"spec": {"replicas": 3}}, {"spec": {}}),
        (lambda one: answers.without(one, "spec", "replicas"), {"data": {}}, {"data": {}}),
    ],
)
def test_what_is_said_is_changed_where_it_is_about_that_and_stays_elsewhere(change, before, after):
    assert change(before) == after


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


@contextlib.contextmanager
def standing_between(exchange=exchanges.faithful):
    """The port of a proxy before an API server, which leaves out the creation of pods."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as api:
        thread = threading.Thread(target=api.serve_forever)
        thread.start()
        damage = damages.dropping(damages.every("pods", "ADDED"))
        with serving(
            Server(Upstream("127.0.0.1", api.server_address[1]), damage, lambda: 0.0, exchange=exchange)
        ) as passed:
            try:
                yield passed
            finally:
                api.shutdown()
                thread.join()


@pytest.fixture
def port():
    with standing_between() as passed:
        yield passed


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


def test_what_an_exchange_changes_is_passed_on_and_told_whole():
    def exchange(request, pass_on):
        answer = pass_on(answers.as_deletion(request))
        return dataclasses.replace(answer, body=json.dumps(answer.object | {"more": "x" * 1000}).encode())

    with standing_between(exchange) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for _ in range(2):
            connection.request("POST", "/api/v1/namespaces/here/pods/web-0/eviction", '{"deleteOptions": {"a": 1}}')
            told = json.loads(connection.getresponse().read())
            assert (told["method"], told["path"]) == ("DELETE", "/api/v1/namespaces/here/pods/web-0")
            assert (told["body"], len(told["more"])) == ('{"a": 1}', 1000)
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


@pytest.mark.parametrize("name", SURROUNDINGS)
def test_an_accusation_that_nobody_expects_is_named(name):
    one = SURROUNDINGS[name]
    rest = dict.fromkeys(asked_by(one.arguments), "passed") | one.expects
    said = dict.fromkeys(rest, (f"the watch of Pod {one.because}",))
    assert one.demand.unmet(Ended(outcomes=rest, said=said)) == []
    accused = Ended(outcomes=rest | {"some/other": "failed"}, said=said)
    assert one.demand.unmet(accused) == ["some/other is failed, and nothing is wrong with that"]
    for wanted, outcome in one.expects.items():
        broken = Ended(outcomes=rest | {wanted: "error"}, said=said)
        assert one.demand.unmet(broken) == [f"{wanted} is error, not {outcome}"]


@pytest.mark.parametrize(
    ("unavailable", "is_chosen"),
    [("101%", True), ("100%", False), (0, False), (-1, False), (101, False), (None, False)],
)
def test_only_what_is_more_than_all_is_overlooked(unavailable, is_chosen):
    assert answers.more_than_all(unavailable) is is_chosen


@pytest.mark.parametrize(
    ("damage", "events", "figure"),
    [
        (damages.unharmed, FOUR, "0 of 4"),
        (damages.dropping(damages.every("services")), FOUR, "0 of 4"),
        (damages.dropping(damages.every("pods", "ADDED")), FOUR, "1 of 4"),
        # What is left out in a row is seen at the next event that is told, or at the end.
        (damages.dropping(damages.every("pods")), FOUR, "1 of 4"),
        (damages.doubling(damages.each_nth(3)), FOUR, "1 of 4"),
        (damages.swapping(damages.each_nth(2)), FOUR, "2 of 4"),
        (damages.altering(damages.each_nth(3), lambda one: one), FOUR, "1 of 4"),
        (damages.breaking_off(damages.each_nth(3), gone=True), FOUR, "1 of 3"),
        (damages.delaying(damages.each_nth(2), 0.0), FOUR, "0 of 4"),
        (damages.delaying(damages.each_nth(4), LATE_SECONDS), FOUR, "1 of 4"),
        (damages.unharmed, [], "0 of 0"),
    ],
)
def test_what_a_damage_did_is_counted(damage, events, figure):
    tally, witness = Tally(), Witness()
    told(tally.watching(damage), events)
    tally.told_otherwise(witness)
    assert witness.said == [f"{figure} events were not told as they came"]
    assert bool(witness.idle) == figure.startswith("0 ")


@pytest.mark.parametrize(
    ("exchange", "body", "figure"),
    [
        (exchanges.faithful, WRONG, 0),
        (exchanges.saying(CHANGES, lambda body: MILD), WRONG, 1),
        (exchanges.saying(CHANGES, lambda body: dict(body)), WRONG, 0),
        (exchanges.overlooking(CHANGES), MILD, 0),
        (exchanges.overlooking(CHANGES), WRONG, 1),
        (exchanges.overlooking(CREATES), WRONG, 0),
        (exchanges.also_sending(CHANGES, lambda request: request), WRONG, 1),
        (exchanges.telling(CHANGES, lambda body: {}), MILD, 1),
        (exchanges.refusing(CHANGES, "no"), MILD, 1),
    ],
)
def test_what_an_exchange_did_is_counted(exchange, body, figure):
    tally, witness = Tally(), Witness()
    exchanged(tally.exchanging(exchange), "PATCH", f"{SETS}/web", body)
    tally.answered_otherwise(witness)
    assert witness.said == [f"{figure} of 1 requests were answered otherwise"]


def test_how_long_requests_waited_is_added_up():
    tally, witness = Tally(), Witness()
    delay = tally.delaying(lambda: 0.25)
    assert [delay(), delay()] == [0.25, 0.25]
    tally.told_late(witness)
    assert witness.said == ["0.5 seconds that 2 requests had to wait, taken together"]


@pytest.mark.parametrize(
    ("told", "number"),
    [
        ("", 0),
        ("7:0 Read 4096\n7:0 Write 8192\n7:0 Sync 12288\n7:0 Total 12288\nTotal 12288\n", 12288),
        ("7:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=5 dios=0\n8:0 rbytes=1 wbytes=0\n", 12289),
    ],
)
def test_the_bytes_that_a_disk_carried_are_read_of_either_version(told, number):
    assert slow.bytes_of(told) == number


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("nr_periods 9\nnr_throttled 5\nthrottled_time 2500000000\n", 2.5),
        ("usage_usec 7\nnr_throttled 5\nthrottled_usec 2500000\n", 2.5),
        ("usage_usec 7\n", 0.0),
    ],
)
def test_how_long_processors_were_waited_for_is_read_of_either_version(told, seconds, tmp_path):
    (tmp_path / "cpu.stat").write_text(told)
    assert slow.waited(tmp_path) == seconds


@pytest.mark.parametrize(("how", "lies"), [("lost-data", 1), ("swapped-data", 0)])
def test_the_runtime_writes_down_what_it_did_to_a_volume(how, lies, tmp_path, monkeypatch):
    monkeypatch.setattr(runc_wrapper, "HERE", tmp_path)
    monkeypatch.setattr(runc_wrapper, "VOLUMES", str(tmp_path / "pvc-"))
    monkeypatch.setattr(runc_wrapper.os, "execv", lambda *_: None)
    volume, bundle = tmp_path / "pvc-1_here_data-web-0", tmp_path / "bundle"
    for folder in (volume, bundle):
        folder.mkdir()
    (volume / "token").touch()
    (tmp_path / "how.json").write_text(json.dumps({"how": how, "runc": "runc"}))
    (bundle / "config.json").write_text(json.dumps({"mounts": [{"source": str(volume)}, {"source": "/etc"}]}))
    for _ in range(2):
        runc_wrapper.main(["create", "--bundle", str(bundle)])
    written = tmp_path / "lies"
    # A volume that is empty cannot lose anything, and one that was never mounted is nobody else's.
    assert (len(written.read_text().splitlines()) if written.exists() else 0) == lies


@pytest.mark.parametrize(
    ("lie", "left"),
    [
        (runc_wrapper.forget, "one\ntwo\nt"),
        (runc_wrapper.repeat, "one\ntwo\nthree\nthree\n"),
        (runc_wrapper.lose, None),
    ],
)
def test_what_was_written_to_a_volume_last_is_lost_or_doubled(lie, left, tmp_path):
    (tmp_path / "records").write_text("one\ntwo\nthree\n")
    (tmp_path / "folder").mkdir()
    assert lie({"source": str(tmp_path)})
    assert ((tmp_path / "records").read_text() if (tmp_path / "records").exists() else None) == left


@pytest.mark.parametrize("lie", [runc_wrapper.forget, runc_wrapper.repeat, runc_wrapper.lose])
def test_nothing_is_done_to_a_volume_in_which_nothing_stands(lie, tmp_path):
    assert not lie({"source": str(tmp_path)})


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
    is_misled = kubelet_proxy.FAULTS[how](Upstream("127.0.0.1", 1))(told)
    assert told == pod | changed
    assert is_misled == bool(changed)


def test_a_hasty_kubelet_confirms_the_end_of_the_very_pod():
    upstream = mock.Mock()
    kubelet_proxy.hasty(upstream)(POD | {"metadata": LEAVING})
    method, path, body, _ = upstream.connection().request.call_args.args
    assert (method, path) == ("DELETE", "/api/v1/namespaces/here/pods/web-0")
    assert json.loads(body) == {"gracePeriodSeconds": 0, "preconditions": {"uid": "1"}}
