"""What the pods themselves wrote down while the cluster was upgraded: records on their claims, and what they heard of others.

Method: each replica of the set `ledger` writes a numbered record to its claim twice a second and syncs it; then it asks the
other replicas, by their names, for the number of their last record, and writes that down too. So every record that somebody
heard of was acknowledged. Times are seconds of one node's clock; only differences between times of one writer are used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from conformance.history import Event, History, Inconclusive, Violation
from conformance.upgrade.crossing import Crossing

RECORD = re.compile(r"(\S+) (\d+) (\d+)")
HEARD = re.compile(r"(\d+) (\S+) (\d+|-)")


@dataclass(frozen=True, slots=True)
class Record:
    """One record: whose, which number, and when, in seconds."""

    name: str
    number: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Heard:
    """One question to a neighbour: when, in seconds, whom, and the number of its last record, None where it did not answer."""

    seconds: int
    name: str
    number: int | None


@dataclass(frozen=True, slots=True)
class Notes:
    """All that one pod had written down when it was asked, and the probe that asked it."""

    probe: Event
    name: str
    records: tuple[Record, ...]
    heard: tuple[Heard, ...]


def notes(history: History) -> dict[str, list[Notes]]:
    """What each pod had written down, each time that it was asked; raises Inconclusive where it could not be asked."""
    found: dict[str, list[Notes]] = {}
    for probe in history.probes("records"):
        if "trouble" in probe.object:
            raise Inconclusive(f"{probe}: {probe.object['target']} could not be asked: {probe.object['trouble']}")
        name = str(probe.object["target"]).removeprefix("Pod/")
        records = tuple(
            Record(one[1], int(one[2]), int(one[3]))
            for line in str(probe.object["records"]).splitlines()
            if (one := RECORD.fullmatch(line))
        )
        heard = tuple(
            Heard(int(one[1]), one[2], None if one[3] == "-" else int(one[3]))
            for line in str(probe.object["heard"]).splitlines()
            if (one := HEARD.fullmatch(line))
        )
        found.setdefault(name, []).append(Notes(probe, name, records, heard))
    if not found:
        raise Inconclusive("the history holds no records")
    return found


def records_are_kept(history: History) -> list[Violation]:
    """Every record that was written before the upgrade, or that others had heard of, is there after it, in order and once."""
    crossing, known = Crossing(history), notes(history)
    found = []
    for name, times in known.items():
        first, last = times[0], times[-1]
        if first.probe.number > crossing.begun.number or last.probe.number < crossing.ended.number:
            raise Inconclusive(f"{name} was not asked for its records before the upgrade and after it")
        earlier = [one for others in known.values() for one in others if one.probe.number < last.probe.number]
        told = [note for one in earlier for note in one.heard if note.name == name]
        found += _lost(first, last, told)
    return found


def writes_go_on(history: History, seconds: float) -> list[Violation]:
    """No replica was silent for longer than so many seconds while the cluster was upgraded."""
    known = notes(history)
    found = []
    for name, times in known.items():
        since = times[0].records[-1:] if times[0].records else ()
        written = [*since, *times[-1].records[len(times[0].records) :]]
        silence = longest([record.seconds for record in written])
        if silence > seconds:
            found.append(Violation(times[-1].probe, f"{name} wrote no record for {silence} s"))
    return found


def names_answer(history: History, seconds: float) -> list[Violation]:
    """Of each replica some other one never went without an answer, by its name, for longer than so many seconds."""
    known = notes(history)
    found = []
    for name in known:
        silences = [_unheard(times[-1].heard, name) for other, times in known.items() if other != name]
        heard = [silence for silence in silences if silence is not None]
        if not heard:
            raise Inconclusive(f"no other replica ever heard of {name}")
        if min(heard) > seconds:
            found.append(Violation(known[name][-1].probe, f"{name} answered nobody for {min(heard)} s"))
    return found


def told(history: History) -> str:
    """Tell, phase by phase, how long the one that was silent longest wrote nothing, and nobody got an answer of it."""
    crossing, known = Crossing(history), notes(history)
    said = []
    for phase, begun, ended in crossing.phases():
        between = begun.timestamp(), ended.timestamp()
        silent = {name: _silence([one.seconds for one in times[-1].records], *between) for name, times in known.items()}
        worst = max(silent, key=lambda name: silent[name])
        said.append(f"{phase}: {between[1] - between[0]:.0f} s long, {worst} silent for {silent[worst]:.0f} s of it")
    return "; ".join(said)


def _silence(written: Sequence[int], begun: float, ended: float) -> float:
    """The longest time between two records, as far as it lies in this one."""
    return max((min(later, ended) - max(earlier, begun) for earlier, later in pairwise(written)), default=0.0)


def longest(seconds: Sequence[int]) -> int:
    """The longest time between one and the next, 0 where there are not two."""
    return max((later - earlier for earlier, later in pairwise(seconds)), default=0)


def _lost(first: Notes, last: Notes, told: Iterable[Heard]) -> list[Violation]:
    """What is missing in the records of one pod."""
    foreign = next((record for record in last.records if record.name != last.name), None)
    if foreign is not None:
        return [Violation(last.probe, f"{last.name} has a record of {foreign.name}, number {foreign.number}")]
    for place, record in enumerate(last.records, start=1):
        if record.number != place:
            return [
                Violation(last.probe, f"the record {place} of {last.name} is lost: {record.number} stands in its place")
            ]
    acknowledged = max((note.number for note in told if note.number is not None), default=0)
    if len(last.records) < max(acknowledged, len(first.records)):
        lost = max(acknowledged, len(first.records))
        return [Violation(last.probe, f"{last.name} has {len(last.records)} records, and {lost} were acknowledged")]
    if last.records[: len(first.records)] != first.records:
        changed = next(old for old, new in zip(first.records, last.records, strict=False) if old != new)
        return [
            Violation(last.probe, f"the record {changed.number} of {last.name} is not as it was before the upgrade")
        ]
    return []


def _unheard(heard: Sequence[Heard], name: str) -> int | None:
    """The longest time between two answers of this name, as one replica heard them; None where it never asked."""
    asked = [note for note in heard if note.name == name]
    answered = [note.seconds for note in asked if note.number is not None]
    # Who never heard of it at all may be the one who cannot ask.
    if not answered:
        return None
    return longest([asked[0].seconds, *answered, asked[-1].seconds])
