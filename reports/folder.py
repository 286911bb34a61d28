"""The folder of a report: what in it is ours, and how it is emptied for a new run.

Method: a folder with a results.json of this suite is a report of ours; a folder with anything else in it is refused.
Only files that a run writes are deleted, and results.json is replaced first, so a folder that a killed run left stays
ours.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from conformance.history import HISTORIES, LOGS
from reports import allure, html, junit, manifest, results, summary
from reports.manifest import ALLURE

OURS = (
    html.FILE_NAME,
    junit.FILE_NAME,
    summary.FILE_NAME,
    manifest.FILE_NAME,
    f"{HISTORIES}/*.jsonl",
    f"{LOGS}/*.txt",
    allure.CONFIGURATION,
    *(f"{ALLURE}/{pattern}" for pattern in allure.FILES),
)


class FolderError(Exception):
    """The folder cannot take a report; the message is one sentence that names it."""


def check(folder: Path) -> None:
    """Raise FolderError where the folder holds anything but a report of ours."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise FolderError(f"--report-dir {folder}: is not a folder")
    if any(folder.iterdir()) and not _is_ours(folder / results.FILE_NAME):
        raise FolderError(
            f"--report-dir {folder}: holds files but no {results.FILE_NAME} of this suite, so nothing in it "
            "was touched; name another folder, or empty this one"
        )


def _is_ours(stored: Path) -> bool:
    return stored.is_file() and b'"guarantees"' in stored.read_bytes()


def is_free(folder: Path) -> bool:
    """Whether no older report is there to be lost; raises FolderError where none could be put there, or in its place."""
    try:
        check(folder)
        if not folder.exists() or not any(folder.iterdir()):
            return True
        with tempfile.TemporaryFile(dir=folder):
            return False
    except OSError as wrong:
        raise _unwritable(folder, wrong) from None


def _unwritable(folder: Path, wrong: OSError) -> FolderError:
    return FolderError(f"--report-dir {folder}: cannot be written: {wrong.strerror}")


def begin(folder: Path, first: results.Results) -> None:
    """Write the first results of a new run and delete what an older run left; raises FolderError."""
    try:
        check(folder)
        (folder / HISTORIES).mkdir(parents=True, exist_ok=True)
        results.write(first, folder)
        for pattern in OURS:
            for old in folder.glob(pattern):
                old.unlink()
    except OSError as wrong:
        raise _unwritable(folder, wrong) from None
