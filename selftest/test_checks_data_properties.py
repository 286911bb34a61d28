"""Whatever befalls the pods and their processes: lawful dealings are never accused, and what is broken in them is named.

Method: hypothesis draws what happens, word by word of selftest/ledgers.py; in the end every pod is made again and tells all.
A mutation breaks one promise in such a history, just before that: it loses, doubles or damages what stands on a claim, brings
an old state or another's volume, or lets an older process write.
"""

import copy
from itertools import count

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from conformance.checks import data
from conformance.checks.operations import Record, parsed
from conformance.history import PROBE, WATCHED, Event, History, Inconclusive
from selftest.ledgers import _Ledgers, ledger

BEGIN = "+0 begin:0 r0 +1 begin:1 r1 = append:0:first append:1:first"
AGAIN = "delete:{o} t{o} -{o} +{o} begin:{o} r{o}"
LAST = f"{AGAIN.format(o=0)} {AGAIN.format(o=1)} recall:0 recall:1"
CHECKS = (
    data.acknowledged_writes_are_kept,
    data.no_write_twice,
    data.one_writer_at_a_time,
    data.own_volume,
)
# What may happen to a pod of the ordinal {o}; {w} is a write of its own.
LAWFUL = (
    "append:{o}:{w}",
    "append:{o}:{w}",
    "append:{o}:{w}:lost",
    "append:{o}:{w}:never",
    "append:{o}:{w}:refused",
    "asks:{o}:{w}",
    "asks:{o}:{w} beat:{o} ends:{o}:{w}",
    "asks:{o}:{w} begin:{o} ends:{o}:{w}:never",
    "beat:{o}",
    "torn:{o}",
    "recall:{o}",
    "begin:{o}",
    AGAIN,
    "force:{o} -{o} +{o} begin:{o} wants:{o} r{o}",
    "force:{o} -{o} +{o} begin:{o} older:{o}:{w} wants:{o} r{o}",
    "force:{o} -{o} +{o} begin:{o} while:{o}:{w} r{o}",
)


@st.composite
def lawful(draw):
    """The words of what happens, each write with a name of its own."""
    numbers = count()
    happened = draw(st.lists(st.tuples(st.sampled_from(LAWFUL), st.integers(0, 1)), max_size=12))
    return " ".join([BEGIN, *(words.format(o=ordinal, w=f"w{next(numbers)}") for words, ordinal in happened)])


def said(check, history):
    """The violations' sentences, or None where that is inconclusive; anything else is raised."""
    try:
        return [str(violation) for violation in check(history)]
    except Inconclusive:
        return None


def written(words, ordinal=0):
    """What stands on a claim behind these words, line by line."""
    teller = _Ledgers("StatefulSet", 2, "node", True, True, True, {})
    teller.tell(words)
    return [parsed(text, place) for place, text in enumerate(teller.lines[f"web-{ordinal}"], start=1)]


@given(words=lawful())
def test_lawful_dealings_are_never_accused_and_always_decided(words):
    history = ledger(f"{words} {LAST}")
    assert {check.__name__: said(check, history) for check in CHECKS} == {check.__name__: [] for check in CHECKS}


@given(words=lawful(), end=st.integers(0, 200))
def test_dealings_that_end_early_are_not_accused(words, end):
    whole = ledger(f"{words} {LAST}")
    beginning = History.of(whole.header, whole.log[: end % (len(whole.log) + 1)])
    assert not any(said(check, beginning) for check in CHECKS)


def _places(words, *, acknowledged):
    lines = enumerate(written(words), start=1)
    return [place for place, one in lines if isinstance(one, Record) and (one.write == "first") >= acknowledged]


def lost(words, choose):
    return f"drop:0:{choose(_places(words, acknowledged=True))}"


def lost_at_the_end(words, choose):
    lines = written(words)
    (place,) = _places(words, acknowledged=True)
    return f"cut:0:{choose(range(len(lines) - place + 1, len(lines) + 1))}"


def emptied(words, choose):
    return "empty:0"


def damaged(words, choose):
    return f"damage:0:{choose(_places(words, acknowledged=False))}"


def doubled(words, choose):
    return f"double:0:{choose(_places(words, acknowledged=False))}"


def foreign(words, choose):
    return "swap:0:1"


def stale(words, choose):
    return f"keep:0 {AGAIN.format(o=0)} append:0:later back:0"


def written_by_two(words, choose):
    return f"{AGAIN.format(o=0)} {choose(['', 'beat:0 '])}older:0:late"


def begun_by_two(words, choose):
    return f"{AGAIN.format(o=0)} while:0:late {choose(['', 'beat:0 '])}"


def run_by_two(words, choose):
    return f"{AGAIN.format(o=0)} {choose(['', 'beat:0 '])}wants:0"


KEPT, ONCE, ONE, OWN = CHECKS
broken = pytest.mark.parametrize(
    ("mutate", "check"),
    [
        (lost, KEPT),
        (lost_at_the_end, KEPT),
        (emptied, KEPT),
        (emptied, OWN),
        (damaged, KEPT),
        (doubled, ONCE),
        (foreign, OWN),
        (foreign, KEPT),
        (stale, OWN),
        (stale, KEPT),
        (written_by_two, ONE),
        (begun_by_two, ONE),
        (run_by_two, ONE),
    ],
)


@broken
@given(words=lawful(), data=st.data())
def test_every_broken_promise_is_named(mutate, check, words, data):
    wrong = mutate(words, lambda places: data.draw(st.sampled_from(places)))
    history = ledger(f"{words} {wrong} {LAST}")
    assert said(check, history)


@broken
@given(words=lawful(), data=st.data(), random=st.randoms(use_true_random=False))
def test_the_order_in_which_watch_events_arrive_decides_nothing(mutate, check, words, data, random):
    wrong = mutate(words, lambda places: data.draw(st.sampled_from(places)))
    whole = ledger(f"{words} {wrong} {LAST}")
    watched = [event for event in whole.log if event.type in WATCHED]
    random.shuffle(watched)
    arrived = History.of(whole.header, [*(event for event in whole.log if event.type not in WATCHED), *watched])
    assert said(check, arrived) == said(check, whole)


@given(words=lawful(), place=st.integers(0, 10_000), which=st.integers(0, 100))
def test_what_an_operation_does_not_say_makes_nothing_but_doubt(words, place, which):
    whole = ledger(f"{words} {LAST}")
    probes = [event for event in whole.log if event.type == PROBE]
    torn = probes[place % len(probes)]
    told = copy.deepcopy(dict(torn.object))
    field = sorted(told)[which % len(told)]
    # What nobody is said to have been asked was asked by nobody: that is another history.
    assume(field != "trouble")
    del told[field]
    events = [Event(e.type, e.kind, e.rv, told if e is torn else e.object, e.time) for e in whole.log]
    assert not any(said(check, History.of(whole.header, events)) for check in CHECKS)
