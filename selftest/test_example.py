"""CONTRIBUTING.md's worked example: whoever follows it adds a guarantee that is collected and within the rules.

Method: the example is followed in a copy of the repository (selftest/example.py); what a cluster says of it is asked in
test_cluster_example.py.
"""

import sys

from selftest.example import ADDED, STEPS, blocks, copied, ran
from selftest.fake_suite import PYTEST


def test_the_example_says_where_each_block_goes():
    assert tuple(blocks()) == STEPS


def test_without_its_test_the_guarantee_is_refused(tmp_path):
    code, printed = ran(copied(tmp_path / "clone", 3), *PYTEST, "-n0", "--collect-only", "-q")
    assert (code, f"guarantee '{ADDED}' has no test" in printed) == (4, True), printed


def test_followed_to_its_end_it_is_collected_and_within_the_rules(tmp_path):
    followed = copied(tmp_path / "clone")
    code, printed = ran(followed, *PYTEST, "--list", f"--guarantee={ADDED}")
    assert (code, ADDED in printed) == (0, True), printed
    code, printed = ran(
        followed,
        *PYTEST,
        "-n0",
        "-q",
        "selftest/test_checks_labels.py",
        "selftest/test_rules.py",
        "selftest/test_checks_invariants.py",
        "-k",
        "rules or claims_carry_the_selector",
    )
    assert code == 0, printed
    for tool in (("ruff", "check", "--quiet"), ("ruff", "format", "--check", "--quiet"), ("mypy",)):
        code, printed = ran(followed, sys.executable, "-m", *tool)
        assert code == 0, printed
