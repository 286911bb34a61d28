"""What every history satisfies, and what makes any history unfit to be judged.

Method: each invariant is broken once by hand; every check is asked of an empty history and of one with a gap.
"""

import inspect
import itertools

import pytest

from conformance import checks
from conformance.history import Event, Header, History, Violation
from selftest.asked import ARGUMENTS
from selftest.notation import edited, judged, probed, story

LIFE = "+0 r0 +1 r1 ="
INVARIANTS = (
    "births_are_wanted",
    "claims_are_kept",
    "claims_come_first",
    "collisions_never_fall",
    "counts_agree",
    "current_when_complete",
    "deletions_have_reasons",
    "generations_are_observed_in_order",
    "live_revisions_are_kept",
    "one_life_at_a_time",
    "revisions_are_immutable",
    "statuses_are_not_inherited",
    "terminations_are_graceful",
)
OF_THE_API = ("accepted", "changes_nothing", "defaulted", "refused")
OF_ORDER = ("removals_take_turns",)
# What every workload of Kubernetes keeps, a Deployment too.
OF_EVERY_WORKLOAD = ("generations_are_observed", "scale_tells", "stale_scale_is_refused")
OF_REPLICASETS = ("creates_all_at_once", "names_are_random", "returns_renamed")


def invariants(history):
    """All that any invariant finds, in order."""
    found = [violation for name in INVARIANTS for violation in getattr(checks, name)(history)]
    return sorted(found, key=lambda violation: violation.event.number)


@pytest.mark.parametrize("name", checks.__all__)
def test_no_check_judges_an_empty_history(name):
    header = Header(scenario="none", kind="StatefulSet", name="web", namespace="ns", selector={"app": "web"})
    empty = History.of(header, [])
    nothing_watched = "inconclusive: the history is empty: nothing was watched"
    assert judged(getattr(checks, name), empty, *ARGUMENTS.get(name, ())) == nothing_watched


@pytest.mark.parametrize("name", checks.__all__)
def test_no_check_judges_across_a_gap(name):
    history = story("+0 +1 gap r0 t0 -0")
    answer = judged(getattr(checks, name), history, *ARGUMENTS.get(name, ()))
    assert answer == "inconclusive: event 9 (rv 7): the watch of Pod has a gap: 410 Gone"


@pytest.mark.parametrize("name", checks.__all__)
def test_no_check_is_satisfied_by_a_set_without_pods(name):
    answer = judged(getattr(checks, name), story(""), *ARGUMENTS.get(name, ()))
    assert isinstance(answer, str), answer


def test_every_check_takes_a_history_and_says_what_holds():
    for name in checks.__all__:
        check = getattr(checks, name)
        assert next(iter(inspect.signature(check).parameters)) == "history"
        assert check.__doc__


def test_a_violation_reads_as_event_and_sentence():
    (violation,) = checks.gated_by_readiness(story("+0 +1"), range(3))
    assert str(violation) == "event 8 (rv 7): web-1 was created while web-0 was not Ready"
    assert isinstance(violation, Violation)
    assert isinstance(violation.event, Event)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (LIFE, []),
        (f"{LIFE} delete:1 t1 -1 +1", []),
        (f"{LIFE} F1 t1 -1 +1", []),
        (f"{LIFE} D1 t1 -1 +1", []),
        (f"{LIFE} delete:node t1 -1 +1", []),
        (f"{LIFE} scale:1 t1 -1", []),
        (f"{LIFE} scale:1 scale:2 t1 -1 +1", []),
        (f"{LIFE} update t1 -1 +1 r1 t0 -0 +0", []),
        (f"{LIFE} delete:set t1 t0 -0 -1", []),
        (f"{LIFE} t1 -1 +1", ["6 t1: web-1 began to terminate for no reason that the log shows"]),
        (f"{LIFE} scale:1 t0", ["7 t0: web-0 began to terminate for no reason that the log shows"]),
        (f"{LIFE} update = t1 -1 +1 r1 t1", ["12 t1: web-1 began to terminate for no reason that the log shows"]),
        (f"{LIFE} delete:1 t1 +1", ["8 +1: web-1 was created while another web-1 was still there"]),
        (f"{LIFE} ct1", ["6 ct1: data-web-1 began to be deleted, which the set's retention policy does not allow"]),
        (f"{LIFE} delete:claim:1 ct1", []),
        (f"{LIFE} +2", ["6 +2: web-2 was created, which is no pod that the set asks for"]),
        (f"{LIFE} +x7k2p", ["6 +x7k2p: web-x7k2p was created, which is no pod that the set asks for"]),
        (f"{LIFE} scale:3 +2", []),
        (f"{LIFE} scale:3 scale:2 +2 = t2 -2", []),
        (f"{LIFE} scale:3 scale:2 = +2 t2 -2", ["9 +2: web-2 was created, which is no pod that the set asks for"]),
        (f"{LIFE} scale:0 t1 -1 t0 -0 = +0", ["12 +0: web-0 was created, which is no pod that the set asks for"]),
        (f"{LIFE} scale:0 t1 -1 t0 -0 = scale:1 +0", []),
        (f"{LIFE} delete:set t1 -1 t0 -0 create:3 +0 r0 +1 r1 +2", []),
        ("+0 r0 =2", ["3 =2: the status of web counts 2 readyReplicas and 1 replicas"]),
    ],
)
def test_invariants(words, answer):
    assert judged(invariants, story(words, replicas=2)) == answer


@pytest.mark.parametrize(
    ("strategy", "answer"),
    [
        ({"type": "OnDelete"}, ["7 t1: web-1 began to terminate for no reason that the log shows"]),
        (
            {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}},
            ["7 t1: web-1 began to terminate for no reason that the log shows"],
        ),
        ({"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}, []),
    ],
)
def test_an_update_is_a_reason_only_where_the_strategy_says_so(strategy, answer):
    assert judged(invariants, story(f"{LIFE} update t1", replicas=2, updateStrategy=strategy)) == answer


@pytest.mark.parametrize(
    ("words", "policy", "answer"),
    [
        ("scale:1 t1 -1 ct1", {"whenScaled": "Delete"}, []),
        (
            "scale:1 t1 -1 ct0",
            {"whenScaled": "Delete"},
            ["9 ct0: data-web-0 began to be deleted, which the set's retention policy does not allow"],
        ),
        (
            "scale:1 t1 -1 ct1",
            {"whenDeleted": "Delete"},
            ["9 ct1: data-web-1 began to be deleted, which the set's retention policy does not allow"],
        ),
    ],
)
def test_a_claim_goes_only_where_the_policy_says_so(words, policy, answer):
    history = story(f"{LIFE} {words}", replicas=2, persistentVolumeClaimRetentionPolicy=policy)
    assert judged(invariants, history) == answer


DELETED_BY_POLICY = {"whenDeleted": "Delete", "whenScaled": "Delete"}
NO_REASON = "began to terminate for no reason that the log shows"
NOT_ALLOWED = "began to be deleted, which the set's retention policy does not allow"
ORPHANED = "delete:set:Orphan o0:none o1:none gone:set create:2 a0:set a1:set ="


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("delete:set t1 t0 ct0 ct1", []),
        ("delete:set:Foreground t1 t0 ct0 ct1 -1 -0 gone:set", []),
        ("delete:set create:2 t0 t1 -0 -1 +0", []),
        (f"{ORPHANED} scale:1 t1 -1 ct1", []),
        ("delete:set:Orphan t1", [f"7 t1: web-1 {NO_REASON}"]),
        ("delete:set:Orphan gone:set t1", [f"8 t1: web-1 {NO_REASON}"]),
        (f"{ORPHANED} t1", [f"14 t1: web-1 {NO_REASON}"]),
        ("delete:set:Orphan ct1", [f"7 ct1: data-web-1 {NOT_ALLOWED}"]),
        (f"{ORPHANED} ct1", [f"14 ct1: data-web-1 {NOT_ALLOWED}"]),
        ("delete:node ct1", [f"7 ct1: data-web-1 {NOT_ALLOWED}"]),
        ("delete:claim:1 ct1 c-1 c+1 ct1", [f"10 ct1: data-web-1 {NOT_ALLOWED}"]),
        ("scale:1 t1 -1 ct1 c-1 scale:2 +1", []),
        ("scale:1 t1 -1 ct1 c-1 scale:2 +1 r1 = ct1", [f"15 ct1: data-web-1 {NOT_ALLOWED}"]),
    ],
)
def test_a_deletion_of_the_set_is_a_reason_only_for_what_goes_with_it(words, answer):
    history = story(f"{LIFE} {words}", replicas=2, persistentVolumeClaimRetentionPolicy=DELETED_BY_POLICY)
    assert judged(invariants, history) == answer


def test_a_set_that_retains_its_claims_is_no_reason_to_delete_them():
    assert judged(invariants, story(f"{LIFE} delete:set t1 t0 ct1", replicas=2)) == [
        f"9 ct1: data-web-1 {NOT_ALLOWED}",
    ]


def test_a_scenario_that_waited_in_vain_did_not_reach_its_end():
    assert judged(checks.ends_are_reached, story(LIFE, replicas=2)) == []
    assert judged(checks.ends_are_reached, story(f"{LIFE} vain", replicas=2)) == (
        "inconclusive: event 12 (rv 10): the scenario ended there, since it waited 20 s in vain for what was to come"
    )


def test_a_status_never_runs_ahead_of_its_specification():
    ahead = edited(story("+0 ="), "StatefulSet", "web", lambda one: one["status"].update(observedGeneration=2))
    assert judged(invariants, ahead)[-1] == "2 =: web has observed generation 2 of 1"

    def forget(one):
        if one["metadata"]["generation"] == 2 and one["status"].get("observedGeneration") == 2:
            one["status"]["observedGeneration"] = 0

    back = edited(story("+0 = nudge ="), "StatefulSet", "web", forget)
    assert judged(invariants, back) == ["4 =: web has observed generation 0 after 1"]


# What conformance/test_*.py drives, as natural mutants answer it.
DEPLOYMENT = "+aaaaa raaaaa +bbbbb rbbbbb ="


@pytest.mark.parametrize(
    "name",
    sorted(
        set(checks.__all__)
        - {*INVARIANTS, *OF_ORDER, "ends_are_reached", *OF_REPLICASETS, *OF_THE_API, *OF_EVERY_WORKLOAD},
    ),
)
def test_a_deployment_in_place_of_the_set_breaks_every_promise(name):
    words = (
        "scale:0 taaaaa tbbbbb"
        if name in ("highest_leaves_first", "leaves_one_at_a_time", "removes_only")
        else "nudge = vain"
    )
    words = "update = vain" if name == "rolls_highest_first" else words
    history = story(f"{DEPLOYMENT} {words}", kind="Deployment", replicas=2)
    answer = judged(getattr(checks, name), history, *ARGUMENTS.get(name, ()))
    assert isinstance(answer, list), answer
    assert answer


def test_parallel_breaks_the_order_and_nothing_else():
    history = story("+0 +1 +2 r1 r2 hold:0 nudge = r0 = scale:0 t2 t1 t0 -2 -1 -0 =")
    for name in ("gated_by_readiness", "held_back_while_unready", "connectable_before", "leaves_one_at_a_time"):
        assert isinstance(judged(getattr(checks, name), history, *ARGUMENTS.get(name, ())), list)
        assert judged(getattr(checks, name), history, *ARGUMENTS.get(name, ())) != []
    assert judged(checks.names_are_ordinals, history, 3) == []
    assert judged(checks.one_claim_each, history) == []
    assert judged(invariants, history) == []


@pytest.mark.parametrize("name", checks.__all__)
def test_trouble_in_asking_crashes_no_check(name):
    words = (
        "+0 r0 connect:0:x +1 r1 = hostname:0:x write:1:x delete:1 t1 -1 +1 r1 read:1:x resolve:1:x srv:x = scale:1 t1"
    )
    history = story(words, replicas=2)
    for kind in ("hostname", "write", "read", "connect", "resolve", "srv"):
        history = probed(history, kind, answer=None, answers=None, token=None, trouble="exec was lost")
    answer = judged(getattr(checks, name), history, *ARGUMENTS.get(name, ()))
    assert isinstance(answer, str) or "exec was lost" not in str(answer)


def test_a_claim_that_comes_after_its_pod_comes_too_late():
    assert judged(checks.claims_come_first, story("c+0 +0 r0 +1 r1")) == []
    late = edited(story("+0 r0 +1 r1"), "Pod", "web-1", _mounts_another_claim)
    assert judged(checks.claims_come_first, late) == ["3 +1: web-1 was created before its claim other-web-1"]
    gone = story("+0 r0 t0 -0 ct0 c-0 +1 r1")
    assert judged(checks.claims_come_first, gone) == []


def _mounts_another_claim(pod):
    pod["spec"]["volumes"] = [{"name": "other", "persistentVolumeClaim": {"claimName": "other-web-1"}}]


def on_a_node(given, due=30):
    """A life of two pods on a node, of which web-1 is deleted and is given so many seconds to end."""

    def edit(pod):
        pod["spec"] |= {"nodeName": "node-1", "terminationGracePeriodSeconds": due}
        if "deletionTimestamp" in pod["metadata"]:
            pod["metadata"]["deletionGracePeriodSeconds"] = given

    return lambda words: edited(story(words), "Pod", "web-1", edit)


@pytest.mark.parametrize("words", ["+0 r0 +1 r1 scale:1 = t1 -1", "+0 r0 +1 r1 delete:1 t1 -1"])
def test_a_pod_is_given_the_time_to_end_that_it_says(words):
    assert judged(checks.terminations_are_graceful, on_a_node(30)(words)) == []
    (said,) = judged(checks.terminations_are_graceful, on_a_node(0)(words))
    assert said.endswith("t1: web-1 was given 0 s to end, and its specification says 30 s")


@pytest.mark.parametrize("words", ["+0 r0 +1 r1 F1 t1 -1", "+0 r0 +1 r1 S1 t1 -1", "+0 r0 +1 r1 D1 t1 -1"])
def test_a_pod_that_has_ended_or_was_disrupted_needs_no_time(words):
    assert judged(checks.terminations_are_graceful, on_a_node(0)(words)) == []


def test_a_pod_that_no_node_has_needs_no_time():
    assert judged(checks.terminations_are_graceful, story("+0 r0 +1 r1 scale:1 = t1 -1")) == []


def test_an_eviction_that_was_refused_explains_nothing():
    told = story(f"{LIFE} budget:0 evict:1:429 = t1 -1 +1", replicas=2)
    assert judged(checks.deletions_have_reasons, told) == [
        "9 t1: web-1 began to terminate for no reason that the log shows"
    ]
    granted = story(f"{LIFE} budget:1 evict:1:201 = t1 -1 +1", replicas=2)
    assert judged(checks.deletions_have_reasons, granted) == []


@pytest.mark.parametrize("phase", ["F", "S"])
def test_who_takes_the_pod_behind_one_that_had_finished_may_be_the_garbage_collector(phase):
    told = story(f"{LIFE} {phase}1 t1 -1 +1 t1 -1 +1", replicas=2)
    assert judged(checks.deletions_have_reasons, told) == (
        "inconclusive: event 16 (rv 15): web-1 may have been deleted in place of the one before it, which was to be collected"
    )


def unscheduled(words):
    """A story in which no pod has a node, so that each that is deleted has no time to end, and events tell of deletions."""
    told = edited(story(f"{LIFE} {words}", replicas=2), "Pod", "web-1", _without_grace)
    return edited(
        told, "Event", "web.2", lambda one: one.update(message="delete Pod web-1 in StatefulSet web successful")
    )


def _without_grace(pod):
    if "deletionTimestamp" in pod["metadata"]:
        pod["metadata"]["deletionGracePeriodSeconds"] = 0


UPDATED = "update = t1 -1 +1 t1 -1 +1 r1 t0 -0 +0 r0 = nudge ="


@pytest.mark.parametrize("words", [UPDATED, UPDATED.replace("-1 +1 r1", "told:SuccessfulDelete:web-1 -1 +1 r1")])
def test_who_takes_the_pod_behind_one_without_a_node_may_be_the_garbage_collector_where_the_controller_tells_of_less(
    words,
):
    assert judged(checks.deletions_have_reasons, unscheduled(words)).startswith("inconclusive: ")
    assert judged(checks.deletions_have_reasons, unscheduled(words)).endswith(
        "web-1 may have been deleted in place of the one before it, which was to be collected"
    )
    assert checks.replaces_only(unscheduled(words), "update", {0, 1}) == []


def test_who_takes_the_pod_behind_one_without_a_node_is_the_controller_that_tells_so():
    told = unscheduled(UPDATED.replace("t1", "t1 told:SuccessfulDelete:web-1"))
    told = edited(told, "Event", "web.2", _counted())
    first, *_ = judged(checks.deletions_have_reasons, told)
    assert first.endswith("t1: web-1 began to terminate for no reason that the log shows")
    (found,) = checks.replaces_only(told, "update", {0, 1})
    assert found.message == "web-1 began to terminate although it was at the new revision web-r2"


def _counted():
    """Number the sightings of an event, as a controller does that tells the same again."""
    numbers = itertools.count(1)
    return lambda one: one.update(count=next(numbers))


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("F1 t1 -1 +1 t1 -1 +1 " * 3, 10),
        ("F1 -1 +1 t1 -1 +1", 9),
        ("t1 -1 +1", 6),
    ],
)
def test_nobody_takes_a_pod_by_chance_again_and_again_or_behind_one_that_was_not_to_be_collected(words, place):
    first, *_ = judged(checks.deletions_have_reasons, story(f"{LIFE} {words}", replicas=2))
    assert first == f"{place} t1: web-1 began to terminate for no reason that the log shows"


@pytest.mark.parametrize(
    ("counts", "answer"),
    [
        ((0, 0, 1, 1), []),
        ((0, 1, 2, 1), ["web counts 1 collisions after 2"]),
        ((None, 1, None, 1), ["web counts 0 collisions after 1"]),
    ],
)
def test_collisions_never_fall(counts, answer):
    numbers = iter([None, *counts])
    told = edited(story("+0 r0 = = = =", replicas=1), "StatefulSet", "web",
                  lambda one: one["status"].update(collisionCount=next(numbers)))  # fmt: skip
    found = judged(checks.collisions_never_fall, told)
    assert [one.partition(": ")[2] for one in found] == answer


@pytest.mark.parametrize(
    "words",
    [
        "+0 r0 +1 r1 +2 r2 = scale:1 scale:3 = nudge = nudge = t2",
        "+0 r0 +1 r1 +2 r2 = update partition:3 = nudge = nudge = t2",
    ],
)
def test_what_was_a_reason_once_and_was_taken_back_is_none(words):
    (said,) = judged(checks.deletions_have_reasons, story(words))
    assert said.endswith("t2: web-2 began to terminate for no reason that the log shows")
    early = words.replace(" = nudge = nudge = t2", " t2")
    assert judged(checks.deletions_have_reasons, story(early)) == []


def test_a_policy_that_deletes_and_was_taken_back_deletes_no_claim():
    words = "+0 r0 +1 r1 +2 r2 = scale:1 scale:3 = nudge = nudge = ct2"
    (said,) = judged(
        checks.claims_are_kept, story(words, persistentVolumeClaimRetentionPolicy={"whenScaled": "Delete"})
    )
    assert said.endswith("data-web-2 began to be deleted, which the set's retention policy does not allow")


def test_a_status_that_is_of_the_set_before_is_told_apart_from_one_that_runs_ahead():
    told = f"{LIFE} nudge = {ORPHANED} nudge ="

    def inherit(generation):
        def edit(one):
            if one["metadata"]["uid"] == "set-2" and one["metadata"]["generation"] == 1 and one["status"]:
                one["status"]["observedGeneration"] = generation

        return edited(story(told, replicas=2), "StatefulSet", "web", edit)

    assert judged(invariants, inherit(1)) == []
    # The set that is gone had two generations.
    assert judged(invariants, inherit(2)) == [
        "15 =: web has observed generation 2 of 1: that was of the set that is gone since event 19 (rv 16)",
    ]
    assert judged(invariants, inherit(3)) == [
        "15 =: web has observed generation 3 of 1",
        "16 nudge: web has observed generation 1 after 3",
        "17 =: web has observed generation 2 after 3",
    ]


def test_what_was_never_written_about_a_set_proves_no_look_at_it_either():
    def keep(one):
        if one["metadata"]["uid"] == "set-2" and one["status"]:
            one["status"]["observedGeneration"] = 2

    # By then the set has two generations itself, and still nobody has written anything about it.
    history = edited(story(f"{LIFE} nudge = {ORPHANED} nudge", replicas=2), "StatefulSet", "web", keep)
    assert judged(invariants, history) == [
        "15 =: web has observed generation 2 of 1: that was of the set that is gone since event 19 (rv 16)",
    ]
    assert judged(checks.stays_still, history, "create").startswith("inconclusive: ")
    assert judged(checks.stays_still, story(f"{LIFE} nudge = {ORPHANED} nudge =", replicas=2), "create") == []


def test_a_status_that_is_written_anew_is_of_the_set_again():
    def inherit(one):
        if one["metadata"]["uid"] == "set-2" and one["status"] and one["metadata"]["generation"] < 3:
            one["status"]["observedGeneration"] = 3

    # Inherited 3 of 1, and of 2; then it is nudged to 3, and a look at that is told.
    words = f"{LIFE} nudge = nudge = {ORPHANED} nudge nudge ="
    history = edited(story(words, replicas=2), "StatefulSet", "web", inherit)
    assert len(judged(invariants, history)) == 1
