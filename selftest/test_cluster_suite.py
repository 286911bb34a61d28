"""The suite on the embedded cluster: a healthy one is conformant, and each natural mutant breaks just what it says.

Method: the suite runs in a process of its own, as a user would run it. A mutant is a manifest that stands in for
another one; its head says which guarantees it breaks, and those that chance decides.
"""

import re
import secrets
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from conformance.guarantees import REGISTRY, Level
from fixtures import tidying
from fixtures.waiting import asked_until
from reports import results
from reports.outcomes import Outcome
from selftest.fake_suite import REPOSITORY
from selftest.natural import MUTANTS
from selftest.whole_suite import current, judge

HERD = "replicaset.yaml"
LACKED = {"expansion", "node-loss"}  # of one node, with volumes that do not grow
ENDS = "invariants/scenarios-reach-their-end"
NAMED = re.compile(r"event \d+ \(rv \d+\): .*\b(web|data|any)\b", re.DOTALL)


@pytest.fixture(scope="module")
def healthy(cluster, tmp_path_factory):
    """The suite's run on the cluster as it is, and the kubeconfig's bytes before it."""
    before = cluster.kubeconfig.read_bytes()
    # By its name, so that the provider's own means of disrupting it are at hand.
    embedded = (f"--cluster-name={cluster.kubeconfig.parent.name}",)
    return judge(tmp_path_factory.mktemp("healthy"), embedded), before


def outcomes(run):
    """The outcome of each guarantee."""
    return {one["id"]: one["outcome"] for one in run.results["guarantees"]}


def test_a_healthy_cluster_is_conformant(healthy):
    run, _ = healthy
    assert run.exit_code == 0, run.printed
    assert run.results["verdict"] == "conformant"
    elsewhere = {one.id for one in REGISTRY.values() if one.gate or one.untested or LACKED & {*one.requires}}
    assert {name for name, outcome in outcomes(run).items() if outcome != "passed"} <= elsewhere
    assert set(outcomes(run).values()) <= {"passed", "not-applicable", None}
    tiers = {(one["id"], test["tier"]) for one in run.results["guarantees"] for test in one["tests"]}
    assert tiers == {(one.id, tier) for one in REGISTRY.values() for tier in one.tiers if not one.untested}


def test_nothing_is_left_behind_and_the_kubeconfig_is_only_read(healthy, cluster):
    run, kubeconfig = healthy
    assert [warning for warning in run.results["warnings"] if "repeated" not in warning] == []
    assert cluster.kubeconfig.read_bytes() == kubeconfig
    names = [one["metadata"]["name"] for one in cluster.request("GET", "/api/v1/namespaces")["items"]]
    assert [name for name in names if name.startswith("conformance-")] == []


def test_only_namespaces_of_runs_that_are_over_are_removed(healthy, cluster):
    # Behind the run on this cluster, which would itself remove them.
    assert healthy
    here = tidying.owner().rpartition("/")[0]
    name = f"owned-{secrets.token_hex(3)}"
    tidying.make(cluster, f"{name}-dead", "selftest", f"{here}/4194305")
    tidying.make(cluster, f"{name}-alive", "selftest", tidying.owner())
    tidying.make(cluster, f"{name}-elsewhere", "selftest", "another machine/1")
    try:
        removed = tidying.remove_abandoned(cluster)
    finally:
        for one in ("dead", "alive", "elsewhere"):
            tidying.remove(cluster, f"{name}-{one}")
    assert [one for one in removed if one.startswith(name)] == [f"{name}-dead"]


def test_ctrl_c_twice_leaves_a_report_and_no_traceback(healthy, cluster, tmp_path):
    assert healthy
    there = _namespaces(cluster)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-n2",
        *current(cluster),
        "--subject=ordering",
        f"--report-dir={tmp_path}/r",
    ]
    with subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        # Whatever a shell started in its background inherits an ignored SIGINT.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:  # fmt: skip
        assert asked_until(lambda: _namespaces(cluster) - there, bool, 60)
        process.send_signal(signal.SIGINT)
        printed = ""
        for line in process.stdout:
            printed += line
            if line.startswith("interrupted: "):
                process.send_signal(signal.SIGINT)
    known = results.read(tmp_path / "r")
    assert (process.returncode, known.finished) == (2, False), printed
    assert "Traceback" not in printed
    assert (
        "interrupted once more: what the run made stays until the next run on this machine removes it" in known.warnings
    )
    tidying.remove_abandoned(cluster)


def _namespaces(cluster):
    """The names of all namespaces."""
    return {one["metadata"]["name"] for one in cluster.request("GET", "/api/v1/namespaces")["items"]}


def test_stored_histories_are_judged_alike(healthy, tmp_path):
    run, _ = healthy
    stored = sorted((run.folder / "conformance-report" / "histories").glob("*.jsonl"))
    assert stored
    command = [sys.executable, "-m", "conformance", "judge", *map(str, stored), f"--report-dir={tmp_path}/again"]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=600, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    again = results.read(tmp_path / "again")
    first = results.read(run.folder / "conformance-report")
    assert _passed(again) == _passed(first)
    assert [one.id for one in again.guarantees if one.outcome not in (None, Outcome.PASSED)] == []


def _passed(judged):
    """How many tests of each guarantee passed: what did not apply to the cluster left no history."""
    counted = {one.id: sum(test.outcome is Outcome.PASSED for test in one.tests) for one in judged.guarantees}
    return {name: number for name, number in counted.items() if number}


@pytest.fixture(scope="module")
def mutated(cluster, tmp_path_factory):
    """The suite's runs with each mutant, two at a time: most of what they do is to wait for what never comes."""
    with ThreadPoolExecutor(max_workers=2) as together:
        yield {
            mutant: together.submit(
                judge, tmp_path_factory.mktemp(mutant.name), current(cluster), "--no-pages", "-n4", *mutant.options
            )
            for mutant in MUTANTS
        }


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_a_mutant_breaks_just_what_it_says(mutant, mutated):
    assert mutant.breaks <= set(REGISTRY)
    run = mutated[mutant].result()
    found = outcomes(run)
    failed = {name for name, outcome in found.items() if outcome == "failed"}
    assert failed - mutant.may_break == mutant.breaks, run.printed
    rest = {name: outcome for name, outcome in found.items() if name not in failed | mutant.may_break}
    # Where a scenario waits in vain, that it did not reach its end is all that is said of what was to follow.
    assert rest.pop(ENDS) in (("passed", "inconclusive") if mutant.stands_in_for != HERD else (None,))
    undecided = {name: outcome for name, outcome in rest.items() if outcome not in ("passed", None)}
    assert undecided == dict.fromkeys(mutant.leaves_open, "inconclusive"), run.printed
    is_promised = any(REGISTRY[name].level is Level.MUST for name in mutant.breaks)
    assert (run.exit_code, run.results["verdict"]) == ((1, "not conformant") if is_promised else (6, "partial"))
    evidence = [line for one in run.results["guarantees"] if one["id"] in failed for line in one["evidence"]]
    assert [line for line in evidence if not NAMED.match(line)] == []
