"""The checks of the API: what a dry run said, and what it says about what was tried.

Method: each history holds a few trials, as the driver logs them.
"""

import pytest

from conformance import checks
from conformance.history import PROBE, Event, History
from selftest.notation import judged, story

FORBIDDEN = "422 Invalid: web is invalid: spec: Forbidden: updates to fields other than 'replicas' are forbidden"
STORED = {"metadata": {"generation": 1}, "spec": {"replicas": 1}, "status": {"replicas": 1}}


def trial(verb, case, code=200, message="", **more):
    said = {"message": message} if message else {}
    return Event(
        PROBE, "trial", 9, {"verb": verb, "case": case, "code": code, "change": {}} | said | more, f"{verb} {case}"
    )


def tried(*trials):
    told = story("+0 r0 =", replicas=1)
    return History.of(told.header, [*told.log, *trials])


FINE = trial("change", "unchanged")
UNANSWERED = Event(PROBE, "trial", 9, {"verb": "change", "case": "selector", "trouble": "no answer"})


def test_a_refusal_in_the_words_that_were_expected_is_one():
    assert (
        judged(
            checks.refused,
            tried(FINE, trial("change", "selector", 422, FORBIDDEN)),
            "change",
            {"selector": ["forbidden"]},
        )
        == []
    )


def test_what_was_accepted_was_not_refused():
    history = tried(FINE, trial("change", "selector"), trial("change", "serviceName", 422, FORBIDDEN))
    assert judged(checks.refused, history, "change", dict.fromkeys(("selector", "serviceName"), ("forbidden",))) == [
        "change selector: change with 'selector' was accepted"
    ]


@pytest.mark.parametrize(
    ("trials", "says"),
    [
        ((FINE,), "nobody tried to change the set with the case 'selector'"),
        ((trial("change", "selector", 422, FORBIDDEN),), "nobody tried to change the set with the case 'unchanged'"),
        ((FINE, trial("change", "selector", 422, "spec.replicas: too many")), "was refused, but not for forbidden"),
        ((FINE, trial("change", "selector", 403, "a webhook: forbidden")), "was refused, but not for forbidden"),
        (
            (trial("change", "unchanged", 422, "no"), trial("change", "selector", 422, FORBIDDEN)),
            "even a set that is as it should be",
        ),
        (
            (FINE, Event(PROBE, "trial", 9, {"verb": "change", "case": "selector", "trouble": "no answer"})),
            "could not be tried: no answer",
        ),
    ],
)
def test_a_refusal_that_shows_nothing_decides_nothing(trials, says):
    said = judged(checks.refused, tried(*trials), "change", {"selector": ["forbidden"]})
    assert said.startswith("inconclusive: ")
    assert says in said


def test_what_was_accepted_is_stored_as_it_was_said():
    change = {"spec": {"updateStrategy": {"rollingUpdate": {"partition": 1}}}}
    kept = trial("change", "partition", change=change, object={"spec": {"replicas": 1} | change["spec"]})
    dropped = trial("change", "partition", change=change, object={"spec": {"replicas": 1}})
    assert judged(checks.accepted, tried(kept), "change", ["partition"]) == []
    assert judged(checks.accepted, tried(dropped), "change", ["partition"]) == [
        "change partition: change with 'partition' was accepted, but spec.updateStrategy.rollingUpdate.partition would be None "
        "and not 1"
    ]


def test_a_field_that_is_to_be_taken_away_is_gone():
    change = {"spec": {"updateStrategy": {"type": "OnDelete", "rollingUpdate": None}}}
    stays = {"spec": {"updateStrategy": {"type": "OnDelete", "rollingUpdate": {"partition": 1}}}}
    assert judged(checks.accepted, tried(trial("change", "a", change=change, object=change)), "change", ["a"]) == []
    (said,) = judged(checks.accepted, tried(trial("change", "a", change=change, object=stays)), "change", ["a"])
    assert "spec.updateStrategy.rollingUpdate would be {'partition': 1} and not None" in said


def test_a_refusal_of_what_may_change_is_a_violation_only_where_validation_refused():
    said = judged(checks.accepted, tried(trial("change", "replicas", 422, FORBIDDEN)), "change", ["replicas"])
    assert said == [f"change replicas: change with 'replicas' was refused: {FORBIDDEN}"]
    said = judged(checks.accepted, tried(trial("change", "replicas", 403, "403 quota")), "change", ["replicas"])
    assert said.startswith("inconclusive: ")


def test_defaults_are_those_that_are_stored():
    stored = trial("create", "silent", object={"spec": {"replicas": 1, "revisionHistoryLimit": 10}})
    assert judged(checks.defaulted, tried(stored), "silent", {"replicas": 1}) == []
    assert judged(checks.defaulted, tried(stored), "silent", {"replicas": 1, "revisionHistoryLimit": 5}) == [
        "create silent: create with 'silent' was accepted, but spec.revisionHistoryLimit would be 10 and not 5"
    ]


def test_what_is_written_back_is_as_it_was():
    assert (
        judged(checks.changes_nothing, tried(trial("replace", "itself", stored=STORED, object=STORED)), "itself") == []
    )


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"metadata": {"generation": 2}}, "generation"),
        ({"spec": {"replicas": 7}}, "spec"),
        ({"status": {"replicas": 7}}, "status"),
    ],
)
def test_what_a_writing_back_would_change_is_named(change, part):
    history = tried(trial("replace", "itself", stored=STORED, object=STORED | change))
    assert judged(checks.changes_nothing, history, "itself") == [
        f"replace itself: replace with 'itself' would change the {part}"
    ]


def test_a_writing_back_that_was_refused_is_a_violation():
    history = tried(trial("replace", "itself", 422, FORBIDDEN, stored=STORED))
    assert judged(checks.changes_nothing, history, "itself") == [
        f"replace itself: replace with 'itself' was refused: {FORBIDDEN}"
    ]


POLICY = "422 Invalid: statefulsets.apps \"web\" is forbidden: ValidatingAdmissionPolicy 'house' denied request: no"


def test_a_policy_of_the_owner_of_the_cluster_is_no_validation():
    accepted = judged(
        checks.accepted, tried(trial("change", "minReadySeconds", 422, POLICY)), "change", ["minReadySeconds"]
    )
    assert "was not decided by validation" in accepted
    because = {"serviceName": ["forbidden"]}
    refused = judged(checks.refused, tried(FINE, trial("change", "serviceName", 422, POLICY)), "change", because)
    assert "was refused, but not for forbidden" in refused
