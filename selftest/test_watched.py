"""What a wait in vain says that it saw last, and that a look is one of this object's controller, not of the last one's.

Method: pods as the API server tells of them, described one at a time; an API that bumps a generation as a server does.
"""

import pytest

from conformance.guarantees import CONTROL_PLANE
from conformance.history import Header
from fixtures.attendant import Attendant
from fixtures.cluster import Cluster
from fixtures.recorder import Recorder
from fixtures.telling import Teller
from fixtures.watched import MOST_NUDGES, Watched, _state


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


class Inherited(Cluster):
    """A cluster whose set bears a status that says it was seen up to some generation, which nobody writes any more."""

    def __init__(self, tmp_path, observed):
        super().__init__(tmp_path)
        metadata = {"name": "web", "namespace": "ns", "generation": 1, "resourceVersion": "1"}
        spec = {"replicas": 1, "revisionHistoryLimit": 10}
        self.set = {
            "kind": "StatefulSet",
            "metadata": metadata,
            "spec": spec,
            "status": {"observedGeneration": observed},
        }

    def request(self, method, path, body=None, **_):
        """Give the set, changed where that is asked for."""
        if method == "PATCH" and body["spec"].items() - self.set["spec"].items():
            self.set["spec"] |= body["spec"]
            self.set["metadata"]["generation"] += 1
        return self.set


@pytest.mark.parametrize(("observed", "generation"), [(0, 2), (1, 2), (2, 3), (5, 6), (10**6, MOST_NUDGES)])
def test_a_nudge_makes_a_generation_that_no_status_says_was_seen(tmp_path, observed, generation):
    cluster = Inherited(tmp_path, observed)
    header = Header(
        scenario="s", kind="StatefulSet", name="web", namespace="ns", selector={"app": "web"}, tier=CONTROL_PLANE
    )
    recorder = Recorder(cluster, header, tmp_path / "history.jsonl")
    attendant = Attendant(cluster, recorder, plays_kubelet=True)
    web = Watched(cluster, recorder, attendant, cluster.set, 1.0, lambda: None, Teller(None))
    assert web._nudge() == cluster.set["metadata"]["generation"] == generation
    assert [event.kind for event in recorder.events] == ["nudge"] * (generation - 1)
    recorder._file.close()
