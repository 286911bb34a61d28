"""`make kind`: an engine, the node image, the suite and the gate against three nodes, within the engine's machine.

Method: the suite brings its clusters up by itself, as a user would, with `--cluster=kind`. The contract that every provider
holds to is asked of the real kind first, on a cluster of one node. What is on the machine is compared before and after: nothing
is left.
"""

from __future__ import annotations

import argparse
import os
import shlex
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
UPGRADED, BEFORE = "upgraded", "v1.36.3"
CONFIGURATION = Path(__file__).with_name("cluster.yaml")
REPOSITORY = Path(__file__).parents[2]
# kind's volumes are made by a pod each, one after the other, and taken away by another.
PATIENCE = 300
SLOW = ("--numprocesses=4", f"--patience={PATIENCE}")
CONFORMANT, LEFT, USAGE = 0, 1, 4


def main(arguments: Sequence[str] | None = None) -> int:
    """What the suite said, as an exit code; 1 where anything is left behind, 4 where there is no cluster to be had."""
    parser = argparse.ArgumentParser(prog="python -m selftest.kind", description=__doc__)
    parser.add_argument("--kubernetes-version", default=DEFAULT_VERSION, metavar="VERSION", help="default: %(default)s")
    parser.add_argument("--nodes", type=int, default=NODES, metavar="N", help="default: %(default)s")
    parser.add_argument("--upgrade-from", default=BEFORE, metavar="VERSION", help="for the gate; default: %(default)s")
    parser.add_argument("--only", action="append", choices=PARTS, help="this part alone (repeatable)")
    parser.add_argument("suite", nargs="*", metavar="-- OPTIONS", help="for the suite, behind `--`")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _end)
    # What a run that was killed has left is no part of the machine as it was.
    Engine(NAME).remove()
    began, before = time.monotonic(), dict[str, list[str]]()
    try:
        require_programs()
        # What is installed stays.
        before = left.the_host()
        programs.programs()
        with running(NAME) as engine:
            asked = [drive for name, drive in PARTS.items() if name in (options.only or PARTS)]
            code = next((code for drive in asked if (code := drive(engine, options))), CONFORMANT)
            code = code or _nothing_is_in(engine)
    except (KindError, EmbeddedError) as wrong:
        print(f"kind: {wrong}", file=sys.stderr)
        return USAGE
    finally:
        changed = left.difference(before, left.the_host()) if before else []
        for line in changed:
            print(f"kind: left behind: {line}", file=sys.stderr)
    say(f"make kind took {time.monotonic() - began:.0f} s")
    return code or (LEFT if changed else CONFORMANT)


def _end(*_: object) -> None:
    """End in good order, which a second signal must not disturb."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(LEFT)


def _suite(engine: Engine, options: argparse.Namespace) -> int:
    image = node_image.ensure(engine, options.kubernetes_version)
    with saying(f"the suite on {options.nodes} nodes of kind"):
        return _pytest(
            engine, *_brought_up(options, image), "--report-dir=conformance-report-kind", *SLOW, *options.suite
        )


def _gate(engine: Engine, options: argparse.Namespace) -> int:
    """An upgrade in place, from the release before, judged by the gate as any other."""
    image = node_image.ensure(engine, options.upgrade_from)
    command = [sys.executable, "-m", "selftest.kind.upgrade", "--name", UPGRADED, "--to", options.kubernetes_version]
    with saying(f"the gate: {options.upgrade_from} to {options.kubernetes_version} on {options.nodes} nodes of kind"):
        return _pytest(
            engine,
            "conformance/upgrade",
            *_brought_up(options, image),
            f"--cluster-name={UPGRADED}",
            f"--upgrade-with={shlex.join(command)}",
            f"--patience={PATIENCE}",
            "--report-dir=upgrade-report-kind",
        )


def _brought_up(options: argparse.Namespace, image: str) -> list[str]:
    """What has the suite bring a cluster up, as a user would."""
    return [
        "--cluster=kind",
        f"--nodes={options.nodes}",
        f"--node-image={image}",
        f"--cluster-config={CONFIGURATION}",
        f"--load-image={images.archive(build.programs(options.kubernetes_version)['agnhost'])}",
    ]


def _contract(engine: Engine, options: argparse.Namespace) -> int:
    """What every provider holds to, asked of the real kind; the embedded cluster that other providers lead to is outside."""
    image = node_image.ensure(engine, options.kubernetes_version)
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


PARTS = {"contract": _contract, "suite": _suite, "gate": _gate}

if __name__ == "__main__":
    sys.exit(main())
