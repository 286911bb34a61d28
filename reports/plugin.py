"""The pytest plugin: what a conformance run adds to pytest.

Method: every process that runs tests decides their outcomes; one process, under xdist the controller, collects them and
writes the report. Tests outside conformance/ are left alone; a run that asks for none of the suite's writes nothing.
What a conftest.py calls stands in collector.py: pytest wants to be the first to import a plugin.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress

import pytest

from conformance import guarantees
from conformance.plain import given_path
from reports import excuses, rules
from reports.collector import BROKEN_RULES, COLLECTOR, Collector, report_dir
from reports.deciding import ATTRIBUTE, TOLD, answer, is_ours, remember_violations
from reports.outcomes import Outcome
from reports.progress import PROGRESS, Progress, standard_output

DESELECTED = pytest.StashKey[bool]()
EXCUSED = pytest.StashKey[Sequence[excuses.Excuse]]()
TOLD_AS = {
    Outcome.INCONCLUSIVE: ("inconclusive", "I", ("INCONCLUSIVE", {"yellow": True})),
    Outcome.NOT_APPLICABLE: ("not-applicable", "n", ("NOT APPLICABLE", {"yellow": True})),
    Outcome.EXCUSED: ("excused", "x", ("EXCUSED", {"yellow": True})),
    Outcome.ERROR: ("error", "E", ("ERROR", {"red": True})),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the report."""
    group = parser.getgroup("conformance")
    group.addoption(
        "--report-dir",
        default="conformance-report",
        metavar="DIR",
        help="for the report (default: %(default)s)",
    )
    group.addoption("--excuses", type=given_path, metavar="FILE",
                    help="violations that the cluster's owner knows of and lives with, in TOML")  # fmt: skip
    # For who reads results.json and then removes the folder: no page is made, and none named.
    group.addoption("--no-pages", action="store_true", help=argparse.SUPPRESS)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Make the report's folder ready before anybody writes to it."""
    if rules.looks_only(config) or not rules.asks_for_suite(config):
        return
    # The controller of xdist tells its workers, which need not be in the same folder.
    if (asked := config.option.excuses) is not None:
        config.option.excuses = config.invocation_params.dir / asked
        try:
            config.stash[EXCUSED] = excuses.read(
                config.option.excuses, {**guarantees.everywhere(), **guarantees.REGISTRY}
            )
        except excuses.ExcusesError as wrong:
            raise pytest.UsageError(str(wrong)) from None
    if hasattr(config, "workerinput"):
        return
    collector = Collector(config, report_dir(config), config.stash.get(EXCUSED, ()))
    collector.prepare()
    config.stash[COLLECTOR] = collector
    config.pluginmanager.register(collector, "conformance-collector")
    if config.get_verbosity() == 0:
        # A folder for temporary files whose path is too long for a socket costs the progress, not the run.
        with suppress(OSError):
            config.stash[PROGRESS] = Progress(config, standard_output())
            config.pluginmanager.register(config.stash[PROGRESS], "conformance-progress")


@pytest.fixture
def tells(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Put a sentence into the report: what a cluster does where nothing is promised."""
    told: list[str] = request.node.stash.setdefault(TOLD, [])
    return told.append


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Remember that what is left is not the whole suite."""
    if items:
        items[0].config.stash[DESELECTED] = True


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> Generator[None, None, None]:
    """Hold the rules of collection; a broken one is a usage error, which under xdist the controller raises."""
    yield
    whole = not session.testsfailed and not config.stash.get(DESELECTED, False) and rules.asks_for_whole_suite(config)
    broken = rules.broken_rules(items, whole=whole)
    if not broken:
        return
    if not hasattr(config, "workeroutput"):
        raise pytest.UsageError("\n".join(broken))
    config.workeroutput[BROKEN_RULES] = "\n".join(broken)
    items.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Decide what this phase of a test says, and put it on the report."""
    report = yield
    said = answer(item, call, item.config.stash.get(EXCUSED, ())) if is_ours(item) else None
    if said is not None:
        setattr(report, ATTRIBUTE, said)
        if said["excused"]:
            # What is excused ends no run (-x), and nobody is shown the source of its test.
            report.outcome, report.longrepr = "skipped", (str(item.path), 0, said["proof"]["message"])
    return report


def pytest_assertrepr_compare(config: pytest.Config, op: str, left: object, right: object) -> list[str] | None:
    """Let `assert checks.x(history) == []` read `1 violation: event 41 (rv 8123): …`."""
    return remember_violations(config, op, left, right)


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(
    report: pytest.TestReport, config: pytest.Config
) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
    """Give outcomes that pytest does not know a word and a letter of their own; none where progress is told otherwise."""
    said = getattr(report, ATTRIBUTE, None)
    if said is None or said["proof"] is None:
        return None
    outcome = Outcome(said["proof"]["outcome"])
    if said["excused"]:
        outcome = Outcome.EXCUSED
    told = TOLD_AS.get(outcome)
    if PROGRESS not in config.stash:
        return told
    return (told[0], "", told[2]) if told else (str(outcome), "", (str(outcome).upper(), {}))
