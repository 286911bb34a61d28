"""The attendant: what is set by hand is not undone by what it was about to do.

Method: a recorder that was told of a pod, and an API whose answer to the attendant's first act comes as late as the test wants.
"""

import threading

import pytest

from conformance.guarantees import CONTROL_PLANE
from conformance.history import ADDED, Event, Header
from fixtures.attendant import Attendant, AttendantBroken
from fixtures.cluster import Cluster
from fixtures.recorder import Recorder

NAMED = {"name": "web-0", "namespace": "ns", "uid": "one", "labels": {"app": "web"}, "resourceVersion": "1"}
POD = {"metadata": NAMED, "spec": {}, "status": {}}
HEADER = Header(
    scenario="s", kind="StatefulSet", name="web", namespace="ns", selector={"app": "web"}, tier=CONTROL_PLANE
)


class Slow(Cluster):
    """A cluster that does what it was asked first only when it was asked for something else, or a while has passed."""

    def __init__(self, tmp_path):
        super().__init__(tmp_path)
        self.written, self.asked, self.others = [], threading.Event(), threading.Event()

    def request(self, method, path, body=None, **_):
        """Note the readiness that is written, of the pod that was meant."""
        assert body["metadata"]["uid"] == "one"
        is_first = not self.asked.is_set()
        self.asked.set()
        if is_first:
            self.others.wait(0.3)
        else:
            self.others.set()
        self.written.append(body["status"]["conditions"][0]["status"])
        return {}


@pytest.fixture
def cared_for(tmp_path, request):
    """A pod that has just been seen, held or not, whose attendant is about to let it run, and the cluster that is asked."""
    cluster = Slow(tmp_path)
    recorder = Recorder(cluster, HEADER, tmp_path / "history.jsonl")
    attendant = Attendant(cluster, recorder, plays_kubelet=True)
    attendant.readiness |= request.param
    attendant.start()
    recorder._append(Event(ADDED, "Pod", 1, POD))
    assert cluster.asked.wait(10)
    yield attendant, cluster
    attendant.stop()
    recorder._file.close()


@pytest.mark.parametrize(
    ("cared_for", "by_hand", "last"),
    [({"web-0"}, "make_ready", "True"), (set(), "make_unready", "False")],
    indirect=["cared_for"],
)
def test_what_is_set_by_hand_while_the_attendant_acts_is_how_it_stays(cared_for, by_hand, last):
    attendant, cluster = cared_for
    attendant.readiness.clear()
    getattr(attendant, by_hand)(POD)
    attendant.nudge()
    attendant.stop()
    assert cluster.written[-1] == last


def test_an_attendant_that_breaks_says_so_to_whoever_waits(tmp_path):
    recorder = Recorder(Cluster(tmp_path), HEADER, tmp_path / "history.jsonl")
    attendant = Attendant(recorder.cluster, recorder, plays_kubelet=True)
    attendant.start()
    attendant.require_alive()
    recorder._append(Event(ADDED, "Pod", 1, {"metadata": NAMED}))
    attendant.stop()
    with pytest.raises(AttendantBroken, match=r"cared for no more: KeyError\('spec'\)"):
        attendant.require_alive()
    recorder._file.close()
