"""The options of a run, and the cluster that it is run against.

Method: one process, under xdist the controller, gets the cluster from a provider and hands the workers its kubeconfig.
Fixtures are in fixtures/deploy.py, outcomes and reports in reports/.
"""

import argparse
import gc
import math
import re
import secrets
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from conformance.guarantees import CAPABILITIES
from conformance.history import HISTORIES, History, HistoryError
from conformance.plain import given, given_path
from fixtures import features, manifests, rights, storage, tidying
from fixtures.cluster import ApiError, Cluster, ClusterError
from fixtures.embedded.progress import say
from fixtures.manifests import MANIFESTS
from fixtures.providers import DISRUPTIONS, PROVIDERS, Wanted, choose, options
from fixtures.run import RUN, STORED, Run
from fixtures.scenarios import class_of
from fixtures.storage import StorageClass
from fixtures.telling import Teller
from fixtures.waiting import TransportError
from reports.collector import add_warning, describe_cluster, report_dir
from reports.progress import progress_address
from reports.rules import asks_for_suite, looks_only

pytest_plugins = ["fixtures.deploy", "fixtures.focus", "fixtures.plan", "fixtures.scheduling", "reports.plugin"]
# What may stand before the name of an image: a host, its port, a path.
REGISTRY = r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*"
PROVIDED = pytest.StashKey[ExitStack]()
REPEATED = "conformance_repeated_requests"  # a key of xdist's workeroutput
REPEATS = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that choose the cluster and how patiently it is watched."""
    group = parser.getgroup("conformance")
    options.add(group)
    group.addoption("--has", action="append", default=[], choices=sorted(CAPABILITIES), metavar="NAME",
                    help="declare that it has this capability (repeatable)")  # fmt: skip
    group.addoption("--lacks", action="append", default=[], choices=sorted(CAPABILITIES), metavar="NAME",
                    help="declare that it lacks this one (repeatable)")  # fmt: skip
    group.addoption("--patience", type=float, default=120.0, metavar="SECONDS",
                    help="how long one wait may last (default: %(default)g)")  # fmt: skip
    group.addoption("--manifest", action="append", default=[], metavar="NAME=PATH",
                    help="deploy PATH for manifests/NAME (repeatable)")  # fmt: skip
    group.addoption("--storage-class", action="append", default=[], type=given, metavar="NAME",
                    help="judge what is about storage with this class, and each other named (repeatable)")  # fmt: skip
    group.addoption("--image-registry", type=given, metavar="REGISTRY[/PATH]",
                    help="take every image from there: REGISTRY[/PATH]/e2e-test-images/agnhost:2.55")  # fmt: skip
    group.addoption("--history", action="append", default=[], type=given_path, metavar="FILE",
                    help=argparse.SUPPRESS)  # fmt: skip


def pytest_sessionstart(session: pytest.Session) -> None:
    """Have the cluster before the first test, on the controller alone."""
    config = session.config
    if not 0 < config.option.patience < math.inf:
        raise pytest.UsageError(f"--patience {config.option.patience:g}: seconds to wait, more than none")
    registry = _registry(config.option.image_registry or "")
    substitutes = dict(_substitute(argument) for argument in config.option.manifest)
    if looks_only(config) or not asks_for_suite(config):
        return
    if config.option.history:
        try:
            histories = [History.read(path) for path in config.option.history]
        except HistoryError as wrong:
            raise pytest.UsageError(f"--history {wrong}") from None
        config.stash[STORED] = {history.header.scenario: history for history in histories}
        found = [class_of(history.header.scenario) for history in histories]
        config.option.storage_class = sorted({name for name in found if name})
        return
    given = getattr(config, "workerinput", None)
    if given is None:
        name, owner = f"conformance-{secrets.token_hex(4)}", tidying.owner()
        cluster, classes = _provided(config, name)
        gates = features.known(cluster)
        address = progress_address(config)
    else:
        name, owner, kubeconfig, context, provider, capabilities, version, gates, told, described = given["run"]
        classes = tuple(StorageClass(one, tuple(has)) for one, has in described)
        cluster = Cluster(Path(kubeconfig), context, provider, tuple(capabilities))
        # Release and gates are asked for once: an API server that is away would keep a worker from finding its tests.
        cluster.version = version
        if provider in DISRUPTIONS:
            cluster.disruption = DISRUPTIONS[provider](cluster.kubeconfig)
        address = Path(told) if told else None
    config.stash[RUN] = Run(
        cluster,
        name,
        owner,
        report_dir(config) / HISTORIES,
        config.option.patience,
        substitutes,
        Teller(address),
        gates,
        registry=registry,
        classes=classes,
    )


def _provided(config: pytest.Config, run: str) -> tuple[Cluster, tuple[StorageClass, ...]]:
    """The cluster, and what the StorageClasses that the user names say of themselves."""
    option = config.option
    if both := sorted({*option.has} & {*option.lacks}):
        raise pytest.UsageError(f"--has {both[0]} and --lacks {both[0]}: the cluster either has it or lacks it")
    wanted = options.wanted(option)
    ending = config.stash[PROVIDED] = ExitStack()
    capture: Any = config.pluginmanager.get_plugin("capturemanager")
    with capture.global_and_fixture_disabled():
        try:
            provider = option.cluster or _chosen(wanted)
            cluster = ending.enter_context(PROVIDERS[provider](wanted))
            version = cluster.version
            cluster.capabilities = _declared(option, cluster.capabilities)
            classes = storage.named(cluster, option.storage_class, option.lacks)
            unknown = rights.require(cluster, _profiles(config, cluster, classes), run)
            say(f"judging Kubernetes {version} at {cluster.address}, --cluster={cluster.provider}")
        except ClusterError as wrong:
            ending.close()
            raise pytest.UsageError(str(wrong)) from None
    for sentence in unknown:
        add_warning(config, sentence)
    try:
        for name in tidying.remove_abandoned(cluster):
            add_warning(config, f"removed namespace {name}, left behind by a run that was killed")
    except (ApiError, TransportError) as wrong:
        ending.close()
        raise pytest.UsageError(f"the namespaces of earlier runs cannot be looked for: {wrong}") from None
    describe_cluster(config, cluster, version)
    return cluster, classes


def _profiles(config: pytest.Config, cluster: Cluster, classes: Sequence[StorageClass]) -> tuple[str, ...]:
    """The files of the rights that this run needs; for the sake of a capability only the suite needs more."""
    profiles = config.stash.get(rights.PROFILES, (rights.SUITE,))
    if rights.SUITE not in profiles:
        return profiles
    given = (
        {name for one in classes for name in one.given(cluster.capabilities)} if classes else {*cluster.capabilities}
    )
    beyond = [name for name in rights.BEYOND if name in given]
    return (*profiles, *beyond)


def _chosen(wanted: Wanted) -> str:
    provider, why = choose(wanted)
    say(f"--cluster={provider}, since {why}")
    return provider


def _declared(option: argparse.Namespace, provided: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in CAPABILITIES if name in {*provided, *option.has} - {*option.lacks})


def _substitute(argument: str) -> tuple[str, Path]:
    name, _, given = argument.partition("=")
    path = Path(given).absolute()
    if not (MANIFESTS / name).is_file() or not path.is_file():
        raise pytest.UsageError(f"--manifest {argument}: must read NAME=PATH, NAME in manifests/ and PATH a file")
    try:
        objects = manifests.read(path)
        if manifests.holds_workload(manifests.read(MANIFESTS / name)):
            manifests.workload_of(path, objects)
    except manifests.ManifestError as wrong:
        raise pytest.UsageError(str(wrong)) from None
    return name, path


def _registry(argument: str) -> str:
    if argument and not re.fullmatch(REGISTRY, argument):
        raise pytest.UsageError(
            f"--image-registry {argument}: must read REGISTRY or REGISTRY/PATH, such as mirror.example:5000/kubernetes"
        )
    return argument


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of xdist which cluster to use."""
    if (run := node.config.stash.get(RUN, None)) is not None:
        cluster = run.cluster
        node.workerinput["run"] = (
            run.name, run.owner, str(cluster.kubeconfig), cluster.context, cluster.provider, list(cluster.capabilities),
            cluster.version, run.gates, str(run.teller.address or ""), [(one.name, [*one.capabilities]) for one in run.classes],
        )  # fmt: skip


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Count the requests that a worker of xdist had to repeat."""
    repeated = getattr(node, "workeroutput", {}).get(REPEATED, 0)
    node.config.stash[REPEATS] = node.config.stash.get(REPEATS, 0) + repeated


def pytest_unconfigure() -> None:
    """Spare pytest, which now looks five times for objects that nobody needs any more, what was there all the time."""
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Look for what the run left behind in the cluster, and give the cluster back."""
    run = session.config.stash.get(RUN, None)
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[REPEATED] = run.cluster.transport.retries if run else 0
    if PROVIDED not in session.config.stash:
        return
    try:
        if exitstatus == pytest.ExitCode.INTERRUPTED:
            _tell(session.config, "interrupted: what the run made is removed, and the report completed")
        _give_back(session.config, run)
    except KeyboardInterrupt:
        add_warning(
            session.config,
            "interrupted once more: what the run made stays until the next run on this machine removes it",
        )


def _tell(config: pytest.Config, line: str) -> None:
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None:
        terminal.ensure_newline()
        terminal.write_line(line, flush=True)


def _give_back(config: pytest.Config, run: Run | None) -> None:
    with config.stash[PROVIDED]:
        if repeated := config.stash.get(REPEATS, 0) + (run.cluster.transport.retries if run else 0):
            add_warning(config, f"{repeated} requests were repeated, since the API server could not serve them")
        try:
            for rest in tidying.left_behind(run.cluster, run.name) if run and not run.cluster.ephemeral else []:
                add_warning(config, f"left behind in the cluster: {rest}")
        except (ApiError, TransportError) as wrong:
            add_warning(config, f"what was left behind in the cluster could not be looked for: {wrong}")
