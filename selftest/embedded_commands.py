"""The embedded cluster from the command line, as a person would call it."""

import subprocess
import sys

from selftest.fake_suite import REPOSITORY

FAILED = 1


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What `python -m fixtures.embedded` prints, and its exit code."""
    return subprocess.run([sys.executable, "-m", "fixtures.embedded", *arguments], cwd=REPOSITORY, capture_output=True,
                           text=True, timeout=600, check=False)  # fmt: skip


def refused_in_one_line(*arguments: str) -> str:
    """The one sentence by which a command is refused."""
    done = command(*arguments)
    assert (done.returncode, done.stdout) == (FAILED, ""), done
    (line,) = [line for line in done.stderr.splitlines() if not line.startswith("[")]
    assert line.startswith("embedded: ")
    return line
