"""`make samples`: the reports in `reports/samples/`, made anew by the commands that stand beside each in its `command.txt`.

Method: the commands are carried out as they stand there. What came of them takes the place of a sample only where it shows what
the sample is to show, is small, and names no path of this machine. Of the histories those stay that show what failed, as many
as there is room for; the manifest is of what is left. `--again` runs nothing: it makes the pages of the last runs again, such
as after a change of the page.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from conformance.history import LOGS
from reports import html, junit, manifest, results, summary
from reports.outcomes import Outcome, Verdict
from reports.publishing import publish
from reports.results import Results, ResultsError, read
from selftest.fake_suite import REPOSITORY

SAMPLES = REPOSITORY / "reports" / "samples"
MADE = Path("conformance-report-samples")  # below the repository: where the whole reports of the last runs are
COMMAND = "command.txt"
FILES = (html.FILE_NAME, results.FILE_NAME, summary.FILE_NAME, junit.FILE_NAME)
REST = 10_000  # bytes kept free for the manifest and the command
PYTHON = ".venv/bin/python"
EMBEDDED = f"{PYTHON} -m fixtures.embedded"
SECOND = "kube-controller-manager=--controllers=*,-statefulset-controller"
ACTS = "lose-data kill-a-pod"  # what is done within a pod comes before it is deleted


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One sample: what it shows, the shell commands that make it, and what must come of the one that judges."""

    name: str
    sentence: str
    judge: str
    verdict: Verdict
    failed: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    most: int = 1_500_000  # bytes of the sample, its manifest and its command included

    @property
    def report(self) -> Path:
        """The folder of its whole report."""
        return REPOSITORY / MADE / self.name


def _judge(name: str, arguments: str) -> str:
    return f"{PYTHON} -m pytest {arguments} --report-dir={MADE / name}"


HEALTHY = Sample(
    name="healthy",
    sentence="A healthy cluster: the whole suite on the embedded one.",
    judge=_judge("healthy", "--cluster-name=samples"),
    verdict=Verdict.CONFORMANT,
    most=4_000_000,  # the whole suite asks 2,000 questions, which stand in each of its files
)
BROKEN = Sample(
    name="broken-controller",
    sentence="A broken controller: ours, which takes a pod that runs for one that is Ready when it creates the next; asked all "
    "of ordering.",
    before=(
        f"{EMBEDDED} up --name samples-second --component-flag '{SECOND}' --feature-gates StatefulSetRecreateStrategy=true",
    ),
    judge=_judge(
        "broken-controller",
        "-p selftest.second.plugin --cluster-name=samples-second --second-fault=gates-on-running --subject=ordering",
    ),
    after=(f"{EMBEDDED} down --name samples-second",),
    verdict=Verdict.NOT_CONFORMANT,
    failed=("ordering/waits-for-ready",),
)
REFUSED = Sample(
    name="upgrade-refused",
    sentence="An upgrade that is refused: what stands in for it empties a volume and deletes a pod whose node nobody touched.",
    before=(f"{EMBEDDED} up --name samples-gate --nodes 3",),
    judge=_judge(
        "upgrade-refused",
        "conformance/upgrade --cluster-name=samples-gate --may-change-nothing "
        f"--upgrade-with '{PYTHON} -m selftest.acts samples-gate {ACTS}'",
    ),
    after=(f"{EMBEDDED} down --name samples-gate",),
    verdict=Verdict.NOT_CONFORMANT,
    failed=("data/records-are-kept", "restarts/pods-leave-with-their-node"),
)
ALL = {one.name: one for one in (HEALTHY, BROKEN, REFUSED)}


class SampleError(Exception):
    """A sample cannot be made; the message is one sentence that says why."""


def main(arguments: list[str] | None = None) -> int:
    """Make the samples named, or all, and print a line for each; returns 0 where all were made."""
    parser = argparse.ArgumentParser(prog="python -m selftest.samples", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(ALL)}; default: all")
    parser.add_argument("--again", action="store_true", help="run nothing: take the reports of the last runs")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in ALL]:
        parser.error(f"there is no sample {unknown[0]}; there are {', '.join(ALL)}")
    is_right = True
    for sample in [ALL[name] for name in options.names or ALL]:
        try:
            if options.again:
                publish(read(sample.report), sample.report)
            else:
                carry_out(sample)
            size = take(sample, SAMPLES / sample.name)
            print(f"{sample.name}: {size:,} bytes in {SAMPLES / sample.name}", flush=True)
        except (SampleError, ResultsError) as wrong:
            print(f"samples: {sample.name}: {wrong}", file=sys.stderr, flush=True)
            is_right = False
    return 0 if is_right else 1


def carry_out(sample: Sample) -> None:
    """Carry out the commands of a sample, with an empty folder for its report; raises SampleError."""
    shutil.rmtree(sample.report, ignore_errors=True)
    try:
        for line in sample.before:
            if code := _shell(line):
                raise SampleError(f"`{line}` returned {code}")
        _shell(sample.judge)
    finally:
        for line in sample.after:
            _shell(line)


def _shell(line: str) -> int:
    """Carry out a command in the repository; returns its exit code."""
    print(f"$ {line}", flush=True)
    return subprocess.run(line, shell=True, cwd=REPOSITORY, check=False).returncode


def take(sample: Sample, target: Path) -> int:
    """Put a sample's report in the place of the old one; returns its size, and raises SampleError and ResultsError."""
    known = read(sample.report)
    if wrong := list(unlike(sample, known)):
        raise SampleError("; ".join(wrong))
    room = sample.most - REST - sum((sample.report / name).stat().st_size for name in FILES)
    if room < 0:
        raise SampleError(
            f"it is of {sample.most - room:,} bytes without any history, and {sample.most:,} are the most"
        )
    stored = histories(known, sample.report, room)
    published = [*FILES, *stored, *(log for log in map(log_of, stored) if (sample.report / log).is_file())]
    if wrong := list(paths_of_this_machine(sample.report, published)):
        raise SampleError("; ".join(wrong))
    shutil.rmtree(target, ignore_errors=True)
    for name in published:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(sample.report / name, target / name)
    (target / COMMAND).write_text(commands(sample, len(stored), len(judged_histories(known))), encoding="utf-8")
    manifest.write(target)
    return sum(path.stat().st_size for path in target.rglob("*") if path.is_file())


def unlike(sample: Sample, known: Results) -> Iterator[str]:
    """What of a run is not what its sample is to show, a sentence each."""
    if not known.finished:
        yield "the run did not finish"
    yield from known.errors
    if known.verdict is not sample.verdict:
        yield f"the verdict is {known.verdict}, not {sample.verdict}"
    violated = {one.id for one in known.guarantees if one.violated}
    yield from (f"{name} is not violated" for name in sample.failed if name not in violated)


def histories(known: Results, report: Path, room: int) -> list[str]:
    """The histories of what failed that fit, with their logs, into so many bytes: one of each guarantee, MUSTs first; more."""
    failed = [
        [test.history for test in one.tests if test.outcome is Outcome.FAILED and test.history]
        for one in sorted(known.guarantees, key=lambda one: one.level.rank)
    ]
    first, others = [path for each in failed for path in each[:1]], [path for each in failed for path in each[1:]]
    kept = []
    for path in dict.fromkeys([*first, *others]):
        size = sum((report / one).stat().st_size for one in (path, log_of(path)) if (report / one).is_file())
        if (report / path).is_file() and size <= room:
            kept.append(path)
            room -= size
    return kept


def log_of(history: str) -> str:
    """Where the logs of the pods of a history are, if they are."""
    return f"{LOGS}/{Path(history).stem}.txt"


def judged_histories(known: Results) -> set[str]:
    """The histories that a run judged."""
    return {test.history for one in known.guarantees for test in one.tests if test.history}


def paths_of_this_machine(report: Path, files: Iterable[str]) -> Iterator[str]:
    """Where a report names what nobody else has, a sentence each."""
    for name in files:
        text = (report / name).read_text(encoding="utf-8")
        for mine in (str(REPOSITORY), str(Path.home() / ".cache")):
            if mine in text:
                yield f"{name} names {mine}, a path of this machine"


def commands(sample: Sample, kept: int, judged: int) -> str:
    """What stands in command.txt, which a shell can carry out."""
    head = f"""# {sample.sentence}
# As root, in the root of the repository, after `make setup`; `make samples` does this, and puts what came of it here.
# The report is as the run wrote it, but for what is not here: Allure's files, and all histories and logs but {kept} of
# {judged}, those of what failed, as many as there was room for. manifest.json is of the files that are here.
"""
    return head + "\n".join([*sample.before, sample.judge, *sample.after]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
