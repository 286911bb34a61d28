"""`make mutants`: seeded faults, each to be found by the guarantee that it breaks, and lawful runs, none of which is accused.

Method: three sorts of faults. Faults of a controller are those of `selftest/second`, each a controller of its own for one run
of the suite, many side by side on a cluster whose own StatefulSet controller is off. Natural mutants are manifests. Faulty
surroundings have a cluster for themselves, one at a time. A fault is found where every guarantee that it names is *failed*:
that something else failed too counts for nothing.
"""

from __future__ import annotations

import argparse
import datetime
import fnmatch
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path

from conformance.guarantees import CONTROL_PLANE, REGISTRY, Level
from fixtures import embedded
from reports import score
from selftest.natural import MUTANTS, SUITE
from selftest.second.faults import FAULTS
from selftest.surroundings import SURROUNDINGS
from selftest.whole_suite import judge

# Clusters with Kubernetes' own controller, with the second one, and one that is changed beneath.
OWN, OTHER, CHANGED = "mutants", "mutants-second", "mutants-changed"
SECOND = ("-p", "selftest.second.plugin", f"--cluster-name={OTHER}")
OFF = [("kube-controller-manager", "--controllers=*,-statefulset-controller")]
# What is asked under a gate that is off by default can be broken only where it is on.
GATES = {"StatefulSetRecreateStrategy": True}
SIDE_BY_SIDE = {OWN: 3, OTHER: 6, CHANGED: 1}
CLUSTERS: Mapping[str, Callable[[], embedded.Specification | None]] = {
    OTHER: lambda: embedded.specify(flags=OFF, feature_gates=GATES),
    OWN: lambda: None,
    CHANGED: lambda: None,
}
SECONDS = 900.0
RESULT = Path("mutants.json")
CONTROLLER, MANIFEST, SURROUNDING, LAWFUL = "controller", "manifest", "surrounding", "lawful"
KINDS = (CONTROLLER, MANIFEST, SURROUNDING, LAWFUL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One run of the suite: what is wrong in it, and the guarantees that must be *failed* for it; none in a lawful one."""

    name: str
    kind: str
    sentence: str
    breaks: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of a trial, and what was the matter with the run itself, if anything."""

    result: score.Trial
    trouble: str = ""

    @property
    def is_right(self) -> bool:
        """Whether the suite said what it should: all that a fault breaks, and nothing of what is lawful."""
        return self.result.is_found and not self.trouble and not (self.result.kind == LAWFUL and self.result.accused)


def main(arguments: list[str] | None = None) -> int:
    """Try all faults and the lawful runs, and print a line for each; returns 0 where all are right.

    A whole round in which all is right becomes the score that the reports carry; every other is written to mutants.json.
    """
    parser = argparse.ArgumentParser(prog="python -m selftest.mutants", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="NAME", help="the trials of these names, shell patterns allowed")
    parser.add_argument("--kind", action="append", choices=KINDS, help="only this kind (repeatable)")
    parser.add_argument("--list", action="store_true", help="say which trials there are, and stop")
    options = parser.parse_args(arguments)
    chosen = [one for one in trials() if _is_chosen(one, options.only, options.kind)]
    if options.list or not chosen:
        for one in chosen:
            print(f"{one.kind:12} {one.name:36} {one.sentence}")
        return 0 if chosen else 4
    began = time.monotonic()
    try:
        tried = try_all(chosen)
    except embedded.EmbeddedError as wrong:
        print(f"mutants: {wrong}", file=sys.stderr)
        return 1
    finally:
        take_down()
    round_ = score.Score(version=embedded.specify().kubernetes_version, date=f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}",
                         seconds=round(time.monotonic() - began, 1), trials=tuple(one.result for one in tried))  # fmt: skip
    is_right = all(one.is_right for one in tried)
    # What is published with the suite is a whole round in which all was right.
    target = score.SOURCE if is_right and chosen == list(trials()) else RESULT
    target.write_text(json.dumps(score.to_json(round_), indent=1) + "\n")
    _tell(round_, target)
    return 0 if is_right else 1


def trials() -> Iterator[Trial]:
    """Everything that can be tried."""
    for fault in FAULTS.values():
        yield Trial(name=fault.name, kind=CONTROLLER, sentence=fault.sentence, breaks=fault.breaks,
                    options=(*SECOND, f"--second-fault={fault.name}", *_asking(fault.asked)))  # fmt: skip
    for mutant in MUTANTS:
        yield Trial(name=mutant.name, kind=MANIFEST, sentence=mutant.sentence, breaks=tuple(sorted(mutant.breaks)),
                    options=(f"--cluster-name={OWN}", *mutant.stand_in, *_named(sorted(mutant.breaks)), "-n4"))  # fmt: skip
    for one in SURROUNDINGS.values():
        breaks = tuple(name for name, outcome in one.expects.items() if outcome == "failed")
        yield Trial(name=one.name, kind=SURROUNDING if breaks else LAWFUL, sentence=one.sentence, breaks=breaks,
                    options=one.arguments)  # fmt: skip
    for subject in dict.fromkeys(one.subject for one in REGISTRY.values()):
        yield Trial(name=f"second-{subject}", kind=LAWFUL, options=(*SECOND, f"--subject={subject}", "-n2"),
                    sentence=f"The second controller, honest, asked all of {subject}.")  # fmt: skip


def _asking(names: Sequence[str]) -> tuple[str, ...]:
    """The options by which just these guarantees are asked, where they can be on the tier that needs no containers."""
    exact = all(CONTROL_PLANE in REGISTRY[name].tiers for name in names)
    tier = (f"--tier={CONTROL_PLANE}",) if exact else ()
    # The pods of a lost node are let be for 40 s.
    patience = 90 if any("node-objects" in REGISTRY[name].requires for name in names) else 20
    return (*_named(names), *tier, f"--patience={patience}", "-n0")


def _named(names: Sequence[str]) -> list[str]:
    return [f"--guarantee={name}" for name in names]


def _is_chosen(one: Trial, names: Sequence[str], kinds: Sequence[str] | None) -> bool:
    named = not names or any(fnmatch.fnmatchcase(one.name, pattern) for pattern in names)
    return named and (not kinds or one.kind in kinds)


def try_all(chosen: Sequence[Trial]) -> list[Tried]:
    """Side by side what leaves its cluster as it is, and beside it, one at a time, what changes the cluster itself."""
    lanes = {name: [one for one in chosen if _cluster(one) == name] for name in CLUSTERS}
    for name, specification in CLUSTERS.items():
        if lanes[name]:
            embedded.up(name, specification())
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder, ExitStack() as pools:
        found = [
            pools.enter_context(ThreadPoolExecutor(SIDE_BY_SIDE[name])).map(
                lambda one: _try(one, Path(folder) / one.name), lane
            )
            for name, lane in lanes.items()
        ]
        return [one for lane in found for one in lane]


def _cluster(one: Trial) -> str:
    """The cluster that a trial needs."""
    surrounding = SURROUNDINGS.get(one.name)
    if surrounding is not None:
        return CHANGED if surrounding.alone else OWN
    return OTHER if one.options[:2] == SECOND[:2] else OWN


def take_down() -> None:
    """Take down whatever of the clusters is up."""
    for cluster in CLUSTERS:
        embedded.down(cluster)


def _try(one: Trial, folder: Path) -> Tried:
    began = time.monotonic()
    surrounding = SURROUNDINGS.get(one.name)
    entered: AbstractContextManager[tuple[str, ...]] = (
        surrounding.enter(embedded.Cluster(_cluster(one))) if surrounding else nullcontext(())
    )
    with entered as where:
        run = judge(folder, where, *one.options, *_files(one.options), seconds=SECONDS)
    try:
        known = json.loads((folder / "conformance-report" / "results.json").read_text())
    except (OSError, ValueError):
        known = {"verdict": "none", "guarantees": []}
    failed = tuple(each["id"] for each in known["guarantees"] if each["outcome"] == "failed")
    broken = [each["id"] for each in known["guarantees"] if each["outcome"] == "error"]
    result = score.Trial(
        name=one.name,
        kind=one.kind,
        sentence=one.sentence,
        breaks=one.breaks,
        caught=tuple(name for name in one.breaks if name in failed),
        accused=tuple(name for name in failed if name not in one.breaks),
        seconds=round(time.monotonic() - began, 1),
    )
    outcomes = {each["id"]: each["outcome"] for each in known["guarantees"]}
    broken += surrounding.unexpected(outcomes) if surrounding else []
    trouble = "; ".join(broken) if known["guarantees"] else f"no report: {run.printed[-300:]}"
    tried = Tried(result=result, trouble=trouble)
    print(_line(tried), flush=True)
    return tried


def _files(options: Sequence[str]) -> list[str]:
    """The files that ask the guarantees which these options name: to read the whole suite takes longer than a trial."""
    words = " ".join(options).replace("--guarantee ", "--guarantee=").replace("--subject ", "--subject=").split()
    patterns = [word.partition("=")[2] for word in words if word.startswith("--guarantee=")]
    patterns += [f"{word.partition('=')[2]}/*" for word in words if word.startswith("--subject=")]
    named = [f'"{name}"' for name in REGISTRY if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)]
    sources = {str(path): path.read_text(encoding="utf-8") for path in sorted(SUITE.glob("test_*.py"))}
    return [path for path, source in sources.items() if any(name in source for name in named)]


def _line(tried: Tried) -> str:
    """A fault and what caught it, or what is wrong about it."""
    one = tried.result
    said = ", ".join(one.caught) or ("nothing accused" if one.kind == LAWFUL else "")
    wrong = [f"MISSED {name}" for name in one.breaks if name not in one.caught]
    wrong += [f"ACCUSED {name}" for name in one.accused if one.kind == LAWFUL]
    wrong += [f"BROKE {tried.trouble}"] if tried.trouble else []
    return f"{one.kind:12} {one.name:36} {one.seconds:6.1f} s  {'; '.join([said, *wrong] if said else wrong)}"


def _tell(round_: score.Score, target: Path) -> None:
    proves = (one for one in REGISTRY.values() if one.level is not Level.MAY and not one.untested and not one.unproved)
    rest = [one.id for one in proves if not round_.turned_red(one.id)]
    print(f"\n{round_.sentence}, in {round_.seconds:.0f} s")
    print(f"{len(rest)} guarantees that no fault has turned red: {', '.join(rest) or 'none'}\nwritten to {target}")


if __name__ == "__main__":
    sys.exit(main())
