"""What is asked of the gate in the wrong way is refused in one sentence, before anything is done.

Method: the gate is called as a user would call it, in a process of its own, with no cluster.
"""

import subprocess
import sys

import pytest

from selftest.fake_suite import REPOSITORY, environment


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "an upgrade is judged while a command does it, --upgrade-with COMMAND, or in two phases around it"),
        (("--phase", "before", "--upgrade-with", "true"), "an upgrade is judged while a command does it"),
        (
            ("--phase", "after", "--state", "none.json"),
            "--state none.json: there is no such file; --phase before writes it",
        ),
        (("--phase", "before", "--state", "README.md"), "--state README.md: a fleet waits for its upgrade already"),
    ],
)
def test_a_wrong_call_is_refused_in_one_sentence(options, says, tmp_path):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "conformance/upgrade",
        "-p",
        "no:cacheprovider",
        f"--report-dir={tmp_path / 'r'}",
    ]
    done = subprocess.run(
        [*command, *options], cwd=REPOSITORY, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 4
    assert says in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_the_gate_can_be_listed_without_an_upgrade():
    command = [sys.executable, "-m", "pytest", "conformance/upgrade", "--list"]
    done = subprocess.run(command, cwd=REPOSITORY, env=environment(), capture_output=True, text=True, check=False)
    assert "data/records-are-kept" in done.stdout, done.stdout + done.stderr
    assert "30 guarantees" in done.stdout
