"""Schedules of faults: what is drawn from a seed, and what is said of the history that comes of it, without a cluster.

Method: histories are written by hand in the notation of selftest/ledgers.py.
"""

import pytest

from selftest import schedules
from selftest.ledgers import ledger
from selftest.test_checks_data import AGAIN, READ, TWO


def test_a_seed_is_a_schedule():
    assert [schedules.drawn(seed) for seed in range(20)] == [schedules.drawn(seed) for seed in range(20)]
    assert len({schedules.drawn(seed) for seed in range(100)}) == 100


def test_every_fault_is_drawn_upon_every_pod_and_some_come_while_the_last_is_not_over():
    steps = {step for seed in range(100) for step in schedules.drawn(seed)}
    assert {step.fault for step in steps} == {*schedules.FAULTS}
    assert {step.ordinal for step in steps} == {*range(schedules.REPLICAS)}
    assert {step.settles for step in steps} == {True, False}


@pytest.mark.parametrize(
    ("words", "word", "said"),
    [
        (f"{TWO} {AGAIN} {READ}", schedules.SAFE, ""),
        (f"{TWO} cut:0:1 {AGAIN} {READ}", schedules.NOT_SAFE, "web-0 (ordinal 0) no longer has the record 1 (a)"),
        # It got stuck before anything was read.
        (f"{TWO} delete:0 t0 vain", schedules.UNDECIDED, "nobody has read since what web-0 had acknowledged"),
    ],
)
def test_the_history_of_a_schedule_is_judged(words, word, said):
    outcome = schedules.judged(ledger(words))
    assert outcome.word == word
    assert said in " ".join(outcome.said)


@pytest.mark.parametrize(("word", "code"), [(schedules.SAFE, 0), (schedules.NOT_SAFE, 1), (schedules.UNDECIDED, 1)])
def test_what_is_not_safe_can_be_driven_again_by_its_seed(monkeypatch, tmp_path, capsys, word, code):
    monkeypatch.setattr(schedules, "drive", lambda run, seed: seed)
    outcomes = {7: schedules.SAFE, 8: word}
    monkeypatch.setattr(schedules, "judged", lambda seed: schedules.Outcome(word=outcomes[seed], said=("because",)))
    assert schedules._try(None, [7, 8], tmp_path, "forgotten-data") == code
    said = capsys.readouterr().out
    assert ("again: python -m selftest.schedules 1 --seed 8 --surrounding forgotten-data\n" in said) == bool(code)
    assert "--seed 7" not in said


@pytest.mark.parametrize("number", ["0", "-3"])
def test_no_schedule_at_all_is_refused(capsys, number):
    with pytest.raises(SystemExit) as ended:
        schedules.main(["--", number])
    assert ended.value.code == 2
    assert f"error: {number} schedules: at least one must be driven" in capsys.readouterr().err
