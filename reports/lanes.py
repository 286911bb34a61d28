"""A history as a picture shows it: a lane for each name, in which one state follows the other, and marks across the lanes.

Method: a moment is an entry of the log by which something that is shown becomes otherwise. Moments stand in the log's order, at
equal distances: which came first is to be seen, however short the time between them. Nothing is decided here.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from conformance.history import ACT, GAP, PROBE, REVISION_LABEL, Event, History, Life, says_ready

SET, REVISION, POD, CLAIM, NODE = "set", "revision", "pod", "claim", "node"
UPGRADE, UPGRADED = "upgrade", "upgraded"
# What the driver does for its own sake: to know that it has seen all that came before.
FOR_ITSELF = frozenset({"nudge", "cut", "relist"})
UNTOLD = ("invoke", "ok", "unknown")  # the steps of an operation of which nothing need be said: an outage has hundreds
LAST_OF_ALL = "end-of-history-"  # how the names begin of what the recorder makes for that
MOST_LANES, MOST_MOMENTS = 24, 200
GONE = ""
# What is written to a claim and read from it; so much of it is told.
BYTES, MOST_BYTES = ("write", "read"), 60


@dataclass(frozen=True, slots=True)
class Span:
    """One state of a lane, from one moment up to another, both as places among the moments; `text` stands in it."""

    state: str
    begin: int
    end: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    """What is known of one name: its states one after the other."""

    label: str
    role: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at one moment that concerns all lanes, or the one of this name."""

    at: int
    text: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A picture of a history: `pins` are what is said of its events, `left_out` what of the history is not shown."""

    moments: tuple[Event, ...]
    lanes: tuple[Lane, ...]
    acts: tuple[Mark, ...]
    probes: tuple[Mark, ...]
    gaps: tuple[int, ...]
    bands: tuple[Span, ...]
    pins: tuple[Mark, ...]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Change:
    """An event by which a lane becomes otherwise: into this state, or into none where the object is gone."""

    event: Event
    state: str
    text: str = ""


def chart(history: History, said: Mapping[int, str] | None = None) -> Chart:
    """Draw up what a history's picture shows; `said` is what is said of events, by their numbers.

    Of a long history as many moments are shown as a page bears: those around the first event of which something is said.
    """
    pinned = {number: text for number, text in (said or {}).items() if 0 < number <= len(history.log)}
    rows = _rows(history)
    shown = {change.event.number: change.event for row in rows.values() for change in row}
    shown |= {event.number: event for event in history.log if _is_across(event) or event.number in pinned}
    numbers = sorted(shown)
    first = _first_shown(numbers, min(pinned, default=0))
    kept = numbers[first : first + MOST_MOMENTS]
    moments = tuple(shown[number] for number in kept)
    lanes = [Lane(label, role, _spans(row, kept)) for (role, label), row in rows.items()]
    lanes = [lane for lane in lanes if lane.spans]
    told = {history.log[number - 1].name for number in pinned}
    drawn = sorted(lanes, key=lambda lane: lane.label not in told)[:MOST_LANES]
    return Chart(
        moments=moments,
        lanes=tuple(lane for lane in lanes if lane in drawn),
        acts=_marks(moments, lambda one: one.type == ACT, said_of),
        probes=_marks(moments, lambda one: one.type == PROBE, asked),
        gaps=tuple(at for at, one in enumerate(moments) if one.type == GAP),
        bands=_bands(moments),
        pins=_marks(moments, lambda one: one.number in pinned, lambda one: pinned[one.number]),
        left_out=_left_out(len(numbers) - len(kept), len(lanes) - len(drawn)),
    )


def _rows(history: History) -> dict[tuple[str, str], list[_Change]]:
    """The changes of each lane, by its role and label, in the order in which lanes are drawn."""
    revisions = _letters(history)
    claims = [life for life in history.lives("PersistentVolumeClaim") if not life.name.startswith(LAST_OF_ALL)]
    rows = {
        (SET, history.header.name): _changes(history.sets, lambda event: (SET, f"{_wanted(event)} wanted")),
        (REVISION, "revision"): _changes(history.sets, lambda event: _revision_of(event, revisions)),
    }
    for role, lives, look in (
        (POD, history.pods, lambda event: (_state_of_pod(event), _letter_of(event, revisions))),
        (CLAIM, claims, lambda event: (_state_of_claim(event), "")),
        (NODE, history.lives("Node"), lambda event: (_state_of_node(event), _version_of(event))),
    ):
        for name in sorted({life.name for life in lives}, key=_by_ordinal):
            rows[role, name] = _changes([life for life in lives if life.name == name], look)
    return rows


def _by_ordinal(name: str) -> tuple[str, int, str]:
    stem, _, last = name.rpartition("-")
    return (stem, int(last), "") if last.isdigit() else (name, 0, "")


def _changes(lives: Iterable[Life], look: Callable[[Event], tuple[str, str]]) -> list[_Change]:
    found = list[_Change]()
    for life in lives:
        before = (GONE, "")
        for event in life.events:
            state, text = now = (GONE, "") if event is life.gone else look(event)
            if now != before:
                found.append(_Change(event, state, text if text != before[1] else ""))
            before = now
    return sorted(found, key=lambda change: change.event.number)


def _spans(row: Sequence[_Change], numbers: Sequence[int]) -> tuple[Span, ...]:
    """The states of a lane between these moments: one that began before them is there from the first on."""
    places = [bisect_left(numbers, change.event.number) for change in row]
    return tuple(
        Span(change.state, begin, end, change.text)
        for change, (begin, end) in zip(row, pairwise([*places, len(numbers)]), strict=True)
        if change.state != GONE and begin < end
    )


def _state_of_pod(pod: Event) -> str:
    phase = pod.status.get("phase")
    if pod.terminating:
        return "terminating"
    if phase in ("Failed", "Succeeded"):
        return str(phase).lower()
    if phase == "Running":
        return "ready" if says_ready(pod.object) else "running"
    return "scheduled" if (pod.object.get("spec") or {}).get("nodeName") else "created"


def _state_of_claim(claim: Event) -> str:
    if claim.terminating:
        return "terminating"
    return {"Bound": "bound", "Lost": "failed"}.get(str(claim.status.get("phase")), "created")


def _state_of_node(node: Event) -> str:
    if not says_ready(node.object):
        return "failed"
    return "cordoned" if (node.object.get("spec") or {}).get("unschedulable") else "up"


def _version_of(node: Event) -> str:
    return str((node.status.get("nodeInfo") or {}).get("kubeletVersion") or "")


def state_of(event: Event) -> str:
    """The state of a watched object in a few words, as its lane shows it; empty where there is no more to say than its kind."""
    match event.kind:
        case "Pod":
            return _state_of_pod(event)
        case "PersistentVolumeClaim":
            return _state_of_claim(event)
        case "Node":
            return _state_of_node(event)
        case "StatefulSet" | "ReplicaSet":
            return f"{_wanted(event)} wanted, {event.status.get('replicas', 0)} there"
        case _:
            return "terminating" if event.terminating else ""


def _wanted(workload: Event) -> int:
    replicas = (workload.object.get("spec") or {}).get("replicas")
    return 1 if replicas is None else int(replicas)


def _letters(history: History) -> dict[str, str]:
    """A letter for each revision, in the order in which they came; none where there is but one."""
    named = [(event.number, event.status.get("updateRevision")) for one in history.sets for event in one.events]
    named += [(pod.first.number, pod.first.labels.get(REVISION_LABEL)) for pod in history.pods]
    known = [str(name) for name in dict.fromkeys(name for _, name in sorted(named, key=lambda one: one[0])) if name]
    return {name: chr(ord("A") + place % 26) for place, name in enumerate(known)} if len(known) > 1 else {}


def _revision_of(workload: Event, letters: Mapping[str, str]) -> tuple[str, str]:
    name = str(workload.status.get("updateRevision") or "")
    return (REVISION, f"{letters[name]} {name.rpartition('-')[2]}") if name in letters else (GONE, "")


def _letter_of(pod: Event, letters: Mapping[str, str]) -> str:
    return letters.get(pod.labels.get(REVISION_LABEL, ""), "")


def _is_across(event: Event) -> bool:
    """Whether this is shown across all lanes: an act that changed something or waited in vain, a probe, a gap.

    Of operations, of which there are many, those that ended otherwise than well.
    """
    if event.type == ACT:
        return event.kind not in FOR_ITSELF and not (event.kind == "wait" and event.object.get("met"))
    return event.type in (PROBE, GAP) and event.object.get("step") not in UNTOLD


def _first_shown(numbers: Sequence[int], pinned: int) -> int:
    """The place of the first moment to be shown, so that what stands at a pin stands in the middle, if it can."""
    middle = bisect_right(numbers, pinned) - MOST_MOMENTS // 2
    return max(0, min(middle, len(numbers) - MOST_MOMENTS)) if pinned else 0


def _marks(moments: Sequence[Event], chosen: Callable[[Event], bool], text: Callable[[Event], str]) -> tuple[Mark, ...]:
    return tuple(Mark(at, text(one), target_of(one) or one.name) for at, one in enumerate(moments) if chosen(one))


def _bands(moments: Sequence[Event]) -> tuple[Span, ...]:
    """From where the cluster's upgrade began up to where it was over."""
    began = [at for at, one in enumerate(moments) if one.type == ACT and one.kind == UPGRADE]
    ended = [at for at, one in enumerate(moments) if one.type == ACT and one.kind == UPGRADED]
    return tuple(
        Span(UPGRADE, begin, next((end for end in ended if end > begin), len(moments)), "upgrade") for begin in began
    )


def _left_out(moments: int, lanes: int) -> tuple[str, ...]:
    told = ((moments, "moment"), (lanes, "lane"))
    return tuple(f"{number} {what}{'s' if number > 1 else ''} more" for number, what in told if number)


def target_of(event: Event) -> str:
    """The name of what an act or a probe is about."""
    return str(event.object.get("target", "")).rpartition("/")[2]


def said_of(act: Event) -> str:
    """An act in a few words: `scale web to 2`, `hold readiness of web-1`."""
    about, name = act.object, target_of(act)
    match act.kind:
        case "wait":
            return f"waited {'' if about.get('met') else 'in vain '}for {about.get('for')}"
        case "create" | "scale":
            return f"{act.kind} {name}: {about.get('replicas')}"
        case "hold" | "release":
            return f"{act.kind} {about.get('what')} of {name}"
        case _:
            return f"{act.kind} {name}".strip()


def asked(probe: Event) -> str:
    """A probe in a few words, and whether it could be asked at all."""
    trouble = f": {probe.object['trouble']}" if "trouble" in probe.object else ""
    said = probe.object.get("answer" if probe.kind == "read" else "token") if probe.kind in BYTES else None
    return (
        f"{probe.kind} {target_of(probe)}".strip() + (f": {said!r}"[:MOST_BYTES] if said is not None else "") + trouble
    )
