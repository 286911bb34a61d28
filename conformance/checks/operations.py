"""What was asked of the pods' own processes (manifests/ledger.yaml), and what stands on their claims.

Method: an operation is two probes, its asking and its end; one without an end is of unknown end. Operations of one driver are
logged in the order in which they began and ended, so one that ended before another was asked came before it. What a process
had not synced when it was asked does not count: nobody was told of it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from conformance.history import Event, History, Inconclusive

APPEND, RECALL = "append", "recall"
INVOKE, OK, FAIL, UNKNOWN = "invoke", "ok", "fail", "unknown"
BEAT = "beat"
RECORD = re.compile(r"([^ #]\S*) (\d+) \d+ (\d+) (\S+)")
BEGAN = re.compile(r"# began \d+ \S+ (\d+) (\d+) (\S+)")
REFUSED = re.compile(r"# refused \d+ \S+ (\d+) (\d+) (\S+)")
TORN = " torn"


class Incarnation(NamedTuple):
    """One process of a pod from its beginning to its end: the pod's UID and the token that it took from the claim."""

    uid: str
    token: int

    def __str__(self) -> str:
        return f"token {self.token} of pod {self.uid}"


class Record(NamedTuple):
    """One record on a claim: whose, which number, by which token, and what was written."""

    name: str
    number: int
    token: int
    write: str

    def __str__(self) -> str:
        return f"the record {self.number} ({self.write})"


class Beginning(NamedTuple):
    """An incarnation began, behind the record of this number."""

    number: int
    incarnation: Incarnation


class Damaged(NamedTuple):
    """A line that is neither a record nor marked as torn: its seal does not fit what stands before it."""

    line: int


class Refusal(NamedTuple):
    """An incarnation wanted to write and found a newer token on its claim."""

    newest: int
    incarnation: Incarnation


Line = Record | Beginning | Damaged


@dataclass(frozen=True)
class Operation:
    """One question to a pod of this name: by which probe it was asked, and by which it ended, if it did."""

    name: str
    asked: Event
    ended: Event | None

    @property
    def outcome(self) -> str:
        """What came of it: ok, fail or unknown."""
        return str(self.ended.object["step"]) if self.ended is not None else UNKNOWN

    @property
    def end(self) -> Event:
        """The probe by which it ended well."""
        assert self.ended is not None
        return self.ended

    @property
    def write(self) -> str:
        """What an append was to write."""
        return str(self.asked.object["write"])

    @property
    def incarnation(self) -> Incarnation:
        """Who answered."""
        return Incarnation(str(self.end.object["uid"]), int(self.end.object["token"]))

    @cached_property
    def record(self) -> Record:
        """The record that an append was answered with; raises Inconclusive where it is none."""
        line = parsed(str(self.end.object["record"]), 0)
        if not isinstance(line, Record):
            raise Inconclusive(f"{self.end}: what was acknowledged is no record")
        return line

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """What a recall was told, up to the last record that was synced."""
        found = [one for one in map(parsed, *_numbered(str(self.end.object["records"]))) if one is not None]
        while found and isinstance(found[-1], Record) and found[-1].number > int(self.end.object["synced"]):
            found.pop()
        return tuple(found)

    @property
    def records(self) -> list[Record]:
        """The records that a recall was told."""
        return [line for line in self.lines if isinstance(line, Record)]

    @property
    def beginnings(self) -> list[Beginning]:
        """The beginnings that a recall was told."""
        return [line for line in self.lines if isinstance(line, Beginning)]

    @property
    def refusals(self) -> Iterator[Refusal]:
        """Who had been refused, as a recall was told."""
        for text in str(self.end.object["refused"]).split("\n")[:-1]:
            if match := REFUSED.fullmatch(unsealed(text) or ""):
                yield Refusal(int(match[1]), Incarnation(match[3], int(match[2])))

    def is_before(self, other: Operation) -> bool:
        """Whether it had ended before the other was asked."""
        return self.ended is not None and self.ended.number < other.asked.number


@dataclass(frozen=True)
class Dealings:
    """All that was asked of the pods of a history, and all that came of it."""

    history: History

    @cached_property
    def appends(self) -> tuple[Operation, ...]:
        """The writes, in the order in which they were asked, whatever came of them."""
        return tuple(_operations(self.history, APPEND))

    @cached_property
    def acknowledged(self) -> tuple[Operation, ...]:
        """The writes that were acknowledged."""
        return tuple(one for one in self.appends if one.outcome == OK)

    @cached_property
    def recalls(self) -> tuple[Operation, ...]:
        """The recalls that were answered, in the order in which they were asked."""
        return tuple(one for one in _operations(self.history, RECALL) if one.outcome == OK)

    def answers(self, name: str) -> list[Operation]:
        """Whatever a pod of this name answered, in the order in which it did."""
        answers = [one for one in (*self.acknowledged, *self.recalls) if one.name == name]
        return sorted(answers, key=lambda one: one.end.number)

    def due(self, read: Operation) -> list[Operation]:
        """The writes that were acknowledged under a pod's name before all of its claim was asked for."""
        return [one for one in self.acknowledged if one.name == read.name and one.is_before(read)]


def _operations(history: History, kind: str) -> Iterator[Operation]:
    asked, ended = dict[object, Event](), dict[object, Event]()
    for probe in history.probes(kind):
        (asked if probe.object["step"] == INVOKE else ended).setdefault(probe.object["operation"], probe)
    for number, probe in asked.items():
        yield Operation(str(probe.object["target"]).removeprefix("Pod/"), probe, ended.get(number))


def parsed(text: str, number: int) -> Line | None:
    """A line of a claim, the n-th, or None for one that is marked as torn."""
    if text.endswith(TORN):
        return None
    whole = unsealed(text) or ""
    if match := RECORD.fullmatch(whole):
        return Record(match[1], int(match[2]), int(match[3]), match[4])
    if match := BEGAN.fullmatch(whole):
        return Beginning(int(match[1]), Incarnation(match[3], int(match[2])))
    return Damaged(number)


def sealed(text: str) -> str:
    """A line with its seal: the beginning of the SHA-256 of what stands before it."""
    digest = hashlib.sha256((text + "\n").encode()).hexdigest()
    return f"{text} {digest[:16]}"


def unsealed(text: str) -> str | None:
    """A line without its seal, or None where the seal does not fit."""
    whole = text.rpartition(" ")[0]
    return whole if sealed(whole) == text else None


def _numbered(text: str) -> tuple[list[str], range]:
    """The whole lines, and their numbers from 1: the last may be half written when it is read."""
    lines = text.split("\n")[:-1]
    return lines, range(1, len(lines) + 1)
