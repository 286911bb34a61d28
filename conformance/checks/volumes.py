"""Volumes: where a pod can use one, and how many pods at once.

Method: where a pod is, for which nodes its volume is, and how its node is labelled, somebody asked while it ran. That a second
pod was kept from a volume shows where the scheduler said so while the first one was there, and the second ran once it was gone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from conformance.checks.evidence import FINISHED_PHASES, judge_each, spec
from conformance.checks.proof import cut_short
from conformance.checks.storage import CLAIM, claims_of, nothing_returned
from conformance.history import Event, History, Inconclusive, Life, Violation

ALONE = ["ReadWriteOncePod"]
Holds = Callable[[str | None, Sequence[str]], bool]
# How a requirement of a node selector holds for what a node's label says, which is None where there is no such label.
OPERATORS: Mapping[str, Holds] = {
    "In": lambda label, values: label in values,
    "NotIn": lambda label, values: label not in values,
    "Exists": lambda label, _: label is not None,
    "DoesNotExist": lambda label, _: label is None,
    "Gt": lambda label, values: label is not None and int(label) > int(values[0]),
    "Lt": lambda label, values: label is not None and int(label) < int(values[0]),
}


def runs_where_its_volume_is(history: History) -> list[Violation]:
    """Each pod that was asked where it is, one that was made again among them, is where its volume is."""
    history.require_complete()
    probes = history.probes("placement")
    if not probes:
        return cut_short(history, "question where a pod is")
    found = judge_each(probes, _placed)
    firsts = {pod.name: pod.uid for pod in reversed(history.pods)}
    asked = {(str(probe.object["target"]).removeprefix("Pod/"), probe.object["uid"]) for probe in probes}
    returned = any(firsts.get(name) != uid for name, uid in asked)
    return found if found or returned else nothing_returned(history, "question where a pod is that was made again")


def _placed(probe: Event) -> list[Violation]:
    said, name = probe.object, str(probe.object["target"]).removeprefix("Pod/")
    if "node" not in said:
        raise Inconclusive(f"{probe}: where {name} is could not be asked: {said.get('trouble')}")
    labels = dict(said["labels"])
    # What its class allows is where a volume may be made: whoever mounts one that is bound goes by the volume alone.
    terms = said["nodes"]
    if not terms or any(_selects(probe, term, labels, str(said["node"])) for term in terms):
        return []
    wanted = " or ".join(", ".join(_words(one) for one in _requirements(term)) for term in terms)
    place = f"{name} is on {said['node']}, and its volume {said['volume']} is for nodes of {wanted} only"
    return [Violation(probe, place)]


def _selects(probe: Event, term: Mapping[str, Any], labels: Mapping[str, str], node: str) -> bool:
    """Whether a term of a node selector is met; one without requirements selects nothing."""
    fields = {"metadata.name": node}
    met = [
        _holds(probe, one, told.get(str(one["key"])))
        for kind, told in (("matchExpressions", labels), ("matchFields", fields))
        for one in term.get(kind) or ()
    ]
    return bool(met) and all(met)


def _holds(probe: Event, requirement: Mapping[str, Any], label: str | None) -> bool:
    try:
        return OPERATORS[requirement["operator"]](label, requirement.get("values") or ())
    except (LookupError, ValueError):
        raise Inconclusive(f"{probe}: nobody here can read the requirement {_words(requirement)}") from None


def _requirements(term: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*(term.get("matchExpressions") or ()), *(term.get("matchFields") or ())]


def _words(requirement: Mapping[str, Any]) -> str:
    values = "/".join(map(str, requirement.get("values") or ()))
    return " ".join(filter(None, (str(requirement["key"]), str(requirement["operator"]), values)))


def used_by_one_pod(history: History) -> list[Violation]:
    """No pod ran with a volume that is claimed for one pod alone while another did; the one that waited ran in the end."""
    history.require_complete()
    history.require_one_order()
    claims = [claim for claim in history.lives(CLAIM) if spec(claim.events[-1]).get("accessModes") == ALONE]
    if not claims:
        return cut_short(history, "claim for one pod alone")
    return judge_each(claims, lambda claim: _used_in_turn(history, claim))


def _used_in_turn(history: History, claim: Life) -> list[Violation]:
    users = [pod for pod in history.lives("Pod") if claim.name in claims_of(pod.first)]
    ran = sorted((begun.number, pod) for pod in users if (begun := _began(pod)) is not None)
    turns = [pod for _, pod in ran]
    found = [
        Violation(began, f"{later.name} ran with {claim.name} while {earlier.name} did")
        for earlier, later in pairwise(turns)
        if (began := _began(later)) is not None and not _has_ended(earlier, began)
    ]
    if found:
        return found
    waited = [later for earlier, later in pairwise(turns) if _was_refused(later, earlier)]
    if not waited:
        raise Inconclusive(f"no pod waited for {claim.name} while another used it, and then ran with it")
    return []


def _began(pod: Life) -> Event | None:
    """The event by which a pod is known to run."""
    return pod.when(lambda event: event.status.get("phase") == "Running")


def _ended(pod: Life) -> Event | None:
    """The event by which none of a pod's processes runs any more."""
    return pod.when(lambda event: event.status.get("phase") in FINISHED_PHASES) or pod.gone


def _has_ended(pod: Life, before: Event) -> bool:
    ended = _ended(pod)
    return ended is not None and ended.number < before.number


def _was_refused(pod: Life, user: Life) -> bool:
    """Whether the scheduler said that it has no place for a pod, while this other one used the volume."""
    began, ended = _began(user), _ended(user)
    if began is None or ended is None:
        return False
    meanwhile = [event for event in pod.events if began.number < event.number < ended.number]
    return any(_is_unschedulable(event.status.get("conditions") or ()) for event in meanwhile)


def _is_unschedulable(conditions: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a pod has no place since another uses the volume alone: one that waits for a processor says nothing."""
    refused = [one for one in conditions if one.get("type") == "PodScheduled" and one.get("status") == "False"]
    return any(ALONE[0] in str(one.get("message")) for one in refused)
