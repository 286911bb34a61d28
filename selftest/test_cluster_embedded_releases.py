"""Other releases, and mixed ones: what a user says reaches the components, and a cluster moves from release to release.

Method: clusters of their own. What the components are is asked of themselves, over the API; what their processes were started
with is read from /proc.
"""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fixtures import embedded
from fixtures.embedded import build, faults, images, lifecycle, node
from fixtures.embedded.cluster import GONE
from fixtures.embedded.specification import DEFAULT_VERSION
from selftest.embedded_commands import command, refused_in_one_line
from selftest.fake_suite import REPOSITORY
from selftest.images import oci_layout, registry

OLDER = "v1.36.3"
MIXED, MOVED = "mixed", "moved"
PODS = ("web-0", "web-1", "web-2")
OWN = "kube-scheduler"
SPREAD = REPOSITORY / "selftest" / "spread.yaml"


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """One node with an older kubelet, a scheduler that the user has built, a feature gate and flags."""
    own = tmp_path_factory.mktemp("own") / "my-scheduler"
    shutil.copy(build.programs(DEFAULT_VERSION)[OWN], own)
    command("down", "--name", MIXED)
    flags = ("kube-apiserver=--max-requests-inflight=123", "kube-apiserver=--v=1", "etcd=--max-snapshots=4")
    brought = command("up", "--name", MIXED, f"--component-version=kubelet={OLDER}", f"--binary={OWN}={own}",
                      "--feature-gates=MaxUnavailableStatefulSet=false",
                      *(f"--component-flag={flag}" for flag in flags))  # fmt: skip
    assert brought.returncode == 0, brought.stderr
    yield embedded.Cluster(MIXED)
    command("down", "--name", MIXED)


def arguments(cluster, component):
    """The command line by which a component runs, beside the shell that keeps it running."""
    lines = [Path(f"/proc/{process}/cmdline").read_text().split("\0") for process in (cluster.group / component).pids()]
    (found,) = (line for line in lines if line[0] != "sh")
    return found


def test_the_kubelet_is_of_the_release_that_was_said(mixed):
    info = json.loads(mixed.kubectl()("get", "node", "node-1", "--output=json"))["status"]["nodeInfo"]
    assert info["kubeletVersion"] == OLDER
    assert json.loads(mixed.kubectl()("version", "--output=json"))["serverVersion"]["gitVersion"] == DEFAULT_VERSION


def test_the_users_own_build_is_what_runs(mixed):
    assert arguments(mixed, OWN)[0] == str(mixed.folder / "binaries" / OWN)
    assert "own kube-scheduler" in command("status", "--name", MIXED).stdout


def test_flags_and_feature_gates_reach_the_components(mixed):
    assert {"--max-requests-inflight=123", "--v=1"} <= set(arguments(mixed, "kube-apiserver"))
    assert "--max-snapshots=4" in arguments(mixed, "etcd")
    for component in (
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "node-1/kubelet",
        "node-1/kube-proxy",
    ):
        assert "--feature-gates=MaxUnavailableStatefulSet=false" in arguments(mixed, component)
    metrics = mixed.kubectl()("get", "--raw=/metrics").splitlines()
    assert 'kubernetes_feature_enabled{name="MaxUnavailableStatefulSet",stage="BETA"} 0' in metrics


def test_it_is_found_up_with_and_without_the_words_that_made_it(mixed):
    assert command("up", "--name", MIXED).stdout == f"{mixed.kubeconfig}\n"
    assert "is there already as Kubernetes" in refused_in_one_line("up", "--name", MIXED, "--nodes=2")
    assert mixed.healthy()


def test_two_clusters_stand_side_by_side_and_know_nothing_of_each_other(mixed):
    other = embedded.up("beside")
    try:
        assert other.healthy()
        other.kubectl()("create", "namespace", "only-here")
        assert "only-here" not in mixed.kubectl()("get", "namespaces", "--output=name")
        assert not set(other.group.pids()) & set(mixed.group.pids())
        addresses = '--output=jsonpath={.items[*].status.addresses[?(@.type=="InternalIP")].address}'
        assert other.kubectl()("get", "nodes", addresses) == mixed.kubectl()("get", "nodes", addresses)
    finally:
        command("down", "--name", "beside")
    assert mixed.healthy()


def test_where_it_may_a_node_pulls_what_it_lacks(tmp_path):
    saved = images.made({"any:1": images.SERVING}, build.programs(DEFAULT_VERSION)["agnhost"])
    layout = oci_layout(saved, tmp_path / "layout", "any:1")
    command("down", "--name", "online")
    assert command("up", "--name", "online", "--pull").returncode == 0
    cluster = embedded.Cluster("online")
    try:
        with registry(layout) as port:
            mirror = cluster.nodes()[0].configuration / "certs.d" / "registry.invalid"
            mirror.mkdir()
            # An address of loopback would be asked without the proxy, from the node; this one leads there from the host.
            (mirror / "hosts.toml").write_text(f'server = "http://0.0.0.0:{port}"\n')
            kubectl = cluster.kubectl()
            kubectl("run", "pulled", "--image=registry.invalid/any:1", "--image-pull-policy=Always", "--", "netexec")
            kubectl("wait", "--for=condition=Ready", "--timeout=60s", "pod/pulled")
    finally:
        command("down", "--name", "online")


def test_a_host_without_loop_devices_has_folders_for_disks(monkeypatch):
    monkeypatch.setattr(node, "_has_loop_devices", lambda: False)
    command("down", "--name", "folders")
    cluster = embedded.up("folders")
    try:
        assert not (cluster.folder / "node-1" / "disk.img").exists()
        kubectl = cluster.kubectl()
        kubectl("apply", f"--filename={SPREAD}")
        kubectl("scale", "statefulset/web", "--replicas=1")
        kubectl("wait", "--for=jsonpath={.status.readyReplicas}=1", "--timeout=90s", "statefulset/web")
        kubectl("exec", "web-0", "--", "sh", "-c", "hostname > /data/name")
        for fault in ("fill-disk", "slow-disk"):
            assert "node-1 has no disk of its own, since this host has no loop devices" in refused_in_one_line(
                fault, "node-1", "--name", "folders"
            )
        with embedded.during(faults.kill, cluster, "node-1"):
            assert list((cluster.folder / "node-1" / "disk").rglob("name"))
        embedded.mend(cluster)
    finally:
        command("down", "--name", "folders")


def test_a_flag_that_no_component_knows_is_told_with_its_words():
    for component in ("kube-apiserver", "kube-scheduler", "kubelet"):
        said = command("up", "--name", "flagged", f"--component-flag={component}=--no-such-flag")
        assert said.returncode == 1
        assert "has ended" in said.stderr
        assert "unknown flag: --no-such-flag" in said.stderr
        assert command("status", "--name", "flagged").stdout == "no cluster\n"


@pytest.fixture(scope="module")
def moved():
    """Three nodes of an older release, with a pod on each that has written its name into its claim."""
    command("down", "--name", MOVED)
    cluster = embedded.up(MOVED, embedded.specify(OLDER, 3))
    kubectl = cluster.kubectl()
    kubectl("apply", f"--filename={SPREAD}")
    kubectl("rollout", "status", "statefulset/web", "--timeout=90s")
    for pod in PODS:
        kubectl("exec", pod, "--", "sh", "-c", "hostname > /data/name; sync")
    yield cluster
    command("down", "--name", MOVED)


def pods(cluster):
    """What tells a pod from another, and a container from one that was started again: by name."""
    listed = json.loads(cluster.kubectl()("get", "pods", "--selector=app=web", "--output=json"))["items"]
    return {
        one["metadata"]["name"]: (one["metadata"]["uid"], one["status"]["containerStatuses"][0].get("containerID"))
        for one in listed
    }


def versions(cluster):
    """The release of the API server, and of each kubelet."""
    kubectl = cluster.kubectl()
    server = json.loads(kubectl("version", "--output=json"))["serverVersion"]["gitVersion"]
    return server, kubectl("get", "nodes", "--output=jsonpath={.items[*].status.nodeInfo.kubeletVersion}").split()


def test_an_upgrade_that_is_not_supported_is_refused_before_anything_is_done(moved):
    before = moved.specification
    for words, says in (
        (["--to=v1.36.3", "--only=node-8"], "--only: 'node-8' is none of kube-apiserver"),
        (["--to=v1.37.2", "--only=node-1"], "kubelet of node-1 v1.37.2 would be newer than the API server v1.36.3"),
        (["--to=latest"], "'latest' is not a release"),
        (["--to=v1.34.4", "--only=kube-apiserver"], "would be newer than the API server v1.34.4"),
    ):
        assert says in refused_in_one_line("upgrade", "--name", MOVED, *words)
    assert moved.specification == before
    assert versions(moved) == (OLDER, [OLDER] * 3)


def test_the_control_plane_goes_up_and_down_again_and_no_pod_notices(moved):
    before = pods(moved)
    for only in ("kube-apiserver", "kube-controller-manager", "kube-scheduler"):
        assert command("upgrade", "--name", MOVED, f"--to={DEFAULT_VERSION}", "--only", only).returncode == 0
    assert versions(moved) == (DEFAULT_VERSION, [OLDER] * 3)
    back = command("upgrade", "--name", MOVED, f"--to={OLDER}")
    assert back.returncode == 0, back.stderr
    assert versions(moved) == (OLDER, [OLDER] * 3)
    assert moved.specification == embedded.specify(OLDER, 3)
    assert pods(moved) == before


def broken_off(monkeypatch, cluster, at):
    """An upgrade that ends, as if it were killed, when this component is stopped and not yet started."""
    start = lifecycle.start

    def killed(cluster_, component, specification=None):
        if component == at:
            raise Killed
        start(cluster_, component, specification)

    with monkeypatch.context() as patch:
        patch.setattr(lifecycle, "start", killed)
        with pytest.raises(Killed):
            embedded.upgrade(cluster, DEFAULT_VERSION)
    assert cluster.components()[at] == GONE


def test_an_upgrade_that_was_broken_off_in_the_control_plane_goes_on(moved, monkeypatch):
    broken_off(monkeypatch, moved, "kube-controller-manager")
    assert moved.specification.versions == {
        "kube-apiserver": DEFAULT_VERSION, "kube-controller-manager": OLDER, "kube-scheduler": OLDER,
    }  # fmt: skip
    gone_back = command("upgrade", "--name", MOVED, f"--to={OLDER}")
    assert gone_back.returncode == 0, gone_back.stderr
    assert versions(moved) == (OLDER, [OLDER] * 3)


def test_an_upgrade_that_was_killed_while_the_api_server_ends_goes_on(moved):
    move = [sys.executable, "-m", "fixtures.embedded", "upgrade", "--name", MOVED, f"--to={DEFAULT_VERSION}"]
    for number in (signal.SIGINT, signal.SIGKILL):
        with subprocess.Popen([*move, "--only=kube-apiserver"], cwd=REPOSITORY) as process:
            deadline = time.monotonic() + 60
            # The shell that keeps it goes at once, the API server itself takes its time.
            while moved.machine.kept("kube-apiserver"):
                assert time.monotonic() < deadline
                time.sleep(0.01)
            process.send_signal(number)
        done = command(*move[3:], "--only=kube-apiserver")
        assert done.returncode == 0, done.stderr
        assert versions(moved)[0] == DEFAULT_VERSION
        assert command("upgrade", "--name", MOVED, f"--to={OLDER}").returncode == 0


def test_an_upgrade_takes_every_node_and_keeps_every_pods_data(moved):
    before = pods(moved)
    done = command("upgrade", "--name", MOVED, f"--to={DEFAULT_VERSION}")
    assert done.returncode == 0, done.stderr
    steps = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "node-1", "node-2", "node-3")
    announced = [
        line.partition("] ")[2].split()[0] for line in done.stderr.splitlines() if f" to {DEFAULT_VERSION}" in line
    ]
    assert tuple(dict.fromkeys(announced)) == steps
    assert versions(moved) == (DEFAULT_VERSION, [DEFAULT_VERSION] * 3)
    moved.kubectl()("rollout", "status", "statefulset/web", "--timeout=90s")
    after = pods(moved)
    assert set(after) == set(PODS)
    assert not {uid for uid, _ in before.values()} & {uid for uid, _ in after.values()}
    for pod in PODS:
        assert moved.kubectl()("exec", pod, "--", "cat", "/data/name").strip() == pod
    unschedulable = (
        "--output=jsonpath={.items[*].spec.unschedulable}{.items[*].metadata.annotations.embedded\\.invalid/upgrading}"
    )
    assert moved.kubectl()("get", "nodes", unschedulable) == ""
    again = command("upgrade", "--name", MOVED, f"--to={DEFAULT_VERSION}")
    assert (again.returncode, "there was nothing to do" in again.stderr) == (0, True)


@pytest.fixture
def between():
    """One node of the older release, under a control plane that is of the newer one."""
    command("down", "--name", "between")
    yield embedded.up("between", embedded.specify(component_versions={"kubelet": OLDER, "kube-proxy": OLDER}))
    command("down", "--name", "between")


def test_an_upgrade_that_was_broken_off_in_a_node_goes_on_and_leaves_it_in_use(between, monkeypatch):
    broken_off(monkeypatch, between, "node-1/kubelet")
    assert between.kubectl()("get", "node", "node-1", "--output=jsonpath={.spec.unschedulable}") == "true"
    done = command("upgrade", "--name", "between", f"--to={DEFAULT_VERSION}")
    assert done.returncode == 0, done.stderr
    assert versions(between) == (DEFAULT_VERSION, [DEFAULT_VERSION])
    assert between.kubectl()("get", "node", "node-1", "--output=jsonpath={.spec.unschedulable}") == ""


def test_a_kubelet_does_not_go_back(moved):
    assert "cannot go back to an older kubelet" in refused_in_one_line(
        "upgrade", "--name", MOVED, f"--to={OLDER}", "--only=node-1"
    )
