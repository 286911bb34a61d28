"""The results of one run: plain typed values, and `results.json`, from which every other report is made.

Method: what was observed is stored, what follows from it (outcomes, evidence of a guarantee, the verdict) is derived,
and written along for readers who do not run this code. The file is replaced as a whole, so a killed run leaves a
readable one: its `finished` is false, and its verdict is "no verdict" unless a MUST was already violated.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.guarantees import Guarantee, Level
from conformance.plain import items, part, seconds, text, texts, truth
from reports import score
from reports.outcomes import NOT_RUN, TOLD, Outcome, Verdict, decide, worst
from reports.score import Score

FILE_NAME = "results.json"
FORMAT = 1
TROUBLE = (Outcome.FAILED, Outcome.ERROR, Outcome.INCONCLUSIVE)  # in the order in which people want to hear of it


class ResultsError(Exception):
    """A results.json cannot be read; the message is one sentence that names the file and what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """Which suite judged, of which commit where that is known, and what it was found to be worth."""

    name: str
    version: str
    commit: str = ""
    score: Score | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Which cluster was judged: its version as the server tells it, who provided it, and what it declares to have.

    `context` is the name that its kubeconfig gives it, `address` where its API server was asked; empty where nobody said so.
    """

    version: str = "unknown"
    provider: str = "unknown"
    capabilities: tuple[str, ...] = ()
    context: str = ""
    address: str = ""

    @property
    def described(self) -> str:
        """Which one it is, for people to read, as far as that is known."""
        place = " at ".join(one for one in (self.context, self.address) if one)
        return ", ".join([f"Kubernetes {self.version}", f"provider {self.provider}", *([place] if place else [])])


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What one test says of one guarantee.

    `evidence` holds one string for each violation, reason or error; `history` is the path of the history that was
    judged, relative to the report's folder; `seconds` is the time of set-up and test together: the set-up of a scenario
    counts at the first test that asks for it.
    """

    id: str
    tier: str | None
    outcome: Outcome
    message: str = ""
    evidence: tuple[str, ...] = ()
    history: str | None = None
    seconds: float = 0.0

    @property
    def test(self) -> str:
        """The test's own name, without its file."""
        return self.id.rpartition(".py::")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class GuaranteeResult:
    """One guarantee as the registry had it at the time of the run, and the tests that were run for it."""

    id: str
    level: Level
    statement: str
    source: str
    tiers: tuple[str, ...]
    harm: str = ""
    untested: str = ""
    unproved: str = ""
    tests: tuple[Proof, ...] = ()

    @classmethod
    def of(cls, guarantee: Guarantee, tests: tuple[Proof, ...] = ()) -> GuaranteeResult:
        """Make the result of a guarantee of the registry."""
        return cls(
            id=guarantee.id,
            level=guarantee.level,
            statement=guarantee.statement,
            source=guarantee.source,
            tiers=guarantee.tiers,
            harm=guarantee.harm,
            untested=guarantee.untested,
            unproved=guarantee.unproved,
            tests=tests,
        )

    @property
    def subject(self) -> str:
        """The part of the id before the slash."""
        return self.id.partition("/")[0]

    @property
    def outcome(self) -> Outcome | None:
        """The worst outcome of its tests, or None where none was run."""
        return worst(test.outcome for test in self.tests)

    @property
    def violated(self) -> bool:
        """Whether a test found it violated; that stays true where another test broke and the outcome is error."""
        return any(test.outcome is Outcome.FAILED for test in self.tests)

    @property
    def word(self) -> str:
        """The outcome for people to read: nothing can pass where nothing is promised, so what was seen is told."""
        if self.outcome is Outcome.PASSED and self.level is Level.MAY:
            return TOLD
        if self.outcome is not None:
            return str(self.outcome)
        return "untested" if self.untested else NOT_RUN

    @property
    def told(self) -> tuple[str, ...]:
        """What the tests of a MAY tell of the cluster."""
        messages = (test.message for test in self.tests if test.message)
        return tuple(dict.fromkeys(messages)) if self.word == TOLD else ()

    @property
    def not_run_on(self) -> tuple[str, ...]:
        """The tiers on which none of its tests was run; a test that names no tier counts where there is only one."""
        if self.untested or (len(self.tiers) == 1 and self.tests):
            return ()
        return tuple(tier for tier in self.tiers if all(test.tier != tier for test in self.tests))

    @property
    def evidence(self) -> tuple[str, ...]:
        """What speaks against it, violations first; where nothing does, the evidence of all its tests."""
        against = [test for outcome in (*TROUBLE, Outcome.EXCUSED) for test in self.tests if test.outcome is outcome]
        found = tuple(line for test in against or self.tests for line in test.evidence)
        return found or ((self.untested,) if self.untested else ())

    @property
    def seconds(self) -> float:
        """The time of all its tests together."""
        return round(sum(test.seconds for test in self.tests), 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Everything that is known of one run.

    `date` is when it began, in UTC, and `seconds` how long it took, or has taken by now; 0 where nobody said so. `errors` are
    troubles that belong to no test, such as a file that could not be collected: they leave the run without a verdict, and so do
    `stale` excuses (reports/excuses.py). `warnings` never do.
    """

    suite: Suite
    date: str
    reproduce: str
    guarantees: tuple[GuaranteeResult, ...]
    cluster: Cluster = field(default_factory=Cluster)
    finished: bool = False
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()

    @property
    def troubles(self) -> tuple[str, ...]:
        """All that belongs to no test, and leaves the run without a verdict."""
        return (*self.errors, *self.stale)

    @property
    def musts(self) -> tuple[GuaranteeResult, ...]:
        """The guarantees that decide the verdict: every MUST, but those that the registry says no test can decide."""
        return tuple(one for one in self.guarantees if one.level is Level.MUST and not one.untested)

    @property
    def verdict(self) -> Verdict:
        """The verdict of the run."""
        return decide(
            [test.outcome for one in self.musts for test in one.tests],
            sound=self.finished and not self.troubles,
            complete=not any(one.not_run_on for one in self.musts),
        )

    @property
    def sentence(self) -> str:
        """The verdict as one sentence that says why."""
        return f"{self.verdict.capitalize()}: {self.because}."

    @property
    def because(self) -> str:
        """Why the verdict is what it is, as the end of a sentence without its full stop."""
        total = f"of {len(self.musts)} MUST guarantees"
        if self.verdict is Verdict.NOT_CONFORMANT:
            violated = sum(one.violated for one in self.musts)
            not_run = sum(one.word == NOT_RUN for one in self.musts)
            rest = f", and {not_run} {'was' if not_run == 1 else 'were'} not run" if not_run else ""
            unfinished = "" if self.finished else "; the run did not finish"
            return f"{violated} {total} {'is' if violated == 1 else 'are'} violated{rest}{unfinished}"
        if self.verdict is Verdict.PARTIAL:
            return (
                f"nothing is violated, but {sum(bool(one.not_run_on) for one in self.musts)} {total} were not fully run"
            )
        if self.verdict is Verdict.CONFORMANT:
            return self._why_conformant(total)
        if not self.finished:
            return "the run has not finished"
        if self.errors:
            return "the run itself broke"
        undecided = sum((one.outcome or Outcome.PASSED) >= Outcome.INCONCLUSIVE for one in self.musts)
        reasons = [f"{undecided} {total} could not be decided"] if undecided else []
        if self.stale:
            reasons.append(f"{len(self.stale)} {'excuse is' if len(self.stale) == 1 else 'excuses are'} stale")
        return ", and ".join(reasons) or "no MUST guarantee that applies to this cluster holds"

    def _why_conformant(self, total: str) -> str:
        beside = {
            "excused": sum(one.outcome is Outcome.EXCUSED for one in self.musts),
            "not applicable": sum(one.outcome is Outcome.NOT_APPLICABLE for one in self.musts),
        }
        hold = len(self.musts) - sum(beside.values())
        rest = "".join(f", {count} {'is' if count == 1 else 'are'} {what}" for what, count in beside.items() if count)
        return f"{hold} {total} hold{rest}"


def write(results: Results, folder: Path) -> None:
    """Replace the results.json of a report's folder; that of a run which goes on is on one line, which is made much faster."""
    indent = 2 if results.finished else None
    replace_text(folder / FILE_NAME, json.dumps(to_json(results), indent=indent, ensure_ascii=False) + "\n")


def replace_text(path: Path, text: str) -> None:
    """Put a file in place as a whole: a reader, or whoever comes after a kill, sees the old text or the new one."""
    beside = path.with_name(f".{path.name}.tmp")
    beside.write_text(text, encoding="utf-8", errors="backslashreplace")
    os.replace(beside, path)


def to_json(results: Results) -> dict[str, Any]:
    """Make the content of results.json. An `outcome` of null: no test of the guarantee was run."""
    return {
        "format": FORMAT,
        "suite": {
            "name": results.suite.name,
            "version": results.suite.version,
            "commit": results.suite.commit,
            "score": score.to_json(results.suite.score),
        },
        "date": results.date,
        "finished": results.finished,
        "seconds": results.seconds,
        "reproduce": results.reproduce,
        "cluster": {
            "version": results.cluster.version,
            "provider": results.cluster.provider,
            "capabilities": list(results.cluster.capabilities),
            "context": results.cluster.context,
            "address": results.cluster.address,
        },
        "verdict": str(results.verdict),
        "guarantees": [_guarantee_to_json(one) for one in results.guarantees],
        "warnings": list(results.warnings),
        "errors": list(results.errors),
        "stale": list(results.stale),
    }


def _guarantee_to_json(one: GuaranteeResult) -> dict[str, Any]:
    return {
        "id": one.id,
        "level": str(one.level),
        "statement": one.statement,
        "source": one.source,
        "tiers": list(one.tiers),
        "harm": one.harm,
        "untested": one.untested,
        "unproved": one.unproved,
        "outcome": None if one.outcome is None else str(one.outcome),
        "tests": [_proof_to_json(test) for test in one.tests],
        "evidence": list(one.evidence),
        "seconds": one.seconds,
    }


def _proof_to_json(test: Proof) -> dict[str, Any]:
    return {
        "id": test.id,
        "tier": test.tier,
        "outcome": str(test.outcome),
        "message": test.message,
        "evidence": list(test.evidence),
        "history": test.history,
        "seconds": round(test.seconds, 3),
    }


def read(path: Path) -> Results:
    """Read a results.json, or that of a report's folder; raises ResultsError."""
    path = path / FILE_NAME if path.is_dir() else path
    try:
        return from_json(json.loads(path.read_text(encoding="utf-8")))
    except OSError as wrong:
        raise ResultsError(f"{path}: cannot be read: {wrong.strerror}") from None
    except KeyError as missing:
        raise ResultsError(f"{path}: is not the results of a conformance run: it has no {missing}") from None
    except (ValueError, TypeError, AttributeError, RecursionError) as wrong:
        raise ResultsError(f"{path}: is not the results of a conformance run: {wrong}") from None


def from_json(stored: Mapping[str, Any]) -> Results:
    """Read what `to_json` gave; raises ValueError, TypeError or KeyError where it cannot have come from there."""
    if not isinstance(stored, Mapping):
        raise TypeError("it is not a JSON object")
    if stored["format"] != FORMAT or isinstance(stored["format"], bool):
        raise ValueError(f"it is of format {stored['format']}, and this suite reads format {FORMAT}")
    return Results(
        suite=Suite(
            name=part(stored["suite"], "name", text),
            version=part(stored["suite"], "version", text),
            commit=text(stored["suite"].get("commit", "")),
            score=score.from_json(stored["suite"].get("score")),
        ),
        date=part(stored, "date", text),
        finished=part(stored, "finished", truth),
        seconds=seconds(stored.get("seconds", 0)),
        reproduce=part(stored, "reproduce", text),
        cluster=Cluster(
            version=part(stored["cluster"], "version", text),
            provider=part(stored["cluster"], "provider", text),
            capabilities=part(stored["cluster"], "capabilities", texts),
            context=text(stored["cluster"].get("context", "")),
            address=text(stored["cluster"].get("address", "")),
        ),
        guarantees=tuple(_guarantee_from_json(one) for one in part(stored, "guarantees", items)),
        warnings=part(stored, "warnings", texts),
        errors=part(stored, "errors", texts),
        stale=texts(stored.get("stale", [])),
    )


def _guarantee_from_json(stored: Mapping[str, Any]) -> GuaranteeResult:
    return GuaranteeResult(
        id=part(stored, "id", text),
        level=Level(stored["level"]),
        statement=part(stored, "statement", text),
        source=part(stored, "source", text),
        tiers=part(stored, "tiers", texts),
        harm=text(stored.get("harm", "")),
        untested=part(stored, "untested", text),
        unproved=text(stored.get("unproved", "")),
        tests=tuple(proof_from_json(test) for test in part(stored, "tests", items)),
    )


def proof_from_json(stored: Mapping[str, Any]) -> Proof:
    """Read one test as `to_json` gave it; raises as `from_json` does."""
    return Proof(
        id=part(stored, "id", text),
        tier=None if stored["tier"] is None else part(stored, "tier", text),
        outcome=Outcome(stored["outcome"]),
        message=part(stored, "message", text),
        evidence=part(stored, "evidence", texts),
        history=None if stored["history"] is None else part(stored, "history", text),
        seconds=part(stored, "seconds", seconds),
    )
