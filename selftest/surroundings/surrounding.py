"""A faulty surrounding: what is wrong around the cluster or in it, how to have it, and what the suite must say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from fixtures import embedded
from selftest.demand import FAILED, Demand, asked_by

Options = tuple[str, ...]


class Witness:
    """What was really done while a surrounding lasted, in figures: what is only said to be wrong proves nothing.

    `said` are its sentences, `idle` those of them whose figure is nothing: then the surrounding was none.
    """

    def __init__(self) -> None:
        self.said: list[str] = []
        self.idle: list[str] = []

    def saw(self, figure: float, sentence: str, least: float = 1) -> None:
        """Take down a figure, which is nothing where it is below the least, and the sentence that stands behind it."""
        told = f"{round(figure, 1):g} {sentence}"
        self.said.append(told)
        if figure < least:
            self.idle.append(told)


Enter = Callable[[embedded.Cluster, Witness], AbstractContextManager[Options]]


@dataclass(frozen=True, kw_only=True)
class Surrounding:
    """One faulty surrounding of an embedded cluster of one node.

    `enter` has it for the length of a block, over a cluster that is up, yields the options by which pytest finds the cluster,
    and tells the witness what it really did. `arguments` say what is asked there. `expects` gives the outcome of guarantees
    by their ids, `because` what stands in the reason of those that are inconclusive, `doubtful` those that may be so for any
    reason; whatever else is asked must pass. `alone`: it changes the cluster itself, so that nobody else can use it meanwhile.
    """

    name: str
    sentence: str
    enter: Enter
    expects: Mapping[str, str] = field(default_factory=dict)
    doubtful: frozenset[str] = frozenset()
    arguments: Options = ()
    alone: bool = True
    because: str = ""

    @property
    def breaks(self) -> tuple[str, ...]:
        """The guarantees that must be *failed* there."""
        return tuple(name for name, outcome in self.expects.items() if outcome == FAILED)

    @property
    def demand(self) -> Demand:
        """What must come of a run there."""
        asked = asked_by(self.arguments)
        # What is really wrong may well keep something else from being decided.
        doubtful = asked if self.breaks else self.doubtful
        return Demand(asked=asked, expects=self.expects, doubtful=doubtful, because=self.because)
