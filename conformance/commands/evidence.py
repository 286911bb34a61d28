"""What can be done without a cluster: judge, show or compare the evidence of earlier runs, and print what a run goes by.

Method: `judge` has pytest run the tests whose scenario a file holds, and hands them the stored history in place of a new one;
`compare` reads two results.json, of which it can make a page, `report` makes a report's pages from its results and histories,
`verify` holds its files against its manifest, and `untrack` takes the tracker out of a page that the npm package `allure` has
made of them. `schema` and `rights` print files of the suite, which lie out of the way where it is installed.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from conformance.commands import USAGE
from conformance.commands.running import SUITE, Call, run
from conformance.commands.screen import Screen
from conformance.history import History, HistoryError
from fixtures import rights
from fixtures.scenarios import class_of, is_by_class
from reports import comparison_page, html
from reports.compare import compare
from reports.manifest import FILE_NAME as MANIFEST
from reports.manifest import ManifestError, digest, evidence_changed, verify
from reports.publishing import publish
from reports.results import FILE_NAME, ResultsError, read, replace_text
from reports.schema import SCHEMA
from reports.untracked import PageError, untrack

INVARIANTS, DATABASE = SUITE / "test_invariants.py", SUITE / "workload"
NOTHING, PARTIAL = 5, 6


def add_commands(commands: argparse._SubParsersAction[Screen]) -> None:
    """Add the commands; each parsed one has `carry_out`, which returns the exit code."""

    def command(name: str, says: str, *aliases: str) -> Screen:
        added = commands.add_parser(name, help=says, description=says, aliases=aliases)
        added.set_defaults(prog=added.prog)
        return added

    again = command("report", "make the pages of a report again, also of a run that was killed", "render")
    comparison = command("compare", "compare two runs: what newly fails, or is newly left out")
    comparison.add_argument("before", type=Path, metavar="BEFORE", help="a results.json, or the folder of a report")
    comparison.add_argument("after", type=Path, metavar="AFTER", help="the same of the later run")
    comparison.add_argument("--html", type=Path, metavar="FILE", help="make a page of it there too")
    comparison.set_defaults(carry_out=_compare)
    judge = command("judge", "judge stored histories again, without a cluster")
    judge.add_argument("history", nargs="+", type=Path, metavar="HISTORY.jsonl", help="as a run has stored them")
    judge.add_argument("--report-dir", type=Path, metavar="DIR", help="write the report there too")
    judge.add_argument("--excuses", type=Path, metavar="FILE", help="violations that the cluster's owner lives with")
    judge.set_defaults(carry_out=_judge)
    intact = command("verify", "tell whether a report is as the run wrote it")
    cut = command("untrack", "take the tracker out of what the npm package allure has made")
    for one, carry_out, of in (
        (again, _render, "a report"),
        (intact, _verify, "a report"),
        (cut, _untrack, "Allure's"),
    ):
        one.add_argument("folder", type=Path, metavar="DIR", help=f"the folder of {of}")
        one.set_defaults(carry_out=carry_out)
    command("schema", "print the JSON schema of results.json").set_defaults(carry_out=_schema)
    least = command("rights", "print what an account must be allowed to, for kubectl apply -f -")
    least.add_argument("profile", nargs="+", choices=rights.FILES, metavar="PROFILE", help=", ".join(rights.FILES))
    least.set_defaults(carry_out=_rights)


def _render(options: argparse.Namespace) -> int:
    """Make the page of a report again, from what the run stored."""
    try:
        known = read(options.folder)
        changed = evidence_changed(options.folder)
        if changed:
            print(
                f"conformance: {options.folder}: {changed[0]} since the run, so nothing is made of it", file=sys.stderr
            )
            return 1
        publish(known, options.folder)
    except ResultsError as wrong:
        print(f"conformance: {wrong}", file=sys.stderr)
        return USAGE
    except OSError as wrong:
        print(f"conformance: {options.folder}: cannot be written: {wrong.strerror}", file=sys.stderr)
        return USAGE
    print(options.folder / html.FILE_NAME)
    return 0


def _compare(options: argparse.Namespace) -> int:
    """Tell what differs between two runs."""
    try:
        before, after = read(options.before), read(options.after)
    except ResultsError as wrong:
        print(f"conformance: {wrong}", file=sys.stderr)
        return USAGE
    found = compare(before, after)
    if options.html is not None and (
        trouble := _put(options.html, comparison_page.render(before, after, found), (options.before, options.after))
    ):
        print(f"conformance: --html {options.html}: {trouble}", file=sys.stderr)
        return USAGE
    print(f"before: {before.suite.version} on Kubernetes {before.cluster.version}, {before.date}: {before.verdict}")
    print(f"after:  {after.suite.version} on Kubernetes {after.cluster.version}, {after.date}: {after.verdict}\n")
    for line in (*(f"{'doubt':16} {doubt}" for doubt in found.doubts), *found.differences):
        print(line)
    print(found.sentence)
    return int(found.exit_code)


def _put(page: Path, text: str, runs: Iterable[Path]) -> str:
    """Write the page of a comparison; returns why it cannot be, or nothing."""
    if page.is_dir():
        return "is a folder, and not the file that a page can be"
    if page.resolve() in {(run / FILE_NAME if run.is_dir() else run).resolve() for run in runs}:
        return "is one of the two runs, which the page would take the place of"
    try:
        replace_text(page, text)
    except OSError as wrong:
        return f"cannot be written: {wrong.strerror}"
    return ""


def _verify(options: argparse.Namespace) -> int:
    """Tell what of a report was changed since it was written."""
    try:
        changes = verify(options.folder)
    except ManifestError as wrong:
        print(f"conformance: {wrong}", file=sys.stderr)
        return USAGE
    for change in changes:
        print(change)
    if changes:
        return 1
    print(f"every file is as it was written; sha256 of the manifest: {digest(options.folder / MANIFEST)}")
    return 0


def _untrack(options: argparse.Namespace) -> int:
    """Have Allure's page tell nobody who looks at it."""
    try:
        for page in untrack(options.folder):
            print(page)
    except PageError as wrong:
        print(f"conformance: {wrong}", file=sys.stderr)
        return USAGE
    return 0


def _schema(_: argparse.Namespace) -> int:
    """Print the schema of results.json."""
    print(json.dumps(SCHEMA, indent=2))
    return 0


def _rights(options: argparse.Namespace) -> int:
    """Print the rights of kinds of runs, as manifests/rights/ has them."""
    print(
        "---\n".join((rights.FOLDER / f"{name}.yaml").read_text(encoding="utf-8") for name in options.profile), end=""
    )
    return 0


def _whose(scenario: str) -> str:
    """What is said of a scenario of the gate, whose histories only the gate itself can judge, all together."""
    return ": it is of the upgrade gate" if scenario.startswith(("crossing.", "afterwards.")) else ""


def _judge(options: argparse.Namespace) -> int:
    """Judge histories; of a whole suite a few files are always a part: what counts is what they hold."""
    try:
        scenarios = [History.read(path).header.scenario for path in options.history]
    except HistoryError as wrong:
        print(f"conformance: {wrong}", file=sys.stderr)
        return USAGE
    if twice := [name for name in scenarios if scenarios.count(name) > 1]:
        print(f"conformance: two files hold the scenario {twice[0]}; judge one after the other", file=sys.stderr)
        return USAGE
    files = [f"test_{scenario.partition('.')[0]}.py" for scenario in scenarios]
    suites = [next((suite for suite in (SUITE, DATABASE) if (suite / file).is_file()), None) for file in files]
    if None in suites:
        unknown = scenarios[suites.index(None)]
        print(f"conformance: {unknown} is no scenario that can be judged by itself{_whose(unknown)}", file=sys.stderr)
        return USAGE
    if len({*suites}) > 1:
        print("conformance: some are of the database's profile and some are not: judge them apart", file=sys.stderr)
        return USAGE
    modules = sorted({suite / file for suite, file in zip(suites, files, strict=True) if suite is not None})
    asked = (*modules, *[INVARIANTS] * (DATABASE not in suites))
    of_storage = [
        name
        for name in scenarios * (DATABASE not in suites)
        if is_by_class(SUITE / f"test_{name.split('.')[0]}.py", name.split(".")[1])
    ]
    if len({bool(class_of(name)) for name in of_storage}) > 1:
        print(
            "conformance: some are of a StorageClass that was named and some are not: judge them apart", file=sys.stderr
        )
        return USAGE
    with tempfile.TemporaryDirectory() as scratch:
        report = [f"--report-dir={options.report_dir or scratch}", *["--no-pages"] * (options.report_dir is None)]
        given = [f"--history={path.absolute()}" for path in options.history]
        given += [f"--excuses={path.absolute()}" for path in (options.excuses,) if path is not None]
        called = shlex.join([*options.prog.split(), *map(str, options.history)])
        code = run(Call(options.prog, called, asked), ["-n0", "-q", "-rN", *report, *given])
    if code == NOTHING:
        print(f"conformance: this suite knows no scenario {' nor '.join(scenarios)}", file=sys.stderr)
        return USAGE
    return 0 if code == PARTIAL else code
