"""What the self-tests that need a cluster share: one embedded cluster of their own, and the suite run against it.

Method: the cluster is found up or brought up by whoever needs it first, and taken down by whoever needs it last.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from fixtures.cluster import Cluster
from fixtures.providers import PROVIDERS, Wanted
from reports import summary

# The same examples every time, few enough for every day; --hypothesis-profile=long is for nights, and never the same.
SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)
ALWAYS = settings(deadline=None, suppress_health_check=SLOW)
settings.register_profile("short", ALWAYS, derandomize=True, database=None, max_examples=25)
settings.register_profile("long", ALWAYS, max_examples=1000)
settings.load_profile("short")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """An embedded cluster that all self-tests share, in whichever process they run."""
    with PROVIDERS["embedded"](Wanted(name="selftest")) as shared:
        yield shared


def pytest_configure(config: pytest.Config) -> None:
    """Have a warning fail a self-test; a user's run is not to fail because a library's next release warns of something."""
    config.addinivalue_line("filterwarnings", "error")
    # pytest itself may leave one behind where several of its processes make their temporary folders at once.
    config.addinivalue_line("filterwarnings", "ignore:unclosed scandir iterator:ResourceWarning")
    # What the runs within the tests come to is no summary of a step of GitHub Actions that runs these tests.
    os.environ.pop(summary.STEP, None)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say how often a run is killed at a random moment, and what is tried that takes minutes."""
    parser.addoption("--each-command", action="store_true", help="run every command of README.md, whatever it takes")
    parser.addoption("--each-harm", action="store_true", help="have the gate refuse each harm by itself too")
    parser.addoption(
        "--kills", type=int, default=2, metavar="N", help="kill so many runs of the self-tests (default: 2)"
    )
