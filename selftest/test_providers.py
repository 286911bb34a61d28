"""Providers that make clusters of containers: what is refused, in which words, and that the user's files stay as they are.

Method: programs on the PATH stand in for the tools (`selftest/recorded_tools.py`): they do to kubeconfigs what the tools are
documented to do, and run no cluster. So these tests are about what is done around a tool, and not about clusters.
"""

import itertools
import json
import os

import pytest

from fixtures.cluster import ClusterError
from fixtures.embedded import EmbeddedError, build, host
from fixtures.providers import PROVIDERS, Wanted, choose
from fixtures.providers.k3d import K3d
from fixtures.providers.kind import Kind
from fixtures.providers.minikube import Minikube
from selftest import users_home
from selftest.recorded_tools import FAILS, NO_DAEMON, STOPS, UNREACHABLE

TOOLS = {one.tool: one for one in (Kind, K3d, Minikube)}
ORDERS = list(itertools.permutations(("create", "fail", "delete")))
NAMED = [(), ("elsewhere",), ("one", "two")]


@pytest.fixture(params=NAMED, ids=["default", "named", "two-named"])
def home(request, tmp_path, monkeypatch):
    """A user's home, with what $KUBECONFIG may name."""
    return users_home.made(tmp_path, monkeypatch, *request.param)


@pytest.fixture
def one_home(tmp_path, monkeypatch):
    """A user's home, with one kubeconfig."""
    return users_home.made(tmp_path, monkeypatch)


@pytest.fixture(params=list(TOOLS))
def tool(request):
    """The name of a tool."""
    return request.param


def refused(tool, **wanted):
    """The sentence by which a provider refuses."""
    with pytest.raises(ClusterError) as wrong, PROVIDERS[tool](Wanted(**wanted)):
        pass
    assert "\n" not in str(wrong.value)
    return str(wrong.value)


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_the_users_kubeconfigs_are_never_touched_in_any_order(home, tool, order, tmp_path, monkeypatch):
    """Each act by itself, as a run that is interrupted anywhere may come to it."""
    before = home.known()
    folder = tmp_path / "ours"
    folder.mkdir()
    manager = TOOLS[tool]("some", folder)
    monkeypatch.setattr(manager, "ready", lambda timeout=0: manager.path.exists())
    for act in order:
        home.let(FAILS, act == "fail")
        if act == "delete":
            manager.delete()  # the library's own, which takes every cluster for one that it has created
            manager.remove()
        elif act == "fail":
            with pytest.raises(ClusterError):
                manager.bring_up(Wanted())
        elif home.clusters(tool):
            # What had failed before is still there.
            with pytest.raises(ClusterError, match="already exist"):
                manager.bring_up(Wanted())
        else:
            manager.bring_up(Wanted())
            assert manager.path.stat().st_mode & 0o777 == 0o600
        assert home.known() == before


def test_what_the_library_deletes_by_itself_is_nothing_that_it_did_not_create(one_home, tool, tmp_path):
    folder = tmp_path / "ours"
    folder.mkdir()
    (folder / "kubeconfig").write_text("somebody's")
    TOOLS[tool]("some", folder).delete()
    assert (folder / "kubeconfig").read_text() == "somebody's"
    assert one_home.commands(tool) == []


def test_a_creation_that_fails_leaves_nothing_and_says_why(home, tool):
    before = home.known()
    home.let(FAILS)
    said = refused(tool)
    assert said.startswith(f"`{tool} ")
    assert said.endswith("and says: ERROR: failed to create cluster: the node did not come up")
    assert (home.clusters(tool), home.state(), home.known()) == ([], [], before)


def test_what_cannot_be_removed_after_a_failure_is_removed_by_the_next_run(one_home, tool):
    for mishap in (FAILS, STOPS):
        one_home.let(mishap)
    assert "the node did not come up" in refused(tool, name="first")
    assert one_home.clusters(tool) == ["first"]
    assert one_home.state() == [f"{tool}/first"]
    one_home.let(STOPS, False)
    assert "the node did not come up" in refused(tool, name="second")
    assert (one_home.clusters(tool), one_home.state()) == ([], [])


def test_a_cluster_of_this_name_that_comes_meanwhile_is_left_alone(one_home, tool, monkeypatch):
    monkeypatch.setattr(TOOLS[tool], "names", lambda self: [])
    (one_home.recorded / f"{tool}-cluster-stateful-conformance").touch()
    assert "already exist" in refused(tool)
    assert one_home.clusters(tool) == ["stateful-conformance"]
    assert one_home.state() == []


def test_a_tool_that_is_not_there(one_home, tool):
    one_home.lacks(tool)
    assert refused(tool) == (
        f"--cluster={tool}: there is no `{tool}` on the PATH, which it needs: install it ({TOOLS[tool].homepage}), or judge "
        "a cluster that is there, with --cluster=current"
    )


def test_a_container_engine_that_is_not_there(one_home, tool):
    one_home.lacks("docker")
    assert refused(tool).startswith(
        f"--cluster={tool}: there is no `docker` on the PATH, which it needs: install it (https:"
    )


def test_kind_may_be_told_of_another_engine(one_home, monkeypatch):
    monkeypatch.setenv("KIND_EXPERIMENTAL_PROVIDER", "podman")
    assert "there is no `podman` on the PATH" in refused("kind")


def test_a_daemon_that_does_not_answer(one_home, tool):
    one_home.let(NO_DAEMON)
    assert refused(tool) == (
        f"--cluster={tool}: `docker` does not work, and says: {UNREACHABLE}: start its daemon, or judge a cluster that is "
        "there, with --cluster=current"
    )
    assert one_home.commands(tool) == []


@pytest.mark.parametrize("name", ["", "A", "../up", "a b", "-a", "x" * 33])
def test_a_name_that_no_cluster_can_have(one_home, tool, name):
    assert refused(tool, name=name).startswith(f"--cluster-name {name!r}: a name has 1 to 32 letters")
    assert one_home.commands(tool) == []


@pytest.mark.parametrize("version", ["1.37.2", "v1.37", "latest"])
def test_a_release_that_is_none(one_home, tool, version):
    assert refused(tool, kubernetes_version=version) == f"--kubernetes-version {version}: a release reads like v1.37.2"


def test_a_kubeconfig_for_a_cluster_that_is_to_be_created(one_home, tool):
    assert refused(tool, context="production") == (
        "--kubeconfig and --context name a cluster that is there: add --cluster=current"
    )


def asked_for(home, tool, **wanted):
    """The configuration and the command line by which a tool was told to create a cluster as it is wanted."""
    home.let(FAILS)
    refused(tool, **wanted)
    (command,) = (one for one in home.commands(tool) if {"create", "start"} & set(one[:2]))
    file = home.recorded / f"{tool}-configuration"
    return json.loads(file.read_text()) if file.exists() else None, command


def test_what_kind_is_told(one_home):
    configuration, command = asked_for(one_home, "kind", nodes=3, kubernetes_version="v1.37.2", name="three")
    assert configuration == {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "name": "three",
        "nodes": [{"image": "kindest/node:v1.37.2", "role": role} for role in ("control-plane", "worker", "worker")],
    }
    folder = one_home.folder / ".local/state/stateful-conformance/kind/three"
    assert command == [
        "create",
        "cluster",
        "--config",
        f"{folder}/configuration.yaml",
        "--kubeconfig",
        f"{folder}/kubeconfig",
    ]


def test_kind_says_its_own_release_where_none_is_wanted(one_home):
    configuration, _ = asked_for(one_home, "kind")
    assert configuration["nodes"] == [{"role": "control-plane"}]


def test_a_configuration_of_kinds_keeps_all_but_its_name(one_home, tmp_path):
    file = tmp_path / "kind.yaml"
    file.write_text(
        "name: mine\nnetworking: {ipFamily: ipv6}\nnodes: [{role: control-plane, image: own:1}, {role: worker}]\n"
    )
    configuration, _ = asked_for(one_home, "kind", configuration=file, node_image="other:2", name="ours")
    assert configuration["name"] == "ours"
    assert configuration["networking"] == {"ipFamily": "ipv6"}
    assert configuration["nodes"] == [
        {"image": "own:1", "role": "control-plane"},
        {"image": "other:2", "role": "worker"},
    ]


def test_what_k3d_is_told(one_home):
    configuration, command = asked_for(one_home, "k3d", nodes=3, kubernetes_version="v1.37.2", name="three")
    assert configuration == {
        "apiVersion": "k3d.io/v1alpha5",
        "kind": "Simple",
        "servers": 1,
        "agents": 2,
        "image": "rancher/k3s:v1.37.2-k3s1",
        "metadata": {"name": "three"},
        "options": {"kubeconfig": {"updateDefaultKubeconfig": False, "switchCurrentContext": False}},
    }
    assert {"--kubeconfig-update-default=0", "--kubeconfig-switch-context=false", "--wait"} < {*command}


def test_a_configuration_of_k3ds_cannot_turn_to_the_users_kubeconfig(one_home, tmp_path):
    file = tmp_path / "k3d.yaml"
    file.write_text(
        "options: {k3d: {wait: true}, kubeconfig: {updateDefaultKubeconfig: true}}\nports: [{port: '1:1'}]\n"
    )
    configuration, _ = asked_for(one_home, "k3d", configuration=file)
    assert configuration["options"] == {
        "k3d": {"wait": True},
        "kubeconfig": {"updateDefaultKubeconfig": False, "switchCurrentContext": False},
    }
    assert configuration["ports"] == [{"port": "1:1"}]


def test_what_minikube_is_told(one_home):
    _, command = asked_for(
        one_home, "minikube", nodes=3, kubernetes_version="v1.37.2", name="three", node_image="base:1"
    )
    assert command[:3] == ["start", "-p", "three"]
    assert {"--driver=docker", "--nodes=3", "--kubernetes-version=v1.37.2", "--base-image=base:1", "--embed-certs"} < {
        *command
    }
    assert ("--force" in command) == (os.geteuid() == 0)


@pytest.mark.parametrize(
    ("tool", "content", "says"),
    [
        ("kind", None, "cannot be read: No such file or directory"),
        ("kind", b"{", "is not YAML"),
        ("kind", b"\xff", "is not YAML"),
        ("kind", b"[]", "holds no configuration: it must be a mapping, of one document"),
        ("kind", b"", "holds no configuration: it must be a mapping, of one document"),
        ("kind", b"a: 1\n---\nb: 2\n", "is not YAML"),
        ("kind", b"nodes: 3", "`nodes` must be a list in it"),
        ("k3d", b"metadata: 3", "`metadata` must be a mapping in it"),
        ("k3d", b"options: [1]", "`options` must be a mapping in it"),
        ("k3d", b"options: {kubeconfig: 1}", "`kubeconfig` must be a mapping in it"),
        ("minikube", b"a: 1", "minikube knows no configuration file of a cluster"),
    ],
)
def test_a_configuration_that_is_none(one_home, tmp_path, tool, content, says):
    file = tmp_path / "configuration.yaml"
    if content is not None:
        file.write_bytes(content)
    said = refused(tool, configuration=file, node_image="some:1")
    assert said.startswith("--cluster-config")
    assert said.endswith(says)
    assert one_home.state() == []


@pytest.mark.parametrize(("tool", "content"), [("kind", "nodes: []"), ("k3d", "agents: 1")])
def test_two_words_on_how_many_nodes_there_are(one_home, tmp_path, tool, content):
    file = tmp_path / "configuration.yaml"
    file.write_text(content)
    assert refused(tool, configuration=file, nodes=2) == f"--nodes 2: {file} says already which nodes there are"


@pytest.mark.parametrize(
    ("wanted", "option"),
    [
        ({"nodes": 2}, "--nodes"),
        ({"kubernetes_version": "v1.37.2"}, "--kubernetes-version"),
        ({"node_image": "some:1"}, "--node-image"),
        ({"images": ("some.tar",)}, "--load-image"),
        ({"keep": True}, "--keep-cluster"),
    ],
)
def test_what_can_only_be_said_of_a_cluster_that_is_brought_up(one_home, wanted, option):
    assert refused("current", **wanted) == (
        f"{option} is for a cluster to be brought up, and --cluster=current is there already"
    )


def without_embedded(monkeypatch, why):
    """Let the embedded cluster be out of the question."""

    def refuse(*_):
        raise EmbeddedError(why)

    monkeypatch.setattr(host, "require_machine", refuse)


def test_the_embedded_cluster_comes_first(one_home, monkeypatch):
    monkeypatch.setattr(host, "require_machine", lambda: None)
    monkeypatch.setattr(build, "require_means", lambda version: None)
    assert choose(Wanted()) == ("embedded", "this is Linux and root, with all that it needs")


def test_the_first_tool_that_works_is_next(one_home, monkeypatch):
    without_embedded(monkeypatch, "the embedded cluster needs root")
    assert choose(Wanted()) == ("kind", "kind and its container engine work; embedded cannot be had here")
    one_home.lacks("kind")
    assert choose(Wanted()) == ("k3d", "k3d and Docker work; embedded and kind cannot be had here")
    one_home.lacks("k3d")
    assert choose(Wanted())[0] == "minikube"


def test_what_only_containers_are_made_of_is_nothing_for_the_embedded_cluster(one_home, monkeypatch):
    monkeypatch.setattr(host, "require_machine", lambda: None)
    assert choose(Wanted(node_image="some:1"))[0] == "kind"


def test_a_cluster_that_is_there_is_never_chosen_unasked(one_home, monkeypatch, tmp_path):
    without_embedded(
        monkeypatch, "the embedded cluster needs root: use sudo, or judge another cluster with --cluster=current"
    )
    one_home.let(NO_DAEMON)
    one_home.lacks("k3d")
    monkeypatch.setenv("KUBECONFIG", str(one_home.folder / ".kube/config"))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    with pytest.raises(ClusterError) as wrong:
        choose(Wanted())
    needed = "on the PATH, which it needs: install it"
    silent = f"`docker` does not work, and says: {UNREACHABLE}: start its daemon"
    assert str(wrong.value) == (
        "no cluster can be brought up on this machine (embedded: the embedded cluster needs root: use sudo; "
        f"kind: {silent}; k3d: there is no `k3d` {needed} (https://k3d.io); minikube: {silent}): mend one of these, or judge "
        "a cluster that is there, with --cluster=current"
    )
