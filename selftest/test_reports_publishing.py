"""The files that machines and pull requests read: the schema, the summary, the manifest, and that all are made again alike.

Method: results of every outcome, and hostile ones, are written and read as another program would.
"""

import json
import re

import jsonschema
import pytest

from conformance import __main__ as commands
from conformance.guarantees import Level
from reports import manifest, results, summary
from reports.outcomes import Outcome
from reports.publishing import publish
from reports.schema import SCHEMA
from selftest.test_reports_pages import HOSTILE, every_outcome, hostile_results

every, hostile = every_outcome, hostile_results


def written(known):
    """What a program reads that reads the file."""
    return json.loads(json.dumps(results.to_json(known)))


@pytest.mark.parametrize("which", ["every", "hostile"])
def test_the_schema_holds_of_what_is_written(which, request):
    known = written(request.getfixturevalue(which))
    if which == "hostile":
        # An id is what the registry allows, and no text of a run's.
        known["guarantees"][0]["id"] = "a/c"
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(known, SCHEMA)


def test_the_schema_names_every_field_that_is_written(every):
    def unnamed(value, schema, where="results"):
        one = next((some for some in schema.get("anyOf", [schema]) if some != {"type": "null"}), schema)
        if isinstance(value, dict) and "properties" in one:
            for key, below in value.items():
                if key in one["properties"]:
                    yield from unnamed(below, one["properties"][key], f"{where}.{key}")
                else:
                    yield f"{where}.{key}"
        elif isinstance(value, list):
            for below in value:
                yield from unnamed(below, one["items"], f"{where}[]")

    assert set(unnamed(written(every), SCHEMA)) == set()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda known: known.pop("verdict"),
        lambda known: known.update(verdict="fine"),
        lambda known: known["guarantees"][0].update(outcome="ok"),
        lambda known: known["guarantees"][0].pop("tests"),
        lambda known: known["guarantees"][0]["tests"][0].update(seconds="1"),
    ],
)
def test_the_schema_refuses_what_is_not_of_its_form(every, spoil):
    known = written(every)
    spoil(known)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(known, SCHEMA)


def test_what_a_newer_suite_adds_stays_readable(every, tmp_path):
    known = written(every)
    for place in (known, known["suite"], known["cluster"], known["guarantees"][0], known["guarantees"][0]["tests"][0]):
        place["newer"] = {"x": 1}
    jsonschema.validate(known, SCHEMA)
    (tmp_path / "results.json").write_text(json.dumps(known))
    assert results.read(tmp_path) == every


def test_the_schema_is_printed(capsys):
    assert commands.main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == SCHEMA


def test_the_summary_says_the_verdict_and_what_is_wrong_first(every):
    said = summary.render(every)
    first, *_ = said.splitlines()
    assert first.startswith("## ")
    assert str(every.verdict).capitalize() in first
    for one in [one for one in every.guarantees if one.outcome in results.TROUBLE][: summary.MOST_ROWS]:
        assert f"| `{one.id}` |" in said
    tables = [line for line in said.splitlines() if line.startswith("|")]
    assert {len(re.split(r"(?<!\\)\|", line)) for line in tables} <= {6, 9}


def test_the_summary_counts_every_promise_of_a_subject_once(every):
    counted = dict[str, list[int]]()
    for line in summary.render(every).splitlines():
        if row := re.fullmatch(r"\| (\w+) ((?:\| \d+ ){6})\|", line):
            counted[row[1]] = [int(one) for one in re.findall(r"\d+", row[2])]
    promises = [one for one in every.guarantees if one.level is not Level.MAY and not one.untested]
    assert counted
    for subject, counts in counted.items():
        ones = [one for one in promises if one.subject == subject]
        assert sum(counts) == len(ones)
        assert counts[0] == len([one for one in ones if one.outcome is Outcome.PASSED])
        assert counts[-1] == len([one for one in ones if one.outcome is None])


def test_a_hostile_run_formats_nothing_in_the_summary(hostile):
    said = summary.render(hostile)
    spoken = re.sub(r"`[^`]*`", "", said)
    assert HOSTILE.count("<") > 1
    assert re.findall(r"(?<!\\)[<>]", spoken) == []


def test_the_summary_of_a_step_is_appended_to(tmp_path):
    step = tmp_path / "step.md"
    summary.append("## One\n", step)
    step.write_text("what was there\n")
    summary.append("## One\n", step)
    summary.append("## Two\n", step)
    assert step.read_text() == "what was there\n\n## One\n\n## Two\n"


@pytest.mark.parametrize("free", [summary.MOST_BYTES, 5000])
def test_a_step_is_given_no_more_than_github_takes(tmp_path, free):
    step = tmp_path / "step.md"
    step.write_text("x" * (summary.MOST_BYTES - free))
    text = "| ä row |\n" * 200_000
    summary.append(text, step)
    written = step.read_bytes()[summary.MOST_BYTES - free :].decode()
    assert free - 20 - len(summary.CUT.encode()) < len(written.encode()) <= free
    assert written.endswith(f"| ä row |{summary.CUT}")
    assert text.startswith(written[1:].removesuffix(summary.CUT))


def test_a_step_that_can_take_no_more_is_let_be(tmp_path):
    step = tmp_path / "step.md"
    step.write_text("x" * summary.MOST_BYTES)
    with pytest.raises(OSError, match="File too large"):
        summary.append("## One\n", step)
    assert step.stat().st_size == summary.MOST_BYTES


def report(folder, known):
    """A folder with a report of these results."""
    folder.mkdir(exist_ok=True)
    results.write(known, folder)
    (folder / "histories").mkdir(exist_ok=True)
    (folder / "histories" / "a.jsonl").write_text("{}\n")
    return publish(known, folder)


def test_a_report_that_nobody_changed_is_verified(every, tmp_path, capsys):
    digest = report(tmp_path, every)
    assert manifest.verify(tmp_path) == []
    assert commands.main(["verify", str(tmp_path)]) == 0
    assert digest in capsys.readouterr().out
    listed = json.loads((tmp_path / "manifest.json").read_text())["sha256"]
    assert {*listed} == {
        "results.json",
        "report.html",
        "junit.xml",
        "summary.md",
        "allure-results",
        "allurerc.json",
        "histories/a.jsonl",
    }


def test_every_change_of_a_report_is_named(every, tmp_path, capsys):
    report(tmp_path, every)
    (tmp_path / "histories" / "a.jsonl").unlink()
    (tmp_path / "histories" / "b.jsonl").write_text("{}\n")
    with (tmp_path / "results.json").open("a") as opened:
        opened.write(" ")
    assert commands.main(["verify", str(tmp_path)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "histories/a.jsonl is missing",
        "histories/b.jsonl was added",
        "results.json was changed",
    ]


def test_no_page_is_made_of_evidence_that_was_changed(every, tmp_path, capsys):
    report(tmp_path, every)
    page = (tmp_path / "report.html").read_text()
    (tmp_path / "histories" / "a.jsonl").write_text("[]\n")
    assert commands.main(["render", str(tmp_path)]) == 1
    assert "histories/a.jsonl was changed since the run" in capsys.readouterr().err
    assert (tmp_path / "report.html").read_text() == page
    assert manifest.verify(tmp_path) == ["histories/a.jsonl was changed"]


def test_a_page_that_was_changed_is_made_again(every, tmp_path):
    report(tmp_path, every)
    page = (tmp_path / "report.html").read_text()
    (tmp_path / "report.html").write_text("lost")
    assert commands.main(["render", str(tmp_path)]) == 0
    assert (tmp_path / "report.html").read_text() == page


def test_allures_many_files_have_one_digest_together(every, tmp_path):
    report(tmp_path, every)
    assert [*json.loads((tmp_path / "manifest.json").read_text())["sha256"]].count("allure-results") == 1
    assert manifest.verify(tmp_path) == []
    next((tmp_path / "allure-results").glob("*-result.json")).write_text("[]")
    assert manifest.verify(tmp_path) == ["allure-results was changed"]


@pytest.mark.parametrize("text", [None, "{", "[]", '{"sha256": 1}'])
def test_a_report_without_a_manifest_cannot_be_verified(every, tmp_path, capsys, text):
    report(tmp_path, every)
    (tmp_path / "manifest.json").unlink()
    if text is not None:
        (tmp_path / "manifest.json").write_text(text)
    assert commands.main(["verify", str(tmp_path)]) == 4
    said = capsys.readouterr().err
    assert said.startswith("conformance: ")
    assert "manifest.json" in said


def test_what_is_no_report_is_not_verified(tmp_path, capsys):
    for folder in (tmp_path, tmp_path / "none"):
        assert commands.main(["verify", str(folder)]) == 4
        assert capsys.readouterr().err == (
            f"conformance: {folder}: is no folder of a report: there is no results.json in it\n"
        )


def test_a_report_made_again_is_the_same(every, tmp_path):
    first = report(tmp_path, every)
    assert report(tmp_path, results.read(tmp_path)) == first
