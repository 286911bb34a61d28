"""What is asked of the gate in the wrong way is refused in one sentence, before anything is done.

Method: the gate is called as a user would call it, in a process of its own, with no cluster.
"""

import json
import subprocess
import sys

import pytest

from selftest.crossings import crossing
from selftest.fake_suite import REPOSITORY, WORKLOAD, environment

GATE = (sys.executable, "-m", "pytest", "conformance/upgrade", "-p", "no:cacheprovider")
COMMAND = ("--upgrade-with", "true")
KEPT = {"namespace": "n", "manifest": WORKLOAD, "replicas": 3, "was_ready": True, "history": "h.jsonl"}
STATE = {"format": 2, "cluster": "uid", "upgrade": "u", "version": "v1.36.3", "proceeds": False,
         "members": {"paused.control-plane": KEPT, "ledger.node": KEPT}}  # fmt: skip


def answer(*options, **more):
    """The exit code of a gate, and what it printed."""
    done = subprocess.run([*GATE, *options], cwd=REPOSITORY, env=environment() | more, capture_output=True, text=True,
                          timeout=600, check=False)  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def refused(tmp_path, *options):
    """The sentence by which the gate refuses."""
    code, printed = answer(f"--report-dir={tmp_path / 'r'}", *options, KUBECONFIG=str(tmp_path / "none"))
    assert code == 4, printed
    assert "Traceback" not in printed
    assert printed.count("ERROR: ") == 1, printed
    return printed.partition("ERROR: ")[2].strip()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "an upgrade is judged while a command does it, --upgrade-with COMMAND, or in two phases around it"),
        (("--phase", "before", *COMMAND), "an upgrade is judged while a command does it"),
        (
            ("--phase", "after", "--state", "none.json"),
            "--state none.json: there is no such file; --phase before writes it",
        ),
        (("--phase", "before", "--state", "README.md"), "--state README.md: a fleet waits for its upgrade already"),
        (("--phase", "before", "--state", "selftest"), "--state selftest: cannot be written: is a folder"),
        (("--phase", "after", "--state", "selftest"), "--state selftest: cannot be read: Is a directory"),
        (("--phase", "before", "--state", "none/s.json"), "--state none/s.json: cannot be written: No such file or"),
        (("--phase", "after", "--state", "README.md"), "--state README.md: is not what --phase before writes: "),
        (
            (*COMMAND, "--max-unavailable-seconds=nan"),
            "--max-unavailable-seconds nan: a number of seconds, more than none",
        ),
        (
            (*COMMAND, "--max-unavailable-seconds=-1"),
            "--max-unavailable-seconds -1: a number of seconds, more than none",
        ),
        ((*COMMAND, "--max-unavailable-seconds=inf"), "--max-unavailable-seconds inf: a number of seconds"),
        ((*COMMAND, "--upgrade-timeout=0"), "--upgrade-timeout 0: a number of seconds, more than none"),
        ((*COMMAND, "--patience=nan"), "--patience nan: seconds to wait, more than none"),
        (("--phase", "before", "--upgrade-timeout=9"), "--upgrade-timeout ends the command of --upgrade-with"),
    ],
)
def test_a_wrong_call_is_refused_in_one_sentence(options, says, tmp_path):
    assert refused(tmp_path, *options).startswith(says)


@pytest.mark.parametrize(
    ("change", "options", "says"),
    [
        ({"format": 1}, (), "is of the format 1, and this suite reads format 2"),
        ({"members": {}}, (), "names no member of a fleet"),
        ({"members": {"lost.node": KEPT}}, (), "names lost.node, and this suite has no such member"),
        (
            {},
            ("--member=paused",),
            "--member: the fleet that waits is ledger, paused; without --member all of it is judged",
        ),
    ],
)
def test_what_an_earlier_run_has_left_is_read_before_a_cluster_is_asked_for(change, options, says, tmp_path):
    path = tmp_path / "state.json"
    (tmp_path / "state-histories").mkdir()
    crossing("+0 r0 = [").write(tmp_path / "state-histories" / "h.jsonl")
    path.write_text(json.dumps(STATE | change))
    assert says in refused(tmp_path, "--phase=after", f"--state={path}", *options)
    assert json.loads(path.read_text()) == STATE | change


COLLECTED = """
import sys, types, pytest
from pathlib import Path
from conformance.upgrade import conftest
from fixtures.cluster import Cluster
option = types.SimpleNamespace(phase="before", state=Path("s.json"))
config = types.SimpleNamespace(option=option, stash={conftest.RUN: types.SimpleNamespace(
    cluster=Cluster(Path("none"), ends_with_runs=sys.argv[1] == "ends"))})
try:
    conftest.pytest_collection(types.SimpleNamespace(config=config))
except pytest.UsageError as wrong:
    print(wrong)
"""


@pytest.mark.parametrize(
    ("cluster", "says"), [("ends", "the cluster ends with this run, and the fleet with it"), ("stays", "")]
)
def test_no_fleet_is_left_on_a_cluster_that_ends_with_the_run(cluster, says):
    done = subprocess.run([sys.executable, "-c", COLLECTED, cluster], cwd=REPOSITORY, env=environment(),
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert says in done.stdout
    assert bool(says) == bool(done.stdout)


LACKING = """
import sys
from conformance.upgrade.conftest import MEMBERS, _lacking
for name in ("ledger.node", "paused.control-plane"):
    print(_lacking(MEMBERS[name], sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("capabilities", "says"),
    [
        (("containers", "storage", "dns"), "None"),
        (("containers", "dns"), "needs the capability storage, which nobody declared for this cluster"),
        (("containers", "storage"), "needs the capability dns, which nobody declared for this cluster"),
    ],
)
def test_what_a_cluster_lacks_no_member_is_made_to_need(capabilities, says):
    done = subprocess.run([sys.executable, "-c", LACKING, *capabilities], cwd=REPOSITORY, env=environment(),
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout.splitlines() == [says, "None"]


def told(*options):
    """What a gate prints that only tells."""
    code, printed = answer(*options)
    assert code == 0, printed
    return printed


def test_the_gate_can_be_listed_without_an_upgrade():
    printed = told("--list")
    assert "MUST   data/records-are-kept  (node; needs containers, storage)" in printed
    assert "MUST   identity/sets-stay  (control-plane, node; needs containers, storage)" in printed
    assert "()" not in printed
    assert "31 guarantees" in printed


def test_the_gate_can_be_planned():
    printed = told("--plan")
    assert "20 scenarios" in printed
    assert (
        "crossing.ledger.node\n    Three replicas, each of which writes numbered records to its claim, under a budget.\n"
        "    needs containers, storage, dns\n"
        "    creates a namespace with ledger.yaml: Service web, Service early, StatefulSet web (3 replicas)\n"
    ) in printed
    assert "    goes on where crossing.paused.control-plane ends\n" in printed


def test_what_asks_nothing_of_a_cluster_needs_no_upgrade():
    for option in ("--markers", "--fixtures", "--collect-only"):
        told(option, "-q")


@pytest.mark.parametrize(
    ("options", "keeps"),
    [
        (["--tier=node"], {"node"}),
        (["--tier=control-plane"], {"control-plane"}),
        (["--capability=storage"], {"node"}),
    ],
)
def test_the_gate_can_be_focused_by_tier_and_capability(options, keeps):
    scenarios = [line.partition("  ")[0] for line in told("--plan", *options).splitlines()
                 if line.startswith(("crossing.", "afterwards."))]  # fmt: skip
    assert {scenario.rpartition(".")[2] for scenario in scenarios} == keeps
