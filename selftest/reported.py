"""Reports of histories written by hand: each sort of page that a reader may come to see.

Method: the histories are told in the notation of selftest/notation.py and judged by the suite's own checks, so that what a page
says of an event is what a run would say of it; each report is published as a run publishes its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from conformance import upgrade
from conformance.checks import ordering
from conformance.guarantees import REGISTRY, TIERS, Guarantee, load
from conformance.history import HISTORIES, LOGS, History, Inconclusive, Violation, history_file_name, log_file_name
from conformance.upgrade import checks as crossed
from reports import comparison_page, html, results
from reports.compare import compare
from reports.outcomes import Outcome
from reports.publishing import publish
from reports.results import Cluster, GuaranteeResult, Proof, Results, Suite
from reports.score import CONTROLLER, LAWFUL, Score, Trial
from selftest.crossings import crossing
from selftest.notation import story

GATE = load(Path(upgrade.__path__[0]) / "guarantees.toml")
GATED, REVERSED = "ordering/waits-for-ready", "ordering/highest-leaves-first"
# Guarantees enough for a page: two subjects, every level, the ones that are violated here.
ORDERING, CONTRAST = ([one for one in REGISTRY.values() if one.subject == name] for name in ("ordering", "contrast"))
SOME = (*ORDERING[:8], *CONTRAST)
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
UP = "+0 cb0 r0 +1 cb1 r1 +2 cb2 r2 = resolve:0:10.0.0.1"
CHANGED = "delete:1 t1 -1 +1 r1 = update = t2 -2 +2 r2 = t1 -1 +1 r1 = t0 -0 +0 r0 ="
DOWN = "scale:1 t2 -2 t1 -1 = scale:3 +1 r1 +2 r2 = delete:0 t0 -0 +0 r0 ="
EARLY = f"+0 cb0 +1 cb1 r1 +2 r0 cb2 r2 = resolve:0:10.0.0.1 {CHANGED}"
BLIND = f"+0 cb0 r0 gap +1 cb1 r1 gap +2 cb2 r2 = {CHANGED}"
CROSSED = """+0 cb0 on0:n1 id0:a r0 +1 cb1 on1:n2 id1:b r1 +2 cb2 on2:n3 id2:c r2 = n1:ready n2:ready n3:ready records:0:3
[ n3:cordoned t2 -2 n3:away +2 n3:v2 on2:n3 id2:d r2 n2:cordoned t1 -1 ct1 c-1 n2:away +1 n2:v2 on1:n2 id1:e r1 records:0:6
n1:cordoned t0 -0 n1:away +0 n1:v2 on0:n1 id0:f r0 = ]"""
MANY = 200
# A text that would do much in a page that took it for more than text, and that has no place to be broken.
HOSTILE = "</title></pre><script>alert(1)</script><img src=evil.png onerror=alert(2)>\"'&amp;" + "x" * 300
Tests = Mapping[str, tuple[Proof, ...]]
Check = Callable[..., list[Violation]]


def timed(history: History) -> History:
    """The same history, with a time at each event, as a recorder notes it."""
    times = (BEGAN + timedelta(seconds=number * 0.4) for number in range(len(history.log)))
    events = [
        replace(one, time=time.isoformat(timespec="milliseconds")) for one, time in zip(history.log, times, strict=True)
    ]
    return History.of(history.header, events)


def judged(folder: Path, scenario: str, told: History, check: Check, *arguments: object) -> Proof:
    """What a test says that asks this history one question; the history lies in the report's folder from now on."""
    history = timed(History.of(replace(told.header, scenario=scenario), told.log))
    path = f"{HISTORIES}/{history_file_name(history.header)}"
    (folder / HISTORIES).mkdir(parents=True, exist_ok=True)
    history.write(folder / path)
    outcome = Outcome.PASSED
    evidence: tuple[str, ...] = (f"{len(history.log)} events judged: {path}",)
    try:
        if found := check(history, *arguments):
            outcome, evidence = Outcome.FAILED, tuple(map(str, found))
    except Inconclusive as thin:
        outcome, evidence = Outcome.INCONCLUSIVE, (str(thin),)
    name = f"conformance/test_ordering.py::test_each_pod_waits_until_its_predecessors_are_ready[{scenario}]"
    tier = history.header.tier
    return Proof(id=name, tier=tier, outcome=outcome, evidence=evidence, history=path, seconds=1.25)


def lawful(folder: Path, tier: str = "node") -> Proof:
    """What a test says of a set that came up, was changed and went down as it should."""
    told = story(f"{UP} {CHANGED} {DOWN}", tier=tier)
    return judged(folder, f"ordering.lifetime.{tier}", told, ordering.gated_by_readiness, range(3))


def write(folder: Path, tests: Tests, others: Collection[Proof] = (), **more: Any) -> Path:
    """Publish a report of these tests, and of the others for each guarantee of `asked` that is not named; gives its page."""
    asked: Collection[Guarantee] = more.pop("asked", SOME)
    rows = tuple(GuaranteeResult.of(one, tests.get(one.id, () if one.untested else tuple(others))) for one in asked)
    known = Results(
        suite=Suite(name="stateful-conformance", version="0.1.0", score=more.pop("score", None)),
        date="2026-01-01T00:00:00Z",
        reproduce="pytest --cluster-name=example",
        cluster=Cluster(
            version="v1.37.2",
            provider="embedded",
            capabilities=("containers", "storage", "dns"),
            context="embedded-example",
            address="https://127.0.0.1:6443",
        ),
        seconds=83.4,
        guarantees=more.pop("guarantees", rows),
        finished=more.pop("finished", True),
        **more,
    )
    results.write(known, folder)
    publish(known, folder)
    return folder / html.FILE_NAME


def healthy(folder: Path) -> Path:
    """Everything holds."""
    return write(folder, {}, [lawful(folder, tier) for tier in TIERS])


def violated(folder: Path) -> Path:
    """Two pods came too early, on one of two tiers; a third one left before its time."""
    told = story(EARLY, tier="control-plane")
    early = judged(folder, "ordering.lifetime.control-plane", told, ordering.gated_by_readiness, range(3))
    down = story(f"{UP} scale:0 t0 -0 t2 -2 t1 -1 =")
    lowest = judged(folder, "ordering.scaled-to-none.node", down, ordering.highest_leaves_first)
    (folder / LOGS).mkdir()
    header = replace(told.header, scenario="ordering.lifetime.control-plane")
    (folder / LOGS / log_file_name(header)).write_text("web-0: ready to serve\n" * 30)
    return write(folder, {GATED: (lawful(folder), early), REVERSED: (lowest,)}, [lawful(folder)])


def undecided(folder: Path) -> Path:
    """The watch has gaps, so that nobody can say what happened; and one scenario ended at once, in vain."""
    blind = judged(folder, "ordering.unwatched.node", story(BLIND), ordering.gated_by_readiness, range(3))
    ended = judged(folder, "ordering.in-vain.node", story("+0 vain"), ordering.highest_leaves_first)
    return write(folder, {GATED: (blind,), REVERSED: (ended,)}, [lawful(folder)])


def refused(folder: Path) -> Path:
    """An upgrade in which a claim was lost, and its data with it."""
    told = crossing(CROSSED)
    lost = judged(folder, "upgrade.crossing.node", told, crossed.claims_stay)
    again = replace(lost, outcome=Outcome.PASSED, evidence=())
    return write(
        folder,
        {"identity/claims-stay": (lost,)},
        [again],
        asked=tuple(one for one in GATE.values() if one.subject == "identity"),
    )


def compared(folder: Path) -> Path:
    """Two runs side by side, the second of which found what the first did not."""
    before, after = (results.read(make(folder / make.__name__).parent) for make in (healthy, violated))
    page = folder / "compare.html"
    page.write_text(comparison_page.render(before, after, compare(before, after)), encoding="utf-8")
    return page


def troubled(folder: Path) -> Path:
    """The run itself broke, of its guarantees each came to another end, and not all were run."""
    test = lawful(folder)
    ends = (Outcome.ERROR, Outcome.EXCUSED, Outcome.NOT_APPLICABLE, Outcome.PASSED)
    broken = {
        one.id: (replace(test, outcome=end, evidence=(f"ApiError: the API server said no to {one.id}",)),)
        for one, end in zip(SOME, ends, strict=False)
    }
    errors = ("conformance/test_storage.py cannot be collected: SyntaxError: invalid syntax", "a worker died")
    warnings = ("27 requests were repeated, since the API server could not serve them", "left behind: namespace x-1")
    return write(folder, broken, finished=False, errors=errors, warnings=warnings)


def hostile(folder: Path) -> Path:
    """Whatever can be named has a name that means harm, and that is long beside."""
    in_json = json.dumps(HOSTILE)[1:-1]
    events = [
        replace(one, object=json.loads(json.dumps(one.object).replace("web-1", in_json))) for one in story(EARLY).log
    ]
    evil = History.of(story(EARLY).header, events)
    test = replace(judged(folder, HOSTILE[:150], evil, ordering.gated_by_readiness, range(3)), id=HOSTILE, tier=HOSTILE)
    said = (*test.evidence, f"event 9 (rv 7): {HOSTILE}", HOSTILE)
    bad = replace(test, outcome=Outcome.FAILED, evidence=said, message=HOSTILE)
    row = replace(GuaranteeResult.of(REGISTRY[GATED], (bad,)), statement=HOSTILE, harm=HOSTILE, source=HOSTILE)
    rows = (row, replace(row, id=HOSTILE, source=f"https://{HOSTILE}"))
    return write(folder, {}, guarantees=rows, errors=(HOSTILE,), warnings=(HOSTILE,), score=_score(HOSTILE))


def big(folder: Path) -> Path:
    """As much as a whole run brings: every guarantee, each with two tests, and 200 histories of some 60 events."""
    words = [f"{UP} {CHANGED} {DOWN}", f"{UP} {DOWN} {CHANGED}", f"{UP} {CHANGED} {CHANGED}"]
    tests = [
        judged(
            folder,
            f"subject{number % 9}.scenario_{number}.node",
            story(words[number % 3]),
            ordering.gated_by_readiness,
            (),
        )
        for number in range(MANY)
    ]
    asked = tuple(REGISTRY.values())
    both = {
        one.id: (tests[number % MANY], tests[(number + MANY // 2) % MANY])
        for number, one in enumerate(one for one in asked if not one.untested)
    }
    return write(folder, both, asked=asked, score=_score("The controller does what this sentence says of it."))


def _score(sentence: str) -> Score:
    """A score in which every guarantee has caught a fault."""
    caught = (
        Trial(name=f"fault-{name}", kind=CONTROLLER, sentence=sentence, breaks=(name,), caught=(name,), seconds=9.0)
        for name in REGISTRY
    )
    lawful_run = Trial(name="calm", kind=LAWFUL, sentence=sentence, passed=160, seconds=90.0)
    return Score(version="v1.37.2", date="2026-01-01", seconds=900.0, trials=(*caught, lawful_run), commit="0123abc")


REPORTS: Mapping[str, Callable[[Path], Path]] = {
    one.__name__: one for one in (healthy, violated, undecided, refused, troubled, hostile, big, compared)
}
