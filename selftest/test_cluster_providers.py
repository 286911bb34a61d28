"""What every provider holds to: a kubeconfig that works, nothing of the user's changed, and what it brought is taken away.

Method: one set of tests for all. kind, k3d and minikube are the real ones where they and their container engine work on this
machine; elsewhere programs stand in for them that run no cluster (`selftest/recorded_tools.py`), and their kubeconfigs lead to
the embedded one. Then the tests are about what is done around a tool: `make kind` runs them with the real kind.
"""

import os
import signal
import subprocess
import sys
import time

import pytest

from fixtures.cluster import Cluster, ClusterError
from fixtures.providers import PROVIDERS, Wanted, standing
from fixtures.providers.k3d import K3d
from fixtures.providers.kind import Kind
from fixtures.providers.minikube import Minikube
from selftest import recorded_tools, users_home
from selftest.fake_suite import REPOSITORY

TOOLS = {one.tool: one for one in (Kind, K3d, Minikube)}
OTHERS = ("embedded", "current")
# What says how to make a cluster is said of none that is there.
NOT_GIVEN = {"configuration": None, "node_image": None}
KILLED = """
import sys
from pathlib import Path
from fixtures.providers import PROVIDERS, Wanted
tool, name, configuration, image = sys.argv[1:]
with PROVIDERS[tool](Wanted(name=name, configuration=Path(configuration) if configuration else None, node_image=image or None)):
    print("provided", flush=True)
    sys.stdin.read()
"""


class Contract:
    """A provider, the home of the user who asks it, and what is wanted of it."""

    def __init__(self, name, home, given, is_real):
        self.name, self.home, self.given, self.is_real = name, home, given, is_real
        self.there = []
        self.there = self.clusters() if is_real else []

    def provided(self, **wanted):
        """What the provider gives."""
        return PROVIDERS[self.name](Wanted(**{**self.given, **wanted}))

    def clusters(self):
        """The clusters that have come, as the tool itself says."""
        if not self.is_real:
            return self.home.clusters(self.name)
        return [name for name in TOOLS[self.name]("any", self.home.folder).names() if name not in self.there]

    def person_creates(self, name):
        """Create a cluster as somebody does who knows nothing of us, with a kubeconfig elsewhere."""
        folder = self.home.folder.parent / f"persons-{name}"
        folder.mkdir()
        TOOLS[self.name](name, folder).bring_up(Wanted(**self.given))

    def person_deletes(self, name):
        """Delete it in the same way."""
        TOOLS[self.name](name, self.home.folder.parent / f"persons-{name}").remove()


@pytest.fixture(params=[*OTHERS, *TOOLS])
def contract(request, tmp_path, monkeypatch):
    """Each provider in turn."""
    return asked(request, tmp_path, monkeypatch)


@pytest.fixture(params=TOOLS)
def of_tool(request, tmp_path, monkeypatch):
    """Each provider that creates clusters by a tool."""
    return asked(request, tmp_path, monkeypatch)


def asked(request, tmp_path, monkeypatch):
    """A provider, with the real tool where that works, and the home of the user who asks it."""
    name, option, path = request.param, request.config.option, os.environ["PATH"]
    is_real = name in TOOLS and TOOLS[name].lacks() is None
    there = None if is_real else request.getfixturevalue("cluster").kubeconfig
    home = users_home.made(tmp_path, monkeypatch, "config", leads_to=there)
    if is_real or name in OTHERS:
        monkeypatch.setenv("PATH", path)
    given = {"embedded": {"name": "selftest"}, "current": {"kubeconfig": there}}.get(name, {"name": "contract"})
    if is_real:
        given |= {"configuration": option.cluster_config, "node_image": option.node_image}
    return Contract(name, home, given, is_real)


def works(provided):
    """Whether a cluster answers by its kubeconfig alone."""
    again = Cluster(provided.kubeconfig, provided.context)
    return again.version.startswith("v1.") and bool(again.request("GET", "/api/v1/nodes")["items"])


def test_it_gives_a_kubeconfig_that_works_and_leaves_the_users_as_they_are(contract):
    before = contract.home.known()
    with contract.provided() as provided:
        assert provided.provider == contract.name
        assert works(provided)
        assert provided.kubeconfig.stat().st_mode & 0o077 == 0
        assert {"containers", "dns", "storage"} <= {*provided.capabilities}
        assert contract.home.known() == before
    assert contract.home.known() == before
    assert contract.home.state() == []


def test_what_was_created_goes_at_the_end(of_tool):
    with of_tool.provided() as provided:
        assert of_tool.clusters() == ["contract"]
        assert (provided.ephemeral, provided.ends_with_runs) == (True, True)
    assert of_tool.clusters() == []


def test_it_goes_too_where_the_run_fails(of_tool):
    with pytest.raises(ZeroDivisionError), of_tool.provided():
        _ = 1 / 0
    assert (of_tool.clusters(), of_tool.home.state()) == ([], [])


def test_a_cluster_that_was_there_stays(of_tool):
    of_tool.person_creates("mine")
    try:
        before = of_tool.home.known()
        with of_tool.provided(name="mine", **NOT_GIVEN) as provided:
            assert works(provided)
            assert (provided.ephemeral, provided.ends_with_runs) == (False, False)
        assert of_tool.clusters() == ["mine"]
        assert (of_tool.home.known(), of_tool.home.state()) == (before, [])
    finally:
        of_tool.person_deletes("mine")


def test_a_cluster_that_is_to_be_kept_stays_and_is_found_again(of_tool):
    with of_tool.provided(name="kept", keep=True) as provided:
        assert not provided.ends_with_runs
    assert of_tool.clusters() == ["kept"]
    with of_tool.provided(name="kept", **NOT_GIVEN) as provided:
        assert works(provided)
    assert (of_tool.clusters(), of_tool.home.state()) == (["kept"], [])
    TOOLS[of_tool.name]("kept", of_tool.home.folder.parent).remove()


def test_the_last_of_several_runs_removes_it(of_tool):
    first = of_tool.provided()
    first.__enter__()
    with of_tool.provided(**NOT_GIVEN) as second:
        first.__exit__(None, None, None)
        assert works(second)
        assert of_tool.clusters() == ["contract"]
    assert (of_tool.clusters(), of_tool.home.state()) == ([], [])


def test_a_cluster_that_is_another_than_wanted_is_refused_and_left(of_tool):
    of_tool.person_creates("mine")
    try:
        with pytest.raises(ClusterError) as wrong, of_tool.provided(name="mine", nodes=5, **NOT_GIVEN):
            pass
        assert str(wrong.value) == (
            f"the {of_tool.name} cluster mine is there already and has 1 node(s) and not 5: choose another --cluster-name"
        )
        with pytest.raises(ClusterError, match=r"is there already and of v1\.\S+ and not v1\.2\.3: choose another"):
            of_tool.provided(name="mine", kubernetes_version="v1.2.3", **NOT_GIVEN).__enter__()
        assert (of_tool.clusters(), of_tool.home.state()) == (["mine"], [])
    finally:
        of_tool.person_deletes("mine")


def run_of(contract, name, *words):
    """A run in a process of its own, that waits to be killed; it is told to say these words first."""
    made = (contract.given.get(how) for how in ("configuration", "node_image"))
    command = [sys.executable, "-c", KILLED, contract.name, name, *(str(how or "") for how in made)]
    known = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    run = subprocess.Popen(command, cwd=REPOSITORY, env=known, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for word in words:
        assert run.stdout.readline().strip() == word
    return run


def kill(run):
    run.send_signal(signal.SIGKILL)
    run.wait()
    run.stdin.close()
    run.stdout.close()


def test_the_cluster_of_a_run_that_was_killed_is_removed_by_the_next(of_tool, capfd):
    before = of_tool.home.known()
    kill(run_of(of_tool, "killed", "provided"))
    assert of_tool.clusters() == ["killed"]
    with of_tool.provided(name="another"):
        assert of_tool.clusters() == ["another"]
    assert f"removed the {of_tool.name} cluster killed, left behind by a run that was killed" in capfd.readouterr().err
    assert (of_tool.home.known(), of_tool.home.state()) == (before, [])


def test_a_tool_that_goes_on_after_its_run_was_killed_is_waited_for(of_tool, capfd):
    if of_tool.is_real:
        pytest.skip("the program that stands in can be told to wait, and the real one cannot")
    of_tool.home.let(recorded_tools.WAITS)
    run = run_of(of_tool, "contract")
    deadline = time.monotonic() + 30
    while not of_tool.clusters() and time.monotonic() < deadline:
        time.sleep(0.02)
    kill(run)
    # Whoever comes next waits for the tool, which is let go on by it alone: the wait would never end otherwise.
    waiting = run_of(of_tool, "contract")
    time.sleep(1)
    assert waiting.poll() is None
    of_tool.home.let(recorded_tools.WAITS, False)
    assert waiting.stdout.readline().strip() == "provided"
    assert of_tool.home.commands(of_tool.name).count(_deletion(of_tool.name)) == 1
    waiting.stdin.close()
    assert waiting.wait(timeout=30) == 0
    waiting.stdout.close()
    assert (of_tool.clusters(), of_tool.home.state()) == ([], [])


def _deletion(tool):
    return {
        "kind": ["delete", "cluster", "--name", "contract"],
        "k3d": ["cluster", "delete", "contract"],
        "minikube": ["delete", "-p", "contract"],
    }[tool]


def test_a_persons_cluster_of_the_name_of_one_left_behind_is_left_alone(of_tool):
    """The one that a killed run had made was deleted by hand, and another was made since."""
    of_tool.person_creates("mine")
    try:
        left = standing.folder() / of_tool.name / "mine"
        left.mkdir(parents=True)
        (left / standing.MADE_FOR_RUNS).write_text("the UID of another cluster")
        with of_tool.provided(name="mine", **NOT_GIVEN) as provided:
            assert not provided.ends_with_runs
        assert (of_tool.clusters(), of_tool.home.state()) == (["mine"], [])
    finally:
        of_tool.person_deletes("mine")


def test_images_are_loaded_into_it(of_tool, tmp_path):
    if of_tool.is_real:
        pytest.skip("`make kind` loads the image of the suite into a real one")
    archive = tmp_path / "image.tar"
    archive.touch()
    with of_tool.provided(images=(str(archive), "example.org/some:1")):
        told = of_tool.home.commands(of_tool.name)
    loaded = [one for one in told if {"load", "import"} & {*one}]
    assert [[word for word in one if word in (str(archive), "example.org/some:1")] for one in loaded] == [
        [str(archive)],
        ["example.org/some:1"],
    ]
