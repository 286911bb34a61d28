"""The real suite, run against a cluster in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from fixtures.cluster import Cluster
from selftest.fake_suite import REPOSITORY, Run


def judge(cluster: Cluster, folder: Path, *arguments: str, seconds: float = 600) -> Run:
    """Run the suite as anybody would against a cluster of theirs; its report goes to `folder`/conformance-report."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rN", "--tb=no", "--cluster=current",
         f"--kubeconfig={cluster.kubeconfig}", f"--report-dir={folder / 'conformance-report'}", *arguments],
        cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=seconds, check=False,
    )  # fmt: skip
    return Run(ended.returncode, ended.stdout + ended.stderr, folder)
