"""The second controller's decisions, without a cluster: what it creates, ends and counts in a world that is written down.

Method: a world is a few pods by ordinal; what is decided of it is a list of ordinals.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from conformance.guarantees import REGISTRY
from fixtures.cluster import Cluster
from selftest.second.controller import Controller
from selftest.second.faults import FAULTS
from selftest.second.objects import ordinal_of, selects
from selftest.second.queue import Queue
from selftest.second.world import World

SUITE = Path(__file__).parents[1] / "conformance"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
OLD, NEW = "web-old", "web-new"


def pod(ordinal, revision=NEW, *, ready=True, phase="Running", leaving=False, since=NOW - timedelta(seconds=9)):
    metadata = {"name": f"web-{ordinal}", "uid": f"u{ordinal}", "labels": {"controller-revision-hash": revision}}
    when = since.strftime("%Y-%m-%dT%H:%M:%SZ")
    condition = {"type": "Ready", "status": str(ready), "lastTransitionTime": when}
    return {
        "metadata": metadata | ({"deletionTimestamp": "now"} if leaving else {}),
        "spec": {},
        "status": {"phase": phase, "conditions": [condition]},
    }


def world(*pods, replicas=3, claims=(), **specification):
    metadata = {"name": "web", "uid": "s", "namespace": "n", "generation": 1}
    revisions = [{"metadata": {"name": name}, "data": {}} for name in (OLD, NEW)]
    found = {claim["metadata"]["name"]: claim for claim in claims}
    return World(
        {"metadata": metadata, "spec": {"replicas": replicas} | specification, "status": {}},
        pods, found, *revisions, frozenset(), NOW,
    )  # fmt: skip


@pytest.fixture
def honest():
    return Controller(Cluster(Path("nowhere")), "")


def named(pods):
    return [one["metadata"]["name"] for one in pods]


def test_the_next_pod_waits_for_the_last(honest):
    assert honest.to_create(world()) == [0]
    assert honest.to_create(world(pod(0, ready=False))) == []
    assert honest.to_create(world(pod(0))) == [1]
    assert honest.to_create(world(pod(0), minReadySeconds=60)) == []
    assert honest.to_create(world(podManagementPolicy="Parallel")) == [0, 1, 2]


def test_the_highest_leaves_when_all_others_are_settled(honest):
    pods = [pod(0), pod(1), pod(2)]
    assert named(honest.to_end_for_scaling(world(*pods, replicas=1))) == ["web-2"]
    assert honest.to_end_for_scaling(world(pod(0, ready=False), pod(1), replicas=1)) == []
    assert honest.to_end_for_scaling(world(pod(0), pod(1), pod(2, leaving=True), replicas=1)) == []


def test_an_update_goes_from_the_highest_ordinal_as_many_at_once_as_it_may(honest):
    pods = [pod(0, OLD), pod(1, OLD), pod(2, OLD)]
    assert named(honest.to_end_for_update(world(*pods))) == ["web-2"]
    two = {"rollingUpdate": {"maxUnavailable": "67%"}}
    assert named(honest.to_end_for_update(world(*pods, updateStrategy={"type": "RollingUpdate"} | two))) == [
        "web-2",
        "web-1",
    ]
    assert honest.to_end_for_update(world(pod(0, OLD), pod(1, OLD), pod(2, ready=False))) == []
    assert honest.to_end_for_update(world(*pods, updateStrategy={"type": "OnDelete"})) == []


def test_the_newest_revision_is_current_only_when_all_are_of_it_and_ready(honest):
    assert honest.is_complete(world(pod(0), pod(1), pod(2)))
    assert not honest.is_complete(world(pod(0), pod(1, ready=False), pod(2)))
    assert not honest.is_complete(world(pod(0, OLD), pod(1), pod(2)))


def test_a_claim_belongs_to_whom_the_policy_says(honest):
    both = {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete", "whenScaled": "Delete"}}
    claim = {"metadata": {"name": "data-web-2"}}
    staying = world(pod(2), **both)
    leaving = world(pod(2), replicas=1, **both)
    assert [one["kind"] for one in honest.claim_owners(staying, claim, 2)] == ["StatefulSet"]
    assert [one["kind"] for one in honest.claim_owners(leaving, claim, 2)] == ["Pod"]
    assert honest.claim_owners(world(pod(2)), claim, 2) == []
    foreign = {"metadata": {"ownerReferences": [{"kind": "Job", "name": "j", "uid": "j", "controller": True}]}}
    assert honest.claim_owners(staying, foreign, 2) == foreign["metadata"]["ownerReferences"]


def test_names_and_labels_are_read_as_kubernetes_reads_them():
    assert ordinal_of("web-10", "web") == 10
    assert ordinal_of("web-1-0", "web") is None
    assert ordinal_of("web-01", "web") is None
    assert selects({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b"]}]}, {"a": "c"})
    assert not selects({"matchLabels": {"a": "b"}}, {"a": "c"})


def test_a_set_that_changes_while_it_is_looked_at_is_looked_at_again():
    queue = Queue()
    queue.add(("n", "web"))
    key = queue.take()
    queue.add(key)
    queue.done(key, failed=False)
    assert queue.take() == key


def test_there_are_fifty_faults_and_more():
    assert len(FAULTS) >= 50


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_says_what_it_does_and_breaks_guarantees_that_there_are(name):
    fault = FAULTS[name]
    assert fault.sentence.endswith(".")
    assert fault.breaks
    assert set(fault.asked) <= set(REGISTRY)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_by_what_some_scenarios_are_asked_and_not_by_all_of_them(name):
    sources = [path.read_text() for path in SUITE.glob("test_*.py") if path.name != "test_invariants.py"]
    assert any(f'@proves("{asked}")' in source for asked in FAULTS[name].asked for source in sources)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_puts_something_else_in_the_place_of_what_the_honest_controller_has(name):
    own = {attribute for attribute in vars(FAULTS[name].controller) if not attribute.startswith("__")}
    own -= {"breaks", "shown_by"}
    assert own
    for attribute in own:
        assert vars(FAULTS[name].controller)[attribute] is not getattr(Controller, attribute)
