"""Two runs compared: no regression is overlooked, none hides behind a test that is not run any more, none is made up.

Method: results made by hand, each test of a guarantee coming to one outcome before and to another after.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.__main__ import main
from conformance.guarantees import Level
from reports import results
from reports.compare import compare
from reports.outcomes import Outcome
from reports.results import Cluster, GuaranteeResult, Proof, Results, Suite

PASSED, FAILED, ERROR = Outcome.PASSED, Outcome.FAILED, Outcome.ERROR
INCONCLUSIVE, NOT_APPLICABLE, EXCUSED = Outcome.INCONCLUSIVE, Outcome.NOT_APPLICABLE, Outcome.EXCUSED
TESTS = [f"conformance/test_a.py::test_{letter}[node]" for letter in "ab"]


def made(*outcomes: Outcome | None, level: Level = Level.MUST, seconds: float = 1.0, finished: bool = True) -> Results:
    """Make a run in which the tests of one guarantee, in turn, come to these outcomes; None: it was not run."""
    tests = [
        Proof(id=name, tier="node", outcome=outcome, evidence=(f"what {outcome} says",), seconds=seconds)
        for name, outcome in zip(TESTS, outcomes, strict=False)
        if outcome is not None
    ]
    one = GuaranteeResult(
        id="a/b", level=level, statement="It holds.", source="https://a.b/", tiers=("node",), tests=tuple(tests)
    )
    return Results(
        suite=Suite(name="s", version="1"),
        date="2026-01-01T00:00:00Z",
        reproduce="pytest",
        guarantees=(one,),
        cluster=Cluster(version="v1.37.2"),
        finished=finished,
    )


@pytest.mark.parametrize(
    ("before", "after", "said", "code"),
    [
        (PASSED, PASSED, [], 0),
        (PASSED, FAILED, [f"newly failing    MUST   a/b: what failed says ({TESTS[0]})"], 1),
        (PASSED, ERROR, [f"broken           MUST   a/b: what error says ({TESTS[0]})"], 3),
        (NOT_APPLICABLE, FAILED, [f"newly failing    MUST   a/b: what failed says ({TESTS[0]})"], 1),
        (None, FAILED, [f"newly failing    MUST   a/b: what failed says ({TESTS[0]})"], 1),
        (INCONCLUSIVE, FAILED, [f"newly failing    MUST   a/b: what failed says ({TESTS[0]})"], 1),
        (FAILED, FAILED, [f"still failing    MUST   a/b: what failed says ({TESTS[0]})"], 0),
        (FAILED, ERROR, [f"broken           MUST   a/b: what error says ({TESTS[0]})"], 3),
        (ERROR, ERROR, [f"broken           MUST   a/b: what error says ({TESTS[0]})"], 3),
        (ERROR, FAILED, [f"newly failing    MUST   a/b: what failed says ({TESTS[0]})"], 1),
        (PASSED, INCONCLUSIVE, [f"newly undecided  MUST   a/b: what inconclusive says ({TESTS[0]})"], 3),
        (FAILED, INCONCLUSIVE, [f"newly undecided  MUST   a/b: what inconclusive says ({TESTS[0]})"], 3),
        (INCONCLUSIVE, INCONCLUSIVE, [], 0),
        (PASSED, None, [f"newly left out   MUST   a/b: passed before, now not run ({TESTS[0]})"], 3),
        (FAILED, None, [f"newly left out   MUST   a/b: failed before, now not run ({TESTS[0]})"], 3),
        (PASSED, NOT_APPLICABLE,
         [f"newly left out   MUST   a/b: passed before, now what not-applicable says ({TESTS[0]})"], 3),
        (None, NOT_APPLICABLE, [], 0),
        (FAILED, PASSED, [f"newly passing    MUST   a/b: failed before ({TESTS[0]})"], 0),
        (None, PASSED, [f"newly passing    MUST   a/b: not run before ({TESTS[0]})"], 0),
        (EXCUSED, PASSED, [], 0),
        (PASSED, EXCUSED,
         [f"newly excused    MUST   a/b: passed before, now violated: what excused says ({TESTS[0]})"], 0),
        (FAILED, EXCUSED,
         [f"newly excused    MUST   a/b: failed before, now violated: what excused says ({TESTS[0]})"], 0),
    ],
)  # fmt: skip
def test_what_became_of_one_test(before: Outcome | None, after: Outcome | None, said: list[str], code: int) -> None:
    found = compare(made(before), made(after))
    assert [str(one) for one in found.differences] == said
    assert found.exit_code == code


def test_a_test_that_still_passes_hides_none_that_is_not_run_any_more() -> None:
    found = compare(made(PASSED, PASSED), made(PASSED, None))
    assert [one.change for one in found.differences] == ["newly left out"]
    assert found.exit_code == 3


def test_one_line_tells_of_all_tests_of_a_sort() -> None:
    (one,) = compare(made(PASSED, PASSED), made(FAILED, FAILED)).differences
    assert (len(one.tests), str(one)) == (
        2, f"newly failing    MUST   a/b: what failed says ({TESTS[0]}), and 1 more")  # fmt: skip


def test_what_was_violated_and_is_undecided_stands_behind_what_newly_fails() -> None:
    found = compare(made(PASSED, FAILED), made(FAILED, INCONCLUSIVE))
    assert [one.change for one in found.differences] == ["newly failing", "newly undecided"]
    assert found.exit_code == 1


@pytest.mark.parametrize(("level", "code", "count"), [(Level.MUST, 1, 1), (Level.SHOULD, 0, 1), (Level.MAY, 0, 0)])
def test_only_a_must_is_a_regression(level: Level, code: int, count: int) -> None:
    found = compare(made(PASSED, level=level), made(FAILED, level=level))
    assert (found.exit_code, len(found.differences)) == (code, count)


def test_a_guarantee_that_the_later_registry_lacks_is_left_out() -> None:
    found = compare(made(PASSED), replace(made(PASSED), guarantees=()))
    assert [one.change for one in found.differences] == ["newly left out"]


def test_what_did_not_apply_before_is_not_slower_now() -> None:
    found = compare(made(Outcome.NOT_APPLICABLE, seconds=0.0), made(PASSED, seconds=40.0))
    assert "slower" not in [one.change for one in found.differences]


@pytest.mark.parametrize(("seconds", "slower"), [(1.5, 0), (5.9, 0), (6.1, 1), (40.0, 1)])
def test_what_takes_twice_as_long_and_five_seconds_more_is_slower_and_no_regression(
    seconds: float, slower: int
) -> None:
    found = compare(made(PASSED, seconds=1.0), made(PASSED, seconds=seconds))
    assert [one.change for one in found.differences] == ["slower"] * slower
    assert found.exit_code == 0


@pytest.mark.parametrize(("first", "second"), [(True, False), (False, True)])
def test_a_run_that_did_not_finish_gives_no_answer(first: bool, second: bool) -> None:
    found = compare(made(PASSED, finished=first), made(PASSED, finished=second))
    assert found.exit_code == 3
    assert found.doubts == (
        f"the {'second' if first else 'first'} run did not finish, so what it did not come to cannot be compared",
    )


def test_the_command_tells_it_and_returns_the_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, run in (("before", made(PASSED)), ("after", made(FAILED))):
        (tmp_path / name).mkdir()
        results.write(run, tmp_path / name)
    assert main(["compare", str(tmp_path / "before"), str(tmp_path / "after" / "results.json")]) == 1
    assert capsys.readouterr().out == (
        "before: 1 on Kubernetes v1.37.2, 2026-01-01T00:00:00Z: conformant\n"
        "after:  1 on Kubernetes v1.37.2, 2026-01-01T00:00:00Z: not conformant\n\n"
        f"newly failing    MUST   a/b: what failed says ({TESTS[0]})\n"
        "A regression: 1 newly failing, 0 broken, 0 newly undecided, 0 newly left out, 0 still failing, 0 newly excused, "
        "0 newly passing, 0 slower.\n"
    )


def test_what_is_no_result_is_refused_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(tmp_path / "none"), str(tmp_path)]) == 4
    assert capsys.readouterr().err == f"conformance: {tmp_path / 'none'}: cannot be read: No such file or directory\n"
