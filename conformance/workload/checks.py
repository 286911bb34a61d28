"""The checks of a replicated database: what its servers answered, held against what was done and what was acknowledged.

Method: an acknowledged write is a number that the client had noted when it was asked. Each answer of a server is held against
all numbers that were acknowledged before that question; it was asked again until it had them or patience was at its end, so
what it lacks in its last answer it did not come to have.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import inf

from conformance.checks import bytes_survive, claim_survives, claims_survive, survives_deletion
from conformance.checks.evidence import judge_each, lives_named, pod_name
from conformance.checks.proof import cut_short, waited_in_vain
from conformance.checks.storage import mounts_nothing
from conformance.history import Event, History, Inconclusive, Life, Violation, is_ready

FIRST_ID = 100
CLAIM = "PersistentVolumeClaim"


def server_ids(history: History, ordinals: range) -> list[Violation]:
    """Each of these servers says that its server_id is 100 and its ordinal, as often as it was asked."""
    history.require_complete()

    def judge(ordinal: int) -> list[Violation]:
        name, wanted = pod_name(history, ordinal), FIRST_ID + ordinal
        return [
            Violation(probe, f"{name} says that its server_id is {probe.object['server_id']}, not {wanted}")
            for probe in _answers(history, "server", "server_id", name)
            if probe.object["server_id"] != wanted
        ]

    return judge_each(ordinals, judge)


def first_alone_takes_writes(history: History, ordinals: range) -> list[Violation]:
    """The first of these servers took a client's write, and each other one is read only, by its own word, and refused one."""
    history.require_complete()
    return judge_each(ordinals, lambda ordinal: _role(history, ordinal, is_primary=ordinal == ordinals[0]))


def _role(history: History, ordinal: int, *, is_primary: bool) -> list[Violation]:
    name = pod_name(history, ordinal)
    found = [
        Violation(probe, f"{name} says that it {'reads only' if is_primary else 'takes writes'}")
        for probe in _answers(history, "server", "read_only", name)
        if probe.object["read_only"] == is_primary
    ]
    for probe in _answers(history, "attempt", "accepted", name):
        said = str(probe.object["answer"])
        if probe.object["accepted"] and not is_primary:
            found.append(Violation(probe, f"{name} took a client's write"))
        elif not probe.object["accepted"] and is_primary and "read-only" in said:
            found.append(Violation(probe, f"{name} refused a client's write: {said}"))
        elif not probe.object["accepted"] and "read-only" not in said and not found:
            raise Inconclusive(f"{probe}: whether {name} takes writes is not known: {said or 'no answer'}")
    return found


def writes_are_kept(history: History, verb: str, ordinals: range) -> list[Violation]:
    """After each act of this verb, and before the next, each of these servers had all that was acknowledged until then."""
    history.require_complete()
    acts = history.acts(verb)
    if not acts:
        return cut_short(history, f"act: {verb}")
    return judge_each(acts, lambda act: kept_after(history, act, ordinals))


def kept_after(history: History, act: Event, ordinals: range) -> list[Violation]:
    """What each of these servers lacked after an act, and before the next of its verb, of all that was acknowledged.

    What the watch has missed takes nothing from what they answered.
    """
    later = (float(other.number) for other in history.acts(act.kind) if other.number > act.number)
    end = next(later, inf)

    def judge(ordinal: int) -> list[Violation]:
        name = pod_name(history, ordinal)
        asked = [one for one in _answers(history, "rows", "numbers", name) if act.number < one.number < end]
        if not asked:
            raise Inconclusive(f"{act}: {name} did not tell what it has after that")
        return [lack for probe in asked for lack in _lacks(probe, name, _acknowledged(history, probe))]

    return judge_each(ordinals, judge)


def reads_are_served(history: History, service: str) -> list[Violation]:
    """Whoever asks this Service is answered by a server that has all that was acknowledged."""
    history.require_complete()
    asked = [probe for probe in history.probes("rows") if probe.object["target"] == f"Service/{service}"]
    if not asked:
        return cut_short(history, f"question to {service}")

    def judge(probe: Event) -> list[Violation]:
        if "trouble" in probe.object:
            raise Inconclusive(f"{probe}: {service} could not be asked: {probe.object['trouble']}")
        if "refused" in probe.object:
            return [Violation(probe, f"{service} gave no answer: {probe.object['refused']}")]
        return _lacks(probe, service, _acknowledged(history, probe))

    return judge_each(asked, judge)


def begin_as_clones(history: History, ordinals: range) -> list[Violation]:
    """Each of these servers, created after the primary threw its logs away, has what was acknowledged before that."""
    history.require_complete()
    purges = history.acts("purge")
    if not purges:
        return cut_short(history, "act: purge")
    before = _acknowledged(history, purges[-1])

    def judge(ordinal: int) -> list[Violation]:
        name = pod_name(history, ordinal)
        if any(pod.first.number < purges[-1].number for pod in lives_named(history, name)):
            raise Inconclusive(f"{name} was there before the primary threw its logs away")
        return [lack for probe in _answers(history, "rows", "numbers", name) for lack in _lacks(probe, name, before)]

    return judge_each(ordinals, judge)


def ready_while_it_follows(history: History, ordinal: int) -> list[Violation]:
    """The server became not Ready when it was made to apply nothing more, and Ready again when it went on."""
    history.require_complete()
    name = pod_name(history, ordinal)
    acts = history.acts("replicate", f"Pod/{name}")
    stops = next((act for act in acts if not act.object["goes_on"]), None)
    if stops is None:
        return cut_short(history, f"stop of {name}")
    goes_on = next((act for act in acts if act.object["goes_on"]), None)
    pod = next(one for one in lives_named(history, name) if one.uid == stops.object["uid"])
    if not is_ready(_before(pod, stops)):
        raise Inconclusive(f"{name} was not Ready when it was made to stop")
    if _first(pod, stops, goes_on, ready=False) is None:
        wait = _vain_wait(history, stops)
        what = f"{name} stayed Ready for {wait.object['seconds']} s while it applied nothing of what it was sent"
        return [Violation(wait, what)]
    if goes_on is None:
        raise Inconclusive(f"{name} was not made to go on")
    if _first(pod, goes_on, None, ready=True) is None:
        wait = _vain_wait(history, goes_on)
        return [Violation(wait, f"{name} was not Ready within {wait.object['seconds']} s after it went on")]
    return []


def deleted_servers_return(history: History, ordinals: range) -> list[Violation]:
    """Each of these servers was deleted and came back under its name, on its claim, with what it had written there."""
    names = [pod_name(history, ordinal) for ordinal in ordinals]
    found = judge_each(names, lambda name: survives_deletion(history, name) + claim_survives(history, name))
    return found or bytes_survive(history)


def crash_keeps_writes(history: History, ordinal: int) -> list[Violation]:
    """The server, whose process was killed and started again, has all that was acknowledged until it was asked."""
    history.require_complete()
    name = pod_name(history, ordinal)
    for act in history.acts("crash", f"Pod/{name}"):
        pod = next(one for one in lives_named(history, name) if one.uid == act.object["uid"])
        if all(_restarts(event) <= _restarts(_before(pod, act)) for event in pod.events):
            raise Inconclusive(f"{act}: nothing shows that a container of {name} was started again after that")
    return writes_are_kept(history, "crash", range(ordinal, ordinal + 1))


def scaling_down_keeps_claims(history: History, replicas: int) -> list[Violation]:
    """When it was scaled down to so many servers no claim began to be deleted, and those left have what was acknowledged."""
    history.require_complete()
    acts = [act for act in history.acts("scale") if act.object["replicas"] == replicas]
    if not acts:
        return cut_short(history, f"scaling to {replicas}")
    gone = [claim.terminated for claim in history.lives(CLAIM) if claim.terminated is not None]
    found = [Violation(event, f"{event.name} began to be deleted") for event in gone if event.number > acts[0].number]
    return found or mounts_nothing(history) or kept_after(history, acts[0], range(replicas))


def scaling_up_reuses_claims(history: History, replicas: int) -> list[Violation]:
    """Servers that came back by scaling up again mount the claims that they had, with what they had written, and caught up."""
    acts = [act for act in history.acts("scale") if act.object["replicas"] == replicas]
    if len(acts) < 2:
        return cut_short(history, f"second scaling to {replicas}")
    return claims_survive(history) or bytes_survive(history) or kept_after(history, acts[-1], range(replicas))


def update_reaches_every_server(history: History, ordinals: range) -> list[Violation]:
    """After the update each of these servers says that it takes as many connections as the update said."""
    history.require_complete()
    acts = history.acts("update")
    if not acts:
        return cut_short(history, "act: update")
    wanted = acts[-1].object["connections"]

    def judge(ordinal: int) -> list[Violation]:
        name = pod_name(history, ordinal)
        asked = [one for one in _answers(history, "server", "max_connections", name) if one.number > acts[-1].number]
        if not asked:
            raise Inconclusive(f"{name} was not asked after the update")
        return [
            Violation(probe, f"{name} takes {probe.object['max_connections']} connections, not {wanted}")
            for probe in asked
            if probe.object["max_connections"] != wanted
        ]

    return judge_each(ordinals, judge)


def _answers(history: History, kind: str, field: str, name: str) -> list[Event]:
    """What a server answered to questions of this kind; raises Inconclusive where it never did."""
    asked = [probe for probe in history.probes(kind) if probe.object["target"] == f"Pod/{name}"]
    answered = [probe for probe in asked if field in probe.object]
    if not answered:
        said = asked[-1].object if asked else {}
        ended = waited_in_vain(history)
        why = said.get("trouble") or said.get("refused") or (ended and f"last seen: {ended.object.get('last_seen')}")
        raise Inconclusive(f"{name} did not answer{f': {why}' if why else ''}")
    return answered


def _acknowledged(history: History, before: Event) -> set[int]:
    """All numbers that the client had noted before this event; raises Inconclusive where it told of none."""
    told = [one for one in history.probes("acknowledged") if one.number < before.number]
    numbers = {number for one in told for number in one.object.get("numbers", ())}
    if not numbers:
        raise Inconclusive(f"{before}: no write is known to have been acknowledged before that")
    return numbers


def _lacks(probe: Event, name: str, acknowledged: Iterable[int]) -> list[Violation]:
    wanted = set(acknowledged)
    missing = sorted(wanted - {*probe.object["numbers"]})
    if not missing:
        return []
    what = f"{name} lacks {len(missing)} of {len(wanted)} acknowledged writes, number {missing[0]} the first"
    return [Violation(probe, what)]


def _before(pod: Life, act: Event) -> Event | None:
    """The pod as it was when this was done."""
    known = [event for event in pod.events if event.number < act.number]
    return known[-1] if known else None


def _first(pod: Life, after: Event, before: Event | None, *, ready: bool) -> Event | None:
    """The first event between two acts in which the pod is Ready, or is not."""
    end = before.number if before is not None else inf
    return next((one for one in pod.events if after.number < one.number < end and is_ready(one) == ready), None)


def _vain_wait(history: History, act: Event) -> Event:
    """The wait in vain that followed an act; raises Inconclusive where there was none."""
    vain = [wait for wait in history.acts("wait") if wait.object.get("met") is False and wait.number > act.number]
    if not vain:
        raise Inconclusive(f"{act}: nobody waited in vain for what comes of that")
    return vain[0]


def _restarts(pod: Event | None) -> int:
    statuses = (pod.status.get("containerStatuses") or ()) if pod is not None else ()
    return sum(int(one.get("restartCount", 0)) for one in statuses)
