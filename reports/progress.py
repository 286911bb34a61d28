"""Progress while a run is going on: how far it is, what it waits for, and at once whatever did not hold.

Method: the process that collects listens on a socket to which the processes that drive tell each step. On a terminal one line
is kept up to date; elsewhere a plain line is written for each scenario that was driven, and one where there was nothing to tell
for a while. Both take the place of pytest's dots; with -q or -v pytest's own are left.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, TextIO

import pytest
from _pytest._io import TerminalWriter

from reports.deciding import ATTRIBUTE
from reports.outcomes import Outcome

PROGRESS = pytest.StashKey["Progress"]()
QUIET_SECONDS = 10.0
REDRAW_SECONDS = 0.25
LONGEST_DATAGRAM = 65536
MOST_WAITS = 3
ERASE = "\r\x1b[K"
NOT_TOLD = (Outcome.PASSED, Outcome.NOT_APPLICABLE)


def progress_address(config: pytest.Config) -> Path | None:
    """Where to tell what is going on, or None where nobody listens."""
    progress = config.stash.get(PROGRESS, None)
    return progress.address if progress else None


def standard_output() -> TextIO | None:
    """A way of one's own to the standard output, from before pytest captures it; None where there is none."""
    try:
        return os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", errors="replace")
    except (OSError, ValueError):
        return None


class Progress:
    """A plugin of the process that collects: it listens, and writes what is going on.

    `output` is where to write: where this process also runs the tests, pytest holds back whatever is printed meanwhile.
    """

    def __init__(self, config: pytest.Config, output: TextIO | None = None) -> None:
        self.config, self.output = config, output
        self.began = self._told = time.monotonic()
        self.scenarios = 0
        self._driving: dict[str, float] = {}
        self._waiting: dict[str, tuple[str, float]] = {}
        self._driven: set[str] = set()
        self._lock, self._over = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True, name="progress")
        self.folder = Path(tempfile.mkdtemp(prefix="conformance-"))
        self.address = self.folder / "progress"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            self._socket.bind(str(self.address))
        except OSError:
            self.end()
            raise
        self._socket.settimeout(REDRAW_SECONDS)

    @cached_property
    def terminal(self) -> TerminalWriter:
        """Where to write: as pytest's own writer does, which is there once all plugins are configured."""
        known = self.config.get_terminal_writer()
        if self.output is None:
            return known
        terminal = TerminalWriter(self.output)
        terminal.hasmarkup = known.hasmarkup
        return terminal

    @cached_property
    def live(self) -> bool:
        """Whether a line can be written over."""
        return bool(self.terminal.hasmarkup) and os.environ.get("TERM") != "dumb"

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """Tell from the first test to the last, in place of what pytest would write between them."""
        if (reporter := self.config.pluginmanager.get_plugin("terminalreporter")) is not None:
            reporter.showfspath = reporter._show_progress_info = False
        self.config.get_terminal_writer().write("", flush=True)
        self._thread.start()
        try:
            return (yield)
        finally:
            self.end()

    def pytest_unconfigure(self) -> None:
        """Leave nothing behind, however the run ended."""
        self.end()
        if self.output is not None and not self._thread.is_alive():
            self.output.close()

    def end(self) -> None:
        """Stop telling."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        self._socket.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Tell at once what did not hold."""
        said: dict[str, Any] | None = getattr(report, ATTRIBUTE, None)
        if said is not None and said["proof"] and Outcome(said["proof"]["outcome"]) not in NOT_TOLD:
            proof = said["proof"]
            word = Outcome.EXCUSED if said["excused"] else proof["outcome"]
            self._line(f"{word}: {', '.join(said['proves'])}: {proof['message']}")

    def hear(self, scenario: str, step: str, what: str) -> None:
        """Take in a step that a process told."""
        now = time.monotonic()
        if step == "scenarios":
            self.scenarios = int(what)
        elif step == "says":
            self._line(what)
        elif step == "drives":
            self._driving.setdefault(scenario, now)
        elif step == "waits":
            self._waiting[scenario] = what, now
        elif step == "goes on":
            self._waiting.pop(scenario, None)
        elif step == "driven" and scenario in self._driving:
            self._waiting.pop(scenario, None)
            self._driven.add(scenario)
            seconds = now - self._driving.pop(scenario)
            if not self.live:
                self._line(f"{self._how_far()}: {scenario}, {seconds:.1f} s")

    def state(self) -> str:
        """What is going on now, in one line."""
        now = time.monotonic()
        longest = sorted(self._waiting.items(), key=lambda one: one[1][1])[:MOST_WAITS]
        waits = [f"{scenario} waits {now - since:.0f} s for {what}" for scenario, (what, since) in longest]
        return "; ".join([self._how_far(), *waits])

    def _how_far(self) -> str:
        return f"{len(self._driven)} of {self.scenarios or '?'} scenarios driven"

    def _listen(self) -> None:
        drawn = 0.0
        while not self._over.is_set():
            with suppress(TimeoutError):
                self.hear(*json.loads(self._socket.recv(LONGEST_DATAGRAM)))
            now = time.monotonic()
            if self.live and now - drawn >= REDRAW_SECONDS:
                drawn = now
                width = self.terminal.fullwidth - 1
                self._write(f"{ERASE}{self._clock()} {self.state()}"[: width + len(ERASE)])
            elif not self.live and now - self._told >= QUIET_SECONDS:
                self._line(self.state())
        if self.live:
            self._write(ERASE)

    def _line(self, text: str) -> None:
        self._told = time.monotonic()
        self._write(f"{ERASE if self.live else ''}{self._clock()} {text}\n")

    def _clock(self) -> str:
        return f"[{time.monotonic() - self.began:6.1f} s]"

    def _write(self, text: str) -> None:
        with self._lock:
            self.terminal.write(text, flush=True)
