"""The status and the scale subresource: what a set says of itself is so, and it can be read and changed by its scale alone.

Method: a status follows what it is about, so its counts are judged where nothing changes: where no pod did, nobody did anything
to the set, and the controller observed a nudge. That they never come true is certain only where somebody waited in vain.
"""

from __future__ import annotations

from itertools import pairwise

from conformance.checks.evidence import (
    claimed_generation,
    generation,
    has_ready_condition,
    judge_each,
    latest,
    min_ready_seconds,
    observed_generation,
    spec,
    wanted_ordinals,
    workload,
)
from conformance.checks.proof import counts_are_true, cut_short, observed, waited_in_vain
from conformance.history import (
    ACT,
    DELETED,
    REVISION_LABEL,
    WATCHED,
    Event,
    History,
    Inconclusive,
    Object,
    Violation,
    controller_of,
    is_ready,
    ordinal_of,
)

# A minReadySeconds that no story is long enough for.
NEVER = 3600
QUIET_ACTS = ("nudge", "wait", "release", "hold")
CONFLICT, ACCEPTED = 409, 200


def counts_come_true(history: History) -> list[Violation]:
    """Wherever pods and set were left alone, the status came to count them: all, ready, available, current and updated."""
    history.require_pods()
    history.require_one_order()
    stretches = [one for one in _stretches(history) if _last_look(history, one) is not None]
    if not stretches:
        return cut_short(history, "status that the controller wrote while nothing changed")
    return judge_each(stretches, lambda stretch: _untrue(history, stretch))


def generations_are_observed(history: History) -> list[Violation]:
    """In the end the set's observedGeneration is its generation, after it was changed again and again."""
    history.require_pods()
    history.require_one_order()
    states = [event for event in workload(history).events if event.type != DELETED]
    last = states[-1]
    if generation(last) < 2:
        raise Inconclusive("the set's specification was never changed")
    if observed_generation(history, last) >= generation(last):
        return []
    what = f"the set has observed generation {claimed_generation(last)} of {generation(last)}"
    changed = next(event for event in states if generation(event) == generation(last))
    wait = waited_in_vain(history)
    if wait is None or wait.number < changed.number:
        raise Inconclusive(f"{what}, but nobody waited for it in vain")
    # Whoever writes a status or makes a pod is alive; whether it has seen the change is just what the status is to say.
    since = [event for event in states if event.number > changed.number and event.status != changed.status]
    since += [pod.born for pod in history.pods if pod.born is not None and pod.born.number > changed.number]
    if not since:
        raise Inconclusive(f"{what}, but nothing shows that the controller did anything since")
    return [Violation(latest(*since), f"{what}, although the controller was at work since")]


def condition_survives(history: History, condition: str) -> list[Violation]:
    """A condition that somebody else put into the status was still there after the controller had written its own."""
    history.require_pods()
    history.require_one_order()
    acts = history.acts("condition")
    if not acts:
        return cut_short(history, "condition that was put into the status")
    behind = [event for event in workload(history).events if event.number > acts[-1].number]
    put = next((event for event in behind if _has_condition(event, condition)), None)
    if put is None:
        raise Inconclusive(f"the condition {condition} never was in the status")
    later = [event for event in behind if event.number > put.number and event.type != DELETED]
    lost = next((event for event in later if not _has_condition(event, condition)), None)
    if lost is not None:
        return [Violation(lost, f"the condition {condition} is no longer in the status")]
    if not any(_counts(event) != _counts(put) for event in later):
        raise Inconclusive("the controller did not write a status with other counts since")
    return []


def counts_while_refused(history: History) -> list[Violation]:
    """While a quota refused the creation of a pod, the status came to count that another pod had become unready."""
    history.require_pods()
    history.require_one_order()
    limits, holds = (
        history.acts("limit"),
        [act for act in history.acts("hold") if act.object.get("what") == "readiness"],
    )
    # Events may be kept in a store of their own: that the controller was refused is known from them, but not when.
    refused = [event for event in history.of_kind("Event") if event.object.get("reason") == "FailedCreate"]
    if not limits or not refused or not holds or holds[-1].number < limits[0].number:
        return cut_short(history, "pod that was held unready while the creation of another was refused")
    hold = holds[-1]
    end = min((act.number for verb in ("release", "unlimit") for act in history.acts(verb) if act.number > hold.number),
              default=len(history.log) + 1)  # fmt: skip
    lost = next((e for e in history.of_kind("Pod") if hold.number < e.number < end and not is_ready(e)), None)
    if lost is None:
        raise Inconclusive(f"{hold}: no pod became unready while the creation of another was refused")
    states = list(history.pods_at(lost.rv + 1))
    ready, missing = sum(map(has_ready_condition, states)), set(wanted_ordinals(history)) - {*map(_ordinal, states)}
    writes = [event for event in workload(history).events if lost.number < event.number < end]
    # A status about the set that asks for the missing pod was written by a look that was refused it.
    about = [event for event in writes if observed_generation(history, event) == generation(event)]
    if not missing or not all(_misses(history, event, missing) for event in about):
        raise Inconclusive(f"{lost}: no pod was missing while {lost.name} was unready")
    if any(int(event.status.get("readyReplicas") or 0) == ready for event in about):
        return []
    what = f"the status never counted {ready} ready replicas while the creation of a pod was refused"
    if waited_in_vain(history) is None:
        raise Inconclusive(f"{what}, but nobody waited for it in vain")
    if not any(event.status != before.status for before, event in pairwise((*writes[:1], *writes))):
        raise Inconclusive(f"{what}, but nothing shows that the controller was at work since")
    return [Violation(writes[-1], what)]


def scale_tells(history: History) -> list[Violation]:
    """The scale subresource tells how many replicas the set asks for, how many it has, and which pods are its own."""
    history.require_pods()
    history.require_one_order()
    found, judged = list[Violation](), 0
    for probe in history.probes("scale"):
        scale, states = probe.object.get("scale"), _unchanged(history, probe)
        if scale is None or len(states) != 1:
            continue
        judged += 1
        (state,) = states
        labels = ",".join(f"{key}={value}" for key, value in sorted(history.header.selector.items()))
        wanted = {
            "spec.replicas": spec(state).get("replicas"),
            "status.replicas": state.status.get("replicas"),
            "status.selector": labels,
        }
        told = {
            "spec.replicas": spec_of(scale).get("replicas", 0),
            "status.replicas": status_of(scale).get("replicas", 0),
            "status.selector": status_of(scale).get("selector"),
        }
        found += [
            Violation(probe, f"the scale says {field} {told[field]!r} where the set has {wanted[field]!r}")
            for field in wanted
            if told[field] != wanted[field]
        ]
    if not judged:
        raise Inconclusive("nobody read the scale while the set was left alone")
    return found


def stale_scale_is_refused(history: History) -> list[Violation]:
    """A scale that was written over a newer state of the set was refused as a conflict; written over the newest, it was not."""
    history.require_pods()
    history.require_one_order()
    answers = {}
    for case in ("newest", "stale"):
        found = [one for one in history.probes("trial") if (one.object["verb"], one.object["case"]) == ("scale", case)]
        if not found or "code" not in found[-1].object:
            raise Inconclusive(f"nobody tried to scale the set over its {case} state")
        answers[case] = found[-1]
    if (control := answers["newest"]).object["code"] != ACCEPTED:
        raise Inconclusive(f"{control}: even over the newest state it was refused: {control.object.get('message')}")
    stale = answers["stale"]
    if stale.object["code"] == ACCEPTED:
        return [Violation(stale, "a scale that was written over a newer state of the set was accepted")]
    if stale.object["code"] != CONFLICT:
        raise Inconclusive(f"{stale}: it was refused, but not as a conflict: {stale.object.get('message')}")
    return []


def recreation_is_told(history: History) -> list[Violation]:
    """Recreating was told by the condition Progressing: in progress while old pods were still there, complete at the end."""
    history.require_pods()
    history.require_one_order()
    acts = history.acts("update")
    proof = observed(history, acts[-1]) if acts else None
    if not acts or proof is None:
        return cut_short(history, "status that shows a changed template")
    revision = proof.status.get("updateRevision")
    old = [pod for pod in history.pods if pod.first.labels.get(REVISION_LABEL) != revision]
    last = max((pod.gone.number if pod.gone else len(history.log) + 1 for pod in old), default=0)
    writes = [event for event in workload(history).events if event.number >= proof.number and event.type != DELETED]
    found = [
        Violation(event, f"old pods are still there, and Progressing is {_progress(event) or 'not there'}")
        for event in writes
        if event.number < last and _progress(event) != "True RecreateInProgress"
    ]
    end = writes[-1]
    if found:
        return found
    done = all(is_ready(s) and s.labels.get(REVISION_LABEL) == revision for s in history.pods_at(end.rv))
    full = sum(1 for _ in history.pods_at(end.rv)) == int(spec(end).get("replicas", 1))
    if not (done and full and int(end.status.get("updatedReplicas") or 0) == int(spec(end).get("replicas", 1))):
        raise Inconclusive("no status was written when all pods were recreated")
    if not counts_are_true(history, end):
        raise Inconclusive(f"{end}: the last status counts other pods than were there, so what it tells may be older")
    if _progress(end) != "False RecreateCompleted":
        return [Violation(end, f"all pods were recreated, and Progressing is {_progress(end) or 'not there'}")]
    return []


def spec_of(scale: Object) -> Object:
    """The specification of a scale."""
    found: Object = scale.get("spec") or {}
    return found


def status_of(scale: Object) -> Object:
    """The status of a scale."""
    found: Object = scale.get("status") or {}
    return found


def _stretches(history: History) -> list[list[Event]]:
    """The parts of the log in which no pod changed and nobody did anything to the set but make the controller look."""
    found: list[list[Event]] = [[]]
    for event in history.log:
        moves = event.kind == "Pod" if event.type in WATCHED else event.type == ACT and event.kind not in QUIET_ACTS
        if moves:
            found.append([])
        else:
            found[-1].append(event)
    return found


def _last_look(history: History, stretch: list[Event]) -> Event | None:
    """The newest state of the set in a stretch, where in it the controller observed a nudge that was made in it."""
    nudges = [event for event in stretch if event.type == ACT and event.kind == "nudge"]
    proofs = [observed(history, nudge) for nudge in nudges]
    if not any(proof is not None and proof in stretch for proof in proofs):
        return None
    return [
        e for e in stretch if e.kind == history.header.kind and e.name == history.header.name and e.type in WATCHED
    ][-1]


def _untrue(history: History, stretch: list[Event]) -> list[Violation]:
    write = _last_look(history, stretch)
    if write is None:
        return []
    told, truth = _counts(write), _truth(history, write)
    wrong = [f"{field} {told[field]} and not {truth[field]}" for field in truth if told[field] != truth[field]]
    if not wrong:
        return []
    what = f"the status counts {', '.join(wrong)}"
    if not any(event.type == ACT and event.kind == "wait" and event.object.get("met") is False for event in stretch):
        raise Inconclusive(f"{write}: {what}, but nobody waited in vain for it to come true")
    return [Violation(write, what)]


def _counts(event: Event) -> dict[str, int]:
    fields = ("replicas", "readyReplicas", "availableReplicas", "currentReplicas", "updatedReplicas")
    return {field: int(event.status.get(field) or 0) for field in fields}


def _truth(history: History, write: Event) -> dict[str, int]:
    """What a status written here should count; how many are available is left out where it is a matter of time."""
    pods = [pod for pod in history.pods_at(write.rv) if (controller_of(pod.metadata) or {}).get("uid") == write.uid]
    ready = sum(pod.status.get("phase") == "Running" and has_ready_condition(pod) for pod in pods)
    living = [pod.labels.get(REVISION_LABEL) for pod in pods if not pod.terminating]
    truth = {
        "replicas": len(pods),
        "readyReplicas": ready,
        "currentReplicas": living.count(write.status.get("currentRevision")),
        "updatedReplicas": living.count(write.status.get("updateRevision")),
    }
    least = min_ready_seconds(write)
    if least == 0 or least >= NEVER:
        truth["availableReplicas"] = 0 if least else ready
    return truth


def _has_condition(event: Event, condition: str) -> bool:
    return any(one.get("type") == condition for one in event.status.get("conditions") or ())


def _progress(event: Event) -> str:
    found = [one for one in event.status.get("conditions") or () if one.get("type") == "Progressing"]
    return f"{found[0].get('status')} {found[0].get('reason')}" if found else ""


def _ordinal(pod: Event) -> int | None:
    return ordinal_of(pod.name)


def _misses(history: History, event: Event, ordinals: set[int]) -> bool:
    return not ordinals & {*map(_ordinal, history.pods_at(event.rv))}


def _unchanged(history: History, probe: Event) -> list[Event]:
    """The states of the set that a probe can have met: one where nothing changed while it was asked."""
    states = [event for event in workload(history).events if event.type != DELETED]
    before = [event for event in states if event.rv <= probe.rv]
    return before[-1:] + [event for event in states if probe.rv < event.rv <= int(probe.object["ended"])]


def told_by_events(history: History) -> str:
    """Tell with which reasons Events of the set speak of the pods that were created and removed, as far as they had come."""
    history.require_pods()
    if not any(pod.terminated is not None for pod in history.pods):
        raise Inconclusive("no pod was removed")
    about = [event for event in history.of_kind("Event") if event.type != DELETED and _is_about_the_set(history, event)]
    reasons = sorted({str(event.object.get("reason")) for event in about})
    return (
        f"Events of the set give the reasons {' and '.join(reasons)}"
        if reasons
        else "no Event of the set tells of its pods"
    )


def _is_about_the_set(history: History, event: Event) -> bool:
    about = event.object.get("involvedObject") or {}
    return (about.get("kind"), about.get("name")) == (history.header.kind, history.header.name)


def told_of_generations(history: History) -> str:
    """Tell whether pods say the generation of their specification, and whether somebody says which one was observed."""
    history.require_pods()
    states = [event for pod in history.pods for event in pod.events]
    counted = any("generation" in event.metadata for event in states)
    seen = any("observedGeneration" in event.status for event in states)
    return (f"pods {'say' if counted else 'do not say'} the generation of their specification, "
            f"and {'it is told' if seen else 'nobody tells'} which one was observed")  # fmt: skip
