"""What one test says: its outcome, the evidence for it, and the history that it judged.

Method: decided in the process that runs the test, from the exception by which a phase of it ended, and carried on
pytest's own report as plain JSON, so that under xdist it reaches the process that collects. A teardown that breaks is
an entry of its own: it never covers what the test found.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest

from conformance.guarantees import TIERS
from conformance.history import HISTORIES, History, Inconclusive, Unfinished, Violation, history_file_name
from reports.excuses import Excuse
from reports.outcomes import Outcome

ATTRIBUTE = "conformance"  # of a pytest.TestReport: {"id", "proves", "proof": as in results.json, or None, "excused"}
LONGEST_LINE = 600
TOLD = pytest.StashKey[list[str]]()
VIOLATIONS = pytest.StashKey[list[str]]()
# The last parameter, or one of several: a StorageClass, which comes before the tier, may be called like one.
TIER_AT_END = re.compile(rf"(?:^|[-.])({'|'.join(TIERS)})$")
TIER_IN_ID = re.compile(rf"(?:^|[-.])({'|'.join(TIERS)})(?:-|$)")


def is_ours(item: pytest.Item) -> bool:
    """Whether a test is one of the suite's: a test elsewhere, such as a self-test, is an ordinary test."""
    return item.path.is_relative_to(item.config.rootpath / "conformance")


def proven_by(item: pytest.Item) -> tuple[str, ...]:
    """Give the ids of the guarantees that a test proves, as @proves says."""
    ids: tuple[str, ...] = getattr(getattr(item, "function", None), "proves", ())
    return ids


def tier_of(item: pytest.Item) -> str | None:
    """Tell the tier that a test's mark names, or its parameters, or None where neither does."""
    mark = item.get_closest_marker("tier")
    if mark is not None and mark.args:
        return str(mark.args[0])
    return tier_in(item.callspec.id) if isinstance(item, pytest.Function) and hasattr(item, "callspec") else None


def tier_in(parameters: str) -> str | None:
    """Tell the tier that stands among the parameters in a test's id, or None where none does."""
    named = TIER_AT_END.search(parameters) or TIER_IN_ID.search(parameters)
    return named[1] if named else None


def without_group(node_id: str) -> str:
    """Give a node id without the `@group` that xdist appends under --dist=loadgroup."""
    at = node_id.rfind("@")
    return node_id[:at] if at > max(node_id.rfind("]"), node_id.rfind("::")) else node_id


def one_line(text: str) -> str:
    """Put a message on one line, cut where it is longer than anybody reads."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"


def remember_violations(config: pytest.Config, op: str, left: object, right: object) -> list[str] | None:
    """Explain `assert violations == []`, one violation a line, and keep them as evidence; else None."""
    if op != "==" or right != [] or not isinstance(left, list) or not left:
        return None
    if not all(isinstance(one, Violation) for one in left):
        return None
    lines = [str(one) for one in left]
    config.stash[VIOLATIONS] = lines
    return [f"1 violation: {lines[0]}"] if len(lines) == 1 else [f"{len(lines)} violations:", *lines]


def answer(item: pytest.Item, call: pytest.CallInfo[None], excuses: Sequence[Excuse] = ()) -> dict[str, Any]:
    """Put into plain values what this phase of a test says; `excused` where each guarantee that it violates is."""
    violations = item.config.stash.get(VIOLATIONS, [])
    item.config.stash[VIOLATIONS] = []
    said: dict[str, Any] = {
        "id": without_group(item.nodeid),
        "proves": list(proven_by(item)),
        "proof": None,
        "excused": False,
    }
    exception = call.excinfo.value if call.excinfo else None
    if exception is None and call.when != "call":
        return said
    outcome = outcome_of(exception, call.when)
    violations = violations if outcome is Outcome.FAILED else []
    told: list[str] = item.stash.get(TOLD, [])
    message = "; ".join(told) if exception is None else _message(exception, outcome, violations)
    history = _history(item, exception)
    path = history and f"{HISTORIES}/{history_file_name(history.header)}"
    judged = [f"{len(history.log)} events judged: {path}"] if history else []
    said["proof"] = {
        "id": said["id"] + (" (teardown)" if call.when == "teardown" else ""),
        "tier": history.header.tier if history else tier_of(item),
        "outcome": str(outcome),
        "message": message,
        "evidence": violations or [message] * bool(message) + judged * (outcome is Outcome.PASSED),
        "history": path,
        "seconds": call.duration,
    }
    said["excused"] = (
        outcome is Outcome.FAILED
        and bool(said["proves"])
        and all(any(one.covers(name, said["proof"]["tier"]) for one in excuses) for name in said["proves"])
    )
    return said


def outcome_of(exception: BaseException | None, when: str) -> Outcome:
    """Decide the outcome of a phase ("setup", "call" or "teardown") that ended by this exception, or by none."""
    if exception is None:
        return Outcome.PASSED
    if isinstance(exception, pytest.skip.Exception):
        return Outcome.NOT_APPLICABLE
    if isinstance(exception, Inconclusive):
        return Outcome.INCONCLUSIVE
    return Outcome.FAILED if isinstance(exception, AssertionError) and when == "call" else Outcome.ERROR


def _message(exception: BaseException, outcome: Outcome, violations: list[str]) -> str:
    if len(violations) > 1:
        return one_line(f"{len(violations)} violations: {'; '.join(violations)}")
    if outcome is Outcome.FAILED:  # below its first line, pytest only shows where the values came from
        return one_line(str(exception).partition("\n")[0]).removeprefix("assert ") or "an assertion does not hold"
    text = one_line(str(exception))
    if outcome is Outcome.NOT_APPLICABLE:
        return text or "skipped without a reason"
    if isinstance(exception, (Inconclusive, Unfinished)) and text:
        return text
    return one_line(f"{type(exception).__name__}: {text}")


def _history(item: pytest.Item, exception: BaseException | None) -> History | None:
    """Find the history that a test asked for first; of a scenario that did not finish, what there is of it."""
    if isinstance(exception, Unfinished):
        return exception.history
    if not isinstance(item, pytest.Function):
        return None
    values = (item.funcargs.get(name) for name in item.fixturenames)
    return next((value for value in values if isinstance(value, History)), None)
