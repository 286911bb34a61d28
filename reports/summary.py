"""summary.md: the run in a page of Markdown, for a pull request or a CI's own summary.

Method: made from the results alone. Whatever comes from a run stands in code spans or escaped, so that it formats nothing. What
a step of GitHub Actions shows is a file that others may have written to already, and that GitHub takes up to a size only.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Sequence
from pathlib import Path

from conformance.guarantees import Level
from reports.outcomes import NOT_RUN, Outcome
from reports.results import TROUBLE, GuaranteeResult, Results

FILE_NAME = "summary.md"
MOST_ROWS, LONGEST = 40, 300  # rows of what is wrong, and characters of each piece of evidence
STEP = "GITHUB_STEP_SUMMARY"  # the environment variable that holds the path of the step's file
MOST_BYTES = 1024 * 1024  # of the file of a step; GitHub shows nothing of a larger one
CUT = "\n\n… cut here, since GitHub shows no more than 1 MiB of a step.\n"
# How guarantees are counted that a test can decide: by the outcomes of a column, None where a guarantee has none.
COLUMNS: dict[str, tuple[Outcome | None, ...]] = {
    "passed": (Outcome.PASSED,),
    "failed": (Outcome.FAILED,),
    "undecided": (Outcome.INCONCLUSIVE, Outcome.ERROR),
    "excused": (Outcome.EXCUSED,),
    "not applicable": (Outcome.NOT_APPLICABLE,),
    "not run": (None,),
}
SYMBOLS = {"conformant": "✅", "not conformant": "❌"}


def render(results: Results) -> str:
    """Make the whole file."""
    cluster = results.cluster
    lines = [
        f"## {SYMBOLS.get(str(results.verdict), '⚠️')} {results.verdict.capitalize()}: Kubernetes {_plain(cluster.version)}",
        "",
        f"{_plain(results.because[:1].upper() + results.because[1:])}.",
        "",
        _table("Subject", [*COLUMNS], _subjects(results)),
    ]
    wrong = [one for one in results.guarantees if one.outcome in TROUBLE]
    if wrong:
        rows = [(one.word, str(one.level), f"`{_code(one.id)}`", _evidence(one)) for one in wrong[:MOST_ROWS]]
        lines += ["", "### What is wrong", "", _table("Outcome", ["level", "guarantee", "seen"], rows)]
        lines += ["", f"and {len(wrong) - MOST_ROWS} more"] if len(wrong) > MOST_ROWS else []
    if excused := [one for one in results.guarantees if one.outcome is Outcome.EXCUSED]:
        lines += ["", "### Excused", "", *(f"- `{_code(one.id)}`: {_plain(one.evidence[0])}" for one in excused)]
    for title, said in (("Trouble of the run itself", results.troubles), ("Warnings", results.warnings)):
        if said:
            lines += ["", f"### {title}", "", *(f"- {_plain(line)}" for line in said[:MOST_ROWS])]
    lines += ["", f"{_plain(cluster.described)}, begun {_plain(results.date)}: `{_code(results.reproduce)}`"]
    return "\n".join(lines) + "\n"


def append(text: str, path: Path) -> None:
    """Append a summary to the file of a step, or as many of its lines as that may still take; raises OSError."""
    room = MOST_BYTES - (path.stat().st_size if path.exists() else 0)
    written = f"\n{text}".encode(errors="backslashreplace")
    if len(written) > room:
        kept = written[: max(0, room - len(CUT.encode()))].rpartition(b"\n")[0]
        if not kept:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        written = kept + CUT.encode()
    with path.open("ab") as opened:
        opened.write(written)


def _subjects(results: Results) -> list[tuple[str, ...]]:
    rows = []
    for subject in dict.fromkeys(one.subject for one in results.guarantees):
        promised = [one for one in results.guarantees if one.level is not Level.MAY and not one.untested]
        ones = [one for one in promised if one.subject == subject]
        counts = [sum(one.outcome in outcomes for one in ones) for outcomes in COLUMNS.values()]
        if any(one.word != NOT_RUN for one in ones):
            rows.append((_plain(subject), *map(str, counts)))
    return rows


def _table(first: str, others: list[str], rows: Sequence[tuple[str, ...]]) -> str:
    head = [first, *others]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def _evidence(one: GuaranteeResult) -> str:
    return _plain(one.evidence[0]) if one.evidence else ""


def _plain(text: str) -> str:
    """A text on one line in which nothing is Markdown or HTML."""
    line = " ".join(text.split())
    short = line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
    return re.sub(r"([\\`*_{}\[\]<>#|~&@!])", r"\\\1", short)


def _code(text: str) -> str:
    return " ".join(text.replace("`", "'").replace("|", "/").split())
