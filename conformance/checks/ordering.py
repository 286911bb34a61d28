"""Ordering under OrderedReady: pods rise one at a time, each waiting for the last, and fall in reverse.

Method: each pod's first event is held against the state of its predecessors just before that write. Where a predecessor
had been Ready and was so no more, it is a violation only if the controller, going by what it wrote, must have seen that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from conformance.checks.causes import left_out, removals
from conformance.checks.evidence import (
    end_of,
    first_ordinal,
    first_ordinal_at,
    generation,
    has_ready_condition,
    judge_each,
    latest,
    life_of,
    lives_named,
    may_act_upon,
    ordinal_in,
    ordinals_of,
    pod_name,
    spec,
    workload,
)
from conformance.checks.proof import (
    cut_short,
    looked_since,
    must_have_seen,
    never_created,
    never_happened,
    observed,
    predecessors_ready_since,
)
from conformance.checks.replay import Ordinals, World, replay
from conformance.guarantees import NODE
from conformance.history import ADDED, DELETED, Event, History, Inconclusive, Life, Violation, is_ready

PARALLEL = "Parallel"


def gated_where_ordered(history: History) -> list[Violation]:
    """Of a set under OrderedReady each pod was created only when all pods of lower ordinals were Running and Ready."""
    history.require_pods()
    if history.sets and all(spec(one.first).get("podManagementPolicy") == PARALLEL for one in history.sets):
        return []
    return gated_by_readiness(history, ())


def gated_by_readiness(history: History, ordinals: Collection[int]) -> list[Violation]:
    """Each pod, these ordinals among them, was created only when all pods of lower ordinals were Running and Ready."""
    history.require_complete()
    in_turn = _created_in_turn(history)
    found = judge_each((pod for pod in history.pods if pod.uid not in in_turn), lambda pod: _too_early(history, pod))
    if found:
        return found
    if not history.pods and not ordinals:
        raise Inconclusive("the workload has no pods")
    for ordinal in sorted(ordinals):
        lives = lives_named(history, pod_name(history, ordinal))
        if not lives:
            return [never_created(history, ordinal)]
        if all(pod.born is None for pod in lives):
            raise Inconclusive(f"{lives[0].name} was there before the watch began")
    return []


def held_back_while_unready(history: History, unready: int, waiting: int) -> list[Violation]:
    """While a predecessor that had been Ready was unready, `waiting` was not created; once it was Ready again, it was."""
    history.require_complete()
    history.require_one_order()
    lives = lives_named(history, pod_name(history, unready))
    if not lives:
        return [never_created(history, unready)]
    spells = [spell for pod in lives for spell in _unready_spells(pod)]
    births = [pod.born for pod in lives_named(history, pod_name(history, waiting)) if pod.born is not None]
    if not spells:
        return _never_held_back(history, waiting) or cut_short(
            history, f"moment at which {lives[0].name} became unready"
        )
    if births and births[0].number < spells[0][0].number:
        return _never_held_back(history, waiting) or _nothing_to_hold_back(history, waiting, lives[0].name)
    meanwhile = [
        (born, lost)
        for lost, recovered in spells
        for born in births
        if lost.number < born.number and (recovered is None or born.number < recovered.number)
    ]
    found = judge_each(meanwhile, lambda one: _created_while_unready(history, *one))
    if found:
        return found
    if not births:
        return [never_created(history, waiting)]
    if not any(_window_was_proven(history, unready, waiting, *spell) for spell in spells):
        raise Inconclusive(f"nothing shows that the controller looked while only {lives[0].name} was not Ready")
    return []


def connectable_before(history: History, first: int = 0, second: int = 1) -> list[Violation]:
    """The pod of the ordinal `first` accepted a TCP connection from another pod before `second` existed."""
    history.require_complete()
    history.require_one_order()
    names = pod_name(history, first), pod_name(history, second)
    lives = [lives_named(history, name) for name in names]
    for ordinal, found in ((first, lives[0]), (second, lives[1])):
        if not found:
            return [never_created(history, ordinal)]
    born = lives[1][0].born
    if born is None:
        raise Inconclusive(f"{names[1]} was there before the watch began")
    connects = (probe for probe in history.probes("connect") if "answer" in probe.object)
    probes = [probe for probe in connects if probe.object["target"] == f"Pod/{names[0]}"]
    if any(probe.object["answer"] == "accepted" and probe.object["ended"] < born.rv for probe in probes):
        return []
    if not any(pod.when(lambda event: event.rv < born.rv and is_ready(event)) for pod in lives[0]):
        return [Violation(born, f"{names[1]} was created before {names[0]} had ever been Ready to accept a connection")]
    for probe in probes:
        # Asked again and again until its end, and refused to the last: before the birth, and after it.
        if (
            probe.object["answer"] != "accepted"
            and "seconds" in probe.object
            and probe.rv < born.rv <= probe.object["ended"]
        ):
            return [
                Violation(born, f"{names[1]} was created while {names[0]} did not accept: {probe.object['answer']}")
            ]
    refused = [probe for probe in probes if probe.object["answer"] != "accepted" and "seconds" in probe.object]
    before = [probe for probe in refused if probe.object["ended"] < born.rv]
    behind = [
        probe for probe in refused if probe.rv >= born.rv and before and probe.object["uid"] == before[-1].object["uid"]
    ]
    if behind and len(refused) == len(probes):
        what = f"{names[0]} accepted no connection, neither before nor after that: {behind[0].object['answer']}"
        return [Violation(born, f"{names[1]} was created although {what}")]
    raise Inconclusive(f"no connection to {names[0]} is known to have been accepted before {names[1]} existed")


def highest_leaves_first(history: History) -> list[Violation]:
    """Scaling down terminated pods in strictly descending order of their ordinals."""
    found, in_turn = [], _left_in_turn(history, lambda world: world.staying)
    for pod, began in _leaving(history):
        ordinal = ordinal_in(history, pod)
        if ordinal is None:
            found.append(Violation(began, f"{pod.name} has no ordinal, so nothing orders its leaving"))
        if ordinal is None or began.number in in_turn:
            continue
        for other in history.pods_at(began.rv):
            if (ordinal_in(history, other) or 0) > ordinal and not other.terminating:
                found.append(Violation(began, f"{pod.name} began to terminate before {other.name}"))
    return found or _require_all_left(history)


def leaves_one_at_a_time(history: History) -> list[Violation]:
    """Scaling down terminated a pod only when every pod of a higher ordinal was gone."""
    found, in_turn = [], _left_in_turn(history, lambda world: world.there)
    for pod, began in _leaving(history):
        if began.number in in_turn:
            continue
        ordinal = ordinal_in(history, pod)
        others = [other for other in history.pods_at(began.rv) if other.uid != pod.uid]
        if ordinal is None:
            still = next((other for other in others if other.terminating), None)
            why = (
                f"began to terminate while {still.name} was still there"
                if still
                else "has no ordinal to wait its turn by"
            )
            found.append(Violation(began, f"{pod.name} {why}"))
            continue
        for other in others:
            if (ordinal_in(history, other) or 0) > ordinal:
                found.append(Violation(began, f"{pod.name} began to terminate while {other.name} was still there"))
    return found or _require_all_left(history)


def removes_only(history: History, removed: Collection[int]) -> list[Violation]:
    """The last scaling removed exactly these ordinals; every other pod stayed the object that it was."""
    history.require_complete()
    history.require_one_order()
    scales = history.acts("scale")
    if not scales:
        return cut_short(history, "scaling")
    act, surplus = scales[-1], {pod_name(history, ordinal) for ordinal in removed}
    end = end_of(history, act)
    there = [pod for pod in history.pods if (state := pod.at(act.rv + 1)) is not None and not state.terminating]
    only = " and ".join(sorted(surplus))
    found = [
        Violation(began, f"{pod.name} began to terminate although only {only} was surplus")
        for pod, began in removals(history, act.number, end)
        if pod in there and pod.name not in surplus
    ]
    if found:
        return found
    missing = surplus - {pod.name for pod in there}
    if missing:
        return cut_short(history, f"scaling while {sorted(missing)[0]} was there")
    for pod in there:
        if pod.name in surplus and not _within(pod.terminated, act.number, end):
            return [_not_removed(history, pod, act)]
        if pod.name in surplus and pod.gone is None:
            raise Inconclusive(f"{pod.name} is still terminating at the end")
    returned = [pod.born for pod in history.pods if pod.name in surplus and _within(pod.born, act.number, end)]
    if returned:
        return _came_back(history, act, returned)
    if not _settled(history, act, end):
        raise Inconclusive(f"no status of the {history.header.kind} shows that the scaling was completed")
    return []


def _created_in_turn(history: History) -> set[str]:
    """The pods at whose creation all lower ordinals were Ready; of all others it must be looked at closely why not."""
    return {
        event.uid
        for event, world in replay(history)
        if event.type == ADDED
        and (ordinal := ordinal_in(history, event)) is not None
        and world.ready.within(start := first_ordinal_at(history, event, ordinal), ordinal) == ordinal - start
    }


def _too_early(history: History, pod: Life) -> list[Violation]:
    born = pod.born
    if born is None:
        return []
    ordinal = ordinal_in(history, pod)
    if ordinal is None:
        waiting = next((other for other in history.pods_at(born.rv) if not is_ready(other)), None)
        if waiting is None:
            return [Violation(born, f"{pod.name} has no ordinal, so nothing orders it")]
        return [Violation(born, f"{pod.name} was created while {waiting.name} was not Ready")]
    lower = range(first_ordinal_at(history, born, ordinal), ordinal)
    return judge_each(lower, lambda predecessor: _unready_at_birth(history, born, pod_name(history, predecessor)))


def _unready_at_birth(history: History, born: Event, name: str) -> list[Violation]:
    state = next((state for pod in lives_named(history, name) if (state := pod.at(born.rv)) is not None), None)
    if is_ready(state):
        return []
    lost = _lost_readiness(history, name, born)
    if lost is not None and not _was_seen(history, lost, born):
        raise Inconclusive(f"{born}: {born.name} was created just when {name} was no longer Ready ({lost})")
    if state is not None and (later := _says_it_was_ready(history, state, born)) is not None:
        raise Inconclusive(
            f"{born}: {born.name} was created when {name} was not Ready yet, as far as was told ({later})"
        )
    how = f"while {name} was not Ready" if state is not None else f"while there was no {name}"
    return [Violation(born, f"{born.name} was created {how}")]


def _says_it_was_ready(history: History, state: Event, born: Event) -> Event | None:
    """The next state of an unready pod, where a kubelet says by it that the pod was Ready when `born` was created; else None.

    Of two writes of a kubelet the watch may have lost the first without a trace. Clocks decide nothing here: they only tell
    where a creation stands so close to the readiness that it cannot be held against the controller.
    """
    pod = next(pod for pod in history.pods if pod.uid == state.uid)
    after = pod.when(lambda event: event.number > born.number)
    if history.header.tier != NODE or after is None or not is_ready(after):
        return None
    ready = next(one for one in after.status["conditions"] if one["type"] == "Ready")
    since, then = ready.get("lastTransitionTime"), born.metadata.get("creationTimestamp")
    return after if since and then and since <= then else None


def _left_in_turn(history: History, which: Callable[[World], Ordinals]) -> set[int]:
    """The events of pods that no higher ordinal of this kind outlasted."""
    return {
        event.number
        for event, world in replay(history)
        if (ordinal := ordinal_in(history, event)) is not None and not which(world).above(ordinal)
    }


def _lost_readiness(history: History, name: str, before: Event) -> Event | None:
    """The last event before that by which a pod of this name, once Ready, was so no more; None if it never was Ready."""
    lost, was_ready = None, False
    for pod in lives_named(history, name):
        for event in pod.events:
            if event.number < before.number:
                lost = event if was_ready and not is_ready(event) else lost
                was_ready = is_ready(event)
    return lost


def _was_seen(history: History, lost: Event, until: Event) -> bool:
    """Whether the controller must have seen, before that event, that a pod was Ready no more."""
    if must_have_seen(history, until) >= lost.number:
        return True
    pod = life_of(history, "Pod", lost.uid)
    if pod is None or lost.type == DELETED or not lost.terminating or not has_ready_condition(lost):
        return _looked_between(history, lost, until)
    # What is on its way out still counts among the replicas and the ready ones, so their numbers do not tell it apart.
    seen = left_out(history, pod, ordinal_in(history, until))
    if seen is not None and seen.number < until.number:
        return True
    return pod.gone is not None and pod.gone.number < until.number and _looked_between(history, pod.gone, until)


def _looked_between(history: History, cause: Event, until: Event) -> bool:
    proof = looked_since(history, cause)
    return proof is not None and proof.number < until.number


def _unready_spells(pod: Life) -> Iterator[tuple[Event, Event | None]]:
    """Each time that the pod, while it lived, was Ready and then was not: the event, and the one that ended it."""
    lost, was_ready = None, False
    for event in pod.events:
        if was_ready and not is_ready(event) and not event.terminating:
            lost = event
        elif lost is not None and (is_ready(event) or event.terminating):
            yield lost, event
            lost = None
        was_ready = is_ready(event)
    if lost is not None:
        yield lost, None


def _created_while_unready(history: History, born: Event, lost: Event) -> list[Violation]:
    if must_have_seen(history, born) >= lost.number or _looked_between(history, lost, born):
        return [Violation(born, f"{born.name} was created while {lost.name} was not Ready")]
    raise Inconclusive(f"{born}: {born.name} was created just when {lost.name} became unready ({lost})")


def _never_held_back(history: History, waiting: int) -> list[Violation]:
    """Where `waiting` was created while a predecessor had never yet been Ready, nothing holds it back at all."""
    return [
        violation
        for pod in lives_named(history, pod_name(history, waiting))[:1]
        for violation in _too_early(history, pod)
    ]


def _nothing_to_hold_back(history: History, waiting: int, unready: str) -> list[Violation]:
    raise Inconclusive(f"{pod_name(history, waiting)} was there before {unready} became unready")


def _window_was_proven(history: History, unready: int, waiting: int, lost: Event, recovered: Event | None) -> bool:
    """Whether the controller observed a nudge that was made while `unready` alone held `waiting` back."""
    for nudge in history.acts("nudge"):
        proof = observed(history, nudge)
        if nudge.number < lost.number or proof is None:
            continue
        # Of the states that it may have gone by, the one with the most predecessors: the look is to prove something.
        start = min(ordinals_of(state).start for state in may_act_upon(history, proof))
        others = [pod_name(history, lower) for lower in range(start, waiting) if lower != unready]
        if recovered is not None and proof.number > recovered.number:
            continue
        since = [ready_before(history, name, nudge) for name in others]
        causes = [lost, *(event for event in since if event is not None)]
        if None not in since and must_have_seen(history, proof) >= latest(*causes).number:
            return True
    return False


def ready_before(history: History, name: str, before: Event) -> Event | None:
    """The event since which the pod of this name was Ready just before that event, or None where it was not."""
    since = None
    for event in (event for pod in lives_named(history, name) for event in pod.events if event.number < before.number):
        since = (since or event) if is_ready(event) else None
    return since


def _scale_downs(history: History) -> list[Event]:
    found = []
    for act in history.acts("scale"):
        states = [e for one in history.sets for e in one.events if e.number < act.number and generation(e)]
        if states and int(act.object["replicas"]) < int(spec(states[-1]).get("replicas", 1)):
            found.append(act)
    return found


def _leaving(history: History) -> list[tuple[Life, Event]]:
    """Every pod that a scaling down took, with the event by which it began to leave, in order."""
    history.require_complete()
    history.require_one_order()
    downs = _scale_downs(history)
    return [one for act in downs for one in removals(history, act.number, end_of(history, act))]


def _require_all_left(history: History) -> list[Violation]:
    """All that were surplus left, two at least, or it is judged why they did not."""
    acts = _scale_downs(history)
    if not acts:
        return cut_short(history, "scaling down")
    there = [pod for pod in history.pods if (state := pod.at(acts[-1].rv + 1)) is not None and not state.terminating]
    leaving = [pod for pod in there if (ordinal_in(history, pod) or 0) not in _kept(history, acts[-1])]
    for pod in sorted(leaving, key=lambda pod: ordinal_in(history, pod) or 0, reverse=True):
        if pod.terminated is None:
            return [_not_removed(history, pod, acts[-1])]
    if len(_leaving(history)) < 2:
        raise Inconclusive("fewer than two pods left by scaling down, so nothing shows their order")
    return []


def _came_back(history: History, act: Event, returned: Collection[Event | None]) -> list[Violation]:
    """A surplus pod was created after the scaling: wrong where the controller had already observed it."""
    proof = observed(history, act)
    found = [event for event in returned if event is not None and proof is not None and event.number > proof.number]
    if not found:
        raise Inconclusive("a surplus pod was created before the controller is known to have observed the scaling")
    return [Violation(born, f"{born.name} was created again although it was surplus") for born in found]


def _kept(history: History, act: Event) -> range:
    start = first_ordinal(history)
    return range(start, start + int(act.object["replicas"]))


def _not_removed(history: History, pod: Life, act: Event) -> Violation:
    """Judge that this surplus pod stayed: while a predecessor is unready or a successor is there, it may."""
    what = f"{pod.name} was not removed"
    ordinal = ordinal_in(history, pod)
    if end_of(history, act) <= history.log[-1].number:
        raise Inconclusive(f"{what}, but the scaling was not the last that was done")
    if ordinal is None:
        return never_happened(history, latest(act, workload(history).first), what)
    since = predecessors_ready_since(history, ordinal, what)
    higher = [other for other in history.pods if (ordinal_in(history, other) or 0) > ordinal]
    still = next((other for other in higher if other.gone is None), None)
    if still is not None:
        raise Inconclusive(f"{what}, but {still.name} is still there")
    return never_happened(history, latest(act, *since, *(other.gone for other in higher)), what)


def _settled(history: History, act: Event, end: float) -> bool:
    """Whether a status shows that the controller observed the scaling and counts as many pods as it asked for."""
    proof = observed(history, act)
    return proof is not None and any(
        proof.number <= event.number < end
        and event.type != "DELETED"
        and int(event.status.get("replicas", 0)) == int(act.object["replicas"])
        for one in history.sets
        for event in one.events
    )


def _within(event: Event | None, after: float, before: float) -> bool:
    return event is not None and after < event.number < before
