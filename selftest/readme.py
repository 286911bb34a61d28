"""The commands that README.md tells its readers, read from it, and what becomes of each in the self-tests.

Method: a block of code without a language holds commands, one a line; what stands behind a `#` is said of one. The steps of a
job hold some behind `run:`, and so does code within a sentence that begins with the name of a program. `COMMANDS` has an entry
for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from selftest import accounts
from selftest.fake_suite import REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
BEGINNING = "the beginning"  # what comes before the first section
OUTPUT, JOB, PYTHON = "text", "yaml", "python"
LANGUAGES = ("", OUTPUT, JOB, PYTHON, "toml")
PROGRAMS = (
    "make",
    "pip",
    "pipx",
    "uv",
    "python",
    "kubectl",
    "docker",
    "kind",
    "stateful-conformance",
    r"\.venv/bin/\w+",
)
PART = re.compile(
    r"^## (?P<section>[^\n]+)$|^```(?P<language>\w*)\n(?P<body>.*?)^```$|`(?P<inline>[^`]+)`", re.DOTALL | re.MULTILINE
)
OF_PROGRAM = re.compile(rf"({'|'.join(PROGRAMS)})\s")
# What README.md's table says that a verdict comes to as an exit code.
VERDICT = re.compile(r"^\| (conformant|not conformant|no verdict|partial) \| .* \| (\d) \|$", re.MULTILINE)
CONFORMANT, NOT_CONFORMANT, NO_VERDICT, USAGE, PARTIAL = 0, 1, 3, 4, 6


@dataclass(frozen=True)
class Run:
    """It is run as it stands there, and comes to this exit code.

    `filled_in`: what a reader puts in, in place of what; `before`: what a reader has called before; `environment`: what narrows
    it to a small part; `slowly`: with --each-command only, since it takes long or makes a cluster.
    """

    code: int = 0
    filled_in: Mapping[str, str] = field(default_factory=dict)
    before: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    slowly: bool = False


@dataclass(frozen=True)
class RunBy:
    """Another test runs it, such as `selftest/test_x.py::test_y`, in whose source these words are."""

    test: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class NotRun:
    """It cannot be run here; the sentence says why."""

    why: str


CLUSTER = "CLUSTER"  # stands for the name of the cluster that the commands have in common
SMALL = "--guarantee=ordering/waits-for-ready --tier=control-plane"
NAMED = f"--cluster-name={CLUSTER}"
PIECE = {"PYTEST_ADDOPTS": f"-n0 {SMALL}"}
PIECE_THERE = {"PYTEST_ADDOPTS": f"-n0 {SMALL} {NAMED}"}
MEMBER = {"PYTEST_ADDOPTS": "--member=available"}
MEMBER_UNCHANGED = {"PYTEST_ADDOPTS": "--member=available --may-change-nothing"}
LISTED = {"PYTEST_ADDOPTS": "--list"}
SERVERS = {"PYTEST_ADDOPTS": "--guarantee=mysql/server-ids"}
UP = "embedded up"
COMMANDS: dict[str, Run | RunBy | NotRun] = {
    # The beginning
    "make setup": Run(),
    ".venv/bin/pytest --list": Run(),
    # Installed
    "make dist": Run(),
    "pipx install dist/stateful_conformance-*.whl": Run(slowly=True),
    "stateful-conformance run": Run(PARTIAL, {"run": f"run {NAMED} {SMALL}"}, slowly=True),
    "stateful-conformance run --cluster=current": Run(PARTIAL, {"run": f"run {SMALL}"}, slowly=True),
    "pip install --require-hashes -r requirements.lock": Run(slowly=True),
    "pip install --no-deps dist/stateful_conformance-*.whl": Run(slowly=True),
    "stateful-conformance COMMAND --help": RunBy(
        "selftest/test_packaging.py::test_a_command_is_told_on_one_screen", ("command", "--help")
    ),
    ".venv/bin/python -m conformance": Run(USAGE),
    ".venv/bin/pytest conformance/upgrade": Run(environment=LISTED),
    ".venv/bin/pytest conformance/workload": Run(environment=LISTED),
    # Two commands, in a clone
    "make conformance": Run(PARTIAL, environment=PIECE_THERE),
    "make test": Run(environment={"PYTEST_ADDOPTS": "-n0 -k test_each_command_has_an_entry"}, slowly=True),
    'make conformance ARGS="…"': Run(filled_in={"…": "--list"}),
    # Against another cluster
    ".venv/bin/pytest": Run(PARTIAL, environment=PIECE_THERE),
    ".venv/bin/pytest --cluster=kind --nodes 3 --kubernetes-version v1.37.2": Run(PARTIAL, environment=PIECE),
    ".venv/bin/pytest --cluster=current": Run(PARTIAL, environment=PIECE),
    ".venv/bin/pytest --cluster=current --kubeconfig=PATH --context=kind-kind": Run(
        PARTIAL, {"PATH": "$KUBECONFIG"}, environment=PIECE
    ),
    # Strict clusters
    "make rights": Run(environment={"ARGS": "--check workload"}, slowly=True),
    "stateful-conformance rights suite": RunBy(
        "selftest/test_packaging.py::test_the_rights_that_a_run_needs_are_printed", ("called", '"rights", "suite"')
    ),
    **dict.fromkeys(
        (
            "kubectl apply -f manifests/rights/suite.yaml",
            *accounts.COMMANDS.splitlines(),
            ".venv/bin/pytest --cluster=current --kubeconfig=runner.kubeconfig",
        ),
        RunBy(
            "selftest/test_cluster_access.py::test_a_token_suffices_and_the_proxy_of_the_kubeconfig_carries_everything",
            ("COMMANDS in", "of_runner", "judge("),
        ),
    ),
    # Any storage
    ".venv/bin/pytest --cluster=current --storage-class fast --storage-class shared --subject storage --subject data": Run(
        PARTIAL,
        {
            "fast": "folder",
            "--subject storage --subject data": "--guarantee storage/one-claim-each --tier control-plane",
        },
        environment={"PYTEST_ADDOPTS": "-n0"},
    ),
    # How to read the verdict
    ".venv/bin/python -m conformance schema": Run(),
    ".venv/bin/python -m conformance judge conformance-report/histories/*.jsonl": Run(NOT_CONFORMANT),
    ".venv/bin/python -m conformance report conformance-report": Run(),
    ".venv/bin/python -m conformance verify conformance-report": Run(),
    "make allure": Run(),
    ".venv/bin/python -m conformance compare BEFORE/results.json AFTER/results.json": Run(),
    ".venv/bin/pytest --cluster=kind": Run(PARTIAL, environment=PIECE),
    # May this upgrade proceed?
    "make upgrade-gate FROM=v1.36.3 TO=v1.37.2": Run(PARTIAL, environment=MEMBER, slowly=True),
    '.venv/bin/pytest conformance/upgrade --cluster=current --upgrade-with "kubeadm upgrade apply -y v1.37.2"': Run(
        NO_VERDICT, environment=MEMBER, slowly=True
    ),
    ".venv/bin/pytest conformance/upgrade --cluster=current --phase before": Run(
        PARTIAL, environment=MEMBER, slowly=True
    ),
    ".venv/bin/pytest conformance/upgrade --cluster=current --phase after": Run(
        NO_VERDICT, environment=MEMBER, slowly=True
    ),
    "kubectl get namespaces -l stateful-conformance.test/run": Run(),
    "kind create cluster --config three-nodes.yaml": Run(),
    ".venv/bin/pytest conformance/upgrade --cluster=current --upgrade-with ./replace-the-nodes.sh": Run(
        PARTIAL, environment=MEMBER_UNCHANGED, slowly=True
    ),
    # A real database
    "make workload": Run(PARTIAL, environment=SERVERS, slowly=True),
    ".venv/bin/pytest conformance/workload --cluster=current": NotRun(
        "Its servers' image is pulled from Docker Hub, which cannot be reached from here; `make workload` runs the same tests."
    ),
    "make upgrade-gate FROM=v1.36.3 TO=v1.37.2 ARGS=--mysql": Run(PARTIAL, environment=MEMBER, slowly=True),
    "kubectl apply -f manifests/mysql.yaml": Run(filled_in={"apply": "apply --dry-run=server"}),
    # The embedded cluster
    'embedded() { PYTHONPATH=CLONE CLONE/.venv/bin/python -m fixtures.embedded "$@"; }': Run(),
    "embedded up": Run(slowly=True),
    "embedded status": Run(slowly=True),
    "embedded down": Run(slowly=True),
    ".venv/bin/pytest --cluster-name NAME": Run(PARTIAL, {"NAME": CLUSTER}, environment=PIECE),
    "embedded up --name three --nodes 3 --zones east,west --node-label node-2:disk=ssd": Run(slowly=True),
    "export KUBECONFIG=$(embedded up --name three)": Run(slowly=True),
    "embedded add-node --name three --zone north --label disk=slow": Run(slowly=True),
    "embedded remove-node --name three node-2": Run(slowly=True),
    "embedded up --name old --kubernetes-version v1.36.3": Run(slowly=True),
    "embedded up --name mixed --component-version kubelet=v1.36.3 --component-version kube-proxy=v1.36.3": Run(
        slowly=True
    ),
    "embedded up --name mine --binary kube-controller-manager=./kube-controller-manager "
    "--feature-gates MaxUnavailableStatefulSet=false --component-flag kube-apiserver=--v=4": Run(slowly=True),
    "embedded upgrade --name old --to v1.37.2 --only kube-apiserver": Run(slowly=True),
    "embedded upgrade --name old --to v1.36.3": Run(slowly=True),
    "embedded upgrade --name old --to v1.37.2": Run(slowly=True),
    "embedded pause node-1/kubelet --for 60": Run(filled_in={"60": "1"}, before=UP, slowly=True),
    "embedded kill etcd && embedded start etcd": Run(before=UP, slowly=True),
    "embedded refuse-api --for 10": Run(filled_in={"10": "1"}, before=UP, slowly=True),
    "embedded slow-disk node-1 --bytes-per-second 200000 && embedded quicken-disk node-1": Run(before=UP, slowly=True),
    "embedded load image.tar": Run(before=UP, slowly=True),
    "embedded up --name online --pull": Run(slowly=True),
    "make upstream": Run(
        environment={"ARGS": "--focus=list,.patch.and.delete.a.collection.of.StatefulSets"}, slowly=True
    ),
    # Of a part no release is conformant.
    "make versions": Run(NOT_CONFORMANT, environment={"ARGS": "v1.37.2", **PIECE}, slowly=True),
    "make bench": NotRun(
        "It measures the machine, which must do nothing else meanwhile; a part of it measures nothing."
    ),
    "make scale": Run(environment={"ARGS": "10 20"}, slowly=True),
    # What it is worth
    "make mutants": Run(environment={"ARGS": "gates-on-running"}, slowly=True),
    "make mutants ARGS=--list": Run(),
    """make mutants ARGS="'gates-*'\"""": Run(slowly=True),
    'make schedules ARGS="10 --seed 1"': Run(filled_in={"10": "1"}, slowly=True),
}


def sections(text: str = README) -> dict[str, list[str]]:
    """The commands of each section, in order; one that comes again is of the first section that tells it."""
    section, first = BEGINNING, dict[str, str]()
    for part in PART.finditer(text):
        section = part["section"] or section
        for command in _commands(part):
            first.setdefault(command, section)
    return {name: [command for command, of in first.items() if of == name] for name in dict.fromkeys(first.values())}


def languages(text: str = README) -> set[str]:
    """The languages of the blocks of code."""
    return {part["language"] for part in PART.finditer(text) if part["language"] is not None}


def scripts(text: str = README) -> list[str]:
    """What is told in Python."""
    return [part["body"] for part in PART.finditer(text) if part["language"] == PYTHON]


def verdicts(text: str = README) -> dict[str, int]:
    """The exit code of each verdict."""
    return {name: int(code) for name, code in VERDICT.findall(text)}


def _commands(part: re.Match[str]) -> Iterator[str]:
    if part["inline"] and OF_PROGRAM.match(part["inline"]):
        yield " ".join(part["inline"].split())
    if part["language"] == "":
        lines = re.sub(r"\\\n\s*", "", part["body"]).splitlines()
        yield from (told for line in lines if (told := re.split(r"(?:^|\s)#\s", line)[0].strip()))
    if part["language"] == JOB:
        yield from (told.strip() for told in re.findall(r"\brun: (.+)$", part["body"], re.MULTILINE))
