"""A sample of what `make mutants` tries: each fault is found by the guarantee that it names, and what is lawful is not accused.

Method: the first fault of every module of the second controller, so that all its sorts are among them, the honest one that is
late, and the surrounding that is had without harm to the cluster. The clusters have names of their own.
"""

import pytest

from reports.score import CONTROLLER, LAWFUL, MANIFEST, SURROUNDING
from selftest import mutants
from selftest.second.faults import FAULTS
from selftest.trials import trials

PREFIX = "selftest-mutants"
ALSO = ("second-late", "told-late", "takes-more-than-all", "full-hostname")


def sample():
    """The first fault of each module, and one trial of each other sort that needs no cluster for itself."""
    modules = {fault.controller.__module__: name for name, fault in reversed(FAULTS.items())}
    return [one for one in trials() if one.name in (*modules.values(), *ALSO)]


@pytest.fixture(scope="module")
def tried():
    """What came of the sample."""
    found = []
    mutants.take_down(PREFIX)
    try:
        mutants.try_all(sample(), found, PREFIX)
        yield found
    finally:
        mutants.take_down(PREFIX)


def test_the_sample_is_of_every_sort():
    assert {*ALSO} <= {one.name for one in sample()}
    assert {one.kind for one in sample()} == {CONTROLLER, LAWFUL, MANIFEST, SURROUNDING}
    faults = [FAULTS[one.name] for one in sample() if one.kind == CONTROLLER]
    assert {one.controller.__module__ for one in faults} == {one.controller.__module__ for one in FAULTS.values()}


def test_what_is_tried_comes_to_what_it_must(tried):
    assert len(tried) == len(sample())
    assert [one for one in tried if not one.is_right] == []
