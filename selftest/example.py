"""CONTRIBUTING.md's worked example, followed in a copy of the repository, step by step.

Method: its blocks of code are written where the text says that they go.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from selftest.fake_suite import REPOSITORY, environment

ADDED = "storage/claims-carry-the-selector"
# Where a block goes is the last path in the sentence before it; a row goes to the end of what is there.
BLOCK = re.compile(r"`([\w/.-]+)`:\n\n```\w+\n(.*?)```\n", re.DOTALL)
NAME, CHECK = "claims_carry_the_selector", "conformance/checks/labels.py"
WEB, MUTANT = "manifests/web.yaml", "manifests/mutants/claim-by-hand.yaml"
STEPS = ("conformance/guarantees.toml", CHECK, "selftest/test_checks_labels.py",
         "conformance/test_labels.py", MUTANT)  # fmt: skip
LEFT_OUT = shutil.ignore_patterns(".*", "*-report*", "__pycache__", "samples", "docs")
# What mypy knows of the files that are as they were: without it, it looks at all of them and at all that they import.
KNOWN_TYPES = ".mypy_cache"


def blocks() -> dict[str, str]:
    """What the example says, by where it goes."""
    text = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return dict(BLOCK.findall(text.partition("## Adding a guarantee")[2].partition("\n## ")[0]))


def copied(folder: Path, steps: int = len(STEPS)) -> Path:
    """A copy of the repository, made in this folder, in which so many steps of the example are taken."""
    shutil.copytree(REPOSITORY, folder, ignore=LEFT_OUT)
    if (REPOSITORY / KNOWN_TYPES).is_dir():
        shutil.copytree(REPOSITORY / KNOWN_TYPES, folder / KNOWN_TYPES)
    for path in STEPS[:steps]:
        there = folder / path
        before = there.read_text(encoding="utf-8") + "\n" if there.exists() else ""
        behind = (folder / WEB).read_text(encoding="utf-8") if path == MUTANT else ""
        there.write_text(before + blocks()[path] + behind, encoding="utf-8")
    if steps > STEPS.index(CHECK):
        _join_the_others(folder)
    return folder


def _join_the_others(folder: Path) -> None:
    """Put the check among the others of the package, where the alphabet has it."""
    path = folder / "conformance" / "checks" / "__init__.py"
    text = path.read_text(encoding="utf-8")
    for before, line in (
        ("from conformance.checks.network import", f"from conformance.checks.labels import {NAME}\n"),
        ('    "claims_come_first",', f'    "{NAME}",\n'),
    ):
        text = text.replace(before, line + before)
    path.write_text(text, encoding="utf-8")


def ran(folder: Path, *command: str) -> tuple[int, str]:
    """What a command came to in the copy: its exit code, and what it printed; raises TimeoutExpired."""
    ended = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, check=False, timeout=600
    )
    return ended.returncode, ended.stdout + ended.stderr
