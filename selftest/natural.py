"""Natural mutants: manifests that stand in for manifests/web.yaml, or for another one, and break promises, as their heads say.

Method: a mutant is asked what is asked of scenarios that deploy what it stands in for, and the invariants.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from fixtures.plan import manifests
from fixtures.scenarios import arguments
from selftest.fake_suite import REPOSITORY

SUITE = REPOSITORY / "conformance"
STANDS_IN = "web.yaml"
INVARIANTS = str(SUITE / "test_invariants.py")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One manifest: the guarantees that it breaks, those that chance decides, and those to which its story does not come."""

    path: Path
    sentence: str
    stands_in_for: str
    breaks: frozenset[str]
    may_break: frozenset[str]
    leaves_open: frozenset[str]

    @classmethod
    def of(cls, path: Path) -> Mutant:
        """Read the head of a manifest."""
        head = path.read_text(encoding="utf-8")
        stands_in_for, *guarantees = (
            frozenset(re.findall(rf"^# {words}: (\S+)$", head, re.MULTILINE))
            for words in ("stands in for", "breaks", "may break", "leaves open")
        )
        (other,) = stands_in_for or {STANDS_IN}
        return cls(path, head.partition("\n")[0].removeprefix("# "), other, *guarantees)

    @property
    def name(self) -> str:
        """The name of its file, without the ending."""
        return self.path.stem

    @property
    def options(self) -> tuple[str, ...]:
        """What pytest is told, beside where the cluster is.

        What waits in vain in nearly every scenario is given little time: its pods have no claims to wait for.
        """
        return *self.stand_in, *_asked_of(self.stands_in_for), INVARIANTS

    @property
    def stand_in(self) -> tuple[str, ...]:
        """The options by which the mutant stands in for what it is a mutant of, and is waited for as long as it takes."""
        patience = 15 if self.name in ("deployment", "herd-in-order") else 100
        return f"--manifest={self.stands_in_for}={self.path}", f"--patience={patience}"


def _asked_of(manifest: str) -> tuple[str, ...]:
    """The tests of the scenarios that deploy a manifest."""
    return tuple(
        f"{path}::{test}"
        for path in sorted(SUITE.glob("test_*.py"))
        for test, takes in arguments(path).items()
        if test.startswith("test_") and any(manifest in manifests(path, one) for one in takes.split(","))
    )


MUTANTS = tuple(map(Mutant.of, sorted((REPOSITORY / "manifests" / "mutants").glob("*.yaml"))))
