"""The checks of data hold on lawful histories, name what is lost, doubled, foreign or stale, and say when evidence is thin.

Method: each history is written by hand in the notation of selftest/ledgers.py; the program's own lines are asked of it in
selftest/test_ledger.py.
"""

import pytest

from conformance.checks import data
from conformance.history import Event, History
from selftest.ledgers import ledger
from selftest.notation import judged

KEPT, ONCE, ONE, OWN = (
    data.acknowledged_writes_are_kept,
    data.no_write_twice,
    data.one_writer_at_a_time,
    data.own_volume,
)
CHECKS = (KEPT, ONCE, ONE, OWN)
TWO = "+0 begin:0 r0 +1 begin:1 r1 = append:0:a append:1:b"
AGAIN = "delete:0 t0 -0 +0 begin:0 r0"
READ = "recall:0 recall:1"
W0, W1 = "web-0 (ordinal 0)", "web-1 (ordinal 1)"
FIRST, THIRD = "token 1 of pod pod-1", "token 2 of pod pod-3"
A = f"the record 1 (a), acknowledged in event 13 (rv 10) by {FIRST}"
NOTHING = f"nothing tells of {FIRST}, which answered in event 13 (rv 10)"


def answers(words):
    """What each check says of a history, without the words that name the event."""
    said = (judged(check, ledger(words)) for check in (*CHECKS, data.data_is_safe))
    return [one if isinstance(one, str) else [text.partition(": ")[2] for text in one] for one in said]


@pytest.mark.parametrize(
    "words",
    [
        f"{TWO} {AGAIN} {READ}",
        f"{TWO} {AGAIN} append:0:c beat:0 {READ}",
        # The process ends, and the pod stays.
        f"{TWO} begin:0 append:0:c {READ}",
        # Whatever came of what nobody knows the end of.
        f"{TWO} append:0:c:lost {AGAIN} {READ}",
        f"{TWO} append:0:c:never {AGAIN} {READ}",
        f"{TWO} append:0:c:refused {AGAIN} {READ}",
        f"{TWO} asks:0:c {AGAIN} {READ}",
        # What was cut short was never acknowledged.
        f"{TWO} torn:0 {AGAIN} append:0:c {READ}",
        # What was written while it was read, or had not been synced by then.
        f"{TWO} asks:0:c {AGAIN} {READ} ends:0:c recall:0",
        f"{TWO} {AGAIN} beat:0 beat:0 recall:0:2 cut:0:1 {READ}",
        # What is deleted by force may be about to write for a while, and answer.
        f"{TWO} force:0 -0 +0 begin:0 wants:0 r0 append:0:c {READ} again:0 recall:0",
    ],
)
def test_lawful_dealings_are_not_accused(words):
    assert answers(words) == [[], [], [], [], []]


@pytest.mark.parametrize(
    ("words", "violated"),
    [
        (f"{TWO} cut:0:1 {AGAIN} {READ}", {
            KEPT: [f"{W0} no longer has {A}"],
        }),
        (f"{TWO} append:0:c append:0:d cut:0:2 {AGAIN} {READ}", {
            KEPT: [f"{W0} no longer has the record 2 (c), acknowledged in event 17 (rv 10) by {FIRST}, and 1 more"],
        }),
        # Nobody had been told of a beat, but the numbers show that it was there.
        (f"{TWO} beat:0 {AGAIN} append:0:c drop:0:3 {READ}", {
            KEPT: [f"{W0} lost the record 2: the record 3 (c) stands behind the record 1"],
        }),
        (f"{TWO} beat:0 recall:0 cut:0:1 {AGAIN} {READ}", {
            KEPT: [f"{W0} no longer has the record 2 (beat) at its place, which it told of in event 17 (rv 10)"],
        }),
        (f"{TWO} damage:0:2 {AGAIN} {READ}", {
            KEPT: [f"{W0} no longer has {A}",
                   f"{W0} has a damaged line 2 on its claim, where a record stood"],
        }),
        (f"{TWO} {AGAIN} double:0:2 {READ}", {
            ONCE: [f"{W0} has the write a 2 times, as the records 1, 1",
                   f"{W0} has the record 1 of token 1 2 times"],
        }),
        (f"{TWO} {AGAIN} append:0:a:lost {READ}", {
            KEPT: [f"{W0} has the record 2 (a) in place of {A}"],
            ONCE: [f"{W0} has the write a 2 times, as the records 1, 2"],
        }),
        (f"{TWO} append:0:c:refused {AGAIN} older:0:c {READ}", {
            ONCE: [f"{W0} has the write c, which had been refused"],
            ONE: [f"{W0} has the record 2 (c) of token 1 behind the beginning of token 2"],
        }),
        (f"{TWO} {AGAIN} beat:0 older:0:c beat:0 {READ}", {
            ONE: [f"{W0} has the record 3 (c) of token 1 behind the beginning of token 2"],
        }),
        (f"{TWO} {AGAIN} wants:0 {READ}", {
            ONE: [f"{W0} ran twice: {FIRST} was about to write when token 2 had begun"],
        }),
        (f"{TWO} {AGAIN} {READ} again:0 recall:0", {
            ONE: [f"{W0} answered as {FIRST} after {THIRD} had, in event 22 (rv 14)"],
        }),
        # By force, but another one.
        (f"{TWO} force:1 -1 +1 begin:1 {AGAIN} wants:0 {READ}", {
            ONE: [f"{W0} ran twice: {FIRST} was about to write when token 2 had begun"],
        }),
        # Also by force nothing more is written than what was on its way when the next began.
        (f"{TWO} force:0 -0 +0 begin:0 older:0:c older:0:d {READ}", {
            ONE: [f"{W0} has the record 3 (d) of token 1 behind the beginning of token 2"],
        }),
        (f"{TWO} {AGAIN} while:0:c {READ}", {
            ONE: [f"{W0} ran twice: the record 2 was written while token 2 began behind 1"],
        }),
        (f"{TWO} delete:0 t0 -0 swap:0:1 +0 begin:0 {READ}", {
            KEPT: [f"{W0} no longer has {A}",
                   f"{W1} no longer has the record 1 (b), acknowledged in event 15 (rv 10) by token 1 of pod pod-2"],
            OWN: [f"{W0} found a volume of web-1, with the record 1 (b)",
                  f"{W0} found a stale volume: {NOTHING}",
                  f"{W1} found a volume of web-0, with the record 1 (a)",
                  f"{W1} found a stale volume: nothing tells of token 1 of pod pod-2, which answered in event 15 (rv 10)"],
        }),
        (f"{TWO} delete:0 t0 -0 empty:0 +0 begin:0 {READ}", {
            KEPT: [f"{W0} no longer has {A}"],
            OWN: [f"{W0} found a stale volume: {NOTHING}"],
        }),
        (f"{TWO} keep:0 {AGAIN} append:0:c delete:0 t0 -0 back:0 +0 begin:0 append:0:d {READ}", {
            KEPT: [f"{W0} no longer has the record 2 (c), acknowledged in event 22 (rv 14) by {THIRD}"],
            OWN: [f"{W0} found a stale volume: nothing tells of {THIRD}, which answered in event 22 (rv 14)"],
        }),
    ],
)  # fmt: skip
def test_what_is_broken_is_named(words, violated):
    found = answers(words)
    assert dict(zip(CHECKS, found, strict=False)) == {check: violated.get(check, []) for check in CHECKS}
    assert sorted(found[-1]) == sorted(text for texts in violated.values() for text in texts)


def test_a_violation_names_the_event_the_ordinal_and_the_record():
    (said,) = judged(KEPT, ledger(f"{TWO} cut:0:1 {AGAIN} recall:0 recall:1"))
    assert said.startswith("17 recall:0: web-0 (ordinal 0) no longer has the record 1 (a)")


def test_the_volume_of_a_stranger_is_told_from_ones_own():
    whole = ledger(f"{TWO} {AGAIN} {READ}")
    unseen = [event for event in whole.log if event.uid != "pod-1"]
    said = judged(OWN, History.of(whole.header, unseen))
    assert [one.partition(": ")[2] for one in said] == [
        "web-0 (ordinal 0) found another's volume: token 1 of pod pod-1 is no pod of its name"
    ]
    # Where nobody watched it may have been there.
    gap = Event("GAP", "Pod", whole.log[0].rv, {"reason": "410 Gone"})
    assert judged(OWN, History.of(whole.header, [gap, *unseen])) == []


def test_what_the_watch_missed_takes_nothing_from_what_the_pods_told():
    for gap in ("", " gap"):
        assert answers(f"{TWO}{gap} {AGAIN} {READ}") == [[], [], [], [], []]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("", "web-0 was never created, but nobody waited for it in vain"),
        ("+0 begin:0 r0 +1 begin:1 r1 =", "the history holds no write that was acknowledged"),
        ("+0 begin:0 r0 +1 begin:1 r1 = append:0:a:lost recall:0", "the history holds no write that was acknowledged"),
        (TWO, "event 13 (rv 10): nobody has read since what web-0 had acknowledged"),
        (f"{TWO} {AGAIN} recall:0", "event 15 (rv 10): nobody has read since what web-1 had acknowledged"),
        (f"{TWO} {READ} {AGAIN}", "nothing was read by a later incarnation than the one that had acknowledged it"),
        (f"{TWO} {READ} {AGAIN} append:0:c", "event 26 (rv 14): nobody has read since what web-0 had acknowledged"),
    ],
)
def test_thin_evidence_decides_nothing(words, reason):
    assert answers(words) == [f"inconclusive: {reason}"] * 5


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (f"{TWO} {AGAIN} begin:0 append:0:c:lost append:0:d:never {READ}",
         "web-0: made again 1 time, restarted 1 time, 1 writes acknowledged, 2 of unknown end of which 1 stand, data safe; "
         "web-1: never interrupted, 1 writes acknowledged, data safe"),
        (f"{TWO} cut:0:1 {AGAIN} {READ}",
         "web-0: made again 1 time, restarted 0 times, 1 writes acknowledged, data not safe; "
         "web-1: never interrupted, 1 writes acknowledged, data safe"),
    ],
)  # fmt: skip
def test_what_befell_the_data_is_told(words, told):
    assert data.told_of_data(ledger(words)) == told
