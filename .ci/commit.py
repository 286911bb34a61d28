"""What a build does beside: it writes down of which commit it is, in a file COMMIT, so that reports can say so.

Method: git is asked where the tree is a clone. A build from an sdist finds there what that one's build has written.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NAME = "COMMIT"
DESCRIBE = ("git", "describe", "--always", "--dirty", "--abbrev=12")  # as reports/collector.py does


class Commit(BuildHookInterface[Any]):
    """Puts the file beside pyproject.toml."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the file before the build, in a folder of its own."""
        self._folder = tempfile.TemporaryDirectory()
        written = Path(self._folder.name, NAME)
        written.write_text(_commit(Path(self.root)) + "\n", encoding="utf-8")
        build_data["force_include"][str(written)] = NAME

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the folder."""
        self._folder.cleanup()


def _commit(root: Path) -> str:
    """The commit of the tree, or nothing where nobody knows."""
    if (root / ".git").exists() and shutil.which("git"):
        told = subprocess.run(DESCRIBE, cwd=root, capture_output=True, text=True, check=False)
        return told.stdout.strip() if told.returncode == 0 else ""
    return (root / NAME).read_text(encoding="utf-8").strip() if (root / NAME).is_file() else ""
