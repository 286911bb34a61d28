"""`python -m pytest -p selftest.second.plugin --cluster-name=NAME [--second-fault=NAME]`: judge the second controller.

`--second-kills` and `--second-late` leave it honest, and make its life hard: what was done to it is a warning of the report.

Method: the process that collects the results runs the controller as a child, for the namespaces of its run alone, starts
it again whenever it ends, and stops it at the end; the child ends by itself when its standard input does. What restarts
the controllers in a test kills that child, whichever process asks.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from fixtures import embedded
from fixtures.cluster import ClusterError
from fixtures.providers.embedded import disruption
from fixtures.run import RUN, Run
from fixtures.waiting import asked_until
from reports.collector import add_warning
from selftest.second.faults import FAULTS
from selftest.second.late import LATE

OFF = "-statefulset-controller"
RESTART_SECONDS = 30.0
BROKE = "the controller ended by itself"
SEED = 6
# It needs a second or two to work again.
BETWEEN_SECONDS = (3.0, 10.0)
CHILD = pytest.StashKey["Child"]()


class Second:
    """The disruption of a run whose controller is the second one: its files are known by the run's name.

    What is done to nodes is what the cluster itself allows.
    """

    def __init__(self, run: Run) -> None:
        self.folder = Path(tempfile.gettempdir()) / f"second-{run.name}"
        self.cluster = disruption(run.cluster.kubeconfig)

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

    def restart_api_server(self) -> None:
        """Refuse it: the runs of other controllers use the same one."""
        raise ClusterError("the API server is not this run's alone: --lacks=api-server-restart")

    @property
    def shared_storage(self) -> str:
        """The StorageClass of volumes that every node reaches."""
        return self.cluster.shared_storage

    def killed_node(self, name: str) -> AbstractContextManager[None]:
        """For the length of a block the machine of this node is dead."""
        return self.cluster.killed_node(name)

    def paused_node(self, name: str) -> AbstractContextManager[None]:
        """For the length of a block everything on this node stands still."""
        return self.cluster.paused_node(name)


class Child:
    """The controller as a child of this process."""

    def __init__(self, run: Run, fault: str | None, late: float, *, is_killed: bool) -> None:
        self.files = Second(run)
        self.files.folder.mkdir(parents=True)
        self._command = [sys.executable, "-m", "selftest.second", f"--kubeconfig={run.cluster.kubeconfig}",
                         f"--namespaces-starting={run.name}-", "--ends-with-input",
                         *([f"--fault={fault}"] if fault else []), *([f"--late={late}"] if late else [])]  # fmt: skip
        self._log = self.files.folder / "log"
        self._over, self._starting = threading.Event(), threading.Lock()
        self._kills, self._ends = 0, list[int]()
        self._process = self._start()
        self._keepers = [threading.Thread(target=self._keep, daemon=True)]
        if is_killed:
            self._keepers.append(threading.Thread(target=self._kill, daemon=True))
        for keeper in self._keepers:
            keeper.start()

    def stop(self) -> None:
        """End the controller for good."""
        with self._starting:
            self._over.set()
            self._process.kill()
        for keeper in self._keepers:
            keeper.join()

    @property
    def done_to_it(self) -> list[str]:
        """What was done to it, in figures; nothing where that was not asked for, or did not happen."""
        late = re.findall(rf"^{LATE} ([\d.]+)$", self._log.read_text(), re.MULTILINE)
        told = [f"{self._kills} times the controller was killed"] if self._kills else []
        told += [f"{BROKE} {len(self._ends)} times, with {', '.join(map(str, self._ends))}"] if self._ends else []
        return told + ([f"{sum(map(float, late)):.1f} seconds of waiting before {len(late)} looks"] if late else [])

    def _kill(self) -> None:
        chance = random.Random(SEED)
        while not self._over.wait(chance.uniform(*BETWEEN_SECONDS)):
            self._process.kill()
            self._kills += 1

    def _keep(self) -> None:
        while True:
            self._reap()
            with self._starting:
                if self._over.is_set():
                    return
                self._process = self._start()

    def _reap(self) -> None:
        code = self._process.wait()
        # Whoever ends it, to stop it or to see what comes of that, kills it.
        self._ends += [code] if code != -signal.SIGKILL else []
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
    parser.addoption("--second-kills", action="store_true", help="kill it every few seconds, at random")
    parser.addoption(
        "--second-late", type=float, default=0.0, metavar="SECONDS", help="let it wait up to so long before each look"
    )


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Have the controller run for the run, and every process know how to restart it."""
    run = session.config.stash.get(RUN, None)
    if run is None:
        return
    if not hasattr(session.config, "workerinput"):
        _require_off(run)
        option = session.config.option
        session.config.stash[CHILD] = Child(run, option.second_fault, option.second_late, is_killed=option.second_kills)
    run.cluster.disruption = Second(run)


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    """Stop the controller."""
    if (child := session.config.stash.get(CHILD, None)) is not None:
        child.stop()
        for sentence in child.done_to_it:
            add_warning(session.config, f"second: {sentence}")
    try:
        return (yield)
    finally:
        if child is not None:
            shutil.rmtree(child.files.folder, ignore_errors=True)


def _require_off(run: Run) -> None:
    """Raise UsageError where the built-in controller is on: it would do the work."""
    specification = embedded.Cluster(run.cluster.kubeconfig.parent.name).specification
    flags = [flag for each in specification.flags.values() for flag in each] if specification else []
    if run.cluster.provider != "embedded" or not any(OFF in flag for flag in flags):
        raise pytest.UsageError(
            "the built-in controller is on: python -m fixtures.embedded up --name NAME "
            f"--component-flag kube-controller-manager=--controllers=*,{OFF}"
        )
