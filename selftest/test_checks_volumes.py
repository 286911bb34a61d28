"""Volumes: where a pod can use one, and how many pods at once.

Method: each check is asked of a lawful history, of each way to break the promise, and of each way to know too little.
"""

import copy

import pytest

from conformance import checks
from conformance.history import PROBE, Event, History
from selftest.notation import edited, judged, probed, story

ASKED = "+0 r0 placement:0:node-1 delete:0 t0 -0 +0 r0 placement:0:node-1"
HOST, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"


def term(key, operator="In", *values):
    """A term of a node selector with one requirement."""
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


def placed(words=ASKED, *, nodes=(), labels=None, last=None):
    """The story, in which each pod is told to be on a node of these labels, with a volume for these nodes.

    `last`: the labels of the node that the last one is on.
    """
    history = story(words, replicas=1)
    told = {"volume": "v1", "nodes": list(nodes), "answer": None}
    known = labels or {HOST: "node-1", ZONE: "east"}
    history = probed(history, "placement", **told, node="node-1", labels=known)
    if last is None:
        return history
    *others, probe = history.log
    moved = Event(PROBE, "placement", probe.rv, {**probe.object, "node": "node-2", "labels": last}, probe.time)
    return History.of(history.header, [*others, moved])


@pytest.mark.parametrize(
    "terms",
    [
        [],
        [term(HOST, "In", "node-1")],
        [term(HOST, "In", "node-3"), term(ZONE, "In", "west", "east")],
        [term(HOST, "Exists")],
        [term("none", "DoesNotExist")],
        [term("none", "NotIn", "node-1")],
        [term("number", "Gt", "6")],
        [term("number", "Lt", "8")],
        [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node-1"]}]}],
    ],
)
def test_a_pod_runs_where_its_volume_is(terms):
    labels = {HOST: "node-1", ZONE: "east", "number": "7"}
    assert judged(checks.runs_where_its_volume_is, placed(nodes=terms, labels=labels)) == []


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ([term(HOST, "In", "node-1")], "kubernetes.io/hostname In node-1"),
        ([term(ZONE, "In", "east"), term(ZONE, "In", "north")],
         "topology.kubernetes.io/zone In east or topology.kubernetes.io/zone In north"),
        ([term(ZONE, "NotIn", "west")], "topology.kubernetes.io/zone NotIn west"),
        ([term("disk", "Exists")], "disk Exists"),
        ([term(ZONE, "DoesNotExist")], "topology.kubernetes.io/zone DoesNotExist"),
        ([{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node-1"]}]}], "metadata.name In node-1"),
        ([{"matchExpressions": []}], ""),
    ],
)  # fmt: skip
def test_a_pod_that_is_made_again_elsewhere_breaks_the_promise(terms, words):
    elsewhere = {HOST: "node-2", ZONE: "west"}
    first = {HOST: "node-1", ZONE: "east", "disk": "ssd"}
    of_volume = placed(nodes=terms, labels=first, last=elsewhere)
    said = judged(checks.runs_where_its_volume_is, of_volume)
    assert said[-1] == f"9 placement:0:node-1: web-0 is on node-2, and its volume v1 is for nodes of {words} only"


@pytest.mark.parametrize(
    ("history", "answer"),
    [
        (placed("+0 r0"), "the history holds no question where a pod is"),
        (placed("+0 r0 placement:0:node-1"), "the history holds no question where a pod is that was made again"),
        (
            placed("+0 r0 placement:0:node-1 delete:0 t0 -0 +0 r0"),
            "the history holds no question where a pod is that was made again",
        ),
        (
            probed(placed(), "placement", node=None, trouble="403 Forbidden"),
            "event 8 (rv 6): where web-0 is could not be asked: 403 Forbidden",
        ),
        (
            placed(nodes=[term(HOST, "Near", "node-1")]),
            "event 8 (rv 6): nobody here can read the requirement kubernetes.io/hostname Near node-1",
        ),
        (
            placed(nodes=[term(HOST, "Gt", "six")]),
            "event 8 (rv 6): nobody here can read the requirement kubernetes.io/hostname Gt six",
        ),
    ],
)
def test_what_is_not_known_of_a_place_decides_nothing(history, answer):
    assert judged(checks.runs_where_its_volume_is, history) == f"inconclusive: {answer}"


def wanted(words, *modes):
    """The story of web-0 and of web-1, which here mounts the claim of web-0, of these access modes."""

    def mount(pod):
        pod["spec"]["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": "data-web-0"}}]
        pod["status"] = copy.deepcopy(pod["status"])

    def claim(one):
        one["spec"]["accessModes"] = list(modes)

    history = edited(story(words, replicas=1), "Pod", "web-1", mount)
    return edited(history, "PersistentVolumeClaim", "data-web-0", claim)


TAKEN = "1 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode."


def refused(history, why=TAKEN):
    """The history, in which the scheduler has no place for web-1 while it is not Ready."""

    def unscheduled(pod):
        if pod["status"].get("phase") != "Running":
            refusal = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": why}
            pod["status"]["conditions"] = [refusal]

    return edited(history, "Pod", "web-1", unscheduled)


ALONE = "ReadWriteOncePod"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("+0 r0 +1 u0 t0 -0 r1", []),
        ("+0 r0 +1 S0 r1", []),
        ("+0 r0 +1 F0 r1 t0 -0", []),
        ("+0 r0 +1 r1", ["4 r1: web-1 ran with data-web-0 while web-0 did"]),
        ("+0 r0 +1 t0 r1 -0", ["5 r1: web-1 ran with data-web-0 while web-0 did"]),
        ("+0 +1 r1 r0", ["4 r0: web-0 ran with data-web-0 while web-1 did"]),
        ("+0 r0 +1 t0 -0", "inconclusive: no pod waited for data-web-0 while another used it, and then ran with it"),
        ("+0 r0 t0 -0 +1 r1", "inconclusive: no pod waited for data-web-0 while another used it, and then ran with it"),
        ("+0 r0 +1 gap t0 -0 r1", "inconclusive: event 10 (rv 8): the watch of Pod has a gap: 410 Gone"),
    ],
)
def test_a_volume_for_one_pod_is_used_by_one_pod_at_a_time(words, answer):
    assert judged(checks.used_by_one_pod, refused(wanted(words, ALONE))) == answer


@pytest.mark.parametrize("why", [None, "0/1 nodes are available: 1 Insufficient cpu."])
def test_a_pod_that_nobody_refused_for_the_volume_proves_nothing(why):
    told = wanted("+0 r0 +1 t0 -0 r1", ALONE)
    assert judged(checks.used_by_one_pod, refused(told, why) if why else told) == (
        "inconclusive: no pod waited for data-web-0 while another used it, and then ran with it"
    )


@pytest.mark.parametrize("modes", [(), ("ReadWriteOnce",), (ALONE, "ReadWriteOnce")])
def test_a_volume_for_several_pods_is_no_matter_of_this(modes):
    assert judged(checks.used_by_one_pod, refused(wanted("+0 r0 +1 r1", *modes))) == (
        "inconclusive: the history holds no claim for one pod alone"
    )
