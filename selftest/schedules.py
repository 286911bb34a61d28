"""`python -m selftest.schedules N --seed S`: random faults upon pods that are written to all the time; no data may be lost.

Method: a schedule is drawn from its seed alone, so what failed can be driven again: `python -m selftest.schedules 1 --seed S`.
Faults may come while the last one is not over. In the end each pod is deleted, so that what it had written is read by
another, and the checks of conformance/checks/data.py judge the history, which is kept.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from conformance.checks.data import data_is_safe, told_of_data
from conformance.guarantees import NODE
from conformance.history import History, Inconclusive, Unfinished
from fixtures import embedded, tidying
from fixtures.cluster import ApiError, Cluster, ClusterError
from fixtures.driver import Workload
from fixtures.embedded import EmbeddedError, faults
from fixtures.providers import PROVIDERS, Wanted
from fixtures.run import Run, Wishes, start
from fixtures.waiting import TransportError, WaitedInVain
from reports.deciding import one_line
from selftest.surroundings import SURROUNDINGS
from selftest.surroundings.runtime import stop_lying
from selftest.surroundings.surrounding import Witness

REPLICAS = 2
FEWEST, MOST = 3, 6
PATIENCE = 120.0
LOST_SECONDS = 3.0
SAFE, UNDECIDED, NOT_SAFE = "safe", "UNDECIDED", "NOT SAFE"

Fault = Callable[[Workload, int], None]


def _killed(component: str) -> Fault:
    """A component of the cluster, or of its first node, is killed and started again."""

    def fault(ledger: Workload, _: int) -> None:
        cluster = embedded.Cluster(ledger.cluster.kubeconfig.parent.name)
        target = component.format(node=cluster.nodes()[0].name)
        ledger.recorder.act("restart", target=target)
        with faults.during(faults.kill, cluster, target):
            pass

    return fault


def _lost(how: faults.Fault) -> Fault:
    """The first node is lost in this way, and is back soon after."""

    def fault(ledger: Workload, _: int) -> None:
        cluster = embedded.Cluster(ledger.cluster.kubeconfig.parent.name)
        node = cluster.nodes()[0].name
        ledger.recorder.act("lose", target=f"Node/{node}", how=how.__name__)
        with faults.during(how, cluster, node):
            time.sleep(LOST_SECONDS)
        ledger.recorder.act("restore", target=f"Node/{node}")

    return fault


def _scaled(ledger: Workload, ordinal: int) -> None:
    """Scale so far down that this ordinal goes, and up again before it need be gone."""
    ledger.scale(ordinal)
    ledger.scale(REPLICAS)


FAULTS: Mapping[str, Fault] = {
    "delete": Workload.delete_pod,
    "delete by force": Workload.force_delete_pod,
    "evict": Workload.evict,
    "crash": Workload.crash,
    "scale away": _scaled,
    "update": lambda ledger, _: ledger.update(),
    "restart the controller-manager": lambda ledger, _: ledger.restart_controllers(),
    "restart the API server": lambda ledger, _: ledger.restart_api_server(),
    "kill the scheduler": _killed("kube-scheduler"),
    "kill the kubelet": _killed("{node}/kubelet"),
    "kill containerd": _killed("{node}/containerd"),
    "kill the node": _lost(faults.kill),
    "pause the node": _lost(faults.pause),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One fault, which pod it hits, where it hits one, and whether all must be Ready again before the next."""

    fault: str
    ordinal: int
    settles: bool

    def __str__(self) -> str:
        return f"{self.fault} {self.ordinal}{'' if self.settles else ' &'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a schedule: a word for it, what is to be said of it, and what befell the data."""

    word: str
    said: tuple[str, ...] = ()
    befell: str = ""


def drawn(seed: int) -> tuple[Step, ...]:
    """The schedule of a seed."""
    chance = Random(seed)
    return tuple(
        Step(chance.choice(list(FAULTS)), chance.randrange(REPLICAS), chance.random() < 0.6)
        for _ in range(chance.randint(FEWEST, MOST))
    )


def drive(run: Run, seed: int) -> History:
    """Drive the schedule of a seed, and return its history."""
    with ExitStack() as ending:
        name = f"schedule-{seed}"
        ledger = start(run, f"{run.name}-{seed}", name, NODE, "ledger.yaml", Wishes(replicas=REPLICAS), ending)
        try:
            ledger.wait_ready()
            with ledger.appending():
                for step in drawn(seed):
                    # What is gone meanwhile, or has another's name, cannot be hit.
                    with suppress(ApiError):
                        FAULTS[step.fault](ledger, step.ordinal)
                    if step.settles:
                        ledger.wait_ready()
                # A watch that is behind an API server that was away may show what was there before the last fault.
                ledger.recorder.look_again(PATIENCE)
                ledger.wait_ready()
                for ordinal in range(REPLICAS):
                    ledger.delete_pod(ordinal)
                    ledger.wait_replaced()
            ledger.recall()
            return ledger.history
        except Unfinished as stuck:
            return stuck.history


def _outcome(run: Run, seed: int) -> Outcome:
    """Drive the schedule of a seed and judge it; whatever keeps it from being driven decides nothing, and harms no other."""
    try:
        return judged(drive(run, seed))
    except (ApiError, TransportError, ClusterError, EmbeddedError, WaitedInVain) as wrong:
        return Outcome(word=UNDECIDED, said=(one_line(f"{type(wrong).__name__}: {wrong}"),))


def judged(history: History) -> Outcome:
    """What the checks of data say of a history: that it came to no end is no proof that its data are safe."""
    try:
        found = tuple(map(str, data_is_safe(history)))
        befell = told_of_data(history) if not found else ""
    except Inconclusive as reason:
        return Outcome(word=UNDECIDED, said=(str(reason),))
    return Outcome(word=NOT_SAFE if found else SAFE, said=found, befell=befell)


def main(arguments: list[str] | None = None) -> int:
    """Drive so many schedules, and print a line for each; returns 0 where the data of all are safe."""
    parser = argparse.ArgumentParser(prog="python -m selftest.schedules", description=__doc__)
    parser.add_argument("number", nargs="?", type=int, default=10, metavar="N", help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the first one; each next has the next")
    parser.add_argument(
        "--cluster-name", default="schedules", metavar="NAME", help="an embedded cluster, made if need be"
    )
    parser.add_argument("--report-dir", type=Path, default=Path("conformance-report-schedules"), metavar="DIR")
    parser.add_argument("--surrounding", choices=SURROUNDINGS, metavar="NAME", help="drive them in this surrounding")
    options = parser.parse_args(arguments)
    if options.number < 1:
        parser.error(f"{options.number} schedules: at least one must be driven")
    seeds = range(options.seed, options.seed + options.number)
    witness = Witness()
    with ExitStack() as ending:
        cluster = ending.enter_context(PROVIDERS["embedded"](Wanted(None, None, options.cluster_name)))
        there = embedded.Cluster(options.cluster_name)
        stop_lying(there)
        if options.surrounding:
            ending.enter_context(SURROUNDINGS[options.surrounding].enter(there, witness))
        code = _try(cluster, seeds, options.report_dir, options.surrounding)
    for said in witness.idle:
        print(f"the surrounding {options.surrounding} was none, so these schedules prove nothing: {said}")
    return 1 if witness.idle else code


def _try(cluster: Cluster, seeds: Sequence[int], folder: Path, surrounding: str | None = None) -> int:
    run = Run(cluster, f"schedules-{secrets.token_hex(4)}", tidying.owner(), folder / "histories", PATIENCE)
    for old in run.histories.glob("schedule-*.jsonl"):
        old.unlink()
    words = list[str]()
    for seed in seeds:
        began = time.monotonic()
        outcome = _outcome(run, seed)
        words.append(outcome.word)
        print(f"seed {seed:4}  {time.monotonic() - began:5.1f} s  {outcome.word}  {', '.join(map(str, drawn(seed)))}")
        print(*(f"           {line}" for line in (outcome.befell, *outcome.said) if line), sep="\n", flush=True)
    wrong = [seed for seed, word in zip(seeds, words, strict=True) if word != SAFE]
    print(f"{len(words)} schedules, {words.count(SAFE)} safe; the histories are in {run.histories}")
    for seed in wrong:
        print(
            f"again: python -m selftest.schedules 1 --seed {seed}" + f" --surrounding {surrounding}" * bool(surrounding)
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
