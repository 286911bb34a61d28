"""Claims: what a template makes of them, what becomes of a pod's own volumes, and claims that are missing or there already.

Method: a claim is held against the template by whose name it is called, as the set said it when it was created.
"""

from __future__ import annotations

import math
import re

from conformance.checks.evidence import judge_each, latest, life_of, ordinal_in, spec, workload
from conformance.checks.proof import cut_short, never_happened, predecessors_ready_since, waited_in_vain
from conformance.checks.storage import CLAIM, claims_of, same_claims, set_claims
from conformance.history import Event, History, Inconclusive, Life, Object, Violation

# Admission forbids what a StorageClass does not allow, and validation what makes no sense; a right of ours may be missing, too.
ACCEPTED, REFUSED, NO_RIGHT = 200, (403, 422), "cannot patch resource"
COPIED = ("accessModes", "resources", "storageClassName", "volumeMode", "selector", "dataSource")


def class_is_default(history: History) -> list[Violation]:
    """Each claim made while the cluster's default StorageClass was known, by a template that names none, is of that class."""
    history.require_complete()
    history.require_one_order()
    probes = history.probes("default-class")
    if len(probes) < 2:
        return cut_short(history, "two questions for the default StorageClass")
    first, last = probes[0], probes[-1]
    trouble = next((probe for probe in (first, last) if "answers" not in probe.object), None)
    if trouble is not None:
        raise Inconclusive(
            f"{trouble}: the default StorageClass could not be asked for: {trouble.object.get('trouble')}"
        )
    if not first.object["answers"] or first.object["answers"] != last.object["answers"]:
        raise Inconclusive("the cluster has no default StorageClass, or it was changed meanwhile")
    default = first.object["answers"][0]
    made = [
        claim.first
        for claim in set_claims(history)
        if claim.born is not None
        and int(first.object["ended"]) < claim.born.rv <= last.rv
        and "storageClassName" not in _template(history, claim).get("spec", {})
    ]
    if not made:
        return cut_short(history, "claim of no class made while the default StorageClass was known")
    return [
        Violation(
            born,
            f"{born.name} is of the class {spec(born).get('storageClassName') or 'none'}, and the default is {default}",
        )
        for born in made
        if spec(born).get("storageClassName") != default
    ]


def made_as_templates_say(history: History) -> list[Violation]:
    """Each claim that the set made has the labels and annotations of its template, and asks for what that asks for."""
    history.require_complete()
    made = [claim for claim in set_claims(history) if claim.born and not history.acts("make", f"{CLAIM}/{claim.name}")]
    templates = [_template(history, claim) for claim in made]
    if not any(t["metadata"].get("labels") and t["metadata"].get("annotations") for t in templates):
        return cut_short(history, "claim whose template has a label and an annotation")
    return [
        violation
        for claim, template in zip(made, templates, strict=True)
        for violation in _otherwise_made(claim.first, template)
    ]


def templates_override_volumes(history: History) -> list[Violation]:
    """A volume of the pod template that has a claim template's name is that claim in the pod; all other volumes are kept."""
    history.require_complete()
    if not history.pods:
        return cut_short(history, "pod")
    one = workload(history).first
    own = {str(volume["name"]): volume for volume in _pod_template(one).get("spec", {}).get("volumes") or ()}
    named = {
        str((template.get("metadata") or {}).get("name")) for template in spec(one).get("volumeClaimTemplates") or ()
    }
    if not own.keys() & named:
        return cut_short(history, "volume of the pod template that has a claim template's name")
    return [violation for pod in history.pods for violation in _otherwise_mounted(history, pod, own, named)]


def missing_claim_returns(history: History) -> list[Violation]:
    """A claim that the test deleted, and that was gone while its pod was Pending, was made again for that same pod."""
    history.require_complete()
    history.require_one_order()
    acts = [act for act in history.acts("delete") if str(act.object["target"]).startswith(f"{CLAIM}/")]
    if not acts:
        return cut_short(history, "claim that was deleted")
    return judge_each(acts, lambda act: _made_again(history, act))


def expansion_survives(history: History) -> list[Violation]:
    """A claim whose expansion was asked for became as large, and the pod made again mounts it, as large and unharmed."""
    history.require_complete()
    history.require_one_order()
    acts = history.acts("expand")
    if not acts:
        return cut_short(history, "expansion of a claim")
    return judge_each(acts, lambda act: _expanded(history, act))


def use_of_existing_claim(history: History) -> str:
    """What became of a claim that was there, unlike the template, before the set asked for it; raises Inconclusive."""
    history.require_complete()
    acts = history.acts("make")
    names = [str(act.object["target"]).removeprefix(f"{CLAIM}/") for act in acts]
    claims = [claim for claim in history.lives(CLAIM) if claim.name in names]
    users = [pod for pod in history.pods if {*claims_of(pod.first)} & {*names}]
    if not claims or not users:
        raise Inconclusive("no pod mounts a claim that was there before it was asked for")
    claim = claims[0]
    asked = (spec(claim.first).get("resources") or {}).get("requests", {}).get("storage")
    said = (_template(history, claim).get("spec", {}).get("resources") or {}).get("requests", {}).get("storage")
    if len(claims) > 1 or claim.terminated is not None:
        return f"A claim that was there already was deleted or replaced: {claim.name}."
    kept = spec(claim.events[-1]) == spec(claim.first) and claim.events[-1].labels == claim.first.labels
    how = "as it is" if kept else "with changes"
    return f"A claim of {asked} that was there already is used {how}, where the template asks for {said}."


def _expanded(history: History, act: Event) -> list[Violation]:
    claim = life_of(history, CLAIM, act.object.get("uid"))
    answer = next((probe for probe in history.probes("expansion") if probe.number > act.number), None)
    if claim is None or answer is None or "code" not in answer.object:
        raise Inconclusive(f"{act}: nothing shows what became of the expansion")
    code, message = answer.object["code"], str(answer.object.get("message"))
    if code != ACCEPTED and (code not in REFUSED or NO_RIGHT in message):
        raise Inconclusive(f"{answer}: whether {claim.name} may grow was not decided: {message}")
    if code != ACCEPTED:
        return [Violation(answer, f"the expansion of {claim.name} was refused: {message}")]
    asked = quantity(str(act.object["storage"]))
    later = [event for event in claim.events if event.number > act.number]
    grown = next((event for event in later if _size(spec(event).get("resources", {}).get("requests")) >= asked), None)
    shrunk = [
        Violation(event, f"{claim.name} asked for less again: {spec(event)['resources']['requests']['storage']}")
        for event in later
        if grown is not None
        and event.number > grown.number
        and _size(spec(event).get("resources", {}).get("requests")) < asked
    ]
    if shrunk:
        return shrunk[:1]
    if not any(_size(event.status.get("capacity")) >= asked for event in claim.events[-1:]):
        wait = waited_in_vain(history)
        if wait is None:
            raise Inconclusive(f"{claim.name} has not the capacity asked for, but nobody waited for it in vain")
        return [Violation(wait, f"{claim.name} was never as large as {act.object['storage']}")]
    users = [pod for pod in history.pods if claim.name in claims_of(pod.first) and pod.first.number < act.number]
    left = [pod for pod in users if pod.gone is not None and pod.gone.number > act.number]
    if not left:
        raise Inconclusive(f"{act}: the pod that mounts {claim.name} was not made again since")
    return judge_each(left, lambda pod: same_claims(history, pod))


def quantity(text: str) -> float:
    """A quantity of Kubernetes in plain units: 2048 of `2Ki`."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([EPTGMk]i?|Ki)?", text)
    if match is None:
        raise Inconclusive(f"{text} is no quantity that this check can read")
    suffix = (match[2] or "").lower()
    base = 1024.0 if suffix.endswith("i") else 1000.0
    return float(match[1]) * math.pow(base, " kmgtpe".index(suffix[:1] or " "))


def _size(resources: Object | None) -> float:
    storage = (resources or {}).get("storage")
    return quantity(str(storage)) if storage is not None else 0.0


def _template(history: History, claim: Life) -> Object:
    """The claim template by which a claim is named, empty where there is none."""
    one = next((one for one in reversed(history.sets) if one.first.number < claim.first.number), workload(history))
    ending = f"-{history.header.name}-{claim.ordinal}"
    templates: list[Object] = list(spec(one.first).get("volumeClaimTemplates") or ())
    return next((t for t in templates if str(t["metadata"]["name"]) + ending == claim.name), {"metadata": {}})


def _pod_template(one: Event) -> Object:
    template = spec(one).get("template")
    return template if isinstance(template, dict) else {}


def _otherwise_made(born: Event, template: Object) -> list[Violation]:
    found = []
    for field in ("labels", "annotations"):
        has, wanted = born.metadata.get(field) or {}, template["metadata"].get(field) or {}
        lost = [key for key, value in wanted.items() if has.get(key) != value]
        found += [Violation(born, f"{born.name} has not the {field} of its template: {key}") for key in lost]
    for field in COPIED:
        wanted = template.get("spec", {}).get(field)
        if wanted is not None and spec(born).get(field) != wanted:
            found.append(
                Violation(born, f"{born.name} asks for {field} {spec(born).get(field)}, its template for {wanted}")
            )
    return found


def _otherwise_mounted(history: History, pod: Life, own: dict[str, Object], named: set[str]) -> list[Violation]:
    found = []
    volumes: list[Object] = list(spec(pod.first).get("volumes") or ())
    for name in sorted(own.keys() & named):
        claims = [(v.get("persistentVolumeClaim") or {}).get("claimName") for v in volumes if v["name"] == name]
        if claims != [f"{name}-{history.header.name}-{pod.ordinal}"]:
            found.append(
                Violation(pod.first, f"the volume {name} of {pod.name} is not the claim of the template {name}")
            )
    for name in sorted(own.keys() - named):
        if own[name] not in volumes:
            found.append(Violation(pod.first, f"{pod.name} has not the volume {name} of its template"))
    return found


def _made_again(history: History, act: Event) -> list[Violation]:
    old = life_of(history, CLAIM, act.object.get("uid"))
    if old is None or old.gone is None:
        raise Inconclusive(f"{act}: the claim that was deleted was not gone at the end")
    gone = old.gone
    waiting = [
        pod
        for pod in history.pods
        if old.name in claims_of(pod.first)
        and (state := pod.at(gone.rv)) is not None
        and not state.terminating
        and state.status.get("phase") == "Pending"
    ]
    if not waiting:
        raise Inconclusive(f"{gone}: no pod was Pending when {old.name} was gone")
    pod = waiting[0]
    new = [claim for claim in history.lives(CLAIM) if claim.name == old.name and claim.first.number > gone.number]
    ran = pod.when(lambda event: event.number > gone.number and event.status.get("phase") != "Pending")
    if pod.terminated is not None and (not new or pod.terminated.number < new[0].first.number):
        return [
            Violation(
                pod.terminated, f"{pod.name} began to terminate before {old.name}, which it lacked, was made again"
            )
        ]
    if not new:
        what = f"{old.name} was not made again for {pod.name}"
        since = predecessors_ready_since(history, ordinal_in(history, pod) or 0, what)
        return [never_happened(history, latest(gone, pod.first, *since), what)]
    if ran is not None and ran.number < new[0].first.number:
        raise Inconclusive(f"{ran}: {pod.name} was no longer Pending before {old.name} was made again")
    return []
