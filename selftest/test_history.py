"""A history: its order, what it asks of itself, and its way to disk and back.

Method: histories are told in the notation of selftest/notation.py, written, read, and judged again from the file.
"""

import dataclasses
import json

import pytest

from conformance import checks
from conformance.history import Event, Header, History, HistoryError, Inconclusive, is_ready, ordinal_of
from selftest.notation import story

HEADER = Header(scenario="told", kind="StatefulSet", name="web", namespace="ns", selector={})


def pod_event(rv, event_type="ADDED"):
    return Event(event_type, "Pod", rv, {"metadata": {"name": "web-0", "uid": "one"}})


def test_events_stand_in_the_order_of_writes_and_what_was_done_behind_what_was_known():
    act = Event("ACT", "scale", 7, {})
    history = History.of(HEADER, [pod_event(30), pod_event(9), act, pod_event(7)])
    assert [(event.rv, event.type, event.number) for event in history.log] == [
        (7, "ADDED", 1),
        (7, "ACT", 2),
        (9, "ADDED", 3),
        (30, "ADDED", 4),
    ]


def test_a_history_comes_back_from_its_file_as_it_was(tmp_path):
    told = story("+0 r0 connect:0:accepted +1 gap", one_order=False, tier="control-plane")
    told.write(tmp_path / "told.jsonl")
    read = History.read(tmp_path / "told.jsonl")
    assert read.log[:-1] == told.log
    assert (read.log[-1].kind, read.header) == ("cut", told.header)
    assert dataclasses.asdict(read.header) == dataclasses.asdict(told.header)


def test_it_is_judged_from_its_file_as_it_was_from_memory(tmp_path):
    told = story("+0 +1 r0")
    told.write(tmp_path / "told.jsonl")
    judged = [checks.gated_by_readiness(history, range(2)) for history in (told, History.read(tmp_path / "told.jsonl"))]
    assert [str(violation) for violation in judged[0]] == [
        "event 8 (rv 7): web-1 was created while web-0 was not Ready"
    ]
    assert judged[0] == judged[1]


def test_a_file_cut_short_by_a_kill_has_a_gap_and_is_inconclusive(tmp_path):
    path = tmp_path / "told.jsonl"
    story("+0 r0 +1").write(path)
    path.write_text(path.read_text()[:-20])
    history = History.read(path)
    assert [gap.object["reason"] for gap in history.gaps] == [
        "the file ends in the middle of an event",
        "the recording did not come to its end",
    ]
    with pytest.raises(Inconclusive, match="the watch of every kind has a gap"):
        checks.gated_by_readiness(history, range(2))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is empty; a history begins with a header line"),
        ("{}\n", "line 1 is not the header of a history: it has no 'history'"),
        ("no JSON\n", "line 1 is not the header of a history: it is not JSON"),
        ('{"history": 2}\n', "is a history of format 2; this suite reads format 1"),
        ("HEADER\n[]\nHEADER\n", "line 2 is not an event"),
        ('HEADER\n{"type": "ODD", "kind": "Pod", "rv": 1, "time": "", "object": {}}\nHEADER\n',
         "line 2 is not an event: type 'ODD' is none of LISTED, ADDED"),
        ('HEADER\n{"type": "ADDED", "kind": "Pod", "rv": 1, "time": "", "object": []}\nHEADER\n', "line 2 is not an event"),
        ('HEADER\n{"type": "ADDED", "kind": "Pod", "rv": null, "time": "", "object": {}}\nHEADER\n',
         "line 2 is not an event"),
        ('HEADER\n{"type": "ADDED", "kind": null, "rv": 1, "time": "", "object": {}}\nHEADER\n',
         "a text was expected in place of None"),
        ('HEADER\n{"type": "ACT", "kind": "cut", "rv": 1, "time": "", "object": {}}\n', "is not of a cut's form: 'behind'"),
    ],
)  # fmt: skip
def test_what_is_no_history_is_refused_in_one_sentence(tmp_path, content, says):
    path = tmp_path / "told.jsonl"
    story("").write(path)
    header = path.read_text().splitlines()[0]
    path.write_text(content.replace("HEADER", header))
    with pytest.raises(HistoryError) as refused:
        History.read(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path):
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    for name in ("none", "bytes", "."):
        with pytest.raises(HistoryError, match="cannot be read as a history"):
            History.read(tmp_path / name)


def test_an_empty_history_and_one_with_a_gap_carry_no_judgement():
    with pytest.raises(Inconclusive, match="the history is empty: nothing was watched"):
        History.of(HEADER, [Event("ACT", "create", 0, {})]).require_complete()
    with pytest.raises(Inconclusive, match=r"event 2 \(rv 5\): the watch of Pod has a gap: 410 Gone"):
        History.of(HEADER, [pod_event(5), Event("GAP", "Pod", 5, {"reason": "410 Gone"})]).require_complete()


def test_what_stands_behind_a_cut_is_left_out_and_what_was_done_is_not():
    act = Event("ACT", "scale", 12, {})
    cut = Event("ACT", "cut", 14, {"behind": {"Pod": 11}})
    history = History.of(HEADER, [pod_event(9), pod_event(11), act, pod_event(13, "MODIFIED"), cut])
    assert [(event.type, event.rv) for event in history.log] == [("ADDED", 9), ("ACT", 12), ("ACT", 14)]


def test_a_pod_made_again_is_another_life():
    old, new = story("+0 r0 t0 -0 +0 r0").pods
    assert (old.name, new.name) == ("web-0", "web-0")
    assert old.uid != new.uid
    assert old.gone is not None
    assert old.terminated is not None
    assert old.terminated.number < old.gone.number < new.first.number
    assert new.gone is None
    assert is_ready(old.at(old.terminated.rv))
    assert not is_ready(old.at(old.gone.rv))
    assert old.at(new.first.rv) is None


@pytest.mark.parametrize(
    ("name", "ordinal"),
    [("web-0", 0), ("web-10", 10), ("a-b-3", 3), ("web-01", None), ("web-x7k2p", None), ("3", None)],
)
def test_the_ordinal_is_the_number_that_a_name_ends_with(name, ordinal):
    assert ordinal_of(name) == ordinal


def test_stored_lines_hold_the_objects_as_the_server_sent_them(tmp_path):
    story("+0").write(tmp_path / "told.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "told.jsonl").read_text().splitlines()]
    assert lines[0]["scenario"] == "told"
    assert lines[-2]["object"]["metadata"]["labels"]["apps.kubernetes.io/pod-index"] == "0"


def test_a_recording_that_was_killed_decides_nothing(tmp_path):
    story("+0 r0 +1 r1 +2 r2 = t2 -2", replicas=3).write(tmp_path / "told.jsonl")
    whole = (tmp_path / "told.jsonl").read_text().splitlines()
    (tmp_path / "told.jsonl").write_text("\n".join(whole[:-1]) + "\n")
    with pytest.raises(Inconclusive, match="the recording did not come to its end"):
        checks.deletions_have_reasons(History.read(tmp_path / "told.jsonl"))
