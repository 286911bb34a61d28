"""`make kind`: an engine, the node image, and the suite against three nodes, within the engine's machine; then nothing is left.

Method: the suite brings the cluster up by itself, as a user would, with `--cluster=kind`. What is on the machine is compared
before and after. The contract that every provider holds to is asked of the real kind first, on a cluster of one node.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from fixtures.embedded import EmbeddedError, build, images
from fixtures.embedded.progress import say, saying
from fixtures.embedded.specification import DEFAULT_VERSION
from selftest.kind import left, node_image, programs
from selftest.kind.engine import Engine, require_programs, running
from selftest.kind.programs import KindError

NAME = "make-kind"
NODES = 3
CONFIGURATION = Path(__file__).with_name("cluster.yaml")
REPOSITORY = Path(__file__).parents[2]
# kind's volumes are made by a pod each, one after the other, and taken away by another.
SLOW = ("--numprocesses=4", "--patience=300")
CONFORMANT, LEFT, USAGE = 0, 1, 4


def main(arguments: Sequence[str] | None = None) -> int:
    """What the suite said, as an exit code; 1 where anything is left behind, 4 where there is no cluster to be had."""
    parser = argparse.ArgumentParser(prog="python -m selftest.kind", description=__doc__)
    parser.add_argument("--kubernetes-version", default=DEFAULT_VERSION, metavar="VERSION", help="default: %(default)s")
    parser.add_argument("--nodes", type=int, default=NODES, metavar="N", help="default: %(default)s")
    parser.add_argument("--no-contract", action="store_true", help="do not ask the contract of the providers")
    parser.add_argument("suite", nargs="*", metavar="-- OPTIONS", help="for the suite, behind `--`")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(LEFT))
    # What a run that was killed has left is no part of the machine as it was.
    Engine(NAME).remove()
    began, before = time.monotonic(), left.the_host()
    try:
        require_programs()
        programs.programs()
        with running(NAME) as engine:
            image = node_image.ensure(engine, options.kubernetes_version)
            code = CONFORMANT if options.no_contract else _contract(engine, image)
            code = code or _suite(engine, image, options)
            code = code or _nothing_is_in(engine)
    except (KindError, EmbeddedError) as wrong:
        print(f"kind: {wrong}", file=sys.stderr)
        return USAGE
    finally:
        changed = left.difference(before, left.the_host())
        for line in changed:
            print(f"kind: left behind: {line}", file=sys.stderr)
    say(f"make kind took {time.monotonic() - began:.0f} s")
    return code or (LEFT if changed else CONFORMANT)


def _suite(engine: Engine, image: str, options: argparse.Namespace) -> int:
    with saying(f"the suite on {options.nodes} nodes of kind"):
        return _pytest(
            engine,
            "--cluster=kind",
            f"--nodes={options.nodes}",
            f"--node-image={image}",
            f"--cluster-config={CONFIGURATION}",
            f"--load-image={images.archive(build.programs(options.kubernetes_version)['agnhost'])}",
            "--report-dir=conformance-report-kind",
            *SLOW,
            *options.suite,
        )


def _contract(engine: Engine, image: str) -> int:
    """What every provider holds to, asked of the real kind; the embedded cluster that other providers lead to is outside."""
    with saying("the contract of the providers, with the real kind"):
        return _pytest(
            engine,
            "selftest/test_cluster_providers.py",
            "-n0",
            "-k",
            "kind",
            f"--node-image={image}",
            f"--cluster-config={CONFIGURATION}",
        )


def _pytest(engine: Engine, *arguments: str) -> int:
    kind = programs.programs()["kind"].parent
    known = {"PATH": f"{kind}:{engine.environment['PATH']}", "XDG_STATE_HOME": str(engine.folder / "state")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "KUBECONFIG"))}
    return engine.inside(command, REPOSITORY, environment={**kept, **known}).returncode


def _nothing_is_in(engine: Engine) -> int:
    """Whether the suite has left nothing in the engine: no container, no volume, no state of ours."""
    containers = engine.docker("ps", "--all", "--quiet").stdout.split()
    volumes = engine.docker("volume", "ls", "--quiet").stdout.split()
    state = [str(path) for path in (engine.folder / "state").rglob("*") if path.is_file()]
    for what, there in (("containers", containers), ("volumes", volumes), ("files", state)):
        if there:
            print(f"kind: {what} of the cluster are left: {' '.join(there)}", file=sys.stderr)
    return LEFT if containers or volumes or state else CONFORMANT


if __name__ == "__main__":
    sys.exit(main())
