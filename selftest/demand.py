"""What is demanded of a run of the suite, and a sentence for all of it that did not come true.

Method: what is demanded is decided by the options of the run, which say what is asked, and by what is said to be wrong there. A
run that asked nothing, broke, or did not come to its end is not right, whatever it accused: silence proves nothing.
"""

from __future__ import annotations

import argparse
import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from conformance.guarantees import REGISTRY, TIERS
from reports.deciding import one_line
from reports.outcomes import ExitCode, Outcome
from reports.results import GuaranteeResult, Results, ResultsError, read
from selftest.fake_suite import Run

FAILED, PASSED, INCONCLUSIVE = (str(one) for one in (Outcome.FAILED, Outcome.PASSED, Outcome.INCONCLUSIVE))
NOT_APPLICABLE, ERROR = str(Outcome.NOT_APPLICABLE), str(Outcome.ERROR)
REPORT = "conformance-report"
MOST_TOLD = 400  # characters of what a run that broke has printed
ENDED = {ExitCode.CONFORMANT, ExitCode.NOT_CONFORMANT, ExitCode.NO_VERDICT, ExitCode.PARTIAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What came of a run: the outcomes of the guarantees that were asked, and what was the matter with the run itself.

    `said` is all that was said of those that are inconclusive.
    """

    outcomes: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    trouble: tuple[str, ...] = ()

    @classmethod
    def of(cls, run: Run) -> Ended:
        """Read what a run has left in its folder."""
        try:
            known = read(run.folder / REPORT)
        except ResultsError as wrong:
            return cls(trouble=(f"there is no report ({wrong}): {run.printed[-MOST_TOLD:]}",))
        outcomes = {one.id: str(one.outcome) for one in known.guarantees if one.outcome is not None}
        said = {
            one.id: tuple(proof.message for proof in one.tests if proof.outcome is Outcome.INCONCLUSIVE)
            for one in known.guarantees
            if one.outcome is Outcome.INCONCLUSIVE
        }
        return cls(outcomes=outcomes, said=said, warnings=known.warnings, trouble=tuple(_trouble(known, run)))

    @property
    def failed(self) -> tuple[str, ...]:
        """The guarantees that failed."""
        return tuple(name for name, outcome in self.outcomes.items() if outcome == FAILED)

    @property
    def passed(self) -> int:
        """How many guarantees passed."""
        return sum(outcome == PASSED for outcome in self.outcomes.values())


def _trouble(known: Results, run: Run) -> list[str]:
    found = [] if run.exit_code in ENDED else [f"the run returned {run.exit_code}"]
    found += [] if known.finished else [one_line(f"the run did not come to its end: {run.printed[-MOST_TOLD:]}")]
    found += known.errors
    broken = (one for one in known.guarantees if one.outcome is Outcome.ERROR)
    return found + [one_line(f"{one.id} is error: {_reason(one)[-MOST_TOLD:]}") for one in broken]


def _reason(one: GuaranteeResult) -> str:
    return next(proof.message for proof in one.tests if proof.outcome is Outcome.ERROR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """The outcomes that a run must come to.

    Every guarantee of `asked` must have been asked. `expects` gives an outcome by a guarantee's id; of `doubtful` ones chance
    decides whether they can be decided, so they may be inconclusive. All others must be passed, or not apply, unless
    `others_may_fail`: where a fault harms more than what it names, that says nothing about the suite. What is expected to be
    inconclusive must be so for a reason in which `because` stands.
    """

    asked: frozenset[str] = frozenset()
    expects: Mapping[str, str] = field(default_factory=dict)
    doubtful: frozenset[str] = frozenset()
    others_may_fail: bool = False
    because: str = ""

    def unmet(self, ended: Ended) -> list[str]:
        """A sentence for each demand that the run did not meet; none where all is as it must be."""
        outcomes = ended.outcomes
        found = [
            f"{one} is {outcomes.get(one, 'not run')}, not {wanted}{_because(ended, one)}"
            for one, wanted in self.expects.items()
            if outcomes.get(one) != wanted
        ]
        found += [
            f"{one} is inconclusive, and not because it {self.because}{_because(ended, one)}"
            for one, wanted in self.expects.items()
            if wanted == outcomes.get(one) == INCONCLUSIVE
            and not any(self.because in said for said in ended.said.get(one, ("",)))
        ]
        found += [f"{one} was not asked" for one in sorted(self.asked - {*outcomes, *self.expects})]
        if not self.others_may_fail:
            found += [
                f"{one} is {outcome}, and nothing is wrong with that{_because(ended, one)}"
                for one, outcome in outcomes.items()
                if one not in self.expects and outcome not in self._allowed(one)
            ]
        if not self.expects and PASSED not in outcomes.values():
            found.append("no guarantee passed, so nothing was shown")
        return [*ended.trouble, *found]

    def _allowed(self, guarantee: str) -> tuple[str, ...]:
        # An error is told of as the run's own trouble.
        return (PASSED, NOT_APPLICABLE, ERROR, *((INCONCLUSIVE,) if guarantee in self.doubtful else ()))


def _because(ended: Ended, guarantee: str) -> str:
    """What was said of a guarantee, to be set behind the sentence about it; nothing where it is not inconclusive."""
    said = one_line(" ".join(ended.said.get(guarantee, ())))[:MOST_TOLD]
    return f": {said}" if said and ended.outcomes.get(guarantee) == INCONCLUSIVE else ""


def asked_by(options: Sequence[str]) -> frozenset[str]:
    """The guarantees that the options of a run ask, of those that a black box can decide at all."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--guarantee", action="append", default=[])
    parser.add_argument("--subject", action="append", default=[])
    parser.add_argument("--tier", action="append", choices=TIERS)
    asked, _ = parser.parse_known_args(list(options))
    return frozenset(
        one.id
        for one in REGISTRY.values()
        if not one.untested
        and (not asked.tier or {*asked.tier} & {*one.tiers})
        and (not asked.subject or one.subject in asked.subject)
        and (not asked.guarantee or any(fnmatch.fnmatchcase(one.id, pattern) for pattern in asked.guarantee))
    )
