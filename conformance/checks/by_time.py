"""What comes by time alone: a pod that has been Ready for minReadySeconds is available, though nobody did anything.

Method: clocks are not read. It came too late where somebody had begun to wait for it when a status counted the pod as ready,
and had waited for many times as long, in vain, and it came only when the controller was made to look, or not even then.
"""

from __future__ import annotations

from conformance.checks.availability import NEVER
from conformance.checks.evidence import (
    first_ordinal,
    lives_named,
    min_ready_seconds,
    pod_name,
    workload,
)
from conformance.checks.proof import (
    PATIENT_TIMES,
    cut_short,
    made_by,
    never_happened,
    require_long_wait,
    require_unrefused,
    waited_in_vain,
)
from conformance.history import Event, History, Inconclusive, Violation, is_ready

COUNTED_UNAVAILABLE = "status that counts the first pod as ready, and as available only in a while"
# How long a controller may be away by right: until another process has taken its lease, and seen what there is.
FAILOVER_SECONDS = 60


def next_comes_with_time(history: History) -> list[Violation]:
    """When the first pod had been Ready for minReadySeconds the second was created, though nobody had done anything since."""
    known = _counted_unavailable(history)
    if known is None:
        return cut_short(history, COUNTED_UNAVAILABLE)
    name = pod_name(history, first_ordinal(history) + 1)
    came = next((pod.born for pod in lives_named(history, name)), None)
    return _by_time_alone(history, known, came, f"{name} was not created")


def availability_comes_with_time(history: History) -> list[Violation]:
    """When the first pod had been Ready for minReadySeconds the status counted it so, though nobody had done anything since."""
    known = _counted_unavailable(history)
    if known is None:
        return cut_short(history, COUNTED_UNAVAILABLE)
    behind = (event for event in workload(history).events if event.number > known.number)
    came = next((event for event in behind if int(event.status.get("availableReplicas") or 0) > 0), None)
    return _by_time_alone(
        history, known, came, f"{pod_name(history, first_ordinal(history))} was not counted as available"
    )


def _counted_unavailable(history: History) -> Event | None:
    """The first status that counts the first ordinal's pod as ready, and not as available; None where there is none such."""
    history.require_pods()
    history.require_one_order()
    for pod in lives_named(history, pod_name(history, first_ordinal(history)))[:1]:
        ready = pod.when(is_ready)
        behind = (event for event in workload(history).events if ready is not None and event.number > ready.number)
        known = next((event for event in behind if int(event.status.get("readyReplicas") or 0) > 0), None)
        takes_a_while = 0 < min_ready_seconds(workload(history).first) < NEVER
        if known is not None and not known.status.get("availableReplicas") and takes_a_while:
            return known
    return None


def _by_time_alone(history: History, known: Event, came: Event | None, what: str) -> list[Violation]:
    """Judge whether this came before anybody did anything; a nudge is made when somebody has waited in vain, and so is late."""
    done = next((act for act in history.all_acts if act.number > known.number and act.kind != "wait"), None)
    if came is not None and came.number < known.number:
        raise Inconclusive(f"{came}: that came before any status counted the first pod as ready ({known})")
    # What came before the generation that a nudge made came by itself, and was only heard of late.
    made = made_by(workload(history), done) if done is not None and done.kind == "nudge" else None
    if came is not None and (done is None or came.number < (made or done).number):
        return []
    least = min_ready_seconds(workload(history).first)
    patient = max(PATIENT_TIMES * least, FAILOVER_SECONDS)
    if came is None:
        began = require_long_wait(history, known, waited_in_vain(history), patient, what)
        return [never_happened(history, began, what)]
    if done is None or done.kind != "nudge":
        raise Inconclusive(f"{came}: {what} before somebody did something ({done})")
    late = f"{what} before the controller was made to look ({done})"
    wait = next((wait for wait in history.acts("wait") if wait.number > done.number), None)
    require_long_wait(history, known, wait, patient, f"{came}: {late}")
    if came.kind == "Pod":
        require_unrefused(history, f"{came}: {late}")
    return [Violation(came, f"{late}, and {least} s were enough")]
