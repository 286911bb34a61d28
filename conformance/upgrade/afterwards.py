"""What the new cluster makes of a set that comes from the old one: what it finds it leaves, and what it is asked for it does.

Method: the second history of a member begins when the upgrade has ended, and holds what the driver then asked. What was there
already stands at its beginning, as it was found.
"""

from __future__ import annotations

from collections.abc import Collection

from conformance.checks.availability import not_newest
from conformance.checks.causes import follows_failed, removals
from conformance.checks.evidence import (
    judge_each,
    latest,
    life_of,
    lives_named,
    next_life,
    ordinals_of,
    pod_name,
    workload,
)
from conformance.checks.proof import cut_short, never_happened, not_made_again, observed, predecessors_ready_since
from conformance.history import REVISION_LABEL, Event, History, Inconclusive, Life, Violation


def returns_as_it_was(history: History, ordinal: int, revision: str) -> list[Violation]:
    """The pod that was deleted came back under its name at the `current` or the `update` revision; no other pod was touched.

    But for what had failed or was disrupted, and what came in its place.
    """
    history.require_complete()
    history.require_one_order()
    acts = history.acts("delete", f"Pod/{pod_name(history, ordinal)}")
    if not acts:
        return cut_short(history, f"deletion of {pod_name(history, ordinal)}")
    act, end = acts[0], _next_change(history, acts[0])
    old = life_of(history, "Pod", act.object["uid"])
    found = _touched(history, act, end, {pod_name(history, ordinal)})
    if old is None or found:
        return found or cut_short(history, f"{pod_name(history, ordinal)} that was deleted")
    wanted = _status_before(history, act).get(f"{revision}Revision")
    new = next_life(history, old)
    if new is None:
        return [not_made_again(history, old)]
    label = new.first.labels.get(REVISION_LABEL)
    if label != wanted:
        return [
            Violation(new.first, f"{new.name} came back at revision {label}, not at the {revision} revision {wanted}")
        ]
    return []


def all_come_to_be_newest(history: History) -> list[Violation]:
    """In the end every pod that the set asks for is Ready at the newest revision."""
    history.require_complete()
    history.require_one_order()
    asked = [act for verb in ("update", "change") for act in history.acts(verb)]
    if not asked:
        return cut_short(history, "update")
    shown = observed(history, latest(*asked))
    if shown is None:
        return cut_short(history, "status that shows the update")
    newest = workload(history).events[-1]
    revision = str(newest.status.get("updateRevision"))
    cause = latest(shown, *(act for verb in ("scale", "delete") for act in history.acts(verb)))
    # The highest ordinal goes first, so what is said of it is what keeps the others.
    return judge_each(reversed(ordinals_of(newest)), lambda ordinal: not_newest(history, ordinal, revision, cause))


def reuses_the_old_revision(history: History) -> list[Violation]:
    """The template of before became the set's newest by the revision that it had then; no revision was made for it."""
    history.require_complete()
    acts = history.acts("update")
    if not acts:
        return cut_short(history, "update")
    wanted = acts[-1].object["annotations"]
    known = [life for life in history.lives("ControllerRevision") if wanted.items() <= _annotations(life.first).items()]
    old = [life for life in known if life.born is None]
    if not old:
        raise Inconclusive(f"{acts[-1]}: no revision of before the upgrade has this template")
    newest = workload(history).events[-1].status.get("updateRevision")
    made = [Violation(life.first, f"revision {life.name} was made, and {old[0].name} has the same template")
            for life in known if life.born is not None]  # fmt: skip
    if not made and newest not in {life.name for life in old}:
        raise Inconclusive(f"{acts[-1]}: the set's newest revision is {newest}, and {old[0].name} has the template")
    return made


def scales_by_one(history: History) -> list[Violation]:
    """One replica more was created above the others, and one less took that one; no other pod was touched.

    But for what had failed or was disrupted, and what came in its place.
    """
    history.require_complete()
    history.require_one_order()
    acts = history.acts("scale")
    if len(acts) < 2:
        return cut_short(history, "second scaling")
    highest = ordinals_of(workload(history).events[-1]).stop
    found = _touched(history, acts[0], float("inf"), {pod_name(history, highest)})
    lives = lives_named(history, pod_name(history, highest))
    if not found and not lives:
        return cut_short(history, pod_name(history, highest))
    if not found and lives[-1].gone is None:
        return [_stayed(history, lives[-1], highest, acts[-1])]
    return found


def _stayed(history: History, pod: Life, ordinal: int, act: Event) -> Violation:
    """Judge that the pod of the ordinal above all that are asked for is still there since this act; raises Inconclusive."""
    what = f"{pod.name} did not leave"
    if pod.terminated is not None:
        raise Inconclusive(f"{what}: it is still terminating at the end")
    return never_happened(history, latest(act, *predecessors_ready_since(history, ordinal, what)), what)


def _touched(history: History, act: Event, end: float, names: Collection[str]) -> list[Violation]:
    """The pods of other names that began to leave, or appeared, from an act on, for no failure or disruption of theirs."""
    leaving = removals(history, act.number, end)
    born = [pod for pod in history.pods if pod.born is not None and act.number < pod.born.number < end]
    moves = [(began, "began to terminate") for _, began in leaving]
    moves += [(pod.first, "was created") for pod in born if not follows_failed(history, pod)]
    found = [Violation(event, f"{event.name} {what}") for event, what in moves if event.name not in names]
    return sorted(found, key=lambda violation: violation.event.number)


def _next_change(history: History, act: Event) -> float:
    """The number of the next act by which the set is to be something else."""
    verbs = ("scale", "update", "change", "delete")
    return min(
        (one.number for one in history.all_acts if one.kind in verbs and one.number > act.number), default=float("inf")
    )


def _status_before(history: History, act: Event) -> dict[str, object]:
    states = [event for one in history.sets for event in one.events if event.number < act.number]
    return dict(states[-1].status) if states else {}


def _annotations(revision: Event) -> dict[str, object]:
    template = ((revision.object.get("data") or {}).get("spec") or {}).get("template") or {}
    return dict((template.get("metadata") or {}).get("annotations") or {})
