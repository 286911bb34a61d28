"""What is demanded of a trial, and when a round counts: without a cluster, on outcomes that are written down.

Method: a trial is told what came of its run, and a round what came of its trials. That the trials themselves come to what they
must, a sample shows in test_cluster_verdicts_mutants.py, and all of them `make mutants`.
"""

import json
import os
import subprocess
import threading
from queue import SimpleQueue

import pytest

from conformance.guarantees import CONTROL_PLANE, REGISTRY
from reports import score
from selftest import mutants, trials
from selftest.demand import REPORT, Demand, Ended, asked_by
from selftest.fake_suite import Run
from selftest.second.plugin import BROKE
from selftest.surroundings.surrounding import Witness
from selftest.trials import EVERYWHERE, Trial

A, B, C = "ordering/waits-for-ready", "ordering/highest-leaves-first", "storage/one-claim-each"
ASKED = Demand(asked=frozenset({A, B}))


def ended(*trouble, **outcomes):
    """A run in which the guarantees came to these outcomes."""
    return Ended(outcomes={{"a": A, "b": B, "c": C}[name]: one for name, one in outcomes.items()}, trouble=trouble)


@pytest.mark.parametrize(
    ("demand", "run", "unmet"),
    [
        (ASKED, ended(a="passed", b="passed"), []),
        (ASKED, ended(a="passed", b="not-applicable"), []),
        (ASKED, ended(a="passed", b="passed", c="passed"), []),
        (ASKED, ended(), [f"{B} was not asked", f"{A} was not asked", "no guarantee passed, so nothing was shown"]),
        (ASKED, ended(a="passed"), [f"{B} was not asked"]),
        (ASKED, ended(a="not-applicable", b="not-applicable"), ["no guarantee passed, so nothing was shown"]),
        (ASKED, ended(a="passed", b="inconclusive"), [f"{B} is inconclusive, and nothing is wrong with that"]),
        (
            ASKED,
            Ended(outcomes={A: "passed", B: "inconclusive"}, said={B: ("waited 240 s in vain", "no pods")}),
            [f"{B} is inconclusive, and nothing is wrong with that: waited 240 s in vain no pods"],
        ),
        (
            Demand(expects={A: "failed"}),
            Ended(outcomes={A: "inconclusive"}, said={A: ("no pods",)}),
            [f"{A} is inconclusive, not failed: no pods"],
        ),
        (ASKED, ended(a="passed", b="passed", c="failed"), [f"{C} is failed, and nothing is wrong with that"]),
        (ASKED, ended("it broke", a="passed", b="passed"), ["it broke"]),
        (Demand(doubtful=frozenset({B})), ended(a="passed", b="inconclusive"), []),
        (Demand(doubtful=frozenset({B})), ended(b="inconclusive"), ["no guarantee passed, so nothing was shown"]),
        (
            Demand(doubtful=frozenset({B})),
            ended(a="passed", b="failed"),
            [f"{B} is failed, and nothing is wrong with that"],
        ),
        (Demand(expects={A: "inconclusive"}), ended(a="inconclusive"), []),
        (Demand(expects={A: "inconclusive"}), ended(a="passed"), [f"{A} is passed, not inconclusive"]),
        (
            Demand(expects={A: "inconclusive"}, because="has a gap"),
            Ended(outcomes={A: "inconclusive"}, said={A: ("waited in vain", "the watch of Pod has a gap")}),
            [],
        ),
        (
            Demand(expects={A: "inconclusive"}, because="has a gap"),
            Ended(outcomes={A: "inconclusive"}, said={A: ("waited in vain",)}),
            [f"{A} is inconclusive, and not because it has a gap: waited in vain"],
        ),
        (ASKED, ended("it broke", a="passed", b="error"), ["it broke"]),
        (Demand(expects={A: "failed"}), ended(), [f"{A} is not run, not failed"]),
        (
            Demand(expects={A: "failed"}),
            ended(a="failed", b="failed"),
            [f"{B} is failed, and nothing is wrong with that"],
        ),
        (Demand(expects={A: "failed"}, others_may_fail=True), ended(a="failed", b="failed"), []),
    ],
)
def test_a_demand_names_all_that_is_not_as_it_must_be(demand, run, unmet):
    assert sorted(demand.unmet(run)) == sorted(unmet)


@pytest.mark.parametrize(
    ("options", "some", "others"),
    [
        (("--guarantee=ordering/waits-*",), {A}, {B}),
        (("--guarantee", A, "--guarantee", C, "-n0"), {A, C}, {B}),
        (("--subject=ordering", "--tier=control-plane"), {A, B}, {C, "ordering/first-is-connectable-before-second"}),
        (("--subject", "restart"), {"restart/changes-nothing"}, {A}),
        ((), {A, B, C}, {one.id for one in REGISTRY.values() if one.untested}),
    ],
)
def test_what_is_asked_is_known_by_the_options(options, some, others):
    assert some <= asked_by(options)
    assert not others & asked_by(options)


def test_a_run_without_a_report_is_in_trouble(tmp_path):
    (trouble,) = Ended.of(Run(4, "no cluster to be had", tmp_path)).trouble
    assert "no cluster to be had" in trouble


def trial(**more):
    """A trial of a fault that breaks one guarantee."""
    known = {
        "name": "some",
        "kind": score.CONTROLLER,
        "sentence": "It is wrong.",
        "cluster": trials.OWN,
        "breaks": (A,),
    }
    return Trial(**known | {"demand": Demand(expects={A: "failed"}, others_may_fail=True)} | more)


OF = "0123456789ab"
LAWFUL = trial(kind=score.LAWFUL, breaks=(), demand=ASKED)


@pytest.mark.parametrize(
    ("one", "run", "is_right"),
    [
        (trial(), ended(a="failed", b="failed"), True),
        (trial(), ended(a="inconclusive", b="failed"), False),
        (trial(), ended("the run did not come to its end", a="failed"), False),
        (LAWFUL, ended(a="passed", b="passed"), True),
        (LAWFUL, ended(a="passed", b="failed"), False),
        (LAWFUL, ended(), False),
    ],
)
def test_a_trial_is_right_only_where_the_suite_said_what_it_should(one, run, is_right):
    tried = mutants.told(one, run, Witness(), 1.0)
    assert tried.is_right == is_right
    assert ("WRONG" in mutants.line(tried)) == (not is_right)


def test_what_is_said_to_be_wrong_must_really_have_been_so():
    run, witness = ended(a="passed", b="passed"), Witness()
    disturbed = trial(kind=score.LAWFUL, breaks=(), demand=ASKED, is_disturbed=True)
    assert mutants.told(disturbed, run, witness, 1.0).unmet == ("nothing shows that anything was done",)
    witness.saw(3, "kills")
    found = mutants.told(disturbed, run, witness, 1.0)
    assert (found.is_right, found.result.evidence) == (True, ("3 kills",))
    witness.saw(0.0, "seconds of waiting")
    assert mutants.told(disturbed, run, witness, 1.0).unmet == ("it was not so: 0 seconds of waiting",)


def test_one_trial_that_breaks_loses_no_other(monkeypatch, tmp_path, capsys):
    def run(one, *_):
        if one.name == "hangs":
            raise subprocess.TimeoutExpired("pytest", 900)
        return ended(a="failed")

    monkeypatch.setattr(mutants, "_run", run)
    monkeypatch.setattr(mutants.embedded, "up", lambda *_: None)
    tried = []
    mutants.try_all([trial(name="hangs"), trial(name="ends")], tried)
    found = {one.result.name: one for one in tried}
    assert found["ends"].is_right
    assert "TimeoutExpired" in found["hangs"].unmet[0]
    assert "TimeoutExpired" in capsys.readouterr().out


def test_of_a_trial_that_is_wrong_the_report_is_kept(monkeypatch, tmp_path, capsys):
    def run(one, cluster, folder, witness):
        (folder / REPORT).mkdir(parents=True)
        (folder / REPORT / "results.json").write_text(one.name)
        return ended(a="failed" if one.name == "found" else "passed")

    monkeypatch.setattr(mutants, "_run", run)
    monkeypatch.setattr(mutants.embedded, "up", lambda *_: None)
    monkeypatch.setattr(mutants, "WRONG", tmp_path / "wrong")
    for _ in range(2):
        mutants.try_all([trial(name="found"), trial(name="missed")], [])
        assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.json")] == ["wrong/missed/results.json"]
        assert f"missed: its report and histories are in {tmp_path}/wrong/missed/" in capsys.readouterr().out
    mutants.try_all([trial(name="missed", kind=score.LAWFUL, breaks=(), demand=Demand(expects={A: "passed"}))], [])
    assert list(tmp_path.rglob("*.json")) == []


def test_what_nothing_could_be_decided_of_is_tried_once_more(monkeypatch, published):
    answers = {"thin": ["inconclusive", "failed"], "missed": ["passed", "failed"], "thin twice": ["inconclusive"] * 3}
    monkeypatch.setattr(mutants, "_run", lambda one, *_: ended(a=answers[one.name].pop(0)))
    monkeypatch.setattr(mutants.embedded, "up", lambda *_: None)
    monkeypatch.setattr(mutants, "take_down", lambda: None)
    mutants._round([trial(name=name) for name in answers], is_whole=False)
    assert answers == {"thin": [], "missed": ["failed"], "thin twice": ["inconclusive"]}
    found = {one["name"]: one for one in json.loads((published / "mutants.json").read_text())["trials"]}
    assert found["thin"]["caught"] == [A]
    assert found["thin"]["evidence"] == [f"tried a second time, since at first nothing could be decided of {A}"]
    assert found["missed"]["caught"] == found["thin twice"]["caught"] == []


@pytest.fixture
def published(monkeypatch, tmp_path):
    """Where the score and what is known go, in a folder of the test."""
    monkeypatch.setattr(mutants, "RESULT", tmp_path / "mutants.json")
    monkeypatch.setattr(mutants.score, "SOURCE", tmp_path / "score.json")
    # Whoever tests the same at the same time, in another clone, has a lock of its own.
    monkeypatch.setattr(mutants, "PREFIX", f"selftest-{os.getpid()}")
    return tmp_path


def right(*caught):
    """A fault that was found by these guarantees."""
    result = score.Trial(name="some", kind=score.CONTROLLER, sentence="It is.", breaks=caught, caught=caught)
    return mutants.Tried(result=result)


def written(folder):
    """The files that a round has left."""
    return [path.name for path in folder.iterdir()]


def test_a_whole_round_that_turned_all_red_is_published(published):
    assert mutants.conclude([right(*trials.provable())], OF, 600.0, is_whole=True)
    assert written(published) == ["score.json"]
    assert score.published.__wrapped__(published / "score.json").commit == OF


def test_a_round_of_no_commit_is_not_published(published):
    assert mutants.conclude([right(*trials.provable())], "", 600.0, is_whole=True)
    assert written(published) == ["mutants.json"]


def test_a_round_in_which_nobody_turned_some_guarantee_red_is_not_published(published, capsys):
    assert not mutants.conclude([right(*set(trials.provable()) - {A})], OF, 600.0, is_whole=True)
    assert written(published) == ["mutants.json"]
    assert f"1 guarantees that no fault has turned red: {A}" in capsys.readouterr().out


def test_a_part_of_a_round_is_not_published(published):
    assert mutants.conclude([right(A)], OF, 60.0, is_whole=False)
    assert written(published) == ["mutants.json"]


def test_what_is_known_is_kept_when_a_round_is_broken_off(published, monkeypatch, capsys):
    def broken_off(wanted, tried):
        tried.append(mutants.told(wanted[1], ended(a="failed"), Witness(), 1.0))
        raise KeyboardInterrupt

    monkeypatch.setattr(mutants, "try_all", broken_off)
    monkeypatch.setattr(mutants, "take_down", lambda: None)
    assert mutants.main(["gates-on-running", "gates-on-ready-once"]) == mutants.INTERRUPTED
    known = json.loads((published / "mutants.json").read_text())
    assert len(known["trials"]) == 1
    assert "broken off after 1 of 2 trials" in capsys.readouterr().err


def git(folder, *command):
    """Have git do something in a folder, whoever is asked."""
    about = ["-c", "user.name=self", "-c", "user.email=self@test.invalid", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *about, *command], cwd=folder, check=True, capture_output=True)


def test_what_is_tried_is_of_a_commit_only_where_all_of_it_is_in_one(tmp_path, monkeypatch):
    monkeypatch.setattr(mutants, "REPOSITORY", tmp_path)
    assert mutants.source() == ""
    git(tmp_path, "init", "--quiet")
    assert mutants.source() == ""
    (tmp_path / "one").write_text("1")
    git(tmp_path, "add", "one")
    git(tmp_path, "commit", "--quiet", "--message=one")
    of = mutants.source()
    assert len(of) == 12
    (tmp_path / "never-added").write_text("1")
    assert mutants.source() == ""
    (tmp_path / "never-added").unlink()
    (tmp_path / "one").write_text("2")
    assert mutants.source() == ""
    (tmp_path / "one").write_text("1")
    assert mutants.source() == of


def test_a_round_during_which_the_source_changed_is_not_published(published, monkeypatch):
    told = iter([OF, "another"])
    monkeypatch.setattr(mutants, "source", lambda: next(told))
    monkeypatch.setattr(mutants, "try_all", lambda _, tried: tried.append(right(*trials.provable())))
    monkeypatch.setattr(mutants, "take_down", lambda: None)
    monkeypatch.setattr(mutants, "chosen", lambda *_: [trial()])
    assert mutants.main([]) == 0
    assert written(published) == ["mutants.json"]


def test_a_second_round_on_this_machine_is_refused(published, monkeypatch, capsys):
    with mutants._alone():
        assert mutants.main(["gates-on-running"]) == mutants.NOT_RIGHT
    assert capsys.readouterr().err == "mutants: another round is going on on this machine: wait until it is over\n"
    assert written(published) == []


def test_what_breaks_a_round_off_is_no_outcome_of_a_trial(monkeypatch):
    tried, over = [], threading.Event()

    def run(*_):
        over.set()
        return ended(a="inconclusive")

    monkeypatch.setattr(mutants, "_run", run)
    free = SimpleQueue()
    free.put(None)
    for _ in range(2):
        mutants._try(trial(), free, None, tried, over)
    assert (tried, free.get()) == ([], None)


def test_a_controller_that_ends_by_itself_proves_nothing():
    broke = f"second: {BROKE} 1 times, with 70"
    run = Ended(outcomes={A: "failed"}, warnings=(broke,))
    assert mutants.told(trial(), run, Witness(), 1.0).unmet == (broke,)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nosuch"], "there is no trial nosuch"),
        (["told-late", "gates-on-runing"], "there is no trial gates-on-runing; did you mean gates-on-running"),
        (["told-late", "--kind=controller"], "none of these is of the kind controller"),
    ],
)
def test_a_name_that_no_trial_has_is_refused_before_anything_begins(arguments, sentence, capsys):
    with pytest.raises(SystemExit):
        mutants.main(arguments)
    assert sentence in capsys.readouterr().err


def test_names_are_those_of_one_trial_and_sorts_are_known():
    every = trials.trials()
    assert len({one.name for one in every}) == len(every)
    assert {*score.SEEDED, score.LAWFUL} <= {one.kind for one in every} <= {*score.KINDS}
    assert sum(one.kind == score.LAWFUL for one in every) >= 20


def test_every_guarantee_that_can_be_broken_is_broken_by_some_trial():
    assert trials.unbroken() == []


@pytest.mark.parametrize("one", trials.trials(), ids=lambda one: one.name)
def test_a_trial_asks_what_some_scenario_is_driven_for(one):
    asked = asked_by(one.options)
    assert {*one.demand.asked, *one.demand.expects} <= asked
    assert one.demand.asked or one.demand.expects
    assert [path for path in one.files if path != trials.INVARIANTS] or asked == asked_by(())
    # What changes the cluster beneath it or kills what works there must be able to show that.
    assert one.is_disturbed or one.surrounding is None


def test_the_honest_second_controller_is_asked_everything():
    (whole,) = (one for one in trials.trials() if one.name == "second")
    assert whole.kind == score.LAWFUL
    assert whole.demand.asked == {one.id for one in REGISTRY.values() if not one.untested}
    assert whole.files == ()


def test_the_second_controller_that_is_killed_late_or_hurried_is_asked_what_is_asked_of_every_history():
    disturbed = [one for one in trials.trials() if one.name.startswith("second-")]
    assert [one.is_disturbed for one in disturbed] == [True, True, False]
    for one in disturbed:
        exact = {name for name in EVERYWHERE if CONTROL_PLANE in REGISTRY[name].tiers}
        assert exact <= asked_by(one.options)
        assert trials.INVARIANTS in one.files
