"""The headless Service: every ready pod resolves by its own name, to its own address, also after it was made again.

Method: each question was asked from another pod. The answer is held against the watched pod, provided that it did not change
while the question was open. Where the governing Service does not exist, no name can resolve: that needs no question.
"""

from __future__ import annotations

from conformance.checks.evidence import lives_named, next_life, ordinal_in, pod_name, spec, wanted_ordinals, workload
from conformance.checks.proof import cut_short, not_made_again
from conformance.history import Event, History, Inconclusive, Violation, is_ready

# The TTL of kubeadm's and most other CoreDNS configurations, and what it caches for.
CACHED_SECONDS = 30.0


def names_resolve(history: History) -> list[Violation]:
    """Every pod of an ordinal that was Ready resolved by its name, to its own address and no other."""
    history.require_complete()
    history.require_one_order()
    found, asked, thin = _without_service(history), set[str](), list[str]()
    if found:
        return found
    for probe in (probe for probe in history.probes("resolve") if "answers" in probe.object):
        name = str(probe.object["target"]).removeprefix("Pod/")
        pod = _throughout(history, name, probe)
        if pod is None or not is_ready(pod):
            thin.append(f"{probe}: {name} was not Ready at one address while it was asked for")
            continue
        asked.add(name)
        found += _answered(history, probe, pod)
    if found:
        return found
    ready = {pod.name for pod in history.pods if ordinal_in(history, pod) is not None and pod.when(is_ready)}
    if ready - asked:
        raise Inconclusive(thin[0] if thin else f"nobody asked for the name of {min(ready - asked)} while it was Ready")
    return [] if asked else cut_short(history, "question for a pod's name")


def name_follows(history: History, name: str) -> list[Violation]:
    """After the pod was deleted and made again, its name resolved to the new address and not to the old one."""
    history.require_complete()
    history.require_one_order()
    found = _without_service(history)
    if found:
        return found
    acts = history.acts("delete", f"Pod/{name}")
    old = next((pod for act in acts for pod in lives_named(history, name) if pod.uid == act.object["uid"]), None)
    if old is None:
        return cut_short(history, f"deletion of {name}")
    new = next_life(history, old)
    if new is None:
        return [not_made_again(history, old)]
    left = _addresses(old.events[-1]) or {address for event in old.events for address in _addresses(event)}
    judged, thin = 0, list[str]()
    for probe in (probe for probe in history.probes("resolve") if "answers" in probe.object):
        if probe.object["target"] != f"Pod/{name}" or probe.number < new.first.number:
            continue
        pod = _throughout(history, name, probe)
        if pod is None or not is_ready(pod):
            thin.append(f"{probe}: {name} was not Ready at one address while it was asked for")
        else:
            judged += 1
            # A network may give a pod the address that the one before it had.
            stale = (left - _addresses(pod)).intersection(probe.object["answers"])
            if stale:
                _require_time_for_caches(probe)
                found.append(
                    Violation(probe, f"{name} still resolves to {min(stale)}, its address before it was deleted")
                )
            else:
                found += _answered(history, probe, pod)
    if found or judged:
        return found
    if thin:
        raise Inconclusive(thin[0])
    return cut_short(history, f"question for the name of {name} after it was made again")


def srv_lists_ready(history: History) -> list[Violation]:
    """The SRV records of the governing Service's port listed the host name of every ready pod and nothing else."""
    history.require_complete()
    history.require_one_order()
    found = _without_service(history)
    if found:
        return found
    judged, thin = 0, list[str]()
    for probe in (probe for probe in history.probes("srv") if "answers" in probe.object):
        ready = _ready_throughout(history, probe)
        if ready is None:
            thin.append(f"{probe}: the pods changed while they were asked for")
            continue
        if not ready:
            thin.append(f"{probe}: no pod was Ready when they were asked for")
            continue
        judged += 1
        found += _listed(history, probe, ready)
    if found or judged:
        return found
    if thin:
        raise Inconclusive(thin[0])
    return cut_short(history, "question for the Service's SRV records")


def _service_name(history: History) -> str:
    return str(spec(workload(history).first).get("serviceName") or "")


def _without_service(history: History) -> list[Violation]:
    """The governing Service never was, or pods that no Service can name are there in place of the set's."""
    missing = [k for k in wanted_ordinals(history) if not lives_named(history, pod_name(history, k))]
    named = [pod for pod in history.pods if ordinal_in(history, pod) is not None]
    if missing and not named:
        return cut_short(history, "pod of the set")
    name = _service_name(history)
    if not name:
        message = f"{history.header.name} names no governing Service, so its pods' names cannot resolve"
        return [Violation(workload(history).first, message)]
    if any(service.name == name for service in history.lives("Service")):
        return []
    message = f"the governing Service {name} does not exist, so the pods' names cannot resolve"
    return [Violation(workload(history).first, message)]


def _addresses(pod: Event) -> set[str]:
    status = pod.status
    listed = {entry["ip"] for entry in status.get("podIPs") or () if entry.get("ip")}
    return listed | ({status["podIP"]} if status.get("podIP") else set())


def _throughout(history: History, name: str, probe: Event) -> Event | None:
    """The pod of this name as it was for as long as it was asked for, or None where it changed in what matters."""
    states = [state for pod in lives_named(history, name) if (state := pod.at(probe.rv + 1)) is not None]
    if not states:
        return None
    steady = states[0]
    meanwhile = (event for pod in lives_named(history, name) for event in pod.events if _during(event, probe))
    alike = all(
        event.uid == steady.uid and _addresses(event) == _addresses(steady) and is_ready(event) == is_ready(steady)
        for event in meanwhile
    )
    return steady if alike else None


def _ready_throughout(history: History, probe: Event) -> set[str] | None:
    """The names of the pods that were Ready for as long as the question was open, or None where any changed."""
    before = {state.uid: state for state in history.pods_at(probe.rv + 1)}
    for event in (event for pod in history.pods for event in pod.events if _during(event, probe)):
        if is_ready(event) != is_ready(before.get(event.uid)):
            return None
    return {state.name for state in before.values() if is_ready(state)}


def _during(event: Event, probe: Event) -> bool:
    return bool(probe.rv < event.rv <= probe.object["ended"])


def _require_time_for_caches(probe: Event) -> None:
    """Raise Inconclusive where an old answer may still have been in a cache, which name servers are allowed to have."""
    seconds = float(probe.object.get("seconds") or 0)
    if seconds < CACHED_SECONDS:
        raise Inconclusive(
            f"{probe}: was asked for {seconds:.0f} s, but an answer may be cached for {CACHED_SECONDS:.0f} s"
        )


def _foreign(history: History, probe: Event, name: str) -> list[Violation]:
    """Addresses among all that was ever answered which no pod of that name has had: no cache can explain them."""
    had = {address for pod in lives_named(history, name) for event in pod.events for address in _addresses(event)}
    foreign = sorted(set(probe.object.get("seen") or ()) - had)
    return [
        Violation(probe, f"{probe.object['name']} resolved to {one}, an address that no {name} had") for one in foreign
    ]


def _answered(history: History, probe: Event, pod: Event) -> list[Violation]:
    answers, own = set(probe.object["answers"]), _addresses(pod)
    foreign = _foreign(history, probe, pod.name)
    if foreign:
        return foreign
    if answers and answers <= own and not probe.object.get("unanswered"):
        return []
    if answers and answers <= own:
        # It was asked again and again until patience was at its end: no packet is lost for so long.
        _require_time_for_caches(probe)
        message = f"{probe.object['unanswered']} of the last questions for {probe.object['name']} were not answered"
        return [Violation(probe, message)]
    if answers:
        _require_time_for_caches(probe)
        message = (
            f"{probe.object['name']} resolved to {', '.join(sorted(answers))}, not to {pod.name}'s "
            f"{min(own, default='address')}"
        )
        return [Violation(probe, message)]
    _require_time_for_caches(probe)
    message = f"{probe.object['name']} did not resolve while {pod.name} was Ready at {min(own, default='no address')}"
    if not _was_published(history, pod, probe):
        message += ", and no EndpointSlice lists it as ready under its name"
    return [Violation(probe, message)]


def _was_published(history: History, pod: Event, probe: Event) -> bool:
    return any(
        endpoint.get("hostname") == pod.name
        and (endpoint.get("targetRef") or {}).get("uid", pod.uid) == pod.uid
        and (endpoint.get("conditions") or {}).get("ready") is not False
        for event in history.of_kind("EndpointSlice")
        if event.rv <= probe.object["ended"]
        and event.labels.get("kubernetes.io/service-name", _service_name(history)) == _service_name(history)
        for endpoint in event.object.get("endpoints") or ()
    )


def _listed(history: History, probe: Event, ready: set[str]) -> list[Violation]:
    found = _misses(history, probe, ready)
    if found:
        _require_time_for_caches(probe)
    return found


def _misses(history: History, probe: Event, ready: set[str]) -> list[Violation]:
    zone = f".{_service_name(history)}.{history.header.namespace}.svc."
    found = []
    listed = set()
    for answer in sorted(set(probe.object["answers"])):
        host, _, rest = answer.partition(".")
        if host in ready and f".{rest}".startswith(zone):
            listed.add(host)
        else:
            found.append(Violation(probe, f"the SRV records list {answer}, which is no ready pod's host name"))
    missing = sorted(ready - listed)
    if missing:
        found.append(Violation(probe, f"the SRV records do not list {', '.join(missing)}, which was Ready"))
    return found
