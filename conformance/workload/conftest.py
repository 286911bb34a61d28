"""The options of the profile, and the image that its servers run.

Method: `pytest conformance/workload` loads this file before anything is collected, so its registry takes the place of the
suite's: a profile is a run of its own, with a verdict of its own. On the embedded cluster, which pulls nothing unless it is
told to, the servers run an image made of Debian's packages, elsewhere the one that the manifest names.
"""

from pathlib import Path
from typing import Any

import pytest

from conformance import guarantees
from conformance.plain import given
from fixtures import mariadb, rights
from fixtures.run import RUN
from reports.rules import looks_only

guarantees.REGISTRY = guarantees.load(Path(__file__).with_name("guarantees.toml"))
# Each scenario has a process of its own; more have nothing to do.
SCENARIOS = 4


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add which image the servers run."""
    group = parser.getgroup("conformance")
    group.addoption("--mysql-image", type=given, metavar="IMAGE", help=mariadb.HELP)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Begin no more processes than there are scenarios."""
    if isinstance(config.option.numprocesses, int):
        config.option.numprocesses = min(config.option.numprocesses, SCENARIOS)


def pytest_configure(config: pytest.Config) -> None:
    """Say which rights such a run needs; raises UsageError for what it cannot do."""
    if len({*config.option.storage_class}) > 1:
        raise pytest.UsageError(
            "--storage-class: a database has one class for all its claims; judge another in another run"
        )
    config.stash[rights.PROFILES] = (rights.WORKLOAD,)


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Have the servers' image where the cluster cannot pull it, before any process deploys; raises UsageError."""
    config, run = session.config, session.config.stash.get(RUN, None)
    if run is None or looks_only(config):
        return
    capture: Any = config.pluginmanager.get_plugin("capturemanager")
    with capture.global_and_fixture_disabled():
        run.images = mariadb.images(run.cluster, config.option.mysql_image)
    # What the controller of xdist decides its workers are told, as they are told every option.
    config.option.mysql_image = run.images.get(mariadb.OFFICIAL)
