"""The gate on the embedded cluster: what misbehaves is refused for the right reason, and what does nothing may proceed.

Method: the upgrade is a command, so an act that does one harm stands in for it (selftest/acts.py). The gate runs in a process
of its own, with the one member of the fleet that has volumes, and with the account that has just the rights of
manifests/rights/gate.yaml.
"""

import json
import subprocess
import sys

import pytest

from fixtures import embedded, rights
from fixtures.waiting import asked_until
from selftest.accounts import of_runner
from selftest.fake_suite import REPOSITORY
from selftest.whole_suite import current_at

NAME = "gate-test"
LEDGER = ("--member", "ledger")
# Whoever upgrades may do everything, whoever judges that may not; both files go with the cluster.
ADMINISTRATOR = embedded.Cluster(NAME).kubeconfig
RUNNER = ADMINISTRATOR.with_name("runner.kubeconfig")


@pytest.fixture(scope="module")
def three_nodes():
    """A cluster of three nodes, so that a budget can spare one."""
    embedded.down(NAME)
    try:
        cluster = embedded.up(NAME, embedded.specify(nodes=3))
        of_runner(cluster.kubeconfig, RUNNER, rights.GATE)
        yield cluster
    finally:
        embedded.down(NAME)


def judged(folder, *acts):
    """The exit code of a gate whose upgrade are these acts, its results, and what it printed."""
    command = f"cd {REPOSITORY} && KUBECONFIG={ADMINISTRATOR} {sys.executable} -m selftest.acts {NAME} {' '.join(acts)}"
    return gate(folder, "--may-change-nothing", "--upgrade-with", command)


def called(folder, *options):
    """The command of a gate with these options."""
    return [sys.executable, "-m", "pytest", "conformance/upgrade", "-p", "no:cacheprovider", *current_at(RUNNER),
            f"--report-dir={folder}", "--patience=60", *options]  # fmt: skip


def gate(folder, *options, members=LEDGER):
    """The exit code of a gate with these options, its results, and what it printed."""
    done = subprocess.run(
        called(folder, *members, *options), cwd=REPOSITORY, capture_output=True, text=True, timeout=1800, check=False
    )
    return done.returncode, json.loads((folder / "results.json").read_text()), done.stdout


def killed(when, folder, *options, members=()):
    """Have a gate killed as soon as this holds."""
    process = subprocess.Popen(called(folder, *members, *options), cwd=REPOSITORY, stdout=subprocess.PIPE)
    try:
        assert asked_until(lambda: when() or process.poll() is not None, bool, 120)
        assert process.poll() is None, process.stdout.read().decode()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


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
    ("bring-an-old-snapshot-back", "data/records-are-kept", "records, and had told it of"),
    ("restart-the-set", "identity/sets-stay", "the generation of web became"),
    ("break-the-budget", "availability/budgets-are-kept", "pods were Ready, and the budget protects 2"),
    ("leave-a-node-cordoned", "availability/nodes-are-back", "is still cordoned after the upgrade"),
    ("leave-a-kubelet-stopped", "availability/nodes-are-back", "has not told that it lives since the upgrade"),
    ("leave-the-server-stopped", "availability/command-succeeds", "the API server did not answer within 60 s"),
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
    found = outcomes(known)
    assert found.pop("upgrade/takes-place") == "not-applicable"
    assert set(found.values()) == {"passed"}, printed
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
    only_if_each(request)
    code, known, printed = judged(tmp_path, act)
    assert code == 1, printed
    require_told(known, guarantee, says, printed)
    mend(three_nodes)


def mend(cluster):
    """Let every node take pods, and live, and the controllers go on: they ask ever more rarely for a server that was away."""
    embedded.up(NAME, embedded.specify(nodes=3))
    kubectl = cluster.kubectl()
    for node in ("node-1", "node-2", "node-3"):
        kubectl("uncordon", node)
    kubectl("create", "namespace", "mended")
    kubectl("wait", "--for=create", "--timeout=120s", "--namespace=mended", "serviceaccount/default")
    kubectl("delete", "namespace", "mended")


def outcomes(known):
    """The outcome of each guarantee that was asked."""
    return {one["id"]: one["outcome"] for one in known["guarantees"] if one["tests"]}


def fleets(cluster):
    """The namespaces of fleets that are there."""
    listed = cluster.kubectl()("get", "namespaces", "--output=name").splitlines()
    return [name.removeprefix("namespace/") for name in listed if name.startswith("namespace/upgrade-")]


def test_an_upgrade_between_two_runs_is_judged_by_its_traces_even_where_the_second_is_killed(three_nodes, tmp_path):
    state, report = tmp_path / "state.json", tmp_path / "report"
    code, known, printed = gate(report, "--phase=before", f"--state={state}")
    assert (code, failed(known)) == (6, set()), printed
    # Both phases have the same folder for their report, whose histories each run removes.
    arriving = report / "histories" / "crossing.ledger.node.jsonl"
    arriving.unlink()
    killed(arriving.exists, report, "--phase=after", f"--state={state}")
    assert state.exists()
    assert len(fleets(three_nodes)) == 1
    code, known, printed = gate(report, "--phase=after", f"--state={state}", members=())
    assert (code, failed(known)) == (3, set()), printed
    found = outcomes(known)
    assert found.pop("upgrade/takes-place") == "inconclusive"
    unknown = ("availability/budgets-are-kept", "availability/command-succeeds", "availability/volumes-are-told")
    assert {found.pop(name) for name in unknown} == {"not-applicable"}
    # Nobody asked the API server meanwhile, which a MAY only tells.
    assert found.pop("availability/outages-are-told") == "inconclusive"
    assert set(found.values()) == {"passed"}, printed
    assert not state.exists()
    assert fleets(three_nodes) == []


def only_if_each(request):
    """Leave a test out unless the user wants each by itself."""
    if not request.config.option.each_harm:
        pytest.skip("--each-harm asks for it: half a minute each")


SHIFTED = ("--member", "shifted")


def test_what_is_killed_while_the_fleet_is_prepared_leaves_nothing(three_nodes, tmp_path, request):
    only_if_each(request)
    state = tmp_path / "state.json"
    killed(lambda: fleets(three_nodes), tmp_path / "report", "--phase=before", f"--state={state}", members=SHIFTED)
    assert not state.exists()
    left = fleets(three_nodes)
    code, known, printed = gate(tmp_path / "report", "--may-change-nothing", "--upgrade-with=true", members=SHIFTED)
    assert (code, failed(known)) == (6, set()), printed
    assert [f"removed namespace {name}, left behind by a run that was killed" for name in left] == known["warnings"]
    assert not set(left) & set(fleets(three_nodes))


def test_what_is_killed_while_it_goes_on_is_judged_as_far_as_it_had_come(three_nodes, tmp_path, request):
    only_if_each(request)
    state = tmp_path / "state.json"
    code, known, printed = gate(tmp_path / "report", "--phase=before", f"--state={state}", members=SHIFTED)
    assert (code, failed(known)) == (6, set()), printed
    killed(lambda: '"proceeds": true' in state.read_text(), tmp_path / "report", "--phase=after", f"--state={state}")
    code, known, printed = gate(
        tmp_path / "report", "--phase=after", f"--state={state}", "--may-change-nothing", members=()
    )
    assert (code, failed(known)) == (3, set()), printed
    found = outcomes(known)
    assert found["identity/sets-stay"] == found["identity/pods-return"] == "passed"
    assert found["afterwards/scales-by-one"] == "inconclusive"
    assert "the run that went on with the fleet on the new cluster was interrupted" in printed
    assert not state.exists()
    assert fleets(three_nodes) == []


def test_a_fleet_that_does_not_come_to_stand_is_not_upgraded(three_nodes, tmp_path, request):
    only_if_each(request)
    manifest, ran = tmp_path / "ledger.yaml", tmp_path / "ran"
    manifest.write_text((REPOSITORY / "manifests" / "ledger.yaml").read_text().replace("agnhost:", "none:"))
    code, known, printed = gate(
        tmp_path / "report", f"--manifest=ledger.yaml={manifest}", "--patience=5", f"--upgrade-with=touch {ran}"
    )
    assert code == 1, printed
    assert not ran.exists()
    assert failed(known) == {"before/fleet-stands"}
    assert outcomes(known)["data/records-are-kept"] == "inconclusive"
    assert fleets(three_nodes) == []
