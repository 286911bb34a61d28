"""The score of the suite itself: which seeded faults it found, by which guarantee, and which lawful runs it accused.

Method: `make mutants` tries every fault and writes `score.json` beside this module; every report carries it, so that who reads
that a guarantee holds can see what had to go wrong for it to be said to be broken.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from conformance.plain import items, number, part, seconds, text, texts

SOURCE = Path(__file__).with_name("score.json")
CONTROLLER, MANIFEST, SURROUNDING, LAWFUL = "controller", "manifest", "surrounding", "lawful"
# What was wrong in a trial, and what a person calls all trials of that kind.
KINDS: Mapping[str, str] = {
    CONTROLLER: "Faulty controllers",
    MANIFEST: "Manifests that cannot keep the promises",
    SURROUNDING: "Faulty surroundings",
    LAWFUL: "Lawful runs",
}
SEEDED = (CONTROLLER, MANIFEST, SURROUNDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One run of the suite on a cluster that something was wrong with, or on a lawful one.

    `kind` says what was wrong: the controller, a manifest, the surroundings, or nothing (lawful). `breaks` are the
    guarantees that must fail, `caught` those of them that did, `accused` those that failed beside them. `passed` is how many
    guarantees passed, `evidence` what was really done to the cluster or its answers, in figures. `seconds` is the run's time.
    """

    name: str
    kind: str
    sentence: str
    breaks: tuple[str, ...] = ()
    caught: tuple[str, ...] = ()
    accused: tuple[str, ...] = ()
    passed: int = 0
    evidence: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def is_found(self) -> bool:
        """Whether every guarantee that must fail did."""
        return set(self.breaks) <= set(self.caught)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What came of all trials, on which Kubernetes, when (UTC), and how many seconds the whole round took.

    `commit` names the suite's own source, as git does, so that a score of another one is seen to be of another one; it is
    empty where that was not known.
    """

    version: str
    date: str
    seconds: float
    trials: tuple[Trial, ...]
    commit: str = ""

    @property
    def faults(self) -> tuple[Trial, ...]:
        """The runs in which something was wrong."""
        return tuple(one for one in self.trials if one.kind in SEEDED)

    @property
    def lawful(self) -> tuple[Trial, ...]:
        """The runs in which nothing was."""
        return tuple(one for one in self.trials if one.kind == LAWFUL)

    @property
    def sentence(self) -> str:
        """The score as a person says it."""
        found, accused = sum(one.is_found for one in self.faults), sum(bool(one.accused) for one in self.lawful)
        return f"{found} of {len(self.faults)} seeded faults found, {accused} of {len(self.lawful)} lawful runs accused"

    def turned_red(self, guarantee: str) -> tuple[Trial, ...]:
        """The faults that this guarantee caught."""
        return tuple(one for one in self.faults if guarantee in one.caught)


@cache
def published(source: Path = SOURCE) -> Score | None:
    """The score of this suite, or None where none was published with it; raises ValueError where the file is no score."""
    return from_json(json.loads(source.read_text(encoding="utf-8"))) if source.is_file() else None


def to_json(score: Score | None) -> dict[str, Any] | None:
    """Make what is written of a score."""
    return None if score is None else asdict(score)


def from_json(stored: Mapping[str, Any] | None) -> Score | None:
    """Read what `to_json` gave; raises ValueError, TypeError or KeyError where it cannot have come from there."""
    if stored is None:
        return None
    return Score(
        version=part(stored, "version", text),
        date=part(stored, "date", text),
        seconds=part(stored, "seconds", seconds),
        trials=tuple(_trial(one) for one in part(stored, "trials", items)),
        commit=text(stored.get("commit", "")),
    )


def _trial(stored: Mapping[str, Any]) -> Trial:
    return Trial(
        name=part(stored, "name", text),
        kind=part(stored, "kind", text),
        sentence=part(stored, "sentence", text),
        breaks=part(stored, "breaks", texts),
        caught=part(stored, "caught", texts),
        accused=part(stored, "accused", texts),
        passed=number(stored.get("passed", 0)),
        evidence=texts(stored.get("evidence", [])),
        seconds=part(stored, "seconds", seconds),
    )
