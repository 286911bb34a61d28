"""`python -m pytest -p selftest.second.plugin --cluster-name=NAME [--second-fault=NAME]`: judge the second controller.

Method: the process that collects the results runs the controller as a child, for the namespaces of its run alone, starts
it again whenever it ends, and stops it at the end; the child ends by itself when its standard input does. What restarts
the controllers in a test kills that child, whichever process asks.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator
from pathlib import Path

import pytest

from fixtures import embedded
from fixtures.run import RUN, Run
from fixtures.waiting import asked_until
from selftest.second.faults import FAULTS

OFF = "-statefulset-controller"
RESTART_SECONDS = 30.0
CHILD = pytest.StashKey["Child"]()


class Second:
    """The disruption of a run whose controller is the second one: its files are known by the run's name."""

    def __init__(self, run: str) -> None:
        self.folder = Path(tempfile.gettempdir()) / f"second-{run}"

    @property
    def quiet(self) -> Path:
        """The file by whose lock all that use this run's controller agree."""
        return self.folder / "quiet"

    @property
    def process(self) -> Path:
        """The file that holds the process id of the controller."""
        return self.folder / "process"

    def restart_controllers(self) -> None:
        """Kill the controller, and wait until another is started in its place."""
        old = self.process.read_text()
        os.kill(int(old), signal.SIGKILL)
        asked_until(self.process.read_text, lambda new: new != old, RESTART_SECONDS)


class Child:
    """The controller as a child of this process."""

    def __init__(self, run: Run, fault: str | None) -> None:
        self.files = Second(run.name)
        self.files.folder.mkdir(parents=True)
        self._command = [sys.executable, "-m", "selftest.second", f"--kubeconfig={run.cluster.kubeconfig}",
                         f"--namespaces-starting={run.name}-", "--ends-with-input",
                         *([f"--fault={fault}"] if fault else [])]  # fmt: skip
        self._log = self.files.folder / "log"
        self._over = False
        self._process = self._start()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def stop(self) -> None:
        """End the controller for good."""
        self._over = True
        self._process.kill()
        self._keeper.join()

    def _keep(self) -> None:
        while True:
            self._reap()
            if self._over:
                return
            self._process = self._start()

    def _reap(self) -> None:
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                self._command, cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=log, stderr=log
            )
        written = self.files.folder / "process.new"
        written.write_text(str(process.pid))
        written.replace(self.files.process)
        return process


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names a fault."""
    parser.addoption("--second-fault", choices=sorted(FAULTS), metavar="NAME", help="break this promise on purpose")


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Have the controller run for the run, and every process know how to restart it."""
    run = session.config.stash.get(RUN, None)
    if run is None:
        return
    if not hasattr(session.config, "workerinput"):
        _require_off(run)
        session.config.stash[CHILD] = Child(run, session.config.option.second_fault)
    run.cluster.disruption = Second(run.name)


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    """Stop the controller."""
    if (child := session.config.stash.get(CHILD, None)) is not None:
        child.stop()
    return (yield)


def _require_off(run: Run) -> None:
    """Raise UsageError where the built-in controller is on: it would do the work."""
    specification = embedded.Cluster(run.cluster.kubeconfig.parent.name).specification
    flags = [flag for each in specification.flags.values() for flag in each] if specification else []
    if run.cluster.provider != "embedded" or not any(OFF in flag for flag in flags):
        raise pytest.UsageError(
            "the built-in controller is on: python -m fixtures.embedded up --name NAME "
            f"--component-flag kube-controller-manager=--controllers=*,{OFF}"
        )
