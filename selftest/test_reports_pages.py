"""report.html and junit.xml: everything escaped, nothing loaded, every guarantee there, what is wrong first.

Method: results made by hand, some of them hostile; the pages are read back by the standard library's parsers.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from conformance.guarantees import REGISTRY, Level
from reports import html, junit
from reports.markup import SCRIPT
from reports.outcomes import Outcome
from reports.results import Cluster, GuaranteeResult, Proof, Results, Suite
from reports.score import LAWFUL, Score, Trial

HOSTILE = "<script>alert('1')</script>\"'><img src=https://evil.example/x onerror=alert(1)>&amp;\x1b[31m\x00"


class Page(HTMLParser):
    """A parsed page: its tags with their attributes, in order, and its text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep a piece of text."""
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Give the attributes of every tag of this name."""
        return [attributes for name, attributes in self.tags if name == tag]


def proof(outcome: Outcome, number: int = 0, text: str = "event 41 (rv 8123): web-1 was early") -> Proof:
    """Make a test that came to this outcome."""
    return Proof(
        id=f"conformance/test_a.py::test_{number}[node]",
        tier="node",
        outcome=outcome,
        message=text,
        evidence=(text, f"{text} again"),
        history="histories/a.jsonl",
        seconds=1.25,
    )


def scored(text: str, *more: Trial) -> Score:
    """Make a score with a trial of each sort of end, and these."""
    ends = (
        Trial(name="found", kind="controller", sentence=text, breaks=("a/b",), caught=("a/b",), seconds=3.0),
        Trial(name="missed", kind="manifest", sentence=text, breaks=(text,)),
        Trial(name="accused", kind=LAWFUL, sentence=text, accused=(text,)),
        Trial(name="lawful", kind=LAWFUL, sentence=text, passed=7, evidence=(f"3 kills of {text}",)),
    )
    return Score(version=text, date=text, seconds=61.0, trials=(*ends, *more), commit=text)


def made(*guarantees: GuaranteeResult, text: str = "plain") -> Results:
    """Make the results of a run, with `text` wherever a text is free."""
    return Results(
        suite=Suite(name=text, version=text, score=scored(text)),
        date=text,
        reproduce=text,
        cluster=Cluster(version=text, provider=text, capabilities=(text,)),
        guarantees=guarantees,
        finished=True,
        warnings=(text,),
        errors=(text,),
    )


@pytest.fixture(name="every")
def every_outcome() -> Results:
    """Take the real registry, its guarantees coming to every outcome in turn, and the last not run."""
    outcomes = list(Outcome)
    rows = list(REGISTRY.values())
    tests = [(proof(outcomes[n % len(outcomes)], n), proof(Outcome.PASSED, n + 1000)) for n in range(len(rows) - 1)]
    return made(*(GuaranteeResult.of(one, some) for one, some in zip(rows, [*tests, ()], strict=True)))


def test_a_subject_says_how_many_of_its_promises_passed() -> None:
    rows = [one for one in REGISTRY.values() if one.subject == "network" and one.level is not Level.MAY][:4]
    ends = [(proof(Outcome.PASSED),), (proof(Outcome.PASSED),), (proof(Outcome.FAILED),), ()]
    page = html.render(made(*(GuaranteeResult.of(one, some) for one, some in zip(rows, ends, strict=True))))
    assert "Network 2 of 4 passed, 1 not run" in Page(page).text


@pytest.fixture(name="hostile")
def hostile_results() -> Results:
    """Hostile text wherever it fits."""
    evil = replace(proof(Outcome.FAILED, text=HOSTILE), id=HOSTILE, tier=HOSTILE, history=f"histories/{HOSTILE}")
    other = replace(evil, history="javascript:alert(1)")
    return made(
        GuaranteeResult(
            id=HOSTILE,
            level=Level.MUST,
            statement=HOSTILE,
            source="javascript:alert(1)",
            tiers=("node",),
            tests=(evil, other),
        ),
        GuaranteeResult(
            id="a/b",
            level=Level.MUST,
            statement=HOSTILE,
            source=f"https://{HOSTILE}",
            tiers=(HOSTILE,),
            untested=HOSTILE,
        ),
        text=HOSTILE,
    )


@pytest.mark.parametrize("which", ["every", "hostile"])
def test_the_page_loads_nothing_and_runs_only_its_own_script(which: str, request: pytest.FixtureRequest) -> None:
    source = html.render(request.getfixturevalue(which))
    page = Page(source)
    assert re.findall(r"<script>(.*?)</script>", source, re.DOTALL) == [SCRIPT.read_text(encoding="utf-8")]
    allowed = hashlib.sha256(SCRIPT.read_bytes()).digest()
    assert f"script-src 'sha256-{base64.b64encode(allowed).decode()}'\"" in source
    loading = {"link", "img", "iframe", "object", "embed", "base", "form", "svg", "video", "audio", "source"}
    assert loading.isdisjoint(tag for tag, _ in page.tags)
    attributes = {name for _, some in page.tags for name in some}
    assert not [name for name in attributes if name.startswith("on") or name in {"src", "style", "srcset", "action"}]
    style = re.findall(r"<style>(.*?)</style>", source, re.DOTALL)
    assert len(style) == 1
    assert not re.search(r"url\(|@import|//", style[0])


def test_the_page_links_to_sources_histories_and_itself_only(every: Results) -> None:
    links = {str(link["href"]) for link in Page(html.render(every)).all("a")}
    outside = {link for link in links if not link.startswith(("#", "histories/"))}
    assert outside == {one.source for one in every.guarantees}
    assert "histories/a.jsonl" in links


def test_the_page_shows_hostile_text_as_text(hostile: Results) -> None:
    page = Page(html.render(hostile))
    assert page.text.count("<script>alert('1')</script>") > 10
    for link in page.all("a"):
        assert str(link["href"]).startswith(("#", "histories/%3Cscript", "https://<script"))


def test_every_guarantee_has_a_row_and_trouble_is_open(every: Results) -> None:
    subjects = html.render(every).partition('<section class="subject">')[2]
    rows = re.findall(
        r'<details( open)?>\n<summary>.*?</summary>\n<div class="opened" id="(.+?)">', subjects, re.DOTALL
    )
    assert [name for _, name in rows] == [one.id for one in every.guarantees]
    trouble = {Outcome.INCONCLUSIVE, Outcome.FAILED, Outcome.ERROR}
    assert {name for opened, name in rows if opened} == {one.id for one in every.guarantees if one.outcome in trouble}


def test_what_is_wrong_stands_before_the_guarantees_violated_musts_first(every: Results) -> None:
    source = html.render(every)
    wrong = source[source.index("What is wrong") : source.index("<details")]
    named = re.findall(r'href="#([^"]+)"', wrong)
    by_id = {one.id: one for one in every.guarantees}
    order = [Outcome.FAILED, Outcome.ERROR, Outcome.INCONCLUSIVE]
    keys = [(by_id[name].level.rank, order.index(by_id[name].outcome or Outcome.PASSED)) for name in named]
    assert keys == sorted(keys)
    assert set(named) == {one.id for one in every.guarantees if one.outcome in order}
    assert source.index(every.because[1:]) < source.index("What is wrong")


def test_a_run_without_trouble_has_no_list_of_it() -> None:
    only = next(iter(REGISTRY.values()))
    assert "What is wrong" not in html.render(made(GuaranteeResult.of(only, (proof(Outcome.PASSED),))))


def test_a_violation_shows_even_where_something_broke_too() -> None:
    only = next(iter(REGISTRY.values()))
    source = html.render(made(GuaranteeResult.of(only, (proof(Outcome.FAILED), proof(Outcome.ERROR, 1)))))
    assert re.search(r'<h3><span class="badge failed">failed</span> <span class="badge error">error</span>', source)


def test_the_page_fits_phones_and_both_colour_schemes(every: Results) -> None:
    source = html.render(every)
    assert 'name="viewport" content="width=device-width' in source
    assert "light-dark(" in source
    assert '<html lang="en">' in source


@pytest.mark.parametrize(
    ("cluster", "header", "about"),
    [
        (
            Cluster(version="v1.37.2", provider="current", context="prod", address="https://api.example:6443"),
            "Kubernetes v1.37.2 · prod",
            "Kubernetes v1.37.2, provider current, prod at https://api.example:6443",
        ),
        (
            Cluster(version="v1.37.2", provider="kind", context="kind-a"),
            "Kubernetes v1.37.2 · kind",
            "Kubernetes v1.37.2, provider kind, kind-a",
        ),
        (
            Cluster(version="v1.37.2", provider="current"),
            "Kubernetes v1.37.2 · current",
            "Kubernetes v1.37.2, provider current",
        ),
    ],
)
def test_the_page_says_which_cluster_was_judged_and_how_long_that_took(
    every: Results, cluster: Cluster, header: str, about: str
) -> None:
    page = html.render(replace(every, cluster=cluster, seconds=3725.4))
    assert f'<p class="cluster">{header}</p>' in page
    assert f"<dd>{about}</dd>" in page
    assert ", in 1:02:05</dd>" in page


def test_the_page_says_what_was_not_declared_where_that_is_known(every: Results) -> None:
    known = html.render(replace(every, cluster=Cluster(version="v1.37.2", capabilities=("dns",))))
    assert "<li>storage: a default StorageClass provides volumes</li>" in known
    assert "<li>dns:" not in known
    assert "Not declared" not in html.render(replace(every, cluster=Cluster()))


def test_what_volumes_have_the_classes_that_were_named_say(every: Results) -> None:
    known = replace(every, cluster=Cluster(version="v1.37.2", capabilities=("dns",)))
    assert "<li>expansion:" in html.render(known)
    assert "<li>expansion:" not in html.render(replace(known, reproduce=f"{known.reproduce} --storage-class=fast"))


@pytest.mark.parametrize("which", ["every", "hostile"])
def test_junit_has_one_testcase_for_each_test_of_each_guarantee(which: str, request: pytest.FixtureRequest) -> None:
    known: Results = request.getfixturevalue(which)
    suite = ElementTree.fromstring(junit.render(known)).find("testsuite")
    assert suite is not None
    cases = suite.findall("testcase")
    assert (
        len(cases) == int(suite.attrib["tests"]) == sum(len(one.tests) for one in known.guarantees) + len(known.errors)
    )
    for element, key in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        assert len(suite.findall(f"testcase/{element}")) == int(suite.attrib[key])


@pytest.mark.parametrize(
    ("outcome", "element"),
    [
        (Outcome.PASSED, None),
        (Outcome.NOT_APPLICABLE, "skipped"),
        (Outcome.EXCUSED, "skipped"),
        (Outcome.INCONCLUSIVE, "error"),
        (Outcome.FAILED, "failure"),
        (Outcome.ERROR, "error"),
    ],
)
def test_junit_tells_each_outcome_by_its_element(outcome: Outcome, element: str | None) -> None:
    only = REGISTRY["ordering/waits-for-ready"]
    known = replace(made(GuaranteeResult.of(only, (proof(outcome),))), errors=())
    (case,) = ElementTree.fromstring(junit.render(known)).iter("testcase")
    assert case.attrib == {
        "classname": "ordering",
        "name": "ordering/waits-for-ready [node] test_0[node]",
        "time": "1.250",
    }
    assert [child.tag for child in case] == ([element] if element else [])
    if element:
        assert case[0].attrib == {"type": str(outcome), "message": "event 41 (rv 8123): web-1 was early"}
        assert case[0].text == "event 41 (rv 8123): web-1 was early\nevent 41 (rv 8123): web-1 was early again"


def test_the_page_tells_what_the_suite_is_worth() -> None:
    caught = Trial(name="early", kind="controller", sentence="Gates on Running.", breaks=("a/b",), caught=("a/b",))
    row = GuaranteeResult(id="a/b", level=Level.MUST, statement="It holds.", source="https://a.b/", tiers=("node",))
    others = [
        replace(row, id="a/c", unproved="No API server would store it."),
        replace(row, id="a/d", level=Level.MAY),
        replace(row, id="a/e", untested="Nobody can see it."),
    ]
    known = replace(made(row, *others), suite=Suite(name="s", version="1", score=scored("As it is.", caught)))
    together = " ".join(Page(html.render(known).replace("</", " </").replace("<br>", " ")).text.split())
    assert "2 of 3 seeded faults found, 1 of 2 lawful runs accused: by make mutants on Kubernetes As it is." in together
    assert "Caught As it is. Gates on Running." in together
    assert "Caught no seeded fault: No API server would store it." in together
    assert together.count("Caught ") - together.count("Caught by") == 2
    assert "Gates on Running. a/b" in together
    assert "missed: As it is." in together
    assert "accused: As it is." in together
    assert "nothing accused, 7 guarantees passed 3 kills of As it is." in together
    assert "by the suite of commit As it is." in together


def test_a_lawful_run_that_decided_nothing_says_so() -> None:
    hidden = Trial(name="h", kind="lawful", sentence="It is hidden.")
    known = replace(made(), suite=Suite(name="s", version="1", score=scored("As it is.", hidden)))
    together = " ".join(Page(html.render(known).replace("</", " </")).text.split())
    assert "It is hidden. nothing accused, nothing decided, as is right where so little is known" in together
    assert "What it was like What came of it Time" in together


def test_what_failed_beside_what_a_fault_breaks_is_told() -> None:
    harmed = Trial(name="f", kind="controller", sentence="It is.", breaks=("a/b",), caught=("a/b",), accused=("a/c",))
    row = GuaranteeResult(id="a/b", level=Level.MUST, statement="It holds.", source="https://a.b/", tiers=("node",))
    known = replace(made(row), suite=Suite(name="s", version="1", score=scored("As it is.", harmed)))
    together = " ".join(Page(html.render(known)).text.split())
    assert "failed too: a/c" in together


def test_a_report_without_a_score_says_nothing_of_it(every: Results) -> None:
    plain = html.render(replace(every, suite=Suite(name="s", version="1")))
    assert "What this suite is worth" not in plain
    assert "<dt>Caught</dt>" not in plain
