"""report.html: what people read.

Method: made from the results alone, as one file without scripts, outside resources or links other than those to each
promise's source; the browser is told to load nothing. What is wrong comes first, then every guarantee by subject, each
of which opens to its evidence. Nothing is told by colour only.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from urllib.parse import quote

from conformance.guarantees import Level
from reports.outcomes import NOT_RUN, TOLD, Outcome
from reports.results import TROUBLE, GuaranteeResult, Proof, Results
from reports.score import Score
from reports.worth import caught_by, worth

FILE_NAME = "report.html"
STYLE = Path(__file__).with_name("report.css")
SHOWN_FIRST = 3  # pieces of evidence in the list of what is wrong; all of them stand at the guarantee


def render(results: Results) -> str:
    """Make the whole page."""
    verdict = _class(str(results.verdict))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{escape(results.verdict.capitalize())} · {escape(results.suite.name)}</title>
<style>
{STYLE.read_text(encoding="utf-8")}</style>
</head>
<body>
<header class="verdict {verdict}">
<p class="suite">{escape(results.suite.name)} {escape(results.suite.version)}</p>
<h1>{escape(results.verdict.capitalize())}</h1>
<p class="sentence">{escape(results.because[:1].upper() + results.because[1:])}.</p>
<p class="cluster">Kubernetes {escape(results.cluster.version)} · {escape(results.cluster.provider)}</p>
{_counts(results)}
</header>
<main>
{_notes("Trouble of the run itself", results.errors)}{_trouble(results)}{_subjects(results)}
{worth(results)}
{_notes("Warnings", results.warnings)}{_about(results)}
</main>
</body>
</html>
"""


def _class(word: str) -> str:
    return escape(word.replace(" ", "-"))


def _counts(results: Results) -> str:
    words = [*(str(outcome) for outcome in reversed(Outcome)), TOLD, NOT_RUN, "untested"]
    found = [one.word for one in results.guarantees]
    shown = (f"<li>{_badge(word)} {found.count(word)}</li>" for word in words if word in found)
    return f'<ul class="counts" aria-label="Guarantees by outcome">{"".join(shown)}</ul>'


def _badge(word: str) -> str:
    return f'<span class="badge {_class(word)}">{escape(word)}</span>'


def _badges(one: GuaranteeResult) -> str:
    """Show the outcome, and that there is a violation even where something else broke too."""
    violated = _badge(str(Outcome.FAILED)) + " " if one.violated and one.outcome is Outcome.ERROR else ""
    return violated + _badge(one.word)


def _notes(title: str, lines: tuple[str, ...]) -> str:
    return f'<section class="notes">\n<h2>{title}</h2>\n{_list(lines)}\n</section>\n' if lines else ""


def _list(lines: tuple[str, ...]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>" if lines else ""


def _trouble(results: Results) -> str:
    wrong = sorted(
        (one for one in results.guarantees if one.outcome in TROUBLE),
        key=lambda one: (one.level, TROUBLE.index(one.outcome or Outcome.ERROR)),
    )
    if not wrong:
        return ""
    return '<section class="trouble">\n<h2>What is wrong</h2>\n' + "\n".join(map(_trouble_of, wrong)) + "\n</section>\n"


def _trouble_of(one: GuaranteeResult) -> str:
    more = len(one.evidence) - SHOWN_FIRST
    shown = (*one.evidence[:SHOWN_FIRST], *([f"and {more} more"] if more > 0 else []))
    return (
        f'<article class="{_class(one.word)}">\n'
        f'<h3>{_badges(one)} <a href="#{escape(one.id)}">{escape(one.id)}</a> {_level(one)}</h3>\n'
        f"<p>{escape(one.statement)}</p>\n{_list(shown)}\n</article>"
    )


def _level(one: GuaranteeResult) -> str:
    return f'<span class="level {_class(one.level)}">{escape(one.level)}</span>'


def _subjects(results: Results) -> str:
    subjects: dict[str, list[GuaranteeResult]] = {}
    for one in results.guarantees:
        subjects.setdefault(one.subject, []).append(one)
    return "\n".join(_subject(name, ones, results.suite.score) for name, ones in subjects.items())


def _subject(name: str, ones: list[GuaranteeResult], score: Score | None) -> str:
    rows = "\n".join(_guarantee(one, score) for one in ones)
    title = f"<h2>{escape(name.capitalize())} {_tally(ones)}</h2>"
    return f'<section class="subject">\n{title}\n{rows}\n</section>'


def _tally(ones: list[GuaranteeResult]) -> str:
    promised = [one for one in ones if one.level is not Level.MAY]
    passed = sum(one.outcome is Outcome.PASSED for one in promised)
    return f'<span class="tally">{passed} of {len(promised)} passed</span>'


def _guarantee(one: GuaranteeResult, score: Score | None) -> str:
    return f"""<details id="{escape(one.id)}"{" open" if one.outcome in TROUBLE else ""}>
<summary>
<span>{_badges(one)}</span><span class="promise">{escape(one.statement)}{_told(one)}<code>{escape(one.id)}</code></span>
</summary>
<div class="opened">
<dl>
<dt>Level</dt><dd>{_level(one)} {"decides the verdict" if one.level is Level.MUST else "never changes the verdict"}</dd>
<dt>Outcome</dt><dd>{_outcome(one)}</dd>
<dt>Source</dt><dd>{_source(one.source)}</dd>
{caught_by(one, score)}</dl>
{_tests(one)}
</div>
</details>"""


def _told(one: GuaranteeResult) -> str:
    return "".join(f'<span class="told">{escape(sentence)}</span>' for sentence in one.told)


def _outcome(one: GuaranteeResult) -> str:
    if one.untested:
        return f"{_badge(one.word)} {escape(one.untested)}"
    tiers = f", not run on the {' and the '.join(one.not_run_on)} tier" if one.not_run_on and one.tests else ""
    seconds = f" in {one.seconds:.1f} s" if one.tests else ""
    return f"{_badge(one.word)}{seconds}{escape(tiers)}"


def _source(source: str) -> str:
    if not source.startswith("https://"):
        return escape(source)
    return f'<a href="{escape(source)}">{escape(source.removeprefix("https://"))}</a>'


def _tests(one: GuaranteeResult) -> str:
    rows = "".join(f"<li>{_test(test)}</li>" for test in one.tests)
    return f'<h3>Tests</h3>\n<ul class="tests">{rows}</ul>' if rows else ""


def _test(test: Proof) -> str:
    tier = f'<span class="tier">{escape(test.tier)}</span>' if test.tier else ""
    return (
        f"<p>{_badge(str(test.outcome))} {tier} {test.seconds:.1f} s</p>\n<p><code>{escape(test.id)}</code></p>\n"
        f"{_list(test.evidence or ((test.message,) if test.message else ()))}{_history(test.history)}"
    )


def _history(path: str | None) -> str:
    if path is None or not path.startswith("histories/"):
        return ""
    return f'\n<p class="history">History: <a href="{escape(quote(path))}">{escape(path)}</a></p>'


def _about(results: Results) -> str:
    cluster = results.cluster
    return f"""<section class="about">
<h2>About this run</h2>
<dl>
<dt>Cluster</dt><dd>Kubernetes {escape(cluster.version)}, provider {escape(cluster.provider)}</dd>
<dt>Capabilities</dt><dd>{escape(", ".join(cluster.capabilities) or "none declared")}</dd>
<dt>Begun</dt><dd><time datetime="{escape(results.date)}">{escape(results.date)}</time></dd>
<dt>Finished</dt><dd>{"yes" if results.finished else "no: what is missing here was not run"}</dd>
<dt>Reproduce</dt><dd><code>{escape(results.reproduce)}</code></dd>
</dl>
</section>"""
