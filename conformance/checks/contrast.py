"""The contrast: a ReplicaSet's pods have random suffixes, share no order, and return under another name.

Method: the same log and the same questions as for a StatefulSet, with the opposite answers.
"""

from __future__ import annotations

from conformance.checks.evidence import latest, ordinal_in, workload
from conformance.checks.proof import cut_short, never_happened
from conformance.history import History, Inconclusive, Life, Violation, controller_of, is_ready


def names_are_random(history: History) -> list[Violation]:
    """Each pod is named by its ReplicaSet and a suffix that is no ordinal."""
    history.require_complete()
    if not history.pods:
        raise Inconclusive("the workload has no pods")
    return [violation for pod in history.pods for violation in _not_random(history, pod)]


def creates_all_at_once(history: History, replicas: int) -> list[Violation]:
    """All the pods were created while none of them was Ready."""
    history.require_complete()
    births = [pod.born for pod in history.pods if pod.born is not None][:replicas]
    ready = [event for pod in history.pods if (event := pod.when(is_ready)) is not None]
    first = min(ready, key=lambda event: event.number, default=None)
    late = [born for born in births if first is not None and born.number > first.number]
    if late and first is not None:
        return [Violation(born, f"{born.name} was created only when {first.name} was Ready") for born in late]
    if len(births) < replicas:
        what = f"{len(births)} of {replicas} pods of {history.header.name} were created"
        return [never_happened(history, latest(workload(history).first, *births), what)]
    return []


def returns_renamed(history: History) -> list[Violation]:
    """In place of the deleted pod one was created under a name not seen before, and the old name did not return."""
    history.require_complete()
    acts = [act for act in history.acts("delete") if str(act.object["target"]).startswith("Pod/")]
    if not acts:
        return cut_short_contrast(history)
    act = acts[0]
    name = str(act.object["target"]).removeprefix("Pod/")
    births = [pod.born for pod in history.pods if pod.born is not None and pod.born.number > act.number]
    found = [Violation(born, f"{name} came back under its own name") for born in births if born.name == name]
    if found:
        return found
    before = {pod.name for pod in history.pods if pod.first.number < act.number}
    if any(born.name not in before for born in births):
        return []
    old = next((pod for pod in history.pods if pod.uid == act.object["uid"]), None)
    if old is None or old.gone is None:
        raise Inconclusive(f"no pod was created in place of {name}, but the old one is still there")
    return [never_happened(history, old.gone, f"no pod was created in place of {name}")]


def cut_short_contrast(history: History) -> list[Violation]:
    """No pod was deleted: names tell nothing here, so only the wait does."""
    if any(ordinal_in(history, pod) is not None for pod in history.pods):
        return cut_short(history, "deletion of a pod")
    raise Inconclusive("the history holds no deletion of a pod")


def _not_random(history: History, pod: Life) -> list[Violation]:
    # A random suffix may happen to be a number; a small one is not by chance. Whoever made it, the name tells.
    suffix = pod.name.rpartition("-")[2]
    if suffix.isdigit() and int(suffix) < len(history.pods):
        return [Violation(pod.first, f"{pod.name} is named by an ordinal")]
    owner = controller_of(pod.first.metadata)
    if owner is None or owner.get("kind") != "ReplicaSet":
        return [Violation(pod.first, f"{pod.name} is not controlled by a ReplicaSet")]
    if not pod.name.startswith(f"{owner['name']}-"):
        return [Violation(pod.first, f"{pod.name} is not named after its ReplicaSet {owner['name']}")]
    return []
