"""CONTRIBUTING.md's worked example on a cluster: it keeps the new guarantee, and the mutant breaks it.

Method: the example is followed in a copy of the repository (selftest/example.py), from which the suite is run.
"""

from selftest.example import ADDED, MUTANT, copied, ran
from selftest.fake_suite import PYTEST
from selftest.whole_suite import current


def test_the_cluster_passes_and_the_mutant_turns_it_red(cluster, tmp_path):
    followed = copied(tmp_path / "clone")
    asked = (*PYTEST, "-n0", "--tb=no", f"--guarantee={ADDED}", *current(cluster))
    code, printed = ran(followed, *asked)
    assert (code, "1 passed" in printed) == (6, True), printed
    code, printed = ran(followed, *asked, f"--manifest=web.yaml={followed / MUTANT}")
    assert (code, "1 failed" in printed) == (6, True), printed
    assert "data-web-0 lacks the label app=web" in printed, printed
