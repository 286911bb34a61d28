"""The real suite, run against a cluster in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from fixtures.cluster import Cluster
from reports import summary
from selftest.fake_suite import REPOSITORY, Run


def current(cluster: Cluster) -> tuple[str, ...]:
    """The options by which a run finds a cluster that is there."""
    return current_at(cluster.kubeconfig)


def current_at(kubeconfig: Path) -> tuple[str, ...]:
    """The options by which a run finds the cluster of a kubeconfig."""
    return "--cluster=current", f"--kubeconfig={kubeconfig}"


def judge(folder: Path, where: Sequence[str], *arguments: str, seconds: float = 1800, **more: str) -> Run:
    """Run the suite as anybody would against the cluster of these options; its report goes to `folder`/conformance-report.

    `more` are environment variables of the run. Raises TimeoutExpired.
    """
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", summary.STEP))}
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rN", "--tb=no", *where,
         f"--report-dir={folder / 'conformance-report'}", *arguments],
        cwd=REPOSITORY, env=environment | more, capture_output=True, text=True, timeout=seconds, check=False,
    )  # fmt: skip
    return Run(ended.returncode, ended.stdout + ended.stderr, folder)
