"""The pytest plugin: outcomes, verdict and exit code of whole runs, with xdist and without.

Method: a tiny suite with a registry of its own is run by pytest in a process of its own; what it printed, returned and
wrote is compared with what is documented. Each part of the mixed suite comes to one outcome.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from reports import results, summary
from reports.collector import commit
from selftest import fake_suite
from selftest.fake_suite import Run, run

XDIST = ("-n", "2", "--dist", "loadgroup")
MIXED = {
    "ordering": """
@proves("ordering/waits")
def test_violated(lifetime):
    assert [Violation(event, f"web-{n} was early") for n, event in enumerate(lifetime.log)] == []

@proves("ordering/waits")
def test_violated_once(on_nodes):
    assert [Violation(on_nodes.log[0], "web-1 was created while web-0 was not Ready")] == []

@proves("ordering/waits")
def test_other_assertion(on_nodes):
    assert len(on_nodes.log) == 4

@pytest.fixture
def leaves_a_mess():
    yield
    raise OSError("cannot\\n delete")

@proves("ordering/waits")
def test_teardown_breaks(on_nodes, leaves_a_mess):
    pass
""",
    "storage": """
@pytest.fixture
def thin(on_nodes):
    raise Inconclusive("the watch of Pod has a gap")

@proves("storage/keeps")
def test_thin_setup(thin): pass

@proves("storage/keeps")
def test_thin(on_nodes):
    raise Inconclusive("nothing was watched")

@pytest.fixture(scope="module")
def unfinished(on_nodes):
    raise Unfinished("waited 3 s for web-0; last seen: Pending", on_nodes)

@proves("storage/keeps")
@pytest.mark.tier("node")
def test_unfinished(unfinished): pass

@proves("storage/keeps")
def test_engine_breaks(on_nodes):
    raise ValueError("line one\\nline two")

@pytest.fixture
def insane():
    assert 1 == 2

@proves("storage/keeps")
@pytest.mark.tier("node")
def test_setup_asserts(insane): pass
""",
    "contrast": """
@proves("contrast/random", "storage/keeps")
def test_not_here(on_nodes):
    pytest.skip("no ReplicaSets\\nhere")
""",
}


@pytest.fixture(scope="module", params=[(), XDIST], ids=["alone", "xdist"])
def mixed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run a suite in which everything comes about."""
    return run(tmp_path_factory.mktemp("mixed"), "-v", *request.param, **MIXED)


def outcomes(of: Run, guarantee: str) -> dict[str, str]:
    """Give the outcome of each test of a guarantee, by its name."""
    return {test["id"].partition("::")[2]: test["outcome"] for test in of.guarantee(guarantee)["tests"]}


def test_each_exception_comes_to_its_outcome(mixed: Run) -> None:
    assert outcomes(mixed, "ordering/waits") == {
        "test_violated[control-plane]": "failed",
        "test_violated[node]": "failed",
        "test_violated_once": "failed",
        "test_other_assertion": "failed",
        "test_teardown_breaks": "passed",
        "test_teardown_breaks (teardown)": "error",
    }
    assert outcomes(mixed, "storage/keeps") == {
        "test_thin_setup": "inconclusive",
        "test_thin": "inconclusive",
        "test_unfinished": "error",
        "test_engine_breaks": "error",
        "test_setup_asserts": "error",
        "test_not_here": "not-applicable",
    }
    assert outcomes(mixed, "contrast/random") == {"test_not_here": "not-applicable"}
    assert mixed.guarantee("ordering/waits")["outcome"] == "error"
    assert mixed.exit_code == 1


def test_evidence_holds_every_violation_and_reason_on_a_line_each(mixed: Run) -> None:
    tests = {test["id"].partition("::")[2]: test for one in mixed.results["guarantees"] for test in one["tests"]}
    assert tests["test_violated[node]"]["evidence"] == [
        "event 1 (rv 8121): web-0 was early",
        "event 2 (rv 8122): web-1 was early",
        "event 3 (rv 8123): web-2 was early",
    ]
    assert tests["test_violated[node]"]["message"].startswith(
        "3 violations: event 1 (rv 8121): web-0 was early; event 2"
    )
    once = "event 1 (rv 8121): web-1 was created while web-0 was not Ready"
    assert (tests["test_violated_once"]["message"], tests["test_violated_once"]["evidence"]) == (
        f"1 violation: {once}",
        [once],
    )
    assert tests["test_other_assertion"]["evidence"] == ["3 == 4"]
    assert tests["test_unfinished"]["message"] == "waited 3 s for web-0; last seen: Pending"
    assert tests["test_engine_breaks"]["message"] == "ValueError: line one line two"
    assert tests["test_teardown_breaks (teardown)"]["message"] == "OSError: cannot delete"
    assert tests["test_not_here"]["message"] == "no ReplicaSets here"
    assert tests["test_teardown_breaks"]["evidence"] == ["3 events judged: histories/life-time-node.jsonl"]
    assert tests["test_violated[control-plane]"]["history"] == "histories/life-time-control-plane.jsonl"
    assert tests["test_unfinished"]["history"] == "histories/life-time-node.jsonl"
    assert (tests["test_violated[control-plane]"]["tier"], tests["test_setup_asserts"]["tier"]) == (
        "control-plane",
        "node",
    )


def test_the_terminal_reads_as_documented(mixed: Run) -> None:
    assert "1 violation: event 1 (rv 8121): web-1 was created while web-0 was not Ready" in mixed.printed
    assert re.search(r"E +event 3 \(rv 8123\): web-2 was early", mixed.printed)
    assert "INCONCLUSIVE" in mixed.printed
    assert "NOT APPLICABLE" in mixed.printed
    assert re.search(r"=== .*2 inconclusive.* ===", mixed.printed)
    assert re.search(r"=== .*1 not-applicable.* ===", mixed.printed)
    *told, digest = mixed.printed.rstrip().splitlines()
    assert re.fullmatch(r"sha256 of its manifest: [0-9a-f]{64}", digest)
    assert told[-5:] == [
        "Not conformant: 1 of 2 MUST guarantees is violated.",
        "failed, error  ordering/waits: 3 == 4",
        "error          storage/keeps: ValueError: line one line two",
        "not-applicable contrast/random: no ReplicaSets here",
        "report: conformance-report/report.html",
    ]


def test_the_report_is_complete(mixed: Run) -> None:
    known = results.read(mixed.folder / "conformance-report")
    assert known.finished
    assert (known.cluster.version, known.cluster.provider, known.cluster.capabilities) == (
        "v1.37.2",
        "embedded",
        ("dns",),
    )
    assert known.suite.commit == commit() != ""
    assert known.warnings == ("two requests were repeated",)
    assert known.reproduce.startswith("pytest ")
    assert known.reproduce.split()[-1] in {"-v", "loadgroup"}
    assert "@" not in json.dumps(mixed.results["guarantees"])
    report = mixed.folder / "conformance-report"
    cases = list(ElementTree.parse(report / "junit.xml").iter("testcase"))
    assert len(cases) == len({case.attrib["name"] for case in cases}) == 13
    assert "Not conformant" in (report / "report.html").read_text()


def allure_names(of: Run) -> dict[str, tuple[str, str]]:
    """Give status and history id of what Allure stored, by full name."""
    stored = [
        json.loads(path.read_text()) for path in (of.folder / "conformance-report").glob("allure-results/*-result.json")
    ]
    return {one["fullName"]: (one["status"], one["historyId"]) for one in stored}


def test_allure_tells_violations_from_trouble_under_stable_names(mixed: Run, tmp_path: Path) -> None:
    stored = allure_names(mixed)
    assert len(stored) == 13
    assert stored["ordering/waits [node] test_violated[node]"][0] == "failed"
    assert stored["storage/keeps [node] test_thin"][0] == "broken"
    assert stored["contrast/random [node] test_not_here"][0] == "skipped"
    assert stored["storage/keeps [node] test_not_here"][0] == "skipped"
    again = allure_names(run(tmp_path, "conformance/test_ordering.py::test_violated_once", **MIXED))
    assert again == {name: stored[name] for name in ["ordering/waits [node] test_violated_once"]}


def test_a_violated_should_leaves_the_run_conformant_and_a_new_run_clears_the_old_one(tmp_path: Path) -> None:
    old = tmp_path / "conformance-report"
    for name in ("histories/old.jsonl", "allure-results/old-result.json", "junit.xml", "notes.txt"):
        (old / name).parent.mkdir(parents=True, exist_ok=True)
        (old / name).write_text("old")
    (old / "results.json").write_text('{"guarantees": []}')
    violated = '@proves("contrast/random")\ndef test_random(on_nodes): assert 1 == 2\n'
    ended = run(tmp_path, contrast=violated)
    assert (ended.exit_code, ended.results["verdict"]) == (0, "conformant")
    assert "Conformant: 2 of 2 MUST guarantees hold." in ended.printed
    assert not (old / "histories/old.jsonl").exists()
    assert not (old / "allure-results/old-result.json").exists()
    assert (old / "notes.txt").read_text() == "old"
    assert ElementTree.parse(old / "junit.xml").getroot().tag == "testsuites"


def test_an_inconclusive_must_leaves_no_verdict(tmp_path: Path) -> None:
    ended = run(tmp_path, storage='@proves("storage/keeps")\ndef test_keeps(on_nodes): raise Inconclusive("thin")\n')
    assert (ended.exit_code, ended.results["verdict"]) == (3, "no verdict")
    assert "No verdict: 1 of 2 MUST guarantees could not be decided." in ended.printed
    assert "inconclusive   storage/keeps: thin" in ended.printed


@pytest.mark.parametrize("how", [("-k", "keeps"), ("-k", "node or keeps")], ids=["test", "tier"])
def test_a_selection_is_partial(tmp_path: Path, how: tuple[str, ...]) -> None:
    ended = run(tmp_path, *how)
    assert (ended.exit_code, ended.results["verdict"], ended.results["finished"]) == (6, "partial", True)
    assert "not run        " in ended.printed


def test_selecting_nothing_stays_pytests_own_exit_code(tmp_path: Path) -> None:
    ended = run(tmp_path, "-k", "nothing_is_called_so")
    assert ended.exit_code == 5
    assert "conformant" not in ended.printed


@pytest.mark.parametrize("how", [(), XDIST], ids=["alone", "xdist"])
def test_a_file_that_cannot_be_collected_leaves_no_verdict(tmp_path: Path, how: tuple[str, ...]) -> None:
    ended = run(tmp_path, *how, storage='@proves("storage/unknown")\ndef test_keeps(on_nodes): pass\n')
    assert ended.exit_code == (3 if how else 2)
    assert ended.results["verdict"] == "no verdict"
    (error,) = ended.results["errors"]
    assert error.startswith("conformance/test_storage.py: ")
    assert error.endswith("@proves('storage/unknown'): guarantees.toml holds no such guarantee")
    assert error in ended.printed


def test_a_worker_that_dies_leaves_no_verdict(tmp_path: Path) -> None:
    dies = '@proves("storage/keeps")\ndef test_keeps(on_nodes): os._exit(9)\n'
    ended = run(tmp_path, *XDIST, "--max-worker-restart=0", storage=dies)
    assert (ended.exit_code, ended.results["verdict"]) == (3, "no verdict")
    assert ended.results["errors"] == ["conformance/test_storage.py::test_keeps: the process that ran this test died"]


def test_stopping_at_the_first_failure_is_no_finished_run(tmp_path: Path) -> None:
    violated = '@proves("contrast/random")\ndef test_random(on_nodes): assert 1 == 2\n'
    ended = run(tmp_path, "-x", contrast=violated)
    assert (ended.exit_code, ended.results["verdict"], ended.results["finished"]) == (3, "no verdict", False)


SLOW = {
    "storage": """
@proves("storage/keeps")
def test_keeps(on_nodes):
    import time
    open("running", "w").close()
    time.sleep(60)
"""
}


def told(folder: Path) -> bool:
    """Tell whether results.json says of both first tests that they passed, though the run goes on."""
    stored = folder / "conformance-report" / "results.json"
    return (
        stored.exists()
        and [str(test.outcome) for test in results.read(stored.parent).guarantees[0].tests] == ["passed"] * 2
    )


AGAIN = """
def pytest_keyboard_interrupt():
    raise KeyboardInterrupt
"""


def broken_off(folder: Path, by: signal.Signals, more: str = "") -> Run:
    """Send this signal to a run once its first tests are through and its report says so, by itself, before any signal."""
    fake_suite.write(folder, **SLOW)
    with (folder / "conftest.py").open("a") as opened:
        opened.write(more)
    process = subprocess.Popen(
        fake_suite.PYTEST,
        cwd=folder,
        env=fake_suite.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # Whatever a shell started in its background inherits an ignored SIGINT.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    while (
        not ((folder / "running").exists() and told(folder)) and process.poll() is None and time.monotonic() < deadline
    ):
        time.sleep(0.02)
    process.send_signal(by)
    printed, _ = process.communicate(timeout=60)
    return Run(process.returncode, printed, folder)


def test_ctrl_c_leaves_a_partial_report_that_says_so(tmp_path: Path) -> None:
    ended = broken_off(tmp_path, signal.SIGINT)
    assert (ended.exit_code, ended.results["verdict"], ended.results["finished"]) == (2, "no verdict", False)
    assert ended.guarantee("ordering/waits")["outcome"] == "passed"
    assert ended.guarantee("storage/keeps")["outcome"] is None
    assert "No verdict: the run has not finished." in ended.printed
    assert "the run has not finished" in (tmp_path / "conformance-report" / "report.html").read_text().lower()


def test_a_second_ctrl_c_before_the_first_is_noted_finishes_no_run(tmp_path: Path) -> None:
    ended = broken_off(tmp_path, signal.SIGINT, AGAIN)
    assert (ended.results["verdict"], ended.results["finished"]) == ("no verdict", False)


def test_kill_9_leaves_a_readable_report_of_all_that_was_run(tmp_path: Path) -> None:
    ended = broken_off(tmp_path, signal.SIGKILL)
    known = results.read(tmp_path / "conformance-report")
    assert (ended.exit_code, str(known.verdict), known.finished) == (-signal.SIGKILL, "no verdict", False)
    assert [str(test.outcome) for test in known.guarantees[0].tests] == ["passed", "passed"]
    (tmp_path / "running").unlink()
    assert run(tmp_path).exit_code == 0, "the folder of a killed run is taken for ours"


@pytest.mark.parametrize("name", ["notes.txt", "results.json"])
def test_a_folder_with_other_content_is_refused_and_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / name).write_text("precious")
    ended = run(tmp_path, "--report-dir", "mine")
    assert ended.exit_code == 4
    assert re.search(r"ERROR: --report-dir .*/mine: holds files but no results.json of this suite", ended.printed)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == [name]
    assert (tmp_path / "mine" / name).read_text() == "precious"


@pytest.mark.parametrize("processes", ["0", "2"])
@pytest.mark.parametrize("refused", ["--patience=-1", "--guarantee=none/such"])
def test_what_is_refused_costs_no_older_report(tmp_path: Path, processes: str, refused: str) -> None:
    assert run(tmp_path).exit_code == 0
    before = {path: path.read_bytes() for path in (tmp_path / "conformance-report").rglob("*") if path.is_file()}
    ended = run(tmp_path, f"-n{processes}", refused)
    assert ended.exit_code == 4, ended.printed
    assert {
        path: path.read_bytes() for path in (tmp_path / "conformance-report").rglob("*") if path.is_file()
    } == before
    stale = tmp_path / "conformance-report" / "histories" / "of-before.jsonl"
    stale.touch()
    assert run(tmp_path, f"-n{processes}").exit_code == 0
    assert not stale.exists()


def test_a_report_dir_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    ended = run(tmp_path, "--report-dir", "mine")
    assert (ended.exit_code, (tmp_path / "mine").read_text()) == (4, "precious")
    assert "/mine: is not a folder" in ended.printed


@pytest.mark.parametrize(
    "arguments", [("selftest",), ("--collect-only",), ("--help",)], ids=["selftest", "look", "help"]
)
def test_a_run_that_judges_nothing_writes_nothing(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "selftest").mkdir()
    (tmp_path / "selftest" / "test_own.py").write_text("def test_own(): pass\n")
    ended = run(tmp_path, *arguments)
    assert ended.exit_code == 0
    assert not (tmp_path / "conformance-report").exists()


def test_a_failed_self_test_beside_the_suite_is_not_covered_by_the_verdict(tmp_path: Path) -> None:
    (tmp_path / "selftest").mkdir()
    (tmp_path / "selftest" / "test_own.py").write_text("def test_own(): assert 0\n")
    ended = run(tmp_path, "conformance", "selftest")
    assert (ended.exit_code, ended.results["verdict"]) == (1, "conformant")


def test_the_plugin_does_not_need_xdist(tmp_path: Path) -> None:
    assert run(tmp_path, "-p", "no:xdist", "-p", "no:xdist.plugin").exit_code == 0


def test_what_a_test_tells_is_its_evidence(tmp_path: Path) -> None:
    tells = '@proves("storage/keeps")\ndef test_keeps(on_nodes, tells): tells("it rounds down")\n'
    (test,) = run(tmp_path, storage=tells).guarantee("storage/keeps")["tests"]
    assert test["outcome"] == "passed"
    assert (test["message"], test["evidence"][0]) == ("it rounds down", "it rounds down")
    assert test["evidence"][1].endswith(test["history"])


@pytest.mark.parametrize("arguments", [(), XDIST], ids=["alone", "xdist"])
def test_in_a_step_of_github_actions_the_summary_is_appended_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    step = tmp_path / "step.md"
    monkeypatch.setenv(summary.STEP, str(step))
    first = run(tmp_path, *arguments)
    own = (tmp_path / "conformance-report" / summary.FILE_NAME).read_text()
    assert (first.exit_code, step.read_text()) == (0, f"\n{own}")
    assert run(tmp_path, "-k", "nothing").exit_code == 5
    assert run(tmp_path, "--no-such-option").exit_code == 4
    assert step.read_text() == f"\n{own}"


def test_a_summary_that_cannot_be_appended_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(summary.STEP, str(tmp_path))
    ended = run(tmp_path)
    assert ended.exit_code == 0
    assert ended.results["warnings"][-1] == (
        f"{summary.STEP}: {tmp_path}: the summary cannot be appended: Is a directory"
    )
