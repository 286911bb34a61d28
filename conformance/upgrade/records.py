"""What the pods themselves wrote down while the cluster was upgraded: records on their claims, and what they heard of others.

Method: each replica of the set `ledger` (manifests/ledger.yaml) writes a numbered record to its claim twice a second and
syncs it; beside that it asks each other one, by its name, for the number of the last record that is synced, and writes down
the answer. So every record that somebody heard of was acknowledged. Times are seconds of one node's clock: only differences
of one clock are used, and where a pod moved to another node, its neighbours' clocks tell how far the two are apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import inf

from conformance.checks.evidence import judge_each
from conformance.history import Event, History, Inconclusive, Violation
from conformance.upgrade.crossing import Crossing

# What stands behind these words in the pods' own records is for conformance/checks/operations.py.
RECORD = re.compile(r"([^ #]\S*) (\d+) (\d+)(?: \d+ \S+ [0-9a-f]{16})?")
HEARD = re.compile(r"(\d+) (\S+) (?:-|(\d+)(?: (\d+))?)")
BEGAN = re.compile(r"# began (\d+) (\S+)(?: \d+ \d+ \S+ [0-9a-f]{16})?")
# By how much a difference of times may be wrong that two answers were needed for: each takes up to five seconds.
UNSURE_SECONDS = 6
# A question is asked every half second and given up after five: who asks nothing for longer was away itself.
ASKING_SECONDS = 15

Known = Mapping[str, Sequence["Notes"]]


@dataclass(frozen=True, slots=True)
class Record:
    """One record: whose, which number, when, in seconds, and on which node, by whose clock that is."""

    name: str
    number: int
    seconds: int
    node: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """One question to a neighbour: when, in seconds, whom, the number of its last record, None where it did not answer.

    `told` is the answerer's own time, where it said so, and `node` the one of whoever asked.
    """

    seconds: int
    name: str
    number: int | None
    told: int | None = None
    node: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """All that one pod had written down when it was asked, at `now` by its clock, on which node it was, and since when."""

    probe: Event
    name: str
    records: tuple[Record, ...]
    heard: tuple[Heard, ...]
    now: int
    node: str
    began: int

    @property
    def turn(self) -> int:
        """Whoever was asked in a lower turn had answered before anybody was asked in this one."""
        return int(self.probe.object.get("turn", self.probe.number))


def notes(history: History) -> dict[str, list[Notes]]:
    """What each pod had written down, each time that it answered; raises Inconclusive where none was ever asked."""
    history.require_one_order()
    found: dict[str, list[Notes]] = {}
    for probe in history.probes("records"):
        known = found.setdefault(_target(probe), [])
        if "trouble" not in probe.object:
            known.append(_read(probe))
    if not found:
        raise Inconclusive("the history holds no records")
    return found


def records_are_kept(history: History) -> list[Violation]:
    """Every record that was written before the upgrade, or that others had heard of, is there after it, in order and once."""
    known = notes(history)
    return judge_each(
        known, lambda name: _forgotten(name, known) or _missing(name, known, *_around(history, name, known))
    )


def records_survive(history: History) -> list[Violation]:
    """Every record of a pod that was deleted, as far as anybody knew of it, is there when the pod has returned."""
    known = notes(history)
    acts = [act for act in history.acts("delete") if str(act.object.get("target", "")).startswith("Pod/")]
    if not acts:
        raise Inconclusive("the history holds no deletion of a pod")
    name = _target(acts[0])
    before = [one for one in known.get(name, ()) if one.probe.number < acts[0].number]
    after = [one for one in known.get(name, ()) if one.probe.number > acts[0].number]
    if not before or not after:
        raise Inconclusive(f"{name} was not asked for its records before it was deleted and after that")
    return _forgotten(name, known) or _missing(name, known, before[-1], after[-1])


def writes_go_on(history: History, seconds: float) -> list[Violation]:
    """No replica was silent for longer than so many seconds while the cluster was upgraded, and each writes on after it."""
    known = notes(history)
    return judge_each(known, lambda name: _wrote(history, name, known, seconds))


def names_answer(history: History, seconds: float) -> list[Violation]:
    """Of each replica some other one never went without an answer, by its name, for longer than so many seconds."""
    known = notes(history)
    return judge_each(known, lambda name: _answered(history, name, known, seconds))


def told(history: History) -> str:
    """Tell, phase by phase, how long the one that was silent longest wrote nothing, by its own clock."""
    crossing, known = Crossing(history), notes(history)
    said = []
    for phase, begun, ended in crossing.phases():
        silent = {name: _silence(times[-1], begun, ended) for name, times in known.items() if times}
        if not silent:
            raise Inconclusive("no replica answered")
        worst = max(silent, key=lambda name: silent[name])
        long = ended.timestamp() - begun.timestamp()
        said.append(f"{phase}: {long:.0f} s long, {worst} silent for {silent[worst]:.0f} s of it")
    return "; ".join(said)


def _target(event: Event) -> str:
    return str(event.object["target"]).removeprefix("Pod/")


def _read(probe: Event) -> Notes:
    """What a pod answered. The nodes are told by the lines that it writes whenever it begins."""
    records, heard, node, began = list[Record](), list[Heard](), "", 0
    for line in _lines(probe.object["heard"]):
        if start := BEGAN.fullmatch(line):
            node = start[2]
        elif one := HEARD.fullmatch(line):
            number, said = (int(text) if text else None for text in one.group(3, 4))
            heard.append(Heard(int(one[1]), one[2], number, said, node))
    for line in _lines(probe.object["records"]):
        if start := BEGAN.fullmatch(line):
            began, node = int(start[1]), start[2]
        elif one := RECORD.fullmatch(line):
            records.append(Record(one[1], int(one[2]), int(one[3]), node))
    return Notes(probe=probe, name=_target(probe), records=tuple(records), heard=tuple(heard),
                 now=int(probe.object["now"]), node=node, began=began)  # fmt: skip


def _lines(text: object) -> list[str]:
    """The whole lines: the last one may be half written when it is read."""
    return str(text).split("\n")[:-1]


def _around(history: History, name: str, known: Known) -> tuple[Notes, Notes]:
    """What a pod had written when it was asked last before the upgrade and last after it; raises Inconclusive."""
    crossing = Crossing(history)
    before = [one for one in known[name] if one.probe.number < crossing.begun.number]
    after = [one for one in known[name] if one.probe.number > crossing.ended.number]
    if before and after:
        return before[-1], after[-1]
    troubles = [probe for probe in history.probes("records") if _target(probe) == name and "trouble" in probe.object]
    why = f": {troubles[-1].object['trouble']}" if troubles else ""
    raise Inconclusive(f"{name} was not asked for its records before the upgrade and after it{why}")


def _forgotten(name: str, known: Known) -> list[Violation]:
    """Where one pod told another of fewer records than it had told that one before: those between are lost."""
    for times in known.values():
        for one in times:
            answers = [note for note in one.heard if note.name == name and note.number is not None]
            for earlier, later in pairwise(answers):
                if (later.number or 0) < (earlier.number or 0):
                    what = (
                        f"{name} told {one.name} of {later.number} records, and had told it of {earlier.number} before"
                    )
                    return [Violation(one.probe, what)]
    return []


def _missing(name: str, known: Known, first: Notes, last: Notes) -> list[Violation]:
    """What is missing in the last records of one pod, going by its first ones and by what others had heard of before."""
    earlier = [one for others in known.values() for one in others if one.turn < last.turn]
    told = [note for one in earlier for note in one.heard if note.name == name]
    return _lost(first, last, told)


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


def _wrote(history: History, name: str, known: Known, seconds: float) -> list[Violation]:
    """Judge how long a pod wrote nothing: by its own clock, and where it moved, as its neighbours' clocks have it."""
    before, last = _around(history, name, known)
    written = [*before.records[-1:], *last.records[len(before.records) :]]
    if not written:
        raise Inconclusive(f"{name} has never written a record")
    spans = [*(_between(known, *pair) for pair in pairwise(written)), _since(written[-1], last)]
    least, most = (max(ends) for ends in zip(*spans, strict=True))
    if least > seconds:
        return [Violation(last.probe, f"{name} wrote no record for {least} s")]
    if most > seconds:
        raise Inconclusive(
            f"{name} moved to another node, and nobody who heard of it on both tells how long it wrote nothing"
        )
    earlier = _asked_before(history, last, known)
    if earlier is None or len(last.records) <= len(earlier.records):
        raise Inconclusive(f"{name} wrote no record between the last two times that it was asked")
    return []


def _asked_before(history: History, last: Notes, known: Known) -> Notes | None:
    """What the same pod had written when it was asked the last time but one, after the upgrade."""
    ended = Crossing(history).ended.number
    return next((one for one in reversed(known[last.name]) if ended < one.probe.number < last.probe.number), None)


def _between(known: Known, earlier: Record, later: Record) -> tuple[float, float]:
    """The least and the most seconds between two records of one pod."""
    if earlier.node == later.node:
        return _exactly(later.seconds - earlier.seconds)
    for name, times in known.items():
        for one in times[-1:] if name != earlier.name else ():
            ahead = _clocks(
                one, {record.number: record.node for record in known[earlier.name][-1].records}, earlier, later
            )
            if ahead is not None:
                apart = later.seconds - earlier.seconds - ahead
                return max(0, apart - UNSURE_SECONDS), max(0, apart + UNSURE_SECONDS)
    return 0, inf


def _exactly(seconds: int) -> tuple[float, float]:
    return max(0, seconds), max(0, seconds)


def _clocks(one: Notes, nodes: Mapping[int, str], earlier: Record, later: Record) -> int | None:
    """By how much a pod's clock went ahead when it moved, as a neighbour saw it that stayed where it was; None: not seen."""
    answers = [note for note in one.heard if note.name == earlier.name and note.told is not None]
    # One that told of the earlier record itself may have been on either node.
    old = [
        note for note in answers if (note.number or 0) < earlier.number and nodes.get(note.number or 0) == earlier.node
    ]
    new = [
        note for note in answers if (note.number or 0) > earlier.number and nodes.get(note.number or 0) == later.node
    ]
    if not old or not new or old[-1].node != new[0].node:
        return None
    return _ahead(new[0]) - _ahead(old[-1])


def _ahead(note: Heard) -> int:
    return (note.told or 0) - note.seconds


def _since(record: Record, last: Notes) -> tuple[float, float]:
    """The least and the most seconds that a pod has written nothing since a record, when it was asked."""
    if record.node == last.node:
        return _exactly(last.now - record.seconds)
    return max(0, last.now - last.began), inf


def _answered(history: History, name: str, known: Known, seconds: float) -> list[Violation]:
    """Judge how long a pod answered none of the others."""
    nodes = {record.number: record.node for one in known[name][-1:] for record in one.records}
    silences, answers_on = list[tuple[float, float]](), False
    for other in known:
        if other == name:
            continue
        try:
            before, last = _around(history, other, known)
        except Inconclusive:
            continue
        # Who never heard of it at all may be the one who cannot ask.
        if any(_tells(name, one) for one in last.heard):
            silences.append(_unheard(name, nodes, before, last))
            earlier = _asked_before(history, last, known)
            answers_on |= earlier is not None and any(_tells(name, one) for one in last.heard[len(earlier.heard) :])
    if not silences:
        raise Inconclusive(f"no other replica ever heard of {name}")
    least, most = (min(ends) for ends in zip(*silences, strict=True))
    if least > seconds:
        return [Violation(_last_probe(history), f"{name} answered nobody for {least} s")]
    if most > seconds:
        raise Inconclusive(f"nobody who asked {name} all the time tells that it was never silent for so long")
    if not answers_on:
        raise Inconclusive(f"{name} answered nobody between the last two times that the others were asked")
    return []


def _last_probe(history: History) -> Event:
    return history.probes("records")[-1]


def _tells(name: str, note: Heard) -> bool:
    return note.name == name and note.number is not None


def _unheard(name: str, nodes: Mapping[int, str], before: Notes, last: Notes) -> tuple[float, float]:
    """The least and the most seconds that a pod left one other without an answer, from before the upgrade until it was asked.

    The least is the time over which it was asked in vain; the most, that between two answers, whoever was away meanwhile.
    """
    asked_before = sum(note.name == name for note in before.heard)
    asked = [note for note in last.heard if note.name == name][max(0, asked_before - 1) :]
    answers = [note for earlier, note in pairwise((None, *asked)) if note and _is_fresh(earlier, note)]
    least = max((_span(run) for run in _runs_in_vain(asked)), default=0)
    if not answers:
        return least, inf
    ends = [_apart(nodes, one, other) for one, other in pairwise((asked[0], *answers))]
    tail = last.now - answers[-1].seconds if answers[-1].node == last.node else inf
    return least, max(*ends, tail, least)


def _is_fresh(earlier: Heard | None, note: Heard) -> bool:
    """Whether this is an answer of one that lives: it says its own time, or tells of more records than the last time."""
    if note.number is None:
        return False
    return note.told is not None or earlier is None or earlier.number is None or note.number > earlier.number


def _runs_in_vain(asked: Sequence[Heard]) -> Iterator[list[Heard]]:
    """The questions in a row, each soon after the other and by the same clock, to which there was no answer."""
    run = list[Heard]()
    for earlier, note in pairwise((None, *asked)):
        if note is None:
            continue
        if run and (_is_fresh(earlier, note) or not _is_soon_after(run[-1], note)):
            yield run
            run = []
        if not _is_fresh(earlier, note):
            run.append(note)
    if run:
        yield run


def _is_soon_after(earlier: Heard, note: Heard) -> bool:
    return earlier.node == note.node and 0 <= note.seconds - earlier.seconds <= ASKING_SECONDS


def _span(run: Sequence[Heard]) -> int:
    return run[-1].seconds - run[0].seconds


def _apart(nodes: Mapping[int, str], earlier: Heard, later: Heard) -> float:
    """The most seconds between two answers: by the clock of whoever asked, or where that moved, of the one that answered."""
    if earlier.node == later.node:
        return max(0, later.seconds - earlier.seconds)
    same = nodes.get(earlier.number or 0, "?") == nodes.get(later.number or 0)
    if earlier.told is None or later.told is None or not same:
        return inf
    return max(0, later.told - earlier.told) + UNSURE_SECONDS


def _silence(last: Notes, begun: datetime, ended: datetime) -> float:
    """The longest time between two records of a pod, as far as it lies between two times of the recorder's clock."""
    # How far the node's clock is ahead of the recorder's shows where the pod was asked.
    ahead = last.now - datetime.fromisoformat(last.probe.time).timestamp()
    first, final = begun.timestamp() + ahead, ended.timestamp() + ahead
    times = [*(record.seconds for record in last.records), last.now]
    return max((max(0.0, min(later, final) - max(earlier, first)) for earlier, later in pairwise(times)), default=0.0)
