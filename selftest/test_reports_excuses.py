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
    assert found["tests"][0]["evidence"][0] == "excused: our disks are lent, ticket 7"
    assert "it is gone" in found["tests"][0]["evidence"][1]
    assert "Conformant: 1 of 2 MUST guarantees hold, 1 is excused." in ended.printed
    assert "excused        storage/keeps: excused: our disks are lent, ticket 7" in ended.printed
    assert "FAILURES" not in ended.printed


def test_what_is_excused_on_another_tier_is_violated(tmp_path, written):
    elsewhere = written(f'{KEEPS}tier = "control-plane"')
    ended = run(tmp_path, f"--excuses={elsewhere}", storage=FAILS)
    assert (ended.exit_code, ended.results["verdict"]) == (1, "not conformant")


def test_an_excuse_of_what_holds_is_stale_and_leaves_no_verdict(tmp_path, written):
    ended = run(tmp_path, f"--excuses={written(KEEPS)}")
    assert (ended.exit_code, ended.results["verdict"]) == (3, "no verdict")
    sentence = "the excuse of storage/keeps is stale, since that holds: take it out of the file"
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
            "excuse 1: there is no tier 'nodes': there are control-plane and node",
        ),
        (2 * "[[excuse]]\nguarantee = 'storage/one-claim-each'\nreason = 'x'\n", "storage/one-claim-each is excused twice"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_sentence(written, text, sentence):
    path = written(text)
    with pytest.raises(ExcusesError) as refused:
        excuses.read(path, REGISTRY)
    assert str(refused.value).startswith(f"{path}: {sentence}")
    assert "\n" not in str(refused.value)
