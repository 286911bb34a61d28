"""`make mutants`: seeded faults, each to be found by the guarantee that it breaks, and lawful runs, none of which is accused.

Method: what is tried is in `selftest/trials.py`. Trials that leave their cluster as it is share one; who changes the
cluster itself has it alone meanwhile. A fault is found where every guarantee that it names is *failed*: that
something else failed too counts for nothing. A lawful run is right where what it asked was decided as it should be.
"""

from __future__ import annotations

import argparse
import datetime
import fcntl
import json
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from pathlib import Path
from queue import SimpleQueue

from fixtures import embedded
from reports import score
from reports.collector import git
from reports.deciding import one_line
from reports.outcomes import Outcome
from selftest.demand import MOST_TOLD, REPORT, Ended
from selftest.fake_suite import REPOSITORY
from selftest.second.plugin import BROKE
from selftest.surroundings.surrounding import Witness
from selftest.trials import CHANGED, NODES, OTHER, OWN, Trial, chosen, provable
from selftest.whole_suite import judge

PREFIX = "mutants"
OFF = [("kube-controller-manager", "--controllers=*,-statefulset-controller")]
# What is asked under a gate that is off by default can be broken only where it is on.
GATES = {"StatefulSetRecreateStrategy": True}
# Where the trials of each sort find a cluster: as many go side by side as there are places.
PLACES: Mapping[str, Sequence[str]] = {
    OTHER: ["second"] * 5,
    NODES: ["nodes"],
    OWN: ["own"] * 3,
    CHANGED: ["changed", "changed-too"],
}
CLUSTERS: Mapping[str, Callable[[], embedded.Specification | None]] = {
    OTHER: lambda: embedded.specify(flags=OFF, feature_gates=GATES),
    NODES: lambda: embedded.specify(nodes=3, flags=OFF, feature_gates=GATES),
    OWN: lambda: embedded.specify(feature_gates=GATES),
    CHANGED: lambda: None,
}
# What loses nodes has the machine for itself: its cluster is as large as all others together, and what is lost comes back late
# enough without them.
PHASES = ((NODES,), (OTHER, OWN, CHANGED))
SECONDS = 900.0
RESULT = Path("mutants.json")
# The reports and histories of the trials that did not come to what they must, by their names.
WRONG = Path("conformance-report-mutants")
# Pages that nobody reads, and plugins that only the self-tests have, take half a second of a trial's processes.
QUICKLY, OWN_PLUGINS = ("--no-pages", "-p", "xdist"), {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
NOT_RIGHT, INTERRUPTED = 1, 2
UNDECIDED = f" is {Outcome.INCONCLUSIVE}, "


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of a trial, and a sentence for each demand that it did not meet."""

    result: score.Trial
    unmet: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        """Whether the suite said what it should: all that a fault breaks, and nothing of what is lawful."""
        return self.result.is_found and not self.unmet

    @property
    def is_undecided(self) -> bool:
        """Whether all that is wrong is that the evidence was too thin, as it may be where many trials share two processors."""
        return bool(self.unmet) and all(UNDECIDED in sentence for sentence in self.unmet)


def main(arguments: list[str] | None = None) -> int:
    """Try all faults and the lawful runs, and print a line for each; returns 0 where all are right.

    A whole round in which all is right, and every guarantee was turned red that must be, becomes the score that the reports
    carry; every other is written to mutants.json, also what is known of one that is broken off.
    """
    parser = argparse.ArgumentParser(prog="python -m selftest.mutants", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="NAME", help="the trials of these names, shell patterns allowed")
    parser.add_argument("--kind", action="append", choices=list(score.KINDS), help="only this kind (repeatable)")
    parser.add_argument("--list", action="store_true", help="say which trials there are, and stop")
    options = parser.parse_args(arguments)
    try:
        wanted = chosen(options.only, options.kind)
    except ValueError as wrong:
        parser.error(str(wrong))
    if not wanted:
        parser.error(f"none of these is of the kind {' or '.join(options.kind)}")
    if options.list:
        print(*(f"{one.kind:12} {one.name:36} {one.sentence}" for one in wanted), sep="\n")
        return 0
    try:
        with _alone():
            return _round(wanted, is_whole=not options.only and not options.kind)
    except embedded.EmbeddedError as wrong:
        print(f"mutants: {wrong}", file=sys.stderr)
        return NOT_RIGHT


def _round(wanted: Sequence[Trial], *, is_whole: bool) -> int:
    began, of, tried, code = time.monotonic(), source(), list[Tried](), 0
    try:
        # What a round that was killed has left is in some state, and none that is known.
        take_down()
        try:
            try_all(wanted, tried)
            _try_again(wanted, tried)
        finally:
            take_down()
    except embedded.EmbeddedError as wrong:
        print(f"mutants: {wrong}", file=sys.stderr)
        code = NOT_RIGHT
    except KeyboardInterrupt:
        print(f"mutants: broken off after {len(tried)} of {len(wanted)} trials", file=sys.stderr)
        code = INTERRUPTED
    # The later of two is the one that counts.
    known = {one.result.name: one for one in tried}
    in_order = [known[one.name] for one in wanted if one.name in known]
    of = of if of == source() else ""
    is_right = conclude(in_order, of, time.monotonic() - began, is_whole=is_whole and not code)
    return code or (0 if is_right else NOT_RIGHT)


def _try_again(wanted: Sequence[Trial], tried: list[Tried]) -> None:
    """Try once more, with few others beside it, what nothing could be decided of; what is known of it says so."""
    undecided = {one.result.name: one for one in tried if one.is_undecided}
    if undecided:
        print(f"tried again, since nothing could be decided: {', '.join(undecided)}", flush=True)
        again = list[Tried]()
        try_all([one for one in wanted if one.name in undecided], again)
        for one in again:
            names = [sentence.partition(UNDECIDED)[0] for sentence in undecided[one.result.name].unmet]
            before = f"tried a second time, since at first nothing could be decided of {', '.join(names)}"
            result = replace(one.result, evidence=(*one.result.evidence, before))
            tried.append(replace(one, result=result))


@contextmanager
def _alone() -> Iterator[None]:
    """Let no other round on this machine use the same clusters; raises EmbeddedError. Whoever is asked to end breaks off."""
    with Path(tempfile.gettempdir(), f"{PREFIX}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise embedded.EmbeddedError("another round is going on on this machine: wait until it is over") from None
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)


def source() -> str:
    """The commit that is tried, as git knows it now; empty where something of the tree is in no commit, or git knows nothing.

    A file that git was never told of counts: the trials are whatever lies there.
    """
    is_clean = git(REPOSITORY, "status", "--porcelain") == ""
    return (git(REPOSITORY, "describe", "--always", "--abbrev=12") or "") if is_clean else ""


def conclude(tried: Sequence[Tried], of: str, seconds: float, *, is_whole: bool) -> bool:
    """Write what is known of the suite of this commit, say it, and return whether all of it is as it must be."""
    round_ = score.Score(
        version=embedded.specify().kubernetes_version,
        date=f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}",
        seconds=round(seconds, 1),
        trials=tuple(one.result for one in tried),
        commit=of,
    )
    never_red = [one for one in provable() if not round_.turned_red(one)]
    is_right = all(one.is_right for one in tried) and not (is_whole and never_red)
    # What is published with the suite is a whole round of a commit in which all was right.
    target = score.SOURCE if is_right and is_whole and of else RESULT
    target.write_text(json.dumps(score.to_json(round_), indent=1) + "\n")
    print(f"\n{round_.sentence}, in {round_.seconds:.0f} s")
    if is_whole:
        print(f"{len(never_red)} guarantees that no fault has turned red: {', '.join(never_red) or 'none'}")
    if is_whole and not of:
        print("no score: not all of the source was in one commit from the beginning to the end")
    for one in tried:
        if one.unmet:
            print(f"{one.result.name}: {'; '.join(one.unmet)}")
    print(f"written to {target}")
    return is_right


def try_all(wanted: Sequence[Trial], tried: list[Tried], prefix: str = PREFIX) -> None:
    """Try all of these, and put what came of each behind the others as soon as it is known; raises EmbeddedError.

    The clusters bear the prefix in their names; those of the last phase stay up.
    """
    for before, sorts in pairwise(((), *PHASES)):
        for name in chain.from_iterable(PLACES[sort] for sort in before):
            embedded.down(f"{prefix}-{name}")
        _try_side_by_side({sort: [one for one in wanted if one.cluster == sort] for sort in sorts}, tried, prefix)


def _try_side_by_side(lanes: Mapping[str, Sequence[Trial]], tried: list[Tried], prefix: str) -> None:
    free: dict[str, SimpleQueue[embedded.Cluster]] = {sort: SimpleQueue() for sort in lanes}
    for sort, lane in lanes.items():
        places = PLACES[sort][: len(lane)]
        there = {name: embedded.up(f"{prefix}-{name}", CLUSTERS[sort]()) for name in dict.fromkeys(places)}
        for name in places:
            free[sort].put(there[name])
    over = threading.Event()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder, ExitStack() as pools:
        begun: list[Future[None]] = []
        for sort, lane in lanes.items():
            pool = pools.enter_context(ThreadPoolExecutor(len(PLACES[sort])))
            # What is asked the whole suite takes longest: begun last, it would have the machine for itself at the end.
            ordered = sorted(lane, key=lambda one: bool(one.files))
            begun += [pool.submit(_try, one, free[sort], Path(folder) / one.name, tried, over) for one in ordered]
        try:
            wait(begun)
        finally:
            over.set()
        for each in begun:
            each.result()


def take_down(prefix: str = PREFIX) -> None:
    """Take down whatever of the clusters of this prefix is up."""
    for name in dict.fromkeys(chain.from_iterable(PLACES.values())):
        embedded.down(f"{prefix}-{name}")


def _try(
    one: Trial, free: SimpleQueue[embedded.Cluster], folder: Path, tried: list[Tried], over: threading.Event
) -> None:
    """Try one, unless the round is over; what breaks it off says nothing of the trial, and leaves nothing to be mended."""
    cluster = free.get()
    began, witness = time.monotonic(), Witness()
    if over.is_set():
        free.put(cluster)
        return
    shutil.rmtree(WRONG / one.name, ignore_errors=True)
    try:
        ended = _run(one, cluster, folder, witness)
    # Whatever it is that breaks one trial, the others are tried all the same.
    except Exception as wrong:
        said = str(getattr(wrong, "stdout", None) or "")[-MOST_TOLD:]
        ended = Ended(trouble=(one_line(f"{type(wrong).__name__}: {wrong} {said}"),))
        if not over.is_set():
            _mend(one, cluster)
    finally:
        free.put(cluster)
    if not over.is_set():
        found = told(one, ended, witness, time.monotonic() - began)
        print(line(found), flush=True)
        tried.append(found)
        if not found.is_right:
            _keep(one, folder)


def _keep(one: Trial, folder: Path) -> None:
    """Keep the report of a trial that is wrong, with its histories, where it has come to one."""
    kept = WRONG / one.name
    try:
        shutil.copytree(folder / REPORT, kept)
    except (OSError, shutil.Error) as wrong:
        print(f"{one.name}: its report cannot be kept: {wrong}", flush=True)
    else:
        print(f"{one.name}: its report and histories are in {kept}/", flush=True)


def _run(one: Trial, cluster: embedded.Cluster, folder: Path, witness: Witness) -> Ended:
    entered = (
        one.surrounding.enter(cluster, witness) if one.surrounding else nullcontext((f"--cluster-name={cluster.name}",))
    )
    with entered as where:
        return Ended.of(judge(folder, where, *QUICKLY, *one.options, *one.files, seconds=SECONDS, **OWN_PLUGINS))


def _mend(one: Trial, cluster: embedded.Cluster) -> None:
    """Have a cluster as it should be for the trials to come, where one that changes it has broken in the middle."""
    if one.cluster == CHANGED:
        embedded.up(cluster.name, CLUSTERS[CHANGED]())


def told(one: Trial, ended: Ended, witness: Witness, seconds: float) -> Tried:
    """What came of a trial, from what came of its run and what was seen of its surrounding."""
    evidence = (*witness.said, *(text for text in ended.warnings if text.startswith("second: ")))
    unmet = [*one.demand.unmet(ended), *(f"it was not so: {said}" for said in witness.idle)]
    # What a controller that breaks does is no fault of the sort that was meant, and no honesty.
    unmet += [text for text in ended.warnings if BROKE in text]
    unmet += ["nothing shows that anything was done"] if one.is_disturbed and not evidence else []
    result = score.Trial(
        name=one.name,
        kind=one.kind,
        sentence=one.sentence,
        breaks=one.breaks,
        caught=tuple(name for name in one.breaks if name in ended.failed),
        accused=tuple(name for name in ended.failed if name not in one.breaks),
        passed=ended.passed,
        evidence=evidence,
        seconds=round(seconds, 1),
    )
    return Tried(result=result, unmet=tuple(unmet))


def line(tried: Tried) -> str:
    """A fault and what caught it, or what is wrong about it."""
    one = tried.result
    if one.kind in score.SEEDED:
        said = [", ".join(one.caught)] if one.caught else []
        said += [f"failed too: {', '.join(one.accused)}"] if one.accused else []
    else:
        said = [] if one.accused else [f"nothing accused, {one.passed} passed"]
    wrong = [f"WRONG {sentence}" for sentence in tried.unmet]
    return f"{one.kind:12} {one.name:36} {one.seconds:6.1f} s  {'; '.join([*said, *wrong, *one.evidence])}"


if __name__ == "__main__":
    sys.exit(main())
