"""What happened in one namespace, as one ordered log of plain values.

Method: a recorder appends every watch event as the API server sent it, and the driver appends what it did (acts) and what
it asked from inside the cluster (probes). The order is that of the resourceVersions, which count etcd's writes, never that
of a clock. An act or a probe stands behind the newest write that was known when it began, so whatever it caused stands
behind it. A probe also carries the revision read after it ended: whatever is newer than that happened after the probe. What
may take long while others ask too, such as a write to a pod's claim, is told by two probes: its asking, and what came of it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from conformance.plain import items, mapping, number, part, seconds, text, truth

FORMAT = 1
# The folders of a report that hold its evidence.
HISTORIES, LOGS = "histories", "logs"
LISTED, ADDED, MODIFIED, DELETED = "LISTED", "ADDED", "MODIFIED", "DELETED"
ACT, PROBE, GAP = "ACT", "PROBE", "GAP"
CUT, RELIST = "cut", "relist"
UNWATCHED = "nobody watched between the two recordings"
WATCHED = (LISTED, ADDED, MODIFIED, DELETED)
POD_INDEX_LABEL = "apps.kubernetes.io/pod-index"
POD_NAME_LABEL = "statefulset.kubernetes.io/pod-name"
REVISION_LABEL = "controller-revision-hash"
SERVICE_LABEL = "kubernetes.io/service-name"

Object = Mapping[str, Any]


class HistoryError(Exception):
    """A stored history cannot be read; the message is one sentence that names the file, the line and what is wrong."""


class Inconclusive(Exception):
    """The history is too thin to decide: neither that the promise held nor that it was broken."""


class Unfinished(Exception):
    """A scenario's wait ended in vain; `history` is all that happened until then."""

    def __init__(self, message: str, history: History) -> None:
        super().__init__(message)
        self.history = history


class Told(dict[str, Any]):
    """What is known of an entry of the log; that it does not say what a check must know makes the check inconclusive."""

    def __missing__(self, key: str) -> Any:
        raise Inconclusive(f"the log has an entry that does not say its {key!r}")


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the log: a watch event (LISTED, ADDED, MODIFIED, DELETED), an ACT, a PROBE or a GAP in the watch.

    `object` is the Kubernetes object as the API server sent it; of an act, a probe or a gap it is what is known of it.
    `rv` is the resourceVersion; of an act or a probe, the newest one that was known when it began. `time` is when it was
    recorded, in UTC, for people to read: nothing is decided by it.
    """

    type: str
    kind: str
    rv: int
    object: Object
    time: str = ""
    number: int = 0

    @property
    def metadata(self) -> Object:
        """The object's metadata, empty where it has none."""
        metadata: Object = self.object.get("metadata") or {}
        return metadata

    @property
    def status(self) -> Object:
        """The object's status, empty where it has none."""
        status: Object = self.object.get("status") or {}
        return status

    @property
    def name(self) -> str:
        """The object's name."""
        return str(self.metadata.get("name", ""))

    @property
    def uid(self) -> str:
        """The object's UID: what tells two objects of one name apart."""
        return str(self.metadata.get("uid", ""))

    @property
    def labels(self) -> Mapping[str, str]:
        """The object's labels."""
        labels: Mapping[str, str] = self.metadata.get("labels") or {}
        return labels

    @property
    def terminating(self) -> bool:
        """Whether the object's deletion has begun."""
        return self.type == DELETED or "deletionTimestamp" in self.metadata

    def __str__(self) -> str:
        return f"event {self.number} (rv {self.rv})"


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was broken, and the event at which that is certain."""

    event: Event
    message: str

    def __str__(self) -> str:
        return f"{self.event}: {self.message}"

    __repr__ = __str__


@dataclass(frozen=True, slots=True)
class Life:
    """One object from its first event to its last: one UID, so a pod made again under its name is another life."""

    events: tuple[Event, ...]

    @property
    def first(self) -> Event:
        """The event by which the object appeared."""
        return self.events[0]

    @property
    def name(self) -> str:
        """The object's name."""
        return self.first.name

    @property
    def uid(self) -> str:
        """The object's UID."""
        return self.first.uid

    @property
    def ordinal(self) -> int | None:
        """The number that the name ends with, or None where it ends otherwise."""
        return ordinal_of(self.name)

    @property
    def born(self) -> Event | None:
        """The object's creation, or None where it was there before the watch began."""
        return self.first if self.first.type == ADDED else None

    @property
    def terminated(self) -> Event | None:
        """The event by which the object's deletion began, or None."""
        return self.when(lambda event: event.terminating)

    @property
    def gone(self) -> Event | None:
        """The event by which the object was gone, or None."""
        return self.events[-1] if self.events[-1].type == DELETED else None

    def when(self, holds: Callable[[Event], bool]) -> Event | None:
        """The first event of which this holds, or None."""
        return next((event for event in self.events if holds(event)), None)

    def at(self, rv: int) -> Event | None:
        """The object as it was just before the write `rv`, or None where it was not there."""
        before = [event for event in self.events if event.rv < rv]
        return before[-1] if before and before[-1].type != DELETED else None


def ordinal_of(name: str) -> int | None:
    """The ordinal in a pod's name: 3 of `web-3`; None of `web-x7k2p`."""
    match = re.fullmatch(r".+-(0|[1-9]\d*)", name)
    return int(match[1]) if match else None


def is_ready(pod: Event | None) -> bool:
    """Whether this state of a pod is Running and Ready, and not on its way out."""
    if pod is None or pod.terminating or pod.status.get("phase") != "Running":
        return False
    return says_ready(pod.object)


def says_ready(item: Object) -> bool:
    """Whether the status of an object, a pod's or a node's, says that it is Ready."""
    conditions = (item.get("status") or {}).get("conditions") or ()
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)


def controller_of(metadata: Object) -> Object | None:
    """The owner reference that controls an object, or None."""
    return next((owner for owner in metadata.get("ownerReferences") or () if owner.get("controller")), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a history is about: the workload watched, on which tier, and whether the server keeps one order of all kinds."""

    scenario: str
    kind: str
    name: str
    namespace: str
    selector: Mapping[str, str]
    tier: str = "node"
    one_order: bool = True


@dataclass(frozen=True)
class History:
    """The log of one namespace, in order, with the questions that every check asks of it."""

    header: Header
    log: tuple[Event, ...] = field(repr=False)

    @classmethod
    def of(cls, header: Header, arrived: Iterable[Event]) -> History:
        """Put events in order and number them from 1; `arrived` is in the order of arrival, which breaks ties.

        What stands behind a cut (an act that says, kind by kind, up to where the log is complete) is left out.
        """
        whole = list(arrived)
        cuts: Mapping[str, int] = next((e.object["behind"] for e in whole if e.type == ACT and e.kind == CUT), {})
        kept = [e for e in whole if e.type not in WATCHED or e.rv < cuts.get(e.kind, math.inf)]
        ordered = sorted(kept, key=lambda event: (event.rv, event.type not in WATCHED))
        return cls(
            header,
            tuple(
                Event(e.type, e.kind, e.rv, Told(e.object), e.time, number) for number, e in enumerate(ordered, start=1)
            ),
        )

    def of_kind(self, kind: str) -> Iterator[Event]:
        """The watch events of one kind, in order."""
        return (event for event in self.log if event.kind == kind and event.type in WATCHED)

    def lives(self, kind: str) -> tuple[Life, ...]:
        """The objects of one kind, in the order in which they appeared."""
        return self._lives.get(kind, ())

    @cached_property
    def _lives(self) -> Mapping[str, tuple[Life, ...]]:
        events: dict[tuple[str, str], list[Event]] = {}
        for event in self.log:
            if event.type in WATCHED:
                events.setdefault((event.kind, event.uid), []).append(event)
        lives: dict[str, list[Life]] = {}
        for (kind, _), one in events.items():
            lives.setdefault(kind, []).append(Life(tuple(one)))
        return {kind: tuple(found) for kind, found in lives.items()}

    @cached_property
    def pods(self) -> tuple[Life, ...]:
        """The workload's pods, found by its selector, in the order in which they appeared."""
        wanted = self.header.selector.items()
        return tuple(life for life in self.lives("Pod") if wanted <= life.first.labels.items())

    def pods_named(self, name: str) -> tuple[Life, ...]:
        """The workload's pods of this name, one after the other."""
        return self._pods_by_name.get(name, ())

    @cached_property
    def _pods_by_name(self) -> Mapping[str, tuple[Life, ...]]:
        return _by_name(self.pods)

    def named(self, kind: str, name: str) -> tuple[Life, ...]:
        """The objects of this kind and name, one after the other."""
        return self._by_kind_and_name.get(kind, {}).get(name, ())

    @cached_property
    def _by_kind_and_name(self) -> Mapping[str, Mapping[str, tuple[Life, ...]]]:
        return {kind: _by_name(lives) for kind, lives in self._lives.items()}

    @cached_property
    def sets(self) -> tuple[Life, ...]:
        """The workload's own objects: more than one where it was deleted and made again."""
        return tuple(life for life in self.lives(self.header.kind) if life.name == self.header.name)

    @cached_property
    def specifications(self) -> tuple[Event, ...]:
        """The states of the workload's own objects by which what they ask for changed, or their deletion began."""
        return self._changes(lambda event: (event.uid, event.metadata.get("generation"), event.terminating))

    @cached_property
    def observations(self) -> tuple[Event, ...]:
        """The states of the workload's own objects in which their controller first says that it has seen a generation."""
        seen = self._changes(lambda event: (event.uid, event.status.get("observedGeneration")))
        return tuple(event for event in seen if event.status.get("observedGeneration"))

    @cached_property
    def misread(self) -> frozenset[int]:
        """The numbers of the workload's states whose observedGeneration cannot be about it.

        It was more than the generation when it was written, and stays untrue until another is written, whatever the generation
        is by then.
        """
        numbers, untrue = set[int](), None
        for one in self.sets:
            for event in one.events:
                claimed = event.status.get("observedGeneration", 0)
                if claimed > event.metadata.get("generation", 0):
                    untrue = (one.uid, claimed)
                if untrue == (one.uid, claimed):
                    numbers.add(event.number)
                else:
                    untrue = None
        return frozenset(numbers)

    def _changes(self, what: Callable[[Event], object]) -> tuple[Event, ...]:
        states = [event for one in self.sets for event in one.events]
        return tuple(
            event
            for before, event in pairwise((None, *states))
            if event and (not before or what(before) != what(event))
        )

    def pods_at(self, rv: int) -> Iterator[Event]:
        """Each of the workload's pods as it was just before the write `rv`."""
        return (state for life in self.pods if (state := life.at(rv)) is not None)

    def acts(self, verb: str, target: str | None = None) -> list[Event]:
        """What the driver did: every act of this verb, upon this object where one is named."""
        return [act for act in self.all_acts if act.kind == verb and target in (None, act.object.get("target"))]

    @cached_property
    def all_acts(self) -> tuple[Event, ...]:
        """Everything that the driver did."""
        return tuple(event for event in self.log if event.type == ACT)

    def probes(self, kind: str) -> list[Event]:
        """What was asked from inside the cluster: every probe of this kind."""
        return [event for event in self.log if event.type == PROBE and event.kind == kind]

    @property
    def gaps(self) -> list[Event]:
        """Where the watch may have missed something."""
        return [event for event in self.log if event.type == GAP]

    def require_complete(self) -> None:
        """Raise Inconclusive where this history cannot carry a judgement: it is empty, or the watch had a gap."""
        if not any(event.type in WATCHED for event in self.log):
            raise Inconclusive("the history is empty: nothing was watched")
        if self.gaps:
            gap = self.gaps[0]
            raise Inconclusive(f"{gap}: the watch of {gap.kind} has a gap: {gap.object.get('reason', 'unknown')}")

    def require_pods(self) -> None:
        """Raise Inconclusive where this history cannot carry a judgement of pods: it is not complete, or there are none."""
        self.require_complete()
        if not self.pods:
            raise Inconclusive("the workload has no pods")

    def require_one_order(self) -> None:
        """Raise Inconclusive where resourceVersions of different kinds cannot be compared."""
        if not self.header.one_order:
            raise Inconclusive("this server's resourceVersions of different kinds cannot be compared")

    def write(self, path: Path) -> None:
        """Store as JSON lines: the header, then one event a line, and behind them that this is all."""
        newest = max((event.rv for event in self.log), default=0)
        time = self.log[-1].time if self.log else ""
        end = [] if self.acts(CUT) else [Event(ACT, CUT, newest, {"behind": {}}, time)]
        path.write_text(
            "".join(f"{line}\n" for line in (header_line(self.header), *map(event_line, (*self.log, *end))))
        )

    @classmethod
    def read(cls, path: Path) -> History:
        """Read what `write` or a recorder stored; raises HistoryError. A recording that was killed ends with a gap."""
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except OSError as wrong:
            raise HistoryError(f"{path}: cannot be read as a history: {wrong.strerror}") from None
        except UnicodeDecodeError:
            raise HistoryError(f"{path}: cannot be read as a history: it is no text") from None
        except ValueError:
            raise HistoryError(f"{path}: cannot be read as a history: no file can be called so") from None
        if not lines:
            raise HistoryError(f"{path}: is empty; a history begins with a header line")
        header = _parse_header(path, lines[0])
        events: list[Event] = []
        for place, line in enumerate(lines[1:], start=2):
            try:
                stored = json.loads(line)
            except (ValueError, RecursionError) as wrong:
                if place < len(lines):
                    raise HistoryError(f"{path}: line {place} is not an event: {wrong}") from None
                newest = max((event.rv for event in events), default=0)
                events.append(Event(GAP, "every kind", newest, {"reason": "the file ends in the middle of an event"}))
                break
            try:
                events.append(_parse_event(stored))
            except KeyError as missing:
                raise HistoryError(f"{path}: line {place} is not an event: it has no {missing}") from None
            except (ValueError, TypeError) as wrong:
                raise HistoryError(f"{path}: line {place} is not an event: {wrong}") from None
        if not any(event.type == ACT and event.kind == CUT for event in events):
            # Kinds are watched side by side: of one that was killed no kind is known to be complete up to the last event.
            newest = max((event.rv for event in events), default=0)
            events.append(Event(GAP, "every kind", newest, {"reason": "the recording did not come to its end"}))
        try:
            return cls.of(header, events)
        except (KeyError, TypeError, AttributeError) as wrong:
            raise HistoryError(f"{path}: what it says of its cut is not of a cut's form: {wrong}") from None


def _by_name(lives: Iterable[Life]) -> Mapping[str, tuple[Life, ...]]:
    found: dict[str, list[Life]] = {}
    for life in lives:
        found.setdefault(life.name, []).append(life)
    return {name: tuple(ones) for name, ones in found.items()}


def history_file_name(header: Header) -> str:
    """The file's name of a stored history: its scenario, with "-" for everything that is awkward in a name."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", header.scenario) + ".jsonl"


def log_file_name(header: Header) -> str:
    """The name of the file that keeps what the pods of a history said, in a folder beside that of the histories."""
    return Path(history_file_name(header)).with_suffix(".txt").name


def header_line(header: Header) -> str:
    """The first line of a stored history."""
    return json.dumps(
        {
            "history": FORMAT,
            "scenario": header.scenario,
            "workload": {"kind": header.kind, "name": header.name, "selector": dict(header.selector)},
            "namespace": header.namespace,
            "tier": header.tier,
            "one_order": header.one_order,
        }
    )


def event_line(event: Event) -> str:
    """One further line of a stored history. Its number is not stored: it is the event's place once all are in order."""
    return json.dumps(
        {"type": event.type, "kind": event.kind, "rv": event.rv, "time": event.time, "object": event.object}
    )


def _parse_header(path: Path, line: str) -> Header:
    try:
        stored = json.loads(line)
        if part(stored, "history", number) != FORMAT:
            raise HistoryError(f"{path}: is a history of format {stored['history']}; this suite reads format {FORMAT}")
        return Header(
            scenario=part(stored, "scenario", text),
            kind=part(stored["workload"], "kind", text),
            name=part(stored["workload"], "name", text),
            selector=_labels(stored["workload"]["selector"]),
            namespace=part(stored, "namespace", text),
            tier=part(stored, "tier", text),
            one_order=part(stored, "one_order", truth),
        )
    except (ValueError, RecursionError):
        raise HistoryError(f"{path}: line 1 is not the header of a history: it is not JSON") from None
    except KeyError as missing:
        raise HistoryError(f"{path}: line 1 is not the header of a history: it has no {missing}") from None
    except (TypeError, AttributeError):
        raise HistoryError(
            f"{path}: line 1 is not the header of a history: it is not a JSON object of its form"
        ) from None


def _parse_event(stored: object) -> Event:
    said = {key: part(stored, key, text) for key in ("type", "kind", "time")}
    event = Event(
        said["type"], said["kind"], part(stored, "rv", number), dict(part(stored, "object", mapping)), said["time"]
    )
    if event.type not in (*WATCHED, ACT, PROBE, GAP):
        raise ValueError(f"type {event.type!r} is none of {', '.join((*WATCHED, ACT, PROBE, GAP))}")
    if event.type in WATCHED:
        _require_object(event.object)
    for key, sort in (("replicas", number), ("seconds", seconds)):
        if event.type not in WATCHED and key in event.object:
            part(event.object, key, sort)
    return event


def _require_object(stored: Mapping[str, Any]) -> None:
    """Raise KeyError or TypeError where this cannot be an object as an API server sends it."""
    metadata = part(stored, "metadata", mapping)
    for key in ("name", "uid"):
        part(metadata, key, text)
    _labels(metadata.get("labels") or {})
    for owner in items(metadata.get("ownerReferences") or []):
        part(owner, "uid", text)
    specification, status = (mapping(stored.get(key) or {}) for key in ("spec", "status"))
    for holder, key in ((metadata, "generation"), (specification, "replicas"), (specification, "minReadySeconds")):
        if key in holder:
            part(holder, key, number)
    for template in items(specification.get("volumeClaimTemplates") or []):
        part(part(template, "metadata", mapping), "name", text)
    for volume in items(specification.get("volumes") or []):
        if claim := mapping(volume).get("persistentVolumeClaim"):
            part(claim, "claimName", text)
    for said in ("conditions", "containerStatuses"):
        list(map(mapping, items(status.get(said) or [])))


def _labels(stored: object) -> Mapping[str, str]:
    return {text(key): text(value) for key, value in mapping(stored).items()}
