"""The checks of what a kubelet is counted on for hold, name the event at which it failed, and say when evidence is thin.

Method: each history is written by hand in the notation of selftest/notation.py; how a container ended, and for how long it was
kept from ending, is put in behind.
"""

import pytest

from conformance import checks
from conformance.history import Event, History
from selftest.notation import edited, judged, story

LINGERS = "+0 r0 = delete:0 t0"
GATE = "stateful-conformance.test/gate"


def ending(words, held=4.0, waited=3.0, grace=60, code=0, reason="Completed"):
    """A story of a pod that is deleted, whose process ended so, after it was kept from ending for so long."""

    def end(pod):
        pod["spec"]["terminationGracePeriodSeconds"] = grace
        for one in pod["status"].get("containerStatuses") or ():
            if "terminated" in one["state"]:
                one["state"]["terminated"] = {"exitCode": code, "reason": reason}

    told = edited(story(words, replicas=1), "Pod", "web-0", end)
    log = []
    for event in told.log:
        more = {"release": {"what": "end", "seconds": held}, "wait": {"seconds": waited}}.get(event.kind, {})
        log.append(Event(event.type, event.kind, event.rv, dict(event.object) | more, event.time))
    return History.of(told.header, log)


def grace(words, **how):
    return judged(checks.grace_period_is_given, ending(words, **how), "web-0")


LAWFUL = f"{LINGERS} release:0 S0 -0 +0 late"
EARLY = f"{LINGERS} S0 release:0 -0 +0 late"


def test_a_process_that_ends_when_it_may_was_given_its_time():
    assert grace(LAWFUL) == []
    assert grace(LAWFUL, code=143, reason="Error") == []
    assert grace(LAWFUL, code=2, reason="Error") == []


@pytest.mark.parametrize("code", [0, 143])
def test_a_process_that_is_asked_to_end_before_its_hook_has_is_named(code):
    assert grace(EARLY, code=code) == [
        f"6 S0: web-0's container web ended with {code} before its hook had, within 4 s of 60 s that it had"
    ]


def test_a_process_that_is_killed_is_named_before_and_behind_its_release():
    killed = "web-0's container web ended with 137, killed, within"
    assert grace(EARLY, code=137, reason="Error") == [f"6 S0: {killed} 4 s of 60 s that it had"]
    assert grace(LAWFUL, code=137, reason="Error") == [f"7 S0: {killed} 7 s of 60 s that it had"]


@pytest.mark.parametrize(
    ("words", "how", "answer"),
    [
        (EARLY, {"held": 61.0}, "event 11 (rv 9): web-0 had 60 s to end, and they may have been over, or it was disrupted"),
        (LAWFUL, {"waited": 57.0, "code": 137},
         "event 12 (rv 9): web-0 had 60 s to end, and they may have been over, or it was disrupted"),
        ("+0 r0 D0 = delete:0 t0 S0 release:0 -0 +0 late", {"code": 137},
         "event 12 (rv 10): web-0 had 60 s to end, and they may have been over, or it was disrupted"),
        (EARLY, {"code": 137, "reason": "OOMKilled"},
         "event 11 (rv 9): web-0's container web ended with 137, since it was out of memory"),
        (EARLY, {"code": 1, "reason": "Error"}, "event 11 (rv 9): web-0's container web ended with 1, perhaps of itself"),
        (LAWFUL, {"held": 0.4}, "event 11 (rv 8): web-0 was kept from ending for 0.4 s only"),
        (f"{LINGERS} S0 -0 +0", {}, "the history holds no end of the containers of web-0, which were kept from ending"),
        (f"{LINGERS} release:0 -0 +0 late", {},
         "the history holds no end of the containers of web-0, which were kept from ending"),
    ],
)  # fmt: skip
def test_what_else_may_end_a_process_accuses_nobody(words, how, answer):
    assert grace(words, **how) == f"inconclusive: {answer}"


def gated(words, *opened):
    """A story of pods that declare a readiness gate, which is True in the states of these words."""
    told = story(words, replicas=1)
    log = []
    for event in told.log:
        state = dict(event.object)
        if event.kind == "Pod":
            status = dict(state["status"])
            said = "True" if event.time in opened else "False"
            status["conditions"] = [*status.get("conditions", ()), {"type": GATE, "status": said}]
            state |= {"spec": state["spec"] | {"readinessGates": [{"conditionType": GATE}]}, "status": status}
        log.append(Event(event.type, event.kind, event.rv, state, event.time))
    return judged(checks.ready_as_gates_say, History.of(told.header, log))


def test_a_pod_is_ready_only_when_its_gate_has_been_open():
    assert gated("+0 u0 u0 r0", "3 u0", "4 r0") == []
    # The gate may be shut again before the kubelet says what it has made of it.
    assert gated("+0 u0 u0 r0", "3 u0") == []
    assert gated("+0 u0 r0", "3 r0") == []
    assert gated("+0 u0 r0 u0", "4 u0") == [f"3 r0: web-0 is Ready, and its readiness gate {GATE} never was True"]
    assert gated("+0 r0 +1 r1", "2 r0") == [f"4 r1: web-1 is Ready, and its readiness gate {GATE} never was True"]


def test_a_gate_that_was_open_from_the_start_or_is_not_there_proves_nothing():
    thin = "inconclusive: the history holds no pod that ran before its readiness gates were True"
    assert gated("+0 r0", "1 +0", "2 r0") == thin
    assert judged(checks.ready_as_gates_say, story("+0 u0 r0", replicas=1)) == (
        "inconclusive: the history holds no pod that ran before its readiness gates were True"
    )
