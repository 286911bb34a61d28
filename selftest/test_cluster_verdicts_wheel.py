"""A user with nothing but a Linux machine and the wheel: one command to a verdict, on a cluster that the wheel brings up.

Method: the wheel is installed as a user would install it, and called from an empty folder; nothing of this tree is on the way.
"""

import pytest

from reports import manifest, results
from reports.outcomes import Outcome
from selftest.packaged import COMMAND, install

NAME = "wheel"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The wheel in an environment of its own, and no cluster left behind."""
    one = install(tmp_path_factory)
    yield one
    one.call(tmp_path_factory.mktemp("behind"), "down", f"--name={NAME}")


def test_the_wheel_brings_a_cluster_up_judges_it_and_takes_it_down(installed, tmp_path):
    part = ("--guarantee", "ordering/waits-for-ready")
    answer = installed.call(tmp_path, "run", "--cluster-name", NAME, "-n2", *part, "--report-dir", "mine", seconds=900)
    assert answer.returncode == 6, answer.stdout + answer.stderr  # a part of the suite is at best partial
    known = results.read(tmp_path / "mine")
    assert (known.errors, known.warnings, known.finished) == ((), (), True)
    (judged,) = [one for one in known.guarantees if one.outcome is not None]
    assert (judged.id, judged.outcome) == ("ordering/waits-for-ready", Outcome.PASSED)
    assert {test.tier for test in judged.tests} == {"control-plane", "node"}
    assert known.reproduce == f"{COMMAND} run --cluster-name {NAME} -n2 {' '.join(part)} --report-dir mine"
    assert manifest.verify(tmp_path / "mine") == []
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert installed.changes() == []
    status = installed.call(tmp_path, "embedded", "status", "--name", NAME)
    assert (status.returncode, status.stdout) == (1, "no cluster\n")


def test_a_cluster_is_brought_up_used_and_taken_down(installed, tmp_path):
    up = installed.call(tmp_path, "up", "--name", NAME, seconds=900)
    assert up.returncode == 0, up.stderr
    kubeconfig = up.stdout.splitlines()[-1]
    part = ("--guarantee", "api/defaults", "-q")
    answer = installed.call(tmp_path, "run", "--cluster=current", "--kubeconfig", kubeconfig, *part)
    assert answer.returncode == 6, answer.stdout + answer.stderr
    assert results.read(tmp_path / "conformance-report").cluster.provider == "current"
    down = installed.call(tmp_path, "down", "--name", NAME)
    assert (down.returncode, down.stdout) == (0, "")
    assert installed.changes() == []
