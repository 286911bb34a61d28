"""A run of pytest that is the suite's own, wherever the suite lies and whatever pytest is told elsewhere.

Method: pytest is given the suite's configuration, the suite's root and the plugins that it needs, and nothing of the user's: no
configuration or conftest.py of the folder that the command is called in, no plugin that happens to be installed, no options of
the environment, and no cache. What the user says behind the command goes to pytest as it is, but that a value is tied to its
option: pytest would look for a conftest.py beside any file that stands alone, before it knows the option.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from conformance.commands import USAGE
from reports.collector import REPRODUCE

ROOT = Path(__file__).resolve().parents[2]
SUITE = ROOT / "conformance"
CONFIGURATION = ROOT / "pyproject.toml"
OPTIONS_OF_THE_ENVIRONMENT = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")
OF_PYTEST_WITH_VALUES = ("-c", "-k", "-m", "-n", "-o", "-p", "-r", "-W")  # which it knows from the beginning
OWN = (
    f"--config-file={CONFIGURATION}",
    f"--rootdir={ROOT}",
    "--disable-plugin-autoload",
    *("-p", "xdist"),
    *("-p", "allure_pytest"),
    *("-p", "no:cacheprovider"),
)


@dataclass(frozen=True, slots=True)
class Call:
    """A command that runs tests: what it is called, all that the user has typed, and where its tests are.

    To pytest it is a plugin, of the one process that the user sees.
    """

    command: str
    typed: str
    tests: tuple[Path, ...]

    def pytest_addoption(self, parser: pytest.Parser) -> None:
        """Have what is wrong with the options told in a sentence, without pytest's usage; workers are only given right ones."""

        def refuse(message: str) -> NoReturn:
            raise pytest.UsageError(f"{message}; {self.command} --help says what there is")

        parser.optparser.error = refuse  # type: ignore[method-assign]

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> None:
        """Have the report say what the user has typed."""
        config.stash[REPRODUCE] = self.typed


def run(call: Call, options: Sequence[str]) -> int:
    """Have pytest run a command's tests; returns its exit code."""
    try:
        tied = _tied(options)
    except ValueError as wrong:
        # More tests would be none, since what they would be added to is the whole suite already.
        print(
            f"conformance: {wrong}: {call.command} takes options only, and a part is chosen by --guarantee, --subject or -k",
            file=sys.stderr,
        )
        return USAGE
    for name in OPTIONS_OF_THE_ENVIRONMENT:
        os.environ.pop(name, None)
    return int(pytest.main([*OWN, *map(str, call.tests), *tied], plugins=[call]))


def _tied(options: Sequence[str]) -> list[str]:
    """The options, each value in one word with its own; raises ValueError of a word that is no option's value."""
    tied: list[str] = []
    for word in options:
        before = tied[-1] if tied else ""
        if word.startswith("-") or before in OF_PYTEST_WITH_VALUES:
            tied.append(word)
        elif before.startswith("--") and "=" not in before:
            tied[-1] = f"{before}={word}"
        else:
            raise ValueError(word)
    return tied
