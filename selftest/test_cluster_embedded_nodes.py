"""Three nodes of the embedded cluster: one network, one DNS, nodes and images that come while it runs, and every fault.

Method: one cluster for the file, with a StatefulSet of one pod on each node, whose claim holds the pod's name. Faults are done
from Python or from the command line and looked at from inside pods, from the API server and from the cgroups.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tarfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fixtures import embedded
from fixtures.embedded import build, faults, images
from fixtures.embedded.cluster import GONE, PAUSED, RUNNING
from fixtures.embedded.specification import ZONE
from selftest.embedded_commands import command, refused_in_one_line
from selftest.fake_suite import REPOSITORY
from selftest.images import oci_layout

NAME = "three"
SPREAD = REPOSITORY / "selftest" / "spread.yaml"
PODS = ("web-0", "web-1", "web-2")
COMPONENTS = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "coredns",
    "forward",
    "node-2/containerd",
    "node-2/kubelet",
    "node-2/kube-proxy",
    "node-2/volume-provisioner",
)


@pytest.fixture(scope="module")
def three():
    """Three nodes in two zones, two controller-managers, and a pod on each node with its name in its claim."""
    command("down", "--name", NAME)
    embedded.up(NAME, embedded.specify(nodes=3, zones=["east", "west"], controller_managers=2,
                                       node_labels={"node-2": {"disk": "ssd"}}))  # fmt: skip
    cluster = embedded.Cluster(NAME)
    kubectl = cluster.kubectl()
    kubectl("apply", f"--filename={SPREAD}")
    kubectl("rollout", "status", "statefulset/web", "--timeout=90s")
    for pod in PODS:
        inside(cluster, pod, "sh", "-c", "hostname > /data/name; sync")
    yield cluster
    command("down", "--name", NAME)


def inside(cluster, pod, *arguments):
    """What a command prints inside a pod; raises EmbeddedError where it fails."""
    return cluster.kubectl()("exec", pod, "--", *arguments)


def field(cluster, resource, path):
    return cluster.kubectl()("get", resource, f"--output=jsonpath={{{path}}}")


def address(cluster, pod):
    return field(cluster, f"pod/{pod}", ".status.podIP")


def node_of(cluster, pod):
    return field(cluster, f"pod/{pod}", ".spec.nodeName")


def fetched(cluster, pod, url):
    return inside(cluster, pod, "timeout", "3", "wget", "-q", "-O", "-", url)


def whole(cluster):
    """That every component runs, and each claim, asked in a container that runs by now, still holds its pod's name."""
    assert cluster.healthy(), cluster.components()
    return [_as_soon_as_it_runs(cluster, pod, "cat", "/data/name").strip() for pod in PODS] == list(PODS)


def _as_soon_as_it_runs(cluster, pod, *asking):
    """The kubelet of a node that was lost tells only later that the pods which it had are to be started again."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return inside(cluster, pod, *asking)
        except embedded.EmbeddedError:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_each_node_is_ready_with_its_labels(three):
    nodes = {
        one["metadata"]["name"]: one for one in json.loads(three.kubectl()("get", "nodes", "--output=json"))["items"]
    }
    assert {name: node["metadata"]["labels"][ZONE] for name, node in nodes.items()} == {
        "node-1": "east", "node-2": "west", "node-3": "east",
    }  # fmt: skip
    assert {name: node["metadata"]["labels"].get("disk") for name, node in nodes.items()}["node-2"] == "ssd"
    assert {node_of(three, pod) for pod in PODS} == set(nodes)


def test_pods_reach_each_other_across_nodes_by_address_name_and_service(three):
    for asking in PODS:
        for asked in PODS:
            assert fetched(three, asking, f"http://{address(three, asked)}:8080/hostname") == asked
            assert fetched(three, asking, f"http://{asked}.web.default.svc.cluster.local:8080/hostname") == asked
        assert fetched(three, asking, "http://balanced/hostname") in PODS


def test_kubectl_logs_cp_and_port_forward_work(three, tmp_path):
    kubectl = three.kubectl()
    for pod in PODS:
        assert "Started HTTP server" in kubectl("logs", pod)
    (tmp_path / "there").write_text("and back")
    kubectl("cp", str(tmp_path / "there"), "web-1:/data/copied")
    kubectl("cp", "web-1:/data/copied", str(tmp_path / "back"))
    assert (tmp_path / "back").read_text() == "and back"
    with kubectl.watching("port-forward", "--address=127.0.0.1", "pod/web-2", ":8080") as lines:
        port = int(next(lines).split(" -> ")[0].rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(b"GET /hostname HTTP/1.0\r\n\r\n")
            assert connection.makefile().read().endswith("web-2")


def test_a_pod_of_any_user_under_the_restricted_standard_runs_the_test_image(three):
    kubectl = three.kubectl()
    kubectl("create", "namespace", "restricted")
    kubectl("label", "namespace", "restricted", "pod-security.kubernetes.io/enforce=restricted")
    secured = {"runAsNonRoot": True, "runAsUser": 31415, "allowPrivilegeEscalation": False,
               "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}}  # fmt: skip
    asking = ["sh", "-c", "id -u; nslookup -type=a kubernetes.default.svc.cluster.local"]
    container = {"name": "any", "image": images.AGNHOST, "securityContext": secured, "command": asking}
    overrides = {"spec": {"containers": [container]}}
    kubectl("run", "any", "--namespace=restricted", f"--image={images.AGNHOST}", "--restart=Never",
            f"--overrides={json.dumps(overrides)}")  # fmt: skip
    kubectl("wait", "--namespace=restricted", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=30s", "pod/any")
    said = kubectl("logs", "--namespace=restricted", "any")
    assert said.startswith("31415\n")
    assert "Name:\tkubernetes.default.svc.cluster.local" in said
    kubectl("delete", "namespace", "restricted", "--wait=false")


def test_images_are_loaded_from_archives_and_folders(three, tmp_path):
    saved = images.made(
        {"example.invalid/saved:1": images.SERVING}, build.programs(three.specified().kubernetes_version)["agnhost"]
    )
    layout = oci_layout(saved, tmp_path / "oci", "example.invalid/layout:1")
    folder = tmp_path / "folder"
    folder.mkdir()
    with tarfile.open(folder / "layout.tar.gz", "w:gz") as tar:
        tar.add(layout, arcname=".")
    for path, image in (
        (saved, "example.invalid/saved:1"),
        (layout, "example.invalid/layout:1"),
        (folder, "example.invalid/layout:1"),
    ):
        loaded = command("load", str(path), "--name", NAME)
        assert (loaded.returncode, loaded.stdout) == (0, f"{image}\n"), loaded.stderr
    everywhere = [(image, node) for image in ("saved", "layout") for node in ("node-1", "node-2", "node-3")]
    with ThreadPoolExecutor(max_workers=len(everywhere)) as together:
        assert all(together.map(lambda one: _runs(three, *one), everywhere))


def _runs(cluster, image, node):
    """Whether a pod of this image, which nobody can pull, comes to run on this node."""
    kubectl, name = cluster.kubectl(), f"runs-{image}-{node}"
    placed = ("--restart=Never", f"--overrides={json.dumps({'spec': {'nodeName': node}})}")
    where = (f"--image=example.invalid/{image}:1", "--image-pull-policy=Never")
    kubectl("run", name, *where, *placed, "--", "netexec")
    kubectl("wait", "--for=condition=Ready", "--timeout=60s", f"pod/{name}")
    kubectl("delete", "pod", name, "--now")
    return True


def test_what_is_no_image_is_refused_and_nothing_is_kept(three, tmp_path):
    before = sorted(three.images.iterdir())
    (tmp_path / "text").write_text("no tar")
    with tarfile.open(tmp_path / "other.tar", "w") as tar:
        tar.add(tmp_path / "text", arcname="text")
    (tmp_path / "empty").mkdir()
    for name, says in (("text", "cannot be read as an image archive"), ("other.tar", "is no image archive: neither"),
                       ("empty", "is empty"), ("missing", "cannot be read")):  # fmt: skip
        assert says in refused_in_one_line("load", str(tmp_path / name), "--name", NAME)
    assert sorted(three.images.iterdir()) == before


def test_a_node_comes_with_the_images_and_goes(three):
    added = command("add-node", "--name", NAME, "--zone", "north", "--label", "disk=slow")
    assert (added.returncode, added.stdout) == (0, "node-4\n"), added.stderr
    assert field(three, "node/node-4", ".metadata.labels.disk") == "slow"
    assert field(three, "node/node-4", f".metadata.labels.{ZONE.replace('.', chr(92) + '.')}") == "north"
    assert _runs(three, "saved", "node-4")
    assert "node-9" in refused_in_one_line("remove-node", "node-9", "--name", NAME)
    with embedded.during(faults.kill, three, "kube-apiserver"):
        for verb in (["add-node"], ["remove-node", "node-4"]):
            assert "the API server does not answer" in refused_in_one_line(*verb, "--name", NAME)
    embedded.mend(three)
    removed = command("remove-node", "node-4", "--name", NAME)
    assert removed.returncode == 0, removed.stderr
    assert "node-4" not in three.kubectl()("get", "nodes", "--output=name")
    assert not (three.folder / "node-4").exists()
    assert not (three.group / "node-4").home.exists()
    assert whole(three)


def test_two_nodes_that_come_at_once_are_two_and_go_like_machines_that_are_lost(three):
    add = [sys.executable, "-m", "fixtures.embedded", "add-node", "--name", NAME]
    both = [
        subprocess.Popen(add, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    # A number that node-4 had before them is not given again: volumes know their node by its name.
    assert {one.communicate(timeout=120)[0] for one in both} == {"node-5\n", "node-6\n"}
    assert "at most 5 nodes" in refused_in_one_line("add-node", "--name", NAME)
    for node in ("node-5", "node-6"):
        assert command("remove-node", node, "--lost", "--name", NAME).returncode == 0
    assert three.kubectl()("get", "nodes", "--output=name").split() == ["node/node-1", "node/node-2", "node/node-3"]
    assert whole(three)


def test_a_node_whose_coming_was_broken_off_is_removed_by_up(three):
    with subprocess.Popen(
        [sys.executable, "-m", "fixtures.embedded", "add-node", "--name", NAME], cwd=REPOSITORY
    ) as process:
        deadline = time.monotonic() + 60
        while not (three.group / "node-7" / "kubelet").pids():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.kill()
    mended = command("up", "--name", NAME)
    assert mended.returncode == 0, mended.stderr
    assert "node-7 is not a node of the cluster, and removed" in mended.stderr
    assert not (three.group / "node-7").home.exists()
    assert not (three.folder / "node-7").exists()
    assert "node-7" not in three.kubectl()("get", "nodes", "--output=name")
    assert whole(three)


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_component_is_killed_and_started(three, component):
    killed = set((three.group / component).pids())
    with embedded.during(faults.kill, three, component):
        assert three.components()[component] == GONE
        assert not killed & set((three.group / component).pids())
        assert set(three.components().values()) == {GONE, RUNNING}
    assert three.components()[component] == RUNNING
    embedded.mend(three)
    assert whole(three)


@pytest.mark.parametrize("component", ["kube-scheduler", "node-2/kubelet"])
def test_a_component_is_stopped_and_started(three, component):
    with embedded.during(faults.stop, three, component):
        assert three.components()[component] == GONE
    assert three.components()[component] == RUNNING
    embedded.mend(three)
    assert whole(three)


@pytest.mark.parametrize("component", ["kube-scheduler", "node-2/kubelet"])
def test_a_component_that_ends_by_itself_is_started_again(three, component):
    def process():
        found = {Path(f"/proc/{one}/comm"): one for one in (three.group / component).pids()}
        name = component.rpartition("/")[2]
        with contextlib.suppress(FileNotFoundError):
            return next((one for comm, one in found.items() if comm.read_text().strip() == name[:15]), None)

    ended = process()
    os.kill(ended, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while process() in (ended, None):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    embedded.mend(three)
    assert whole(three)


def test_a_paused_api_server_answers_nobody_and_goes_on_where_it_was(three):
    process = (three.group / "kube-apiserver").pids()
    with embedded.during(faults.pause, three, "kube-apiserver"):
        assert three.components()["kube-apiserver"] == PAUSED
        assert not three.answers("/livez")
    assert three.answers("/livez")
    assert (three.group / "kube-apiserver").pids() == process


def test_pods_go_on_while_their_kubelet_and_containerd_are_gone(three):
    pod = next(pod for pod in PODS if node_of(three, pod) == "node-2")
    other = next(one for one in PODS if one != pod)
    started = field(three, f"pod/{pod}", ".status.containerStatuses[0].state.running.startedAt")
    with (
        embedded.during(faults.kill, three, "node-2/kubelet"),
        embedded.during(faults.kill, three, "node-2/containerd"),
    ):
        assert fetched(three, other, f"http://{address(three, pod)}:8080/hostname") == pod
    embedded.mend(three)
    assert field(three, f"pod/{pod}", ".status.containerStatuses[0].state.running.startedAt") == started


def test_a_killed_node_loses_its_pods_and_keeps_its_disk(three):
    pod = next(pod for pod in PODS if node_of(three, pod) == "node-3")
    uid = field(three, f"pod/{pod}", ".metadata.uid")
    restarts = int(field(three, f"pod/{pod}", ".status.containerStatuses[0].restartCount"))
    with embedded.during(faults.kill, three, "node-3"):
        assert (three.group / "node-3").pids() == []
    three.kubectl()("wait", f"--for=jsonpath={{.status.containerStatuses[0].restartCount}}={restarts + 1}",
                    "--timeout=60s", f"pod/{pod}")  # fmt: skip
    embedded.mend(three)
    assert field(three, f"pod/{pod}", ".metadata.uid") == uid
    assert whole(three)


def test_a_fault_within_another_ends_alone(three):
    with embedded.during(faults.pause, three, "node-2/kubelet"):
        with embedded.during(faults.pause, three, "node-2"):
            assert three.components()["node-2/kube-proxy"] == PAUSED
        assert three.components()["node-2/kube-proxy"] == RUNNING
        assert three.components()["node-2/kubelet"] == PAUSED
        with embedded.during(faults.cut, three, "node-2"):
            faults.kill(three, "node-2/kube-proxy")
            faults.start(three, "node-2")
            assert "state DOWN" in three.machine.run(["ip", "link", "show", "node-2"], "--net")
    assert three.components()["node-2/kubelet"] == RUNNING
    embedded.mend(three)
    assert whole(three)


def test_a_paused_node_holds_its_pods_too(three):
    pod = next(pod for pod in PODS if node_of(three, pod) == "node-3")
    asking = next(one for one in PODS if one != pod)
    url = f"http://{address(three, pod)}:8080/hostname"
    with embedded.during(faults.pause, three, "node-3"), pytest.raises(embedded.EmbeddedError):
        fetched(three, asking, url)
    assert fetched(three, asking, url) == pod


def test_a_node_is_cut_off_and_its_own_pods_still_reach_themselves(three):
    pod = next(pod for pod in PODS if node_of(three, pod) == "node-3")
    asking = next(one for one in PODS if one != pod)
    url = f"http://{address(three, pod)}:8080/hostname"
    (node,) = (one for one in three.nodes() if one.name == "node-3")
    with embedded.during(faults.cut, three, "node-3"):
        with pytest.raises(embedded.EmbeddedError):
            fetched(three, asking, url)
        assert node.machine.run(["busybox", "wget", "-q", "-O", "-", url], "--net") == pod
    assert fetched(three, asking, url) == pod


def test_the_api_server_is_unreachable_from_within_and_without(three):
    (node,) = (one for one in three.nodes() if one.name == "node-1")
    as_the_kubelet = f"--kubeconfig={node.configuration / 'kubelet.conf'}"
    asking = [*node.machine.entering("--net"), str(three.kubectl().program), as_the_kubelet, "--request-timeout=2s", "get",
              "--raw=/livez"]  # fmt: skip
    assert node.machine.succeeds(asking)
    with embedded.during(faults.refuse_api, three):
        assert not node.machine.succeeds(asking)
        assert not three.answers("/livez")
    assert node.machine.succeeds(asking)
    assert three.answers("/livez")


def test_a_full_disk_takes_nothing_more(three):
    pod = next(pod for pod in PODS if node_of(three, pod) == "node-1")
    writing = ["dd", "if=/dev/zero", "of=/data/more", "bs=1M", "count=8"]
    with embedded.during(faults.fill_disk, three, "node-1"), pytest.raises(embedded.EmbeddedError) as wrong:
        inside(three, pod, *writing)
    assert "No space left on device" in str(wrong.value)
    inside(three, pod, *writing)


def test_a_slow_disk_takes_its_time_over_what_must_be_on_it(three):
    pod = next(pod for pod in PODS if node_of(three, pod) == "node-1")
    writing = ["dd", "if=/dev/zero", "of=/data/more", "bs=1M", "count=4", "conv=fsync"]
    with embedded.during(faults.slow_disk, three, "node-1", bytes_per_second=1_000_000):
        began = time.monotonic()
        inside(three, pod, *writing)
        slowed = time.monotonic() - began
    began = time.monotonic()
    inside(three, pod, *writing)
    assert slowed > 3
    assert slowed > 2 * (time.monotonic() - began)


@pytest.mark.parametrize("way", [faults.kill, faults.pause])
def test_the_leadership_goes_to_the_other_controller_manager(three, way):
    former = faults.leader(three)
    assert faults.change_leader(three, way) != former
    assert faults.leader(three) != former
    assert whole(three)


def test_a_fault_from_the_command_line_ends_with_its_time_or_with_its_command(three):
    pausing = [sys.executable, "-m", "fixtures.embedded", "pause", "node-3/kubelet", "--name", NAME, "--for"]
    subprocess.run([*pausing, "0.1"], cwd=REPOSITORY, check=True)
    assert three.components()["node-3/kubelet"] == RUNNING
    for number in (signal.SIGINT, signal.SIGTERM):
        with subprocess.Popen([*pausing, "600"], cwd=REPOSITORY) as process:
            _until_paused(three, "node-3/kubelet")
            process.send_signal(number)
            assert process.wait(30) == 0
        assert three.components()["node-3/kubelet"] == RUNNING


@pytest.mark.parametrize(
    "fault", [["fill-disk", "node-1"], ["slow-disk", "node-1"], ["cut", "node-2"], ["refuse-api"]], ids=" ".join
)
def test_every_fault_can_have_a_time(three, fault):
    done = command(*fault, "--name", NAME, "--for=0.1")
    assert (done.returncode, done.stderr) == (0, "")
    assert whole(three)


def test_faults_that_nobody_undid_are_undone_by_up(three):
    with subprocess.Popen([sys.executable, "-m", "fixtures.embedded", "pause", "node-3/kubelet", "--for=600", "--name", NAME],
                          cwd=REPOSITORY) as process:  # fmt: skip
        _until_paused(three, "node-3/kubelet")
        process.kill()
    faults.fill_disk(three, "node-1")
    faults.slow_disk(three, "node-1", 1000)
    faults.cut(three, "node-2")
    faults.kill(three, "node-3")
    faults.kill(three, "etcd")
    faults.refuse_api(three)
    told = command("status", "--name", NAME).stdout
    faults_told = {line.split(maxsplit=1)[1] for line in told.splitlines() if line.startswith("  FAULT")}
    assert faults_told == {"fill-disk node-1", "slow-disk node-1", "cut node-2", "refuse-api"}
    assert {"  GONE       node-3/kubelet", "  GONE       etcd"} <= set(told.splitlines())
    assert "not healthy" in told
    mended = command("up", "--name", NAME)
    assert (mended.returncode, mended.stdout) == (0, f"{three.kubeconfig}\n"), mended.stderr
    assert "was mended" in mended.stderr
    assert whole(three)
    pod = next(pod for pod in PODS if node_of(three, pod) == "node-1")
    inside(three, pod, "timeout", "20", "dd", "if=/dev/zero", "of=/data/more", "bs=1M", "count=8", "conv=fsync")


def _until_paused(cluster, component):
    deadline = time.monotonic() + 30
    while cluster.components()[component] != PAUSED:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("verb", "says"),
    [
        (
            ["kill", "kube-proxy"],
            "'kube-proxy' is neither a node nor a component: there are node-1, node-2, node-3, etcd",
        ),
        (["pause", "node-7"], "'node-7' is neither a node nor a component"),
        (["cut", "etcd"], "'etcd' is no node: there are node-1, node-2, node-3"),
        (["fill-disk", "node-0"], "'node-0' is no node"),
    ],
)
def test_a_fault_of_nothing_is_refused_in_one_line(three, verb, says):
    assert says in refused_in_one_line(*verb, "--name", NAME)


def test_the_whole_machine_is_lost_and_comes_back(three):
    with contextlib.suppress(ProcessLookupError):
        (three.group / "init").kill()
    three.group.kill()
    assert command("up", "--name", NAME).returncode == 0
    assert whole(three)
