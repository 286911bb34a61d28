"""Natural mutants: manifests that stand in for manifests/web.yaml and break promises, as their heads say.

Method: a mutant is asked what is asked of scenarios that deploy web.yaml, and the invariants.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from fixtures.plan import manifests
from fixtures.scenarios import arguments
from selftest.fake_suite import REPOSITORY

SUITE = REPOSITORY / "conformance"
ASKED_OF_WEB = tuple(
    f"{path}::{test}"
    for path in sorted(SUITE.glob("test_*.py"))
    for test, takes in arguments(path).items()
    if test.startswith("test_") and any("web.yaml" in manifests(path, one) for one in takes.split(","))
)
INVARIANTS = str(SUITE / "test_invariants.py")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One manifest: the guarantees that it breaks, and those that it may break, since chance decides."""

    path: Path
    sentence: str
    breaks: frozenset[str]
    may_break: frozenset[str]

    @classmethod
    def of(cls, path: Path) -> Mutant:
        """Read the head of a manifest."""
        head = path.read_text(encoding="utf-8")
        breaks, may_break = (
            frozenset(re.findall(rf"^# {words}: (\S+)$", head, re.MULTILINE)) for words in ("breaks", "may break")
        )
        return cls(path, head.partition("\n")[0].removeprefix("# "), breaks, may_break)

    @property
    def name(self) -> str:
        """The name of its file, without the ending."""
        return self.path.stem

    @property
    def options(self) -> tuple[str, ...]:
        """What pytest is told, beside where the cluster is.

        A Deployment waits in vain in nearly every scenario, but its pods have no claims to wait for.
        """
        patience = 15 if self.name == "deployment" else 100
        return f"--manifest=web.yaml={self.path}", f"--patience={patience}", *ASKED_OF_WEB, INVARIANTS


MUTANTS = tuple(map(Mutant.of, sorted((REPOSITORY / "manifests" / "mutants").glob("*.yaml"))))
