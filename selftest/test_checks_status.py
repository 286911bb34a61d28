"""The checks of the status and of the scale hold, name the event at which a promise broke, and say when evidence is thin.

Method: each history is written by hand in the notation of selftest/notation.py; what it does not tell of a status or a probe is
put in.
"""

import copy

import pytest

from conformance import checks
from conformance.history import ACT, MODIFIED, PROBE, Event, History, Inconclusive
from selftest.notation import edited, judged, story

IN_VAIN = "20 s in vain for what was to come; last seen: no change"


def with_statuses(history, statuses):
    """The same history, in which each status that the controller writes is, beside what it says, one of these in turn."""
    given, newest, events = iter(statuses), {}, []
    for event in history.log:
        changed = copy.deepcopy(event.object)
        if event.kind == "StatefulSet" and event.type == MODIFIED:
            newest = next(given) if event.time.split()[1].startswith("=") else newest
            changed["status"].update(newest)
        events.append(Event(event.type, event.kind, event.rv, changed, event.time))
    return History.of(history.header, events)


def counted(available, current, updated):
    """What a status counts, of pods at the revision web-r1 while they are updated to the newest."""
    return {
        "availableReplicas": available,
        "currentReplicas": current,
        "updatedReplicas": updated,
        "currentRevision": "web-r1",
    }


TWO = counted(2, 2, 2)
PULL = "+0 r0 +1 r1 ="


@pytest.mark.parametrize(
    ("words", "statuses", "answer"),
    [
        (f"{PULL} nudge =", [TWO, TWO], []),
        (f"{PULL} nudge = u1 = nudge =", [TWO, TWO, counted(1, 2, 2), counted(1, 2, 2)], []),
        (f"{PULL} update t1 -1 +1 r1 = nudge =", [TWO, counted(2, 1, 1), counted(2, 1, 1)], []),
        (f"{PULL} nudge = = vain", [TWO, counted(1, 2, 2), counted(2, 2, 2)], []),
        (
            f"{PULL} nudge = vain",
            [TWO, counted(1, 2, 2)],
            ["7 =: the status counts availableReplicas 1 and not 2"],
        ),
        (
            f"{PULL} update t1 -1 +1 r1 nudge = vain",
            [TWO, counted(2, 2, 0)],
            ["12 =: the status counts currentReplicas 2 and not 1, updatedReplicas 0 and not 1"],
        ),
        (
            f"{PULL} nudge =1 vain",
            [TWO, counted(1, 2, 2)],
            ["7 =1: the status counts readyReplicas 1 and not 2, availableReplicas 1 and not 2"],
        ),
        (
            f"{PULL} nudge =",
            [TWO, counted(1, 2, 2)],
            "inconclusive: event 14 (rv 12): the status counts availableReplicas 1 and not 2, but nobody waited in vain for "
            "it to come true",
        ),
        (
            f"{PULL} nudge vain",
            [TWO],
            f"inconclusive: the history ends before any status that the controller wrote while nothing changed: {IN_VAIN}",
        ),
        (
            f"{PULL} nudge u1 = vain",
            [TWO, counted(1, 2, 2)],
            f"inconclusive: the history ends before any status that the controller wrote while nothing changed: {IN_VAIN}",
        ),
    ],
)
def test_counts_come_true(words, statuses, answer):
    assert judged(checks.counts_come_true, with_statuses(story(words, replicas=2), statuses)) == answer


def test_nothing_is_available_where_that_takes_an_hour():
    told = story(f"{PULL} nudge = vain", replicas=2, minReadySeconds=3600)
    none = counted(0, 2, 2)
    assert judged(checks.counts_come_true, with_statuses(told, [none, none])) == []
    assert judged(checks.counts_come_true, with_statuses(told, [none, TWO])) == [
        "7 =: the status counts availableReplicas 2 and not 0"
    ]


def test_a_pod_that_the_set_has_let_go_is_not_counted():
    alone = edited(
        story("+0 r0 +1 r1 =2 nudge =2"), "Pod", "web-1", lambda pod: pod["metadata"].update(ownerReferences=[])
    )
    one = counted(1, 1, 1) | {"replicas": 1, "readyReplicas": 1}
    assert judged(checks.counts_come_true, with_statuses(alone, [one, one])) == []


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"{PULL} nudge = scale:1 t1 -1 =", []),
        (f"{PULL}", "inconclusive: the set's specification was never changed"),
        (
            f"{PULL} nudge",
            "inconclusive: the set has observed generation 1 of 2, but nobody waited for it in vain",
        ),
        (
            f"{PULL} nudge vain",
            "inconclusive: the set has observed generation 1 of 2, but nothing shows that the controller did anything since",
        ),
        (
            "+0 r0 = scale:2 +1 vain",
            ["5 +1: the set has observed generation 1 of 2, although the controller was at work since"],
        ),
    ],
)
def test_generations_are_observed(words, answer):
    assert judged(checks.generations_are_observed, story(words, replicas=2)) == answer


@pytest.mark.parametrize(
    ("words", "forget", "answer"),
    [
        ("condition:foreign scale:1 t1 -1 =", False, []),
        ("condition:foreign scale:1 t1 -1 =", True, ["10 =: the condition foreign is no longer in the status"]),
        (
            "condition:foreign nudge =",
            False,
            "inconclusive: the controller did not write a status with other counts since",
        ),
        (
            "vain",
            False,
            f"inconclusive: the history ends before any condition that was put into the status: {IN_VAIN}",
        ),
    ],
)
def test_condition_survives(words, forget, answer):
    history = story(f"{PULL} {words}", replicas=2)
    if forget:
        last = list(history.of_kind("StatefulSet"))[-1].rv
        history = edited(history, "StatefulSet", "web", lambda one: _forget(one, last))
    assert judged(checks.condition_survives, history, "foreign") == answer


def _forget(one, rv):
    if int(one["metadata"]["resourceVersion"]) == rv:
        one["status"]["conditions"] = []


def test_a_condition_that_never_was_in_the_status_did_not_survive():
    history = edited(
        story(f"{PULL} condition:foreign ="), "StatefulSet", "web", lambda one: one["status"].pop("conditions", 0)
    )
    assert judged(checks.condition_survives, history, "foreign") == (
        "inconclusive: the condition foreign never was in the status"
    )


UNREADY = "never counted 0 ready replicas while the creation of a pod was refused"
NONE_HELD = (
    f"the history ends before any pod that was held unready while the creation of another was refused: {IN_VAIN}"
)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("limit scale:2 quota = hold:0 u0 = release:0 r0 = unlimit +1", []),
        ("limit scale:2 hold:0 u0 = quota", []),
        ("limit scale:2 quota hold:0 u0 =1 =2 vain", [f"10 =2: the status {UNREADY}"]),
        (
            "limit scale:2 quota hold:0 u0 =1",
            f"inconclusive: the status {UNREADY}, but nobody waited for it in vain",
        ),
        (
            "limit scale:2 quota = hold:0 u0 =1 vain",
            f"inconclusive: the status {UNREADY}, but nothing shows that the controller was at work since",
        ),
        (
            "limit scale:2 quota = hold:0 u0 vain",
            f"inconclusive: the status {UNREADY}, but nothing shows that the controller was at work since",
        ),
        ("limit scale:2 +1 quota hold:0 u0 =", "inconclusive: event 16 (rv 12): no pod was missing while web-0 was unready"),
        ("limit scale:2 quota hold:0 =",
         "inconclusive: event 13 (rv 9): no pod became unready while the creation of another was refused"),
        ("limit quota scale:2 = vain",
         "inconclusive: web-1 was never created within 20 s, but nothing shows that the controller looked since event "
         "12 (rv 9)"),
        ("limit scale:1 hold:0 u0 = vain", f"inconclusive: {NONE_HELD}"),
    ],
)  # fmt: skip
def test_counts_while_refused(words, answer):
    history = story(f"+0 r0 = {words}", replicas=1)
    history = edited(history, "hold", "", lambda act: act.update(what="readiness"))
    assert judged(checks.counts_while_refused, history) == answer


def scale(replicas, there, selector):
    """What a scale subresource says."""
    return {"spec": {"replicas": replicas}, "status": {"replicas": there, "selector": selector}}


@pytest.mark.parametrize(
    ("scale", "answer"),
    [
        (scale(2, 2, "app=web"), []),
        (scale(3, 2, "app=web"), ["6 scale: the scale says spec.replicas 3 where the set has 2"]),
        (scale(2, 1, "app=web"), ["6 scale: the scale says status.replicas 1 where the set has 2"]),
        (scale(2, 2, "app=other"), ["6 scale: the scale says status.selector 'app=other' where the set has 'app=web'"]),
        (None, "inconclusive: nobody read the scale while the set was left alone"),
    ],
)
def test_scale_tells(scale, answer):
    what = {"scale": scale} if scale else {"trouble": "timeout"}
    assert judged(checks.scale_tells, _asked(story(PULL, replicas=2), "scale", **what)) == answer


def test_a_scale_that_was_read_while_the_set_was_written_tells_nothing():
    history = story(f"{PULL} nudge", replicas=2)
    asked = [Event(PROBE, "scale", 8, {"scale": scale(5, 5, "app=web"), "ended": history.log[-1].rv}, "6 scale")]
    assert judged(checks.scale_tells, History.of(history.header, [*history.log, *asked])) == (
        "inconclusive: nobody read the scale while the set was left alone"
    )


@pytest.mark.parametrize(
    ("stale", "newest", "answer"),
    [
        (409, 200, []),
        (200, 200, ["6 trial: a scale that was written over a newer state of the set was accepted"]),
        (403, 200, "inconclusive: event 12 (rv 10): it was refused, but not as a conflict: no"),
        (409, 403, "inconclusive: event 13 (rv 10): even over the newest state it was refused: no"),
        (None, 200, "inconclusive: nobody tried to scale the set over its stale state"),
    ],
)
def test_stale_scale_is_refused(stale, newest, answer):
    history = story(PULL, replicas=2)
    for case, code in (("stale", stale), ("newest", newest)):
        said = {"code": code, "message": "no"} if code else {"trouble": "timeout"}
        history = _asked(history, "trial", verb="scale", case=case, **said)
    assert judged(checks.stale_scale_is_refused, history) == answer


def _asked(history, kind, **what):
    rv = history.log[-1].rv
    return History.of(history.header, [*history.log, Event(PROBE, kind, rv, what | {"ended": rv}, f"6 {kind}")])


BEGUN = {"conditions": [{"type": "Progressing", "status": "True", "reason": "RecreateInProgress"}]}
OVER = {"conditions": [{"type": "Progressing", "status": "False", "reason": "RecreateCompleted"}]}
DONE = OVER | {"updatedReplicas": 2}
RECREATED = f"{PULL} update = t0 t1 -0 = -1 +0 r0 +1 r1 ="


@pytest.mark.parametrize(
    ("words", "statuses", "answer"),
    [
        (RECREATED, [{}, BEGUN, BEGUN, DONE], []),
        (
            RECREATED,
            [{}, BEGUN, {"conditions": []}, DONE],
            ["11 =: old pods are still there, and Progressing is not there"],
        ),
        (
            RECREATED,
            [{}, BEGUN, BEGUN, BEGUN | {"updatedReplicas": 2}],
            ["17 =: all pods were recreated, and Progressing is True RecreateInProgress"],
        ),
        (
            f"{PULL} update = t0 t1 -0 =",
            [{}, BEGUN, BEGUN],
            "inconclusive: no status was written when all pods were recreated",
        ),
        (
            f"{PULL} vain",
            [{}],
            f"inconclusive: the history ends before any status that shows a changed template: {IN_VAIN}",
        ),
    ],
)
def test_recreation_is_told(words, statuses, answer):
    assert judged(checks.recreation_is_told, with_statuses(story(words, replicas=2), statuses)) == answer


def test_the_acts_of_this_notation_are_acts():
    history = story("+0 r0 = limit unlimit condition:x")
    assert [event.kind for event in history.log if event.type == ACT] == ["create", "limit", "unlimit", "condition"]


def test_told_by_events():
    def about(event):
        event["involvedObject"]["kind"] = "StatefulSet"

    told = edited(story("+0 r0 told:SuccessfulDelete:web-0 t0 -0"), "Event", "web.2", about)
    assert checks.status.told_by_events(told) == "Events of the set give the reasons SuccessfulDelete"
    assert checks.status.told_by_events(story("+0 r0 t0 -0")) == "no Event of the set tells of its pods"
    with pytest.raises(Inconclusive):
        checks.status.told_by_events(story("+0 r0"))
