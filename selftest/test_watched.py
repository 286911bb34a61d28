"""How the driver waits: what a wait in vain says that it saw last, what counts as a look, and what is enough.

Method: pods as the API server tells of them, described one at a time; an API that bumps a generation as a server does, and a
recorder that is told what it sees.
"""

import copy

import pytest

from conformance.guarantees import CONTROL_PLANE
from conformance.history import MODIFIED, Event, Header, Unfinished
from fixtures import driver
from fixtures.attendant import Attendant, AttendantBroken
from fixtures.awaited import MOST_LOOKS
from fixtures.cluster import Cluster
from fixtures.driver import Workload
from fixtures.recorder import Recorder
from fixtures.telling import Teller
from fixtures.watched import MOST_NUDGES, _state


def waiting(reason):
    return {"name": "web", "state": {"waiting": {"reason": reason}}}


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ({"phase": "Pending"}, "Pending, not Ready"),
        ({"phase": "Pending", "containerStatuses": [waiting("ContainerCreating")]}, "Pending, not Ready"),
        ({"phase": "Pending", "containerStatuses": [waiting("ErrImagePull")]}, "Pending, not Ready (ErrImagePull)"),
        (
            {
                "phase": "Pending",
                "initContainerStatuses": [waiting("CrashLoopBackOff")],
                "containerStatuses": [waiting("PodInitializing")],
            },
            "Pending, not Ready (CrashLoopBackOff)",
        ),
        ({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}, "Ready"),
    ],
)
def test_the_state_of_a_pod_says_what_holds_it_up(status, words):
    assert _state({"metadata": {"name": "web-0"}, "status": status}) == words


def test_a_pod_on_its_way_out_is_terminating_whatever_else_it_is():
    assert _state({"metadata": {"deletionTimestamp": "now"}, "status": {"phase": "Running"}}) == "Terminating"


class Answering(Cluster):
    """A cluster that has one set, whose status says that it was seen up to some generation; it notes what is written of a pod.

    `behind` is done as soon as a write is answered.
    """

    def __init__(self, tmp_path, observed=0):
        super().__init__(tmp_path)
        metadata = {"name": "web", "namespace": "ns", "uid": "set", "generation": 1, "resourceVersion": "1"}
        spec = {"replicas": 1, "revisionHistoryLimit": 10}
        self.set = {
            "kind": "StatefulSet",
            "metadata": metadata,
            "spec": spec,
            "status": {"observedGeneration": observed},
        }
        self.written, self.behind = [], lambda: None

    def request(self, method, path, body=None, **_):
        """Give the set, changed where that is asked for."""
        if path.endswith("/status"):
            self.written.append((body["metadata"]["uid"], body["status"]["phase"]))
        elif method == "PATCH" and body["spec"].items() - self.set["spec"].items():
            self.set["spec"] |= body["spec"]
            self.set["metadata"]["generation"] += 1
        answer = copy.deepcopy(self.set)
        if method != "GET":
            self.behind()
        return answer


@pytest.fixture
def web(tmp_path, request):
    """A workload whose set is seen as it is now: `see` has the recorder see it, or a pod, anew."""
    cluster = Answering(tmp_path, getattr(request, "param", 0))
    header = Header(
        scenario="s", kind="StatefulSet", name="web", namespace="ns", selector={"app": "web"}, tier=CONTROL_PLANE
    )
    recorder = Recorder(cluster, header, tmp_path / "history.jsonl")
    attendant = Attendant(cluster, recorder, plays_kubelet=False)
    yield Workload(cluster, recorder, attendant, cluster.set, 5.0, lambda: None, Teller(None))
    recorder._file.close()


def see(web, kind, one):
    """Have the recorder of a workload see an object as it is now."""
    web.recorder._append(Event(MODIFIED, kind, len(web.recorder.events) + 1, copy.deepcopy(one)))


@pytest.mark.parametrize(
    ("web", "generation"), [(0, 2), (1, 2), (2, 3), (5, 6), (10**6, MOST_NUDGES)], indirect=["web"]
)
def test_a_nudge_makes_a_generation_that_no_status_says_was_seen(web, generation):
    assert web._nudge() == web.cluster.set["metadata"]["generation"] == generation
    assert [event.kind for event in web.recorder.events] == ["nudge"] * (generation - 1)


def test_a_nudge_while_something_is_waited_for_need_not_be_seen(web):
    web._generation = 1
    web._look_again()
    assert (web.cluster.set["metadata"]["generation"], web._generation) == (2, 1)


@pytest.mark.parametrize(("true_at", "looks"), [(1, 1), (3, 3), (99, MOST_LOOKS)])
def test_a_controller_looks_until_its_status_is_true(web, true_at, looks):
    def look():
        generation = web.cluster.set["metadata"]["generation"]
        web.cluster.set["status"] = {"observedGeneration": generation, "replicas": int(generation <= true_at)}
        see(web, "StatefulSet", web.cluster.set)

    web.cluster.behind = look
    web.sync()
    assert [event.kind for event in web.recorder.events].count("nudge") == looks


def test_more_that_are_available_than_were_waited_for_are_enough(web):
    web.cluster.set["status"] = {"availableReplicas": 2}
    see(web, "StatefulSet", web.cluster.set)
    web.wait_available(1)
    assert web.recorder.events[-1].object["met"]


def test_a_wait_ends_where_nobody_cares_for_the_pods_any_more(web):
    web.attendant._broken = KeyError("spec")
    with pytest.raises(AttendantBroken, match="spec"):
        web.wait_available(1)


@pytest.mark.parametrize(("least", "waits"), [(0, [True]), (1, [False, True])])
def test_what_a_ready_pod_needs_time_for_is_waited_for_anew(web, least, waits):
    def look():
        web.cluster.set["status"] = {"observedGeneration": web.cluster.set["metadata"]["generation"]}
        see(web, "StatefulSet", web.cluster.set)

    web.patience, web.cluster.behind = 0.05, look
    web.cluster.set["spec"]["minReadySeconds"] = least
    see(web, "StatefulSet", web.cluster.set)
    with pytest.raises(Unfinished, match="in vain"):
        web.wait_available(1)
    said = [event for event in web.recorder.events if event.kind in ("wait", "nudge")]
    assert [one.object.get("promised", True) for one in said if one.kind == "wait"] == waits
    # Whoever is made to look is so behind the last of them.
    assert [one.kind for one in said][-3:] == ["nudge", "nudge", "wait"]
    assert all(one.object["seconds"] >= 0.05 for one in said if one.kind == "wait")


def test_a_phase_is_written_again_where_the_kubelet_wrote_its_own(web, monkeypatch):
    monkeypatch.setattr(driver, "REWRITING_SECONDS", 0.01)
    labels = {"app": "web"}
    pod = {"metadata": {"name": "web-0", "namespace": "ns", "uid": "one", "resourceVersion": "1", "labels": labels}}
    pod |= {"spec": {"nodeName": "node-1"}, "status": {"phase": "Running"}}
    see(web, "Pod", pod)

    def kubelet_or_controller():
        if len(web.cluster.written) == 3:
            pod["metadata"]["deletionTimestamp"] = "now"
        see(web, "Pod", pod)

    web.cluster.behind = kubelet_or_controller
    web.fail_pod(0, "Succeeded")
    assert web.cluster.written == [("one", "Succeeded")] * 3
