"""A user's home with kubeconfigs in it, and whether anything in it has changed.

Method: every file below it is known by its bytes, its times and its place on the disk, but for the folder of our own state.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from fixtures.embedded import build
from fixtures.providers import standing
from selftest import recorded_tools

CONTENT = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "production",
    "clusters": [{"name": "production", "cluster": {"server": "https://127.0.0.1:9"}}],
    "users": [{"name": "production", "user": {"token": "secret"}}],
    "contexts": [{"name": "production", "context": {"cluster": "production", "user": "production"}}],
}
STATE = ".local"


@dataclass(frozen=True)
class Home:
    """The home, the folder of the programs that stand in for the tools, and where these keep what they did."""

    folder: Path
    programs: Path
    recorded: Path

    def known(self) -> dict[str, tuple[object, ...]]:
        """What is there."""
        paths = (path for path in sorted(self.folder.rglob("*")) if path.relative_to(self.folder).parts[0] != STATE)
        return {str(path): _known(path) for path in paths}

    def state(self) -> list[str]:
        """The clusters that we know something of, by provider and name."""
        return sorted(str(path.relative_to(standing.folder())) for path in standing.folder().glob("*/*"))

    def clusters(self, tool: str) -> list[str]:
        """The clusters that the program has."""
        return recorded_tools.clusters(self.recorded, tool)

    def commands(self, tool: str) -> list[list[str]]:
        """What a tool was called with."""
        return [rest for name, *rest in recorded_tools.commands(self.recorded) if name == tool]

    def let(self, mishap: str, happens: bool = True) -> None:
        """Have the tools meet a mishap from now on, or not any more."""
        path = self.recorded / mishap
        path.touch() if happens else path.unlink(missing_ok=True)

    def lacks(self, *programs: str) -> None:
        """Take programs away."""
        for program in programs:
            (self.programs / program).unlink()


def made(folder: Path, monkeypatch: pytest.MonkeyPatch, *kubeconfigs: str, leads_to: Path | None = None) -> Home:
    """A home, with $KUBECONFIG naming these files in it; nothing else is on the PATH than the programs that stand in."""
    home = Home(folder / "home", recorded_tools.install(folder / "programs"), folder / "recorded")
    home.recorded.mkdir()
    for name in (".kube/config", *kubeconfigs):
        path = home.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(CONTENT))
    # What was built stays where it is.
    monkeypatch.setenv("XDG_CACHE_HOME", str(build.cache_folder().parent))
    monkeypatch.setenv("HOME", str(home.folder))
    monkeypatch.setenv("PATH", str(home.programs))
    monkeypatch.setenv(recorded_tools.FOLDER, str(home.recorded))
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(str(home.folder / name) for name in kubeconfigs))
    for name in ("XDG_STATE_HOME", "KIND_EXPERIMENTAL_PROVIDER", recorded_tools.LEADS_TO):
        monkeypatch.delenv(name, raising=False)
    if leads_to:
        monkeypatch.setenv(recorded_tools.LEADS_TO, str(leads_to))
    return home


def _known(path: Path) -> tuple[object, ...]:
    status = path.lstat()
    content = path.read_bytes() if path.is_file() else None
    return content, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_mode, status.st_uid
