"""What an upgrade must leave as it is, and what it may touch only in its turn.

Method: each check compares what was there when the upgrade began with what was there when it had ended, by UID, and names the
event at which a difference is certain. What happened between is judged where it was seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from conformance.checks.evidence import generation, judge_each, lives_named, spec, workload
from conformance.checks.proof import waited_in_vain
from conformance.checks.storage import set_claims
from conformance.history import (
    DELETED,
    REVISION_LABEL,
    SERVICE_LABEL,
    UNWATCHED,
    Event,
    History,
    Inconclusive,
    Life,
    Object,
    Violation,
    is_ready,
)
from conformance.upgrade.crossing import Crossing, is_node_ready

REVISIONS = ("currentRevision", "updateRevision")


def stands(history: History) -> list[Violation]:
    """All that the member was asked for before the upgrade came about."""
    wait = waited_in_vain(history)
    begun = history.acts("upgrade")
    if wait is not None and not (begun and begun[0].number < wait.number):
        return [Violation(wait, f"waited {wait.object['seconds']} s in vain for {wait.object['for']}")]
    if not begun:
        raise Inconclusive("the upgrade never began")
    return []


def outages(history: History) -> str:
    """Tell how often the API server did not answer, and for how long at the most."""
    found = Crossing(history).ended.object["outages"]
    if found is None:
        raise Inconclusive("nobody asked the API server during the upgrade")
    return (
        f"the API server was away {len(found)} times, for {max(found):.1f} s at the most"
        if found
        else "it always answered"
    )


def sets_stay(history: History) -> list[Violation]:
    """The set is the same object, of the same generation, and its status names the same revisions as before."""
    crossing = Crossing(history)
    crossing.require_seen("StatefulSet")
    sets = crossing.there_before(history.sets)
    if not sets:
        raise Inconclusive(f"{crossing.begun}: the set was not there when the upgrade began")
    found = [violation for one in sets for violation in _changes_of_set(crossing, one)]
    made = [Violation(one.first, f"{one.name} was made anew") for one in crossing.made(history.sets)]
    return crossing.named(found + made)


def claims_stay(history: History) -> list[Violation]:
    """Each claim is the same object, bound to the same volume, of the same owners; none was deleted, and none was made."""
    crossing = Crossing(history)
    crossing.require_seen("PersistentVolumeClaim")
    claims = crossing.there_before(set_claims(history))
    if not claims:
        raise Inconclusive(f"{crossing.begun}: the set had no claims when the upgrade began")
    found = [violation for claim in claims for violation in _changes_of_claim(crossing, claim)]
    found += [Violation(one.first, f"{one.name} was made anew") for one in crossing.made(set_claims(history))]
    return crossing.named(found)


def revisions_stay(history: History) -> list[Violation]:
    """The set's revisions are the same, of the same numbers and data; none was made, though nobody had changed the template."""
    crossing = Crossing(history)
    crossing.require_seen("ControllerRevision")
    ours = {one.uid for one in history.sets}
    everything = [one for one in history.lives("ControllerRevision") if ours & set(_owners(one.first))]
    revisions = crossing.there_before(everything)
    if not revisions:
        raise Inconclusive(f"{crossing.begun}: the set had no revisions when the upgrade began")
    found = [violation for one in revisions for violation in _changes_of_revision(crossing, one)]
    found += [Violation(one.first, f"revision {one.name} was made") for one in crossing.made(everything)]
    return crossing.named(found)


def endpoints_keep_names(history: History) -> list[Violation]:
    """The endpoints of the set's Service bore its pods' names throughout, and those listed before are listed after again."""
    crossing = Crossing(history)
    crossing.require_seen("EndpointSlice")
    service = spec(workload(history).first).get("serviceName")
    slices = [one for one in history.lives("EndpointSlice") if one.first.labels.get(SERVICE_LABEL) == service]
    before = {name for one in slices for name in _hosts(crossing.before(one)) if name}
    after = {name for one in slices for name in _hosts(crossing.after(one))}
    if not before:
        raise Inconclusive(f"{crossing.begun}: no endpoint bore a name when the upgrade began")
    nameless = [
        Violation(event, f"an endpoint of {service} has no host name")
        for one in slices
        for event in one.events
        if crossing.begun.number < event.number < crossing.ended.number and "" in _hosts(event)
    ]
    gone = [
        Violation(crossing.ended, f"{name} is no endpoint of {service} any more") for name in sorted(before - after)
    ]
    return crossing.named(nameless[:1] + gone)


def _hosts(state: Event | None) -> set[str]:
    """The host names of a slice's endpoints; empty where one has none."""
    endpoints = (state.object.get("endpoints") or ()) if state is not None and state.type != DELETED else ()
    return {str(one.get("hostname") or "") for one in endpoints}


def pods_return(history: History) -> list[Violation]:
    """Each pod that was Ready before the upgrade is there after it under its name, Ready, at the revision that it was at."""
    crossing = Crossing(history)
    crossing.require_seen("Pod")
    pods = [pod for pod in crossing.there_before(history.pods) if is_ready(crossing.before(pod))]
    if not pods:
        raise Inconclusive(f"{crossing.begun}: no pod was Ready when the upgrade began")
    return crossing.named(judge_each(pods, lambda pod: _returned(crossing, pod)))


def nodes_are_back(history: History) -> list[Violation]:
    """Each node that was Ready before the upgrade is there after it, Ready, and takes pods where it took them before."""
    crossing = Crossing(history)
    crossing.require_seen("Node")
    nodes = [node for node in history.lives("Node") if (state := crossing.before(node)) and is_node_ready(state)]
    if not nodes:
        raise Inconclusive(f"{crossing.begun}: no node was Ready when the upgrade began")
    return crossing.named([violation for node in nodes for violation in _not_back(crossing, node)])


def pods_leave_with_their_node(history: History) -> list[Violation]:
    """A pod left, or a container of it was started anew, only where its node had been drained or upgraded before."""
    crossing = Crossing(history)
    crossing.require_seen("Pod")
    pods = crossing.there_before(history.pods)
    if not pods:
        raise Inconclusive(f"{crossing.begun}: the set had no pods when the upgrade began")
    return crossing.named(judge_each(pods, lambda pod: _touched(crossing, pod)))


def was_unwatched(history: History) -> bool:
    """Whether the upgrade was done between two runs: then what happened meanwhile is known by its traces only."""
    return any(gap.object.get("reason") == UNWATCHED for gap in history.gaps)


def budget_is_kept(history: History) -> list[Violation]:
    """While the cluster was upgraded, never fewer pods were Ready than the PodDisruptionBudget protects."""
    crossing = Crossing(history)
    crossing.require_seen("Pod")
    budgets = [one for one in history.lives("PodDisruptionBudget") if crossing.before(one) is not None]
    if not budgets:
        raise Inconclusive(f"{crossing.begun}: no budget protected the pods when the upgrade began")
    state = crossing.before(budgets[0])
    least = int(state.status.get("desiredHealthy") or 0) if state is not None else 0
    if not least:
        raise Inconclusive(f"{crossing.begun}: the budget protected no pod when the upgrade began")
    for event in history.of_kind("Pod"):
        if crossing.begun.number <= event.number < crossing.ended.number:
            ready = sum(is_ready(_known(crossing, pod, event)) for pod in history.pods)
            if ready < least:
                return crossing.named([Violation(event, f"{ready} pods were Ready, and the budget protects {least}")])
    unseen = next((gap for gap in history.gaps if gap.kind == "Pod" and not _is_reconciled(crossing, gap)), None)
    if unseen is not None:
        raise Inconclusive(
            f"{unseen}: how many pods were Ready meanwhile nobody saw, and they are not the same behind it"
        )
    return []


def _changes_of_set(crossing: Crossing, one: Life) -> Iterator[Violation]:
    before, after = crossing.before(one), crossing.after(one)
    if before is None or after is None or after.terminating:
        yield Violation(crossing.end_of(one) or crossing.ended, f"{one.name} was deleted")
        return
    if generation(after) != generation(before):
        at = _changed(crossing, one, generation)
        yield Violation(at, f"the generation of {one.name} became {generation(at)}, and was {generation(before)}")
    for field in REVISIONS:
        was, now = before.status.get(field), after.status.get(field)
        if now != was:
            at = _changed(crossing, one, partial(_status, field))
            yield Violation(at, f"the {field} of {one.name} became {now}, and was {was}")


def _changes_of_claim(crossing: Crossing, claim: Life) -> Iterator[Violation]:
    before, after = crossing.before(claim), crossing.after(claim)
    if before is None or after is None or after.terminating:
        yield Violation(crossing.end_of(claim) or crossing.ended, f"{claim.name} was deleted")
        return
    volume = spec(before).get("volumeName")
    if volume and spec(after).get("volumeName") != volume:
        at = _changed(crossing, claim, lambda state: spec(state).get("volumeName"))
        yield Violation(at, f"{claim.name} was bound to {spec(at).get('volumeName')}, and had been to {volume}")
    if _owners(after) != _owners(before):
        at = _changed(crossing, claim, _owners)
        yield Violation(at, f"{claim.name} was put under another owner")


def _changes_of_revision(crossing: Crossing, one: Life) -> Iterator[Violation]:
    before, after = crossing.before(one), crossing.after(one)
    if before is None or after is None:
        yield Violation(crossing.end_of(one) or crossing.ended, f"revision {one.name} was deleted")
        return
    for field in ("revision", "data"):
        if after.object.get(field) != before.object.get(field):
            at = _changed(crossing, one, partial(_field, field))
            yield Violation(at, f"the {field} of revision {one.name} was changed")


def _returned(crossing: Crossing, pod: Life) -> list[Violation]:
    """Judge that a pod of this name is there at the end, Ready, and at the same revision."""
    there = [life for life in lives_named(crossing.history, pod.name) if crossing.after(life) is not None]
    if not there:
        return [Violation(crossing.ended, f"{pod.name} is not there after the upgrade")]
    if not is_ready(crossing.after(there[-1])):
        return [Violation(crossing.ended, f"{pod.name} is not Ready after the upgrade")]
    was, now = pod.first.labels.get(REVISION_LABEL), there[-1].first.labels.get(REVISION_LABEL)
    return [] if was == now else [Violation(there[-1].first, f"{pod.name} is at revision {now}, and was at {was}")]


def _not_back(crossing: Crossing, node: Life) -> Iterator[Violation]:
    before = crossing.before(node)
    same = [life for life in crossing.history.lives("Node") if life.name == node.name]
    after = next((state for life in reversed(same) if (state := crossing.after(life)) is not None), None)
    if after is None:
        # A machine that was replaced by another is no fault.
        nodes = crossing.history.lives("Node")
        new = [life for life in crossing.made(nodes) if crossing.after(life) is not None]
        gone = [life for life in crossing.there_before(nodes) if crossing.after(life) is None]
        if len(new) < len(gone):
            yield Violation(
                crossing.ended, f"node {node.name} is gone after the upgrade, and no other came in its place"
            )
    elif node.name in crossing.ended.object["silent"]:
        yield Violation(crossing.ended, f"node {node.name} has not told that it lives since the upgrade")
    elif not is_node_ready(after):
        yield Violation(after, f"node {node.name} is not Ready after the upgrade")
    elif spec(after).get("unschedulable") and not (before and spec(before).get("unschedulable")):
        yield Violation(after, f"node {node.name} is still cordoned after the upgrade")


def _touched(crossing: Crossing, pod: Life) -> list[Violation]:
    """Judge that whatever befell a pod was its node's upgrade."""
    before = crossing.before(pod)
    node = str(spec(before).get("nodeName") or "") if before is not None else ""
    touched = crossing.touched.get(node)
    found = [(event, f"container {name} of {pod.name} was started anew") for event, name in crossing.restarts(pod)]
    ended = crossing.end_of(pod)
    if ended is not None:
        found.append((ended, f"{pod.name} {'began to terminate' if ended == pod.terminated else 'was taken away'}"))
    where = f"node {node}" if node else "no node has it"
    if touched is None:
        return [Violation(event, f"{what}, although nothing was done to {where}") for event, what in found]
    if ended is not None and ended.number < touched.number and ended == pod.terminated:
        return [Violation(ended, f"{pod.name} began to terminate before anything was done to {where}")]
    return []


def _known(crossing: Crossing, pod: Life, event: Event) -> Event | None:
    """The pod's state as of an event, or None where it was gone."""
    lost = crossing.lost(pod)
    if lost is not None and lost.number < event.number:
        return None
    return pod.at(event.rv + 1)


def _is_reconciled(crossing: Crossing, gap: Event) -> bool:
    """Whether every pod that was Ready before a gap is the same behind it, in the same containers, and has been Ready since."""
    if not crossing.begun.number < gap.number < crossing.ended.number:
        return True
    behind = next((act for act in crossing.history.acts("relist", "Pod") if act.number > gap.number), crossing.ended)
    for pod in crossing.history.pods:
        was = next((event for event in reversed(pod.events) if event.number < gap.number), None)
        if was is None or not is_ready(was):
            continue
        if crossing.lost(pod) == behind:
            return False
        now = next((event for event in reversed(pod.events) if event.number < behind.number), was)
        if not is_ready(now) or _ready_since(now) != _ready_since(was):
            return False
    return True


def _ready_since(pod: Event) -> object:
    conditions: list[Object] = pod.status.get("conditions") or []
    return next((one.get("lastTransitionTime") for one in conditions if one.get("type") == "Ready"), None)


def _owners(item: Event) -> list[object]:
    return [owner.get("uid") for owner in item.metadata.get("ownerReferences") or ()]


def _status(field: str, state: Event) -> object:
    return state.status.get(field)


def _field(field: str, state: Event) -> object:
    return state.object.get(field)


def _changed(crossing: Crossing, life: Life, read: Callable[[Event], object]) -> Event:
    """The first state since the upgrade began in which this is not as it was before."""
    before = crossing.before(life)
    was = None if before is None else read(before)
    return next(event for event in life.events if event.number > crossing.begun.number and read(event) != was)
