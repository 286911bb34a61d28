"""A faulty surrounding: what is wrong around the cluster or in it, how to have it, and what the suite must say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from fixtures import embedded

Options = tuple[str, ...]
Enter = Callable[[embedded.Cluster], AbstractContextManager[Options]]


@dataclass(frozen=True, kw_only=True)
class Surrounding:
    """One faulty surrounding of an embedded cluster of one node.

    `enter` has it for the length of a block, over a cluster that is up, and yields the options by which pytest finds the
    cluster. `arguments` say what is asked there. `expects` gives the outcome of guarantees by their ids; no guarantee that it
    does not name may be `failed`. `alone`: it changes the cluster itself, so that nobody else can use it meanwhile.
    """

    name: str
    sentence: str
    enter: Enter
    expects: Mapping[str, str] = field(default_factory=dict)
    arguments: Options = ()
    alone: bool = True

    def unexpected(self, outcomes: Mapping[str, str]) -> list[str]:
        """A sentence for each guarantee whose outcome in results.json is not the expected one; empty where all are."""
        missed = [f"{one} is {outcomes.get(one)}, not {wanted}" for one, wanted in self.expects.items()
                  if outcomes.get(one) != wanted]  # fmt: skip
        accused = [one for one, outcome in outcomes.items() if outcome == "failed" and one not in self.expects]
        return missed + [f"{one} is failed, and the cluster is not to blame" for one in accused]
