"""The API: what the server makes of a set before any controller sees it.

Method: each trial was a dry run, whose answer is all there is to judge. A refusal counts only where the server says that it is
for what was changed; one for another reason (rights, a webhook, a quota) decides nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from conformance.checks.evidence import judge_each
from conformance.history import Event, History, Inconclusive, Object, Violation

ACCEPTED, INVALID = 200, 422
UNCHANGED = "unchanged"


def refused(history: History, verb: str, because: Mapping[str, Collection[str]]) -> list[Violation]:
    """Each of these cases was refused as invalid, in one of the words that stand beside it; an unchanged set was not."""
    if (control := _trial(history, verb, UNCHANGED)).object["code"] != ACCEPTED:
        raise Inconclusive(f"{control}: even a set that is as it should be was refused: {control.object['message']}")
    return judge_each(because.items(), lambda one: _refused(_trial(history, verb, one[0]), one[1]))


def accepted(history: History, verb: str, cases: Collection[str]) -> list[Violation]:
    """Each of these cases was accepted, and what was said in it would be stored."""
    return judge_each(cases, lambda case: _accepted(_trial(history, verb, case)))


def defaulted(history: History, case: str, defaults: Object) -> list[Violation]:
    """Of a set that says nothing of these fields, they would be stored with these values."""
    return _accepted(_trial(history, "create", case), {"spec": defaults})


def changes_nothing(history: History, *cases: str) -> list[Violation]:
    """Each of these replacements was accepted, and would leave the set's specification, status and generation as they were."""
    return judge_each(cases, lambda case: _changes_nothing(_trial(history, "replace", case)))


def _trial(history: History, verb: str, case: str) -> Event:
    history.require_complete()
    found = [one for one in history.probes("trial") if (one.object["verb"], one.object["case"]) == (verb, case)]
    if not found:
        raise Inconclusive(f"nobody tried to {verb} the set with the case {case!r}")
    if "code" not in found[-1].object:
        raise Inconclusive(f"{found[-1]}: the case {case!r} could not be tried: {found[-1].object.get('trouble')}")
    return found[-1]


def _is_by_validation(trial: Event) -> bool:
    """Whether the API server's own validation refused it, in its own form: a policy of the cluster's owner says 422 too."""
    return bool(trial.object["code"] == INVALID and " is invalid: " in str(trial.object.get("message", "")))


def _said(trial: Event) -> str:
    return f"{trial.object['verb']} with {trial.object['case']!r}"


def _refused(trial: Event, because: Collection[str]) -> list[Violation]:
    code, message = trial.object["code"], str(trial.object.get("message", ""))
    if code == ACCEPTED:
        return [Violation(trial, f"{_said(trial)} was accepted")]
    if not _is_by_validation(trial) or not any(word in message for word in because):
        raise Inconclusive(f"{trial}: {_said(trial)} was refused, but not for {' or '.join(because)}: {message}")
    return []


def _accepted(trial: Event, wanted: Object | None = None) -> list[Violation]:
    code = trial.object["code"]
    if _is_by_validation(trial):
        return [Violation(trial, f"{_said(trial)} was refused: {trial.object['message']}")]
    if code != ACCEPTED:
        raise Inconclusive(f"{trial}: {_said(trial)} was not decided by validation: {trial.object['message']}")
    missing = list(_differences(trial.object["object"], trial.object["change"] if wanted is None else wanted, ""))
    return [Violation(trial, f"{_said(trial)} was accepted, but {one}") for one in missing]


def _changes_nothing(trial: Event) -> list[Violation]:
    stored, answer = trial.object["stored"], trial.object.get("object")
    if answer is None:
        return _accepted(trial)
    parts: list[tuple[str, Any, Any]] = [
        ("spec", stored.get("spec"), answer.get("spec")),
        ("status", stored.get("status"), answer.get("status")),
        ("generation", stored["metadata"].get("generation"), answer["metadata"].get("generation")),
    ]
    return [Violation(trial, f"{_said(trial)} would change the {part}") for part, old, new in parts if old != new]


def _differences(there: Any, wanted: Any, path: str) -> list[str]:
    """Where an object is not as wanted, of which only what is wanted is looked at; a list is compared whole."""
    if not isinstance(wanted, dict):
        return [] if there == wanted else [f"{path} would be {there!r} and not {wanted!r}"]
    found = there if isinstance(there, dict) else {}
    return [
        one for key, value in wanted.items() for one in _differences(found.get(key), value, f"{path}.{key}".strip("."))
    ]
