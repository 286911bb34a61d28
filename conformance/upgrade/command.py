"""The act that is judged: whether it came to its end, and whether it was an upgrade at all.

Method: what the driver knows of the end stands in the act `upgraded`; what became of the nodes was watched.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.history import DELETED, Event, History, Inconclusive, Life, Violation
from conformance.upgrade.crossing import UPGRADED, Crossing, is_cordoned


def was_commanded(history: History) -> bool:
    """Whether a command upgraded the cluster, and not somebody between two runs."""
    return Crossing(history).ended.object["code"] is not None


def command_succeeds(history: History) -> list[Violation]:
    """The command that upgraded the cluster ended with 0, in its time, and the API server answered after it."""
    ended = Crossing(history).ended
    return [Violation(ended, message) for message in _failures(ended)]


def _failures(ended: Event) -> Iterator[str]:
    said = ended.object
    last = f"; the last line of {said.get('log')}: {said.get('last_line') or 'there is none'}"
    if said.get("overdue"):
        yield f"the command that upgrades the cluster was ended after {said['overdue']:g} s{last}"
    elif said["code"]:
        yield f"the command that upgrades the cluster ended with {said['code']}{last}"
    if not said.get("answers", True):
        yield f"the API server did not answer within {said['patience']:g} s after the command"


def changed_nothing(history: History) -> bool:
    """Whether the API server is of the same release as before, and every node was what it had been all the time."""
    crossing = Crossing(history)
    crossing.require_seen("Node")
    before, after = crossing.begun.object["version"], crossing.ended.object["version"]
    if not after:
        raise Inconclusive(f"{crossing.ended}: the API server did not tell its release")
    return before == after and not any(_was_changed(crossing, node) for node in history.lives("Node"))


def _was_changed(crossing: Crossing, node: Life) -> bool:
    """Whether a node was made, taken away, cordoned, booted or of another release; that it is not Ready may have any cause."""
    before = crossing.before(node)
    during = [event for event in node.events if crossing.begun.number < event.number < crossing.ended.number]
    if before is None or crossing.lost(node) is not None:
        return bool(during) or before is not None
    return any(event.type == DELETED or _facts(event) != _facts(before) for event in during)


def _facts(node: Event) -> tuple[object, ...]:
    info = node.status.get("nodeInfo") or {}
    return *(info.get(field) for field in UPGRADED), is_cordoned(node)


def takes_place(history: History) -> list[Violation]:
    """Something was upgraded: else whatever else holds says nothing of an upgrade."""
    if changed_nothing(history):
        version = Crossing(history).ended.object["version"]
        raise Inconclusive(
            f"nothing was upgraded: the API server is of {version} as before, and every node is as it was; where nothing "
            "is to change, --may-change-nothing says so"
        )
    return []
