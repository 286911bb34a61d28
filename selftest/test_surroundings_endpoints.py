"""What an agent says of a pod in an EndpointSlice, and what it writes when: the honest one, and each of its faults.

Method: the agent knows one Service and its pods from a cache that is filled by hand, and writes to a store that remembers it.
"""

from dataclasses import dataclass, field

import pytest

from conformance.guarantees import REGISTRY
from fixtures.cluster import Cluster
from selftest.surroundings.agents import AGENTS
from selftest.surroundings.controllers import HONEST, WRITERS

PORT = {"name": "tcp", "port": 8080, "targetPort": 8080, "protocol": "TCP"}
FAULTS = [name for name in WRITERS if name != HONEST]


def service(name, **specification):
    selecting = {"selector": {"app": "web"}, "clusterIP": "None", "ports": [PORT]}
    return {"metadata": {"name": name, "namespace": "here", "uid": name}, "spec": selecting | specification}


def pod(name, *, ready=True, leaving=False, phase="Running", address="10.0.0.7"):
    about = {"name": name, "namespace": "here", "uid": f"uid of {name}", "labels": {"app": "web"},
             "creationTimestamp": "2026-01-01T00:00:00Z"}  # fmt: skip
    status = {"phase": phase, "conditions": [{"type": "Ready", "status": str(ready)}]}
    return {
        "metadata": about | ({"deletionTimestamp": "2026-01-01T00:01:00Z"} if leaving else {}),
        "spec": {"hostname": name, "subdomain": "web", "nodeName": "node-1"},
        "status": status | ({"podIPs": [{"ip": address}]} if address else {}),
    }


@dataclass
class Told:
    """A store that remembers what is written."""

    written: list = field(default_factory=list)

    def create(self, kind, body):
        """Note a creation."""
        self.written.append(("create", kind, body))

    def patch(self, kind, one, change):
        """Note a change."""
        self.written.append(("patch", kind, change))

    def delete(self, kind, one):
        """Note a deletion."""
        self.written.append(("delete", kind, one["metadata"]["name"]))


def looked(agent, one, *there, **slices):
    """What an agent writes when it looks at a Service; `slices` are those that are there already."""
    made = AGENTS[agent](Cluster("nowhere"))
    owner = {"ownerReferences": [{"uid": one["metadata"]["uid"], "controller": True}]}
    for pod_ in there:
        made.cache._objects["Pod"]["here"][pod_["metadata"]["uid"]] = pod_
    for name, body in slices.items():
        made.cache._objects["EndpointSlice"]["here"][name] = {"metadata": {"name": name} | owner} | body
    store = Told()
    made.look(one, store)
    return store.written


def endpoint(agent, one, about, *known):
    """What an agent says of a pod: its host name, and whether it is ready."""
    said = AGENTS[agent](Cluster("nowhere")).endpoint(one, about, known)
    return said.get("hostname", ""), said["conditions"]["ready"]


WEB, SECOND, EARLY = service("web"), service("second"), service("web", publishNotReadyAddresses=True)
ADDRESSED = service("other", clusterIP="10.96.0.7")


@pytest.mark.parametrize(
    ("one", "about", "said"),
    [
        (WEB, pod("web-0"), ("web-0", True)),
        (WEB, pod("web-0", ready=False), ("web-0", False)),
        (WEB, pod("web-0", leaving=True), ("web-0", False)),
        (EARLY, pod("web-0", ready=False), ("web-0", True)),
        (EARLY, pod("web-0", leaving=True), ("web-0", True)),
        (SECOND, pod("web-0"), ("", True)),
        (ADDRESSED, pod("web-0"), ("", True)),
    ],
)
def test_the_honest_one_says_what_kubernetes_would(one, about, said):
    assert endpoint(HONEST, one, about) == said


@pytest.mark.parametrize(
    ("fault", "one", "about", "said"),
    [
        ("nameless-at-first", WEB, pod("web-0"), ("", True)),
        ("unready-as-ready", WEB, pod("web-0", ready=False), ("web-0", True)),
        ("unready-though-asked", EARLY, pod("web-0", ready=False), ("web-0", False)),
        ("names-everywhere", SECOND, pod("web-0"), ("web-0", True)),
    ],
)
def test_each_fault_says_one_thing_otherwise(fault, one, about, said):
    assert endpoint(HONEST, one, about) != said
    assert endpoint(fault, one, about) == said


def test_the_name_that_was_missing_comes_with_the_second_write():
    assert endpoint("nameless-at-first", WEB, pod("web-0"), "uid of web-0") == ("web-0", True)


def test_a_slice_is_made_once_and_then_kept_as_it_should_be():
    ((how, kind, made),) = looked(HONEST, WEB, pod("web-0"), pod("web-1", ready=False))
    assert (how, kind, made["ports"]) == ("create", "EndpointSlice", [{"name": "tcp", "port": 8080, "protocol": "TCP"}])
    assert [one["hostname"] for one in made["endpoints"]] == ["web-0", "web-1"]
    kept = {"endpoints": made["endpoints"], "ports": made["ports"]}
    assert looked(HONEST, WEB, pod("web-0"), pod("web-1", ready=False), first=kept) == []
    assert looked(HONEST, WEB, pod("web-0"), pod("web-1"), first=kept)[0][0] == "patch"
    assert looked(HONEST, WEB, pod("web-0"), pod("web-1", ready=False), first=kept, second=kept) == [
        ("delete", "EndpointSlice", "second")
    ]


@pytest.mark.parametrize("about", [pod("web-0", address=""), pod("web-0", phase="Failed")])
def test_what_has_no_address_or_has_ended_is_not_listed(about):
    assert looked(HONEST, WEB, about)[0][2]["endpoints"] == []
    # An empty list is stored as none.
    assert looked(HONEST, WEB, about, first={"endpoints": None, "ports": None}) == []


def test_a_service_that_selects_nothing_is_left_alone():
    assert looked(HONEST, service("web", selector=None), pod("web-0")) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_names_guarantees_that_there_are(fault):
    assert set(AGENTS[fault].breaks) <= set(REGISTRY)
    assert AGENTS[fault].breaks
