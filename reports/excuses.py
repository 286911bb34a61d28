"""Excuses: which violations the owner of a cluster knows of and lives with, and why.

Method: a file that lives with the cluster, not with the suite. An excused violation is told with its reason, deciding nothing.
An excuse of what holds is stale, and leaves the run without a verdict until it is taken out: else nobody would hear of the next
violation.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from conformance.guarantees import TIERS, Guarantee, Level
from reports.outcomes import Outcome
from reports.results import GuaranteeResult, Proof

TABLE = "excuse"


class ExcusesError(Exception):
    """A file of excuses cannot be used; the message is one sentence that says what is wrong, and where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Excuse:
    """A guarantee that may be violated, for a reason; on one tier, or where none is named on each."""

    guarantee: str
    reason: str
    tier: str = ""

    def covers(self, guarantee: str, tier: str | None) -> bool:
        """Whether this is about what a test of a guarantee found on a tier."""
        return self.guarantee == guarantee and self.tier in ("", tier)

    def is_stale(self, found: GuaranteeResult) -> bool:
        """Whether the guarantee was run, and held wherever this excuses it."""
        outcomes = [test.outcome for test in found.tests if self.covers(found.id, test.tier)]
        return bool(outcomes) and set(outcomes) == {Outcome.PASSED}

    def __str__(self) -> str:
        return f"{self.guarantee}{f' on the {self.tier} tier' if self.tier else ''}"


def read(path: Path, registry: Mapping[str, Guarantee]) -> tuple[Excuse, ...]:
    """Read a file of excuses of guarantees of this registry; raises ExcusesError."""
    try:
        stored = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as wrong:
        raise ExcusesError(f"{path}: cannot be read: {wrong.strerror}") from None
    except (ValueError, RecursionError) as wrong:
        raise ExcusesError(f"{path}: is not TOML: {wrong}") from None
    rows = stored.get(TABLE)
    if set(stored) != {TABLE} or not isinstance(rows, list):
        raise ExcusesError(f"{path}: a file of excuses holds one [[{TABLE}]] after the other, and nothing else")
    excuses = tuple(_excuse(f"{path}: excuse {number}", row, registry) for number, row in enumerate(rows, 1))
    for number, one in enumerate(excuses, 1):
        if any(one.guarantee == other.guarantee and one.tier in ("", other.tier) for other in excuses[number:]):
            raise ExcusesError(f"{path}: {one} is excused twice")
    return excuses


def _excuse(where: str, row: Any, registry: Mapping[str, Guarantee]) -> Excuse:
    if not isinstance(row, dict) or not all(isinstance(value, str) for value in row.values()):
        raise ExcusesError(f"{where}: `guarantee`, `reason` and `tier` are texts")
    if unknown := sorted(row.keys() - {"guarantee", "reason", "tier"}):
        raise ExcusesError(f"{where}: there is no field {unknown[0]!r}: there are `guarantee`, `reason` and `tier`")
    name, reason, tier = (row.get(field, "") for field in ("guarantee", "reason", "tier"))
    if name not in registry:
        near = get_close_matches(name, registry, 1)
        raise ExcusesError(f"{where}: there is no guarantee {name!r}{f'; is {near[0]!r} meant?' if near else ''}")
    if registry[name].level is Level.MAY:
        raise ExcusesError(f"{where}: {name} is a MAY, which promises nothing, so there is nothing to excuse")
    if not reason.strip():
        raise ExcusesError(f"{where}: {name} is excused without a reason: say in `reason` why that is lived with")
    if tier not in ("", *TIERS):
        raise ExcusesError(f"{where}: there is no tier {tier!r}: there are {' and '.join(TIERS)}")
    return Excuse(guarantee=name, reason=" ".join(reason.split()), tier=tier)


def told(proof: Proof, guarantee: str, excuses: Iterable[Excuse]) -> Proof:
    """What a test found of a guarantee, as it is told: a violation that is excused with its reason, all else as it is."""
    excuse = next((one for one in excuses if one.covers(guarantee, proof.tier)), None)
    if excuse is None or proof.outcome is not Outcome.FAILED:
        return proof
    said = f"excused, since {excuse.reason}: {proof.message}"
    return replace(
        proof, outcome=Outcome.EXCUSED, message=said, evidence=(f"excused: {excuse.reason}", *proof.evidence)
    )


def stale(excuses: Iterable[Excuse], found: Collection[GuaranteeResult]) -> tuple[str, ...]:
    """A sentence for each excuse that is not needed any more; none where not all of the suite was run."""
    if any(one.not_run_on for one in found):
        return ()
    known = {one.id: one for one in found}
    return tuple(
        f"the excuse of {one} is stale, since that holds: take it out of the file"
        for one in excuses
        if one.is_stale(known[one.guarantee])
    )
