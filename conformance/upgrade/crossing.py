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
from math import inf

from conformance.history import DELETED, Event, History, Inconclusive, Life, Object, Violation, says_ready

# The phase before the first node is touched.
FIRST_PHASE = "the control plane"
# What a node is tainted with that runs short of something: nobody works on it for that.
PRESSURES = ("memory-pressure", "disk-pressure", "pid-pressure")
KEEPS_PODS_AWAY = ("NoSchedule", "NoExecute")
UPGRADED = ("kubeletVersion", "containerRuntimeVersion", "bootID")
EVERY_KIND = "every kind"
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
        """The nodes on which somebody worked during the upgrade, and the event that shows it first."""
        names = dict.fromkeys(node.name for node in self.history.lives("Node"))
        found = {name: self.touched_since(name, self.begun) for name in names}
        return {name: event for name, event in found.items() if event is not None}

    def touched_since(self, name: str, since: Event) -> Event | None:
        """The first event that shows that somebody works on a node, against how it was at `since`; None where none does.

        Where it was not as before the upgrade at `since` already, such as cordoned, that is what shows it.
        """
        lives = [life for life in self.history.lives("Node") if life.name == name]
        there = _newest(lives, since)
        if there is not None and since.number > self.begun.number and is_disturbed(_newest(lives, self.begun), there):
            return there
        later = [event for life in lives for event in life.events if since.number < event.number < self.ended.number]
        shown = [event for event in later if _is_touched(there, event)]
        shown += [
            lost for life in lives if (lost := self.lost(life)) and since.number < lost.number < self.ended.number
        ]
        return min(shown, key=lambda event: event.number, default=None)

    def hidden(self, kind: str, since: int, until: int) -> Event | None:
        """A gap in the watch of a kind that was open at some time between two events, or None."""
        lists = [act.number for act in self.history.acts("relist", kind)]
        for gap in self.history.gaps:
            closed = next((number for number in lists if number > gap.number), inf)
            if gap.kind in (kind, EVERY_KIND) and gap.number <= until and closed >= since:
                return gap
        return None

    def phase(self, event: Event) -> str:
        """What was being upgraded at an event: the control plane, until the first node is touched, then the last such node."""
        nodes = sorted(self.touched.items(), key=lambda one: one[1].number)
        return next((name for name, touched in reversed(nodes) if touched.number <= event.number), FIRST_PHASE)

    def phases(self) -> list[tuple[str, datetime, datetime]]:
        """Each phase, with its beginning and end by the recorder's clock: for people to read, nothing is decided by it."""
        starts = [(FIRST_PHASE, self.begun), *sorted(self.touched.items(), key=lambda one: one[1].number)]
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
        """Raise Inconclusive where the watch of a kind had a gap since the upgrade began that no list closes.

        So it is too where resourceVersions of different kinds cannot be compared: then nothing tells what was before.
        """
        self.history.require_one_order()
        gaps = [gap for gap in self.history.gaps if gap.kind in (kind, EVERY_KIND) and gap.number > self.begun.number]
        lists = [act.number for act in self.history.acts("relist", kind)]
        if gaps and not any(number > gaps[-1].number for number in lists):
            raise Inconclusive(f"{gaps[-1]}: the watch of {kind} has a gap, and nobody listed what was there behind it")


def _newest(lives: Sequence[Life], act: Event) -> Event | None:
    """The newest state, as of an event, of objects that had one name one after the other; None where none was there."""
    states = [event for life in lives for event in life.events if event.number <= act.number]
    newest = max(states, key=lambda event: event.number, default=None)
    return None if newest is None or newest.type == DELETED else newest


def _is_touched(before: Event | None, event: Event) -> bool:
    """Whether this state of a node shows that somebody works on it, or has done so."""
    if before is None:
        return True
    told, known = (one.status.get("nodeInfo") or {} for one in (event, before))
    return is_disturbed(before, event) or any(told.get(field) != known.get(field) for field in UPGRADED)


def is_disturbed(before: Event | None, event: Event) -> bool:
    """Whether a node is on its way out, not Ready, cordoned or tainted so that it takes no pods, and was not so before."""
    return (
        event.terminating
        or (not is_node_ready(event) and (before is None or is_node_ready(before)))
        or (is_cordoned(event) and not (before and is_cordoned(before)))
        or bool(taints(event) - (taints(before) if before else set()))
    )


def is_cordoned(node: Event) -> bool:
    """Whether a node is told to take no pods."""
    return bool((node.object.get("spec") or {}).get("unschedulable"))


def taints(node: Event) -> set[str]:
    """The taints that keep pods away from a node, but for those that say that it runs short of something."""
    told = (node.object.get("spec") or {}).get("taints") or ()
    return {
        str(one.get("key"))
        for one in told
        if one.get("effect") in KEEPS_PODS_AWAY and str(one.get("key")).rpartition("/")[2] not in PRESSURES
    }


def is_node_ready(node: Event) -> bool:
    """Whether a node says that it is Ready."""
    return says_ready(node.object)


def containers(pod: Event) -> Mapping[str, str]:
    """The containers of a pod that are known to run or to have run: the id of each, by its name."""
    states: Iterator[Object] = (one for field in CONTAINERS for one in pod.status.get(field) or ())
    return {str(one["name"]): str(one["containerID"]) for one in states if one.get("containerID")}


def _time(event: Event) -> datetime:
    return datetime.fromisoformat(event.time)
