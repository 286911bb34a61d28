"""What shows that a watch left something out: the states of one object, and a list held against the log."""

import pytest

from conformance.history import ACT, ADDED, DELETED, LISTED, MODIFIED, RELIST, Event
from fixtures.continuity import contradiction, missed, versions


def pod(rv, *, generation=1, ready=False, node="node-1", leaving=None, owner=None, labels=None, image="i"):
    """A pod as the API sends it, in what can tell of a lost write."""
    metadata = {"name": "web-0", "uid": "u", "resourceVersion": str(rv), "labels": labels or {}}
    metadata |= {"generation": generation} if generation else {}
    metadata |= {"ownerReferences": [{"uid": owner}]} if owner else {}
    if leaving is not None:
        metadata |= {"deletionTimestamp": "2026-01-01T00:00:00Z", "deletionGracePeriodSeconds": leaving}
    conditions = [{"type": "Ready", "status": str(ready)}]
    return {"metadata": metadata, "spec": {"nodeName": node, "image": image}, "status": {"conditions": conditions}}


def event(event_type, item):
    return Event(event_type, "Pod", int(item["metadata"]["resourceVersion"]), item)


LAWFUL = {
    "a status": (MODIFIED, pod(6, ready=True), pod(5)),
    "a specification": (MODIFIED, pod(6, generation=2), pod(5)),
    "a label": (MODIFIED, pod(6, labels={"a": "b"}), pod(5)),
    "a label and a status": (MODIFIED, pod(6, labels={"a": "b"}, ready=True), pod(5)),
    "an owner": (MODIFIED, pod(6, owner="o"), pod(5)),
    "a field that a newer server adds on reading": (MODIFIED, pod(6, image="j", ready=True), pod(5)),
    "a binding": (MODIFIED, pod(6, ready=True), pod(5, node=None)),
    "a deletion": (MODIFIED, pod(6, generation=2, leaving=30), pod(5)),
    "a deletion that is hurried": (MODIFIED, pod(6, generation=2, leaving=0), pod(5, generation=2, leaving=30)),
    "an end": (DELETED, pod(6, generation=2, leaving=0), pod(5, generation=2, leaving=0)),
    "an end at once": (DELETED, pod(6), pod(5)),
    "a creation": (ADDED, pod(6), None),
    "an old object": (LISTED, pod(6), None),
    "another look": (LISTED, pod(6, generation=7, ready=True), pod(5)),
}
UNLAWFUL = {
    "had never been ADDED": (MODIFIED, pod(6), None),
    "was DELETED and had never": (DELETED, pod(6), None),
    "ADDED although it was there": (ADDED, pod(6), pod(5)),
    "out of order, or twice": (MODIFIED, pod(4), pod(5)),
    "is as it was before": (MODIFIED, pod(6), pod(5)),
    "twice": (MODIFIED, pod(5), pod(5)),
    "the generation of web-0 went from 1 to 3": (MODIFIED, pod(6, generation=3), pod(5)),
    "from 2 to 1": (MODIFIED, pod(6), pod(5, generation=2)),
    "its specification or owners and its status": (MODIFIED, pod(6, generation=2, ready=True), pod(5)),
    "its status and its deletion": (MODIFIED, pod(6, generation=2, leaving=30, ready=True), pod(5)),
    "its deletion and its end": (DELETED, pod(6, generation=2, leaving=0), pod(5)),
    "its specification or owners and its deletion": (MODIFIED, pod(6, generation=2, leaving=30, owner="o"), pod(5)),
    "its labels and its end": (DELETED, pod(6, labels={"a": "b"}), pod(5)),
    "its specification or owners and its end": (
        DELETED,
        pod(6, generation=None, node="a"),
        pod(5, generation=None, node="a", image="b"),
    ),
    "its status and its end": (DELETED, pod(6, ready=True), pod(5)),
}


@pytest.mark.parametrize("case", LAWFUL)
def test_one_write_after_the_other_shows_no_gap(case):
    event_type, item, before = LAWFUL[case]
    assert missed(event(event_type, item), before, newest=5) is None


@pytest.mark.parametrize("told", UNLAWFUL)
def test_what_no_single_write_does_shows_a_gap(told):
    event_type, item, before = UNLAWFUL[told]
    assert told in (missed(event(event_type, item), before, newest=5) or "")


def test_who_applies_an_object_may_change_nothing_that_is_seen():
    assert missed(event(MODIFIED, pod(6)), pod(5), newest=5, applied=True) is None


def test_the_log_knows_what_is_there_at_a_write():
    other = pod(7)
    other["metadata"]["uid"] = "v"
    log = [event(ADDED, pod(5)), event(MODIFIED, pod(6)), event(ADDED, other), event(DELETED, pod(8))]
    assert versions(log, "Pod", 6) == {"u": 5}
    assert versions(log, "Pod", 8) == {"u": 6, "v": 7}
    assert versions(log, "Pod", 9) == {"v": 7}
    assert versions(log, "Service", 9) == {}


def test_what_a_new_list_does_not_hold_is_not_there_any_more():
    other = pod(7)
    other["metadata"]["uid"] = "v"
    log = [event(ADDED, pod(5)), event(LISTED, other), Event(ACT, RELIST, 8, {"target": "Pod", "there": ["v"]})]
    assert versions(log, "Pod", 9) == {"v": 7}
    elsewhere = Event(ACT, RELIST, 8, {"target": "Service", "there": []})
    assert versions([*log[:2], elsewhere], "Pod", 9) == {"u": 5, "v": 7}


@pytest.mark.parametrize(
    ("known", "listed", "told"),
    [
        ({"u": 6}, [pod(6)], None),
        ({}, [], None),
        ({}, [pod(6)], "web-0 is there, and the watch does not know of it"),
        ({"u": 6}, [], "is gone, and the watch did not tell"),
        ({"u": 5}, [pod(6)], "web-0 has version 6, and the watch last told of 5"),
    ],
)
def test_a_list_shows_what_the_watch_did_not_tell_last(known, listed, told):
    found = contradiction(known, listed)
    assert found is None if told is None else told in found
