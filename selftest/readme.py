"""The commands that README.md tells its readers, as they stand there.

Method: a block of code that names no language holds commands; what stands behind a `#` is said of one, and not part of it.
"""

from __future__ import annotations

import re

from selftest.fake_suite import REPOSITORY

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"(make|embedded|\.venv/bin/|stateful-conformance|pipx|kind|export KUBECONFIG)\b")


def blocks() -> list[list[str]]:
    """The commands of each block that holds any, in order."""
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    found = [_commands(body) for language, body in BLOCK.findall(text) if not language]
    return [commands for commands in found if commands]


def _commands(body: str) -> list[str]:
    lines = re.sub(r"\\\n\s+", "", body).splitlines()
    told = (re.split(r"\s+#\s", line)[0].strip() for line in lines)
    return [command for command in told if COMMAND.match(command)]
