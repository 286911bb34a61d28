"""What an upgrade must leave as it is, and what it may touch only in its turn.

Method: each check compares what was there when the upgrade began with what was there when it had ended, by UID, and names the
event at which a difference is certain. What happened between is judged where it was seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from conformance.checks.evidence import generation, judge_each, lives_named, spec, workload
from conformance.checks.proof import waited_in_vain
from conformance.checks.storage import set_claims
from conformance.history import (
    DELETED,
    LISTED,
    POD_NAME_LABEL,
    REVISION_LABEL,
    SERVICE_LABEL,
    UNWATCHED,
    Event,
    History,
    Inconclusive,
    Life,
    Object,
    Violation,
    controller_of,
    is_ready,
)
from conformance.upgrade.crossing import Crossing, containers, is_cordoned, is_node_ready, taints

REVISIONS = ("currentRevision", "updateRevision")
INDEX_LABEL = "apps.kubernetes.io/pod-index"


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


def down_at_once(history: History) -> str:
    """Tell, phase by phase, how many of the pods that were Ready before were not so at once, and when all were again."""
    crossing = Crossing(history)
    crossing.require_seen("Pod")
    wanted = sum(is_ready(crossing.before(pod)) for pod in history.pods)
    worst = dict.fromkeys((phase for phase, _, _ in crossing.phases()), 0)
    for event in history.of_kind("Pod"):
        if crossing.begun.number < event.number < crossing.ended.number:
            ready = sum(is_ready(_known(crossing, pod, event)) for pod in history.pods)
            worst[crossing.phase(event)] = max(worst[crossing.phase(event)], wanted - ready)
    said = "; ".join(f"{phase}: {down} of {wanted} down at once" for phase, down in worst.items())
    seconds, came = crossing.ended.object.get("seconds"), crossing.ended.object.get("ready")
    again = "they were as before again" if came else "they had not come to be as before"
    return said if seconds is None else f"{said}; {again} {seconds} s after the upgrade had ended"


def volumes_come_back(history: History) -> str:
    """Tell, of each pod that was made meanwhile, how long its volumes took at most: from its node until it ran."""
    crossing = Crossing(history)
    crossing.require_seen("Pod")
    said = []
    for pod in crossing.made(history.pods):
        placed = pod.when(lambda state: bool(spec(state).get("nodeName")))
        mounted = pod.when(_has_volumes)
        if placed is not None and mounted is not None:
            seconds = (datetime.fromisoformat(mounted.time) - datetime.fromisoformat(placed.time)).total_seconds()
            where = f"{pod.name} on {spec(placed)['nodeName']}"
            said.append(f"{where}: at most {seconds:.1f} s (while {crossing.phase(placed)} was upgraded)")
        else:
            said.append(f"{pod.name}: not within the upgrade")
    return "; ".join(said) or "no pod was made meanwhile"


def _has_volumes(pod: Event) -> bool:
    """Whether a pod is known to have its volumes: its sandbox stands, or a container of it runs or has run."""
    conditions: list[Object] = pod.status.get("conditions") or []
    return bool(containers(pod)) or any(
        one.get("type") == "PodReadyToStartContainers" and one.get("status") == "True" for one in conditions
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
    """The endpoints of the set's Services bore its pods' names throughout, and afterwards list those of before, as they are.

    Endpoints follow the pods after a while: what is missing is certain where it was waited for in vain.
    """
    crossing = Crossing(history)
    crossing.require_seen("EndpointSlice")
    crossing.require_seen("Pod")
    governing = str(spec(workload(history).first).get("serviceName"))
    slices = [one for one in history.lives("EndpointSlice") if one.first.labels.get(SERVICE_LABEL)]
    before = {name for one in slices if _service(one) == governing for name in _hosts(crossing.before(one)) if name}
    if not before:
        raise Inconclusive(f"{crossing.begun}: no endpoint bore a name when the upgrade began")
    nameless = [
        Violation(event, f"an endpoint of {governing} has no host name")
        for one in slices
        for event in one.events
        if _service(one) == governing
        and crossing.begun.number < event.number < crossing.ended.number
        and "" in _hosts(event)
    ]
    if nameless:
        return crossing.named(nameless[:1])
    services = dict.fromkeys(map(_service, slices))
    missing = [
        f"{name} is no endpoint of {governing} any more"
        for name in sorted(before - _hosts_after(crossing, slices, governing))
    ]
    missing += [what for service in services for what in _not_as_they_are(crossing, slices, service)]
    waited = crossing.ended.object.get("ready") is False and crossing.ended.object.get("answers", True)
    if missing and not waited:
        raise Inconclusive(f"{crossing.ended}: {missing[0]}, but nobody waited for it in vain")
    return [Violation(crossing.ended, what) for what in missing]


def _service(one: Life) -> str:
    return str(one.first.labels.get(SERVICE_LABEL))


def _hosts_after(crossing: Crossing, slices: list[Life], service: str) -> set[str]:
    states = [state for one in slices if _service(one) == service for state in _since_ended(crossing, one)]
    return {name for state in states for name in _hosts(state)}


def _since_ended(crossing: Crossing, one: Life) -> list[Event]:
    """The object as it was when the upgrade had ended, and all states of it since: endpoints follow after a moment."""
    after = crossing.after(one)
    later = [event for event in one.events if event.number > crossing.ended.number]
    return [after, *later] if after is not None else later


def _not_as_they_are(crossing: Crossing, slices: list[Life], service: str) -> Iterator[str]:
    """The pods that a Service listed as ready before, and that are Ready, and are not listed so after."""
    ours = [one for one in slices if _service(one) == service]
    before = {name for one in ours for name in _ready_targets(crossing.before(one))}
    after = {name for one in ours for state in _since_ended(crossing, one) for name in _ready_targets(state)}
    ready = {pod.name for pod in crossing.history.pods if is_ready(crossing.after(pod))}
    for name in sorted((before & ready) - after):
        yield f"{name} is Ready, and is no ready endpoint of {service} any more"


def _endpoints(state: Event | None) -> list[Object]:
    return list(state.object.get("endpoints") or ()) if state is not None and state.type != DELETED else []


def _hosts(state: Event | None) -> set[str]:
    """The host names of a slice's endpoints; empty where one has none."""
    return {str(one.get("hostname") or "") for one in _endpoints(state)}


def _ready_targets(state: Event | None) -> set[str]:
    """The names of the pods that a slice calls ready."""
    # What says nothing of it is ready, as the API has it.
    ready = [one for one in _endpoints(state) if (one.get("conditions") or {}).get("ready") is not False]
    return {str((one.get("targetRef") or {}).get("name")) for one in ready}


def surroundings_stay(history: History) -> list[Violation]:
    """The Services, and the PodDisruptionBudget where there is one, are the same objects as before."""
    crossing = Crossing(history)
    found, there = list[Violation](), False
    for kind in ("Service", "PodDisruptionBudget"):
        crossing.require_seen(kind)
        for one in crossing.there_before(history.lives(kind)):
            there = True
            after = crossing.after(one)
            if after is None or after.terminating:
                found.append(Violation(crossing.end_of(one) or crossing.ended, f"the {kind} {one.name} was deleted"))
    if not there:
        raise Inconclusive(f"{crossing.begun}: the set had no Service when the upgrade began")
    return crossing.named(found)


def pods_return(history: History) -> list[Violation]:
    """Each pod that was Ready before the upgrade is there after it under its name, Ready, at the revision that it was at.

    It belongs to the set, and bears the labels by which it is found.
    """
    crossing = Crossing(history)
    crossing.require_seen("Pod")
    pods = [pod for pod in crossing.there_before(history.pods) if is_ready(crossing.before(pod))]
    if not pods:
        raise Inconclusive(f"{crossing.begun}: no pod was Ready when the upgrade began")
    return crossing.named(judge_each(pods, lambda pod: _returned(crossing, pod)))


def nodes_are_back(history: History) -> list[Violation]:
    """Each node that was Ready before the upgrade is there after it, Ready, and takes pods where it took them before.

    One that was replaced has a successor of which that is true.
    """
    crossing = Crossing(history)
    crossing.require_seen("Node")
    nodes = [node for node in history.lives("Node") if (state := crossing.before(node)) and is_node_ready(state)]
    if not nodes:
        raise Inconclusive(f"{crossing.begun}: no node was Ready when the upgrade began")
    lacks_successors = _lacks_successors(crossing, nodes)
    return crossing.named(judge_each(nodes, lambda node: _not_back(crossing, node, lacks_successors)))


def pods_leave_with_their_node(history: History) -> list[Violation]:
    """A pod left, or a container of it was started anew, only where its node had been drained or upgraded before.

    That holds for the pods that were made during the upgrade too: what counts is what was done to a node since it had them.
    """
    crossing = Crossing(history)
    crossing.require_seen("Pod")
    crossing.require_seen("Node")
    pods = crossing.there_before(history.pods)
    if not pods:
        raise Inconclusive(f"{crossing.begun}: the set had no pods when the upgrade began")
    return crossing.named(judge_each([*pods, *crossing.made(history.pods)], lambda pod: _left(crossing, pod)))


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
    if before.status.get("phase") == "Bound" != after.status.get("phase"):
        at = _changed(crossing, claim, partial(_status, "phase"))
        yield Violation(at, f"{claim.name} became {after.status.get('phase')}, and was Bound")
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
    after = crossing.after(there[-1])
    if after is None or not is_ready(after):
        return [Violation(crossing.ended, f"{pod.name} is not Ready after the upgrade")]
    was, now = pod.first.labels.get(REVISION_LABEL), after.labels.get(REVISION_LABEL)
    if was != now:
        return [Violation(there[-1].first, f"{pod.name} is at revision {now}, and was at {was}")]
    return _belongs(crossing, pod, after)


def _belongs(crossing: Crossing, pod: Life, after: Event) -> list[Violation]:
    """Judge whose a pod is after the upgrade, and that it bears the labels of before by which it is found."""
    owner = (controller_of(after.metadata) or {}).get("uid")
    if owner not in {one.uid for one in crossing.history.sets}:
        return [Violation(after, f"{pod.name} does not belong to the set any more")]
    before = crossing.before(pod)
    labels = before.labels if before is not None else {}
    for label in (*crossing.history.header.selector, POD_NAME_LABEL, INDEX_LABEL):
        if label in labels and after.labels.get(label) != labels[label]:
            return [Violation(after, f"the label {label} of {pod.name} is not {labels[label]} any more")]
    return []


def _now_named(crossing: Crossing, name: str) -> Event | None:
    """The node of this name as it was when the upgrade had ended, or None where there was none."""
    same = [life for life in crossing.history.lives("Node") if life.name == name]
    return next((state for life in reversed(same) if (state := crossing.after(life)) is not None), None)


def _lacks_successors(crossing: Crossing, nodes: list[Life]) -> bool:
    """Whether fewer nodes that take pods came than of these went. A machine that was replaced by another is no fault."""
    gone = [node for node in nodes if _now_named(crossing, node.name) is None]
    borne = {taint for node in nodes if (state := crossing.before(node)) for taint in taints(state)}
    known = {node.name for node in nodes}
    new = [state for life in crossing.made(crossing.history.lives("Node"))
           if life.name not in known and (state := crossing.after(life)) is not None]  # fmt: skip
    come = [state for state in new if _takes_pods(state, borne)]
    return len(come) < len(gone)


def _takes_pods(state: Event, borne: set[str]) -> bool:
    """Whether a node is Ready, and nothing but taints that others bore before keeps pods away from it."""
    return is_node_ready(state) and not state.terminating and not is_cordoned(state) and taints(state) <= borne


def _not_back(crossing: Crossing, node: Life, lacks_successors: bool) -> list[Violation]:
    before, after = crossing.before(node), _now_named(crossing, node.name)
    silent = crossing.ended.object.get("silent")
    if after is None:
        what = f"node {node.name} is gone after the upgrade, and no other that takes pods came in its place"
        return [Violation(crossing.ended, what)] if lacks_successors else []
    if node.name in (silent or ()):
        return [Violation(crossing.ended, f"node {node.name} has not told that it lives since the upgrade")]
    if not is_node_ready(after):
        return [Violation(after, f"node {node.name} is not Ready after the upgrade")]
    if is_cordoned(after) and not (before and is_cordoned(before)):
        return [Violation(after, f"node {node.name} is still cordoned after the upgrade")]
    more = sorted(taints(after) - (taints(before) if before else set()))
    if more:
        return [Violation(after, f"node {node.name} takes no pods after the upgrade: it bears the taint {more[0]}")]
    if after.terminating:
        return [Violation(after, f"node {node.name} is being deleted after the upgrade")]
    if silent is None:
        raise Inconclusive(f"{crossing.ended}: nobody could ask whether node {node.name} lives")
    return []


def _left(crossing: Crossing, pod: Life) -> list[Violation]:
    """Judge that whatever befell a pod was the upgrade of the node that it was on."""
    found = [(event, f"container {name} of {pod.name} was started anew") for event, name in crossing.restarts(pod)]
    ended = crossing.end_of(pod)
    if ended is not None:
        found.append((ended, f"{pod.name} {'began to terminate' if ended == pod.terminated else 'was taken away'}"))
    return judge_each(found, lambda one: _without_its_node(crossing, pod, *one))


def _without_its_node(crossing: Crossing, pod: Life, event: Event, what: str) -> list[Violation]:
    """Judge one thing that befell a pod: nothing, where its node was worked on since it had the pod, and before that."""
    placed = next((state for state in pod.events if spec(state).get("nodeName")), None)
    if placed is None or placed.number > event.number:
        return [Violation(event, f"{what}, although no node had it")]
    node, since = str(spec(placed)["nodeName"]), max(placed, crossing.begun, key=lambda one: one.number)
    touched = crossing.touched_since(node, since)
    if touched is not None and touched.number < event.number:
        return []
    gap = _unseen_meanwhile(crossing, pod, event, since)
    if gap is not None and touched is not None and touched.type == LISTED:
        # What a list shows was so at some time before it.
        return []
    if gap is not None:
        raise Inconclusive(f"{gap}: {what}, and whether anything was done to node {node} meanwhile nobody saw")
    if touched is None:
        return [Violation(event, f"{what}, although nothing was done to node {node}")]
    if event != crossing.end_of(pod) and _is_first_word(crossing, node, event, touched):
        raise Inconclusive(
            f"{event}: {what}, and node {node} told of its own upgrade only after that, if it was before"
        )
    return [Violation(event, f"{what} before anything was done to node {node}")]


def _unseen_meanwhile(crossing: Crossing, pod: Life, event: Event, since: Event) -> Event | None:
    """The gap in the watch of the nodes that was open when something befell a pod, or may have been; None where none was."""
    earlier = [state.number for state in pod.events if state.number < event.number]
    unseen = crossing.hidden("Pod", max([*earlier, since.number]), event.number)
    gap = crossing.hidden("Node", min(unseen.number, event.number) if unseen else event.number, event.number)
    return gap if gap is not None and gap.number > crossing.begun.number else None


def _is_first_word(crossing: Crossing, node: str, event: Event, touched: Event) -> bool:
    """Whether a node that is upgraded under its pods told so in its first word since: a container may be told of before."""
    states = [state for life in crossing.history.lives("Node") if life.name == node for state in life.events]
    between = [state for state in states if event.number < state.number < touched.number]
    return not between and touched in states and not is_cordoned(touched) and not touched.terminating


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
