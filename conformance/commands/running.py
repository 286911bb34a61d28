"""A run of pytest that is the suite's own, wherever the suite lies and whatever pytest is told elsewhere.

Method: pytest is given the suite's configuration, the suite's root and the plugins that it needs, and nothing of the user's: no
configuration or conftest.py of the folder that the command is called in, no plugin that happens to be installed, no options of
the environment, and no cache. What the user says behind the command goes to pytest as it is.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from reports.collector import REPRODUCE

ROOT = Path(__file__).resolve().parents[2]
SUITE = ROOT / "conformance"
CONFIGURATION = ROOT / "pyproject.toml"
OPTIONS_OF_THE_ENVIRONMENT = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")
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
        """Refuse paths, before anything is done: what they would add to is the whole suite already; raises UsageError."""
        if others := [path for path in config.args if path not in [str(test) for test in self.tests]]:
            raise pytest.UsageError(
                f"{others[0]}: {self.command} takes options only; a part is chosen with --guarantee, --subject or -k"
            )
        config.stash[REPRODUCE] = self.typed


def run(call: Call, options: Sequence[str]) -> int:
    """Have pytest run a command's tests; returns its exit code."""
    for name in OPTIONS_OF_THE_ENVIRONMENT:
        os.environ.pop(name, None)
    return int(pytest.main([*OWN, *map(str, call.tests), *options], plugins=[call]))
