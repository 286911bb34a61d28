"""What our pages are made of: the page itself, with its style and its script, and small pieces: badges, lists, levels.

Method: whatever comes from a run is escaped here, once. A page loads nothing: the browser is told so, and to run nothing but
the one script, without which all is there to be read too.
"""

from __future__ import annotations

import base64
import hashlib
from html import escape
from pathlib import Path

from reports.outcomes import Outcome
from reports.results import GuaranteeResult

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src"
STYLE, SCRIPT = (Path(__file__).with_name(f"report.{ending}") for ending in ("css", "js"))


def document(title: str, body: str) -> str:
    """A whole page, of a plain title and a body that is markup already."""
    script = SCRIPT.read_text(encoding="utf-8")
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{POLICY} '{_hash_of(script)}'">
<title>{escape(title)}</title>
<style>
{STYLE.read_text(encoding="utf-8")}</style>
</head>
<body>
{body}
<script>{script}</script>
</body>
</html>
"""


def _hash_of(script: str) -> str:
    """What the page's policy allows to run: just this script, whatever else comes into the page."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


def css_class(word: str) -> str:
    """The class of the style for an outcome, a level or a verdict."""
    return escape(word.replace(" ", "-"))


def badge(word: str) -> str:
    """An outcome, so that it is seen at a glance."""
    return f'<span class="badge {css_class(word)}">{escape(word)}</span>'


def badges(one: GuaranteeResult) -> str:
    """Show the outcome, and that there is a violation even where something else broke too."""
    violated = badge(str(Outcome.FAILED)) + " " if one.violated and one.outcome is Outcome.ERROR else ""
    return violated + badge(one.word)


def listed(lines: tuple[str, ...]) -> str:
    """A list of plain lines, or nothing where there is none."""
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>" if lines else ""


def notes(title: str, lines: tuple[str, ...]) -> str:
    """A section of plain lines, or nothing where there is none."""
    return f'<section class="notes">\n<h2>{title}</h2>\n{listed(lines)}\n</section>\n' if lines else ""


def level_of(one: GuaranteeResult) -> str:
    """The level of a guarantee."""
    return f'<span class="level {css_class(one.level)}">{escape(one.level)}</span>'
