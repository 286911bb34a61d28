"""Names for Allure that stay the same however pytest is called, so that its history does not break.

Method: Allure takes full name and history id from pytest's node id; before a result is stored, both are replaced by the
guarantee's id, the tier and the test's own name (two tests of one guarantee must not look like one test and its retry).
"""

from __future__ import annotations

import hashlib
from typing import Any

import allure_commons
import pytest

from reports.junit import stable_name


class StableNames:
    """Renames each stored result after the test that ran last."""

    def __init__(self) -> None:
        self._name: str | None = None

    def use(self, said: dict[str, Any] | None) -> None:
        """Name the next result after what a test said (see `deciding.ATTRIBUTE`); None leaves Allure's own name."""
        if said is None:
            self._name = None
        elif said["proof"] is not None:
            test = said["id"].rpartition("::")[2]
            self._name = stable_name(", ".join(said["proves"]), said["proof"]["tier"], test)

    @allure_commons.hookimpl(tryfirst=True)
    def report_result(self, result: Any) -> None:
        """Rename a result that is about to be stored: this is Allure's hook."""
        if self._name is not None:
            result.fullName = self._name
            result.testCaseId = result.historyId = hashlib.md5(self._name.encode(), usedforsecurity=False).hexdigest()


NAMES = pytest.StashKey[StableNames]()


def configure(config: pytest.Config, folder: str) -> None:
    """Have Allure store into this folder unless the user named another; must run before Allure's own hook."""
    if not config.pluginmanager.has_plugin("allure_pytest"):
        return
    config.option.allure_report_dir = config.option.allure_report_dir or folder
    names = config.stash[NAMES] = StableNames()
    allure_commons.plugin_manager.register(names)
    config.add_cleanup(lambda: allure_commons.plugin_manager.unregister(names))
