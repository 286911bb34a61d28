"""The help of the commands that run tests: the suite's own options, as its plugins add them, and none of pytest's hundred.

Method: the plugins add their options to a parser that stands in for pytest's, so what is told is what there is.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Sequence
from typing import Any, Self

from conformance.commands.screen import Screen

OF_PYTEST = "And as pytest's: -n N (scenarios side by side), -k EXPRESSION, -q, -v."
# Added last, so that the screen has room for what is asked for more often.
RARE = ("fixtures.plan",)


class Stand:
    """Stands in for pytest's parser, and for each of its groups."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._parser = parser

    def getgroup(self, *_: str) -> Self:
        """The group of this name."""
        return self

    def addoption(self, *names: str, **attributes: Any) -> None:
        """Add an option."""
        self._parser.add_argument(*names, **attributes)


def help_of(command: str, says: str, own: Sequence[str]) -> str:
    """The help of a command: the options of these plugins, and of those that every run has."""
    parser = Screen(prog=command, description=says, epilog=OF_PYTEST)
    conftest = importlib.import_module("conftest")
    common = [name for name in conftest.pytest_plugins if name not in RARE]
    for name in (*own, "conftest", *common, *RARE):
        plugin = importlib.import_module(name)
        if hasattr(plugin, "pytest_addoption"):
            plugin.pytest_addoption(Stand(parser))
    return parser.format_help()
