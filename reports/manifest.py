"""manifest.json: the SHA-256 of every file of a report, so that a change of any of them shows.

Method: written last, when all others are. Who keeps the manifest's own digest, which a run prints, can tell whether that is the
one which was written.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from conformance.history import HISTORIES, LOGS
from reports.results import FILE_NAME as RESULTS
from reports.results import replace_text

FILE_NAME = "manifest.json"
FORMAT = 1
ALLURE = "allure-results"
# What the other files are made of.
EVIDENCE = (f"{RESULTS} ", f"{HISTORIES}/", f"{LOGS}/")


class ManifestError(Exception):
    """A report cannot be verified; the message is one sentence that names the file and what is wrong."""


def write(folder: Path) -> str:
    """Write the manifest of all files that are in a report's folder; returns the manifest's own digest."""
    replace_text(folder / FILE_NAME, json.dumps({"format": FORMAT, "sha256": _digests(folder)}, indent=1) + "\n")
    return digest(folder / FILE_NAME)


def verify(folder: Path) -> list[str]:
    """What is otherwise than the manifest says, a sentence each; raises ManifestError where there is none."""
    path = folder / FILE_NAME
    if not path.exists() and not (folder / RESULTS).is_file():
        raise ManifestError(f"{folder}: is no folder of a report: there is no {RESULTS} in it")
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        written = {str(name): str(known) for name, known in stored["sha256"].items()}
    except OSError as wrong:
        raise ManifestError(f"{path}: cannot be read: {wrong.strerror}; a run that was killed has none") from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ManifestError(f"{path}: is not the manifest of a report") from None
    there = _digests(folder)
    return [
        *(f"{name} is missing" for name in sorted(written.keys() - there.keys())),
        *(f"{name} was added" for name in sorted(there.keys() - written.keys())),
        *(f"{name} was changed" for name in sorted(there.keys() & written.keys()) if there[name] != written[name]),
    ]


def evidence_changed(folder: Path) -> list[str]:
    """What of that which a run has seen is otherwise than its manifest says; nothing where it has none, as after a kill."""
    if not (folder / FILE_NAME).exists():
        return []
    try:
        return [change for change in verify(folder) if change.startswith(EVIDENCE)]
    except ManifestError as wrong:
        return [str(wrong)]


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _digests(folder: Path) -> dict[str, str]:
    """The digest of each file by its path; Allure's thousands of files have one together, as `sha256sum` would list them."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != FILE_NAME)
    found = {path.relative_to(folder).as_posix(): digest(path) for path in paths}
    of_allure = {name: found.pop(name) for name in [*found] if name.startswith(f"{ALLURE}/")}
    if of_allure:
        lines = "".join(f"{each}  {name}\n" for name, each in of_allure.items())
        found[ALLURE] = hashlib.sha256(lines.encode()).hexdigest()
    return found
