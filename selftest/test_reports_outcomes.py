"""Outcomes and verdicts: the lattice, the verdict's table, and the exit codes.

Method: each row of a table is one case, written by hand from the documented meaning.
"""

from __future__ import annotations

import itertools

import pytest

from reports.outcomes import ExitCode, Outcome, Verdict, decide, worst

NA, PASSED, EXCUSED = Outcome.NOT_APPLICABLE, Outcome.PASSED, Outcome.EXCUSED
INCONCLUSIVE, FAILED, ERROR = Outcome.INCONCLUSIVE, Outcome.FAILED, Outcome.ERROR


def test_outcomes_form_the_documented_order() -> None:
    words = ["not-applicable", "passed", "excused", "inconclusive", "failed", "error"]
    assert [str(outcome) for outcome in sorted(Outcome)] == words


@pytest.mark.parametrize(
    ("one", "other"), list(itertools.combinations([NA, PASSED, EXCUSED, INCONCLUSIVE, FAILED, ERROR], 2))
)
def test_the_worse_of_two_outcomes_wins(one: Outcome, other: Outcome) -> None:
    assert worst([one, other]) is worst([other, one]) is other


def test_no_test_means_no_outcome() -> None:
    assert worst([]) is None


@pytest.mark.parametrize(
    ("musts", "sound", "complete", "verdict"),
    [
        ([PASSED], True, True, Verdict.CONFORMANT),
        ([PASSED, NA], True, True, Verdict.CONFORMANT),
        ([PASSED, EXCUSED], True, True, Verdict.CONFORMANT),
        ([NA, NA], True, True, Verdict.NO_VERDICT),
        ([PASSED, INCONCLUSIVE], True, True, Verdict.NO_VERDICT),
        ([PASSED, ERROR], True, True, Verdict.NO_VERDICT),
        ([PASSED], False, True, Verdict.NO_VERDICT),
        ([PASSED], False, False, Verdict.NO_VERDICT),
        ([PASSED, INCONCLUSIVE], True, False, Verdict.NO_VERDICT),
        ([PASSED], True, False, Verdict.PARTIAL),
        ([NA], True, False, Verdict.PARTIAL),
        ([], True, False, Verdict.PARTIAL),
        ([PASSED, FAILED], True, True, Verdict.NOT_CONFORMANT),
        ([FAILED, ERROR], True, True, Verdict.NOT_CONFORMANT),
        ([FAILED, INCONCLUSIVE], True, False, Verdict.NOT_CONFORMANT),
        ([FAILED], False, False, Verdict.NOT_CONFORMANT),
    ],
)
def test_verdict(musts: list[Outcome], sound: bool, complete: bool, verdict: Verdict) -> None:
    assert decide(musts, sound=sound, complete=complete) is verdict


def test_exit_codes_are_the_documented_ones() -> None:
    assert {str(verdict): int(ExitCode.of(verdict)) for verdict in Verdict} == {
        "conformant": 0,
        "not conformant": 1,
        "no verdict": 3,
        "partial": 6,
    }


def test_exit_codes_of_pytest_keep_their_meaning() -> None:
    assert int(ExitCode.INTERRUPTED) == pytest.ExitCode.INTERRUPTED
    assert int(ExitCode.USAGE) == pytest.ExitCode.USAGE_ERROR
    assert int(ExitCode.NOTHING_RUN) == pytest.ExitCode.NO_TESTS_COLLECTED
