"""The commands of the suite: what runs it, what is done with the evidence of earlier runs, and the embedded cluster's.

Method: what a command that runs tests is given goes to pytest as it is (`commands/running.py`), what is the embedded cluster's
goes there; `commands/evidence.py` does the rest.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from conformance.commands import evidence, options
from conformance.commands.running import SUITE, Call, run
from conformance.commands.screen import Screen
from fixtures.embedded import __main__ as embedded
from reports.collector import suite

NOBODY_READS = 128 + signal.SIGPIPE  # what a shell tells of a command that SIGPIPE has ended
HELP = ("-h", "--help")


@dataclass(frozen=True, slots=True)
class Running:
    """A command that runs tests: what it does, where these are, what pytest is told beside, and which plugins are its own."""

    says: str
    tests: Path = SUITE
    options: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()


RUNNING = {
    "run": Running("judge a cluster, and write a report"),
    "plan": Running("tell what run would drive and create, without a cluster", options=("--plan",)),
    "gate": Running(
        "judge whether a cluster may be upgraded, by upgrading it",
        SUITE / "upgrade",
        plugins=("conformance.upgrade.conftest",),
    ),
    "workload": Running(
        "judge whether a replicated database keeps what it has acknowledged",
        SUITE / "workload",
        plugins=("conformance.workload.conftest",),
    ),
}
# Of the embedded cluster; what else it can do is behind `embedded`.
EMBEDDED = {
    "up": "bring the embedded cluster up, or mend it",
    "down": "take the embedded cluster down",
    "embedded": "more that can be done to it: nodes, upgrades, faults",
}


def main(arguments: list[str] | None = None, command: str = "python -m conformance") -> int:
    """Carry out one command; returns 0 where nothing was violated, or nothing newly fails in the second run."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        code = _carry_out(given, command)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python writes what is left when it ends, and whoever read has had enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOBODY_READS
    return code


def _carry_out(given: list[str], command: str) -> int:
    name, rest = (given[0], given[1:]) if given else ("", [])
    if name in RUNNING:
        return _run(RUNNING[name], f"{command} {name}", rest)
    if name in EMBEDDED:
        is_verb = name != "embedded"
        return embedded.main(given if is_verb else rest, command if is_verb else f"{command} {name}", Screen)
    parsed = _parser(command).parse_args(given)
    return int(parsed.carry_out(parsed))


def _run(running: Running, command: str, given: list[str]) -> int:
    if {*HELP} & {*given}:
        print(options.help_of(command, running.says, running.plugins), end="")
        return 0
    return run(Call(command, f"{command} {shlex.join(given)}".rstrip(), (running.tests,)), [*running.options, *given])


def _parser(command: str) -> Screen:
    parser = Screen(
        prog=command,
        description="Decides with evidence whether a Kubernetes cluster keeps its promises to StatefulSets.",
        epilog=f"{command} COMMAND --help says which options a command has.",
    )
    known = suite()
    parser.add_argument(
        "--version",
        action="version",
        help="which suite this is",
        version=f"{known.name} {known.version}{f' ({known.commit})' if known.commit else ''}",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    # Carried out before anything is parsed, and here to be told.
    for name, running in RUNNING.items():
        commands.add_parser(name, help=running.says)
    evidence.add_commands(commands)
    for name, says in EMBEDDED.items():
        commands.add_parser(name, help=says)
    return parser


if __name__ == "__main__":
    sys.exit(main())
