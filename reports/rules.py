"""The rules of collection: every test names a guarantee, and every guarantee has a test.

Method: read from the collected items alone. The second rule holds only where the whole suite was collected and nothing
was deselected; a tier is asked for only where every test of the guarantee tells its tier before it runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from conformance import guarantees
from conformance.guarantees import Guarantee
from reports.deciding import is_ours, proven_by, tier_of, without_group

# The options by which nothing is run.
LOOKS_ONLY = ("collectonly", "help", "version", "markers", "showfixtures", "show_fixtures_per_test", "cacheshow",
              "list", "plan")  # fmt: skip


def broken_rules(items: Sequence[pytest.Item], *, whole: bool) -> list[str]:
    """One sentence for each break of a rule; `whole`: these are all the tests that there are."""
    ours = [item for item in items if is_ours(item)]
    nameless = [
        f"{without_group(item.nodeid)}: names no guarantee; mark it with @proves"
        for item in ours
        if not proven_by(item)
    ]
    return nameless + (_unproved(ours) if whole else [])


def _unproved(items: Sequence[pytest.Item]) -> list[str]:
    tiers: dict[str, set[str | None]] = {}
    for item in items:
        for name in proven_by(item):
            tiers.setdefault(name, set()).add(tier_of(item))
    missing = ((one, _missing(one, tiers.get(one.id))) for one in guarantees.REGISTRY.values() if not one.untested)
    return [
        f"{guarantees.SOURCE.name}: guarantee {one.id!r} has no test{where}"
        for one, where in missing
        if where is not None
    ]


def _missing(one: Guarantee, tested: set[str | None] | None) -> str | None:
    """Where a guarantee has no test: "" for nowhere at all, None where nothing is missing."""
    if tested is None:
        return ""
    missing = [] if None in tested else [tier for tier in one.tiers if tier not in tested]
    return f" on the {' and the '.join(missing)} tier" if missing else None


def named_paths(config: pytest.Config) -> list[Path]:
    """List the files and folders that pytest was called with, or falls back to."""
    return [(config.invocation_params.dir / argument.partition("::")[0]).resolve() for argument in config.args]


def looks_only(config: pytest.Config) -> bool:
    """Whether pytest was called to tell something, and to run nothing."""
    return any(getattr(config.option, name, False) for name in LOOKS_ONLY)


def asks_for_suite(config: pytest.Config) -> bool:
    """Whether what pytest was called with may hold tests of the suite."""
    suite = config.rootpath / "conformance"
    return any(path.is_relative_to(suite) or suite.is_relative_to(path) for path in named_paths(config))


def asks_for_whole_suite(config: pytest.Config) -> bool:
    """Whether what pytest was called with leaves out no test of the suite; deselecting comes later."""
    suite = config.rootpath / "conformance"
    narrowing = ("ignore", "ignore_glob", "lf", "pyargs")
    if any(getattr(config.option, name, None) for name in narrowing) or any(
        "::" in argument for argument in config.args
    ):
        return False
    return any(suite.is_relative_to(path) for path in named_paths(config))
