"""Identity: a pod's name, hostname, labels and owner, and its return under its name.

Method: names, labels and owners are read from each pod's first event, so a later repair hides nothing; a return is judged
by UIDs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from conformance.checks.causes import removals
from conformance.checks.evidence import (
    end_of,
    first_ordinal,
    judge_each,
    lives_named,
    next_life,
    ordinal_in,
    pod_name,
    spec,
    wanted_ordinals,
    workload,
)
from conformance.checks.proof import cut_short, never_created, not_made_again
from conformance.history import (
    POD_INDEX_LABEL,
    POD_NAME_LABEL,
    REVISION_LABEL,
    Event,
    History,
    Inconclusive,
    Life,
    Violation,
    controller_of,
)

CREATE_POD = "create a pod"
# What a container is, beside its name and its environment.
PARTS = ("image", "command", "args")


def names_are_ordinals(history: History, replicas: int) -> list[Violation]:
    """All pods ever seen are `<set>-<ordinal>` with an ordinal in range, and each of these was seen."""
    history.require_complete()
    start = first_ordinal(history)
    allowed = range(start, start + replicas)
    seen = {ordinal_in(history, pod) for pod in history.pods}
    found = []
    for pod in history.pods:
        ordinal = ordinal_in(history, pod)
        if ordinal is None:
            found.append(Violation(pod.first, f"{pod.name} is not named by an ordinal"))
        elif ordinal not in allowed:
            found.append(Violation(pod.first, f"{pod.name} is none of {_pods(history, allowed)}"))
    missing = next((ordinal for ordinal in allowed if ordinal not in seen), None)
    if not found and missing is not None:
        return [never_created(history, missing)]
    wanted = wanted_ordinals(history)
    ended = (lives_named(history, pod_name(history, ordinal))[-1] for ordinal in allowed if ordinal in seen & {*wanted})
    for last in ended:
        if not found and last.gone is not None:
            raise Inconclusive(f"{last.name} is not there at the end")
    return found


def hostnames_are_names(history: History) -> list[Violation]:
    """Each pod's hostname is its name, as specified and as answered inside; its subdomain is the set's serviceName."""
    found = hostnames_as_specified(history) if history.pods else []
    history.require_complete()
    probes = [probe for probe in history.probes("hostname") if "answer" in probe.object]
    for probe in probes:
        name = str(probe.object["target"]).removeprefix("Pod/")
        if probe.object["answer"] != name:
            found.append(Violation(probe, f"inside {name} the hostname is {probe.object['answer']!r}, not its name"))
    if found:
        return found
    asked = {str(probe.object["target"]).removeprefix("Pod/") for probe in probes}
    if not history.pods or (history.header.tier == "node" and not {pod.name for pod in history.pods} <= asked):
        return cut_short(history, "answer to what each pod's hostname is")
    return []


def hostnames_as_specified(history: History) -> list[Violation]:
    """Each pod's specified hostname is its name, and its subdomain is the set's serviceName."""
    history.require_complete()
    if not history.pods:
        raise Inconclusive("the workload has no pods")
    service = spec(workload(history).first).get("serviceName") or ""
    found = []
    for pod in history.pods:
        hostname, subdomain = (spec(pod.first).get(field) or "" for field in ("hostname", "subdomain"))
        if hostname != pod.name:
            found.append(Violation(pod.first, f"the hostname of {pod.name} is {hostname!r}, not its name"))
        if subdomain != service:
            found.append(Violation(pod.first, f"the subdomain of {pod.name} is {subdomain!r}, not {service!r}"))
    return found


def labelled_with_name(history: History) -> list[Violation]:
    """Each pod is created with its own name as a label."""
    return _labelled(history, POD_NAME_LABEL, lambda pod: pod.name)


def labelled_with_ordinal(history: History) -> list[Violation]:
    """Each pod is created with its ordinal as a label."""
    return _labelled(history, POD_INDEX_LABEL, lambda pod: str(ordinal_in(history, pod)))


def labelled_with_revision(history: History) -> list[Violation]:
    """Each pod is created with a label that names a ControllerRevision which the set controls."""
    sets = {one.uid for one in history.sets}
    revisions = {
        event.name
        for event in history.of_kind("ControllerRevision")
        if (owner := controller_of(event.metadata)) is not None and owner.get("uid") in sets
    }
    found = []
    for pod, born in _births(history):
        revision = born.labels.get(REVISION_LABEL)
        if revision is None:
            found.append(Violation(born, f"{pod.name} was created without the label {REVISION_LABEL}"))
        elif revision not in revisions:
            message = (
                f"{pod.name} was created with the revision {revision}, which the {history.header.kind} does not control"
            )
            found.append(Violation(born, message))
    return found


def made_as_the_template_says(history: History) -> list[Violation]:
    """Each pod was created with all that the set's template says of labels, annotations and containers.

    What admission makes otherwise of a pod that is just the template, as a dry run told, is held against nobody.
    """
    births = _births(history)
    templates = [spec(event).get("template") or {} for event in workload(history).events]
    if any(template != templates[0] for template in templates):
        raise Inconclusive("the template was changed, so it takes a revision to know what a pod is to be like")
    wanted = dict(_said(templates[0]))
    if not any(" init container " in what for what in wanted) or not any("annotation" in what for what in wanted):
        return cut_short(history, "template that says what a pod is to be like")
    trials = [probe for probe in history.probes("trial") if probe.object.get("verb") == CREATE_POD]
    tried = dict(_said(trials[-1].object["object"])) if trials and "object" in trials[-1].object else {}
    different = [
        (born, what, said)
        for _, born in births
        for what, said in wanted.items()
        if dict(_said(born.object)).get(what) != said
    ]
    known = [(born, what, said) for born, what, said in different if tried.get(what) == said]
    if different and not known:
        born, what, _ = different[0]
        raise Inconclusive(f"{born}: {what} of {born.name} is not as the template says, but perhaps by admission")
    return [
        Violation(born, f"{what} of {born.name} is not {said!r}, as its template says") for born, what, said in known
    ]


def _said(pod: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """What a pod, or a template of pods, says of itself, each by its name: labels, annotations, and all of its containers."""
    metadata, specification = pod.get("metadata") or {}, pod.get("spec") or {}
    for field, kind in (("labels", "label"), ("annotations", "annotation")):
        yield from ((f"the {kind} {key}", value) for key, value in (metadata.get(field) or {}).items())
    for field, kind in (("containers", "container"), ("initContainers", "init container")):
        for container in specification.get(field) or ():
            about = f"the {kind} {container['name']}"
            yield about, container["name"]
            yield from ((f"the {part} of {about}", container[part]) for part in PARTS if container.get(part))
            yield from ((f"the variable {one['name']} of {about}", one) for one in container.get("env") or ())


def owned_by_the_set(history: History) -> list[Violation]:
    """Each pod is created with one controlling owner: the StatefulSet, by its UID, blocking foreground deletion."""
    sets = {one.uid for one in history.sets}
    the_set = f"the StatefulSet {history.header.name}"
    found = []
    for pod, born in _births(history):
        owners = [owner for owner in born.metadata.get("ownerReferences") or () if owner.get("controller")]
        if len(owners) != 1:
            found.append(Violation(born, f"{pod.name} was created with {len(owners)} controlling owners, not one"))
            continue
        owner = owners[0]
        if owner.get("kind") != "StatefulSet" or owner.get("uid") not in sets:
            message = f"{pod.name} is controlled by the {owner.get('kind')} {owner.get('name')}, not by {the_set}"
            if owner.get("kind") == "StatefulSet" and owner.get("name") == history.header.name:
                message = f"{pod.name} is controlled by the UID {owner.get('uid')}, which is not that of {the_set}"
            found.append(Violation(born, message))
        elif not owner.get("blockOwnerDeletion"):
            found.append(Violation(born, f"{pod.name}'s owner reference does not block foreground deletion"))
    return found


def survives_deletion(history: History, name: str) -> list[Violation]:
    """The deleted pod returned as a new object under its name, after the old one was gone, and no other was touched."""
    history.require_complete()
    acts = history.acts("delete", f"Pod/{name}")
    if not acts:
        return cut_short(history, f"deletion of {name}")
    return judge_each(acts, lambda act: _returned(history, act, name))


def _returned(history: History, act: Event, name: str) -> list[Violation]:
    old = next((pod for pod in lives_named(history, name) if pod.uid == act.object["uid"]), None)
    if old is None:
        raise Inconclusive(f"{act}: the {name} that was deleted is not in the history")
    new = next_life(history, old)
    found = _touched(history, old, act.number, end_of(history, act))
    if new is None:
        return found or [not_made_again(history, old)]
    if old.gone is None or old.gone.number > new.first.number:
        found.append(Violation(new.first, f"{name} was made again before the old {name} was gone"))
    return sorted(found, key=lambda violation: violation.event.number)


def _touched(history: History, deleted: Life, after: int, until: float) -> list[Violation]:
    return [
        Violation(began, f"{pod.name} began to terminate although only {deleted.name} was deleted")
        for pod, began in removals(history, after, until)
        if pod.uid != deleted.uid
    ]


def _labelled(history: History, label: str, expected: Callable[[Life], str]) -> list[Violation]:
    found = []
    for pod, born in _births(history):
        value = born.labels.get(label)
        if value is None:
            found.append(Violation(born, f"{pod.name} was created without the label {label}"))
        elif value != expected(pod):
            found.append(Violation(born, f"{pod.name} was created with the label {label}={value}"))
    return found


def _births(history: History) -> list[tuple[Life, Event]]:
    """Each pod whose creation was watched; raises Inconclusive where there is none."""
    history.require_complete()
    births = [(pod, pod.born) for pod in history.pods if pod.born is not None]
    if not births:
        raise Inconclusive("no pod's creation was watched")
    return births


def _pods(history: History, ordinals: range) -> str:
    return f"{pod_name(history, ordinals.start)} to {pod_name(history, ordinals.stop - 1)}" if ordinals else "no pods"
