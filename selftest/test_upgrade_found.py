"""What happens to a set between its two histories is told: by what the first knew at its end and the second found.

Method: both are written in the notation of selftest/crossings.py; the second begins with what is listed.
"""

import pytest

from conformance.history import ADDED, DELETED, LISTED, MODIFIED, Event, History
from conformance.upgrade.found import found_as_left
from selftest.crossings import crossing
from selftest.notation import judged

WATCHED = (ADDED, MODIFIED, DELETED)
TWO = "+0 r0 id0:a +1 r1 id1:b ="


def listed(words):
    """The second history, which lists what is there at the end of these words, and has seen nothing of it before."""
    told = crossing(f"{words} ]", replicas=2)
    newest = {(event.kind, event.object["metadata"]["uid"]): event for event in told.log if event.type in WATCHED}
    there = [event for event in newest.values() if event.type != DELETED]
    events = [Event(LISTED, event.kind, event.rv, event.object, event.time) for event in there]
    return History.of(told.header, [*sorted(events, key=lambda event: event.rv), *told.acts("upgraded")])


@pytest.mark.parametrize(
    ("meanwhile", "says"),
    [
        ("", []),
        ("u1 r1", []),
        ("nudge =", ["web is of generation 2, and was of 1 when the upgrade had ended"]),
        ("id1:x", ["web-1 has its container web started anew since the upgrade had ended"]),
        ("t1 -1", ["web-1 is gone, and was there when the upgrade had ended"]),
        ("t1", ["web-1 is gone, and was there when the upgrade had ended"]),
        ("t1 -1 +1 r1", ["web-1 is gone, and was there when the upgrade had ended",
                         "web-1 is there, and was not when the upgrade had ended"]),
        ("ct1 c-1", ["data-web-1 is gone, and was there when the upgrade had ended"]),
        ("o1:pod", ["data-web-1 has another owner than when the upgrade had ended"]),
        ("update =", ["web is of generation 2, and was of 1 when the upgrade had ended",
                      "web has the updateRevision web-r2, and had web-r1 when the upgrade had ended",
                      "web-r2 is there, and was not when the upgrade had ended"]),
    ],
)  # fmt: skip
def test_what_was_done_while_nobody_watched_is_told(meanwhile, says):
    found = found_as_left(crossing(f"{TWO} [ ]", replicas=2), listed(f"{TWO} {meanwhile}"))
    assert [one.message for one in found] == says


def test_what_the_first_history_saw_behind_its_end_is_told_too():
    left = crossing(f"{TWO} [ ] t1 -1 +1 r1", replicas=2)
    found = found_as_left(left, listed(f"{TWO} t1 -1 +1 r1"))
    assert len(found) == 2


@pytest.mark.parametrize(
    ("left", "says"),
    [
        (f"{TWO} [", "the upgrade did not end"),
        (f"{TWO} [ gap ]", "the watch of Pod has a gap"),
        (f"{TWO} [ delete:set ]", "the set was not there when the upgrade had ended"),
    ],
)
def test_what_is_thin_decides_nothing(left, says):
    assert says in judged(lambda one: found_as_left(one, listed(TWO)), crossing(left, replicas=2))


ON_NODES = f"{TWO} on0:n1 on1:n2"
NOBODY_SAW = "web-1 has left its node since the upgrade had ended, and nobody saw why"


@pytest.mark.parametrize(
    ("left", "meanwhile", "says"),
    [
        # What was marked for a disruption, or had failed, goes and comes again.
        ("[ ] D1", "t1 -1 +1 r1", []),
        ("[ ] F1 t1 -1 +1 r1", "t1 -1 +1 r1", []),
        ("[ D1 ]", "t1 -1", []),
        # What was on its way out, or gone, when the upgrade had ended was to come again.
        ("[ t1 ]", "t1 -1 +1 r1", []),
        ("[ D1 t1 -1 ]", "t1 -1 +1 r1", []),
        # Nobody saw the end of a pod that a node had. One that no node had is gone by nobody's doing but the controller's.
        ("[ ]", "t1 -1 +1 r1", NOBODY_SAW),
        ("[ ]", "D1 t1", NOBODY_SAW),
        ("[ ]", "t1 -1", NOBODY_SAW),
        ("on1: [ ]", "t1 -1 +1 r1", ["web-1 is gone", "web-1 is there"]),
        # What failed before it was drained says nothing of the pod in its place; nor does one that failed of another.
        ("[ D1 t1 -1 +1 r1 on1:n2 ] t1", "t1 -1 +1 r1 t1 -1 +1 r1", ["web-1 is gone", "web-1 is there"]),
        ("[ ] D0 t1", "t1 -1 +1 r1", ["web-1 is gone", "web-1 is there"]),
        ("[ ]", "D1 +2", ["data-web-2 is there", "web-2 is there"]),
        ("[ ]", "t1 -1 +1 r1 ct0 c-0", ["data-web-0 is gone"]),
    ],
)
def test_a_pod_that_others_moved_is_no_doing_of_the_controller(left, meanwhile, says):
    history = crossing(f"{ON_NODES} {left}", replicas=2)
    words = judged(lambda one: found_as_left(history, one), listed(f"{ON_NODES} {meanwhile}"))
    if isinstance(says, str):
        assert words.startswith("inconclusive: ")
        assert words.endswith(NOBODY_SAW)
    else:
        assert [one.partition(": ")[2].partition(",")[0] for one in words] == says
