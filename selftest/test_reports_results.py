"""results.json: what follows from what was observed, the way to the file and back, and a file that survives a kill.

Method: results are made by hand; the writer that is killed is a process of its own.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.guarantees import Level
from reports import results
from reports.outcomes import Outcome, Verdict
from reports.results import Cluster, GuaranteeResult, Proof, Results, ResultsError, Suite
from reports.score import Score, Trial
from selftest.fake_suite import REPOSITORY, environment

FAULT = Trial(name="early", kind="controller", sentence="It is.", breaks=("a/must",), caught=("a/must",), seconds=2.5)
LATE = Trial(
    name="late", kind="lawful", sentence="It is late.", passed=7, evidence=("9 seconds of waiting",), seconds=9.5
)
SCORE = Score(version="v1.37.2", date="2026-01-01", seconds=600.0, trials=(FAULT, LATE), commit="0123abcd")


def proof(outcome: Outcome = Outcome.PASSED, tier: str | None = "node", *evidence: str) -> Proof:
    """Make a test that came to this outcome."""
    name = f"conformance/test_a.py::test_{outcome.name.lower()}[{tier}]"
    return Proof(
        id=name, tier=tier, outcome=outcome, message="why", evidence=evidence, history="histories/a.jsonl", seconds=0.5
    )


def guarantee(*tests: Proof, name: str = "a/must", level: Level = Level.MUST, **more: Any) -> GuaranteeResult:
    """Make a guarantee of the node tier with these tests."""
    more = {"tiers": ("node",), "statement": "It holds.", "source": "https://kubernetes.io/", **more}
    return GuaranteeResult(id=name, level=level, tests=tests, **more)


def made(*guarantees: GuaranteeResult, finished: bool = True, errors: tuple[str, ...] = ()) -> Results:
    """Make the results of a run."""
    return Results(
        suite=Suite(name="stateful-conformance", version="0.1.0", commit="4567cdef", score=SCORE),
        date="2026-01-02T03:04:05Z",
        reproduce="pytest -k 'a b'",
        cluster=Cluster(version="v1.37.2", provider="embedded", capabilities=("dns",)),
        guarantees=guarantees,
        finished=finished,
        warnings=("slow",),
        errors=errors,
    )


def test_results_come_back_as_they_were_written(tmp_path: Path) -> None:
    whole = made(
        guarantee(proof(Outcome.FAILED, "node", "event 1 (rv 2): ✗ \x00 <b>"), proof(Outcome.PASSED, None)),
        guarantee(name="a/none", untested="nobody sees it"),
        finished=False,
        errors=("a file could not be collected",),
    )
    results.write(whole, tmp_path)
    assert results.read(tmp_path) == results.read(tmp_path / "results.json") == whole


def test_a_score_of_before_commits_and_evidence_were_told_is_read(tmp_path: Path) -> None:
    results.write(made(guarantee()), tmp_path)
    stored = json.loads((tmp_path / "results.json").read_text())
    del stored["suite"]["score"]["commit"]
    for trial in stored["suite"]["score"]["trials"]:
        del trial["passed"], trial["evidence"]
    (tmp_path / "results.json").write_text(json.dumps(stored))
    assert results.read(tmp_path).suite.score == replace(
        SCORE, commit="", trials=(FAULT, replace(LATE, passed=0, evidence=()))
    )


def test_results_without_a_score_or_a_commit_are_read(tmp_path: Path) -> None:
    results.write(made(guarantee(unproved="no server would store it")), tmp_path)
    stored = json.loads((tmp_path / "results.json").read_text())
    del stored["suite"]["score"], stored["suite"]["commit"], stored["guarantees"][0]["unproved"]
    (tmp_path / "results.json").write_text(json.dumps(stored))
    known = results.read(tmp_path)
    assert (known.suite.score, known.suite.commit) == (None, "")
    assert known.guarantees[0].unproved == ""


def test_the_file_says_what_follows_from_the_tests(tmp_path: Path) -> None:
    results.write(made(guarantee(proof(Outcome.FAILED, "node", "web-1 was early")), guarantee(name="a/none")), tmp_path)
    stored = json.loads((tmp_path / "results.json").read_text())
    assert stored["verdict"] == "not conformant"
    known = {"version": "v1.37.2", "provider": "embedded", "capabilities": ["dns"]}
    assert stored["cluster"] == known | {"context": "", "address": ""}
    failed, not_run = stored["guarantees"]
    assert (failed["outcome"], failed["evidence"], failed["seconds"]) == ("failed", ["web-1 was early"], 0.5)
    assert (not_run["outcome"], not_run["tests"]) == (None, [])


def test_a_violation_decides_even_where_another_test_of_the_guarantee_broke() -> None:
    both = guarantee(proof(Outcome.FAILED, "node", "violated"), proof(Outcome.ERROR, "node", "broke"))
    assert both.outcome is Outcome.ERROR
    assert both.evidence == ("violated", "broke")
    assert made(both).verdict is Verdict.NOT_CONFORMANT


@pytest.mark.parametrize("outcome", Outcome)
def test_a_should_never_changes_the_verdict(outcome: Outcome) -> None:
    should = guarantee(proof(outcome), name="a/should", level=Level.SHOULD)
    assert made(guarantee(proof()), should).verdict is Verdict.CONFORMANT


def test_a_should_that_was_not_run_leaves_the_run_conformant() -> None:
    assert made(guarantee(proof()), guarantee(name="a/should", level=Level.SHOULD)).verdict is Verdict.CONFORMANT


def test_a_must_that_was_not_run_makes_the_run_partial() -> None:
    assert made(guarantee(proof()), guarantee(name="a/other")).verdict is Verdict.PARTIAL


def test_a_must_that_was_run_on_one_of_its_tiers_makes_the_run_partial() -> None:
    half = guarantee(proof(Outcome.PASSED, "node"), tiers=("control-plane", "node"))
    assert half.not_run_on == ("control-plane",)
    assert made(half).verdict is Verdict.PARTIAL
    whole = replace(half, tests=(*half.tests, proof(Outcome.PASSED, "control-plane")))
    assert made(whole).verdict is Verdict.CONFORMANT


def test_a_must_that_no_test_can_decide_does_not_stand_in_the_way() -> None:
    untested = guarantee(name="a/unseen", untested="nobody sees it")
    assert untested.evidence == ("nobody sees it",)
    assert made(guarantee(proof()), untested).verdict is Verdict.CONFORMANT


def test_there_is_no_verdict_until_the_run_has_finished_but_a_violation_is_one() -> None:
    assert made(guarantee(proof()), finished=False).verdict is Verdict.NO_VERDICT
    assert made(guarantee(proof(Outcome.FAILED)), finished=False).verdict is Verdict.NOT_CONFORMANT


def test_there_is_no_verdict_where_the_run_itself_broke() -> None:
    broken = made(guarantee(proof()), errors=("a worker died",))
    assert broken.verdict is Verdict.NO_VERDICT
    assert broken.sentence == "No verdict: the run itself broke."


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read: No such file or directory"),
        ("{", "is not the results of a conformance run: Expecting property name"),
        ("[]", "is not the results of a conformance run: it is not a JSON object"),
        ("{}", "is not the results of a conformance run: it has no 'format'"),
        ('{"format": 7}', "it is of format 7, and this suite reads format 1"),
        ('{"format": 1, "suite": "x"}', "is not the results of a conformance run:"),
    ],
)
def test_a_file_that_is_no_results_is_refused_in_one_sentence(tmp_path: Path, content: str | None, says: str) -> None:
    path = tmp_path / "results.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ResultsError) as refused:
        results.read(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("key", "value"), [("outcome", "great"), ("evidence", "text"), ("seconds", "x")])
def test_a_test_with_a_wrong_field_is_refused(tmp_path: Path, key: str, value: str) -> None:
    stored = results.to_json(made(guarantee(proof())))
    stored["guarantees"][0]["tests"][0][key] = value
    (tmp_path / "results.json").write_text(json.dumps(stored))
    with pytest.raises(ResultsError, match=value):
        results.read(tmp_path)


WRITER = """
import sys
from pathlib import Path
from reports import results
folder = Path(sys.argv[1])
whole = results.read(folder)
print("ready", flush=True)
while True:
    results.write(whole, folder)
"""


def test_a_writer_killed_at_any_moment_leaves_a_readable_file(tmp_path: Path) -> None:
    many = made(*(guarantee(proof(Outcome.FAILED, "node", "x" * 500), name=f"a/{n}") for n in range(300)))
    results.write(many, tmp_path)
    for _ in range(6):
        command = [sys.executable, "-c", WRITER, str(tmp_path)]
        writer = subprocess.Popen(command, env=environment(), cwd=REPOSITORY, stdout=subprocess.PIPE)
        assert writer.stdout is not None
        with writer.stdout as printed:
            assert printed.readline() == b"ready\n"
            time.sleep(random.uniform(0.0, 0.05))
            writer.send_signal(signal.SIGKILL)
            writer.wait()
        assert results.read(tmp_path) == many


def test_a_write_that_fails_half_way_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = made(guarantee(proof()))
    results.write(old, tmp_path)

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="no space"):
        results.write(made(), tmp_path)
    assert results.read(tmp_path) == old


def test_where_nothing_is_promised_nothing_passes_and_what_was_seen_is_told() -> None:
    may = guarantee(proof(), name="a/may", level=Level.MAY)
    assert (may.word, may.told, may.outcome) == ("told", ("why",), Outcome.PASSED)
    assert guarantee(proof(Outcome.INCONCLUSIVE), level=Level.MAY).told == ()
    assert guarantee(proof()).told == ()
