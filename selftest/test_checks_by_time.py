"""The checks of what comes by time alone hold, and hold a wait against nobody that was too short, or began before its time.

Method: each history is written by hand in the notation of selftest/notation.py.
"""

from dataclasses import replace

import pytest

from conformance import checks
from conformance.checks import by_time
from conformance.history import History
from selftest.notation import LOOKED, judged, story

CONTROLLER_LOOKED = "within 90 s, although the controller looked at the StatefulSet since"
MADE_TO_LOOK = "before the controller was made to look"
NOBODY_BEGAN = ", but nobody began to wait for it behind"
LOOKED_LATE = "nudge = vain:90"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("r0 =a0 +1 =a1", []),
        ("r0 =a0 +1 =a1 late nudge =", []),
        ("r0 =a0 late nudge =a0 +1 =a1 late:90",
         ["7 +1: web-1 was not created before the controller was made to look (event 10 (rv 7)), and 2 s were enough"]),
        (f"r0 =a0 late {LOOKED_LATE}",
         [f"6 =: web-1 was not created {CONTROLLER_LOOKED} event 9 (rv 7)"]),
        ("r0 =a0 late vain:90",
         "inconclusive: web-1 was not created within 90 s, but nothing shows that the controller looked since event 9 (rv 7)"),
        # Readiness came late: what was waited for in vain before it is not held against what comes with time.
        ("r0 nudge =a0 nudge =a0 +1 =a1 late:90",
         f"inconclusive: event 15 (rv 12): web-1 was not created {MADE_TO_LOOK} (event 11 (rv 8)){NOBODY_BEGAN} "
         "event 10 (rv 8)"),
        (f"r0 nudge =a0 {LOOKED_LATE}", f"inconclusive: web-1 was not created{NOBODY_BEGAN} event 10 (rv 8)"),
        (f"r0 nudge =a0 nudge = late {LOOKED_LATE}", [f"9 =: web-1 was not created {CONTROLLER_LOOKED} event 14 (rv 10)"]),
        ("r0 =a0 nudge = late vain:90",
         "inconclusive: web-1 was not created within 90 s, but nothing shows that the controller looked since event 12 (rv 9)"),
        ("r0 =a0 late nudge +1 =a1",
         f"inconclusive: event 13 (rv 10): web-1 was not created {MADE_TO_LOOK} (event 10 (rv 7)){NOBODY_BEGAN} "
         "event 8 (rv 7)"),
        ("r0 =a0 scale:3 =a0 +1 =a1 late:90",
         "inconclusive: event 13 (rv 11): web-1 was not created before somebody did something (event 9 (rv 7))"),
        ("r0 +1 =a0 =a1", "inconclusive: event 9 (rv 8): that came before any status counted the first pod as ready "
                          "(event 10 (rv 9))"),
        ("r0 =a1 +1 =a1", f"inconclusive: the history holds no {by_time.COUNTED_UNAVAILABLE}"),
        ("=a0", "inconclusive: web-1 was never created, but its predecessor web-0 is not Ready at the end"),
    ],
)  # fmt: skip
def test_the_next_comes_with_time(words, answer):
    assert judged(checks.next_comes_with_time, story(f"+0 {words}", replicas=2, minReadySeconds=2)) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("r0 =a0 +1 =a1", []),
        ("r0 =a0 late nudge +1 =a1 late:90",
         ["7 =a1: web-0 was not counted as available before the controller was made to look (event 10 (rv 7)), and 2 s were "
          "enough"]),
        (f"r0 =a0 late +1 {LOOKED_LATE}",
         [f"7 =: web-0 was not counted as available {CONTROLLER_LOOKED} event 9 (rv 7)"]),
        ("r0 nudge =a0 +1 nudge =a0 late =a1",
         f"inconclusive: event 17 (rv 13): web-0 was not counted as available {MADE_TO_LOOK} (event 13 (rv 10)){NOBODY_BEGAN} "
         "event 10 (rv 8)"),
        ("r0 =a0", f"inconclusive: web-0 was not counted as available{NOBODY_BEGAN} event 8 (rv 7)"),
    ],
)  # fmt: skip
def test_availability_comes_with_time(words, answer):
    assert judged(checks.availability_comes_with_time, story(f"+0 {words}", replicas=2, minReadySeconds=2)) == answer


def test_what_came_before_the_nudge_was_written_came_by_itself():
    history = story("+0 r0 =a0 late +1 nudge =a1 late:90", replicas=2, minReadySeconds=2)
    # The watches are silent meanwhile: what is logged knows nothing of what came in time.
    silent = [replace(event, rv=7) if event.kind == "nudge" else event for event in history.log]
    assert judged(checks.next_comes_with_time, History.of(history.header, silent)) == []
    assert judged(checks.availability_comes_with_time, History.of(history.header, silent)) != []


@pytest.mark.parametrize("seconds", [23, 3600])
@pytest.mark.parametrize("words", ["nudge =a0 +1 =a1 late:90", LOOKED_LATE])
def test_only_what_is_much_shorter_than_the_wait_comes_with_time(seconds, words):
    late = story(f"+0 r0 =a0 late {words}", replicas=2, minReadySeconds=seconds)
    for check in (checks.next_comes_with_time, checks.availability_comes_with_time):
        assert str(judged(check, late)).startswith("inconclusive: ")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (f"r0 {LOOKED_LATE}", f"inconclusive: web-1 was never created{NOBODY_BEGAN} event 7 (rv 6)"),
        (f"r0 late {LOOKED_LATE}", [f"5 =: web-1 was never created {CONTROLLER_LOOKED} event 8 (rv 6)"]),
        # A look from before it was available proves nothing.
        ("r0 nudge = late vain:90",
         "inconclusive: web-1 was never created within 90 s, but nothing shows that the controller looked since "
         "event 11 (rv 8)"),
        (f"r0 +1 r1 = update = t1 -1 +1 r1 {LOOKED_LATE}",
         f"inconclusive: web-0 was not replaced by one at the revision web-r2{NOBODY_BEGAN} event 19 (rv 17)"),
        (f"r0 +1 r1 = update = t1 -1 +1 r1 late {LOOKED_LATE}",
         [f"14 =: web-0 was not replaced by one at the revision web-r2 {CONTROLLER_LOOKED} event 20 (rv 17)"]),
        (f"r0 +1 r1 = update = t1 -1 +1 r1 late {LOOKED}",
         "inconclusive: web-0 was not replaced by one at the revision web-r2 within 20 s, which is less than the 24 s that "
         "decide it"),
    ],
)  # fmt: skip
def test_what_waits_for_availability_is_missed_only_where_somebody_waited_long_for_it(words, answer):
    assert judged(checks.reaches_newest, story(f"+0 {words}", replicas=2, minReadySeconds=6)) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("r0 =a0 late quota nudge +1 =a1 late:90",
         f"inconclusive: event 14 (rv 11): web-1 was not created {MADE_TO_LOOK} (event 11 (rv 8)), but the controller was "
         "refused: exceeded quota: pods"),
        ("r0 =a0 late nudge +1 =a1 late:59",
         f"inconclusive: event 13 (rv 10): web-1 was not created {MADE_TO_LOOK} (event 10 (rv 7)) within 59 s, which is less "
         "than the 60 s that decide it"),
    ],
)  # fmt: skip
def test_who_was_refused_or_may_have_been_away_is_not_late(words, answer):
    assert judged(checks.next_comes_with_time, story(f"+0 {words}", replicas=2, minReadySeconds=2)) == answer
