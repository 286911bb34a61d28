"""Whose time a run took: the cluster's or ours, read from the histories that it left.

Method: a scenario waits for the cluster, or asks something inside it; what else passes between its first entry and its last is
ours. Of the whole run, the cluster's share is the time in which at least one scenario waited or asked. The longest chain of
scenarios that one process drove in turn is the run's critical path.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from conformance.history import ACT, PROBE, Event, History

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Account:
    """Seconds from the first entry of any history to the last, and of these the seconds that were the cluster's."""

    whole: float
    clusters: float

    @property
    def ours(self) -> float:
        """The share that was not the cluster's, from 0 to 1."""
        return 1 - self.clusters / self.whole if self.whole else 0.0


def of_run(folder: Path) -> tuple[Account, Account]:
    """The accounts of a run whose histories lie in this folder: of the whole, and of its critical path."""
    histories = [History.read(path) for path in sorted(folder.glob("*.jsonl"))]
    whole = _account([_span(one) for one in histories], [wait for one in histories for wait in _waits(one)])
    chains: dict[str, list[History]] = {}
    for one in histories:
        # A namespace is named by the run, the process that drove it, and a number.
        chains.setdefault(one.header.namespace.rpartition("-")[0], []).append(one)
    accounts = [
        _account([_span(one) for one in chain], [wait for one in chain for wait in _waits(one)])
        for chain in chains.values()
    ]
    return whole, max(accounts, key=lambda account: account.whole)


def _account(spans: list[Interval], waits: list[Interval]) -> Account:
    return Account(_union(spans), _union(waits))


def _span(history: History) -> Interval:
    times = [_seconds(event) for event in history.log]
    return min(times), max(times)


def _waits(history: History) -> Iterable[Interval]:
    """When the scenario waited for the cluster or asked something inside it: each is logged when it has ended."""
    for event in history.log:
        if (event.type == ACT and event.kind == "wait") or event.type == PROBE:
            ended = _seconds(event)
            yield ended - float(event.object.get("seconds", 0)), ended


def _seconds(event: Event) -> float:
    return datetime.fromisoformat(event.time).timestamp()


def _union(intervals: Iterable[Interval]) -> float:
    """The seconds that any of these intervals covers."""
    covered, until = 0.0, float("-inf")
    for begin, end in sorted(intervals):
        covered += max(0.0, end - max(begin, until))
        until = max(until, end)
    return covered
