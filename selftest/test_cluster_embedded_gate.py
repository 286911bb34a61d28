"""The gate on the embedded cluster: what misbehaves is refused for the right reason, and what does nothing may proceed.

Method: the upgrade is a command, so an act that does one harm stands in for it (selftest/acts.py). The gate runs in a process
of its own, with the one member of the fleet that has volumes.
"""

import json
import subprocess
import sys

import pytest

from fixtures import embedded
from selftest.fake_suite import REPOSITORY

NAME = "gate-test"
LEDGER = ("--member", "ledger")


@pytest.fixture(scope="module")
def three_nodes():
    """A cluster of three nodes, so that a budget can spare one."""
    embedded.down(NAME)
    try:
        yield embedded.up(NAME, embedded.specify(nodes=3))
    finally:
        embedded.down(NAME)


def judged(folder, *acts):
    """The exit code of a gate whose upgrade are these acts, its results, and what it printed."""
    command = f"cd {REPOSITORY} && {sys.executable} -m selftest.acts {' '.join(acts)}"
    return gate(folder, "--upgrade-with", command)


def gate(folder, *options):
    """The exit code of a gate with these options, its results, and what it printed."""
    command = [sys.executable, "-m", "pytest", "conformance/upgrade", "-p", "no:cacheprovider", f"--cluster-name={NAME}",
               f"--report-dir={folder}", "--patience=60", *LEDGER, *options]  # fmt: skip
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, json.loads((folder / "results.json").read_text()), done.stdout


def failed(known):
    """The guarantees that are violated."""
    return {one["id"] for one in known["guarantees"] if one["outcome"] == "failed"}


HARMS = [
    (
        "kill-a-pod",
        "restarts/pods-leave-with-their-node",
        "web-1 began to terminate, although nothing was done to node",
    ),
    ("lose-data", "data/records-are-kept", "of web-1 is lost"),
    ("restart-the-set", "identity/sets-stay", "the generation of web became"),
    ("break-the-budget", "availability/budgets-are-kept", "pods were Ready, and the budget protects 2"),
    ("leave-a-node-cordoned", "availability/nodes-are-back", "is still cordoned after the upgrade"),
    ("leave-a-kubelet-stopped", "availability/nodes-are-back", "has not told that it lives since the upgrade"),
    ("swap-two-claims", "data/records-are-kept", "web-0 has a record of web-1"),
    ("make-a-claim-anew", "identity/claims-stay", "data-web-2 was deleted"),
]


def require_told(known, guarantee, says, printed):
    """Fail unless this guarantee is violated, and says this."""
    assert guarantee in failed(known), printed
    (row,) = [one for one in known["guarantees"] if one["id"] == guarantee]
    assert any(says in line for line in row["evidence"]), row["evidence"]


def test_what_does_nothing_may_proceed(three_nodes, tmp_path):
    code, known, printed = judged(tmp_path, "nothing")
    assert failed(known) == set(), printed
    assert {one["outcome"] for one in known["guarantees"] if one["tests"]} == {"passed"}, printed
    # Of the whole fleet one member was there.
    assert code == 6


def test_what_does_several_harms_is_refused_for_each(three_nodes, tmp_path):
    together = ("swap-two-claims", "make-a-claim-anew", "break-the-budget", "kill-a-pod", "restart-the-set")
    code, known, printed = judged(tmp_path, *together)
    assert code == 1, printed
    for act, guarantee, says in HARMS:
        if act in together:
            require_told(known, guarantee, says, printed)


@pytest.mark.parametrize(("act", "guarantee", "says"), HARMS)
def test_what_does_one_harm_is_refused_for_that(three_nodes, tmp_path, act, guarantee, says, request):
    if not request.config.option.each_harm:
        pytest.skip("--each-harm asks for it: half a minute each")
    code, known, printed = judged(tmp_path, act)
    assert code == 1, printed
    require_told(known, guarantee, says, printed)
    mend(three_nodes)


def mend(cluster):
    """Let every node take pods again, and live."""
    embedded.up(NAME, embedded.specify(nodes=3))
    for node in ("node-1", "node-2", "node-3"):
        cluster.kubectl()("uncordon", node)


def test_an_upgrade_between_two_runs_is_judged_by_its_traces(three_nodes, tmp_path):
    state = ("--state", str(tmp_path / "state.json"))
    code, known, printed = gate(tmp_path / "before", "--phase", "before", *state)
    assert (code, failed(known)) == (6, set()), printed
    code, known, printed = gate(tmp_path / "after", "--phase", "after", *state)
    assert (code, failed(known)) == (6, set()), printed
    outcomes = {one["id"]: one["outcome"] for one in known["guarantees"] if one["tests"]}
    assert outcomes["availability/budgets-are-kept"] == "not-applicable"
    assert outcomes["data/records-are-kept"] == "passed"
    assert not (tmp_path / "state.json").exists()
    left = three_nodes.kubectl()("get", "namespaces", "--output=name").splitlines()
    assert [name for name in left if "upgrade-" in name] == []
