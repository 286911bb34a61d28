"""The options of the gate, and the one upgrade that all its tests ask about.

Method: `pytest conformance/upgrade` loads this file before anything is collected, so its registry takes the place of the
suite's: a gate is a run of its own, with a verdict of its own.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance import guarantees
from conformance.history import History, Inconclusive
from conformance.upgrade.fleet import FLEET
from fixtures.run import RUN
from fixtures.upgrading import Upgrade

guarantees.REGISTRY = guarantees.load(Path(__file__).with_name("guarantees.toml"))
LOG = "upgrade.log"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what upgrades the cluster, and how much is too much."""
    group = parser.getgroup("conformance")
    group.addoption(
        "--upgrade-with", metavar="COMMAND", help="the shell command that upgrades the cluster, with $KUBECONFIG set"
    )
    group.addoption("--max-unavailable-seconds", type=float, default=120.0, metavar="SECONDS",
                    help="how long a replica may write nothing, or answer nobody (default: %(default)s)")  # fmt: skip


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Have the one upgrade in one process."""
    config.option.numprocesses = 0


def pytest_configure(config: pytest.Config) -> None:
    """Ask for the act that is to be judged."""
    if not config.option.upgrade_with and not config.option.collectonly and not config.option.help:
        raise pytest.UsageError("an upgrade is judged while a command does it: --upgrade-with COMMAND")


@pytest.fixture(scope="session")
def upgrade(request: pytest.FixtureRequest) -> Iterator[Upgrade]:
    """The upgrade, driven once."""
    run = request.config.stash[RUN]
    one = Upgrade.of(run, FLEET)
    try:
        one.drive(request.config.option.upgrade_with, run.histories.parent / LOG)
        yield one
    finally:
        one.close()


@pytest.fixture
def crossing(upgrade: Upgrade, request: pytest.FixtureRequest) -> History:
    """The history of a member from before it existed until the upgrade had ended."""
    return _known(upgrade.stories[request.param].crossing)


@pytest.fixture
def afterwards(upgrade: Upgrade, request: pytest.FixtureRequest) -> History:
    """The history of what a member was asked for after the upgrade."""
    return _known(upgrade.stories[request.param].afterwards)


@pytest.fixture
def patience(request: pytest.FixtureRequest) -> float:
    """The seconds that a replica may be silent."""
    return float(request.config.option.max_unavailable_seconds)


def _known(history: History | None) -> History:
    if history is None:
        raise Inconclusive("the upgrade did not come so far")
    return history
