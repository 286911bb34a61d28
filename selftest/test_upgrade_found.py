"""What happens to a set between its two histories is told: by what the first knew at its end and the second found.

Method: both are written in the notation of selftest/crossings.py; the second begins with what is listed.
"""

import pytest

from conformance.history import ADDED, LISTED, Event, History
from conformance.upgrade.found import found_as_left
from selftest.crossings import crossing
from selftest.notation import judged

TWO = "+0 r0 id0:a +1 r1 id1:b ="


def listed(words):
    """The second history, of which all that stands before `]` was there when it began."""
    told = crossing(f"{words} ]", replicas=2)
    events = [
        Event(LISTED if event.type == ADDED else event.type, event.kind, event.rv, event.object, event.time)
        for event in told.log
    ]
    return History.of(told.header, events)


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
