"""What the self-tests that need a cluster share: one embedded cluster of their own, and the suite run against it.

Method: the cluster is found up or brought up by whoever needs it first, and taken down by whoever needs it last.
"""

import pytest

from fixtures.providers import PROVIDERS, Wanted


@pytest.fixture(scope="session")
def cluster():
    """An embedded cluster that all self-tests share, in whichever process they run."""
    with PROVIDERS["embedded"](Wanted(name="selftest")) as shared:
        yield shared


def pytest_addoption(parser):
    """Say how often a run is killed at a random moment."""
    parser.addoption(
        "--kills", type=int, default=3, metavar="N", help="kill so many runs of the self-tests (default: 3)"
    )
