"""The options of the gate, and the one upgrade that all its tests ask about.

Method: `pytest conformance/upgrade` loads this file before anything is collected, so its registry takes the place of the
suite's: a gate is a run of its own, with a verdict of its own. The two phases of a long upgrade are two such runs, of which the
first promises that the fleet stands, and the second all the rest. What the user says, and what an earlier run has left, is
looked at before anything is done.
"""

import argparse
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from conformance import guarantees
from conformance.guarantees import NODE, OF_THE_NODE_TIER
from conformance.history import History, Inconclusive
from conformance.plain import given, given_path
from conformance.upgrade.fleet import DATABASE, FLEET, MEMBERS, Member
from fixtures import handover, mariadb, rights
from fixtures.handover import State, UpgradeError
from fixtures.plan import PLANNED, deployed
from fixtures.run import RUN
from fixtures.stories import AFTERWARDS, CROSSING, Story
from fixtures.upgrading import Upgrade
from reports.collector import add_warning, describe_cluster
from reports.deciding import proven_by
from reports.rules import looks_only

guarantees.REGISTRY = guarantees.load(Path(__file__).with_name("guarantees.toml"))
BEFORE, AFTER = "before", "after"
OF_DATABASE = "database"  # the subject of what is asked of it alone
LOG = "upgrade.log"
# Replicas on nodes find each other by their names.
NEEDED = {NODE: (*OF_THE_NODE_TIER, "dns")}
STATE = pytest.StashKey[State]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what upgrades the cluster, and how much is too much."""
    group = parser.getgroup("conformance")
    group.addoption("--upgrade-with", type=given, metavar="COMMAND", help="what upgrades it, a command of the shell")
    group.addoption("--upgrade-timeout", type=float, metavar="SECONDS",
                    help="end that command after so long (default: never)")  # fmt: skip
    group.addoption("--may-change-nothing", action="store_true",
                    help="the release and all nodes may be as before")  # fmt: skip
    group.addoption("--phase", choices=(BEFORE, AFTER),
                    help="two runs around an upgrade that others do")  # fmt: skip
    group.addoption("--state", type=given_path, default=Path("upgrade-state.json"), metavar="FILE",
                    help="for the second one (default: %(default)s)")  # fmt: skip
    group.addoption("--member", action="append", default=[], choices=[one.name for one in MEMBERS.values()],
                    metavar="NAME", help="only this set of the fleet (repeatable)")  # fmt: skip
    group.addoption("--mysql", action="store_true",
                    help="have a replicated database in the fleet, too")  # fmt: skip
    group.addoption("--mysql-image", type=given, metavar="IMAGE", help=mariadb.HELP)
    group.addoption("--max-unavailable-seconds", type=float, default=120.0, metavar="SECONDS",
                    help="how long a replica may write nothing, or answer nobody (default: %(default)g)")  # fmt: skip


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Have the one upgrade in one process."""
    config.option.numprocesses = 0


def pytest_configure(config: pytest.Config) -> None:
    """Refuse what cannot be begun, or gone on with, before a cluster is asked for; raises UsageError."""
    config.stash[PLANNED] = _plan()
    if looks_only(config):
        return
    _require_sense(config.option)
    try:
        if config.option.phase == BEFORE:
            handover.require_writable(config.option.state)
        if config.option.phase == AFTER:
            config.stash[STATE] = _left(config.option)
    except UpgradeError as wrong:
        raise pytest.UsageError(str(wrong)) from None
    config.stash[rights.PROFILES] = (rights.GATE, *[rights.WORKLOAD] * (DATABASE in _fleet(config)))


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Have the database's image where the cluster cannot pull it; raises UsageError."""
    config, run = session.config, session.config.stash.get(RUN, None)
    if run is None or looks_only(config) or config.option.phase == AFTER or DATABASE not in _fleet(config):
        return
    capture: Any = config.pluginmanager.get_plugin("capturemanager")
    with capture.global_and_fixture_disabled():
        run.images = mariadb.images(run.cluster, config.option.mysql_image)


def _plan() -> dict[str, tuple[str, str]]:
    """What each history of each member is about, and what is created for it."""
    every = MEMBERS.values()
    created = {one.id: f"creates a namespace with {deployed(one.manifest, one.wishes['replicas'])}" for one in every}
    before = {f"{CROSSING}.{one.id}": (one.sentence, created[one.id]) for one in every}
    behind = {f"{AFTERWARDS}.{one.id}": (one.sentence, f"goes on where {CROSSING}.{one.id} ends") for one in every}
    return before | behind


def _require_sense(option: argparse.Namespace) -> None:
    """Refuse options that contradict each other or say nothing; raises UsageError."""
    if bool(option.upgrade_with) == bool(option.phase):
        raise pytest.UsageError(
            "an upgrade is judged while a command does it, --upgrade-with COMMAND, or in two phases around it, "
            "--phase before and --phase after"
        )
    for name in ("max_unavailable_seconds", "upgrade_timeout"):
        seconds = getattr(option, name)
        if seconds is not None and not 0 < seconds < math.inf:
            raise pytest.UsageError(f"--{name.replace('_', '-')} {seconds:g}: a number of seconds, more than none")
    if len({*option.storage_class}) > 1:
        raise pytest.UsageError(
            "--storage-class: a gate has one class for all its claims; judge another in another run"
        )
    if option.upgrade_timeout and option.phase:
        raise pytest.UsageError("--upgrade-timeout ends the command of --upgrade-with, and there is none")
    if option.phase == BEFORE and option.state.is_file():
        raise pytest.UsageError(
            f"--state {option.state}: a fleet waits for its upgrade already; go on with --phase after, or remove the file"
        )


def _left(option: argparse.Namespace) -> State:
    """What the first phase has left; raises UpgradeError where that cannot be gone on with."""
    if not option.state.exists():
        raise UpgradeError(f"--state {option.state}: there is no such file; --phase before writes it")
    left = handover.read(option.state, MEMBERS)
    waits = {MEMBERS[name].name for name in left.members}
    if option.member and {*option.member} != waits:
        raise UpgradeError(
            f"--member: the fleet that waits is {', '.join(sorted(waits))}; without --member all of it is judged"
        )
    return left


def pytest_collection(session: pytest.Session) -> None:
    """Refuse a cluster on which a fleet cannot wait, or on which none does, now that there is one; raises UsageError."""
    config, run = session.config, session.config.stash.get(RUN, None)
    if run is None or not config.option.phase:
        return
    if run.cluster.ends_with_runs:
        raise pytest.UsageError(
            f"--phase {config.option.phase}: the cluster ends with this run, and the fleet with it: bring one up that stays, "
            "with `python -m fixtures.embedded up`, or let this one stay with --keep-cluster"
        )
    if (left := config.stash.get(STATE, None)) is not None:
        try:
            left.require_fleet(run.cluster)
        except UpgradeError as wrong:
            raise pytest.UsageError(str(wrong)) from None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the phase does not ask, and what asks of a member that is not to be there."""
    phase, fleet = config.option.phase, {member.id for member in _fleet(config)}
    others = () if DATABASE.id in fleet else (OF_DATABASE,)
    asked = {name: one for name, one in guarantees.REGISTRY.items()
             if one.subject not in others and (not phase or (one.subject == BEFORE) == (phase == BEFORE))}  # fmt: skip
    guarantees.REGISTRY = asked
    kept = [item for item in items if fleet & _members(item) and asked.keys() & {*proven_by(item)}]
    left_out = [item for item in items if item not in kept]
    if left_out:
        items[:] = kept
        config.hook.pytest_deselected(items=left_out)


def _fleet(config: pytest.Config) -> list[Member]:
    """The members that are to be there: those that wait, else those that the user names, else all."""
    left = config.stash.get(STATE, None)
    if left is not None:
        return [MEMBERS[name] for name in left.members]
    if config.option.member:
        return [member for member in MEMBERS.values() if member.name in config.option.member]
    return [*FLEET, *[DATABASE] * config.option.mysql]


def _members(item: pytest.Item) -> set[str]:
    """The ids of the members that a test asks of."""
    return {str(value) for value in item.callspec.params.values()} if hasattr(item, "callspec") else set()


def _lacking(member: Member, capabilities: Sequence[str]) -> str | None:
    """Why a member cannot stand on a cluster of these capabilities, or None where it can."""
    missing = [name for name in NEEDED.get(member.tier, ()) if name not in capabilities]
    return f"needs the capability {missing[0]}, which nobody declared for this cluster" if missing else None


@pytest.fixture(scope="session")
def upgrade(request: pytest.FixtureRequest) -> Iterator[Upgrade]:
    """The upgrade, driven once, as far as this phase goes, under those members of the fleet that some test asks of."""
    config, run, left = request.config, request.config.stash[RUN], request.config.stash.get(STATE, None)
    if left is not None:
        one = Upgrade.resumed(run, _fleet(config), left)
    else:
        asked = {name for item in request.session.items for name in _members(item)}
        able = [member for member in _fleet(config) if not _lacking(member, run.cluster.capabilities)]
        one = Upgrade.of(run, [member for member in able if member.id in asked])
    try:
        if one.stories:
            _drive(one, config.option, run.histories.parent / LOG)
        describe_cluster(config, run.cluster, one.versions)
        yield one
    finally:
        for trouble in one.troubles:
            add_warning(config, trouble)
        for rest in one.close():
            add_warning(config, f"left behind in the cluster: {rest}")
        if left is not None and one.keeps_fleet:
            add_warning(config, f"the fleet waits on, since this run did not come to go on with it: {_again(config)}")


def _again(config: pytest.Config) -> str:
    """How to go on where a second phase was broken off."""
    return f"--phase after --state {config.option.state} again"


def _drive(one: Upgrade, option: argparse.Namespace, log: Path) -> None:
    """Go through the phases that this run has; what does not stand is not upgraded."""
    if one.left is not None:
        one.resume()
    elif not one.prepare(option.upgrade_with or ""):
        return
    elif option.phase == BEFORE:
        one.leave(option.state)
        return
    else:
        one.drive(option.upgrade_with, log, option.upgrade_timeout)
    one.proceed()


@pytest.fixture
def crossing(upgrade: Upgrade, request: pytest.FixtureRequest) -> History:
    """The history of a member from before it existed until the upgrade had ended."""
    story = _story(upgrade, request.param)
    return _known(story, story.crossing)


@pytest.fixture
def afterwards(upgrade: Upgrade, request: pytest.FixtureRequest) -> History:
    """The history of what a member was asked for after the upgrade."""
    story = _story(upgrade, request.param)
    return _known(story, story.afterwards)


@pytest.fixture
def allowed_silence(request: pytest.FixtureRequest) -> float:
    """The seconds that a replica may be silent."""
    return float(request.config.option.max_unavailable_seconds)


@pytest.fixture
def may_change_nothing(request: pytest.FixtureRequest) -> bool:
    """Whether the user says that the upgrade may leave everything as it is."""
    return bool(request.config.option.may_change_nothing)


def _story(upgrade: Upgrade, name: str) -> Story:
    if name not in upgrade.stories:
        pytest.skip(_lacking(MEMBERS[name], upgrade.run.cluster.capabilities) or "this member is not there")
    return upgrade.stories[name]


def _known(story: Story, history: History | None) -> History:
    if history is None:
        raise Inconclusive(f"the upgrade did not come so far{f': {story.trouble}' if story.trouble else ''}")
    return history
