"""What a replicated database has of what it acknowledged, behind an upgrade, and that it works on.

Method: as in conformance/workload/checks.py. Its servers themselves tell it, so a watch that had gaps takes nothing from that.
"""

from __future__ import annotations

from conformance.checks import claim_survives, survives_deletion
from conformance.checks.evidence import pod_name, wanted_ordinals
from conformance.history import History, Inconclusive, Violation
from conformance.workload import checks


def writes_are_kept(history: History) -> list[Violation]:
    """Behind the upgrade each server has all that had been acknowledged until it was asked."""
    acts = history.acts("upgraded")
    if not acts:
        raise Inconclusive("the history holds no end of the upgrade")
    return checks.kept_after(history, acts[-1], wanted_ordinals(history))


def works_on(history: History) -> list[Violation]:
    """The deleted primary returned with its claim, takes writes again, and each server has all that was acknowledged."""
    ordinals = wanted_ordinals(history)
    primary = pod_name(history, ordinals[0])
    returned = survives_deletion(history, primary) + claim_survives(history, primary)
    return returned or checks.writes_are_kept(history, "delete", ordinals)
