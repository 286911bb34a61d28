"""Which scenarios there are, where their tests run, and which guarantees a release is too old for.

Method: the suite's own source is read, as the scheduler reads it.
"""

import pytest

from conformance.guarantees import NODE, REGISTRY, TIERS
from fixtures.deploy import not_promised
from fixtures.scenarios import scenarios
from selftest.fake_suite import REPOSITORY


def test_every_fixture_that_deploys_is_a_scenario_on_each_of_its_tiers():
    found = scenarios(REPOSITORY / "conformance")
    assert {f"ordering.lifetime.{tier}" for tier in TIERS} <= set(found)
    assert [one for one in found if one.startswith("network.")] == [f"network.named.{NODE}"]
    assert len(found) == len(set(found))
    assert not [one for one in found if "test_" in one or "._" in one]


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
    assert not_promised([REGISTRY["identity/labelled-with-ordinal"]], minor) == reason


def test_a_test_of_two_guarantees_runs_where_one_applies():
    both = [REGISTRY[name] for name in ("identity/labelled-with-ordinal", "identity/labelled-with-name")]
    assert not_promised(both, (1, 27)) is None
