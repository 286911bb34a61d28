"""The comparison of two runs as a page of its own: the answer, both runs side by side, what differs, and every guarantee.

Method: made from two results.json alone, with the style, the policy and the script of report.html (see `markup.document`). What
is worst stands first. Nothing is told by colour only.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from reports.compare import SLOWER_SECONDS, SLOWER_TIMES, Change, Comparison, Difference, Pair
from reports.markup import badge, badges, css_class, document, level_of, listed, notes
from reports.outcomes import NOT_RUN, TOLD, ExitCode, Outcome, Verdict
from reports.results import TROUBLE, GuaranteeResult, Results

MOST_TESTS, MOST_LINES = 3, 3  # tests of a difference, and pieces of evidence of each, that are shown
NOT_KNOWN = "not there"  # a guarantee of which the other run's registry knows nothing
VERDICTS = {
    ExitCode.CONFORMANT: Verdict.CONFORMANT,
    ExitCode.NOT_CONFORMANT: Verdict.NOT_CONFORMANT,
    ExitCode.NO_VERDICT: Verdict.NO_VERDICT,
}
MEANING = {
    ExitCode.CONFORMANT: "No MUST newly fails, and none was lost from sight: by these two runs, the change between them may "
    "proceed.",
    ExitCode.NOT_CONFORMANT: "A MUST fails that was not seen to fail before: the change between these two runs should not "
    "proceed.",
    ExitCode.NO_VERDICT: "A run did not come to its end, or a test of a MUST broke, is newly undecided or is not asked any "
    "more: so whether the change between these two runs may proceed is not known.",
}
SAID = {
    Change.NEWLY_FAILING: "The cluster of the second run broke this promise; in the first run it was not seen to.",
    Change.BROKEN: "The suite itself, or its way to the cluster, broke in the second run: this says nothing of the cluster.",
    Change.NEWLY_UNDECIDED: "What the second run saw does not suffice to decide this: nothing is held against the cluster.",
    Change.NEWLY_LEFT_OUT: "The second run did not ask what the first one asked.",
    Change.STILL_FAILING: "The clusters of both runs broke this promise.",
    Change.NEWLY_PASSING: "The cluster of the second run kept this promise; in the first run that was not seen.",
    Change.SLOWER: f"It took more than {SLOWER_TIMES:g} times as long, and {SLOWER_SECONDS:g} s more, which never changes "
    "the answer.",
}

COLUMNS = ("Before", "After", "Seconds before", "Seconds after")

ById = Mapping[str, GuaranteeResult]


def render(before: Results, after: Results, found: Comparison) -> str:
    """Make the whole page."""
    old, new = ({one.id: one for one in run.guarantees} for run in (before, after))
    body = f"""<header class="verdict {css_class(VERDICTS[found.exit_code])}">
<p class="suite">{escape(after.suite.name)}: two runs compared</p>
<h1>{escape(found.answer)}</h1>
<p class="sentence">{escape(_meaning(found, after))}</p>
{_counts(found)}
</header>
<main>
<section class="sides">
<h2>The two runs</h2>
<div>
{_run("Before", before)}
{_run("After", after)}
</div>
</section>
{notes("Doubts", tuple(f"{doubt[:1].upper()}{doubt[1:]}." for doubt in found.doubts))}{_differences(found, old, new)}
{_every(found, old, new)}
</main>"""
    return document(f"{found.answer} · {before.cluster.version} and {after.cluster.version}", body)


def _meaning(found: Comparison, after: Results) -> str:
    """What the answer means for whoever waits for it: that nothing became worse does not say that all is well."""
    said = MEANING[found.exit_code]
    if found.exit_code is ExitCode.CONFORMANT and after.verdict is not Verdict.CONFORMANT:
        said += f" By itself the second run is no proof that all is well: {after.verdict}, since {after.because}."
    return said


def _counts(found: Comparison) -> str:
    shown = "".join(f"<li>{badge(change)} {count}</li>" for change, count in found.counts.items() if count)
    return f'<ul class="counts" aria-label="Differences by sort">{shown}</ul>' if shown else ""


def _run(which: str, run: Results) -> str:
    cluster = run.cluster
    return f"""<article class="{css_class(run.verdict)}">
<h3>{which}: {escape(run.verdict)}</h3>
<p>{escape(run.because[:1].upper() + run.because[1:])}.</p>
<dl>
<dt>Suite</dt><dd>{escape(run.suite.name)} {escape(run.suite.version)}</dd>
<dt>Cluster</dt><dd>{escape(cluster.described)}</dd>
<dt>Capabilities</dt><dd>{escape(", ".join(cluster.capabilities) or "none declared")}</dd>
<dt>Begun</dt><dd><time datetime="{escape(run.date)}">{escape(run.date)}</time></dd>
<dt>Guarantees</dt><dd>{_outcomes(run)}</dd>
<dt>Reproduce</dt><dd><code>{escape(run.reproduce)}</code></dd>
</dl>
</article>"""


def _outcomes(run: Results) -> str:
    words = [one.word for one in run.guarantees]
    order = [*(str(outcome) for outcome in reversed(Outcome)), TOLD, NOT_RUN, "untested"]
    return escape(", ".join(f"{words.count(word)} {word}" for word in order if word in words) or "none")


def _differences(found: Comparison, old: ById, new: ById) -> str:
    if not found.differences:
        return '<section class="trouble">\n<h2>What differs</h2>\n<p>Nothing that counts.</p>\n</section>'
    shown = "\n".join(_difference(one, old.get(one.guarantee), new.get(one.guarantee)) for one in found.differences)
    return f'<section class="trouble differences">\n<h2>What differs</h2>\n{shown}\n</section>'


def _difference(one: Difference, old: GuaranteeResult | None, new: GuaranteeResult | None) -> str:
    known = new or old
    assert known is not None, "a difference is of a guarantee of one of the runs"
    tests = "".join(f"<li>{_test(pair)}</li>" for pair in one.tests[:MOST_TESTS])
    more = f"<p>and {len(one.tests) - MOST_TESTS} more tests</p>" if len(one.tests) > MOST_TESTS else ""
    seen = f'<ul class="tests">{tests}</ul>{more}' if tests else escape(f"{one.why}.")
    return (
        f'<article class="{css_class(one.change)}">\n'
        f'<h3>{badge(one.change)} <a href="#{escape(one.guarantee)}">{escape(one.guarantee)}</a> {level_of(known)}</h3>\n'
        f"<p>{SAID[one.change]}</p>\n<dl>\n"
        f"<dt>Outcome</dt><dd>before {_outcome(old)}, after {_outcome(new)}</dd>\n"
        f"<dt>Promised</dt><dd>{escape(known.statement)}</dd>\n<dt>Seen</dt><dd>{seen}</dd>\n"
        f"{_harm(one, old, new)}</dl>\n</article>"
    )


def _harm(one: Difference, old: GuaranteeResult | None, new: GuaranteeResult | None) -> str:
    """What it means for a database that the promise is broken, or would mean where that was not seen."""
    harm = next((side.harm for side in (new, old) if side is not None and side.harm), "")
    if not harm or one.change is Change.SLOWER:
        return ""
    violated = any(side is not None and side.violated for side in (old, new))
    return f"<dt>{'For a database' if violated else 'Were it broken'}</dt><dd>{escape(harm)}</dd>\n"


def _test(pair: Pair) -> str:
    """One test before and after, and the evidence of the side that speaks against the promise: the second where both do."""
    old, new = pair
    against = next((side for side in (new, old) if side is not None and side.outcome in TROUBLE), new)
    lines = against.evidence or (against.message,) if against and against.outcome is not Outcome.PASSED else ()
    shown = tuple(line for line in lines if line)
    if len(shown) > MOST_LINES:
        shown = (*shown[:MOST_LINES], f"and {len(shown) - MOST_LINES} more")
    side = " in the first run" if shown and against is old else ""
    was, now = (badge(str(one.outcome) if one else NOT_RUN) for one in pair)
    name = next(one.id for one in (new, old) if one is not None)
    return f"<p>before {was}, after {now}</p>\n<p><code>{escape(name)}</code>{side}</p>\n{listed(shown)}"


def _outcome(one: GuaranteeResult | None) -> str:
    return badge(NOT_KNOWN) if one is None else badges(one)


def _every(found: Comparison, old: ById, new: ById) -> str:
    """A table of all guarantees of both runs, those that only the first one knows last."""
    changes = dict[str, list[Change]]()
    for one in found.differences:
        changes.setdefault(one.guarantee, []).append(one.change)
    rows = "\n".join(_row(name, changes.get(name, []), old.get(name), new.get(name)) for name in {**new, **old})
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("Guarantee", *COLUMNS))
    return f"""<section class="every">
<h2>Every guarantee, before and after</h2>
<table class="compared">
<thead><tr>{heads}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</section>"""


def _row(name: str, changes: list[Change], old: GuaranteeResult | None, new: GuaranteeResult | None) -> str:
    known = new or old
    assert known is not None, "a row is of a guarantee of one of the runs"
    shown = (_outcome(old), _outcome(new), _seconds(old), _seconds(new))
    cells = "".join(f'<td data-label="{head}">{cell}</td>' for head, cell in zip(COLUMNS, shown, strict=True))
    told = "".join(f" {badge(change)}" for change in changes)
    return (
        f'<tr id="{escape(name)}"><th scope="row" class="promise">{level_of(known)}{told} {escape(known.statement)}'
        f"<code>{escape(name)}</code></th>{cells}</tr>"
    )


def _seconds(one: GuaranteeResult | None) -> str:
    return f"{one.seconds:.1f}" if one is not None and one.tests else "-"
