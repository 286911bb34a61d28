"""How the published samples are made, as far as no cluster is needed: what is taken of a report, and what is refused.

Method: a report is made by hand, and taken as that of a sample; the commands are read, not carried out, but for harmless ones.
"""

import re
import shlex
import tomllib
from dataclasses import replace

import pytest

from conformance.guarantees import REGISTRY, Level
from fixtures.embedded.__main__ import _parser
from reports import manifest, results
from reports.outcomes import Outcome, Verdict
from reports.publishing import publish
from reports.results import Cluster, GuaranteeResult, Proof, Results, Suite
from selftest import samples
from selftest.acts import ACTS
from selftest.second.faults import FAULTS

A, B, C = "ordering/waits-for-ready", "ordering/highest-leaves-first", "storage/one-claim-each"
HISTORIES = {"a": 400, "b": 300, "c": 200, "d": 100}


@pytest.fixture
def sample(monkeypatch, tmp_path):
    """A sample of a report in a folder of the test, with a command that does nothing."""
    monkeypatch.setattr(samples, "MADE", tmp_path)
    return samples.Sample(
        name="some", sentence="It is so.", judge="true", verdict=Verdict.NOT_CONFORMANT, failed=(A,)
    )  # fmt: skip


def report(sample, text="plain", *, finished=True, size=1):
    """Write the report of a sample: of three guarantees the second and the first are violated, each by two histories."""

    def row(name, level, *judged):
        tests = [
            Proof(id=f"conformance/test_a.py::test_{path}", tier=None, outcome=outcome, evidence=(text,),
                  history=f"histories/{path}.jsonl")
            for path, outcome in judged
        ]  # fmt: skip
        return replace(GuaranteeResult.of(REGISTRY[name], tuple(tests)), level=level)

    failed, passed = Outcome.FAILED, Outcome.PASSED
    known = Results(
        suite=Suite(name="s", version="1"),
        date="2026-01-01T00:00:00Z",
        reproduce="pytest",
        cluster=Cluster(version="v1.37.2"),
        finished=finished,
        guarantees=(
            row(B, Level.SHOULD, ("c", failed), ("d", passed)),
            row(A, Level.MUST, ("d", passed), ("a", failed), ("b", failed)),
            row(C, Level.MUST, ("c", passed)),
        ),
    )
    (sample.report / "histories").mkdir(parents=True)
    for name, bytes_ in HISTORIES.items():
        (sample.report / "histories" / f"{name}.jsonl").write_text("x" * bytes_ * size)
    (sample.report / "logs").mkdir()
    for name in "ad":
        (sample.report / "logs" / f"{name}.txt").write_text("x" * 50)
    (sample.report / "allure-results").mkdir()
    (sample.report / "upgrade.log").write_text("what was printed")
    results.write(known, sample.report)
    publish(known, sample.report)
    return known


def kept(target):
    """The histories of a sample, by the letters of their names."""
    return {path.stem for path in target.glob("histories/*")}


def test_a_sample_holds_what_the_run_wrote_and_is_verified(sample, tmp_path):
    report(sample)
    target = tmp_path / "target"
    size = samples.take(sample, target)
    names = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    assert names == {"report.html", "results.json", "summary.md", "junit.xml", "manifest.json", "command.txt",
                     "histories/a.jsonl", "histories/b.jsonl", "histories/c.jsonl", "logs/a.txt"}  # fmt: skip
    for name in names - {"manifest.json", "command.txt"}:
        assert (target / name).read_bytes() == (sample.report / name).read_bytes()
    assert manifest.verify(target) == []
    assert size == sum((target / name).stat().st_size for name in names)


def test_what_is_no_more_in_the_report_goes_from_the_sample(sample, tmp_path):
    report(sample)
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "old.txt").write_text("old")
    (sample.report / "histories" / "b.jsonl").unlink()
    samples.take(sample, tmp_path / "target")
    assert kept(tmp_path / "target") == {"a", "c"}
    assert not (tmp_path / "target" / "old.txt").exists()


@pytest.mark.parametrize(
    ("room", "letters"),
    [(10_000, "acb"), (950, "acb"), (949, "ac"), (650, "ac"), (649, "a"), (449, "c"), (199, ""), (0, "")],
)
def test_the_first_history_of_what_failed_comes_before_others_as_far_as_there_is_room(sample, room, letters):
    known = report(sample)
    assert samples.histories(known, sample.report, room) == [f"histories/{letter}.jsonl" for letter in letters]


def test_a_sample_is_small(sample, tmp_path):
    report(sample, size=500)
    assert samples.take(replace(sample, most=450_000), tmp_path / "target") <= 450_000
    assert kept(tmp_path / "target") == {"a", "c"}
    assert "logs but 2 of\n# 4," in (tmp_path / "target" / "command.txt").read_text()
    with pytest.raises(samples.SampleError, match=r"bytes without any history, and 20,000 are the most"):
        samples.take(replace(sample, most=20_000), tmp_path / "target")
    assert kept(tmp_path / "target") == {"a", "c"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"verdict": Verdict.CONFORMANT}, "the verdict is not conformant, not conformant"),
        ({"failed": (C,)}, f"{C} is not violated"),
    ],
)
def test_what_does_not_show_what_it_should_is_refused(sample, tmp_path, change, says):
    report(sample)
    with pytest.raises(samples.SampleError, match=re.escape(says)):
        samples.take(replace(sample, **change), tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_a_run_that_did_not_finish_is_refused(sample, tmp_path):
    report(sample, finished=False)
    with pytest.raises(samples.SampleError, match="the run did not finish"):
        samples.take(sample, tmp_path / "target")


def test_a_path_of_this_machine_is_refused(sample, tmp_path):
    report(sample, text=f"OSError: {samples.REPOSITORY}/manifests")
    with pytest.raises(samples.SampleError, match=r"results\.json names .*, a path of this machine"):
        samples.take(sample, tmp_path / "target")


def test_the_command_says_how_and_what_is_left_out():
    said = samples.commands(samples.REFUSED, 3, 40)
    lines = said.splitlines()
    assert lines[0] == f"# {samples.REFUSED.sentence}"
    assert "logs but 3 of\n# 40," in said
    run = [line for line in lines if not line.startswith("#")]
    assert run == [*samples.REFUSED.before, samples.REFUSED.judge, *samples.REFUSED.after]


def test_the_last_commands_are_carried_out_whatever_became_of_the_others(sample, tmp_path, capfd):
    told = replace(sample, before=("echo up", "false"), after=("echo down",))
    with pytest.raises(samples.SampleError, match="`false` returned 1"):
        samples.carry_out(told)
    assert capfd.readouterr().out.splitlines() == ["$ echo up", "up", "$ false", "$ echo down", "down"]
    samples.carry_out(replace(told, before=(), judge="echo judge; false"))
    assert "judge\n" in capfd.readouterr().out


def test_an_old_report_is_not_taken_for_a_new_one(sample, tmp_path, capsys, monkeypatch):
    report(sample)
    monkeypatch.setattr(samples, "ALL", {"some": sample})
    monkeypatch.setattr(samples, "SAMPLES", tmp_path / "samples")
    assert samples.main(["--again"]) == 0
    assert manifest.verify(tmp_path / "samples" / "some") == []
    assert samples.main([]) == 1
    assert "samples: some: " in capsys.readouterr().err
    assert manifest.verify(tmp_path / "samples" / "some") == []


@pytest.mark.parametrize("one", samples.ALL.values(), ids=list(samples.ALL))
def test_a_sample_names_only_what_there_is(one):
    registry = REGISTRY if one is not samples.REFUSED else upgrade_registry()
    assert {*one.failed} <= {*registry}
    for line in (*one.before, one.judge, *one.after):
        assert not line.startswith("/")
        assert str(samples.REPOSITORY) not in line
        assert shlex.split(line)[0] == samples.PYTHON
    assert f"--report-dir={samples.MADE / one.name}" in shlex.split(one.judge)
    for line in (*one.before, *one.after):
        assert shlex.split(line)[1:3] == ["-m", "fixtures.embedded"]
        assert _parser().parse_args(shlex.split(line)[3:]).name in one.judge
    assert bool(one.before) == bool(one.after)
    if "--second-fault=" in one.judge:
        fault = FAULTS[re.search(r"--second-fault=(\S+)", one.judge)[1]]
        assert fault.breaks == one.failed
    if "selftest.acts" in one.judge:
        asked = shlex.split(one.judge)
        acts = shlex.split(asked[asked.index("--upgrade-with") + 1])
        assert {*acts[acts.index("selftest.acts") + 2 :]} <= {*ACTS}


def upgrade_registry():
    """The ids of the gate's guarantees."""
    source = samples.REPOSITORY / "conformance" / "upgrade" / "guarantees.toml"
    return {row["id"] for row in tomllib.loads(source.read_text())["guarantee"]}


def test_an_unknown_sample_is_refused(capsys):
    with pytest.raises(SystemExit):
        samples.main(["helthy"])
    assert "there is no sample helthy" in capsys.readouterr().err
