"""What a StatefulSet counts on a kubelet for: a process gets its time to end, and Ready is no more than the gates say.

Method: a hook in the container keeps the process from being asked to end, so what ends meanwhile was not given its time. That
the time was not over is known by how long the driver, by its own watch, kept it from ending and waited for its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

from conformance.checks.causes import had_failed
from conformance.checks.evidence import has_ready_condition, life_of, spec
from conformance.checks.proof import cut_short
from conformance.history import Event, History, Inconclusive, Life, Violation

# How a process ends that is asked to, or that is killed; whatever else it may end with is its own doing.
ASKED_TO_END, KILLED = (0, 143), 137
OUT_OF_MEMORY = "OOMKilled"
# For how long a process must have been kept from ending, at least, to show that it is let.
LEAST_SECONDS = 2.0


def grace_period_is_given(history: History, name: str) -> list[Violation]:
    """The deleted pod's process, which a hook kept from being asked to end, ended only after that, by itself and not killed."""
    history.require_complete()
    history.require_one_order()
    acts = history.acts("delete", f"Pod/{name}")
    pod = life_of(history, "Pod", acts[-1].object["uid"]) if acts else None
    releases = [act for act in history.acts("release") if act.object.get("what") == "end"]
    ended = _ended(pod) if pod is not None else None
    if pod is None or ended is None or not releases or releases[0].number < acts[-1].number:
        return cut_short(history, f"end of the containers of {name}, which were kept from ending")
    grace, held = int(spec(pod.first).get("terminationGracePeriodSeconds", 0)), float(releases[0].object["seconds"])
    seconds = held if ended.number < releases[0].number else held + _waited(history, releases[0])
    if seconds >= grace or had_failed(pod):
        raise Inconclusive(f"{ended}: {name} had {grace} s to end, and they may have been over, or it was disrupted")
    for container, state in _terminated(ended).items():
        how = f"{ended.name}'s container {container} ended with {state.get('exitCode')}"
        if state.get("reason") == OUT_OF_MEMORY:
            raise Inconclusive(f"{ended}: {how}, since it was out of memory")
        if state.get("exitCode") == KILLED:
            return [Violation(ended, f"{how}, killed, within {seconds:.0f} s of {grace} s that it had")]
        if ended.number < releases[0].number and state.get("exitCode") not in ASKED_TO_END:
            raise Inconclusive(f"{ended}: {how}, perhaps of itself")
        if ended.number < releases[0].number:
            return [Violation(ended, f"{how} before its hook had, within {seconds:.0f} s of {grace} s that it had")]
    if held < LEAST_SECONDS:
        raise Inconclusive(f"{releases[0]}: {name} was kept from ending for {held:.1f} s only")
    return []


def ready_as_gates_say(history: History) -> list[Violation]:
    """No pod was Ready before each of the readiness gates that it declares had been True."""
    history.require_pods()
    found, were_shut = list[Violation](), False
    for pod in history.pods:
        gates = {str(one["conditionType"]) for one in spec(pod.first).get("readinessGates") or ()}
        opened = set[str]()
        for event in pod.events if gates and pod.born is not None else ():
            opened |= {str(c.get("type")) for c in event.status.get("conditions") or () if c.get("status") == "True"}
            if has_ready_condition(event) and gates - opened:
                gate = min(gates - opened)
                found.append(Violation(event, f"{pod.name} is Ready, and its readiness gate {gate} never was True"))
                break
            were_shut |= bool(gates - opened) and event.status.get("phase") == "Running"
    return found if found or were_shut else cut_short(history, "pod that ran before its readiness gates were True")


def _ended(pod: Life) -> Event | None:
    """The first state of a pod on its way out that says of a container that it has ended, or None."""
    return pod.when(lambda event: event.terminating and bool(_terminated(event)))


def _terminated(pod: Event) -> Mapping[str, Mapping[str, Any]]:
    """How each container of a pod ended that has, by its name."""
    statuses = pod.status.get("containerStatuses") or ()
    return {
        str(one["name"]): one["state"]["terminated"] for one in statuses if "terminated" in (one.get("state") or {})
    }


def _waited(history: History, release: Event) -> float:
    """For how many seconds the next wait behind that took, which is for the pod's replacement; endless where none came true."""
    waits = (wait for wait in history.acts("wait") if wait.number > release.number)
    wait = next((wait for wait in waits if float(wait.object.get("seconds", 0)) > 0), None)
    return float(wait.object["seconds"]) if wait is not None and wait.object.get("met") else inf
