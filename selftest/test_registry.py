"""The registry, and the rules of collection: every test names a guarantee, every guarantee has its tests.

Method: a tiny suite that breaks one rule is run by pytest in a process of its own; each break is one clear usage error.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from conformance.guarantees import REGISTRY, SOURCE, Guarantee, Level, RegistryError, load, proves
from reports.deciding import without_group
from selftest.fake_suite import HOLDS, run

GATE = load(SOURCE.parent / "upgrade" / SOURCE.name)
XDIST = ("-n", "2", "--dist", "loadgroup")
ROW = """
[[guarantee]]
id = "a/holds"
level = "MUST"
statement = "It holds."
tiers = ["node"]
source = "https://kubernetes.io/"
"""


def refusal(printed: str) -> str:
    """Give what pytest printed as its one error."""
    assert printed.count("ERROR: ") == 1, printed
    assert "Traceback" not in printed
    return printed.partition("ERROR: ")[2].strip()


@pytest.mark.parametrize("how", [(), XDIST], ids=["alone", "xdist"])
def test_a_test_without_a_guarantee_is_refused(tmp_path: Path, how: tuple[str, ...]) -> None:
    ended = run(
        tmp_path,
        *how,
        storage=HOLDS["storage"] + "def test_nameless(lifetime): pass\n",
    )
    assert ended.exit_code == 4
    assert refusal(ended.printed) == "\n".join(
        f"conformance/test_storage.py::test_nameless[{tier}]: names no guarantee; mark it with @proves"
        for tier in ("control-plane", "node")
    )
    assert ended.results["verdict"] == "no verdict"


def test_a_guarantee_without_a_test_is_refused(tmp_path: Path) -> None:
    ended = run(tmp_path, storage="", contrast="")
    assert ended.exit_code == 4
    assert refusal(ended.printed) == (
        "guarantees.toml: guarantee 'storage/keeps' has no test\n"
        "guarantees.toml: guarantee 'contrast/random' has no test"
    )


def test_a_guarantee_without_a_test_on_one_of_its_tiers_is_refused(tmp_path: Path) -> None:
    one_tier = '@proves("ordering/waits")\n@pytest.mark.tier("node")\ndef test_waits(on_nodes): pass\n'
    ended = run(tmp_path, ordering=one_tier)
    assert ended.exit_code == 4
    assert refusal(ended.printed) == "guarantees.toml: guarantee 'ordering/waits' has no test on the control-plane tier"


def test_a_tier_that_only_the_history_tells_is_missed_by_the_verdict_not_by_collection(tmp_path: Path) -> None:
    ended = run(tmp_path, ordering='@proves("ordering/waits")\ndef test_waits(on_nodes): pass\n')
    assert (ended.exit_code, ended.results["verdict"]) == (6, "partial")
    assert "not run        ordering/waits: on the control-plane tier" in ended.printed


@pytest.mark.parametrize(
    "selection",
    [
        ("conformance/test_ordering.py::test_waits",),
        ("--deselect", "conformance/test_contrast.py::test_random"),
        ("--ignore", "conformance/test_contrast.py"),
    ],
    ids=["test", "deselect", "ignore"],
)
def test_a_selection_need_not_prove_everything(tmp_path: Path, selection: tuple[str, ...]) -> None:
    ended = run(tmp_path, *selection, storage='@proves("contrast/random")\ndef test_also(on_nodes): pass\n')
    assert ended.exit_code == 6


@pytest.mark.parametrize("selection", [(".",), ("conformance/",)], ids=["root", "folder"])
def test_the_whole_suite_is_recognised_however_it_is_named(tmp_path: Path, selection: tuple[str, ...]) -> None:
    assert run(tmp_path, *selection, storage="").exit_code == 4


@pytest.mark.parametrize(
    ("node_id", "shown"),
    [
        ("conformance/test_a.py::test_b[node]@group", "conformance/test_a.py::test_b[node]"),
        ("conformance/test_a.py::test_b@group", "conformance/test_a.py::test_b"),
        ("conformance/test_a.py::test_b[a@b]", "conformance/test_a.py::test_b[a@b]"),
        ("me@home/test_a.py::test_b", "me@home/test_a.py::test_b"),
    ],
)
def test_the_group_of_xdist_is_not_shown(node_id: str, shown: str) -> None:
    assert without_group(node_id) == shown


def test_the_registry_says_its_promises_once_and_each_on_a_tier() -> None:
    assert list(REGISTRY) == [one.id for one in REGISTRY.values()]
    assert len({one.statement for one in REGISTRY.values()}) == len(REGISTRY)


@pytest.mark.parametrize("registry", [REGISTRY, GATE], ids=["suite", "gate"])
def test_each_promise_says_what_harm_it_does_when_it_is_broken(registry: Mapping[str, Guarantee]) -> None:
    promises = [one for one in registry.values() if one.level is not Level.MAY]
    assert [one for one in registry.values() if one.harm] == promises
    assert len({one.harm for one in promises}) == len(promises)
    assert [one.id for one in promises if "\n" in one.harm or len(one.harm) > 170] == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('id = "a/holds"', 'id = "Holds"', "an id reads subject/what-holds"),
        ('level = "MUST"', 'level = "MIGHT"', "'MIGHT' is not a valid Level"),
        ('"It holds."', '"It holds"', "ends with a full stop"),
        ('level = "MUST"', 'level = "MUST"\nharm = "It hurts"', "a harm is one sentence and ends with a full stop"),
        ('level = "MUST"', 'level = "MAY"\nharm = "It hurts."', "a MAY promises nothing, so it has no harm"),
        ('["node"]', '["moon"]', "tiers are some of control-plane, node"),
        ('["node"]', "[]", "tiers are some of control-plane, node"),
        ("https://", "http://", "a source is an https address"),
        ('level = "MUST"\n', "", "level"),
        ('level = "MUST"', 'level = "MUST"\ncolour = "red"', "colour"),
        (ROW, ROW + ROW, "guarantee 'a/holds' stands there twice"),
    ],
)
def test_a_wrong_row_is_refused_in_one_sentence(tmp_path: Path, old: str, new: str, says: str) -> None:
    path = tmp_path / "guarantees.toml"
    path.write_text(ROW)
    assert load(path)["a/holds"].level is Level.MUST
    path.write_text(ROW.replace(old, new))
    with pytest.raises(RegistryError) as refused:
        load(path)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_unknown_id_is_refused_where_it_stands() -> None:
    with pytest.raises(RegistryError, match=r"@proves\('a/b'\): guarantees.toml holds no such guarantee"):
        proves("a/b")
