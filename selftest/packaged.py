"""A wheel of this tree, installed as a user would have it: in an empty virtual environment, by pip and from the registry.

Method: it is built and installed once for all processes of a run, and called from whatever folder a test is about. What lies in
the environment then is written down, so that any test can ask whether a command has changed anything of it.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from selftest.fake_suite import REPOSITORY

COMMAND = "stateful-conformance"
PACKAGE = "stateful_conformance"
DISTRIBUTION = PACKAGE


@dataclass(frozen=True, slots=True)
class Installed:
    """The folder in which `built/` holds the wheel and the sdist, and `venv/` the environment."""

    folder: Path

    @property
    def built(self) -> Path:
        """The folder of the wheel and the sdist."""
        return self.folder / "built"

    @property
    def wheel(self) -> Path:
        """The wheel."""
        (found,) = self.built.glob("*.whl")
        return found

    @property
    def sdist(self) -> Path:
        """The sdist."""
        (found,) = self.built.glob("*.tar.gz")
        return found

    @property
    def venv(self) -> Path:
        """The environment."""
        return self.folder / "venv"

    def command(self, *arguments: str) -> list[str]:
        """A call of the console script."""
        return [str(self.venv / "bin" / COMMAND), *arguments]

    def call(
        self, folder: Path, *arguments: str, seconds: float = 600, **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Call the console script in a folder."""
        return subprocess.run(self.command(*arguments), cwd=folder, env=environment() | more, capture_output=True,
                              text=True, timeout=seconds, check=False)  # fmt: skip

    def changes(self) -> list[str]:
        """What of the environment is not as it was installed."""
        before: Mapping[str, list[int]] = json.loads((self.folder / "files.json").read_text())
        now = _files(self.venv)
        return sorted(name for name in {*before, *now} if before.get(name) != now.get(name))


def environment() -> dict[str, str]:
    """What a user's shell has set: nothing of the pytest that runs this, and nothing that hides what Python would write."""
    ours = ("PYTEST_", "PYTHON", "KUBECONFIG", "VIRTUAL_ENV", "GITHUB_")
    return {key: value for key, value in os.environ.items() if not key.startswith(ours)} | {"COLUMNS": "80"}


def install(temporary: pytest.TempPathFactory) -> Installed:
    """The wheel, installed by whichever process of the run comes first."""
    mine = temporary.getbasetemp()
    folder = (mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine) / "packaged"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "files.json").exists():
            _install(Installed(folder))
    return Installed(folder)


def _install(into: Installed) -> None:
    _run(sys.executable, "-m", "hatchling", "build", "-d", str(into.built))
    _run(sys.executable, "-m", "venv", str(into.venv))
    _run(str(into.venv / "bin" / "pip"), "install", "--disable-pip-version-check", str(into.wheel))
    (into.folder / "files.json").write_text(json.dumps(_files(into.venv)))


def _run(*command: str) -> None:
    done = subprocess.run(command, cwd=REPOSITORY, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _files(folder: Path) -> dict[str, list[int]]:
    """Size and time of every file, in nanoseconds."""
    found = ((path, path.lstat()) for path in folder.rglob("*") if not path.is_dir())
    return {str(path.relative_to(folder)): [status.st_size, status.st_mtime_ns] for path, status in found}
