"""Which scenarios there are, where their tests run, and which guarantees a release is too old for.

Method: the suite's own source is read, as the scheduler reads it.
"""

import socket
from dataclasses import replace
from types import SimpleNamespace

import pytest

from conformance.guarantees import CONTROL_PLANE, NODE, REGISTRY, TIERS
from conformance.history import Inconclusive
from fixtures.cluster import Cluster
from fixtures.deploy import not_promised
from fixtures.features import FIELDS, is_on
from fixtures.scenarios import scenarios
from selftest.fake_suite import REPOSITORY
from selftest.test_usage import kubeconfig


def test_every_fixture_that_deploys_is_a_scenario_on_each_of_its_tiers():
    found = scenarios(REPOSITORY / "conformance")
    assert {f"ordering.lifetime.{tier}" for tier in TIERS} <= set(found)
    assert [one for one in found if one.startswith("network.")] == [f"network.named.{NODE}"]
    assert len(found) == len(set(found))
    assert not [one for one in found if "test_" in one or "._" in one]


def a_run(minor=(1, 37), *, capabilities=("containers", "storage"), gates=(), classes=()):
    """What is asked of a run in order to know what applies to its cluster."""
    return SimpleNamespace(
        cluster=SimpleNamespace(minor=minor, capabilities=capabilities),
        is_on=lambda gate: gate in gates,
        class_named=lambda name: next((one for one in classes if name in ("", one.name)), None),
    )


@pytest.mark.parametrize(
    ("minor", "reason"),
    [
        ((1, 27), "promised since Kubernetes 1.28, and this cluster is 1.27"),
        ((1, 28), None),
        ((1, 100), None),
        ((2, 0), None),
    ],
)
def test_a_guarantee_applies_from_its_release_on(minor, reason):
    assert not_promised([REGISTRY["identity/labelled-with-ordinal"]], a_run(minor), NODE) == reason


def test_a_test_of_two_guarantees_runs_where_one_applies():
    both = [REGISTRY[name] for name in ("identity/labelled-with-ordinal", "identity/labelled-with-name")]
    assert not_promised(both, a_run((1, 27)), NODE) is None


def test_a_guarantee_applies_where_its_capability_is_declared():
    needy = replace(REGISTRY["identity/labelled-with-name"], requires=("dns", "node-objects"))
    reason = "needs the capability node-objects, which nobody declared for this cluster"
    assert not_promised([needy], a_run(capabilities=("dns",)), CONTROL_PLANE) == reason
    assert not_promised([needy], a_run(capabilities=("dns", "node-objects")), CONTROL_PLANE) is None


def test_what_runs_on_nodes_needs_containers():
    plain = REGISTRY["identity/labelled-with-name"]
    reason = "needs the capability containers, which nobody declared for this cluster"
    assert not_promised([plain], a_run(capabilities=()), NODE) == reason
    assert not_promised([plain], a_run(capabilities=()), CONTROL_PLANE) is None


def test_a_guarantee_applies_where_its_gate_is_on():
    gated = replace(REGISTRY["identity/labelled-with-name"], gate="MaxUnavailableStatefulSet")
    reason = "needs the feature gate MaxUnavailableStatefulSet, which is off on this cluster"
    assert not_promised([gated], a_run(), CONTROL_PLANE) == reason
    assert not_promised([gated], a_run(gates=("MaxUnavailableStatefulSet",)), CONTROL_PLANE) is None


def test_every_gate_of_the_registry_can_be_probed():
    assert {one.gate for one in REGISTRY.values() if one.gate} <= set(FIELDS)


def test_a_gate_that_nobody_can_be_asked_for_decides_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("fixtures.waiting.TRANSPORT_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    away = Cluster(kubeconfig(tmp_path, port))
    with pytest.raises(Inconclusive, match="whether the feature gate MaxUnavailableStatefulSet is on, nobody says: "):
        is_on(away, "MaxUnavailableStatefulSet")
