"""The wheel: complete, all in one folder, and the same suite wherever it is called and whatever lies there.

Method: it is installed from what this tree builds, and called in a folder whose files, and with an environment whose variables,
break any pytest that reads them and any import that takes them. Histories and reports are those of reports/samples/.
"""

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile

import pytest

from conformance.commands.screen import COLUMNS, LINES
from reports import results
from reports.collector import commit
from selftest.fake_suite import PYTEST, REPOSITORY
from selftest.packaged import COMMAND, DISTRIBUTION, PACKAGE, environment, install

SAMPLE = REPOSITORY / "reports" / "samples" / "broken-controller"
HISTORY = SAMPLE / "histories" / "ordering.stalled.control-plane.jsonl"
VERSION = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"]
RUNNING = {
    "run": "conformance",
    "plan": "conformance",
    "gate": "conformance/upgrade",
    "workload": "conformance/workload",
}
COMMANDS = (*RUNNING, "report", "compare", "judge", "verify", "untrack", "schema", "rights", "up", "down", "embedded")
# What breaks whoever reads it.
HOSTILE = {
    "pytest.ini": "[pytest]\naddopts = --no-such-option\npython_files = *\n",
    "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--no-such-option'\n",
    "conftest.py": "raise RuntimeError('a conftest.py of the user')\n",
    **{f"{name}.py": f"raise RuntimeError('a module {name} of the user')\n"
       for name in ("conformance", "fixtures", "reports", "manifests")},
}  # fmt: skip
VARIABLES = {"PYTEST_ADDOPTS": "--no-such-option", "PYTEST_PLUGINS": "no_such_plugin"}


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """The wheel in an environment of its own."""
    return install(tmp_path_factory)


@pytest.fixture
def called(installed, tmp_path):
    """Call a command in the hostile folder: the answer. What is left behind there, or was changed elsewhere, fails."""
    for name, content in HOSTILE.items():
        (tmp_path / name).write_text(content)

    def call(*arguments, leaves=()):
        answer = installed.call(tmp_path, *arguments, **VARIABLES, PYTHONPATH=str(tmp_path))
        assert {path.name for path in tmp_path.iterdir()} == {*HOSTILE, *leaves}, answer
        assert installed.changes() == []
        return answer

    return call


def sentence(answer):
    """The one sentence by which a call is refused."""
    assert (answer.returncode, answer.stdout) == (4, ""), answer
    (line,) = answer.stderr.strip().splitlines()
    return line


def tracked():
    """The files of the repository that a wheel is to hold."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout.split()
    ours = ("conformance/", "fixtures/", "manifests/", "reports/", "conftest.py", "pyproject.toml")
    return {name for name in listed if name.startswith(ours) and not name.startswith("reports/samples/")}


def test_the_wheel_holds_all_of_the_suite_in_one_folder_and_nothing_else(installed):
    with zipfile.ZipFile(installed.wheel) as wheel:
        held = {name: wheel.read(name) for name in wheel.namelist()}
    named = f"{DISTRIBUTION}-{VERSION}.dist-info/"
    assert {name.partition("/")[0] + "/" for name in held} == {f"{PACKAGE}/", named}
    suite = {name.removeprefix(f"{PACKAGE}/"): content for name, content in held.items() if not name.startswith(named)}
    script = "conformance/commands/installed.py"
    assert suite.keys() == tracked() - {script} | {"__main__.py", "COMMIT"}
    assert suite.pop("__main__.py") == (REPOSITORY / script).read_bytes()
    assert suite.pop("COMMIT").decode().strip() == commit() != ""
    assert [name for name, content in suite.items() if content != (REPOSITORY / name).read_bytes()] == []


def test_a_wheel_that_is_made_of_the_sdist_is_the_same(installed, tmp_path):
    with tarfile.open(installed.sdist) as sdist:
        sdist.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    made = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(made, cwd=source, env=environment(), check=True)
    (again,) = tmp_path.glob("*.whl")
    assert again.read_bytes() == installed.wheel.read_bytes()


def screen(answer):
    """The help of a command, which must fit on one screen."""
    assert (answer.returncode, answer.stderr) == (0, ""), answer
    lines = answer.stdout.splitlines()
    assert len(lines) <= LINES == 24, answer.stdout
    assert max(map(len, lines)) <= COLUMNS == 80, answer.stdout
    return answer.stdout


def test_every_command_is_told(called):
    rows = re.findall(r"^  (\S+)", screen(called("--help")), re.MULTILINE)
    assert {*rows} == {"--version", *COMMANDS}


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in RUNNING])
def test_a_command_is_told_on_one_screen(called, command):
    assert screen(called(command, "--help")).startswith(f"usage: {COMMAND} {command}")


@pytest.mark.parametrize(("command", "tests"), RUNNING.items())
def test_the_options_that_are_told_on_one_screen_are_those_that_there_are(called, command, tests):
    told = screen(called(command, "--help"))
    assert told.startswith(f"usage: {COMMAND} {command} [OPTION]")
    described, _, named = told.partition("And as pytest's:")[0].partition("Also: ")
    told = {*re.findall(r"^  (--[a-z-]+)", described, re.MULTILINE), *re.findall(r"--[a-z-]+", named)}
    asked = [*PYTEST, "--help", tests]
    helped = subprocess.run(asked, cwd=REPOSITORY, env=environment(), capture_output=True, text=True, check=True).stdout
    group = re.search(r"^conformance:\n((?: .*\n)+)", helped, re.MULTILINE)[1]
    there = set(re.findall(r"^  (--[a-z-]+)", group, re.MULTILINE))
    assert told == there >= {"--cluster", "--report-dir", "--guarantee", "--plan"}


def test_what_is_told_of_pytest_is_pytests(called):
    told = called("run", "--help").stdout.partition("And as pytest's:")[2]
    helped = subprocess.run([*PYTEST, "--help"], cwd=REPOSITORY, env=environment(), capture_output=True, text=True)
    assert (options := re.findall(r"-[a-z]\b", told)) == ["-n", "-k", "-q", "-v"]
    assert [option for option in options if f"\n  {option}" not in helped.stdout] == []


def test_the_rights_that_a_run_needs_are_printed(called):
    files = [(REPOSITORY / "manifests" / "rights" / f"{name}.yaml").read_text() for name in ("suite", "topology")]
    answer = called("rights", "suite", "topology")
    assert (answer.returncode, answer.stdout) == (0, "---\n".join(files))


def test_which_suite_it_is(called):
    answer = called("--version")
    assert (answer.returncode, answer.stdout) == (0, f"{DISTRIBUTION.replace('_', '-')} {VERSION} ({commit()})\n")


def test_a_run_is_planned(called, installed):
    answer = called("plan", "--guarantee", "ordering/waits-for-ready")
    assert answer.returncode == 0, answer
    assert "2 scenarios, 4 tests, 2 of them invariants" in answer.stdout
    assert f"rootdir: {installed.venv}/" in answer.stdout


@pytest.mark.parametrize(("command", "subject"), [("run", "ordering"), ("gate", "restarts"), ("workload", "mysql")])
def test_each_command_has_its_registry(called, command, subject):
    answer = called(command, "--list", "--subject", subject)
    assert answer.returncode == 0, answer
    assert re.search(rf"^MUST   {subject}/", answer.stdout, re.MULTILINE)


def test_a_stored_history_is_judged_and_the_report_made_again_verified_and_compared(called):
    answer = called("judge", str(HISTORY), "--report-dir=mine", leaves=["mine"])
    assert answer.returncode == 1, answer
    assert "ordering/waits-for-ready: event " in answer.stdout
    assert "Traceback" not in answer.stdout + answer.stderr
    again = called("report", "mine", leaves=["mine"])
    assert (again.returncode, again.stdout) == (0, "mine/report.html\n")
    intact = called("verify", "mine", leaves=["mine"])
    assert intact.returncode == 0, intact
    same = called("compare", "mine", "mine/results.json", "--html=page.html", leaves=["mine", "page.html"])
    assert same.returncode == 0, same


def test_a_report_says_which_suite_has_judged_and_how_it_was_called(called, tmp_path):
    called("judge", str(HISTORY), "--report-dir", "mine", leaves=["mine"])
    known = results.read(tmp_path / "mine")
    assert (known.suite.name, known.suite.version, known.suite.commit) == (COMMAND, VERSION, commit())
    assert known.suite.score is not None
    assert known.reproduce == f"{COMMAND} judge {HISTORY}"


def test_workers_have_the_same_suite_also_where_a_value_is_a_file_of_the_user(called, tmp_path):
    answer = called("run", "-n2", f"--history={HISTORY}", "--report-dir", "mine", leaves=["mine"])
    assert answer.returncode == 1, answer
    known = results.read(tmp_path / "mine")
    assert known.errors == ()
    assert known.reproduce == f"{COMMAND} run -n2 --history={HISTORY} --report-dir mine"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            (),
            "conformance: the following arguments are required: COMMAND; stateful-conformance --help says what there is",
        ),
        (("frobnicate",), "conformance: argument COMMAND: invalid choice: 'frobnicate'"),
        (("--frobnicate",), "conformance: "),
        (("run", "--frobnicate"), "ERROR: unrecognized arguments: --frobnicate; stateful-conformance run --help says"),
        (("run", "--cluster=moon"), "ERROR: argument --cluster: invalid choice: 'moon'"),
        (("run", "--guarantee"), "ERROR: argument --guarantee: expected one argument; stateful-conformance run --help"),
        (
            ("run", "mine"),
            "conformance: mine: stateful-conformance run takes options only, and a part is chosen by --guarantee",
        ),
        (("run", "-q", "conftest.py"), "conformance: conftest.py: stateful-conformance run takes options only"),
        (("plan", "--list", "conftest.py"), "ERROR: argument --list: ignored explicit argument 'conftest.py'"),
        (("plan", "--level=WILL"), "ERROR: argument --level: invalid choice: 'WILL'"),
        (("gate", "--phase=during"), "ERROR: argument --phase: invalid choice: 'during'"),
        (("workload", "--mysql-image"), "ERROR: argument --mysql-image: expected one argument"),
        (("judge",), "conformance: the following arguments are required: HISTORY.jsonl"),
        (("judge", "none.jsonl"), "conformance: none.jsonl: cannot be read as a history"),
        (("report", "none"), "conformance: none"),
        (("compare", "none", "none"), "conformance: none"),
        (("rights",), "conformance: the following arguments are required: PROFILE"),
        (("rights", "all"), "conformance: argument PROFILE: invalid choice: 'all' (choose from 'suite', 'gate'"),
        (("verify", "none"), "conformance: none"),
        (
            ("up", "--nodes=many"),
            "conformance: argument --nodes: invalid int value: 'many'; stateful-conformance up --help",
        ),
        (("down", "--all"), "conformance: unrecognized arguments: --all"),
        (("embedded", "frobnicate"), "conformance: argument COMMAND: invalid choice: 'frobnicate'"),
    ],
    ids=lambda value: None if isinstance(value, str) else " ".join(value) or "nothing",
)
def test_a_wrong_call_is_refused_in_one_sentence(called, arguments, says):
    assert sentence(called(*arguments)).startswith(says)


def test_a_cluster_that_is_not_there_is_refused_before_anything_is_left(called):
    answer = called("run", "--cluster=current", "--kubeconfig", "none", leaves=["conformance-report"])
    assert answer.returncode == 4
    assert "ERROR: --cluster=current: there is no kubeconfig at none (--kubeconfig)" in answer.stderr


def test_the_package_can_be_called_as_a_module_too(installed, tmp_path):
    asked = [str(installed.venv / "bin" / "python"), "-m", PACKAGE, "--version"]
    done = subprocess.run(asked, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True)
    assert VERSION in done.stdout
