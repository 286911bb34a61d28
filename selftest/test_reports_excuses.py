"""Excuses: a violation that the cluster's owner lives with decides nothing, and an excuse of what holds turns the run red.

Method: a tiny suite is run by pytest in a process of its own, with a file of excuses; files that cannot be used are refused
in one sentence.
"""

import pytest

from conformance.guarantees import REGISTRY
from reports import excuses
from reports.excuses import ExcusesError
from selftest.fake_suite import HOLDS, run

FAILS = '@proves("storage/keeps")\ndef test_keeps(on_nodes): assert [Violation(on_nodes.log[0], "it is gone")] == []\n'
WAITS_NOT = (
    '@proves("ordering/waits")\ndef test_waits(lifetime): assert [Violation(lifetime.log[0], "it is gone")] == []\n'
)
WAITS_NOT_ON_NODES = """
@proves("ordering/waits")
def test_waits(lifetime):
    assert [Violation(lifetime.log[0], "it is gone")] * (lifetime.header.tier == "node") == []
"""
KEEPS = '[[excuse]]\nguarantee = "storage/keeps"\nreason = "our disks are lent, ticket 7"\n'


@pytest.fixture
def written(tmp_path):
    """Write a file of excuses; gives its path."""

    def write(text):
        path = tmp_path / "excuses.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("how", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_an_excused_violation_decides_nothing_and_is_told_with_its_reason(tmp_path, written, how):
    ended = run(tmp_path, f"--excuses={written(KEEPS)}", *how, storage=FAILS)
    assert (ended.exit_code, ended.results["verdict"]) == (0, "conformant"), ended.printed
    found = ended.guarantee("storage/keeps")
    assert (found["outcome"], found["tests"][0]["outcome"]) == ("excused", "excused")
    assert found["evidence"][0] == found["tests"][0]["evidence"][0] == "our disks are lent, ticket 7"
    assert "it is gone" in found["tests"][0]["evidence"][1]
    assert "Conformant: 1 of 2 MUST guarantees hold, 1 is excused." in ended.printed
    assert "excused        storage/keeps: our disks are lent, ticket 7" in ended.printed
    assert "FAILURES" not in ended.printed


def test_what_is_excused_on_one_tier_is_violated_on_the_other(tmp_path, written):
    of_one = written('[[excuse]]\nguarantee = "ordering/waits"\ntier = "node"\nreason = "known"\n')
    ended = run(tmp_path, f"--excuses={of_one}", ordering=WAITS_NOT)
    assert (ended.exit_code, ended.results["verdict"]) == (1, "not conformant")
    assert {one["tier"]: one["outcome"] for one in ended.guarantee("ordering/waits")["tests"]} == {
        "control-plane": "failed",
        "node": "excused",
    }


def test_the_reason_is_told_where_the_guarantee_holds_on_the_other_tier(tmp_path, written):
    of_one = written('[[excuse]]\nguarantee = "ordering/waits"\ntier = "node"\nreason = "known"\n')
    ended = run(tmp_path, f"--excuses={of_one}", ordering=WAITS_NOT_ON_NODES)
    assert (ended.exit_code, ended.guarantee("ordering/waits")["evidence"][0]) == (0, "known")
    assert "- `ordering/waits`: known" in (tmp_path / "conformance-report" / "summary.md").read_text()


def test_what_is_excused_ends_no_run(tmp_path, written):
    ended = run(tmp_path, f"--excuses={written(KEEPS)}", "-x", storage=FAILS)
    assert (ended.exit_code, ended.results["finished"]) == (0, True), ended.printed


def test_an_excuse_of_what_another_profile_promises_is_no_matter(tmp_path, written):
    of_both = written(f'{KEEPS}[[excuse]]\nguarantee = "mysql/server-ids"\nreason = "known"\n')
    ended = run(tmp_path, f"--excuses={of_both}", storage=FAILS)
    assert ended.exit_code == 0, ended.printed


def test_where_all_is_excused_nothing_is_proved(tmp_path, written):
    both = "".join(
        f'[[excuse]]\nguarantee = "ordering/waits"\ntier = "{tier}"\nreason = "known"\n'
        for tier in ("control-plane", "node")
    )
    ended = run(tmp_path, f"--excuses={written(both + KEEPS)}", ordering=WAITS_NOT, storage=FAILS)
    assert (ended.exit_code, ended.results["verdict"]) == (3, "no verdict")
    assert "No verdict: no MUST guarantee that applies to this cluster holds." in ended.printed


def test_a_stale_excuse_of_a_should_is_a_warning(tmp_path, written):
    should = written('[[excuse]]\nguarantee = "contrast/random"\nreason = "known"\n')
    ended = run(tmp_path, f"--excuses={should}")
    assert (ended.exit_code, ended.results["stale"]) == (0, [])
    sentence = "the excuse of contrast/random on the node tier is stale, since that holds: take it out of the file"
    assert sentence in ended.results["warnings"]


def test_an_excuse_of_what_holds_is_stale_and_leaves_no_verdict(tmp_path, written):
    ended = run(tmp_path, f"--excuses={written(KEEPS)}")
    assert (ended.exit_code, ended.results["verdict"]) == (3, "no verdict")
    sentence = "the excuse of storage/keeps on the node tier is stale, since that holds: take it out of the file"
    assert ended.results["stale"] == [sentence]
    assert "No verdict: 1 excuse is stale." in ended.printed
    assert f"stale          {sentence}" in ended.printed


def test_where_a_part_is_run_no_excuse_is_stale(tmp_path, written):
    ended = run(tmp_path, f"--excuses={written(KEEPS)}", "conformance/test_storage.py", storage=HOLDS["storage"])
    assert (ended.exit_code, ended.results["stale"]) == (6, [])


def test_a_file_that_cannot_be_used_is_refused_before_anything_is_run(tmp_path, written):
    ended = run(tmp_path, f"--excuses={written('[[excuse]]')}")
    assert ended.exit_code == 4
    assert "excuses.toml: excuse 1: there is no guarantee ''" in ended.printed
    assert not (tmp_path / "conformance-report").exists()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[excuse]", "is not TOML: "),
        ("", "a file of excuses holds one [[excuse]] after the other, and nothing else"),
        ("excuse = 3", "a file of excuses holds one [[excuse]] after the other, and nothing else"),
        ("[[excuses]]", "a file of excuses holds one [[excuse]] after the other, and nothing else"),
        ("excuse = [3]", "excuse 1: `guarantee`, `reason` and `tier` are texts"),
        ("[[excuse]]\nreason = 3", "excuse 1: `guarantee`, `reason` and `tier` are texts"),
        ("[[excuse]]\nwhy = 'x'", "excuse 1: there is no field 'why': there are `guarantee`, `reason` and `tier`"),
        (
            "[[excuse]]\nguarantee = 'storage/one-claim-eech'",
            "excuse 1: there is no guarantee 'storage/one-claim-eech'; is 'storage/one-claim-each' meant?",
        ),
        (
            "[[excuse]]\nguarantee = 'storage/one-claim-each'\nreason = ' '",
            "excuse 1: storage/one-claim-each is excused without a reason: say in `reason` why that is lived with",
        ),
        (
            "[[excuse]]\nguarantee = 'data/what-befell-it'\nreason = 'x'",
            "excuse 1: data/what-befell-it is a MAY, which promises nothing, so there is nothing to excuse",
        ),
        (
            "[[excuse]]\nguarantee = 'storage/one-claim-each'\nreason = 'x'\ntier = 'nodes'",
            "excuse 1: say with `tier` where storage/one-claim-each is excused: control-plane or node",
        ),
        (
            "[[excuse]]\nguarantee = 'storage/one-attachment-at-a-time'\nreason = 'x'",
            "excuse 1: storage/one-attachment-at-a-time is decided by no test, so there is nothing to excuse",
        ),
        (
            2 * "[[excuse]]\nguarantee = 'storage/one-claim-each'\ntier = 'node'\nreason = 'x'\n",
            "storage/one-claim-each on the node tier is excused twice",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_sentence(written, text, sentence):
    path = written(text)
    with pytest.raises(ExcusesError) as refused:
        excuses.read(path, REGISTRY)
    assert str(refused.value).startswith(f"{path}: {sentence}")
    assert "\n" not in str(refused.value)
