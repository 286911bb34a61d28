"""The options of the gate, and the one upgrade that all its tests ask about.

Method: `pytest conformance/upgrade` loads this file before anything is collected, so its registry takes the place of the
suite's: a gate is a run of its own, with a verdict of its own.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance import guarantees
from conformance.history import History, Inconclusive
from conformance.upgrade.fleet import FLEET, Member
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
    group.addoption("--member", action="append", default=[], choices=[one.name for one in FLEET],
                    help="have only this set of the fleet (repeatable): the verdict is then at best partial")  # fmt: skip
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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what asks of a member that is not to be there."""
    left_out = [item for item in items if not {member.id for member in _fleet(config)} & _members(item)]
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


def _fleet(config: pytest.Config) -> list[Member]:
    return [member for member in FLEET if member.name in (config.option.member or [member.name])]


def _members(item: pytest.Item) -> set[str]:
    """The ids of the members that a test asks of."""
    return {str(value) for value in item.callspec.params.values()} if hasattr(item, "callspec") else set()


@pytest.fixture(scope="session")
def upgrade(request: pytest.FixtureRequest) -> Iterator[Upgrade]:
    """The upgrade, driven once."""
    run = request.config.stash[RUN]
    one = Upgrade.of(run, _fleet(request.config))
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
