"""What is wrong, explained: what was promised, what was seen and when, what it means for a database, and whose fault it is.

Method: made from the results and the pictures of their histories. What is not known is not said.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from reports.known import known_of
from reports.markup import badges, css_class, level_of, listed
from reports.outcomes import Outcome
from reports.pictures import Picture, Pinned
from reports.results import TROUBLE, GuaranteeResult, Results
from reports.timeline import WORDS, legend

SHOWN_FIRST = 3  # pieces of evidence in the list of what is wrong; all of them stand at the guarantee
UPGRADE = "upgrade"  # a subject of the gate's registry alone
FAULT = {
    Outcome.FAILED: "The cluster broke this promise.",
    Outcome.INCONCLUSIVE: "What was seen does not suffice to decide this: nothing is held against the cluster.",
    Outcome.ERROR: "The suite itself, or its way to the cluster, broke: this says nothing of the cluster.",
}


def trouble(results: Results, pictures: Mapping[str, Picture]) -> str:
    """Every guarantee that is violated or undecided, what decides the verdict first; `pictures` are those against each."""
    wrong = sorted(
        (one for one in results.guarantees if one.outcome in TROUBLE),
        key=lambda one: (one.level.rank, TROUBLE.index(one.outcome or Outcome.ERROR)),
    )
    if not wrong:
        return ""
    told = "\n".join(_explained(one, pictures.get(one.id), results) for one in wrong)
    words = legend(list(WORDS)) if pictures else ""
    return f'<section class="trouble">\n<h2>What is wrong</h2>\n{words}{told}\n</section>\n'


def _explained(one: GuaranteeResult, picture: Picture | None, results: Results) -> str:
    more = len(one.evidence) - SHOWN_FIRST
    shown = (*one.evidence[:SHOWN_FIRST], *([f"and {more} more"] if more > 0 else []))
    harm = f"<dt>For a database</dt><dd>{escape(one.harm)}</dd>\n" if one.violated and one.harm else ""
    return (
        f'<article class="{css_class(one.word)}">\n'
        f'<h3>{badges(one)} <a href="#{escape(one.id)}">{escape(one.id)}</a> {level_of(one)}</h3>\n'
        f"<p>{_fault(one, results)}</p>\n"
        f"<dl>\n<dt>Promised</dt><dd>{escape(one.statement)}</dd>\n<dt>Seen</dt><dd>{listed(shown)}</dd>\n"
        f"{harm}{_known(one, results.cluster.version)}</dl>\n{_seen(picture)}</article>"
    )


def _fault(one: GuaranteeResult, results: Results) -> str:
    """Whose fault it is, as far as that is known: during an upgrade its command may do what no cluster would."""
    if one.outcome is Outcome.FAILED and any(each.subject == UPGRADE for each in results.guarantees):
        return "The upgrade, or the command that carries it out, broke this promise."
    return FAULT[one.outcome or Outcome.ERROR]


def _known(one: GuaranteeResult, version: str) -> str:
    """The faults of this release by which the promise may be broken, as they are known upstream."""
    if not one.violated:
        return ""
    told = "".join(
        f"<li>{escape(known.sentence)} Fixed in {'.'.join(map(str, known.fixed))}: "
        f'<a href="{escape(known.issue)}">{escape(known.issue.removeprefix("https://"))}</a></li>'
        for known in known_of(one.id, version)
    )
    return f"<dt>May be</dt><dd><ul>{told}</ul></dd>\n" if told else ""


def _seen(picture: Picture | None) -> str:
    """What happened, as a picture, and what stands around the events that speak against a guarantee."""
    if picture is None:
        return ""
    logs = _opened("Logs", "what the pods said last", picture.logs) if picture.logs else ""
    return f"{figure(picture)}{''.join(map(_pinned, picture.pinned))}{logs}"


def figure(picture: Picture) -> str:
    """The picture of a history, with its name, or why there is none."""
    name = f'<a href="#{escape(picture.anchor)}">{escape(picture.scenario)}</a>'
    left_out = f"; not shown: {escape(', '.join(picture.left_out))}" if picture.left_out else ""
    said = escape(picture.trouble) or f"What happened in {name}, in order{left_out}."
    return f"<figure>{picture.svg}<figcaption>{said}</figcaption></figure>\n"


def _pinned(event: Pinned) -> str:
    around = "\n".join(event.around)
    told = f"<p>What Kubernetes told of it:</p>{listed(event.told)}" if event.told else ""
    return _opened("Evidence", f"{event.event}: {event.said}", around, told, event.object)


def _opened(title: str, said: str, text: str, told: str = "", more: str = "") -> str:
    """What is read only by who wants to know more: a text as it is, and another behind what is told between them."""
    below = f'{told}<pre tabindex="0">{escape(more)}</pre>' if more else told
    return (
        f"<details><summary><span>{title}</span><span>{escape(said)}</span></summary>\n"
        f'<div class="opened"><pre tabindex="0">{escape(text)}</pre>\n{below}</div></details>\n'
    )
