"""A tiny suite of its own registry, run by the real plugin in a process of its own: no cluster, a second each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[1]
# The least that can be deployed.
WORKLOAD = {
    "kind": "StatefulSet", "metadata": {"name": "web"},
    "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {"spec": {"containers": [{"name": "web"}]}}},
}  # fmt: skip
PYTEST = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider")
INI = """
[pytest]
addopts = --strict-markers --strict-config --import-mode=importlib
testpaths = conformance
filterwarnings = error
markers = tier(name): the tier
"""
REGISTRY = """
[[guarantee]]
id = "ordering/waits"
level = "MUST"
statement = "Each pod waits."
tiers = ["control-plane", "node"]
source = "https://kubernetes.io/docs/a"
[[guarantee]]
id = "storage/keeps"
level = "MUST"
statement = "Each claim is kept."
tiers = ["node"]
source = "https://kubernetes.io/docs/b"
[[guarantee]]
id = "contrast/random"
level = "SHOULD"
statement = "Names are random."
tiers = ["node"]
source = "https://kubernetes.io/docs/c"
[[guarantee]]
id = "api/unseen"
level = "MUST"
statement = "Nobody can see it."
tiers = ["node"]
source = "https://kubernetes.io/docs/d"
untested = "it happens inside the controller"
"""
CONFTEST = """
from pathlib import Path
from types import SimpleNamespace

import pytest

from conformance import guarantees
from conformance.history import Event, Header, History
from reports.collector import add_warning, describe_cluster

guarantees.REGISTRY = guarantees.load(Path(__file__).with_name("registry.toml"))
pytest_plugins = ["reports.plugin"]
TIERS = [pytest.param(tier, marks=pytest.mark.xdist_group(tier)) for tier in ("control-plane", "node")]


def pytest_configure(config):
    cluster = SimpleNamespace(provider="embedded", capabilities=["dns"], context_name="embedded-one", address="https://[::1]:6443")
    describe_cluster(config, cluster, "v1.37.2")


def pytest_sessionfinish(session):
    add_warning(session.config, "two requests were repeated")


def made(tier):
    header = Header(scenario=f"life/time {tier}", kind="StatefulSet", name="web", namespace="n", selector={}, tier=tier)
    return History.of(header, [Event("ADDED", "Pod", rv, {}) for rv in (8121, 8122, 8123)])


@pytest.fixture(scope="session", params=TIERS)
def lifetime(request):
    return made(request.param)


@pytest.fixture(scope="session")
def on_nodes():
    return made("node")
"""
HEAD = """
import os
import pytest
from conformance.guarantees import proves
from conformance.history import Inconclusive, Unfinished, Violation
"""
HOLDS = {
    "ordering": '@proves("ordering/waits")\ndef test_waits(lifetime): assert [] == []\n',
    "storage": '@proves("storage/keeps")\ndef test_keeps(on_nodes): pass\n',
    "contrast": '@proves("contrast/random")\ndef test_random(on_nodes): pass\n',
}


@dataclass(frozen=True)
class Run:
    """What a run of pytest came to: its exit code, what it printed, and where it ran."""

    exit_code: int
    printed: str
    folder: Path

    @property
    def results(self) -> dict[str, Any]:
        """The results.json that the run left."""
        found: dict[str, Any] = json.loads((self.folder / "conformance-report" / "results.json").read_text())
        return found

    def guarantee(self, name: str) -> dict[str, Any]:
        """One guarantee of the results."""
        found: dict[str, Any] = next(one for one in self.results["guarantees"] if one["id"] == name)
        return found


def write(folder: Path, **subjects: str) -> None:
    """Write a suite in which everything holds, but for the subjects given: the source of each one's tests, or ""."""
    (folder / "conformance").mkdir(exist_ok=True)
    (folder / "pytest.ini").write_text(INI)
    (folder / "registry.toml").write_text(REGISTRY)
    (folder / "conftest.py").write_text(CONFTEST)
    for subject, source in (HOLDS | subjects).items():
        (folder / "conformance" / f"test_{subject}.py").write_text(HEAD + source)


def environment() -> dict[str, str]:
    """Give this process' environment, without what another pytest left there, with the repository to import."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    return kept | {"PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "120"}


def run(folder: Path, *arguments: str, **subjects: str) -> Run:
    """Write the suite and run it."""
    write(folder, **subjects)
    ended = subprocess.run(
        [*PYTEST, *arguments], cwd=folder, env=environment(), capture_output=True, text=True, timeout=600, check=False
    )
    return Run(ended.returncode, ended.stdout + ended.stderr, folder)
