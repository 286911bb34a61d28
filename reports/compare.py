"""Two runs compared, test by test: what newly fails, what is newly left out, what newly passes, and what became slower.

Method: made from two results.json alone. A test that was run before and is not run any more, or does not apply any more, counts
as left out, whatever the others of its guarantee say: so no regression can hide behind a skip. Times are compared for each
guarantee, and never change the answer.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from conformance.guarantees import Level
from reports.outcomes import ExitCode, Outcome
from reports.results import GuaranteeResult, Proof, Results

SLOWER_TIMES, SLOWER_SECONDS = 2.0, 5.0
ANSWERS = {
    ExitCode.CONFORMANT: "No regression",
    ExitCode.NOT_CONFORMANT: "A regression",
    ExitCode.NO_VERDICT: "No answer",
}
# One test before and after; None where it was not run.
Pair = tuple[Proof | None, Proof | None]


class Change(enum.StrEnum):
    """How a guarantee fares in the second run, against the first; the first of these that holds of it."""

    NEWLY_FAILING = "newly failing"
    BROKEN = "broken"
    NEWLY_UNDECIDED = "newly undecided"
    NEWLY_LEFT_OUT = "newly left out"
    STILL_FAILING = "still failing"
    NEWLY_EXCUSED = "newly excused"
    NEWLY_PASSING = "newly passing"
    SLOWER = "slower"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What changed of one guarantee: why, as the end of a sentence, and those of its tests that are of that sort."""

    change: Change
    guarantee: str
    level: Level
    why: str
    tests: tuple[Pair, ...] = ()

    def __str__(self) -> str:
        return f"{self.change:16} {self.level:6} {self.guarantee}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All differences between two runs, the worst first, and what makes them hard to compare."""

    differences: tuple[Difference, ...]
    doubts: tuple[str, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """1 where a MUST newly fails; 3 where one broke, is newly undecided or left out, or a run did not finish; else 0."""
        musts = {one.change for one in self.differences if one.level is Level.MUST}
        if Change.NEWLY_FAILING in musts:
            return ExitCode.NOT_CONFORMANT
        if self.doubts or musts & {Change.BROKEN, Change.NEWLY_UNDECIDED, Change.NEWLY_LEFT_OUT}:
            return ExitCode.NO_VERDICT
        return ExitCode.CONFORMANT

    @property
    def answer(self) -> str:
        """The answer, in a word or two."""
        return ANSWERS[self.exit_code]

    @property
    def counts(self) -> dict[Change, int]:
        """How many differences there are of each sort."""
        found = [one.change for one in self.differences]
        return {change: found.count(change) for change in Change}

    @property
    def sentence(self) -> str:
        """The answer, with its numbers."""
        return f"{self.answer}: {', '.join(f'{count} {change}' for change, count in self.counts.items())}."


def compare(before: Results, after: Results) -> Comparison:
    """Compare two runs, guarantee by guarantee, in the order of the second one's registry."""
    old, new = ({one.id: one for one in run.guarantees} for run in (before, after))
    found = [one for name in {**new, **old} for one in _differences(old.get(name), new.get(name))]
    order = list(Change)
    return Comparison(
        differences=tuple(sorted(found, key=lambda one: (order.index(one.change), one.level.rank))),
        doubts=tuple(_doubts(before, after)),
    )


def _doubts(before: Results, after: Results) -> Iterator[str]:
    for which, run in (("first", before), ("second", after)):
        if not run.finished:
            yield f"the {which} run did not finish, so what it did not come to cannot be compared"
        yield from (f"the {which} run itself broke: {error}" for error in run.errors)


def _differences(old: GuaranteeResult | None, new: GuaranteeResult | None) -> Iterator[Difference]:
    """What changed of one guarantee: of each sort of change at most one difference, that tells of all its tests."""
    known = new or old
    if known is None or known.level is Level.MAY:
        return
    changed: dict[Change, list[tuple[str, Pair]]] = {}
    was, now = _tests(old), _tests(new)
    for test in {**now, **was}:
        pair = was.get(test), now.get(test)
        told = _change(*pair)
        if told is not None:
            changed.setdefault(told[0], []).append((f"{told[1]} ({test})", pair))
    for change, found in changed.items():
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        yield Difference(
            change=change,
            guarantee=known.id,
            level=known.level,
            why=found[0][0] + more,
            tests=tuple(pair for _, pair in found),
        )
    was_asked = old is not None and old.outcome not in (None, Outcome.NOT_APPLICABLE)
    if old and new and was_asked and new.seconds > max(SLOWER_TIMES * old.seconds, old.seconds + SLOWER_SECONDS):
        why = f"{new.seconds:.1f} s, before {old.seconds:.1f} s"
        yield Difference(change=Change.SLOWER, guarantee=known.id, level=known.level, why=why)


def _tests(one: GuaranteeResult | None) -> Mapping[str, Proof]:
    return {test.id: test for test in one.tests} if one else {}


def _change(old: Proof | None, new: Proof | None) -> tuple[Change, str] | None:
    """How one test fares now and what it says, or None where that is as it was, or nothing to speak of."""
    was, now = (one.outcome if one else Outcome.NOT_APPLICABLE for one in (old, new))
    if now is Outcome.FAILED:
        return (Change.STILL_FAILING if was is Outcome.FAILED else Change.NEWLY_FAILING), _says(new)
    # The suite broke, not the cluster: whatever was before, nothing is known of it now.
    if now is Outcome.ERROR:
        return Change.BROKEN, _says(new)
    if now is was:
        return None
    if now is Outcome.EXCUSED:
        return Change.NEWLY_EXCUSED, f"{was} before, now violated: {_says(new)}"
    if now is Outcome.INCONCLUSIVE:
        return Change.NEWLY_UNDECIDED, _says(new)
    if now is Outcome.NOT_APPLICABLE:
        return Change.NEWLY_LEFT_OUT, f"{was} before, now {_says(new) if new else 'not run'}"
    if now is Outcome.PASSED and was is not Outcome.EXCUSED:
        return Change.NEWLY_PASSING, f"{was if old else 'not run'} before"
    return None


def _says(test: Proof | None) -> str:
    if test is None:
        return ""
    return (test.evidence[0] if test.evidence else test.message).partition("\n")[0] or str(test.outcome)
