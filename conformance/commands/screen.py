"""A parser of arguments whose help fits on one screen, and which says in one sentence what is wrong with them.

Method: each command or option has its line, or more where its text is long, in the order in which they were added. Those for
which the screen has no room are named at its end: so what is told is what there is, however much that comes to be.
"""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterable, Sequence
from typing import NoReturn

from conformance.commands import USAGE

LINES, COLUMNS = 24, 80
WIDEST = 28  # columns of what stands before a text
SHORT = 20  # characters of a list of choices that a person can read in passing


class Screen(argparse.ArgumentParser):
    """An ArgumentParser for people; its epilog stands at the end of the screen."""

    def error(self, message: str) -> NoReturn:
        """End the process with the code of a wrong call."""
        self.exit(USAGE, f"conformance: {message}; {self.prog} --help says what there is\n")

    def format_help(self) -> str:
        """The screen: as many options with their texts as there is room for, and the others by name."""
        rows = [row for action in self._actions for row in _rows(action)]
        shown = len(rows)
        while shown and len(self._screen(rows[:shown], rows[shown:])) > LINES:
            shown -= 1
        return "\n".join(self._screen(rows[:shown], rows[shown:])) + "\n"

    def format_usage(self) -> str:
        """How it is called, in one line."""
        asked = [_placed(action) for action in self._actions if not action.option_strings]
        return " ".join(["usage:", self.prog, *["[OPTION]…"] * self._has_options(), *asked]) + "\n"

    def _has_options(self) -> bool:
        return any(action.option_strings and action.dest != "help" for action in self._actions)

    def _screen(self, rows: Sequence[tuple[str, str]], named: Sequence[tuple[str, str]]) -> list[str]:
        also = _wrapped(f"Also: {', '.join(left.split()[0] for left, _ in named)}") if named else []
        end = [*also, *_wrapped(self.epilog or "")]
        return [
            self.format_usage().rstrip(),
            *_wrapped(_sentence(self.description or "")),
            *[""] * bool(rows),
            *_table(rows),
            *[""] * bool(end),
            *end,
        ]


def _rows(action: argparse.Action) -> Iterable[tuple[str, str]]:
    """What stands at the left and at the right of an option, or of each command that there is."""
    if action.help is argparse.SUPPRESS or action.dest == "help":
        return
    if isinstance(action, argparse._SubParsersAction):
        yield from ((one.dest, one.help or "") for one in action._get_subactions())
    elif action.help:
        left = ", ".join(f"{name} {_value(action)}".strip() for name in action.option_strings)
        yield left or _value(action), action.help % (vars(action) | {"prog": ""})


def _value(action: argparse.Action) -> str:
    """What stands for the value of an option, or for what is asked for; nothing where it takes none."""
    if action.nargs == 0:
        return ""
    if action.choices and len(listed := "{" + ",".join(map(str, action.choices)) + "}") <= SHORT:
        return listed
    return str(action.metavar or action.dest.upper())


def _placed(action: argparse.Action) -> str:
    """An argument that has no name, in the line of the usage."""
    if isinstance(action, argparse._SubParsersAction):
        return "COMMAND …"
    return _value(action) + ("…" if action.nargs in ("+", "*") else "")


def _table(rows: Sequence[tuple[str, str]]) -> list[str]:
    width = max((len(left) for left, _ in rows if len(left) <= WIDEST), default=0)
    lines = []
    for left, right in rows:
        first, *more = _wrapped(right, COLUMNS - width - 4)
        if len(left) > width:
            lines += [f"  {left}", f"  {'':{width}}  {first}"]
        else:
            lines.append(f"  {left:{width}}  {first}")
        lines += [f"  {'':{width}}  {line}" for line in more]
    return lines


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}." if text else ""


def _wrapped(text: str, width: int = COLUMNS) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False)
