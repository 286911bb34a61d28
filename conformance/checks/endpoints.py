"""EndpointSlices: under which name a Service lists a pod, and when it says that the pod is ready.

Method: each slice is held against the pods as they were when it was written. Whoever writes slices sees all pods in one order,
so a slice that says of a pod that it does not serve, or that lists a pod made later, was written with the pod's loss of
readiness in view; about any other slice nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.evidence import (
    life_of,
    lives_named,
    ordinal_in,
    pod_name,
    ready_since,
    spec,
    wanted_ordinals,
    workload,
)
from conformance.checks.proof import cut_short, never_created
from conformance.history import DELETED, SERVICE_LABEL, Event, History, Inconclusive, Life, Object, Violation, is_ready


def endpoints_are_named(history: History) -> list[Violation]:
    """Each endpoint of the governing Service says, from its first write on, which pod it is: by name, UID and address."""
    history.require_complete()
    history.require_one_order()
    service = _governing(history)
    found, named = list[Violation](), set[str]()
    for write, endpoint in _endpoints(history, service):
        pod, message = _target(history, write, endpoint)
        if message:
            found.append(Violation(write, message))
        elif pod is not None:
            named.add(pod.uid)
    if found:
        return found
    ready = [pod for pod in history.pods if ready_since(pod) is not None]
    for pod in ready:
        if pod.uid not in named:
            return cut_short(history, f"endpoint of {pod.name}")
    return [] if named else cut_short(history, f"endpoint of {service}")


def endpoints_have_no_names(history: History, service: str) -> list[Violation]:
    """No endpoint of this Service, which is not the governing one, has a host name."""
    history.require_complete()
    if service == _governing(history):
        raise Inconclusive(f"{service} is the governing Service")
    endpoints = [one for one in _endpoints(history, service) if _pod(history, one[1]) is not None]
    if not endpoints:
        return cut_short(history, f"endpoint of {service}")
    return [
        Violation(write, f"{service} lists {endpoint['targetRef']['name']} as {endpoint['hostname']}")
        for write, endpoint in endpoints
        if endpoint.get("hostname")
    ]


def unready_is_published(history: History, service: str, ready: bool) -> list[Violation]:
    """This Service lists a pod that is not Ready as ready, or as not ready, whichever is asked, once that can be known."""
    history.require_complete()
    history.require_one_order()
    found, judged = list[Violation](), 0
    for write, endpoint in _endpoints(history, service):
        pod = _pod(history, endpoint)
        lost = _lost(pod, write) if pod is not None else None
        if pod is None or lost is None or not _is_known(history, write, endpoint, lost):
            continue
        judged += 1
        # What does not say whether it is ready is to be taken for ready.
        if (_conditions(endpoint).get("ready") is not False) != ready:
            said = "as not ready" if ready else "as ready"
            found.append(Violation(write, f"{service} lists {pod.name} {said} although it was not Ready ({lost})"))
    return found if found or judged else cut_short(history, f"endpoint of {service} whose pod is not Ready")


def created_without_service(history: History) -> list[Violation]:
    """Every pod was created and became Ready though the Service that the set names does not exist."""
    history.require_complete()
    service = _governing(history)
    if any(one.name == service for one in history.lives("Service")):
        raise Inconclusive(f"the governing Service {service} exists")
    for ordinal in wanted_ordinals(history):
        pods = lives_named(history, pod_name(history, ordinal))
        if not pods:
            return [never_created(history, ordinal)]
        if not any(pod.when(is_ready) for pod in pods):
            return cut_short(history, f"{pods[0].name} that is Ready")
    return [] if wanted_ordinals(history) else cut_short(history, "pod that the set asks for")


def told_of_names_behind_an_address(history: History) -> str:
    """Say whether a governing Service with an address of its own gives each pod a name, as a headless one does."""
    history.require_complete()
    service = _governing(history)
    found = [one for one in history.lives("Service") if one.name == service]
    if not found or spec(found[0].first).get("clusterIP") in (None, "", "None"):
        raise Inconclusive(f"the governing Service {service} has no address of its own")
    asked = [probe for probe in history.probes("resolve") if "answers" in probe.object]
    if not asked:
        raise Inconclusive("nobody asked for a pod's name")
    hosts = {endpoint.get("hostname") for _, endpoint in _endpoints(history, service)} - {None}
    listed = "with" if hosts else "without"
    answers = sorted({answer for probe in asked for answer in probe.object["answers"]})
    resolved = "resolved to the pod's address" if answers else "did not resolve"
    return f"A governing Service with a cluster address lists its pods {listed} host names, and a pod's own name {resolved}."


def _governing(history: History) -> str:
    return str(spec(workload(history).first).get("serviceName") or "")


def _endpoints(history: History, service: str) -> Iterator[tuple[Event, Object]]:
    """Each endpoint that a slice of this Service listed, with the slice as it was written."""
    for write in history.of_kind("EndpointSlice"):
        if write.type != DELETED and write.labels.get(SERVICE_LABEL) == service:
            for endpoint in write.object.get("endpoints") or ():
                yield write, endpoint


def _conditions(endpoint: Object) -> Object:
    conditions: Object = endpoint.get("conditions") or {}
    return conditions


def _pod(history: History, endpoint: Object) -> Life | None:
    """The pod of the set that an endpoint names by its UID, or None."""
    pod = life_of(history, "Pod", (endpoint.get("targetRef") or {}).get("uid"))
    return pod if pod is not None and ordinal_in(history, pod) is not None else None


def _target(history: History, write: Event, endpoint: Object) -> tuple[Life | None, str]:
    """The pod that an endpoint is, and what is wrong with how it says so, or nothing."""
    target, addresses = endpoint.get("targetRef") or {}, endpoint.get("addresses") or ()
    at = f"the endpoint {', '.join(addresses)}"
    pod = _pod(history, endpoint)
    if pod is None or pod.first.number > write.number:
        return None, f"{at} names as its target no pod of the set, but {target.get('name')} {target.get('uid')}"
    if target.get("name") != pod.name:
        return pod, f"{at} names {target.get('name')} as its target, and its UID is that of {pod.name}"
    if endpoint.get("hostname") != pod.name:
        return pod, f"{at} of {pod.name} has the host name {endpoint.get('hostname') or '(none)'}"
    had = {one.get("ip") for event in pod.events for one in event.status.get("podIPs") or ()}
    if not had.issuperset(addresses):
        return pod, f"{at} is that of {pod.name}, which never had the address"
    return pod, ""


def _lost(pod: Life, write: Event) -> Event | None:
    """Since when the pod has not been Ready just before a write, though it is not on its way out; None where it is Ready."""
    since = None
    for event in pod.events:
        if event.number > write.number:
            break
        if event.terminating or is_ready(event):
            since = None
        elif since is None:
            since = event
    return since


def _is_known(history: History, write: Event, endpoint: Object, lost: Event) -> bool:
    """Whether a slice was written by somebody who had seen that event of a pod's."""
    if _conditions(endpoint).get("serving") is False:
        return True
    others = (_pod(history, other) for other in write.object.get("endpoints") or ())
    return any(lost.number < other.first.number < write.number for other in others if other is not None)
