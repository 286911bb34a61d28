"""The options of the gate, and the one upgrade that all its tests ask about.

Method: `pytest conformance/upgrade` loads this file before anything is collected, so its registry takes the place of the
suite's: a gate is a run of its own, with a verdict of its own. The two phases of a long upgrade are two such runs, of which the
first promises that the fleet stands, and the second all the rest.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance import guarantees
from conformance.history import History, Inconclusive
from conformance.upgrade.fleet import FLEET, Member
from fixtures.run import RUN
from fixtures.upgrading import Upgrade, UpgradeError
from reports.collector import add_warning, describe_cluster
from reports.deciding import proven_by

guarantees.REGISTRY = guarantees.load(Path(__file__).with_name("guarantees.toml"))
BEFORE, AFTER = "before", "after"
LOG = "upgrade.log"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what upgrades the cluster, and how much is too much."""
    group = parser.getgroup("conformance")
    group.addoption(
        "--upgrade-with", metavar="COMMAND", help="the shell command that upgrades the cluster, with $KUBECONFIG set"
    )
    group.addoption("--phase", choices=(BEFORE, AFTER),
                    help="for an upgrade that somebody else does, between two runs: set the fleet up, or judge it")  # fmt: skip
    group.addoption("--state", type=Path, default=Path("upgrade-state.json"), metavar="FILE",
                    help="what the first phase tells the second one (default: %(default)s)")  # fmt: skip
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
    option = config.option
    looks = option.collectonly or option.help or option.list or option.plan
    if bool(option.upgrade_with) == bool(option.phase) and not looks:
        raise pytest.UsageError(
            "an upgrade is judged while a command does it, --upgrade-with COMMAND, or in two phases around it, "
            "--phase before and --phase after"
        )
    if option.phase == AFTER and not option.state.is_file():
        raise pytest.UsageError(f"--state {option.state}: there is no such file; --phase before writes it")
    if option.phase == BEFORE and option.state.exists():
        raise pytest.UsageError(
            f"--state {option.state}: a fleet waits for its upgrade already; go on with --phase after, or remove the file"
        )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the phase does not ask, and what asks of a member that is not to be there."""
    phase, fleet = config.option.phase, {member.id for member in _fleet(config)}
    asked = {name: one for name, one in guarantees.REGISTRY.items()
             if not phase or (one.subject == BEFORE) == (phase == BEFORE)}  # fmt: skip
    guarantees.REGISTRY = asked
    kept = [item for item in items if fleet & _members(item) and asked.keys() & {*proven_by(item)}]
    left_out = [item for item in items if item not in kept]
    if left_out:
        items[:] = kept
        config.hook.pytest_deselected(items=left_out)


def _fleet(config: pytest.Config) -> list[Member]:
    return [member for member in FLEET if member.name in (config.option.member or [member.name])]


def _members(item: pytest.Item) -> set[str]:
    """The ids of the members that a test asks of."""
    return {str(value) for value in item.callspec.params.values()} if hasattr(item, "callspec") else set()


@pytest.fixture(scope="session")
def upgrade(request: pytest.FixtureRequest) -> Iterator[Upgrade]:
    """The upgrade, driven once, as far as this phase goes."""
    config, run = request.config, request.config.stash[RUN]
    option = config.option
    if option.phase == AFTER:
        try:
            one = Upgrade.resumed(run, _fleet(config), option.state)
        except UpgradeError as wrong:
            raise pytest.UsageError(str(wrong)) from None
    else:
        one = Upgrade.of(run, _fleet(config), outlives=option.phase == BEFORE)
    try:
        _drive(one, option, run.histories.parent / LOG)
        cluster = run.cluster
        describe_cluster(config, version=one.versions, provider=cluster.provider, capabilities=cluster.capabilities)
        yield one
    finally:
        for rest in one.close():
            add_warning(config, f"left behind in the cluster: {rest}")
        if option.phase == AFTER:
            option.state.unlink(missing_ok=True)


def _drive(one: Upgrade, option: argparse.Namespace, log: Path) -> None:
    """Go through the phases that this run has."""
    if option.phase == AFTER:
        one.arrive()
    else:
        one.prepare(option.upgrade_with or "")
    if option.phase == BEFORE:
        one.leave(option.state)
        return
    if option.upgrade_with:
        one.drive(option.upgrade_with, log)
    one.proceed()


@pytest.fixture
def crossing(upgrade: Upgrade, request: pytest.FixtureRequest) -> History:
    """The history of a member from before it existed until the upgrade had ended."""
    return _known(upgrade.stories[request.param].crossing)


@pytest.fixture
def afterwards(upgrade: Upgrade, request: pytest.FixtureRequest) -> History:
    """The history of what a member was asked for after the upgrade."""
    return _known(upgrade.stories[request.param].afterwards)


@pytest.fixture
def allowed_silence(request: pytest.FixtureRequest) -> float:
    """The seconds that a replica may be silent."""
    return float(request.config.option.max_unavailable_seconds)


def _known(history: History | None) -> History:
    if history is None:
        raise Inconclusive("the upgrade did not come so far")
    return history
