"""How pods end before their time: evicted as far as a budget allows, forced, or in the time that their processes need.

Method: what the server said to each eviction is held against the budget as it stood while it was asked, and the budget against
the Ready pods that the log shows. A pod's end is what its own last state says of its containers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from math import inf

from conformance.checks.causes import FORCING_ACTS, had_failed, perhaps_collected
from conformance.checks.evidence import (
    end_of,
    judge_each,
    latest,
    life_of,
    lives_named,
    next_life,
    ordinal_in,
    pod_name,
    spec,
    wanted_ordinals,
)
from conformance.checks.proof import cut_short, looked_since, never_happened, not_made_again, predecessors_ready_since
from conformance.checks.storage import TEMPLATES, same_claims
from conformance.checks.updates import rolls_highest_first
from conformance.history import ACT, Event, History, Inconclusive, Life, Violation, is_ready

GRANTED, REFUSED = 201, 429
LOST_NODE_TAINTS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


def evictions_refused(history: History) -> list[Violation]:
    """Each eviction of a Ready pod that the budget did not allow was refused as such, and the pod stayed."""
    history.require_complete()
    history.require_one_order()
    asked = [
        probe for probe in history.probes("eviction") if _allowed(history, probe) == 0 and _was_ready(history, probe)
    ]
    if not asked:
        return cut_short(history, "eviction that a budget did not allow")
    return judge_each(asked, lambda probe: _refused(history, probe))


def evicted_pods_return(history: History, templates: Collection[str] = TEMPLATES) -> list[Violation]:
    """Each pod whose eviction was granted left, and came back under its name with the claims that it had."""
    history.require_complete()
    history.require_one_order()
    granted = [probe for probe in history.probes("eviction") if probe.object.get("code") == GRANTED]
    if not granted:
        return cut_short(history, "eviction that was granted")
    return judge_each(granted, lambda probe: _returned(history, probe, templates))


def quorum_kept(history: History, least: int) -> list[Violation]:
    """While every pod was evicted in turn, never fewer than so many were Ready, though more was asked for meanwhile."""
    history.require_complete()
    history.require_one_order()
    probes = history.probes("eviction")
    if not history.acts("protect") or not probes:
        return cut_short(history, "eviction under a budget")
    evicted = {str(probe.object["uid"]) for probe in probes if probe.object.get("code") == GRANTED}
    found = _too_few(history, probes[0], least, evicted)
    if found:
        return found
    names = {pod.name for pod in history.pods if pod.uid in evicted and next_life(history, pod) is not None}
    for name in (pod_name(history, ordinal) for ordinal in wanted_ordinals(history)):
        if name not in names:
            return cut_short(history, f"{name} that was evicted and made again")
    if not any(probe.object.get("code") == REFUSED for probe in probes):
        return cut_short(history, "eviction that would have left too few")
    return []


def update_asks_no_budget(history: History) -> list[Violation]:
    """The update replaced every pod in its order, although the budget allowed no eviction before it nor during it."""
    history.require_complete()
    history.require_one_order()
    updates = history.acts("update")
    if not updates:
        return cut_short(history, "changed template")
    refusals = [probe for probe in history.probes("eviction") if probe.object.get("code") == REFUSED]
    if not any(probe.number < updates[-1].number for probe in refusals):
        return cut_short(history, "eviction that was refused before the update")
    for budget in history.lives("PodDisruptionBudget"):
        allowing = budget.when(lambda event: bool(event.status.get("disruptionsAllowed")))
        if allowing is not None or budget.gone is not None:
            raise Inconclusive(f"{allowing or budget.gone}: the budget {budget.name} did not forbid all evictions")
    return rolls_highest_first(history)


def made_again_once_for_each_failure(history: History, name: str) -> list[Violation]:
    """A pod that failed again and again was made again once for each failure, and no other pod left or was created."""
    history.require_complete()
    history.require_one_order()
    acts = history.acts("fail", f"Pod/{name}")
    if len(acts) < 2:
        return cut_short(history, f"second failure of {name}")
    failed = {str(act.object["uid"]) for act in acts}
    proof = looked_since(history, acts[-1])
    until = inf if proof is None else proof.number
    found, gone, hit = list[Violation](), list[Life](), list[str]()
    for pod in history.pods:
        left, again = pod.terminated, next_life(history, pod)
        if left is not None and not had_failed(pod) and acts[0].number < left.number < until:
            if perhaps_collected(history, pod):
                hit.append(f"{left}: {pod.name} may have been deleted in place of the one before it, which had failed")
                continue
            found.append(Violation(left, f"{pod.name} began to terminate although it had not failed"))
        if pod.uid in failed and left is not None and again is None:
            gone.append(pod)
        if pod.name != name and pod.born is not None and acts[0].number < pod.born.number < until:
            found.append(Violation(pod.born, f"{pod.name} was created although only {name} had failed"))
    if not found:
        found += judge_each(gone, lambda pod: [not_made_again(history, pod)])
        found += judge_each(acts, lambda act: [] if _has_left(history, act) else [_not_deleted(history, act)])
    if hit and not found:
        raise Inconclusive(hit[0])
    if proof is None and not found:
        raise Inconclusive(f"{acts[-1]}: nothing shows that the controller looked since the last failure")
    return sorted(found, key=lambda violation: violation.event.number)


def force_frees_the_name(history: History, name: str) -> list[Violation]:
    """The pod that was deleted by force was gone though nobody confirmed its end, and was made again under its name."""
    history.require_complete()
    history.require_one_order()
    acts = [act for act in history.acts("delete", f"Pod/{name}") if act.object.get("gracePeriodSeconds") == 0]
    if not acts:
        return cut_short(history, f"deletion of {name} by force")
    return judge_each(acts, lambda act: _freed(history, act))


def gone_when_ended(history: History, name: str) -> list[Violation]:
    """The deleted pod was gone, and another made, only when its containers had ended, which took them a while."""
    history.require_complete()
    history.require_one_order()
    acts = [act for act in history.acts("delete", f"Pod/{name}") if "gracePeriodSeconds" not in act.object]
    if not acts:
        return cut_short(history, f"deletion of {name}")
    return judge_each(acts, lambda act: _ended(history, act))


def tolerate_lost_nodes(history: History, seconds: int) -> list[Violation]:
    """From its creation each pod tolerates a node that is not ready, and one that is unreachable, for so many seconds."""
    history.require_complete()
    births = [pod.born for pod in history.pods if pod.born is not None]
    if not births:
        return cut_short(history, "pod")
    return [
        Violation(born, f"{born.name} was created without a toleration of {taint} for {seconds} s")
        for born in births
        for taint in LOST_NODE_TAINTS
        if not any(
            one.get("key") == taint and one.get("effect") == "NoExecute" and one.get("tolerationSeconds") == seconds
            for one in spec(born).get("tolerations") or ()
        )
    ]


def _name(probe: Event) -> str:
    return str(probe.object["target"]).removeprefix("Pod/")


def _allowed(history: History, probe: Event) -> int | None:
    """How many disruptions the budget allowed for as long as the eviction was asked for, or None where that changed."""
    states = [state for life in history.lives("PodDisruptionBudget") if (state := life.at(probe.rv + 1)) is not None]
    if len(states) != 1 or "disruptionsAllowed" not in states[0].status:
        return None
    budget = history.of_kind("PodDisruptionBudget")
    allowed = {int(event.status.get("disruptionsAllowed", 0)) for event in budget if _during(event, probe)}
    before = int(states[0].status["disruptionsAllowed"])
    return before if allowed <= {before} else None


def _was_ready(history: History, probe: Event) -> bool:
    """Whether the pod was Ready when its eviction was asked for: of others a budget may allow the eviction all the same."""
    pod = life_of(history, "Pod", probe.object["uid"])
    return pod is not None and is_ready(pod.at(probe.rv + 1))


def _during(event: Event, probe: Event) -> bool:
    return bool(probe.rv < event.rv <= probe.object["ended"])


def _refused(history: History, probe: Event) -> list[Violation]:
    code, name = probe.object.get("code"), _name(probe)
    if code == GRANTED:
        return [Violation(probe, f"the eviction of {name} was granted although the budget allowed none")]
    if code != REFUSED or "budget" not in str(probe.object.get("message")):
        raise Inconclusive(f"{probe}: the eviction of {name} was answered with {code}: {probe.object.get('message')}")
    pod = life_of(history, "Pod", probe.object["uid"])
    began = pod.terminated if pod is not None else None
    if began is not None and probe.number < began.number < _next_cause(history, probe):
        return [Violation(began, f"{name} began to terminate although its eviction had been refused")]
    return []


def _next_cause(history: History, probe: Event) -> float:
    """The number of the next act that may end the pod of a probe: one upon the pod, or upon its set."""
    acts = (
        act.number
        for act in history.log
        if act.type == ACT and act.kind in FORCING_ACTS and act.object.get("target") == probe.object["target"]
    )
    return min(end_of(history, probe), next((number for number in acts if number > probe.number), inf))


def _returned(history: History, probe: Event, templates: Collection[str]) -> list[Violation]:
    pod = life_of(history, "Pod", probe.object["uid"])
    if pod is None:
        raise Inconclusive(f"{probe}: the {_name(probe)} that was evicted is not in the history")
    if pod.terminated is None or pod.terminated.rv > probe.object["ended"]:
        return [Violation(probe, f"the eviction of {pod.name} was granted, but it did not begin to terminate")]
    if templates:
        return same_claims(history, pod)
    return [] if next_life(history, pod) is not None else [not_made_again(history, pod)]


def _too_few(history: History, first: Event, least: int, evicted: Collection[str]) -> list[Violation]:
    """Each moment from the first eviction on at which fewer pods than that were Ready, by an eviction."""
    found = []
    for event, ready in _ready_from(history, first):
        if ready < least:
            if event.uid not in evicted:
                raise Inconclusive(f"{event}: {event.name}, which was not evicted, was not Ready")
            found.append(Violation(event, f"only {ready} pods were Ready when {event.name} was evicted"))
    return found


def _ready_from(history: History, first: Event) -> Iterator[tuple[Event, int]]:
    """How many pods were Ready after each event by which their number fell."""
    ready = {state.uid for state in history.pods_at(first.rv + 1) if is_ready(state)}
    ours = {pod.uid for pod in history.pods}
    for event in history.of_kind("Pod"):
        if event.uid not in ours or not first.number < event.number < end_of(history, first):
            continue
        if is_ready(event):
            ready.add(event.uid)
        elif event.uid in ready:
            ready.remove(event.uid)
            yield event, len(ready)


def _has_left(history: History, act: Event) -> bool:
    pod = life_of(history, "Pod", act.object["uid"])
    return pod is not None and pod.terminated is not None


def _not_deleted(history: History, act: Event) -> Violation:
    pod = life_of(history, "Pod", act.object["uid"])
    failed = pod.when(lambda event: event.status.get("phase") == act.object["phase"]) if pod is not None else None
    if pod is None or failed is None:
        raise Inconclusive(f"{act}: {act.object['target']} never showed the phase {act.object['phase']}")
    if pod.events[-1].status.get("phase") != act.object["phase"]:
        raise Inconclusive(f"{pod.events[-1]}: the phase of {pod.name} did not stay {act.object['phase']}")
    what = f"{pod.name} was not deleted although it had failed"
    since = predecessors_ready_since(history, ordinal_in(history, pod) or 0, what)
    return never_happened(history, latest(failed, *since), what)


def _deleted(history: History, act: Event) -> Life:
    pod = life_of(history, "Pod", act.object["uid"])
    if pod is None or pod not in lives_named(history, pod.name):
        raise Inconclusive(f"{act}: the pod that was deleted is not in the history")
    return pod


def _freed(history: History, act: Event) -> list[Violation]:
    pod = _deleted(history, act)
    before = pod.at(act.rv + 1)
    if before is None or not spec(before).get("nodeName"):
        raise Inconclusive(f"{act}: {pod.name} was on no node, so nobody had to confirm its end")
    if pod.gone is None:
        raise Inconclusive(f"{act}: {pod.name} was still there at the end")
    confirmed = any(act.number < one.number < pod.gone.number for one in history.acts("confirm"))
    if confirmed or _containers(pod.gone, "terminated"):
        raise Inconclusive(
            f"{act}: the end of {pod.name} was confirmed, so nothing shows that force alone frees its name"
        )
    return [] if next_life(history, pod) is not None else [not_made_again(history, pod)]


def _ended(history: History, act: Event) -> list[Violation]:
    pod = _deleted(history, act)
    new, gone = next_life(history, pod), pod.gone
    if new is not None and (gone is None or new.first.number < gone.number):
        return [Violation(new.first, f"{pod.name} was made again before the old one was gone")]
    if pod.terminated is None or gone is None:
        return cut_short(history, f"end of {pod.name}")
    if running := sorted(set(_containers(gone)) - set(_containers(gone, "terminated"))):
        return [Violation(gone, f"{pod.name} was gone although its container {', '.join(running)} had not ended")]
    proof = looked_since(history, pod.terminated)
    alive = [
        probe
        for probe in history.probes("hostname")
        if probe.object.get("uid") == pod.uid and "answer" in probe.object and probe.number > pod.terminated.number
    ]
    if not alive or proof is None or proof.number > gone.number:
        raise Inconclusive(
            f"{gone}: nothing shows that {pod.name} lived, and the controller looked, while it terminated"
        )
    return []


def _containers(pod: Event, state: str = "") -> list[str]:
    """The names of the containers of which the pod's status says this state, or says anything."""
    statuses = pod.status.get("containerStatuses") or ()
    return [str(one["name"]) for one in statuses if not state or state in (one.get("state") or {})]
