"""Small pieces of a report's page: badges, lists, levels.

Method: whatever comes from a run is escaped here, once.
"""

from __future__ import annotations

from html import escape

from reports.outcomes import Outcome
from reports.results import GuaranteeResult


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


def level_of(one: GuaranteeResult) -> str:
    """The level of a guarantee."""
    return f'<span class="level {css_class(one.level)}">{escape(one.level)}</span>'
