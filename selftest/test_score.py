"""The score that is published with the suite is of all its trials, and good enough to be published.

Method: `reports/score.json` is held against the trials of today, so that one which is new, renamed or breaks something else
makes a score of before it fail: `make mutants` writes a new one. Which commit was tried stands in it.
"""

import subprocess

import pytest

from conformance.guarantees import REGISTRY
from reports import score
from selftest.fake_suite import REPOSITORY
from selftest.trials import provable, trials

MOST_UNPROVED = 5
FEWEST_FAULTS, FEWEST_LAWFUL, MOST_SECONDS = 50, 20, 1800


@pytest.fixture(scope="module")
def published():
    """The score as every report carries it."""
    found = score.published()
    assert found, f"{score.SOURCE.name} is not there: `make mutants` writes it"
    return found


def test_it_is_of_the_trials_of_today(published):
    assert {one.name: (one.kind, one.sentence, one.breaks) for one in published.trials} == {
        one.name: (one.kind, one.sentence, one.breaks) for one in trials()
    }


def test_no_fault_was_missed_and_no_lawful_run_accused(published):
    assert [one.name for one in published.faults if not one.is_found] == []
    assert [one.name for one in published.lawful if one.accused] == []
    # Where what is disturbed leaves nothing to be decided, that it was disturbed is what there is to show.
    assert [one.name for one in published.lawful if not (one.passed or one.evidence)] == []


def test_there_were_enough_of_both(published):
    assert len([one for one in published.faults if one.kind == score.CONTROLLER]) >= FEWEST_FAULTS
    assert len(published.lawful) >= FEWEST_LAWFUL


def test_what_was_disturbed_shows_it(published):
    known = {one.name for one in trials() if one.is_disturbed}
    assert [one.name for one in published.trials if one.name in known and not one.evidence] == []


def test_every_guarantee_was_turned_red_or_says_why_it_cannot_be(published):
    assert [one for one in provable() if not published.turned_red(one)] == []
    unproved = [one for one in REGISTRY.values() if one.unproved]
    assert len(unproved) <= MOST_UNPROVED
    assert all(len(one.unproved.split()) > 3 for one in unproved)


def test_it_is_of_a_commit_that_this_one_comes_from_and_was_had_in_time(published):
    if (REPOSITORY / ".git").exists():
        commit = published.commit.rpartition("-g")[2]
        ancestor = ["git", "merge-base", "--is-ancestor", commit, "HEAD"]
        subprocess.run(ancestor, cwd=REPOSITORY, check=True, capture_output=True)
    assert published.commit
    assert published.seconds < MOST_SECONDS
