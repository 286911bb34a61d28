"""Collects what every test said, and writes the report as it comes.

Method: lives in the one process that hears of every test, under xdist the controller. results.json is written at each test, or
within a second where writing is slow; the page and the JUnit file, which are made from it, every ten seconds and at the end. In
a step of GitHub Actions the summary is appended to that of the step, once, at the end.
"""

from __future__ import annotations

import datetime
import os
import shlex
import subprocess
import threading
import time
import tomllib
from collections.abc import Generator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import pytest

from conformance import guarantees
from conformance.guarantees import Level
from reports import excuses, html, results, score, summary
from reports import folder as folders
from reports.deciding import ATTRIBUTE, one_line, without_group
from reports.excuses import Excuse
from reports.outcomes import NOT_RUN, ExitCode, Outcome
from reports.publishing import publish, publish_so_far
from reports.results import Cluster, GuaranteeResult, Proof, Results, Suite

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
COMMIT = PYPROJECT.with_name("COMMIT")  # a wheel has it, written when that is built
PAGES_EVERY = 10.0  # seconds
QUICK, RESTS = 0.01, 20  # seconds that a write may take each time; times as long as it took, where it took longer
LOST_AT_MOST = 1.0  # seconds: the longest rest, and so what a kill -9 can cost
BROKEN_RULES = "conformance_broken_rules"  # a key of xdist's workeroutput
COLOURS = {"conformant": "green", "not conformant": "red", "partial": "yellow", "no verdict": "yellow"}


class Collector:
    """The state of one run, as a pytest plugin."""

    def __init__(self, config: pytest.Config, folder: Path, excused: Sequence[Excuse] = ()) -> None:
        self.config, self.excused = config, excused
        self.folder = folder
        self.cluster = Cluster()
        self.warnings: list[str] = []
        self._began, self._seconds = time.monotonic(), 0.0
        self._date = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        self._proofs: dict[str, list[Proof]] = {}
        self._setup_seconds: dict[str, float] = {}
        self._errors: list[str] = []
        self._broken_rules: str | None = None
        self._others_failed = False
        self._finished = self._came_to_its_end = False
        self._digest = ""
        self._begun = False
        self._has_pages = not config.option.no_pages
        self._pages_written = self._rests_until = float("-inf")
        self._later: threading.Timer | None = None
        self._saving = threading.Lock()

    def results(self) -> Results:
        """Give what is known by now."""
        found = tuple(
            GuaranteeResult.of(one, tuple(sorted(self._proofs.get(one.id, ()), key=lambda proof: proof.id)))
            for one in guarantees.REGISTRY.values()
        )
        excused = self.excused if self._finished else ()
        return Results(
            suite=suite(),
            date=self._date,
            reproduce=self.config.stash.get(REPRODUCE, None) or _called(self.config),
            guarantees=found,
            cluster=self.cluster,
            finished=self._finished,
            seconds=self._seconds or round(time.monotonic() - self._began, 1),
            warnings=(*self.warnings, *excuses.stale(excused, found, Level.SHOULD)),
            errors=tuple(self._errors),
            stale=excuses.stale(excused, found, Level.MUST),
        )

    def prepare(self) -> None:
        """Begin at once where there is no older report to be lost; raises UsageError where there can be none."""
        try:
            is_free = folders.is_free(self.folder)
        except folders.FolderError as wrong:
            raise pytest.UsageError(str(wrong)) from None
        if is_free:
            self.begin()

    def begin(self) -> None:
        """Replace what is in the folder by the first, empty results; raises UsageError."""
        if self._begun:
            return
        try:
            folders.begin(self.folder, self.results())
        except folders.FolderError as wrong:
            raise pytest.UsageError(str(wrong)) from None
        self._begun = True

    def save(self, *, pages: bool = False) -> None:
        """Write what is known, or soon; `pages`: now, and the page and the JUnit file too, however young they are."""
        if not self._begun:
            return
        with self._saving:
            if pages or time.monotonic() >= self._rests_until:
                self._write(pages=pages)
            elif self._later is None:
                self._later = threading.Timer(self._rests_until - time.monotonic(), self._save_what_is_left)
                self._later.daemon = True
                self._later.start()

    def _save_what_is_left(self) -> None:
        with self._saving:
            if self._later is not None:
                self._write(pages=False)

    def _write(self, *, pages: bool) -> None:
        """Write; where that takes long, since results are many or the disk is slow, rest for many times as long."""
        began, self._later = time.monotonic(), None
        known = self.results()
        results.write(known, self.folder)
        took = time.monotonic() - began
        if self._has_pages and (pages or began - self._pages_written >= PAGES_EVERY):
            publish_so_far(known, self.folder)
            self._pages_written = time.monotonic()
        self._rests_until = time.monotonic() + (min(RESTS * took, LOST_AT_MOST) if took > QUICK else 0)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what a phase of a test says."""
        said: dict[str, Any] | None = getattr(report, ATTRIBUTE, None)
        if said is None:
            self._hear_stranger(report)
        elif said["proof"] is None:
            self._setup_seconds[said["id"]] = report.duration
        else:
            proof = results.proof_from_json(said["proof"])
            # As it is stored, so that pages that are made of it again tell the same.
            proof = replace(proof, seconds=round(proof.seconds + self._setup_seconds.pop(said["id"], 0.0), 3))
            for name in said["proves"]:
                self._proofs.setdefault(name, []).append(excuses.told(proof, name, self.excused))
            self.save()

    def _hear_stranger(self, report: pytest.TestReport) -> None:
        """Take a self-test, or a test whose process died: of that one nothing is known but its name."""
        if report.failed and report.nodeid.startswith("conformance/"):
            self._break(f"{without_group(report.nodeid)}: the process that ran this test died")
        elif report.failed:
            self._others_failed = True

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep the reason why a file or folder could not be collected."""
        if report.failed:
            causes = [line[1:] for line in str(report.longrepr).splitlines() if line.startswith("E ")]
            self._break(f"{report.nodeid or 'collection'}: {one_line(causes[-1] if causes else str(report.longrepr))}")

    def _break(self, error: str) -> None:
        if error not in self._errors:  # every xdist worker reports the same broken file
            self._errors.append(error)
            self.save()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take from an xdist worker that ends what rules of collection it found broken."""
        self._broken_rules = self._broken_rules or getattr(node, "workeroutput", {}).get(BROKEN_RULES)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Begin when a worker is about to run something, not before: what it refuses must not cost an older report."""
        if ids:
            self.begin()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Begin where there is something to run here; raise UsageError once where workers refused to run anything."""
        if session.items:
            self.begin()
        ran = yield
        if self._broken_rules:
            raise pytest.UsageError(self._broken_rules)
        self._came_to_its_end = True
        return ran

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Generator[None, object, object]:
        """Behind everybody else: complete the report, tell the verdict, and set the exit code by it."""
        try:
            return (yield)
        finally:
            if self._errors:
                self.begin()
            ended = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
            # A second Ctrl-C may come before pytest has noted the first one.
            self._finished = ended and self._came_to_its_end and not session.shouldfail and not session.shouldstop
            self._seconds = round(time.monotonic() - self._began, 1)
            silent = exitstatus in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED)
            told = self._begun and not silent
            if told:
                self._append_summary()
            self.save(pages=True)
            if self._begun and self._has_pages:
                self._digest = publish(self.results(), self.folder)
            if self._proofs and ended and not self._others_failed:
                session.exitstatus = ExitCode.of(self.results().verdict)
            if told:
                self._tell()

    def _append_summary(self) -> None:
        """Have GitHub Actions show the summary, where this is a step of it; what cannot be written is a warning."""
        if path := os.environ.get(summary.STEP):
            try:
                summary.append(summary.render(self.results()), Path(path))
            except OSError as wrong:
                self.warnings.append(f"{summary.STEP}: {path}: the summary cannot be appended: {wrong.strerror}")

    def _tell(self) -> None:
        terminal = self.config.pluginmanager.get_plugin("terminalreporter")
        if terminal is None:
            return
        known = self.results()
        terminal.ensure_newline()
        terminal.section(str(known.verdict), bold=True, **{COLOURS[known.verdict]: True})
        terminal.write_line(known.sentence)
        for line in summary_lines(known):
            terminal.write_line(line)
        if self._has_pages:
            page = os.path.relpath(self.folder / html.FILE_NAME, self.config.invocation_params.dir)
            terminal.write_line(f"report: {page}")
            terminal.write_line(f"sha256 of its manifest: {self._digest}")


COLLECTOR = pytest.StashKey[Collector]()
REPRODUCE = pytest.StashKey[str]()  # the command that was called, where that was another than pytest


def report_dir(config: pytest.Config) -> Path:
    """Give the absolute path of the report's folder; only a run that asks for tests of the suite makes it."""
    return config.invocation_params.dir / str(config.getoption("--report-dir"))


class Judged(Protocol):
    """A cluster as those know it who reach it: what a report says of it."""

    @property
    def provider(self) -> str:
        """The name of the provider that it comes from."""

    @property
    def capabilities(self) -> Sequence[str]:
        """What it is declared to have."""

    @property
    def context_name(self) -> str:
        """The context that it is reached by."""

    @property
    def address(self) -> str:
        """Where its API server is asked."""


def describe_cluster(config: pytest.Config, cluster: Judged, version: str) -> None:
    """Say which cluster is judged, and of which version, before the tests; the collecting process listens, no other."""
    if (collector := config.stash.get(COLLECTOR, None)) is not None:
        collector.cluster = Cluster(
            version=version,
            provider=cluster.provider,
            capabilities=tuple(cluster.capabilities),
            context=cluster.context_name,
            address=cluster.address,
        )
        collector.save()


def add_warning(config: pytest.Config, sentence: str) -> None:
    """Put a sentence among the report's warnings; the collecting process listens until its session finished."""
    if (collector := config.stash.get(COLLECTOR, None)) is not None:
        collector.warnings.append(sentence)
        collector.save()


def summary_lines(known: Results) -> list[str]:
    """One line for each trouble of the run, each guarantee that is not passed, and all those that were not run."""
    lines = [f"{'error':<14} {error}" for error in known.errors]
    lines += [f"{'stale':<14} {sentence}" for sentence in known.stale]
    for one in known.guarantees:
        if one.outcome not in (None, Outcome.PASSED):
            word = "failed, error" if one.violated and one.outcome is Outcome.ERROR else one.word
            lines.append(f"{word:<14} {one.id}: {one.evidence[0] if one.evidence else 'no evidence'}")
        elif one.outcome is Outcome.PASSED and one.not_run_on:
            lines.append(f"{NOT_RUN:<14} {one.id}: on the {' and the '.join(one.not_run_on)} tier")
    rest = [one.id for one in known.guarantees if one.word == NOT_RUN]
    return [*lines, f"{NOT_RUN:<14} {len(rest)} guarantees, {rest[0]} the first of them"] if rest else lines


def _called(config: pytest.Config) -> str:
    return shlex.join(["pytest", *map(str, config.invocation_params.args)])


def suite() -> Suite:
    """Tell name, version, commit and score of this suite."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    return Suite(name=project["name"], version=project["version"], commit=commit(), score=score.published())


@cache
def commit() -> str:
    """The suite's own commit as git describes it, `-dirty` where files were changed since; empty where nobody knows it."""
    told = git(PYPROJECT.parent, "describe", "--always", "--dirty", "--abbrev=12")
    if told is None and COMMIT.is_file():
        return COMMIT.read_text(encoding="utf-8").strip()
    return told or ""


def git(tree: Path, *command: str) -> str | None:
    """What git says of a source tree; None where it does not, or where the tree lies in another one's repository."""
    if not (tree / ".git").exists():
        return None
    try:
        told = subprocess.run(["git", *command], cwd=tree, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return told.stdout.strip() if told.returncode == 0 else None
