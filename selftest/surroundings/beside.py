"""A process that stands beside the cluster while a surrounding lasts, and says in its log what it does there.

Method: this process holds the other end of its standard input, so that it ends with this one, however that ends. Where it ends
by itself the world is broken in another way than was meant: nothing that is found there proves anything.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from fixtures import embedded
from fixtures.waiting import asked_until
from selftest.fake_suite import REPOSITORY

BEGINS_SECONDS = 30.0


class Beside:
    """A process and its log."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        self.log = log
        self._before = len(self._said())
        with log.open("ab") as written:
            self._process = subprocess.Popen(
                command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=written, stderr=written
            )

    def times(self, word: str) -> int:
        """How often it has said this line."""
        return self._said()[self._before :].count(word)

    def wait_until_it_says(self, word: str) -> None:
        """Wait until it has said this line; raises EmbeddedError where it does not."""
        if not asked_until(lambda: self.times(word), bool, BEGINS_SECONDS):
            raise embedded.EmbeddedError(f"a process beside the cluster did not come up: see {self.log}")

    def end(self) -> None:
        """End it; raises EmbeddedError where it had ended by itself."""
        code = self._process.poll()
        self._process.kill()
        self._process.communicate()
        if code is not None:
            raise embedded.EmbeddedError(f"a process beside the cluster ended by itself, with {code}: see {self.log}")

    def _said(self) -> list[str]:
        return self.log.read_text(errors="replace").splitlines() if self.log.exists() else []


@contextmanager
def beside(command: Sequence[str], log: Path) -> Iterator[Beside]:
    """Have a process for the length of a block; raises EmbeddedError at its end where the process had ended by itself."""
    process = Beside(command, log)
    try:
        yield process
    finally:
        process.end()
