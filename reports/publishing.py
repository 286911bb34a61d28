"""The files that people and machines read, made from results.json and the histories: also again, at any time.

Method: results.json is there already. Each file is replaced as a whole, and the manifest comes last.
"""

from __future__ import annotations

from pathlib import Path

from reports import allure, html, junit, manifest, summary
from reports.pictures import pictures
from reports.results import Results, replace_text


def publish(results: Results, folder: Path) -> str:
    """Write every file of a report but results.json; returns the manifest's digest."""
    drawn = pictures(results, folder)
    replace_text(folder / html.FILE_NAME, html.render(results, drawn))
    replace_text(folder / junit.FILE_NAME, junit.render(results))
    replace_text(folder / summary.FILE_NAME, summary.render(results))
    allure.write(results, drawn, folder)
    return manifest.write(folder)


def publish_so_far(results: Results, folder: Path) -> None:
    """Write what is known in the middle of a run: the page without pictures, which take longer, and the JUnit file."""
    replace_text(folder / html.FILE_NAME, html.render(results))
    replace_text(folder / junit.FILE_NAME, junit.render(results))
