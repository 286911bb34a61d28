"""What a report shows of its histories: a picture of each, and what stands around each event of which a test says something.

Method: made from results.json and the stored histories alone, so that a page can be made again at any time. Which event is
meant stands in the evidence, as `Violation` writes it. What is shown of an object is bounded, and what may be a secret is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from conformance.history import ACT, GAP, HISTORIES, LOGS, PROBE, Event, History, HistoryError, log_file_name
from reports.lanes import asked, chart, said_of, state_of, target_of
from reports.outcomes import Outcome
from reports.results import TROUBLE, GuaranteeResult, Proof, Results
from reports.timeline import svg

PINNED = re.compile(r"event (\d+) \(rv \d+\): (.*)", re.DOTALL)
SECRET = re.compile(r"passw|secret|token|credential|(api|private)[-_]?key", re.IGNORECASE)
REDACTED = "(not shown)"
BEFORE, AFTER, MOST_EARLIER, MOST_TOLD, MOST_PINS = 8, 3, 8, 5, 3
# Others come after them under the same name; so many letters of their UIDs tell them apart.
OF_ITS_OWN, UID_LETTERS = ("Pod", "PersistentVolumeClaim"), 8
LONGEST_OBJECT, MOST_LOGGED = 6000, 10_000  # characters
NOT_SHOWN = ("managedFields", "kubectl.kubernetes.io/last-applied-configuration")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """An event of which a test says something: the events around it, its object as YAML, and what Kubernetes told of it."""

    at: Event
    said: str
    event: str
    around: tuple[str, ...]
    object: str
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One history: the scenario that it is of, its picture, what of it is not shown, and the events that matter most.

    `begun` is the time of its first entry, `acts` what the test did, and `end` the last of its entries; `logs` is what its pods
    said last, where something is wrong; `trouble` says why there is no picture.
    """

    scenario: str
    outcome: Outcome | None
    svg: str = ""
    pinned: tuple[Pinned, ...] = ()
    left_out: tuple[str, ...] = ()
    begun: str = ""
    acts: tuple[Event, ...] = ()
    end: tuple[str, ...] = ()
    logs: str = ""
    trouble: str = ""

    @property
    def anchor(self) -> str:
        """Where the scenario stands in its page."""
        return f"scenario-{re.sub(r'[^A-Za-z0-9._-]', '-', self.scenario)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """The pictures of a report: of each history, by its path, and of what speaks against a guarantee, by its id.

    `of_tests` are the events of which each test speaks, by the guarantee's id and its own.
    """

    of_histories: Mapping[str, Picture] = field(default_factory=dict)
    against: Mapping[str, Picture] = field(default_factory=dict)
    of_tests: Mapping[tuple[str, str], tuple[Pinned, ...]] = field(default_factory=dict)


def pictures(results: Results, folder: Path) -> Pictures:
    """A picture of each history that a result names and that is there in the report's folder."""
    of_histories, against = dict[str, Picture](), dict[str, Picture]()
    of_tests = dict[tuple[str, str], tuple[Pinned, ...]]()
    for path, said in _histories(results).items():
        if not (folder / path).is_file():
            continue
        outcome = max(one for one, _ in said)
        try:
            history = History.read(folder / path)
        except HistoryError as wrong:
            of_histories[path] = Picture(scenario=Path(path).stem, outcome=outcome, trouble=str(wrong))
            continue
        logs = _logs(folder, history) if outcome in TROUBLE else ""
        of_histories[path] = replace(_picture(history, outcome, _pins(line for _, line in said)), logs=logs)
        shown = dict[int, Pinned]()  # many tests may speak of one event
        for one in results.guarantees:
            for test in (test for test in one.tests if test.history == path and test.outcome in TROUBLE):
                pins = _pins(test.evidence)
                of_tests[one.id, test.id] = pinned = _evidence(history, pins, shown)
                if test is _witness(one):
                    against[one.id] = replace(_picture(history, test.outcome, pins), pinned=pinned, logs=logs)
    return Pictures(of_histories=of_histories, against=against, of_tests=of_tests)


def _logs(folder: Path, history: History) -> str:
    """What the pods said, as far as it was kept, and as much of it as a page bears."""
    try:
        said = (folder / LOGS / log_file_name(history.header)).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return said if len(said) <= MOST_LOGGED else f"{said[:MOST_LOGGED]}\n… {len(said) - MOST_LOGGED} characters more\n"


def _witness(guarantee: GuaranteeResult) -> Proof | None:
    """The first test that speaks against a guarantee and has a history."""
    if guarantee.outcome not in TROUBLE:
        return None
    return next((test for test in guarantee.tests if test.outcome is guarantee.outcome and test.history), None)


def _histories(results: Results) -> dict[str, list[tuple[Outcome, str]]]:
    """The histories of a report, each with the outcomes of its tests and all that they say against something."""
    found = dict[str, list[tuple[Outcome, str]]]()
    for guarantee in results.guarantees:
        for test in guarantee.tests:
            if test.history and test.history.startswith(f"{HISTORIES}/") and ".." not in test.history:
                against = test.evidence if test.outcome in TROUBLE else ()
                found.setdefault(test.history, []).extend((test.outcome, line) for line in against or ("",))
    return found


def _pins(lines: Iterable[str]) -> dict[int, str]:
    """What is said of events, by their numbers."""
    pins = dict[int, str]()
    for match in filter(None, map(PINNED.match, lines)):
        pins.setdefault(int(match[1]), match[2])
    return pins


def _picture(history: History, outcome: Outcome, pins: Mapping[int, str]) -> Picture:
    drawn = chart(history, pins)
    name = history.header.scenario
    return Picture(
        scenario=name,
        outcome=outcome,
        svg=svg(drawn, f"What happened in {name}, in order"),
        left_out=drawn.left_out,
        begun=next((one.time for one in history.log), ""),
        acts=tuple(drawn.moments[mark.at] for mark in drawn.acts),
        end=tuple(map(told, history.log[-BEFORE - AFTER :])),
    )


def _evidence(history: History, pins: Mapping[int, str], shown: dict[int, Pinned]) -> tuple[Pinned, ...]:
    """What stands around the first events of which something is said; `shown` keeps that, by the events' numbers."""
    known = [number for number in pins if 0 < number <= len(history.log)][:MOST_PINS]
    for number in known:
        if number not in shown:
            shown[number] = _pinned(history, number, pins[number])
    return tuple(replace(shown[number], said=pins[number]) for number in known)


def _pinned(history: History, number: int, text: str) -> Pinned:
    event, first = history.log[number - 1], max(0, number - 1 - BEFORE)
    earlier, around = _earlier(history, event, first), history.log[first : number + AFTER]
    return Pinned(
        at=event,
        said=text,
        event=f"{event}, {event.time}" if event.time else str(event),
        around=(*earlier, *(f"{'→' if one is event else ' '} {told(one)}" for one in around)),
        object=as_yaml(event),
        told=tuple(_told_of(history, event)),
    )


def _earlier(history: History, event: Event, first: int) -> Iterator[str]:
    """What befell the object in question before what stands around the event: what was done to it, and its coming and going.

    What was asked of it counts too, and the coming and going of its claims.
    """
    name = target_of(event) if event.type in (ACT, PROBE) else event.name
    lives = [life for life in history.lives("Pod") if life.name == name]
    lives += [life for life in history.lives("PersistentVolumeClaim") if life.name.endswith(f"-{name}")]
    turns = {turn.number for life in lives for turn in (life.first, life.terminated, life.gone) if turn is not None}
    before = [
        one
        for one in history.log[:first]
        if name and (one.number in turns or (one.type in (ACT, PROBE) and one.object.get("target") == f"Pod/{name}"))
    ]
    yield from (f"  {told(one)}" for one in before[-MOST_EARLIER:])
    if before:
        yield "  …"


def told(event: Event) -> str:
    """One line on one entry of the log."""
    # The day stands at the event in question; on a phone there is room for little.
    where = f"{event.number:>4}  rv {event.rv}  {event.time[11:23]}"
    if event.type == ACT:
        return f"{where}  the test: {said_of(event)}"
    if event.type == PROBE:
        return f"{where}  a client: {asked(event)}"
    if event.type == GAP:
        return f"{where}  a gap in the watch of {event.kind}: {event.object.get('reason', 'nobody knows why')}"
    state = ", ".join(
        filter(None, (state_of(event), f"uid {event.uid[:UID_LETTERS]}" if event.kind in OF_ITS_OWN else ""))
    )
    return f"{where}  {event.type} {event.kind} {event.name}{f' ({state})' if state else ''}"


def _told_of(history: History, about: Event) -> Iterator[str]:
    """The last Events by which Kubernetes told of the object, as they stood when all was over."""
    newest = {event.name: event.object for event in history.of_kind("Event")}
    of_it = [one for one in newest.values() if (one.get("involvedObject") or {}).get("name") == about.name]
    for one in of_it[-MOST_TOLD:]:
        yield f"{one.get('type')} {one.get('reason')}: {one.get('message')}"


def as_yaml(event: Event) -> str:
    """The object of an event, as it was: without what is written for machines only, and without what may be a secret."""
    text = yaml.safe_dump(_plain(event.object), sort_keys=False, allow_unicode=True, width=120)
    if len(text) <= LONGEST_OBJECT:
        return text
    return f"{text[:LONGEST_OBJECT].rpartition(chr(10))[0]}\n… {len(text) - LONGEST_OBJECT} characters more\n"


def _plain(value: Any, name: str = "") -> Any:
    if isinstance(value, Mapping):
        is_secret = SECRET.search(str(value.get("name", ""))) and "value" in value
        return {
            key: REDACTED if is_secret and key == "value" else _plain(one, str(key))
            for key, one in value.items()
            if key not in NOT_SHOWN
        }
    if isinstance(value, list | tuple):
        return [_plain(one, name) for one in value]
    return REDACTED if isinstance(value, str) and SECRET.search(name) and value else value
