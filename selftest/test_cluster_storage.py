"""Storage on the embedded cluster: a matrix over several StorageClasses, whose scenarios each have a name of their own.

Method: the part of the suite that is about storage and data is run once with two classes: one whose volumes every node reaches,
and one that is made for this test, whose volumes are on the node's own disk, and which allows one node only.
"""

import re
import secrets
import subprocess
import sys

import pytest

from conformance.guarantees import REGISTRY
from fixtures.scenarios import class_of, scenarios
from fixtures.storage import CLASSES
from reports import results
from selftest.fake_suite import REPOSITORY
from selftest.test_usage import PYTEST, USAGE, answer, refused
from selftest.whole_suite import current, judge

PARTIAL, HOSTNAME = 6, "kubernetes.io/hostname"
PART = ("--subject=storage", "--subject=data", "--tier=node")


@pytest.fixture(scope="module")
def classes(cluster):
    """The names of two classes, of which the second allows the first node only; neither is the default one."""
    name = f"pinned-{secrets.token_hex(3)}.node"
    # Beside it there may be some that a run on this cluster has made, without a kubelet.
    nodes = [one["metadata"].get("labels", {}) for one in cluster.request("GET", "/api/v1/nodes")["items"]]
    node = next(labels[HOSTNAME] for labels in nodes if HOSTNAME in labels)
    here = {"key": HOSTNAME, "values": [node]}
    pinned = {
        "metadata": {"name": name},
        "provisioner": "embedded.invalid/folder",
        "volumeBindingMode": "WaitForFirstConsumer",
        "allowedTopologies": [{"matchLabelExpressions": [here]}],
    }
    cluster.request("POST", CLASSES, pinned)
    yield ("shared", name)
    cluster.request("DELETE", f"{CLASSES}/{name}")


@pytest.fixture(scope="module")
def matrix(cluster, classes, tmp_path_factory):
    """The run with all of them, which says of volumes for one pod alone that they can be had."""
    named = [f"--storage-class={name}" for name in classes]
    return judge(tmp_path_factory.mktemp("matrix"), current(cluster), *PART, "--has=single-pod-volumes", *named)


def asked(run):
    """The guarantees about storage and data of which any test was run, and its tests."""
    return {one["id"]: one for one in run.results["guarantees"] if one["tests"] and re.match("storage|data", one["id"])}


def test_what_is_promised_of_storage_holds_with_each_class(matrix):
    assert matrix.exit_code == PARTIAL, matrix.printed
    found = {name: one["outcome"] for name, one in asked(matrix).items()}
    elsewhere = {name for name in found if {*REGISTRY[name].requires} & {"controller-restart", "api-server-restart",
                                                                         "expansion", "node-loss"}}  # fmt: skip
    assert elsewhere
    assert {name: outcome for name, outcome in found.items() if outcome != "passed"} == dict.fromkeys(
        elsewhere, "not-applicable"
    )
    assert {"storage/runs-where-its-volume-is", "storage/one-pod-at-a-time"} <= {*found} - elsewhere


def test_each_class_has_tests_and_histories_of_its_own(matrix, classes):
    for name, one in asked(matrix).items():
        ids = [test["id"] for test in one["tests"]]
        for storage_class in () if name == "storage/default-class" else classes:
            of_class = [test for test in ids if f"[{storage_class}-node]" in test]
            assert of_class or "node-loss" in REGISTRY[name].requires, (name, storage_class)
    stored = {path.stem for path in (matrix.folder / "conformance-report" / "histories").glob("*.jsonl")}
    by_class = {one for one in scenarios(REPOSITORY / "conformance", classes) if class_of(one) and one in stored}
    assert {class_of(one) for one in by_class} == {*classes}
    assert len(by_class) % len(classes) == 0
    for one in by_class:
        text = (matrix.folder / "conformance-report" / "histories" / f"{one}.jsonl").read_text()
        assert f'"storageClassName":"{class_of(one)}"' in text.replace('": "', '":"')


def test_the_histories_are_judged_alike_again(matrix, tmp_path):
    stored = sorted((matrix.folder / "conformance-report" / "histories").glob("*.jsonl"))
    command = [sys.executable, "-m", "conformance", "judge", *map(str, stored), f"--report-dir={tmp_path}/again"]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    first, again = results.read(matrix.folder / "conformance-report"), results.read(tmp_path / "again")
    passed = {test.id for one in first.guarantees for test in one.tests if str(test.outcome) == "passed"}
    assert passed <= {test.id for one in again.guarantees for test in one.tests if str(test.outcome) == "passed"}


def test_a_class_that_is_not_there_is_refused_before_anything_is_deployed(cluster, tmp_path):
    arguments = ("--storage-class=fast", "conformance/test_storage.py")
    code, printed = answer(tmp_path, *PYTEST, *current(cluster), *arguments)
    assert code == USAGE
    assert refused(printed).startswith("--storage-class fast: there is no such StorageClass; there are folder, ")


@pytest.mark.parametrize("arguments", [("conformance/upgrade", "--upgrade-with=true"), ("conformance/workload",)])
def test_a_gate_and_a_database_have_one_class(tmp_path, arguments):
    code, printed = answer(tmp_path, *PYTEST, *arguments, "--storage-class=folder", "--storage-class=shared")
    assert code == USAGE
    assert refused(printed).endswith("has one class for all its claims; judge another in another run")
