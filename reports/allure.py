"""allure-results/: the run as Allure reads it, one result for each test of each guarantee, named as in junit.xml.

Method: made from the results and the pictures of their histories, by one process, however pytest was called: so the page shows
the same outcomes, and what Allure keeps a test's history by is made of the guarantee's id, the tier and the test's own name.
Allure knows no "inconclusive": such a test is *broken*, as one is in which the suite broke, and its message and a category of
its own tell them apart. No test's beginning is stored: each stands where the history that it judged begins.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from allure_commons.logger import AllureMemoryLogger
from allure_commons.model2 import (
    ATTACHMENT_PATTERN,
    GLOBALS_PATTERN,
    TEST_CASE_PATTERN,
    Attachment,
    GlobalError,
    Globals,
    Label,
    Link,
    Status,
    StatusDetails,
    TestResult,
    TestStepResult,
)
from allure_commons.types import AttachmentType, LabelType, LinkType, Severity
from allure_commons.utils import md5

from conformance.guarantees import Level
from reports.junit import stable_name
from reports.lanes import said_of
from reports.manifest import ALLURE
from reports.outcomes import Outcome
from reports.pictures import Picture, Pictures, Pinned
from reports.results import TROUBLE, GuaranteeResult, Proof, Results, replace_text

CONFIGURATION = "allurerc.json"
# What may lie in the folder: all of it is made again with each report.
FILES = (
    "*-result.json",
    "*-container.json",
    "*-attachment*",
    "*-globals.json",
    "categories.json",
    "environment.properties",
)
MOST_STEPS, MOST_LINES, MOST_RUNS = 30, 100, 20
STATUSES: Mapping[Outcome, str] = {
    Outcome.PASSED: Status.PASSED,
    Outcome.FAILED: Status.FAILED,
    Outcome.INCONCLUSIVE: Status.BROKEN,
    Outcome.ERROR: Status.BROKEN,
    Outcome.EXCUSED: Status.SKIPPED,
    Outcome.NOT_APPLICABLE: Status.SKIPPED,
}
# Outcomes that share a status with another one: their messages begin with the word.
SAID = (Outcome.INCONCLUSIVE, Outcome.EXCUSED)
SEVERITIES: Mapping[Level, Severity] = {
    Level.MUST: Severity.CRITICAL,
    Level.SHOULD: Severity.NORMAL,
    Level.MAY: Severity.MINOR,
}
# The first that fits a test is its category.
CATEGORIES = (
    {"name": "Violated promises", "matchedStatuses": [Status.FAILED]},
    {
        "name": "Undecided: the evidence is too thin",
        "matchedStatuses": [Status.BROKEN],
        "messageRegex": f"^{Outcome.INCONCLUSIVE}.*",
    },
    {"name": "The suite broke, not the cluster", "matchedStatuses": [Status.BROKEN]},
    {"name": "Excused", "matchedStatuses": [Status.SKIPPED], "messageRegex": f"^{Outcome.EXCUSED}.*"},
    {"name": "Not applicable to this cluster", "matchedStatuses": [Status.SKIPPED]},
)


def write(results: Results, drawn: Pictures, folder: Path) -> None:
    """Write the whole folder, and beside it how the npm package `allure` shows it."""
    where = folder / ALLURE
    where.mkdir(exist_ok=True)
    for old in [old for pattern in FILES for old in where.glob(pattern)]:
        old.unlink()
    logger = AllureMemoryLogger()
    for one in results.guarantees:
        for test in one.tests:
            logger.report_result(_result(results, one, test, drawn, logger))
    if results.troubles:
        errors = [GlobalError(message=error, timestamp=_milliseconds(results.date)) for error in results.troubles]
        logger.report_globals(Globals(errors=errors))
    for name, text in _texts(results, logger):
        # There may be thousands, and a folder with half of them is no better than one with half a file.
        (where / name).write_text(text, encoding="utf-8", errors="backslashreplace")
    # Allure 3 takes categories from its configuration only.
    name = f"Kubernetes {results.cluster.version}: {results.verdict}"
    configuration = {"name": name, "categories": CATEGORIES, "historyLimit": MOST_RUNS}
    replace_text(folder / CONFIGURATION, json.dumps(configuration) + "\n")


def _texts(results: Results, logger: AllureMemoryLogger) -> Iterator[tuple[str, str]]:
    """Every file of the folder, by its name."""
    for told in logger.test_cases:
        yield TEST_CASE_PATTERN.format(prefix=told["uuid"]), json.dumps(told)
    for told in logger.globals:
        yield GLOBALS_PATTERN.format(prefix=_uuid(results, "run")), json.dumps(told)
    yield from logger.attachments.items()
    yield "environment.properties", _environment(results)
    yield "categories.json", json.dumps(CATEGORIES)


def _uuid(results: Results, name: str) -> str:
    """The same for the same run, whenever its report is made."""
    return str(uuid5(NAMESPACE_URL, f"{results.date} {name}"))


def _milliseconds(time: str) -> int | None:
    """A time as Allure counts it; None where it is none."""
    try:
        return round(datetime.datetime.fromisoformat(time).timestamp() * 1000)
    except ValueError:
        return None


def _environment(results: Results) -> str:
    suite = f"{results.suite.name} {results.suite.version}"
    lines = {
        "Kubernetes": results.cluster.version,
        "Provider": results.cluster.provider,
        "Context": results.cluster.context or "unknown",
        "Address": results.cluster.address or "unknown",
        "Capabilities": ", ".join(results.cluster.capabilities),
        "Suite": suite,
        "Commit": results.suite.commit or "unknown",
        "Verdict": str(results.verdict),
    }
    # JSON's escapes are those of a properties file.
    return "".join(f"{key}={json.dumps(value)[1:-1]}\n" for key, value in lines.items())


def _result(
    results: Results, one: GuaranteeResult, test: Proof, drawn: Pictures, logger: AllureMemoryLogger
) -> TestResult:
    name = stable_name(one.id, test.tier, test.test)
    uuid = _uuid(results, name)
    picture = drawn.of_histories.get(test.history or "")
    start = _milliseconds(picture.begun if picture else "") or _milliseconds(results.date) or 0
    files = _Files(logger, uuid)
    pinned = drawn.of_tests.get((one.id, test.id), ())
    return TestResult(
        uuid=uuid,
        historyId=md5(name),
        testCaseId=md5(name),
        fullName=name,
        name=test.test,
        status=STATUSES[test.outcome],
        statusDetails=_details(test),
        description=_description(one, test),
        labels=list(_labels(one, test)),
        links=[Link(LinkType.LINK, one.source, one.source.removeprefix("https://"))] * one.source.startswith("https"),
        steps=_steps(picture, pinned, STATUSES[test.outcome], files) if picture else [],
        attachments=_attachments(picture, pinned, files) if picture and test.outcome in TROUBLE else [],
        start=start,
        stop=start + round(test.seconds * 1000),
    )


def _details(test: Proof) -> StatusDetails | None:
    if test.outcome is Outcome.PASSED:
        return None
    more = len(test.evidence) - MOST_LINES
    trace = [*test.evidence[:MOST_LINES], *([f"and {more} more"] if more > 0 else [])]
    message = f"{test.outcome}: {test.message}" if test.outcome in SAID else test.message
    return StatusDetails(message=message, trace="\n".join(trace))


def _description(one: GuaranteeResult, test: Proof) -> str:
    """What was promised, and what is to be known of it; this is Markdown."""
    parts = [one.statement, f"{one.level}: {'decides' if one.level is Level.MUST else 'never changes'} the verdict."]
    if test.outcome is Outcome.FAILED and one.harm:
        parts.append(f"For a database: {one.harm}")
    if test.outcome is Outcome.PASSED and test.message:
        parts.append(f"Seen: {test.message}")
    if test.history:
        parts.append(f"Judged: `{test.history}`")
    return "\n\n".join(parts)


def _labels(one: GuaranteeResult, test: Proof) -> Iterator[Label]:
    yield Label(LabelType.SUITE, one.subject)
    yield Label(LabelType.SUB_SUITE, one.id)
    yield Label(LabelType.SEVERITY, SEVERITIES[one.level].value)
    if test.tier:
        yield Label(LabelType.TAG, test.tier)


class _Files:
    """The attachments of one test, in the order in which they come."""

    def __init__(self, logger: AllureMemoryLogger, uuid: str) -> None:
        self._logger, self._uuid, self._numbers = logger, uuid, count(1)

    def attach(self, name: str, text: str, kind: AttachmentType = AttachmentType.TEXT) -> Attachment:
        """Keep a text, and give what refers to it."""
        source = ATTACHMENT_PATTERN.format(prefix=f"{self._uuid}-{next(self._numbers)}", ext=kind.extension)
        self._logger.report_attached_data(text, source)
        return Attachment(name, source, kind.mime_type)


def _steps(picture: Picture, pinned: tuple[Pinned, ...], status: str, files: _Files) -> list[TestStepResult]:
    """What the test did and what decided it, in the log's order: of many acts those nearest to what decided it."""
    decided = pinned[0].at.number if pinned else 0
    acts = sorted(picture.acts, key=lambda act: abs(act.number - decided))[:MOST_STEPS]
    # Of the waits only those in vain are among the acts.
    steps = {
        act.number: _step(said_of(act), Status.BROKEN if act.kind == "wait" else Status.PASSED, act.time)
        for act in acts
    }
    for one in pinned:
        steps[one.at.number] = step = _step(f"{one.event}: {one.said}", status, one.at.time)
        step.attachments.append(files.attach("The events around it", "\n".join(one.around)))
        if one.told:
            step.attachments.append(files.attach("What Kubernetes told of it", "\n".join(one.told)))
        step.attachments.append(files.attach("The object", one.object, AttachmentType.YAML))
    found = [steps[number] for number in sorted(steps)]
    more = len(picture.acts) - len(acts)
    return [*found, *([_step(f"{more} acts more", Status.PASSED)] if more else [])]


def _step(name: str, status: str, time: str = "") -> TestStepResult:
    at = _milliseconds(time)
    return TestStepResult(name=name, status=status, start=at, stop=at)


def _attachments(picture: Picture, pinned: tuple[Pinned, ...], files: _Files) -> list[Attachment]:
    """What stands with a test that speaks against something, beside the events that decided it."""
    found = [files.attach("How the history ends", "\n".join(picture.end))] if picture.end and not pinned else []
    return [*found, *([files.attach("What the pods said last", picture.logs)] if picture.logs else [])]
