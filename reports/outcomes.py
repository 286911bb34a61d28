"""Outcomes of tests and guarantees, the verdict of a run, and the exit code that tells it.

Method: outcomes form one ordered lattice in which the worst wins. The verdict is decided from the outcomes of single
tests, not of guarantees: where one test of a MUST found a violation and another one broke, the MUST is violated all the
same. A guarantee of which no test was run has no outcome: that is None in Python, null in results.json, "not run" for
people.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Collection, Iterable

NOT_RUN = "not run"
TOLD = "told"


@functools.total_ordering
class Outcome(enum.Enum):
    """What a test or a guarantee came to, from the best to the worst."""

    NOT_APPLICABLE = "not-applicable"
    PASSED = "passed"
    EXCUSED = "excused"
    INCONCLUSIVE = "inconclusive"
    FAILED = "failed"
    ERROR = "error"

    def __lt__(self, other: Outcome) -> bool:
        return _ORDER.index(self) < _ORDER.index(other)

    def __str__(self) -> str:
        return self.value


_ORDER = tuple(Outcome)


class Verdict(enum.StrEnum):
    """What a whole run came to."""

    CONFORMANT = "conformant"
    PARTIAL = "partial"
    NOT_CONFORMANT = "not conformant"
    NO_VERDICT = "no verdict"


class ExitCode(enum.IntEnum):
    """What the process returns. 2, 4 and 5 are pytest's own."""

    CONFORMANT = 0
    NOT_CONFORMANT = 1  # a MUST was violated
    INTERRUPTED = 2  # by Ctrl-C, or a test file could not be read
    NO_VERDICT = 3  # a MUST is inconclusive, or the engine broke
    USAGE = 4  # a wrong option, a broken rule of collection, or no cluster to be had
    NOTHING_RUN = 5
    PARTIAL = 6  # nothing is violated, but a MUST of the registry was not run

    @classmethod
    def of(cls, verdict: Verdict) -> ExitCode:
        """Give the exit code that tells this verdict."""
        return cls[verdict.name]


def worst(outcomes: Iterable[Outcome]) -> Outcome | None:
    """Find the worst of these outcomes, or None where there is none."""
    return max(set(outcomes), default=None)


def decide(musts: Collection[Outcome], *, sound: bool, complete: bool) -> Verdict:
    """Decide the verdict on a run from the outcome of every test of every MUST.

    `sound`: the run came to its end and nothing broke outside its tests. `complete`: every MUST that can be tested was,
    on each of its tiers. A violation decides whatever else happened. Where no MUST applies at all, nothing is proved.
    """
    if Outcome.FAILED in musts:
        return Verdict.NOT_CONFORMANT
    if not sound or any(outcome >= Outcome.INCONCLUSIVE for outcome in musts):
        return Verdict.NO_VERDICT
    if not complete:
        return Verdict.PARTIAL
    if Outcome.PASSED not in musts:
        return Verdict.NO_VERDICT
    return Verdict.CONFORMANT
