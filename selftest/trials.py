"""Everything that `make mutants` tries: seeded faults, each with the guarantees that it breaks, and lawful runs.

Method: faults of a controller are those of `selftest/second`, natural mutants are manifests, surroundings are those of
`selftest/surroundings`. Lawful runs are surroundings in which every promise is kept, the honest second controller, asked the
whole suite, also slow and killed at random, and Kubernetes' own controller with the feature gates on that are off by default.
"""

from __future__ import annotations

import difflib
import fnmatch
import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance import test_invariants
from conformance.guarantees import CONTROL_PLANE, REGISTRY, TIERS, Level
from reports.score import CONTROLLER, LAWFUL, MANIFEST, SURROUNDING
from selftest.demand import FAILED, PASSED, Demand, asked_by
from selftest.natural import INVARIANTS, MUTANTS, SUITE
from selftest.second.faults import FAULTS
from selftest.surroundings import SURROUNDINGS, Surrounding

# What a trial needs: a cluster with Kubernetes' own controller, one with the second one, of one node or of several that may be
# lost, or one that is changed beneath.
OWN, OTHER, NODES, CHANGED = "own", "second", "nodes", "changed"
# Many runs of it share one API server, so none may kill that.
SECOND = ("-p", "selftest.second.plugin", "--lacks=api-server-restart")
# Asked of every history: beside what is asked of a subject's scenarios, since it has none of its own.
EVERYWHERE = tuple(
    dict.fromkeys(name for test in vars(test_invariants).values() for name in getattr(test, "proves", ()))
)
# The update may be over before all the annotations are written that its scenario is about; where it is slow, it often is.
DOUBTFUL = frozenset({"updates/annotations-disturb-nothing"})
MOST_PROCESSES = 4
# For how many seconds the second controller is waited for where it is at fault.
SHORT, LONG = 30, 90
# Guarantees of what comes by time alone, which is late only where it was waited for longer than a controller may be away.
BY_TIME = ("ordering/goes-on-when-available", "status/availability-comes-with-time")
# What faults of the second controller break where there are nodes to be lost, beside what they break without any.
ON_LOST_NODES = {
    "forces-stuck-pods": ("failure/lost-node-keeps-the-name", "data/safe-through-node-loss"),
    "gives-up-volumes-of-lost-nodes": ("failure/out-of-service-moves-the-pod",),
}
# What is under a gate that is off by default.
GATED = tuple(one.id for one in REGISTRY.values() if one.gate == "StatefulSetRecreateStrategy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One run of the suite: what is wrong in it, and what it must come to.

    `breaks` are the guarantees that must be *failed* for it; none in a lawful one. `files` are the test files that are read,
    since to read the whole suite takes longer than a trial; none where all of it is asked. `surrounding` is what it runs in, if
    in any. Where it `is_disturbed` there must be evidence that it really was.
    """

    name: str
    kind: str
    sentence: str
    cluster: str
    demand: Demand
    breaks: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    surrounding: Surrounding | None = None
    is_disturbed: bool = False


@functools.cache
def trials() -> tuple[Trial, ...]:
    """Everything that can be tried."""
    return *_controllers(), *_on_lost_nodes(), *_manifests(), *map(_surrounding, SURROUNDINGS.values()), *_honest()


def _controllers() -> Iterator[Trial]:
    for fault in FAULTS.values():
        options = _asking(fault.asked)
        yield Trial(
            name=fault.name,
            kind=CONTROLLER,
            sentence=fault.sentence,
            cluster=OTHER,
            demand=_broken(fault.breaks),
            breaks=fault.breaks,
            options=(*SECOND, f"--second-fault={fault.name}", *options),
            files=files(asked_by(options)),
        )


def _on_lost_nodes() -> Iterator[Trial]:
    for fault, breaks in ON_LOST_NODES.items():
        yield Trial(
            name=f"{fault}-of-real-nodes",
            kind=CONTROLLER,
            sentence=FAULTS[fault].sentence,
            cluster=NODES,
            demand=_broken(breaks),
            breaks=breaks,
            options=(*SECOND, f"--second-fault={fault}", *_asking(breaks)),
            files=files(breaks),
        )
    asked = tuple(one.id for one in REGISTRY.values() if "node-loss" in one.requires)
    yield Trial(
        name="honest-on-lost-nodes",
        kind=LAWFUL,
        sentence="The second controller, honest, loses nodes: one dies, another stands still for a while.",
        cluster=NODES,
        demand=Demand(expects=dict.fromkeys(asked, PASSED)),
        options=(*SECOND, *_named(asked), "-n0"),
        files=files(asked),
    )


def _manifests() -> Iterator[Trial]:
    for mutant in MUTANTS:
        breaks = tuple(sorted(mutant.breaks))
        yield Trial(
            name=mutant.name,
            kind=MANIFEST,
            sentence=mutant.sentence,
            cluster=OWN,
            demand=_broken(breaks),
            breaks=breaks,
            options=_side_by_side((*mutant.stand_in, *_named(breaks))),
            files=files(breaks),
        )


def _surrounding(one: Surrounding) -> Trial:
    return Trial(
        name=one.name,
        kind=SURROUNDING if one.breaks else LAWFUL,
        sentence=one.sentence,
        cluster=CHANGED if one.alone else OWN,
        demand=one.demand,
        breaks=one.breaks,
        options=_side_by_side(one.arguments),
        files=files(asked_by(one.arguments)),
        surrounding=one,
        is_disturbed=True,
    )


def _honest() -> Iterator[Trial]:
    yield Trial(
        name="second",
        kind=LAWFUL,
        sentence="The second controller, honest, asked the whole suite.",
        cluster=OTHER,
        demand=Demand(asked=asked_by(()), doubtful=DOUBTFUL),
        options=(*SECOND, f"-n{MOST_PROCESSES}"),
    )
    yield _second(
        "second-killed",
        "The second controller, honest, is killed every few seconds, at random, and started again.",
        ["ordering/*", "updates/*"],
        ("--second-kills", f"--tier={CONTROL_PLANE}"),
    )
    yield _second(
        "second-late",
        "The second controller, honest, waits for up to a second before it looks at a set, as chance will have it.",
        ["ordering/*"],
        ("--second-late=1.0", f"--tier={CONTROL_PLANE}", "--patience=240"),
    )
    yield _second(
        "second-hurried",
        "The second controller, honest, asked with no more patience than where it is at fault.",
        ["ordering/*", "updates/*"],
        (f"--tier={CONTROL_PLANE}", f"--patience={SHORT}"),
        is_disturbed=False,
    )
    yield Trial(
        name="gates-on",
        kind=LAWFUL,
        sentence="Kubernetes' own controller, with the feature gates on that are off by default, asked what is under them.",
        cluster=OWN,
        demand=Demand(expects=dict.fromkeys(GATED, PASSED)),
        options=(*_named(GATED), "-n2"),
        files=files(GATED),
    )


def _second(
    name: str, sentence: str, patterns: Sequence[str], options: Sequence[str], *, is_disturbed: bool = True
) -> Trial:
    """The honest second controller with these options, asked these patterns, and what is asked of every history."""
    asked = asked_by((*_named(patterns), *options)) - {*EVERYWHERE}
    return Trial(
        name=name,
        kind=LAWFUL,
        sentence=sentence,
        cluster=OTHER,
        demand=Demand(asked=asked, doubtful=DOUBTFUL),
        options=(*SECOND, *_named((*patterns, *EVERYWHERE)), *options, "-n2"),
        files=(*files(asked), INVARIANTS),
        is_disturbed=is_disturbed,
    )


def _broken(breaks: Iterable[str]) -> Demand:
    return Demand(expects=dict.fromkeys(breaks, FAILED), others_may_fail=True)


def _asking(names: Sequence[str]) -> tuple[str, ...]:
    """The options by which just these guarantees are asked, where they can be on the tier that needs no containers."""
    exact = all(CONTROL_PLANE in REGISTRY[name].tiers for name in names)
    tier = (f"--tier={CONTROL_PLANE}",) if exact else ()
    # The pods of a lost node are let be for 40 s.
    waits_long = any({"node-objects", "node-loss"} & {*REGISTRY[name].requires} or name in BY_TIME for name in names)
    return (*_named(names), *tier, f"--patience={LONG if waits_long else SHORT}", "-n0")


def _side_by_side(options: Sequence[str]) -> tuple[str, ...]:
    """These options, and processes by a guess at what there is to do: each takes a second of a processor to begin."""
    if any(option.startswith("-n") for option in options):
        return tuple(options)
    tiers = [option.partition("=")[2] for option in options if option.startswith("--tier=")] or TIERS
    asked = sum(len({*tiers} & {*REGISTRY[name].tiers}) for name in asked_by(options))
    return *options, "-n0" if asked == 1 else f"-n{min(MOST_PROCESSES, max(2, asked // 2))}"


def _named(names: Iterable[str]) -> list[str]:
    return [f"--guarantee={name}" for name in names]


def files(guarantees: Iterable[str]) -> tuple[str, ...]:
    """The files of the suite that ask these guarantees."""
    named = [f'"{name}"' for name in guarantees]
    return tuple(path for path, source in _sources().items() if any(name in source for name in named))


@functools.cache
def _sources() -> Mapping[str, str]:
    return {str(path): path.read_text(encoding="utf-8") for path in sorted(SUITE.glob("test_*.py"))}


def chosen(names: Sequence[str], kinds: Sequence[str] | None) -> list[Trial]:
    """The trials of these names, shell patterns allowed, and of these kinds; raises ValueError for a name that none has."""
    known = [one.name for one in trials()]
    for name in names:
        if not fnmatch.filter(known, name):
            raise ValueError(f"there is no trial {name}{near(name, known)}")
    return [
        one
        for one in trials()
        if (not names or any(fnmatch.fnmatchcase(one.name, pattern) for pattern in names))
        and (not kinds or one.kind in kinds)
    ]


def near(name: str, known: Iterable[str]) -> str:
    """What might have been meant by a name that nobody has, to be set behind the sentence that says so."""
    found = difflib.get_close_matches(name, list(known), n=3)
    return f"; did you mean {' or '.join(found)}?" if found else ""


def unbroken() -> list[str]:
    """The guarantees that promise something, can be tested and could be broken, and that no trial says that it breaks."""
    broken = {name for one in trials() for name in one.breaks}
    return [one for one in provable() if one not in broken]


def provable() -> list[str]:
    """The guarantees that a seeded fault must turn red."""
    promises = (one for one in REGISTRY.values() if one.level is not Level.MAY)
    return [one.id for one in promises if not one.untested and not one.unproved]
