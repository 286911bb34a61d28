"""The checks of what the pods wrote down: lawful records are never accused, what is lost or silent is named.

Method: each history is written in the notation of selftest/crossings.py; what a pod wrote is written out where its nodes and
times are what matters.
"""

import pytest

from conformance.history import Event, History
from conformance.upgrade import records
from fixtures.inside import _goes_on
from selftest.crossings import crossing
from selftest.notation import judged

BEFORE = "records:0:3:1=3 records:1:3:0=3"
PAIR = "+0 r0 +1 r1 ="


@pytest.mark.parametrize(
    ("after", "answer"),
    [
        ("records:0:9:1=8 records:1:9:0=8", []),
        # What it wrote after it was asked, and was heard of, is not missing.
        ("records:0:9:1=8 records:1:9:0=10", []),
        ("records:0:9:1=8 records:1:7:0=8", ["11 records:1:7:0=8: web-1 has 7 records, and 8 were acknowledged"]),
        ("records:0:9:1=3 records:1:2:0=8", ["11 records:1:2:0=8: web-1 has 2 records, and 3 were acknowledged"]),
        # By the time it is read it has written as many new ones.
        ("records:0:9:1=8 records:1:9:0=3,0=7,0=4,0=9",
         ["11 records:1:9:0=3,0=7,0=4,0=9: web-0 told web-1 of 4 records, and had told it of 7 before"]),
        # Who cannot be asked hides neither what is lost of another, nor what another knows of it.
        ("trouble:0 records:1:2:0=8", ["11 records:1:2:0=8: web-1 has 2 records, and 3 were acknowledged"]),
        ("trouble:0 records:1:9:0=3,0=7,0=4",
         ["11 records:1:9:0=3,0=7,0=4: web-0 told web-1 of 4 records, and had told it of 7 before"]),
        ("trouble:0 records:1:9:0=8",
         "inconclusive: web-0 was not asked for its records before the upgrade and after it: no answer"),
    ],
)  # fmt: skip
def test_records_are_kept(after, answer):
    assert judged(records.records_are_kept, crossing(f"{PAIR} {BEFORE} [ ] {after}", replicas=2)) == answer


def test_records_that_nobody_read_before_or_after_decide_nothing():
    for words in (f"[ ] {BEFORE}", f"{BEFORE} [ ]"):
        answer = judged(records.records_are_kept, crossing(f"{PAIR} {words}", replicas=2))
        assert answer == "inconclusive: web-0 was not asked for its records before the upgrade and after it"


def test_places_in_time_mean_nothing_where_the_server_keeps_no_one_order():
    told = crossing(f"{PAIR} {BEFORE} [ ] {BEFORE}", replicas=2, one_order=False)
    assert judged(records.records_are_kept, told).startswith("inconclusive: this server's resourceVersions")


def test_what_was_heard_in_the_same_turn_may_have_been_written_after_the_records_were_read():
    told = crossing(f"{PAIR} {BEFORE} [ ] records:0:9:1=8 records:1:7:0=8", replicas=2)
    for probe in told.probes("records")[2:]:
        probe.object["turn"] = 5
    assert judged(records.records_are_kept, told) == []


def noted(name, lines, heard="", now=None):
    """The history of a pod that was asked before, and twice after, with these records the last time."""
    told = crossing(f"+0 r0 +1 r1 = {BEFORE} [ ] {BEFORE} records:0:5:1=3,1=5 records:1:5:0=3,0=5", replicas=2)
    probe = [probe for probe in told.probes("records") if probe.object["target"] == f"Pod/{name}"][-1]
    probe.object["records"] = lines or probe.object["records"]
    probe.object["heard"] = heard or probe.object["heard"]
    probe.object["now"] = now or probe.object["now"]
    return told


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        ("web-0 1 2\nweb-0 2 4\nweb-0 3 6\nweb-0 4 8\n", []),
        ("web-0 1 2\nweb-0 2 4\nweb-0 4 8\n", ["the record 3 of web-0 is lost: 4 stands in its place"]),
        ("web-0 1 2\nweb-0 2 4\nweb-0 3 6\nweb-0 3 6\n", ["the record 4 of web-0 is lost: 3 stands in its place"]),
        ("web-1 1 2\nweb-1 2 4\nweb-1 3 6\nweb-1 4 8\n", ["web-0 has a record of web-1, number 1"]),
        ("web-0 1 9\nweb-0 2 9\nweb-0 3 9\n", ["the record 1 of web-0 is not as it was before the upgrade"]),
        ("\n", ["web-0 has 0 records, and 3 were acknowledged"]),
        # What is half written is read as half a line; what a crash cut short is marked.
        ("web-0 1 2\nweb-0 2 4\nweb-0 3 6\nweb-0 4 1", []),
        ("web-0 1 2\nweb-0 2 4\nweb-0 3 6\nweb-0 4 1 torn\nweb-0 4 8\n", []),
    ],
)
def test_a_record_that_is_lost_or_another_is_named(lines, answer):
    found = judged(records.records_are_kept, noted("web-0", lines))
    assert [one.partition(": ")[2] for one in found] == answer


@pytest.mark.parametrize(
    ("lines", "now", "longest"),
    [
        ("web-0 1 2\nweb-0 2 4\nweb-0 3 6\nweb-0 4 17\n", 17, 11),
        # One that never writes again is silent until it is asked.
        ("web-0 1 2\nweb-0 2 4\nweb-0 3 6\nweb-0 4 8\n", 21, 13),
    ],
)
def test_a_replica_that_is_silent_for_too_long_is_named(lines, now, longest):
    told = noted("web-0", lines, now=now)
    assert judged(records.writes_go_on, told, longest) == []
    (said,) = judged(records.writes_go_on, told, longest - 1)
    assert said.endswith(f"web-0 wrote no record for {longest} s")


def test_a_replica_that_wrote_nothing_between_two_questions_may_never_do_so_again():
    told = crossing(f"{PAIR} {BEFORE} [ ] records:0:5:1=5 records:1:5:0=5 records:0:5:1=5 records:1:6:0=5", replicas=2)
    answer = "inconclusive: web-0 wrote no record between the last two times that it was asked"
    assert judged(records.writes_go_on, told, 60) == answer


STAYED = "# began 0 n2\n"
FIRST = "# began 0 n1\nweb-0 1 2\nweb-0 2 4\nweb-0 3 6\n"


def moved(then, heard):
    """The history of web-0, which wrote three records on the node n1 and then these on n3, and what web-1 heard on n2 of it."""
    after = "records:0:3:1=3 records:1:3:0=3 records:0:3:1=3 records:1:4:0=3"
    told = crossing(f"{PAIR} {BEFORE} [ ] {after}", replicas=2)
    began, *written = then
    *of_web_0, last = [probe.object for probe in told.probes("records") if probe.object["target"] == "Pod/web-0"]
    for probe in told.probes("records"):
        if probe.object["target"] == "Pod/web-1":
            probe.object.update({"heard": STAYED + heard, "now": 8})
    for probe in of_web_0:
        probe["records"] = FIRST
    last["records"] = FIRST + f"# began {began} n3\n" + "".join(f"web-0 {number} {at}\n" for number, at in written)
    last["now"] = written[-1][1]
    return told


@pytest.mark.parametrize(
    ("then", "heard", "answer"),
    [
        # Its new node's clock is 1000 s ahead: that is no silence.
        ([1020, (4, 1022), (5, 1024)], "2 web-0 2 2\n6 web-0 3 6\n26 web-0 5 1026\n", []),
        # Its new node's clock is 200 s behind: that hides none.
        ([1, (4, 2), (5, 4)], "2 web-0 2 2\n6 web-0 3 6\n206 web-0 5 6\n", "web-0 wrote no record for 190 s"),
        # Nobody tells by how much the clocks differ.
        ([1020, (4, 1022), (5, 1024)], "2 web-0 2 2\n6 web-0 3 6\n26 web-0 -\n", "moved to another node, and nobody"),
    ],
)
def test_the_clocks_of_two_nodes_accuse_nobody_and_hide_nothing(then, heard, answer):
    found = judged(records.writes_go_on, moved(then, heard), 100)
    assert found == answer if not answer else answer in str(found)


@pytest.mark.parametrize(
    ("heard", "now", "longest"),
    [
        ("1 web-1 5\n4 web-1 -\n30 web-1 -\n31 web-1 9\n", 31, None),
        ("4 web-1 -\n" + "".join(f"{at} web-1 -\n" for at in range(6, 35, 2)) + "36 web-1 9\n", 36, 30),
        # Nothing was heard of it any more.
        ("2 web-1 3\n" + "".join(f"{at} web-1 -\n" for at in range(4, 31, 2)), 30, 26),
        # The number stands still: it answers, but does not live.
        ("2 web-1 3\n" + "".join(f"{at} web-1 3\n" for at in range(4, 31, 2)), 30, 26),
    ],
)
def test_a_replica_that_answers_nobody_for_too_long_is_named(heard, now, longest):
    told = noted("web-0", "", heard, now)
    if longest is None:
        # Who asked was away itself from 4 to 30.
        assert judged(records.names_answer, told, 30.0) == []
        assert judged(records.names_answer, told, 29.0).startswith("inconclusive: nobody who asked web-1 all the time")
        return
    (said,) = judged(records.names_answer, told, longest - 1)
    assert said.endswith(f"web-1 answered nobody for {longest} s")
    assert judged(records.names_answer, told, longest + 5) in (
        [], "inconclusive: web-1 answered nobody between the last two times that the others were asked",
    )  # fmt: skip


def test_the_time_before_the_upgrade_is_not_counted():
    waits = "".join(f"{at} web-1 -\n" for at in range(2, 90, 2))
    told = noted("web-0", "", f"{waits}90 web-1 3\n92 web-1 5\n", 94)
    for probe in told.probes("records")[:4]:
        if probe.object["target"] == "Pod/web-0":
            probe.object["heard"] = f"{waits}90 web-1 3\n"
    assert judged(records.names_answer, told, 7) == []


def test_one_that_asked_from_two_nodes_is_measured_by_the_clock_of_the_one_that_stayed():
    heard = "# began 0 n1\n2 web-1 3 2\n# began 1000 n3\n1002 web-1 5 40\n"
    told = noted("web-0", "", heard, 1004)
    assert judged(records.names_answer, told, 44) == []
    assert judged(records.names_answer, told, 43).startswith("inconclusive: nobody who asked web-1 all the time")


def test_how_long_they_were_silent_is_told_by_phases():
    told = noted("web-0", "web-0 1 2\nweb-0 2 4\nweb-0 3 6\nweb-0 4 17\n", now=18)
    at = {"[": 3, "]": 17}
    timed = [
        Event(one.type, one.kind, one.rv, one.object,
              f"1970-01-01T00:00:{int(one.object.get('now', at.get(one.time.split()[1], 0))):02}+00:00")
        for one in told.log
    ]  # fmt: skip
    said = records.told(History.of(told.header, timed))
    assert said == "the control plane: 14 s long, web-0 silent for 11 s of it"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("delete:1 t1 -1 +1 r1 records:0:5:1=5 records:1:5:0=5", []),
        ("delete:1 t1 -1 +1 r1 records:0:5:1=5 records:1:2:0=5",
         ["14 records:1:2:0=5: web-1 has 2 records, and 5 were acknowledged"]),
        ("delete:1 t1 -1", "inconclusive: web-1 was not asked for its records before it was deleted and after that"),
        ("", "inconclusive: the history holds no deletion of a pod"),
    ],
)  # fmt: skip
def test_records_survive_a_deletion(words, answer):
    assert judged(records.records_survive, crossing(f"{PAIR} {BEFORE} {words}", replicas=2)) == answer


RECORDS, ANSWERED, IN_VAIN = "web-0 1 2\n", "2 web-1 1 2\n", "4 web-1 -\n"


@pytest.mark.parametrize(
    ("before", "now", "goes_on"),
    [
        ({}, {"trouble": "no answer"}, False),
        ({}, {"records": RECORDS, "heard": ANSWERED}, True),
        ({"trouble": "no answer"}, {"trouble": "no answer"}, True),
        ((RECORDS, ANSWERED), {"records": RECORDS, "heard": ANSWERED * 2}, False),
        ((RECORDS, ANSWERED), {"records": RECORDS * 2, "heard": ANSWERED + IN_VAIN}, False),
        ((RECORDS, ANSWERED), {"records": RECORDS * 2, "heard": ANSWERED + IN_VAIN + ANSWERED}, True),
        # Of whom it had not heard it need not hear.
        ((RECORDS, IN_VAIN), {"records": RECORDS * 2, "heard": IN_VAIN * 2}, True),
    ],
)
def test_a_pod_is_asked_again_until_it_has_more_to_tell(before, now, goes_on):
    told = dict(zip(("records", "heard"), before, strict=True)) if isinstance(before, tuple) else before
    assert _goes_on(told, now) == goes_on
