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

from conformance.guarantees import Guarantee, Level
from reports.outcomes import Outcome
from reports.results import GuaranteeResult, Proof

TABLE = "excuse"


class ExcusesError(Exception):
    """A file of excuses cannot be used; the message is one sentence that says what is wrong, and where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Excuse:
    """A guarantee that may be violated on a tier, for a reason."""

    guarantee: str
    tier: str
    reason: str

    def covers(self, guarantee: str, tier: str | None) -> bool:
        """Whether this is about what a test of a guarantee found on a tier; one that names none is of the only one."""
        return self.guarantee == guarantee and tier in (self.tier, None)

    def is_stale(self, found: GuaranteeResult) -> bool:
        """Whether the guarantee was run on the tier, and nothing speaks against it there."""
        outcomes = [test.outcome for test in found.tests if self.covers(found.id, test.tier)]
        return Outcome.PASSED in outcomes and max(outcomes) is Outcome.PASSED

    def __str__(self) -> str:
        return f"{self.guarantee} on the {self.tier} tier"


def read(path: Path, registry: Mapping[str, Guarantee]) -> tuple[Excuse, ...]:
    """Read a file of excuses of these guarantees; raises ExcusesError."""
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
    known = [str(one) for one in excuses]
    if twice := [one for one in known if known.count(one) > 1]:
        raise ExcusesError(f"{path}: {twice[0]} is excused twice")
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
    excused = registry[name]
    if excused.level is Level.MAY:
        raise ExcusesError(f"{where}: {name} is a MAY, which promises nothing, so there is nothing to excuse")
    if excused.untested:
        raise ExcusesError(f"{where}: {name} is decided by no test, so there is nothing to excuse")
    if not reason.strip():
        raise ExcusesError(f"{where}: {name} is excused without a reason: say in `reason` why that is lived with")
    if tier not in excused.tiers and (tier or len(excused.tiers) > 1):
        raise ExcusesError(f"{where}: say with `tier` where {name} is excused: {' or '.join(excused.tiers)}")
    return Excuse(guarantee=name, tier=tier or excused.tiers[0], reason=" ".join(reason.split()))


def told(proof: Proof, guarantee: str, excuses: Iterable[Excuse]) -> Proof:
    """What a test found of a guarantee, as it is told: a violation that is excused with its reason, all else as it is."""
    excuse = next((one for one in excuses if one.covers(guarantee, proof.tier)), None)
    if excuse is None or proof.outcome is not Outcome.FAILED:
        return proof
    said, evidence = f"{excuse.reason}: {proof.message}", (excuse.reason, *proof.evidence)
    return replace(proof, outcome=Outcome.EXCUSED, message=said, evidence=evidence)


def stale(excuses: Iterable[Excuse], found: Collection[GuaranteeResult], level: Level) -> tuple[str, ...]:
    """A sentence for each excuse of this level that is not needed any more; none where not all of the guarantees were run."""
    if any(one.not_run_on for one in found):
        return ()
    known = {one.id: one for one in found if one.level is level}
    return tuple(
        f"the excuse of {one} is stale, since that holds: take it out of the file"
        for one in excuses
        if one.guarantee in known and one.is_stale(known[one.guarantee])
    )
