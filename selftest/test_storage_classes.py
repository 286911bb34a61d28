"""What is about storage is asked with each StorageClass that the user names, under a name of its own; all else as before.

Method: pytest collects the real suite in a process of its own, without a cluster. Classes are called as badly as they may be.
"""

import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from conformance.guarantees import NODE, REGISTRY, TIERS
from fixtures import storage
from fixtures.cluster import ApiError, ClusterError
from fixtures.deploy import not_promised
from fixtures.scenarios import class_of, is_by_class, scenarios
from fixtures.scheduling import ByScenario
from fixtures.storage import StorageClass, of_class
from fixtures.waiting import TransportError
from reports.deciding import tier_in
from selftest.fake_suite import REPOSITORY
from selftest.test_deploy import a_run

SUITE = REPOSITORY / "conformance"
CLASSES = ("fast.ssd", "node-local", "x-control-plane")
WEB = {
    "kind": "StatefulSet",
    "spec": {"replicas": 1, "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"accessModes": ["RWO"]}}]},
}
FOLDER = {"metadata": {"name": "folder"}, "volumeBindingMode": "WaitForFirstConsumer"}
GROWING = {"metadata": {"name": "growing"}, "volumeBindingMode": "Immediate", "allowVolumeExpansion": True}
REFUSES, AWAY = ApiError(403, "Forbidden", "no"), TransportError("no answer")
ZONED = {"metadata": {"name": "zoned"}, "allowedTopologies": [{"matchLabelExpressions": []}]}


def collected(*arguments):
    """The ids of the tests that such a run has."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n0", "-q", "--collect-only", *arguments]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=600, check=True)
    return [line for line in done.stdout.splitlines() if "::" in line]


@pytest.fixture(scope="module")
def plain():
    return collected()


@pytest.fixture(scope="module")
def matrix():
    return collected(*(f"--storage-class={name}" for name in CLASSES))


def test_nothing_is_called_otherwise_where_no_class_is_named(plain):
    assert not [one for one in plain if any(name in one for name in CLASSES)]
    assert "conformance/test_storage.py::test_each_pod_mounts_a_claim_of_its_own[node]" in plain


def test_what_is_about_storage_is_asked_with_each_class(plain, matrix):
    for name in CLASSES:
        for tier in TIERS:
            assert f"conformance/test_storage.py::test_each_pod_mounts_a_claim_of_its_own[{name}-{tier}]" in matrix
    kept = {*plain} & {*matrix}
    left = [one for one in plain if one not in kept]
    assert len(matrix) == len(kept) + len(CLASSES) * len(left)
    # Every other test is called as it was, and its history too.
    assert {one for one in kept if "test_storage.py" in one} == set()
    assert {one for one in left if "test_ordering.py" in one or "test_api.py" in one} == set()
    assert "conformance/test_claims.py::test_a_claim_of_no_class_gets_the_default_class[node]" in kept


def test_all_that_is_asked_of_one_scenario_stays_together(matrix):
    scheduler = ByScenario.__new__(ByScenario)
    scheduler.config = SimpleNamespace(rootpath=REPOSITORY)
    invariants = [one for one in matrix if "test_invariants.py" in one]
    own = {scheduler._split_scope(one) for one in matrix if one not in invariants}
    assert invariants
    assert {scheduler._split_scope(one) for one in invariants} <= own
    assert "conformance/test_storage.py::scaled[fast.ssd-node]" in own


def test_a_scenario_has_its_class_in_its_name():
    found = scenarios(SUITE, CLASSES)
    assert "storage.scaled.fast.ssd.node" in found
    assert "storage.scaled.node" not in found
    assert "ordering.lifetime.node" in found
    assert {class_of(one) for one in found} == {"", *CLASSES}
    assert scenarios(SUITE, ()) == scenarios(SUITE)
    assert {*scenarios(SUITE)} >= {one for one in found if not class_of(one)}


@pytest.mark.parametrize(
    ("module", "scenario", "by_class"),
    [
        ("storage", "scaled", True),
        ("data", "crashed", True),
        ("claims", "described", True),
        ("claims", "classless", False),
        ("data", "nodes_lost", False),
        ("ordering", "lifetime", False),
    ],
)
def test_a_scenario_is_driven_for_each_class_where_something_about_storage_is_asked(module, scenario, by_class):
    assert is_by_class(SUITE / f"test_{module}.py", scenario) is by_class


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("tier", TIERS)
def test_the_tier_is_known_whatever_the_class_is_called(name, tier):
    assert tier_in(f"{name}-{tier}") == tier
    assert tier_in(f"storage.scaled.{name}.{tier}") == tier


def of(classes):
    """A cluster that has these classes, or refuses to say."""

    def request(*_):
        if isinstance(classes, Exception):
            raise classes
        return {"items": classes}

    return SimpleNamespace(request=request)


def test_a_class_says_what_its_volumes_have():
    known = storage.named(of([FOLDER, GROWING, ZONED]), ["zoned", "folder", "growing", "folder"], [])
    assert known == (
        StorageClass("zoned", ("topology",)),
        StorageClass("folder", ("topology",)),
        StorageClass("growing", ("expansion",)),
    )
    assert storage.named(of([GROWING]), ["growing"], ["expansion"]) == (StorageClass("growing"),)
    assert storage.named(of(REFUSES), [], []) == ()


@pytest.mark.parametrize(
    ("classes", "says"),
    [
        ([GROWING, FOLDER], "--storage-class fast: there is no such StorageClass; there are folder, growing"),
        ([], "--storage-class fast: there is no such StorageClass; there is none at all"),
        (REFUSES, "--storage-class: which classes there are, the API server does not say: 403 Forbidden: no"),
        (AWAY, "--storage-class: which classes there are, the API server does not say: no answer"),
    ],
)
def test_a_class_that_is_not_there_is_refused_in_one_sentence(classes, says):
    with pytest.raises(ClusterError) as wrong:
        storage.named(of(classes), ["fast"], [])
    assert str(wrong.value) == says


def test_claims_are_of_the_class_that_is_named():
    fast = StorageClass("fast")
    (template,) = of_class(WEB, fast)["spec"]["volumeClaimTemplates"]
    assert template == {"metadata": {"name": "data"}, "spec": {"accessModes": ["RWO"], "storageClassName": "fast"}}
    claim = {"kind": "PersistentVolumeClaim", "spec": {"accessModes": ["RWO"]}}
    assert of_class(claim, fast)["spec"]["storageClassName"] == "fast"
    for other in (WEB, claim, {"kind": "Service", "spec": {}}, {"kind": "ConfigMap"}):
        assert of_class(other, None) == other
    for other in ({"kind": "Service", "spec": {}}, {"kind": "ConfigMap"}):
        assert of_class(other, fast) == other


def test_a_class_decides_what_applies_to_its_scenarios():
    grows = REGISTRY["storage/expansion"]
    classes = (StorageClass("first"), StorageClass("growing", ("expansion",)))
    declared = a_run(capabilities=("containers", "storage", "expansion"), classes=classes)
    says = "needs the capability expansion, which the StorageClass first does not say that it has"
    assert not_promised([grows], declared, f"claims.expanded.first.{NODE}") == says
    assert not_promised([grows], declared, f"claims.expanded.{NODE}") == says
    assert not_promised([grows], declared, f"claims.expanded.growing.{NODE}") is None
    undeclared = a_run(capabilities=("containers", "storage"), classes=classes)
    assert not_promised([grows], undeclared, f"claims.expanded.growing.{NODE}") is None
    nobody = "needs the capability expansion, which nobody declared for this cluster"
    assert not_promised([grows], a_run(), f"claims.expanded.{NODE}") == nobody


def test_names_in_the_source_are_those_of_classes_only():
    """A name of a scenario without a class has three parts, so that whatever stands between is the class."""
    assert {one.count(".") for one in scenarios(SUITE)} == {2}
    assert all(re.fullmatch(r"\w+\.\w+\.[\w-]+", one) for one in scenarios(SUITE))
