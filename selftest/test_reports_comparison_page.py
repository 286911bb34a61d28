"""The page of a comparison: the answer and what it means, both runs, every difference with its evidence, and every guarantee.

Method: results made by hand, some of them hostile; the page is read back by the standard library's parser.
"""

from dataclasses import replace

import pytest

from conformance.__main__ import main
from conformance.guarantees import Level
from reports import results
from reports.compare import Change, compare
from reports.comparison_page import MEANING, MOST_TESTS, SAID, render
from reports.outcomes import ExitCode, Outcome
from reports.results import Cluster, GuaranteeResult, Proof, Results, Suite
from selftest.test_reports_pages import HOSTILE, Page, hostile_results

PASSED, FAILED, ERROR, INCONCLUSIVE = Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.INCONCLUSIVE
hostile = hostile_results


def guarantee(name, *outcomes, **more):
    """A guarantee whose tests come to these outcomes; None: that one was not run."""
    tests = tuple(
        Proof(
            id=f"conformance/test_a.py::test_{number}[node]",
            tier="node",
            outcome=outcome,
            evidence=tuple(f"{name} {number} {outcome} {line}" for line in "abcd"),
            seconds=1.5,
        )
        for number, outcome in enumerate(outcomes)
        if outcome is not None
    )
    known = {"level": Level.MUST, "statement": f"What {name} promises.", "harm": f"The harm of {name}."}
    return GuaranteeResult(id=name, source="https://a.b/", tiers=("node",), tests=tests, **known | more)


def run(*guarantees, version="v1.37.2", **more):
    """A run with these guarantees."""
    known = {
        "suite": Suite(name="s", version="1"),
        "date": "2026-01-01T00:00:00Z",
        "reproduce": "pytest",
        "finished": True,
    }
    return Results(guarantees=guarantees, cluster=Cluster(version=version, provider="embedded"), **known | more)


def text(before, after):
    """The text of the page of a comparison, on one line."""
    page = Page(render(before, after, compare(before, after)).replace("<", " <"))
    return " ".join(page.text.partition("<script>")[0].split())


def differences(before, after):
    """The text of each difference, in the order of the page."""
    source = render(before, after, compare(before, after))
    found = source.partition("<h2>What differs</h2>")[2].partition("</section>")[0].split("</article>")[:-1]
    return [" ".join(Page(one.replace("<", " <")).text.split()) for one in found]


EVERY = (
    run(*(guarantee(f"a/{name}", PASSED if name != "still" else FAILED) for name in ("fails", "still", "out", "undone")),
        guarantee("a/passes", FAILED), guarantee("a/breaks", PASSED), version="v1.36.3"),
    run(guarantee("a/passes", PASSED), guarantee("a/still", FAILED), guarantee("a/out", None),
        guarantee("a/undone", INCONCLUSIVE), guarantee("a/breaks", ERROR), guarantee("a/fails", FAILED),
        guarantee("a/new", PASSED)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "code", "answer"),
    [
        ((PASSED,), (PASSED,), ExitCode.CONFORMANT, "No regression"),
        ((PASSED,), (FAILED,), ExitCode.NOT_CONFORMANT, "A regression"),
        ((PASSED,), (INCONCLUSIVE,), ExitCode.NO_VERDICT, "No answer"),
        ((PASSED,), (None,), ExitCode.NO_VERDICT, "No answer"),
    ],
)
def test_the_answer_says_what_it_means(before, after, code, answer):
    old, new = run(guarantee("a/b", *before)), run(guarantee("a/b", *after))
    assert compare(old, new).exit_code == code
    said = text(old, new)
    assert f"s: two runs compared {answer} {MEANING[code]}" in said
    assert not any(other in said for other in MEANING.values() if other != MEANING[code])


def test_a_run_that_is_no_worse_and_still_bad_is_not_called_good():
    bad = run(guarantee("a/b", FAILED), guarantee("a/c", PASSED))
    assert "no proof that all is well: not conformant, since 1 of 2 MUST guarantees is violated." in text(bad, bad)
    good = run(guarantee("a/b", PASSED))
    assert "no proof" not in text(good, good)


def test_both_runs_stand_side_by_side():
    said = text(*EVERY)
    assert "Before: not conformant 2 of 6 MUST guarantees are violated. Suite s 1 Cluster Kubernetes v1.36.3" in said
    assert "After: not conformant 2 of 7 MUST guarantees are violated, and 1 was not run. Suite s 1" in said
    assert said.count("Begun 2026-01-01T00:00:00Z") == 2
    assert "Guarantees 1 error, 2 failed, 1 inconclusive, 2 passed, 1 not run" in said


def test_what_makes_an_answer_doubtful_is_told():
    first, second = run(guarantee("a/b", PASSED)), run(guarantee("a/b", PASSED), finished=False)
    assert "Doubts The second run did not finish, so what it did not come to cannot be compared." in text(first, second)
    assert "Doubts" not in text(first, first)


def test_differences_are_ranked_and_each_says_what_it_is():
    found = differences(*EVERY)
    order = ["newly failing a/fails", "broken a/breaks", "newly undecided a/undone", "newly left out a/out",
             "still failing a/still", "newly passing a/passes", "newly passing a/new"]  # fmt: skip
    assert [one.partition(" MUST ")[0] for one in found] == order
    for one, named in zip(found, order, strict=True):
        change = Change(named.rpartition(" ")[0])
        assert SAID[change] in one
        assert f"Promised What {named.rpartition(' ')[2]} promises." in one


def test_a_difference_tells_both_outcomes_the_failing_side_and_the_harm():
    fails, breaks, _, out, still, passes, new = differences(*EVERY)
    assert "Outcome before passed , after failed Promised" in fails
    assert (
        "a/fails 0 failed a a/fails 0 failed b a/fails 0 failed c and 1 more For a database The harm of a/fails."
        in fails
    )
    assert "a/breaks 0 error a" in breaks
    assert "Were it broken The harm of a/breaks." in breaks
    assert "Outcome before passed , after not run" in out
    assert "passed a" not in out
    assert "a/still 0 failed a" in still
    assert "in the first run a/passes 0 failed a" in passes
    assert "For a database The harm of a/passes." in passes
    assert "Outcome before not there , after passed" in new


def test_many_tests_of_a_sort_are_counted():
    before, after = run(guarantee("a/b", *[PASSED] * 9)), run(guarantee("a/b", *[FAILED] * 9))
    (one,) = differences(before, after)
    assert one.count("before passed , after failed conformance/test_a.py") == MOST_TESTS
    assert f"and {9 - MOST_TESTS} more tests" in one


def test_what_is_only_slower_has_no_harm():
    slow = guarantee("a/b", PASSED)
    slow = replace(slow, tests=(replace(slow.tests[0], seconds=60.0),))
    (one,) = differences(run(guarantee("a/b", PASSED)), run(slow))
    assert "60.0 s, before 1.5 s." in one
    assert "The harm" not in one


def test_the_table_has_every_guarantee_of_both_runs():
    before, after = EVERY[0], run(guarantee("a/passes", PASSED), guarantee("b/may", PASSED, level=Level.MAY, harm=""))
    page = Page(render(before, after, compare(before, after)))
    rows = [row["id"] for row in page.all("tr") if "id" in row]
    assert rows == ["a/passes", "b/may", "a/fails", "a/still", "a/out", "a/undone", "a/breaks"]
    said = text(before, after).partition("Every guarantee, before and after")[2]
    assert "Guarantee Before After Seconds before Seconds after" in said
    assert "MUST newly passing What a/passes promises. a/passes failed passed 1.5 1.5" in said
    assert "MAY What b/may promises. b/may not there told - 1.5" in said
    links = {str(link["href"]) for link in page.all("a")}
    assert links == {f"#{one.guarantee}" for one in compare(before, after).differences}


@pytest.mark.parametrize("which", ["every", "hostile"])
def test_the_page_loads_nothing_and_shows_hostile_text_as_text(which, hostile):
    evil = replace(hostile, guarantees=hostile.guarantees[:1], finished=False)
    before, after = EVERY if which == "every" else (replace(hostile, guarantees=hostile.guarantees[1:]), evil)
    page = Page(render(before, after, compare(before, after)))
    loading = {"link", "img", "iframe", "object", "embed", "base", "form", "video", "audio", "source"}
    assert loading.isdisjoint(tag for tag, _ in page.tags)
    assert [attributes for tag, attributes in page.tags if tag == "script"] == [{}]
    attributes = {name for _, some in page.tags for name in some}
    assert not [name for name in attributes if name.startswith("on") or name in {"src", "style", "srcset", "action"}]
    if which == "hostile":
        assert page.text.count(HOSTILE) > 5


def stored(folder, before, after):
    """The two runs as folders of reports."""
    for name, known in (("before", before), ("after", after)):
        (folder / name).mkdir()
        results.write(known, folder / name)
    return str(folder / "before"), str(folder / "after")


def test_the_command_makes_the_page_and_says_what_it_says_without_it(tmp_path, capsys):
    both = stored(tmp_path, *EVERY)
    assert main(["compare", *both]) == 1
    without = capsys.readouterr()
    assert main(["compare", *both, "--html", str(tmp_path / "page.html")]) == 1
    assert capsys.readouterr() == without
    assert (tmp_path / "page.html").read_text() == render(*EVERY, compare(*EVERY))


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ("none/page.html", "cannot be written: No such file or directory"),
        (".", "is a folder, and not the file that a page can be"),
        ("after/results.json", "is one of the two runs, which the page would take the place of"),
    ],
)
def test_a_page_that_cannot_be_made_is_one_sentence(tmp_path, capsys, page, says):
    both = stored(tmp_path, *EVERY)
    assert main(["compare", *both, "--html", str(tmp_path / page)]) == 4
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"conformance: --html {tmp_path / page}: {says}\n")
    assert results.read(tmp_path / "after") == EVERY[1]
