"""A refusal is believed of a server that knows of all rights by then, and of none that has only just started.

Method: an HTTP server that says line by line what it is told to say; of Kubernetes it knows nothing.
"""

import json
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from fixtures import waiting
from fixtures.cluster import ApiError, Cluster
from fixtures.waiting import TransportError

MADE, READY, STARTING = 201, 200, 500


class Saying(BaseHTTPRequestHandler):
    """Answers with the next status code of `says` for its path, and the last of them for ever; notes what it was asked."""

    protocol_version = "HTTP/1.1"

    def _said(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind = "ready" if self.path == "/readyz" else "asked"
        self.server.noted.append(kind)
        codes = self.server.says[kind]
        text = json.dumps({"reason": "AsTold", "message": self.server.message}).encode()
        self.send_response(codes.pop(0) if len(codes) > 1 else codes[0])
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = _said  # noqa: N815

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def saying(tmp_path):
    with ThreadingHTTPServer(("127.0.0.1", 0), Saying) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        named = {"name": "here", "cluster": {"server": f"http://127.0.0.1:{server.server_address[1]}"}}
        context = {"name": "here", "context": {"cluster": "here", "user": "here"}}
        config = {"clusters": [named], "users": [{"name": "here", "user": {}}], "contexts": [context]}
        (tmp_path / "kubeconfig").write_text(json.dumps({"current-context": "here", **config}))
        # Whoever has heard enough hangs up.
        server.handle_error = lambda *_: None
        server.noted, server.message = [], "as it was told"
        yield server, Cluster(tmp_path / "kubeconfig")
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("refusal", [401, 403])
@pytest.mark.parametrize(
    ("asked", "ready", "noted"),
    [
        ([MADE], [READY], "asked"),
        ([0, MADE], [STARTING, READY], "asked ready asked"),
        ([0, 0, MADE], [STARTING, READY], "asked ready asked ready asked"),
        # It became ready between its refusal and the question whether it was.
        ([0, MADE], [READY], "asked ready asked"),
    ],
)
def test_a_server_that_has_just_started_is_asked_again(saying, refusal, asked, ready, noted):
    server, cluster = saying
    server.says = {"asked": [code or refusal for code in asked], "ready": list(ready)}
    assert cluster.request("POST", "/api/v1/namespaces", {})["reason"] == "AsTold"
    assert server.noted == noted.split()


@pytest.mark.parametrize("refusal", [401, 403])
@pytest.mark.parametrize("ready", [READY, 404], ids=["ready", "unknown"])
def test_a_refusal_by_a_server_that_is_ready_is_believed(saying, refusal, ready):
    server, cluster = saying
    server.says = {"asked": [refusal], "ready": [ready]}
    with pytest.raises(ApiError, match=f"{refusal} AsTold: as it was told"):
        cluster.request("POST", "/api/v1/namespaces", {})
    assert (server.noted, cluster.transport.retries) == (["asked", "ready", "asked"], 0)


def test_whether_a_server_is_ready_may_be_what_it_refuses_to_say_while_it_starts(saying):
    server, cluster = saying
    server.says = {"asked": [403, 403, MADE], "ready": [403, READY]}
    assert cluster.request("POST", "/api/v1/namespaces", {})["reason"] == "AsTold"
    assert server.noted == ["asked", "ready", "asked", "ready", "asked"]


def test_whoever_may_never_ask_whether_a_server_is_ready_believes_it_in_the_end(saying, monkeypatch):
    monkeypatch.setattr("fixtures.cluster.STARTING_SECONDS", 0.5)
    server, cluster = saying
    server.says = {"asked": [403], "ready": [403]}
    with pytest.raises(ApiError, match="403 AsTold: as it was told"):
        cluster.request("POST", "/api/v1/namespaces", {})
    assert cluster.transport.retries > 0


def test_a_server_that_does_not_come_to_be_ready_refuses_nothing(saying, monkeypatch):
    monkeypatch.setattr(waiting, "TRANSPORT_SECONDS", 0.5)
    server, cluster = saying
    server.says = {"asked": [403], "ready": [STARTING]}
    with pytest.raises(TransportError, match="403 Forbidden from a server that is not ready yet"):
        cluster.request("POST", "/api/v1/namespaces", {})


def test_a_quota_that_nobody_has_counted_yet_refuses_nothing(saying):
    server, cluster = saying
    server.message = 'pods "web-0" is forbidden: status unknown for quota: operator, resources: pods'
    server.says = {"asked": [403, 403, MADE], "ready": [READY]}
    assert cluster.request("POST", "/api/v1/namespaces", {})["reason"] == "AsTold"
    assert (server.noted, cluster.transport.retries) == (["asked", "ready", "asked", "asked"], 1)


def test_a_quota_that_is_used_up_refuses(saying):
    server, cluster = saying
    server.message = (
        'pods "web-0" is forbidden: exceeded quota: operator, requested: pods=1, used: pods=1, limited: pods=1'
    )
    server.says = {"asked": [403], "ready": [READY]}
    with pytest.raises(ApiError, match=r"403 AsTold: .* exceeded quota"):
        cluster.request("POST", "/api/v1/namespaces", {})


EVICTION = "/api/v1/namespaces/ns/pods/web-0/eviction"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (429, "Cannot evict pod as it would violate the pod's disruption budget."),
        (500, "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."),
    ],
)
def test_what_a_budget_says_to_an_eviction_is_its_answer(saying, answer, message):
    server, cluster = saying
    server.message = message
    server.says = {"asked": [answer, MADE], "ready": [READY]}
    with pytest.raises(ApiError, match=f"{answer} AsTold"):
        cluster.request("POST", EVICTION, {})
    assert server.noted == ["asked"]


@pytest.mark.parametrize(
    ("path", "busy"), [(EVICTION, 429), (EVICTION, 500), (EVICTION, 503), ("/api/v1/namespaces", 429)]
)
def test_a_server_that_is_busy_is_asked_again(saying, path, busy):
    server, cluster = saying
    server.says = {"asked": [busy, MADE], "ready": [READY]}
    assert cluster.request("POST", path, {})["reason"] == "AsTold"
    assert (server.noted, cluster.transport.retries) == (["asked", "asked"], 1)


@pytest.mark.parametrize(
    ("told", "ahead"),
    [
        (-60, -60),
        (-4, -4),
        # It was told just after it was asked, and heard late.
        (1, 0),
        (9, 0),
        (12, 0),
        (15, 5),
    ],
)
def test_an_answer_that_was_heard_late_is_no_clock_that_goes_slow(tmp_path, told, ahead):
    cluster, heard = Cluster(tmp_path), datetime.now(UTC)
    asked = heard - timedelta(seconds=10)
    cluster._hear_time(format_datetime(asked + timedelta(seconds=told), usegmt=True), asked)
    assert abs((cluster.now() - datetime.now(UTC)).total_seconds() - ahead) < 1.5


AGES = f"Sun, 29 Nov {'9' * 20} 10:00:00 GMT"


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Sun, 29 Nov 2026 10:00:00 -0000", "Sun, 29 Nov 2026 10:00:00", AGES]
)
def test_a_time_that_cannot_be_compared_is_not_heard(tmp_path, date):
    cluster = Cluster(tmp_path)
    cluster._hear_time(date, datetime.now(UTC))
    assert abs(cluster.now() - datetime.now(UTC)) < timedelta(seconds=1)


def test_a_clock_that_is_known_is_not_forgotten_over_an_answer_that_was_heard_late(tmp_path):
    cluster, now = Cluster(tmp_path), datetime.now(UTC)
    told = format_datetime(now - timedelta(seconds=6), usegmt=True)
    cluster._hear_time(told, now)
    cluster._hear_time(told, now - timedelta(seconds=8))
    assert abs((cluster.now() - datetime.now(UTC)).total_seconds() + 6) < 1.5


def test_an_eviction_that_was_done_while_its_answer_was_lost_is_done(saying):
    server, cluster = saying
    server.says = {"asked": [503, 409], "ready": [READY]}
    assert cluster.request("POST", EVICTION, {}) == {}


def test_an_address_is_told_without_what_may_be_secret(tmp_path):
    named = {"name": "here", "cluster": {"server": "https://me:hunter2@api.example:6443/k8s?token=abc"}}
    context = {"name": "2024", "context": {"cluster": "here", "user": "here"}}
    config = {"clusters": [named], "users": [], "contexts": [context], "current-context": "2024"}
    (tmp_path / "kubeconfig").write_text(json.dumps(config))
    cluster = Cluster(tmp_path / "kubeconfig")
    assert (cluster.address, cluster.context_name) == ("https://api.example:6443/k8s", "2024")
