"""What the suite itself is worth, as a part of report.html: the seeded faults, and the guarantees that caught them.

Method: made from the score that the results carry; a report without one says nothing of it.
"""

from __future__ import annotations

from html import escape

from conformance.guarantees import Level
from reports.results import GuaranteeResult, Results
from reports.score import KINDS, SEEDED, Score, Trial


def worth(results: Results) -> str:
    """What was found of the suite itself: each fault, and the guarantees that caught it."""
    score = results.suite.score
    if score is None:
        return ""
    unproved = [one for one in results.guarantees if one.unproved]
    reasons = "".join(f"<li><code>{escape(one.id)}</code>: {escape(one.unproved)}</li>" for one in unproved)
    kinds = dict.fromkeys(one.kind for one in score.trials)
    return f"""<section class="worth">
<h2>What this suite is worth</h2>
<p>{escape(score.sentence)}: by <code>make mutants</code> on Kubernetes {escape(score.version)}, {escape(score.date)},
in {score.seconds:.0f} s{f", by the suite of commit {escape(score.commit)}" if score.commit else ""}. A fault is found where
every guarantee that it breaks failed; a lawful run is accused where any did.</p>
{f"<p>Guarantees that no fault can turn red, and why:</p><ul>{reasons}</ul>" if reasons else ""}
{"".join(_trials(kind, [one for one in score.trials if one.kind == kind]) for kind in kinds)}
</section>"""


def _trials(kind: str, trials: list[Trial]) -> str:
    rows = "\n".join(
        f"<tr><td>{escape(one.sentence)}</td><td>{_came_of(one)}</td><td>{one.seconds:.0f} s</td></tr>"
        for one in trials
    )
    headings = ("What was wrong", "Caught by") if kind in SEEDED else ("What it was like", "What came of it")
    columns = "".join(f'<th scope="col">{heading}</th>' for heading in (*headings, "Time"))
    return (
        f'<details>\n<summary><span>{escape(KINDS.get(kind, kind))} <span class="tally">{len(trials)}</span></span></summary>\n'
        f'<table class="trials">\n<tr>{columns}</tr>\n{rows}\n</table>\n</details>\n'
    )


def _came_of(one: Trial) -> str:
    caught = [f'<a href="#{escape(name)}">{escape(name)}</a>' for name in one.caught]
    missed = [f"missed: {escape(name)}" for name in one.breaks if name not in one.caught]
    accused = [f"{'failed too' if one.kind in SEEDED else 'accused'}: {escape(name)}" for name in one.accused]
    decided = (
        f"{one.passed} guarantees passed" if one.passed else "nothing decided, as is right where so little is known"
    )
    told = [*caught, *missed, *accused] or [f"nothing accused, {decided}"]
    return "<br>".join([*told, *map(escape, one.evidence)])


def caught_by(one: GuaranteeResult, score: Score | None) -> str:
    """Which seeded faults this guarantee has caught, or why none can make it fail."""
    if score is None or one.level is Level.MAY or one.untested:
        return ""
    caught = "".join(f"<li>{escape(fault.sentence)}</li>" for fault in score.turned_red(one.id))
    shown = (
        f'<ul class="faults">{caught}</ul>'
        if caught
        else f"no seeded fault: {escape(one.unproved or 'none of this score is about it')}"
    )
    return f"<dt>Caught</dt><dd>{shown}</dd>\n"
