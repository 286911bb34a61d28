"""The truth of data: whatever befalls a pod, what it acknowledged is kept, once, by one writer, on a volume of its own.

Method: as Jepsen does it. Every write is an operation with an end: ok, fail or unknown. Whatever is read of a claim is held
against all that had ended before it was asked for. An unknown write may stand there or not; one that is ok must, and one that
failed must not. Records carry the token of the incarnation that wrote them, and incarnations the UID of their pod, so that what
stands on a claim tells itself whose it is and who wrote at the same time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from itertools import pairwise

from conformance.checks.evidence import judge_each
from conformance.checks.operations import (
    BEAT,
    FAIL,
    UNKNOWN,
    Beginning,
    Damaged,
    Dealings,
    Line,
    Operation,
    Record,
)
from conformance.checks.proof import cut_short
from conformance.history import History, Inconclusive, Violation, ordinal_of

Judge = Callable[[Dealings], Iterator[Violation]]


def acknowledged_writes_are_kept(history: History) -> list[Violation]:
    """Each write that a pod acknowledged, or told of, stands in all that is read of its claim later, and every number there."""
    return _judged(history, _lost)


def no_write_twice(history: History) -> list[Violation]:
    """No write stands twice on a claim, no incarnation gave a number twice, and no write stands there that was refused."""
    return _judged(history, _twice)


def one_writer_at_a_time(history: History) -> list[Violation]:
    """No incarnation of a pod writes, is about to write or answers once a newer one of its name has begun or answered.

    Whoever's pod the test had deleted by force may run on beside the next, as Kubernetes warns: that one was about to write,
    answered, or wrote one record which it did not acknowledge, since it looked again behind that, is no violation.
    """
    return _judged(history, _two_writers)


def own_volume(history: History) -> list[Violation]:
    """What stands on a pod's claim is of pods of its name, and tells of every incarnation that had answered before."""
    return _judged(history, _not_its_own)


def data_is_safe(history: History) -> list[Violation]:
    """No write was lost or stands twice, no two wrote at the same time, and no pod found another volume than its own."""
    checks = (acknowledged_writes_are_kept, no_write_twice, one_writer_at_a_time, own_volume)
    return judge_each(checks, lambda check: check(history))


def told_of_data(history: History) -> str:
    """Tell of each pod what befell it, and whether its data are safe: how often it is interrupted, nobody promises."""
    harmed = {violation.event.object["target"] for violation in data_is_safe(history)}
    dealings = Dealings(history)
    last = {read.name: read for read in dealings.recalls}
    return "; ".join(
        f"{_befallen(dealings, read)}, data {'not safe' if read.end.object['target'] in harmed else 'safe'}"
        for _, read in sorted(last.items())
    )


def _judged(history: History, judge: Judge) -> list[Violation]:
    """Hold all that was read of claims against a rule; Inconclusive where too little was read to say that it holds."""
    dealings = Dealings(history)
    found = sorted(judge(dealings), key=lambda violation: violation.event.number)
    if found:
        return found
    if not dealings.acknowledged:
        history.require_complete()
        return cut_short(history, "write that was acknowledged")
    _require_read(dealings)
    return []


def _require_read(dealings: Dealings) -> None:
    """Raise Inconclusive where somebody's writes were not read since, or all only by who wrote them.

    The same process reads its own bytes, whatever the volume is.
    """
    for name, last in {one.name: one for one in dealings.acknowledged}.items():
        if not any(last.is_before(read) for read in dealings.recalls if read.name == name):
            raise Inconclusive(f"{last.end}: nobody has read since what {name} had acknowledged")
    outlived = (one.incarnation != read.incarnation for read in dealings.recalls for one in dealings.due(read))
    if not any(outlived):
        raise Inconclusive("nothing was read by a later incarnation than the one that had acknowledged it")


def _lost(dealings: Dealings) -> Iterator[Violation]:
    for read in dealings.recalls:
        there = {record.write: record for record in read.records if record.write != BEAT}
        lost = [one for one in dealings.due(read) if there.get(one.write) != one.record]
        if lost:
            kept, more = there.get(lost[0].write), f", and {len(lost) - 1} more" if len(lost) > 1 else ""
            said = f"{lost[0].record}, acknowledged in {lost[0].end} by {lost[0].incarnation}{more}"
            yield _violation(read, f"has {kept} in place of {said}" if kept else f"no longer has {said}")
        yield from _gaps(read)
    for earlier, later in _reads_in_turn(dealings):
        for place, line in enumerate(earlier.lines):
            if later.lines[place : place + 1] != (line,):
                yield _violation(later, f"no longer has {_named(line)} at its place, which it told of in {earlier.end}")
                break


def _gaps(read: Operation) -> Iterator[Violation]:
    """What is damaged, and which numbers are left out."""
    last = 0
    for line in read.lines:
        if isinstance(line, Damaged):
            yield _violation(read, f"has a damaged {_named(line)} on its claim, where a record stood")
        elif isinstance(line, Record):
            if line.number > last + 1:
                yield _violation(read, f"lost the record {last + 1}: {line} stands behind the record {last}")
            last = max(last, line.number)


def _reads_in_turn(dealings: Dealings) -> Iterator[tuple[Operation, Operation]]:
    """Each two recalls of one name of which the second was asked when the first had ended."""
    for name in {read.name for read in dealings.recalls}:
        for earlier, later in pairwise(read for read in dealings.recalls if read.name == name):
            if earlier.is_before(later):
                yield earlier, later


def _twice(dealings: Dealings) -> Iterator[Violation]:
    refused = {one.write for one in dealings.appends if one.outcome == FAIL}
    for read in dealings.recalls:
        writes = Counter(record.write for record in read.records if record.write != BEAT)
        for write, times in writes.items():
            if times > 1:
                numbers = ", ".join(str(record.number) for record in read.records if record.write == write)
                yield _violation(read, f"has the write {write} {times} times, as the records {numbers}")
            if write in refused:
                yield _violation(read, f"has the write {write}, which had been refused")
        for (token, number), times in Counter((one.token, one.number) for one in read.records).items():
            if times > 1:
                yield _violation(read, f"has the record {number} of token {token} {times} times")


def _two_writers(dealings: Dealings) -> Iterator[Violation]:
    deletions = dealings.history.acts("delete")
    forced = {act.object.get("uid") for act in deletions if act.object.get("gracePeriodSeconds") == 0}
    acknowledged = {one.record for one in dealings.acknowledged}
    for read in dealings.recalls:
        yield from _interleaved(read, forced, acknowledged)
        for one in read.refusals:
            if one.incarnation.uid not in forced:
                yield _violation(
                    read, f"ran twice: {one.incarnation} was about to write when token {one.newest} had begun"
                )
    for name in sorted({read.name for read in dealings.recalls}):
        yield from _answering_again([one for one in dealings.answers(name) if one.incarnation.uid not in forced])


def _interleaved(read: Operation, forced: Collection[object], acknowledged: Collection[Record]) -> Iterator[Violation]:
    """Where an older token stands behind a newer one, or wrote while the newer began, or two began with the same."""
    begun, last, late = dict[int, object](), 0, set[int]()
    for line in read.lines:
        if isinstance(line, Beginning):
            token = line.incarnation.token
            if token in begun:
                yield _violation(read, f"took the token {token} twice, the second time behind the record {line.number}")
            elif line.number < last and begun.get(max(begun, default=0)) not in forced:
                yield _violation(
                    read, f"ran twice: the record {last} was written while token {token} began behind {line.number}"
                )
            begun[token] = line.incarnation.uid
        elif isinstance(line, Record):
            # It looks again behind what it wrote, and sees the newer one: then it writes no more.
            is_excused = begun.get(line.token) in forced and line not in acknowledged and line.token not in late
            if line.token < max(begun, default=0) and not is_excused:
                yield _violation(read, f"has {line} of token {line.token} behind the beginning of token {max(begun)}")
            late |= {line.token} if line.token < max(begun, default=0) else set()
            last = max(last, line.number)


def _answering_again(answers: list[Operation]) -> list[Violation]:
    """Where an incarnation answers although another one has answered since it first did: the first time."""
    found = []
    for incarnation in dict.fromkeys(one.incarnation for one in answers):
        own = [one for one in answers if one.incarnation == incarnation]
        others = [one for one in answers if one.incarnation != incarnation and own[0].is_before(one)]
        for one in [one for one in own if others and others[0].is_before(one)][:1]:
            what = f"answered as {incarnation} after {others[0].incarnation} had, in {others[0].end}"
            found.append(_violation(one, what))
    return sorted(found, key=lambda violation: violation.event.number)[:1]


def _not_its_own(dealings: Dealings) -> Iterator[Violation]:
    for read in dealings.recalls:
        foreign = next((record for record in read.records if record.name != read.name), None)
        if foreign is not None:
            yield _violation(read, f"found a volume of {foreign.name}, with {foreign}")
        pods = {pod.uid for pod in dealings.history.pods_named(read.name)}
        stranger = next((one for one in read.beginnings if one.incarnation.uid not in pods), None)
        # Where the watch has a gap, a pod may have been there that nobody saw.
        if stranger is not None and foreign is None and not dealings.history.gaps:
            yield _violation(read, f"found another's volume: {stranger.incarnation} is no pod of its name")
        known = {one.incarnation for one in read.beginnings}
        missing = (one for one in dealings.answers(read.name) if one.is_before(read) and one.incarnation not in known)
        for one in [*missing][:1]:
            yield _violation(
                read, f"found a stale volume: nothing tells of {one.incarnation}, which answered in {one.end}"
            )


def _violation(answer: Operation, what: str) -> Violation:
    return Violation(answer.end, f"{answer.name} (ordinal {ordinal_of(answer.name)}) {what}")


def _named(line: Line) -> str:
    if isinstance(line, Record):
        return str(line)
    return f"the beginning of {line.incarnation}" if isinstance(line, Beginning) else f"line {line.line}"


def _befallen(dealings: Dealings, read: Operation) -> str:
    """How often a pod was made again or its process restarted, going by what stands on its claim, and how its writes ended."""
    uids = [one.incarnation.uid for one in read.beginnings]
    again, restarted = len({*uids}) - 1, len(uids) - len({*uids})
    appends = [one for one in dealings.appends if one.name == read.name]
    there = {record.write for record in read.records}
    unknown = [one.write in there for one in appends if one.outcome == UNKNOWN]
    befell = f"made again {_times(again)}, restarted {_times(restarted)}" if again or restarted else "never interrupted"
    doubt = f", {len(unknown)} of unknown end of which {sum(unknown)} stand" if unknown else ""
    acknowledged = sum(one.name == read.name for one in dealings.acknowledged)
    return f"{read.name}: {befell}, {acknowledged} writes acknowledged{doubt}"


def _times(number: int) -> str:
    return f"{number} time{'s' if number != 1 else ''}"
