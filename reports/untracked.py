"""Takes the tracker out of a page that the npm package `allure` has made.

Method: Allure 3 writes two scripts into each page by which Google hears of everybody who opens it, and has no option to leave
them out. They are cut out, and a page that would load anything else from elsewhere is refused: the next version may track
otherwise.
"""

from __future__ import annotations

import re
from pathlib import Path

from reports.results import replace_text

PAGE = "index.html"
TRACKER = re.compile(
    r'\s*<script async src="https://www\.googletagmanager\.com/[^"]*"></script>'
    r"\s*<script>\s*window\.dataLayer\b.*?</script>",
    re.DOTALL,
)
FROM_ELSEWHERE = re.compile(r"""<(?!a\b)[a-z][^>]*\s(?:src|href)\s*=\s*["']?(?:https?:)?//[^>]*>""", re.IGNORECASE)
LONGEST_TAG = 200  # characters


class PageError(Exception):
    """A page cannot be freed of its tracker; the message is one sentence that names the file and what is wrong."""


def untrack(folder: Path) -> list[Path]:
    """Cut the tracker out of every page of a folder, and return these; raises PageError."""
    pages = sorted(folder.rglob(PAGE))
    if not pages:
        raise PageError(f"{folder}: holds no {PAGE}, so no page that Allure has made")
    for page in pages:
        text = TRACKER.sub("", page.read_text(encoding="utf-8"))
        if left := FROM_ELSEWHERE.search(text):
            raise PageError(f"{page}: would load something from elsewhere: {left[0][:LONGEST_TAG]}")
        replace_text(page, text)
    return pages
