"""allure-results/: what each test becomes there, and that the npm package `allure` shows the outcomes that results.json holds.

Method: results and histories made by hand are written and read as another program would. A whole run of the tiny suite is then
rendered as CI does it, by `make allure`, where there is no network and every attempt to connect ends the renderer; the data are
read out of the page itself. `make setup` installs the renderer into the environment that runs this.
"""

import base64
import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from conformance import __main__ as commands
from conformance.history import History
from reports import allure, results
from reports.outcomes import Outcome
from reports.pictures import REDACTED
from reports.publishing import publish
from selftest.fake_suite import REPOSITORY, run
from selftest.notation import edited, story
from selftest.test_reports_pages import HOSTILE, every_outcome, hostile_results
from selftest.test_reports_pictures import failed_run, too_early
from selftest.test_reports_plugin import MIXED, XDIST

early, every, hostile = too_early, every_outcome, hostile_results

STATUSES = {
    "passed": "passed",
    "failed": "failed",
    "inconclusive": "broken",
    "error": "broken",
    "excused": "skipped",
    "not-applicable": "skipped",
}
CATEGORIES = {
    "passed": None,
    "failed": "Violated promises",
    "inconclusive": "Undecided: the evidence is too thin",
    "error": "The suite broke, not the cluster",
    "excused": "Excused",
    "not-applicable": "Not applicable to this cluster",
}
RENDERER = Path(sys.prefix) / "allure" / "node_modules" / "allure" / "cli.js"
ENDS_AT_A_CONNECTION = """
const end = () => { process.stderr.write("a connection was tried\\n"); process.exit(97); };
require("node:net").Socket.prototype.connect = end;
require("node:dns").lookup = end;
require("node:dgram").Socket.prototype.send = end;
"""


def published(known, folder):
    """What a report of these results holds for Allure, by each test's full name."""
    publish(known, folder)
    stored = [json.loads(path.read_text()) for path in (folder / "allure-results").glob("*-result.json")]
    return {one["fullName"]: one for one in stored}


def content(folder, attachment):
    """The text of an attachment."""
    return (folder / "allure-results" / attachment["source"]).read_text()


def category(test):
    """The category by which Allure groups a test: the first that fits its status and message."""
    message = test.get("statusDetails", {}).get("message", "")
    fits = (
        one["name"]
        for one in allure.CATEGORIES
        if test["status"] in one["matchedStatuses"] and re.search(one.get("messageRegex", ""), message)
    )
    return next(fits, None)


def expected(known):
    """Each test of each guarantee of a results.json, by the name that it has everywhere."""
    return {
        f"{one['id']} [{test['tier']}] {test['id'].partition('.py::')[2]}": test
        for one in known["guarantees"]
        for test in one["tests"]
    }


def test_each_outcome_has_its_status_and_its_category(every, tmp_path):
    told, wanted = published(every, tmp_path), expected(results.to_json(every))
    assert {name: one["status"] for name, one in told.items()} == {
        name: STATUSES[test["outcome"]] for name, test in wanted.items()
    }
    assert {name: category(one) for name, one in told.items()} == {
        name: CATEGORIES[test["outcome"]] for name, test in wanted.items()
    }
    assert {test["outcome"] for test in wanted.values()} == {str(outcome) for outcome in Outcome}


def test_a_test_says_what_was_promised_and_where(early, tmp_path):
    known, _ = early
    (row,) = known.guarantees
    known = replace(known, guarantees=(replace(row, harm="Two primaries write."),))
    (told,) = published(known, tmp_path).values()
    assert {(one["name"], one["value"]) for one in told["labels"]} == {
        ("suite", "a"),
        ("subSuite", "a/b"),
        ("severity", "critical"),
        ("tag", "node"),
    }
    for said in ("It holds.", "MUST: decides the verdict.", "Two primaries write.", row.tests[0].history):
        assert said in told["description"]
    assert told["links"] == [{"type": "link", "url": "https://a.b/", "name": "a.b/"}]
    assert told["statusDetails"]["trace"] == row.tests[0].evidence[0]


def test_the_decisive_event_is_a_step_among_the_acts_with_what_stands_around_it(early, tmp_path):
    known, event = early
    (told,) = published(known, tmp_path).values()
    created, decisive = told["steps"]
    assert (created["name"], created["status"]) == ("create web: 3", "passed")
    assert decisive["name"] == f"{event}, {event.time}: web-1 was created while web-0 was not Ready"
    assert decisive["status"] == "failed"
    around, item = decisive["attachments"]
    assert f"→ {event.number:>4}  rv {event.rv}" in content(tmp_path, around)
    assert (item["type"], "name: web-1" in content(tmp_path, item)) == ("application/yaml", True)
    assert "attachments" not in told


def test_a_wait_in_vain_is_a_broken_step(tmp_path):
    (told,) = published(failed_run(tmp_path, story("+0 vain"), ["nobody came"]), tmp_path).values()
    assert [(one["name"].partition(" for ")[0], one["status"]) for one in told["steps"]] == [
        ("create web: 3", "passed"),
        ("waited in vain", "broken"),
    ]


def test_where_no_event_decides_the_end_of_the_history_is_attached(early, tmp_path):
    known, _ = early
    (row,) = known.guarantees
    (path,) = (tmp_path / "histories").iterdir()
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / f"{path.stem}.txt").write_text("== web-1, web\nno primary\n")
    thin = replace(row.tests[0], outcome=Outcome.INCONCLUSIVE, message="nobody looked", evidence=("nobody looked",))
    (told,) = published(replace(known, guarantees=(replace(row, tests=(thin,)),)), tmp_path).values()
    assert told["statusDetails"]["message"] == "inconclusive: nobody looked"
    end, logs = told["attachments"]
    last = History.read(path).log[-1]
    assert content(tmp_path, end).splitlines()[-1].strip().startswith(f"{last.number}  rv {last.rv}")
    assert "no primary" in content(tmp_path, logs)


def test_what_is_kept_of_a_long_history_is_bounded(tmp_path):
    history = story("+0 r0 " + " ".join(f"scale:{1 + number % 2}" for number in range(150)))
    acts = [act for act in history.all_acts if act.kind == "scale"]
    known = failed_run(tmp_path, history, [f"{acts[-1]}: one too many", *("x" * 500 for _ in range(1000))])
    (told,) = published(known, tmp_path).values()
    *steps, decisive, more = told["steps"]
    assert len(steps) < allure.MOST_STEPS
    assert decisive["name"].endswith(": one too many")
    assert re.fullmatch(r"\d+ acts more", more["name"])
    assert told["statusDetails"]["trace"].endswith("and 901 more")
    (row,) = known.guarantees
    passed = replace(row.tests[0], outcome=Outcome.PASSED, evidence=())
    published(replace(known, guarantees=(replace(row, tests=(passed,)),)), tmp_path)
    (stored,) = (tmp_path / "allure-results").glob("*-result.json")
    assert stored.stat().st_size < 10_000
    assert not list((tmp_path / "allure-results").glob("*-attachment*"))


def test_what_may_be_secret_is_in_no_file(tmp_path):
    def confide(item):
        item["spec"] = {"containers": [{"name": "web", "env": [{"name": "ROOT_PASSWORD", "value": "hunter2"}]}]}

    history = edited(story("+0 +1 r0"), "Pod", "web-1", confide)
    (event,) = [pod.first for pod in history.pods if pod.name == "web-1"]
    publish(failed_run(tmp_path, history, [f"{event}: too early"]), tmp_path)
    written = [path.read_text() for path in (tmp_path / "allure-results").iterdir()]
    assert not any("hunter2" in text for text in written)
    assert any(REDACTED in text for text in written)


def test_the_environment_says_which_cluster_was_judged_by_which_suite(early, tmp_path):
    known, _ = early
    suite = replace(known.suite, name="naïve", version="1\n2", commit="0123abcd")
    cluster = replace(known.cluster, version="v1.37.2", provider="C:\\kind", capabilities=("dns",), context="one")
    publish(replace(known, suite=suite, cluster=cluster), tmp_path)
    assert (tmp_path / "allure-results" / "environment.properties").read_text().splitlines() == [
        "Kubernetes=v1.37.2",
        "Provider=C:\\\\kind",
        "Context=one",
        "Address=unknown",
        "Capabilities=dns",
        "Suite=na\\u00efve 1\\n2",
        "Commit=0123abcd",
        "Verdict=not conformant",
    ]
    configuration = json.loads((tmp_path / "allurerc.json").read_text())
    assert configuration["name"] == "Kubernetes v1.37.2: not conformant"
    assert configuration["categories"] == json.loads((tmp_path / "allure-results" / "categories.json").read_text())


def test_a_trouble_that_belongs_to_no_test_is_told_too(early, tmp_path):
    known, _ = early
    publish(replace(known, errors=("a worker died",)), tmp_path)
    (told,) = (tmp_path / "allure-results").glob("*-globals.json")
    assert [error["message"] for error in json.loads(told.read_text())["errors"]] == ["a worker died"]


def test_a_report_made_again_leaves_nothing_of_the_one_before(early, every, tmp_path):
    publish(every, tmp_path)
    assert len(published(early[0], tmp_path)) == 1


def test_hostile_results_write_into_the_folder_only_and_link_nowhere(hostile, tmp_path):
    (tmp_path / "report").mkdir()
    told = published(hostile, tmp_path / "report")
    assert HOSTILE in next(iter(told.values()))["statusDetails"]["message"]
    assert [one.get("links") for one in told.values()] == [None]
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


class Page:
    """What Allure's page holds, read out of its one file."""

    def __init__(self, path):
        self.text = path.read_text()
        told = re.findall(r'\bd\("([^"]+)","([^"]*)"\)', self.text)
        self.files = {name: base64.b64decode(value) for name, value in told}

    def tests(self):
        """Every test, by its full name."""
        told = [json.loads(text) for name, text in self.files.items() if name.startswith("data/test-results/")]
        return {one["fullName"]: one for one in told}

    def widget(self, name):
        """A part of the page."""
        return json.loads(self.files[f"widgets/{name}.json"])


@pytest.fixture(name="offline", scope="module")
def without_network(tmp_path_factory):
    """How a program of Node is run where it can reach nothing, and where it ends as soon as it tries."""
    assert RENDERER.is_file(), "`make setup` installs the npm package allure"
    guard = tmp_path_factory.mktemp("guard") / "guard.cjs"
    guard.write_text(ENDS_AT_A_CONNECTION)
    isolated = ["unshare", "--net", *(["--map-root-user"] if os.geteuid() else [])]
    environment = os.environ | {"NODE_OPTIONS": f"--require={guard}"}

    def start(*command):
        return subprocess.run(
            [*isolated, *command],
            cwd=REPOSITORY,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return start


@pytest.fixture(name="rendered", scope="module")
def two_runs_on_one_page(offline, tmp_path_factory):
    """Two runs of a suite in which everything comes about, called otherwise, each with the page that CI makes of it."""
    pages = tmp_path_factory.mktemp("pages")
    called = ("-v", *XDIST), ("-n0", "conformance/test_ordering.py", "conformance/test_storage.py")
    found = []
    for number, how in enumerate(called):
        ended = run(tmp_path_factory.mktemp("run"), *how, **MIXED)
        report = ended.folder / "conformance-report"
        story("+0 +1 r0").write(report / "histories" / "life-time-node.jsonl")
        publish(results.read(report), report)
        made = offline(
            "make", "--old-file=setup", "allure", f"VENV={sys.prefix}", f"PAGE={pages / str(number)}",
            f"REPORT={report}", f"ALLURE_HISTORY={pages / 'history.jsonl'}",
        )  # fmt: skip
        assert made.returncode == 0, made.stdout + made.stderr
        found.append((ended, Page(pages / str(number) / "index.html")))
    return found


@pytest.mark.parametrize("source", ["fetch('http://192.0.2.1/')", "require('node:net').connect(80, '192.0.2.1')"])
def test_a_program_that_would_connect_is_ended(offline, source):
    ended = offline(Path(sys.prefix) / "bin" / "node", "-e", source)
    assert (ended.returncode, ended.stderr) == (97, "a connection was tried\n")


@pytest.mark.parametrize("which", [0, 1])
def test_the_page_shows_the_outcomes_that_the_results_hold(rendered, which):
    ended, page = rendered[which]
    wanted, told = expected(ended.results), page.tests()
    assert {name: one["status"] for name, one in told.items()} == {
        name: STATUSES[test["outcome"]] for name, test in wanted.items()
    }
    counted = Counter(STATUSES[test["outcome"]] for test in wanted.values())
    assert {key: value for key, value in page.widget("statistic").items() if key in STATUSES.values()} == counted
    assert page.widget("statistic")["total"] == len(wanted)


def test_the_page_groups_the_tests_by_what_kind_of_trouble_it_is(rendered):
    ended, page = rendered[0]
    assert {name: [one["name"] for one in test["categories"]] for name, test in page.tests().items()} == {
        name: [CATEGORIES[test["outcome"]]] * (test["outcome"] != "passed")
        for name, test in expected(ended.results).items()
    }


def test_a_test_of_the_second_run_has_the_first_one_in_its_history(rendered):
    (_, before), (_, after) = rendered
    first, second = before.tests(), after.tests()
    assert set(second) < set(first)
    assert {name: one["historyId"] for name, one in second.items()} == {
        name: first[name]["historyId"] for name in second
    }
    assert {name: [one["status"] for one in test["history"]] for name, test in second.items()} == {
        name: [first[name]["status"]] for name in second
    }


def test_the_page_shows_the_environment_and_the_evidence(rendered):
    _, page = rendered[0]
    environment = {one["name"]: one["values"] for one in page.widget("allure_environment")}
    assert environment["Kubernetes"] == ["v1.37.2"]
    assert environment["Verdict"] == ["not conformant"]
    assert "Kubernetes v1.37.2: not conformant" in page.text
    test = page.tests()["ordering/waits [node] test_violated_once"]
    decisive, created = test["steps"]
    assert (created["name"], decisive["status"]) == ("create web: 3", "failed")
    assert decisive["name"].endswith("web-1 was created while web-0 was not Ready")
    around, item = (f"data/attachments/{one['link']['id']}{one['link']['ext']}" for one in decisive["steps"])
    assert b"the test: create web: 3" in page.files[around]
    assert page.files[item].startswith(b"metadata:")


def test_the_page_tells_nobody_who_looks_at_it(rendered):
    for _, page in rendered:
        assert "googletagmanager" not in page.text
        assert "dataLayer" not in page.text


TRACKED = """<body><script src="app.js"></script>
    <script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>
    <script>
        window.dataLayer = window.dataLayer || [];
    </script><a href="https://kubernetes.io/">source</a></body>"""


def test_a_tracker_is_cut_out_and_nothing_else(tmp_path, capsys):
    page = tmp_path / "awesome" / "index.html"
    page.parent.mkdir()
    page.write_text(TRACKED)
    for _ in range(2):
        assert commands.main(["untrack", str(tmp_path)]) == 0
        assert capsys.readouterr().out == f"{page}\n"
        assert page.read_text() == (
            '<body><script src="app.js"></script><a href="https://kubernetes.io/">source</a></body>'
        )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "holds no index.html, so no page that Allure has made"),
        ('<script src="//stats.example/x.js"></script>', "would load something from elsewhere: <script src="),
        ("<link rel=stylesheet href=https://fonts.example/f.css>", "would load something from elsewhere: <link"),
    ],
)
def test_a_page_that_may_still_tell_is_refused(tmp_path, capsys, text, says):
    if text is not None:
        (tmp_path / "index.html").write_text(text)
    assert commands.main(["untrack", str(tmp_path)]) == 4
    assert says in capsys.readouterr().err
    assert text is None or (tmp_path / "index.html").read_text() == text
