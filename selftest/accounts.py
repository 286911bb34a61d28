"""Kubeconfigs for a cluster, as somebody else than its administrator: by a token, or by asking in somebody's name."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from fixtures import embedded, rights

NAMESPACE, RUNNER = "stateful-conformance", "runner"
# As the README has it, after the account is there.
COMMANDS = """\
token=$(kubectl create token runner --namespace stateful-conformance --duration 8h)
kubectl config view --minify --flatten > runner.kubeconfig
kubectl --kubeconfig runner.kubeconfig config unset users
kubectl --kubeconfig runner.kubeconfig config set-credentials runner --token "$token"
kubectl --kubeconfig runner.kubeconfig config set-context --current --user runner
"""


def changed(kubeconfig: Path, path: Path, *, cluster: Mapping[str, object], user: Mapping[str, object]) -> Path:
    """A copy of a kubeconfig of one cluster and one user, which says this more of them; None takes something away."""
    content: dict[str, Any] = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
    for one, change in ((content["clusters"][0]["cluster"], cluster), (content["users"][0]["user"], user)):
        one.update(change)
        for name in [name for name, value in change.items() if value is None]:
            del one[name]
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def of_runner(kubeconfig: Path, path: Path, *profiles: str, **cluster: object) -> Path:
    """A kubeconfig of the account that is allowed just what the files of these profiles hold, by its token.

    `cluster` is what it says more of the cluster.
    """
    kubectl = embedded.Cluster(kubeconfig.parent.name).kubectl()
    for profile in profiles:
        kubectl("apply", "-f", str(rights.FOLDER / f"{profile}.yaml"))
    path.touch(mode=0o600)
    environment = os.environ | {"KUBECONFIG": str(kubeconfig), "PATH": f"{kubectl.program.parent}:{os.environ['PATH']}"}
    done = subprocess.run(["sh", "-euc", COMMANDS], cwd=path.parent, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return changed(path.with_name("runner.kubeconfig"), path, cluster=cluster, user={})
