"""Progress: what runs, what it waits for, how far it is; and that telling it never holds anybody up.

Method: steps are told to a real socket, in this process or by a whole run of the fake suite whose terminal is a pseudo-terminal
or a pipe.
"""

from __future__ import annotations

import os
import pty
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from fixtures.telling import DRIVEN, DRIVES, GOES_ON, SAYS, SCENARIOS, WAITS, Teller
from fixtures.waiting import asked_until
from reports.progress import Progress
from selftest import fake_suite


class Terminal:
    """A terminal that keeps what is written to it."""

    def __init__(self, hasmarkup: bool) -> None:
        self.hasmarkup, self.fullwidth, self.written = hasmarkup, 80, ""

    def write(self, text: str, *, flush: bool) -> None:
        """Keep it."""
        self.written += text


@pytest.fixture
def progress() -> Progress:
    """Progress that is written to a pipe."""
    terminal = Terminal(hasmarkup=False)
    plugins = SimpleNamespace(get_plugin=lambda name: None)
    progress = Progress(SimpleNamespace(get_terminal_writer=lambda: terminal, pluginmanager=plugins))
    yield progress
    progress.end()


def test_a_scenario_is_told_when_it_was_driven_and_how_far_the_run_is(progress):
    for scenario, step, what in [("", SCENARIOS, "2"), ("a.b.node", DRIVES, ""), ("a.b.node", WAITS, "web-0 to run")]:
        progress.hear(scenario, step, what)
    assert re.fullmatch(r"0 of 2 scenarios driven; a\.b\.node waits 0 s for web-0 to run", progress.state())
    progress.hear("a.b.node", GOES_ON, "")
    assert progress.state() == "0 of 2 scenarios driven"
    progress.hear("a.b.node", DRIVEN, "")
    progress.hear("a.b.node", DRIVEN, "")
    assert re.fullmatch(r"\[ +0\.\d s\] 1 of 2 scenarios driven: a\.b\.node, 0\.\d s\n", progress.terminal.written)


def test_the_longest_waits_are_told_first_and_not_all(progress):
    for number in range(5):
        progress.hear(f"scenario {number}", WAITS, "it")
    assert re.findall(r"scenario \d", progress.state()) == ["scenario 0", "scenario 1", "scenario 2"]


def test_a_sentence_about_the_whole_run_is_a_line_of_its_own(progress):
    progress.hear("", SAYS, "the fleet stands")
    assert progress.terminal.written.endswith(" the fleet stands\n")


def test_what_is_told_from_another_process_is_heard(progress):
    loop = progress.pytest_runtestloop()
    next(loop)
    teller = Teller(progress.address)
    teller.tell("", SCENARIOS, "1")
    teller.tell("a.b.node", DRIVES)
    teller.tell("a.b.node", DRIVEN)
    told = "1 of 1 scenarios driven: a.b.node"
    assert asked_until(lambda: progress.terminal.written, lambda written: told in written, 10).count("\n") == 1
    with pytest.raises(StopIteration):
        loop.send(None)
    assert not progress.folder.exists()


def test_nobody_is_held_up_where_nobody_listens(progress):
    Teller(None).tell("a", DRIVES)
    Teller(Path("/nowhere/at/all")).tell("a", DRIVES)
    teller = Teller(progress.address)
    for _ in range(5000):  # more than a socket holds
        teller.tell("a" * 100, DRIVES)


def test_a_run_tells_at_once_what_does_not_hold_and_prints_no_letters(tmp_path):
    wrong = '@proves("storage/keeps")\ndef test_keeps(on_nodes): assert [Violation(on_nodes.log[0], "it went")] == []\n'
    ended = fake_suite.run(tmp_path, storage=wrong)
    line = re.search(r"^\[ +\d+\.\d s\] failed: storage/keeps: (.+)$", ended.printed, re.MULTILINE)
    assert line is not None, ended.printed
    assert "1 violation: event 1 (rv 8121): it went" in line[1]
    assert not re.search(r"^[.FEIns]{2,}$", ended.printed, re.MULTILINE)
    assert "1 failed, 3 passed" in ended.printed


def test_what_is_told_while_a_test_of_this_very_process_runs_is_seen_at_once(tmp_path):
    tells = """
from fixtures.telling import SAYS, SCENARIOS, Teller
from fixtures.waiting import asked_until
from reports.progress import PROGRESS

@proves("storage/keeps")
def test_keeps(on_nodes, request):
    progress = request.config.stash[PROGRESS]
    Teller(progress.address).tell("", SAYS, "the fleet stands")
    Teller(progress.address).tell("", SCENARIOS, "7")
    assert asked_until(lambda: progress.scenarios, lambda number: number == 7, 10) == 7
"""
    ended = fake_suite.run(tmp_path, storage=tells)
    assert ended.exit_code == 0, ended.printed
    (at,) = re.finditer(r"^\[ +\d+\.\d s\] the fleet stands$", ended.printed, re.MULTILINE)
    assert ended.printed.index("collected") < at.start() < ended.printed.index("passed")


@pytest.mark.parametrize("option", ["-q", "-v"])
def test_who_asks_for_less_or_more_gets_what_pytest_prints(tmp_path, option):
    printed = fake_suite.run(tmp_path, option).printed
    assert "scenarios driven" not in printed
    assert re.search(r"^\.\.\.\.|test_keeps PASSED", printed, re.MULTILINE)


def test_on_a_terminal_one_line_is_written_over(tmp_path):
    fake_suite.write(tmp_path)
    ours, theirs = pty.openpty()
    command = [*fake_suite.PYTEST]
    environment = fake_suite.environment() | {"TERM": "xterm"}
    ended = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=theirs, stderr=theirs, close_fds=True)
    os.close(theirs)
    printed = b""
    try:
        while piece := os.read(ours, 65536):
            printed += piece
    except OSError:  # so ends a pseudo-terminal whose other end is closed
        pass
    assert ended.wait(timeout=60) == 0
    assert b"\r\x1b[K" in printed
    os.close(ours)


def test_a_path_that_is_too_long_for_a_socket_costs_the_progress_only(tmp_path, monkeypatch):
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    monkeypatch.setenv("TMPDIR", str(deep))
    ended = fake_suite.run(tmp_path)
    assert ended.exit_code == 0, ended.printed
    assert list(deep.glob("conformance-*")) == []
