"""The crossing of one StatefulSet from the old cluster to the new one: what was there before and is there after, by UID.

Method: the history of a crossing holds two acts, `upgrade` and `upgraded`, and all that was seen between them. While an API
server restarts, nobody can watch: then the history has a gap and, behind it, a new list of what is there. What a gap hides is
reconciled: an object of the same UID is the same, and a container of the same id has run on. What cannot be is inconclusive.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from conformance.history import DELETED, Event, History, Inconclusive, Life, Object, Violation, says_ready

CONTROL_PLANE = "the control plane"
CONTAINERS = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")


@dataclass(frozen=True)
class Crossing:
    """One history, and the two acts between which the cluster was upgraded."""

    history: History

    @cached_property
    def begun(self) -> Event:
        """The act by which the upgrade began; raises Inconclusive where it never did."""
        acts = self.history.acts("upgrade")
        if not acts:
            raise Inconclusive("the history holds no upgrade")
        return acts[0]

    @cached_property
    def ended(self) -> Event:
        """The act by which the upgrade ended; raises Inconclusive where it did not."""
        acts = self.history.acts("upgraded")
        if not acts:
            raise Inconclusive(f"{self.begun}: the upgrade did not end")
        return acts[-1]

    def before(self, life: Life) -> Event | None:
        """The object as it was when the upgrade began, or None where it was not there."""
        return self._at(life, self.begun)

    def after(self, life: Life) -> Event | None:
        """The object as it was when the upgrade had ended, or None where it was not there any more."""
        return None if self.lost(life) else self._at(life, self.ended)

    def _at(self, life: Life, act: Event) -> Event | None:
        state = next((event for event in reversed(life.events) if event.number < act.number), None)
        return None if state is None or state.type == DELETED else state

    def lost(self, life: Life) -> Event | None:
        """The list from which an object was missing that nobody had seen go, or None."""
        lists = (act for act in self.history.acts("relist", life.first.kind) if act.number > life.events[-1].number)
        if life.gone is not None:
            return None
        return next((act for act in lists if life.uid not in act.object["there"]), None)

    def end_of(self, life: Life) -> Event | None:
        """The event by which it is known that an object was on its way out or gone, before the upgrade ended, or None."""
        end = life.terminated or self.lost(life)
        return end if end is not None and self.begun.number < end.number < self.ended.number else None

    def there_before(self, lives: Sequence[Life]) -> list[Life]:
        """Those of some objects that were there, and not on their way out, when the upgrade began."""
        return [life for life in lives if (state := self.before(life)) is not None and not state.terminating]

    def made(self, lives: Sequence[Life]) -> list[Life]:
        """Those that appeared during the upgrade."""
        return [life for life in lives if self.begun.number < life.first.number < self.ended.number]

    @cached_property
    def touched(self) -> Mapping[str, Event]:
        """The nodes that the upgrade touched, and by which event: cordoned, not Ready, of another version, or gone."""
        found = {}
        for node in self.history.lives("Node"):
            before = self.before(node)
            later = [event for event in node.events if self.begun.number < event.number < self.ended.number]
            changed = next((event for event in later if _is_touched(before, event)), None) or self.lost(node)
            if changed is not None:
                found[node.name] = changed
        return found

    def phase(self, event: Event) -> str:
        """What was being upgraded at an event: the control plane, until the first node is touched, then the last such node."""
        nodes = sorted(self.touched.items(), key=lambda one: one[1].number)
        return next((name for name, touched in reversed(nodes) if touched.number <= event.number), CONTROL_PLANE)

    def phases(self) -> list[tuple[str, datetime, datetime]]:
        """Each phase, with its beginning and end by the recorder's clock: for people to read, nothing is decided by it."""
        starts = [(CONTROL_PLANE, self.begun), *sorted(self.touched.items(), key=lambda one: one[1].number)]
        ends = [*(event for _, event in starts[1:]), self.ended]
        return [(name, _time(first), _time(last)) for (name, first), last in zip(starts, ends, strict=True)]

    def named(self, found: list[Violation]) -> list[Violation]:
        """Violations in the order in which they happened, each with the phase in which it did."""
        begun, ended = self.begun.number, self.ended.number
        return [
            Violation(one.event, f"{one.message} (while {self.phase(one.event)} was upgraded)")
            if begun < one.event.number < ended else one
            for one in sorted(found, key=lambda violation: violation.event.number)
        ]  # fmt: skip

    def restarts(self, pod: Life) -> Iterator[tuple[Event, str]]:
        """Each state during the upgrade in which a container of a pod is known to be another than before, and which one."""
        known: Mapping[str, str] = {}
        for event in pod.events:
            now = containers(event)
            if self.begun.number < event.number < self.ended.number:
                yield from ((event, name) for name, one in now.items() if known.get(name, one) != one)
            known = {**known, **now}

    def require_seen(self, kind: str) -> None:
        """Raise Inconclusive where the watch of a kind had a gap during the upgrade that no list closes."""
        begun, ended = self.begun.number, self.ended.number
        gaps = [gap for gap in self.history.gaps if gap.kind == kind and begun < gap.number < ended]
        lists = [act.number for act in self.history.acts("relist", kind)]
        if gaps and not any(number > gaps[-1].number for number in lists):
            raise Inconclusive(f"{gaps[-1]}: the watch of {kind} has a gap, and nobody listed what was there behind it")


def _is_touched(before: Event | None, event: Event) -> bool:
    """Whether this state of a node shows that somebody works on it."""
    if before is None or event.type == DELETED:
        return True
    was, now = (one.object.get("spec") or {} for one in (before, event))
    return (
        bool(now.get("unschedulable")) > bool(was.get("unschedulable"))
        or _version(event) != _version(before)
        or (is_node_ready(before) and not is_node_ready(event))
        or _boot(event) != _boot(before)
    )


def _version(node: Event) -> object:
    return (node.status.get("nodeInfo") or {}).get("kubeletVersion")


def _boot(node: Event) -> object:
    return (node.status.get("nodeInfo") or {}).get("bootID")


def is_node_ready(node: Event) -> bool:
    """Whether a node says that it is Ready."""
    return says_ready(node.object)


def containers(pod: Event) -> Mapping[str, str]:
    """The containers of a pod that are known to run or to have run: the id of each, by its name."""
    states: Iterator[Object] = (one for field in CONTAINERS for one in pod.status.get(field) or ())
    return {str(one["name"]): str(one["containerID"]) for one in states if one.get("containerID")}


def _time(event: Event) -> datetime:
    return datetime.fromisoformat(event.time)
