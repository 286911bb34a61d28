"""A run is focused by guarantee, subject, level, tier and capability; and is told, by --list and --plan, without a cluster.

Method: pytest runs for real on the real suite in a process of its own, which may not reach any cluster: it only tells.
"""

import re

import pytest

from conformance.guarantees import REGISTRY
from fixtures.scenarios import scenarios
from selftest.fake_suite import REPOSITORY
from selftest.test_usage import PYTEST, USAGE, answer, refused

SCENARIO = re.compile(r"^(\w+\.\w+\.[\w-]+)(?:  \(alone.*\))?$", re.MULTILINE)


def told(folder, *arguments):
    """What a run prints that only tells, and does not write a report."""
    code, printed = answer(folder, *PYTEST, *arguments, KUBECONFIG=str(folder / "none"))
    assert code == 0, printed
    assert not (folder / "report").exists()
    return printed


def listed(printed):
    """The guarantees that --list names, but for those that nothing tests."""
    return re.findall(r"^(?:MUST|SHOULD|MAY) +(\S+)  \((?!untested)", printed, re.MULTILINE)


def test_all_guarantees_are_listed_in_their_order(tmp_path):
    printed = told(tmp_path, "--list")
    assert listed(printed) == [one.id for one in REGISTRY.values() if not one.untested]
    assert all(one.statement in printed for one in REGISTRY.values())
    assert all(one.untested in printed for one in REGISTRY.values())


def test_every_scenario_is_planned_with_what_it_needs_and_creates(tmp_path):
    printed = told(tmp_path, "--plan")
    assert sorted(SCENARIO.findall(printed)) == sorted(scenarios(REPOSITORY / "conformance"))
    assert "what its source says" not in printed
    needs, creates, proves = (re.findall(rf"^    {word} (.+)$", printed, re.MULTILINE) for word in
                              ("needs", "creates a namespace with", "proves"))  # fmt: skip
    assert len(creates) == len(proves) == len(SCENARIO.findall(printed)) <= len(needs)
    assert {*", ".join(proves).split(", ")} <= set(REGISTRY)
    assert "network.named.node\n" in printed
    lines = printed[printed.index("network.named.node") :].splitlines()
    assert lines[2] == "    needs dns, containers, storage"
    assert lines[3] == "    creates a namespace with web.yaml: Service web, StatefulSet web (2 replicas), Pod client"


@pytest.mark.parametrize(
    ("arguments", "keeps"),
    [
        (["--subject=ordering"], lambda one: one.subject == "ordering"),
        (["--subject=ordering", "--subject=network"], lambda one: one.subject in ("ordering", "network")),
        (["--guarantee=network/*", "--guarantee=api/defaults"],
         lambda one: one.subject == "network" or one.id == "api/defaults"),
        (["--level=SHOULD"], lambda one: one.level == "SHOULD"),
        (["--capability=dns"], lambda one: "dns" in one.requires),
        (["--subject=network", "--level=MUST"], lambda one: one.subject == "network" and one.level == "MUST"),
    ],
)  # fmt: skip
def test_only_what_is_in_focus_is_listed(tmp_path, arguments, keeps):
    wanted = {one.id for one in REGISTRY.values() if keeps(one) and not one.untested}
    found = set(listed(told(tmp_path, "--list", *arguments)))
    # A test may prove two guarantees, so another may come along.
    assert wanted <= found
    assert len(found - wanted) <= len(found) // 3


def test_a_tier_leaves_out_the_other(tmp_path):
    planned = SCENARIO.findall(told(tmp_path, "--plan", "--tier=node"))
    assert planned
    assert {one.rpartition(".")[2] for one in planned} == {"node"}


def test_where_only_invariants_are_left_something_drives_the_scenarios(tmp_path):
    printed = told(tmp_path, "--plan", "--guarantee=invariants/counts-agree")
    assert set(SCENARIO.findall(printed)) == {
        one for one in scenarios(REPOSITORY / "conformance") if not one.startswith(("contrast.", "outage."))
    }


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--guarantee=ordering/wait-for-ready"], "there is no such guarantee; did you mean ordering/waits-for-ready?"),
        (["--guarantee=zzz"], "--guarantee zzz: there is no such guarantee; --list says which there are"),
        (["--subject=orderings"], "--subject orderings: there is no such subject; there are api, "),
    ],
)
def test_a_focus_on_nothing_is_refused(tmp_path, arguments, says):
    code, printed = answer(tmp_path, *PYTEST, *arguments)
    assert code == USAGE
    assert says in refused(printed)
