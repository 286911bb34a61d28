"""A sample of the faults of `make mutants`: each is found by the guarantee that it names.

Method: every so many a fault of the controller, by its place in the list, so that faults of all subjects are among them.
"""

from itertools import islice

import pytest

from selftest import mutants

EVERY = 12


@pytest.fixture(scope="module")
def tried():
    """What came of the sample."""
    faults = [one for one in mutants.trials() if one.kind == mutants.CONTROLLER]
    mutants.take_down()
    try:
        yield mutants.try_all(list(islice(faults, 0, None, EVERY)))
    finally:
        mutants.take_down()


def test_every_fault_of_the_sample_is_found(tried):
    assert len(tried) >= 5
    assert [one for one in tried if not one.is_right] == []
