"""The checks of the gate on crossings written by hand: lawful upgrades are never accused, each loss is named where it shows.

Method: each history is written in the notation of selftest/crossings.py.
"""

import re

import pytest

from conformance.history import LISTED, Event, History
from conformance.upgrade import checks
from selftest.crossings import crossing
from selftest.notation import edited
from selftest.notation import judged as judged_whole

PHASE = re.compile(r" \(while .* was upgraded\)$")
NODES = "n1:ready n2:ready n3:ready"
THREE = f"{NODES} +0 on0:n1 r0 id0:a +1 on1:n2 r1 id1:b +2 on2:n3 r2 id2:c ="
# The same, as far as the UIDs go, with the API server away meanwhile.
UNSEEN = "gap relist"
AGAIN = "+0 on0:n2 r0 ]"
MOVES = "n1:cordoned t0 -0 +0 on0:n1 n1:v2 n1:ready r0 id0:d"


def judged(check, told, *arguments):
    """A check's answer in words, without the phases."""
    said = judged_whole(check, told, *arguments)
    return said if isinstance(said, str) else [PHASE.sub("", one) for one in said]


def test_a_violation_names_the_phase_in_which_it_happened():
    told = crossing(f"{THREE} [ t1 n1:cordoned n1:ready n2:cordoned id2:x n2:ready ]")
    assert judged_whole(checks.pods_leave_with_their_node, told) == [
        "18 t1: web-1 began to terminate before anything was done to node n2 (while the control plane was upgraded)",
        "22 id2:x: container web of web-2 was started anew, although nothing was done to node n3 (while n2 was upgraded)",
    ]


@pytest.mark.parametrize(
    "words",
    [
        f"{THREE} [ ]",
        f"{THREE} [ {UNSEEN} ]",
        f"{THREE} [ {MOVES} ]",
        f"{THREE} [ {UNSEEN} {MOVES} ]",
        f"{THREE} [ n1:away id0:d r0 n1:ready ]",
        f"{THREE} [ n1:v2 id0:d ]",
        f"{THREE} [ n1:runtime id0:d n1:ready ]",
        f"{THREE} [ n1:tainted t0 -0 +0 on0:n2 r0 n1:ready ]",
        f"{THREE} [ n1:leaving t0 -0 +0 on0:n2 r0 n1:gone n4:ready ]",
        # Replaced under its own name.
        f"{THREE} [ n1:cordoned t0 -0 +0 on0:n2 r0 n1:gone n1:v2 ]",
        f"{THREE} [ n1:gone t0 -0 +0 on0:n2 r0 n1:ready ]",
        # Drained twice, since where it went to was drained after that.
        f"{THREE} [ n1:cordoned t0 -0 +0 on0:n2 r0 n1:ready n2:cordoned t0 t1 -0 -1 +0 on0:n1 r0 +1 on1:n2 r1 n2:ready ]",
        # It was placed when that node had just been cordoned.
        f"{THREE} [ n1:cordoned t0 -0 n2:cordoned +0 on0:n2 t0 -0 +0 on0:n3 r0 t1 -1 n1:ready n2:ready +1 on1:n2 r1 ]",
        f"{THREE} [ n1:cordoned gap lost:0 relist +0 on0:n1 r0 n1:ready ]",
    ],
)
def test_a_lawful_upgrade_is_never_accused(words):
    told = crossing(words)
    for check in (checks.sets_stay, checks.claims_stay, checks.revisions_stay, checks.pods_return,
                  checks.pods_leave_with_their_node, checks.nodes_are_back):  # fmt: skip
        assert judged(check, told) == []


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("[ t1 -1 +1 on1:n2 r1 ]", ["18 t1: web-1 began to terminate, although nothing was done to node n2"]),
        ("[ t1 n2:cordoned -1 +1 r1 ]", ["18 t1: web-1 began to terminate before anything was done to node n2"]),
        ("[ id1:x ]", ["18 id1:x: container web of web-1 was started anew, although nothing was done to node n2"]),
        ("[ n1:cordoned id1:x ]",
         ["19 id1:x: container web of web-1 was started anew, although nothing was done to node n2"]),
        # Its turn comes later.
        ("[ id1:x n2:cordoned n2:ready ]",
         ["18 id1:x: container web of web-1 was started anew before anything was done to node n2"]),
        ("[ id1:x n2:ready n2:v2 ]",
         ["18 id1:x: container web of web-1 was started anew before anything was done to node n2"]),
        # A node that is upgraded under its pods may tell of them before it tells so.
        ("[ id1:x n2:v2 ]",
         "inconclusive: event 25 (rv 23): container web of web-1 was started anew, and node n2 told of its own upgrade "
         "only after that, if it was before"),
        # What was drained is not fair game where it is now, nor where it comes back to.
        (f"[ n1:cordoned t0 -0 +0 on0:n2 r0 id0:d t0 -0 {AGAIN}",
         ["25 t0: web-0 began to terminate, although nothing was done to node n2"]),
        (f"[ n1:cordoned t0 -0 n1:v2 +0 on0:n1 r0 t0 -0 {AGAIN}",
         ["25 t0: web-0 began to terminate, although nothing was done to node n1"]),
        ("[ n1:pressed t0 -0 +0 on0:n1 r0 ]", ["19 t0: web-0 began to terminate, although nothing was done to node n1"]),
        # Nobody watched the nodes meanwhile.
        ("[ gap:Node t1 relist:Node -1 +1 on1:n2 r1 ]",
         "inconclusive: event 25 (rv 22): web-1 began to terminate, "
         "and whether anything was done to node n2 meanwhile nobody saw"),
        ("[ gap:Node gap lost:1 relist:Node relist ]",
         "inconclusive: event 25 (rv 22): web-1 was taken away, "
         "and whether anything was done to node n2 meanwhile nobody saw"),
        ("[ gap:Node n1:ready relist:Node n1:ready t1 -1 +1 on1:n2 r1 ]",
         ["22 t1: web-1 began to terminate, although nothing was done to node n2"]),
        ("[ gap lost:1 relist ]", ["20 relist: web-1 was taken away, although nothing was done to node n2"]),
        ("[ gap lost:1 +1 on1:n2 r1 id1:z relist ]",
         ["24 relist: web-1 was taken away, although nothing was done to node n2"]),
        ("[ gap ]", "inconclusive: event 25 (rv 22): the watch of Pod has a gap, and nobody listed what was there behind it"),
        ("", "inconclusive: the history holds no upgrade"),
        ("[", "inconclusive: event 24 (rv 22): the upgrade did not end"),
    ],
)  # fmt: skip
def test_pods_leave_with_their_node(words, answer):
    assert judged(checks.pods_leave_with_their_node, crossing(f"{THREE} {words}")) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("[ t1 -1 ]", ["20 ]: web-1 is not there after the upgrade"]),
        ("[ u1 ]", ["19 ]: web-1 is not Ready after the upgrade"]),
        ("[ a1:none ]", ["18 a1:none: web-1 does not belong to the set any more"]),
        ("[ labelled:1:name:web-7 ]",
         ["18 labelled:1:name:web-7: the label statefulset.kubernetes.io/pod-name of web-1 is not web-1 any more"]),
        ("[ t1 -1 +1 ]", ["21 ]: web-1 is not Ready after the upgrade"]),
        ("[ gap lost:1 relist ]", ["21 ]: web-1 is not there after the upgrade"]),
        ("update [ t1 -1 +1 r1 ]", ["21 +1: web-1 is at revision web-r2, and was at web-r1"]),
    ],
)  # fmt: skip
def test_pods_return(words, answer):
    assert judged(checks.pods_return, crossing(f"{THREE} {words}")) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("[ ct1 c-1 ]", ["18 ct1: data-web-1 was deleted"]),
        ("[ ct1 ]", ["18 ct1: data-web-1 was deleted"]),
        ("[ gap:PersistentVolumeClaim lost:PersistentVolumeClaim/data-web-1 relist:PersistentVolumeClaim ]",
         ["20 relist:PersistentVolumeClaim: data-web-1 was deleted"]),
        ("cb1@v1 [ cb1@v2 ]", ["19 cb1@v2: data-web-1 was bound to v2, and had been to v1"]),
        ("[ o1:pod ]", ["18 o1:pod: data-web-1 was put under another owner"]),
        ("[ c+3 ]", ["18 c+3: data-web-3 was made anew"]),
        ("[ gap:PersistentVolumeClaim ]",
         "inconclusive: event 25 (rv 22): the watch of PersistentVolumeClaim has a gap, "
         "and nobody listed what was there behind it"),
    ],
)  # fmt: skip
def test_claims_stay(words, answer):
    assert judged(checks.claims_stay, crossing(f"{THREE} {words}")) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("[ nudge ]", ["18 nudge: the generation of web became 2, and was 1"]),
        ("[ delete:set ]", ["18 delete:set: web was deleted"]),
        ("[ delete:set create:3 ]", ["18 delete:set: web was deleted", "19 create:3: web was made anew"]),
    ],
)
def test_sets_stay(words, answer):
    assert judged(checks.sets_stay, crossing(f"{THREE} {words}")) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("[ ]", []),
        ("[ gap:Service lost:Service/web relist:Service ]", ["20 relist:Service: the Service web was deleted"]),
        ("budget:1 [ gap:PodDisruptionBudget lost:PodDisruptionBudget/budget relist:PodDisruptionBudget ]",
         ["21 relist:PodDisruptionBudget: the PodDisruptionBudget budget was deleted"]),
        ("[ gap:Service ]", "inconclusive: event 25 (rv 22): the watch of Service has a gap, "
                            "and nobody listed what was there behind it"),
    ],
)  # fmt: skip
def test_surroundings_stay(words, answer):
    assert judged(checks.surroundings_stay, crossing(f"{THREE} {words}")) == answer


def test_a_claim_that_lost_its_volume_is_named():
    told = crossing(f"{THREE} cb1@v1 [ cb1@v1 ]")
    for event, phase in zip([one for one in told.of_kind("PersistentVolumeClaim") if one.name == "data-web-1"][-2:],
                            ("Bound", "Lost"), strict=True):  # fmt: skip
        event.object["status"]["phase"] = phase
    assert judged(checks.claims_stay, told) == ["19 cb1@v1: data-web-1 became Lost, and was Bound"]


def test_what_was_before_the_upgrade_is_not_known_where_the_server_keeps_no_one_order():
    told = crossing(f"{THREE} [ t1 ]", one_order=False)
    assert judged(checks.pods_leave_with_their_node, told).startswith("inconclusive: this server's resourceVersions")


def test_what_two_lists_show_of_a_node_and_its_pod_may_have_been_in_either_order():
    told = crossing(f"{THREE} [ gap:Node gap lost:1 relist +1 on1:n2 r1 n2:v2 relist:Node ]")
    events = [
        Event(LISTED if one.time.endswith("n2:v2") else one.type, one.kind, one.rv, one.object, one.time)
        for one in told.log
    ]
    assert judged(checks.pods_leave_with_their_node, History.of(told.header, events)) == []


def timed(told):
    """The same history, with an hour of a second for each event."""
    events = [
        Event(one.type, one.kind, one.rv, one.object, f"2026-01-01T00:00:{one.number:02}+00:00") for one in told.log
    ]
    return History.of(told.header, events)


def test_what_is_told_of_the_pods_is_told_by_phases():
    told = timed(crossing(f"{THREE} [ u1 n1:cordoned t0 u2 -0 +0 on0:n1 id0:d n1:ready r0 r1 r2 ]"))
    assert checks.down_at_once(told) == "the control plane: 1 of 3 down at once; n1: 3 of 3 down at once"
    assert checks.volumes_come_back(told) == "web-0 on n1: at most 1.0 s (while n1 was upgraded)"
    assert checks.volumes_come_back(timed(crossing(f"{THREE} [ ]"))) == "no pod was made meanwhile"


def test_a_revision_that_is_made_is_told():
    told = crossing(f"{THREE} [ update ]")
    assert judged(checks.revisions_stay, told) == ["18 update: revision web-r2 was made"]
    assert judged(checks.revisions_stay, crossing(f"{THREE} update = [ prune:1 ]")) == [
        "20 prune:1: revision web-r1 was deleted"
    ]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("[ n2:away ]", ["18 n2:away: node n2 is not Ready after the upgrade"]),
        ("[ n2:cordoned ]", ["18 n2:cordoned: node n2 is still cordoned after the upgrade"]),
        ("[ n2:gone ]", ["19 ]: node n2 is gone after the upgrade, and no other that takes pods came in its place"]),
        ("[ n2:gone n4:ready ]", []),
        ("[ n2:gone n4:cordoned ]",
         ["20 ]: node n2 is gone after the upgrade, and no other that takes pods came in its place"]),
        ("[ n2:gone n4:away ]",
         ["20 ]: node n2 is gone after the upgrade, and no other that takes pods came in its place"]),
        ("[ n2:gone n2:ready ]", []),
        ("[ n2:tainted ]",
         ["18 n2:tainted: node n2 takes no pods after the upgrade: it bears the taint karpenter.sh/disrupted"]),
        ("[ n2:leaving ]", ["18 n2:leaving: node n2 is being deleted after the upgrade"]),
        ("[ n2:pressed ]", []),
        ("n2:tainted [ n2:v2 n2:tainted ]", []),
        ("[ ]blind", "inconclusive: event 25 (rv 22): nobody could ask whether node n1 lives"),
        ("[ n2:cordoned ]blind", ["18 n2:cordoned: node n2 is still cordoned after the upgrade"]),
        # Proven when the recording came to its end: nobody knows how the nodes were.
        ("[ ] gap:Node",
         "inconclusive: event 26 (rv 22): the watch of Node has a gap, "
         "and nobody listed what was there behind it"),
        ("[ ]silent:n2", ["18 ]silent:n2: node n2 has not told that it lives since the upgrade"]),
    ],
)  # fmt: skip
def test_nodes_are_back(words, answer):
    assert judged(checks.nodes_are_back, crossing(f"{THREE} {words}")) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("[ u1 r1 ]", []),
        ("[ u1 u2 ]", ["20 u2: 1 pods were Ready, and the budget protects 2"]),
        ("[ t1 -1 t2 ]", ["21 t2: 1 pods were Ready, and the budget protects 2"]),
        (f"[ {UNSEEN} ]", []),
        ("[ gap lost:1 +1 r1 relist ]",
         "inconclusive: event 27 (rv 23): how many pods were Ready meanwhile nobody saw, and they are not the same behind it"),
    ],
)  # fmt: skip
def test_the_budget_is_kept(words, answer):
    told = crossing(f"{THREE} budget:1 {words}")
    protected = edited(told, "PodDisruptionBudget", "budget", lambda one: one["status"].update(desiredHealthy=2))
    assert judged(checks.budget_is_kept, protected) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("lists:web:0r,1r,2r [ lists:web:0r,1r lists:web:0r,1r,2r ]", []),
        ("lists:web:0r,1r,2r [ lists:web:0r,1r ]vain",
         ["20 ]vain: web-2 is no endpoint of web any more",
          "20 ]vain: web-2 is Ready, and is no ready endpoint of web any more"]),
        ("lists:web:0r,1r,2r [ lists:web:0r,1r ]",
         "inconclusive: event 27 (rv 24): web-2 is no endpoint of web any more, but nobody waited for it in vain"),
        ("lists:early:0p,1p,2p lists:web:0r,1r,2r [ lists:early:0p,1p lists:web:0r,1r,2u ]vain",
         ["22 ]vain: web-2 is Ready, and is no ready endpoint of early any more",
          "22 ]vain: web-2 is Ready, and is no ready endpoint of web any more"]),
        ("lists:other:0r lists:web:0r,1r,2r [ lists:other:0r ]", []),
        # It comes a moment later.
        ("lists:web:0r,1r,2r [ lists:web:0r,1r ]vain lists:web:0r,1r,2r", []),
        ("[ lists:web:0r ]", "inconclusive: event 24 (rv 22): no endpoint bore a name when the upgrade began"),
    ],
)  # fmt: skip
def test_endpoints_keep_names(words, answer):
    assert judged(checks.endpoints_keep_names, crossing(f"{THREE} {words}")) == answer


def test_an_endpoint_without_a_name_is_named():
    told = crossing(f"{THREE} lists:web:0r [ lists:web:1r lists:web:0r ]")
    begun = told.acts("upgrade")[0].number
    hidden = next(event for event in told.of_kind("EndpointSlice") if event.number > begun)
    del hidden.object["endpoints"][0]["hostname"]
    assert judged(checks.endpoints_keep_names, told) == ["19 lists:web:1r: an endpoint of web has no host name"]
