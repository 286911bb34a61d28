"""Every command that README.md tells is run as it stands there, or it is said which test runs it.

Method: in a copy of the repository, by a shell. What a reader would put in is put in (`FILLED_IN`); tests are narrowed to one
guarantee by the environment. What takes minutes is run with --each-command only.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures import embedded
from selftest.example import LEFT_OUT
from selftest.fake_suite import REPOSITORY
from selftest.readme import blocks

NAME = "readme"
ONE = "--guarantee=ordering/waits-for-ready --tier=control-plane"
OF_THE_GATE = "--member=available --may-change-nothing"
OF_THE_DATABASE = "--guarantee=mysql/server-ids"
PARTIAL = 6
FILLED_IN = {
    "--kubeconfig=PATH --context=kind-kind": "--kubeconfig=$KUBECONFIG",
    "BEFORE/results.json AFTER/results.json": "reports/samples/healthy/results.json reports/samples/healthy/results.json",
    '"kubeadm upgrade apply -y v1.37.2"': "true",
    "CLONE": ".",
    "./kube-controller-manager": "$(echo ~/.cache/embedded-kubernetes/kubernetes-v1.37.2-*/kube-controller-manager)",
    "load image.tar": "load ~/.cache/embedded-kubernetes/image-*.tar",
    "--for 60": "--for 1",
    "--for 10": "--for 1",
}
# By which test, or part of make, a command is run that is not run here.
ELSEWHERE = {
    "make test": ".ci/run",
    "make setup": ".ci/run",
    "make dist": "test_packaging.py",
    "pipx install dist/stateful_conformance-*.whl": "test_packaging.py",
    "stateful-conformance run": "test_cluster_embedded_wheel.py",
    "stateful-conformance run --cluster=current": "test_cluster_embedded_wheel.py",
    ".venv/bin/pytest": "test_cluster_suite.py",
    ".venv/bin/pytest --cluster=kind --nodes 3 --kubernetes-version v1.37.2": "make kind",
    ".venv/bin/pytest conformance/workload --cluster=current": "make workload",
}
# What makes a cluster of several nodes, or of another release, or waits for long.
SLOW = ("make conformance", "make upgrade-gate", "make workload", "--name three", "--name old", "--name mixed", "--name mine",
        "--name online", "--for ", "embedded ")  # fmt: skip
EXPECTED = {"make conformance": 2, "make workload": 2}
SHELL = """
embedded() {
    local verb=$1; shift
    # A reader has it up when it comes to that.
    case $verb in up | down | status) ;; *) .venv/bin/python -m fixtures.embedded up --name readme ;; esac
    .venv/bin/python -m fixtures.embedded "$verb" --name readme "$@"
}
"""


def commands():
    """All of them, in order, each once."""
    return list(dict.fromkeys(command for block in blocks() for command in block))


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A copy of the repository with its virtual environment; clusters that are made in it are taken down."""
    folder = tmp_path_factory.mktemp("readme") / "clone"
    shutil.copytree(REPOSITORY, folder, ignore=LEFT_OUT)
    shutil.copytree(REPOSITORY / "reports" / "samples", folder / "reports" / "samples")
    (folder / ".venv").symlink_to(Path(sys.prefix))
    yield folder
    for name in (NAME, "three", "old", "mixed", "mine", "online"):
        embedded.down(name)


def test_what_is_run_elsewhere_is_told_in_the_readme():
    assert [command for command in ELSEWHERE if command not in commands()] == []


def run(clone, command, kubeconfig):
    """Run a command as a reader would; gives its exit code, and what it printed."""
    for said, filled in FILLED_IN.items():
        command = command.replace(said, filled)
    narrowed = OF_THE_GATE if "upgrade" in command else OF_THE_DATABASE if "workload" in command else ONE
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    ended = subprocess.run(
        ["bash", "-c", SHELL + command], cwd=clone, env=kept | {"PYTEST_ADDOPTS": narrowed, "KUBECONFIG": kubeconfig},
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    return ended.returncode, ended.stdout + ended.stderr


def test_each_command_does_what_it_is_told_for(clone, cluster, request):
    slowly = request.config.getoption("--each-command")
    for command in commands():
        is_slow = any(word in command for word in SLOW)
        if command in ELSEWHERE or (is_slow and not slowly):
            continue
        code, printed = run(clone, command, str(cluster.kubeconfig))
        assert "Traceback" not in printed, f"{command}\n{printed}"
        asked = "pytest" in command and "upgrade" not in command
        assert code == EXPECTED.get(command, PARTIAL if asked else 0), f"{command}\n{printed}"
