"""report.html: what people read.

Method: made from the results and the pictures of their histories, as one file without outside resources, or links other than
those to each promise's source (see `markup.document`). What a link leads to stands inside its row, so that browsers open
it. What is wrong comes first, then every guarantee by subject, each of which opens to its evidence, then the picture
of every scenario. Nothing is told by colour only.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from html import escape
from urllib.parse import quote

from conformance.guarantees import BY_CLASS, CAPABILITIES, Level
from conformance.history import HISTORIES
from reports.explained import figure, trouble
from reports.markup import badge, badges, css_class, document, level_of, listed, notes
from reports.outcomes import NOT_RUN, TOLD, Outcome
from reports.pictures import Picture, Pictures
from reports.results import TROUBLE, Cluster, GuaranteeResult, Proof, Results
from reports.score import Score
from reports.timeline import WORDS, legend
from reports.worth import caught_by, worth

FILE_NAME = "report.html"
CURRENT = "current"  # the provider of clusters that were there, each known by its context
ALIKE = 6  # passed tests of one name that are told one by one


def render(results: Results, pictures: Pictures | None = None) -> str:
    """Make the whole page, with these pictures."""
    drawn = pictures or Pictures()
    body = f"""<header class="verdict {css_class(str(results.verdict))}">
<p class="suite">{escape(results.suite.name)} {escape(results.suite.version)}</p>
<h1>{escape(results.verdict.capitalize())}</h1>
<p class="sentence">{escape(results.because[:1].upper() + results.because[1:])}.</p>
<p class="cluster">{escape(" · ".join(_where(results)))}</p>
<p class="cluster"><code>{escape(results.reproduce)}</code></p>
{_counts(results)}
</header>
<main>
{notes("Trouble of the run itself", results.troubles)}{trouble(results, drawn.against)}{_subjects(results, drawn.of_histories)}
{_scenarios(drawn.of_histories)}
{worth(results)}
{notes("Warnings", results.warnings)}{_about(results)}
</main>"""
    return document(f"{results.verdict.capitalize()} · {results.suite.name}", body)


def _where(results: Results) -> list[str]:
    """Which cluster; of those that are brought up for a run the context says no more than the provider."""
    cluster = results.cluster
    known_by = (cluster.context if cluster.provider == CURRENT else "") or cluster.provider
    return [f"Kubernetes {cluster.version}", known_by]


def _counts(results: Results) -> str:
    words = [*(str(outcome) for outcome in reversed(Outcome)), TOLD, NOT_RUN, "untested"]
    found = [one.word for one in results.guarantees]
    shown = (f"<li>{badge(word)} {found.count(word)}</li>" for word in words if word in found)
    return f'<ul class="counts" aria-label="Guarantees by outcome">{"".join(shown)}</ul>'


def _scenarios(pictures: Mapping[str, Picture]) -> str:
    """Every history of the run, as a picture."""
    if not pictures:
        return ""
    shown = "\n".join(_scenario(path, one) for path, one in sorted(pictures.items()))
    return f"""<section class="scenarios">
<h2>What happened, scenario by scenario</h2>
<p>A column is a moment, in the order in which the API server wrote; the time stands beneath.</p>
{legend(list(WORDS))}
{shown}
</section>"""


def _scenario(path: str, picture: Picture) -> str:
    outcome = badge(str(picture.outcome)) if picture.outcome else ""
    return f"""<details>
<summary><span>{outcome}</span><span>{escape(picture.scenario)}</span></summary>
<div class="opened" id="{escape(picture.anchor)}">{figure(picture)}{_history(path)}</div>
</details>"""


def _subjects(results: Results, pictures: Mapping[str, Picture]) -> str:
    subjects: dict[str, list[GuaranteeResult]] = {}
    for one in results.guarantees:
        subjects.setdefault(one.subject, []).append(one)
    return "\n".join(_subject(name, ones, results.suite.score, pictures) for name, ones in subjects.items())


def _subject(name: str, ones: list[GuaranteeResult], score: Score | None, pictures: Mapping[str, Picture]) -> str:
    rows = "\n".join(_guarantee(one, score, pictures) for one in ones)
    title = f"<h2>{escape(name.capitalize())} {_tally(ones)}</h2>"
    return f'<section class="subject">\n{title}\n{rows}\n</section>'


def _tally(ones: list[GuaranteeResult]) -> str:
    promised = [one for one in ones if one.level is not Level.MAY]
    passed, not_run = (sum(one.word == str(word) for one in promised) for word in (Outcome.PASSED, NOT_RUN))
    told = [f"{passed} of {len(promised)} passed"] * (not_run < len(promised)) + [f"{not_run} not run"] * bool(not_run)
    return f'<span class="tally">{", ".join(told)}</span>'


def _guarantee(one: GuaranteeResult, score: Score | None, pictures: Mapping[str, Picture]) -> str:
    return f"""<details{" open" if one.outcome in TROUBLE else ""}>
<summary>
<span>{badges(one)}</span><span class="promise">{escape(one.statement)}{_told(one)}<code>{escape(one.id)}</code></span>
</summary>
<div class="opened" id="{escape(one.id)}">
<dl>
<dt>Level</dt><dd>{level_of(one)} {"decides the verdict" if one.level is Level.MUST else "never changes the verdict"}</dd>
<dt>Outcome</dt><dd>{_outcome(one)}</dd>
<dt>Source</dt><dd>{_source(one.source)}</dd>
{caught_by(one, score)}</dl>
{_tests(one, pictures)}
</div>
</details>"""


def _told(one: GuaranteeResult) -> str:
    return "".join(f'<span class="told">{escape(sentence)}</span>' for sentence in one.told)


def _outcome(one: GuaranteeResult) -> str:
    if one.untested:
        return f"{badge(one.word)} {escape(one.untested)}"
    tiers = f", not run on the {' and the '.join(one.not_run_on)} tier" if one.not_run_on and one.tests else ""
    seconds = f" in {one.seconds:.1f} s" if one.tests else ""
    return f"{badge(one.word)}{seconds}{escape(tiers)}"


def _source(source: str) -> str:
    if not source.startswith("https://"):
        return escape(source)
    return f'<a href="{escape(source)}">{escape(source.removeprefix("https://"))}</a>'


def _tests(one: GuaranteeResult, pictures: Mapping[str, Picture]) -> str:
    alike = dict[str, list[Proof]]()
    for test in one.tests:
        # What passed of every history alike is told once: hundreds of lines that say the same are read by nobody.
        alike.setdefault(f"{test.outcome} {test.id.partition('[')[0]}", []).append(test)
    rows = "".join(
        f"<li>{_many(tests)}</li>"
        if tests[0].outcome is Outcome.PASSED and len(tests) > ALIKE
        else "".join(f"<li>{_test(test, pictures)}</li>" for test in tests)
        for tests in alike.values()
    )
    return f'<h3>Tests</h3>\n<ul class="tests">{rows}</ul>' if rows else ""


def _many(tests: list[Proof]) -> str:
    """A test that passed many times over, of one history after the other."""
    name, seconds = tests[0].id.partition("[")[0], sum(test.seconds for test in tests)
    return (
        f"<p>{badge(str(Outcome.PASSED))} {len(tests)} times, {seconds:.1f} s</p>\n<p><code>{escape(name)}</code></p>\n"
        f"<p>Each history by itself stands in results.json.</p>"
    )


def _test(test: Proof, pictures: Mapping[str, Picture]) -> str:
    tier = f'<span class="tier">{escape(test.tier)}</span>' if test.tier else ""
    return (
        f"<p>{badge(str(test.outcome))} {tier} {test.seconds:.1f} s</p>\n<p><code>{escape(test.id)}</code></p>\n"
        f"{listed(test.evidence or ((test.message,) if test.message else ()))}{_history(test.history, pictures)}"
    )


def _history(path: str | None, pictures: Mapping[str, Picture] | None = None) -> str:
    if path is None or not path.startswith(f"{HISTORIES}/"):
        return ""
    picture = (pictures or {}).get(path)
    shown = f' · <a href="#{escape(picture.anchor)}">picture</a>' if picture else ""
    return f'\n<p class="history">History: <a href="{escape(quote(path))}">{escape(path)}</a>{shown}</p>'


def _about(results: Results) -> str:
    cluster = results.cluster
    return f"""<section class="about">
<h2>About this run</h2>
<dl>
<dt>Cluster</dt><dd>{escape(cluster.described)}</dd>
<dt>Capabilities</dt><dd>{escape(", ".join(cluster.capabilities) or "none declared")}</dd>
{_undeclared(results)}<dt>Begun</dt><dd><time datetime="{escape(results.date)}">{escape(results.date)}</time></dd>
<dt>Finished</dt><dd>{"yes" if results.finished else "no: what is missing here was not run"}{_took(results)}</dd>
<dt>Reproduce</dt><dd><code>{escape(results.reproduce)}</code></dd>
</dl>
</section>"""


def _undeclared(results: Results) -> str:
    """What the cluster does not declare to have, so that what needs it does not apply, in words."""
    # What volumes have, each class that was named says for itself.
    told = (*results.cluster.capabilities, *(BY_CLASS if "--storage-class" in results.reproduce else ()))
    rest = [f"{name}: {says}" for name, says in CAPABILITIES.items() if name not in told]
    # Of stored histories nobody knows what the cluster had, and nothing was left out for the want of it.
    if not rest or results.cluster == Cluster():
        return ""
    words = (*rest, "What needs one of these does not apply, unless --has NAME declares it.")
    return f"<dt>Not declared</dt><dd>{listed(words)}</dd>\n"


def _took(results: Results) -> str:
    """How long the run took, in hours, minutes and seconds."""
    return f", in {datetime.timedelta(seconds=round(results.seconds))}" if results.seconds else ""
