"""The embedded cluster by itself: up, found up, mended, down; and what is left of it, which is nothing.

Method: a cluster of its own name is brought up from the command line. What the host has (interfaces, routes, firewall,
mounts, kernel settings) is compared before and after; processes, cgroups and files are looked for by the cluster's name.
"""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fixtures import embedded
from fixtures.cluster import ClusterError
from fixtures.embedded import cgroups
from fixtures.embedded.cluster import STATE
from fixtures.embedded.node import WANTED_BY_KUBELET
from fixtures.providers import PROVIDERS, Wanted
from selftest.embedded_commands import command
from selftest.fake_suite import REPOSITORY

NAME = "alone"
SETTINGS = (*WANTED_BY_KUBELET, "net/ipv4/ip_forward", "net/netfilter/nf_conntrack_max", "kernel/hostname")
LONGEST_MOMENT = 25.0  # seconds: a run of the scenarios below takes longer


def printed(*arguments):
    return subprocess.run(arguments, capture_output=True, text=True, check=True).stdout


def the_host():
    """What a cluster must leave as it was."""
    settings = {name: Path("/proc/sys", name).read_text() for name in SETTINGS if Path("/proc/sys", name).exists()}
    return {
        "interfaces": [one["ifname"] for one in json.loads(printed("ip", "-json", "link"))],
        "namespaces": printed("ip", "netns", "list"),
        "routes": printed("ip", "route", "show", "table", "all"),
        "rules": printed("ip", "rule"),
        "firewall": printed("nft", "list", "ruleset"),
        "mounts": sorted(line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()),
        "settings": settings,
    }


def left_of(name):
    """What is still there of a cluster: processes, cgroups, files, disks."""
    group = f"{cgroups.ROOT}/{name}"
    processes = []
    for status in Path("/proc").glob("[0-9]*/cgroup"):
        try:
            if f"/{group}/" in status.read_text() or str(STATE / name) in Path(status.parent, "cmdline").read_text():
                processes.append(status.parent.name)
        except (FileNotFoundError, ProcessLookupError):
            continue
    places = (Path("/sys/fs/cgroup", hierarchy, group) for hierarchy in ("", *os.listdir("/sys/fs/cgroup")))
    folders = [str(path) for path in places if path.exists()]
    files = [str(STATE / name)] if (STATE / name).exists() else []
    disks = [line for line in printed("losetup", "--all").splitlines() if str(STATE / name) in line]
    return processes + folders + files + disks


@pytest.fixture(scope="module")
def before():
    """The host before this file's cluster is there."""
    command("down", "--name", NAME)
    return the_host()


@pytest.fixture(scope="module")
def alone(before):
    """A cluster brought up from the command line: what that printed."""
    yield command("up", "--name", NAME)
    command("down", "--name", NAME)


def described():
    return next((one for one in json.loads(command("status", "--json").stdout) if one["name"] == NAME), None)


def test_up_ends_with_the_path_of_the_kubeconfig(alone):
    assert alone.returncode == 0, alone.stderr
    path = Path(alone.stdout.strip())
    assert path == embedded.Cluster(NAME).kubeconfig
    assert path.stat().st_mode & 0o777 == 0o600
    assert "control plane" in alone.stderr


def test_status_names_what_runs_and_where_the_logs_are(alone):
    told = described()
    assert told["state"] == "healthy"
    assert told["gone"] == []
    logs = {path.stem for path in Path(told["logs"]).iterdir()}
    assert {component.replace("/", "-") for component in told["running"]} <= logs
    assert f"{NAME}: healthy, Kubernetes v1.37.2" in command("status").stdout


def test_up_again_finds_it_up(alone):
    components = embedded.Cluster(NAME).group.pids()
    again = command("up", "--name", NAME)
    assert (again.returncode, again.stdout) == (0, alone.stdout)
    assert "is up already" in again.stderr
    assert set(components) & set(embedded.Cluster(NAME).group.pids())


def test_of_two_that_bring_it_up_at_once_one_waits_and_finds_it_up(before):
    """Else a run that comes a moment later takes away the cluster that the first has begun to use."""
    name, command_line = "twice", [sys.executable, "-m", "fixtures.embedded", "up", "--name=twice"]
    both = [subprocess.Popen(command_line, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(2)]  # fmt: skip
    said = [one.communicate(timeout=300)[1] for one in both]
    command("down", "--name", name)
    assert [one.returncode for one in both] == [0, 0], said
    assert sum("is up already" in one for one in said) == 1, said
    assert sum("starting cluster" in one for one in said) == 1, said


def test_a_cluster_that_is_well_is_not_replaced_by_another_release(alone):
    refused = command("up", "--name", NAME, "--kubernetes-version", "v1.36.3")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        f"embedded: cluster {NAME} is there already as Kubernetes v1.37.2, 1 node(s), and differs in versions, nodes: take it "
        "down first, or choose another --name\n"
    )
    assert described()["state"] == "healthy"


def test_the_host_is_as_it_was_while_it_runs(before, alone):
    assert the_host() == before


def test_nodes_have_no_way_out(alone):
    node = embedded.Cluster(NAME).machine.group / "node-1"
    routes = printed("nsenter", f"--target={node.pids()[0]}", "--net", "ip", "-json", "route", "get", "192.0.2.1")
    assert json.loads(routes)[0]["gateway"] == "10.10.0.1"
    hub = embedded.Cluster(NAME).machine.init()
    refused = subprocess.run(["nsenter", f"--target={hub}", "--net", "ip", "route", "get", "192.0.2.1"],
                             capture_output=True, text=True, check=False)  # fmt: skip
    assert "unreachable" in refused.stderr


def test_down_leaves_nothing_and_twice_is_no_error(before, alone):
    for said in ("", f"embedded: there is no cluster {NAME}\n"):
        ended = command("down", "--name", NAME)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", said)
        assert left_of(NAME) == []
    assert the_host() == before
    assert described() is None


def test_a_run_killed_at_any_moment_leaves_nothing_that_down_does_not_remove(before, pytestconfig, tmp_path):
    scenarios = ["conformance/test_updates.py", "conformance/test_network.py"]
    run = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--cluster-name={NAME}", "-n2",
           f"--report-dir={tmp_path}/report", *scenarios]  # fmt: skip
    for number in range(pytestconfig.option.kills):
        moment = random.uniform(0.5, LONGEST_MOMENT)
        process = subprocess.Popen(run, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   start_new_session=True)  # fmt: skip
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        print(f"kill {number + 1} after {moment:.1f} s, exit code {process.returncode}")
        _until_no_process_of(process.pid)
        ended = command("down", "--name", NAME)
        assert ended.returncode == 0, f"after {moment:.1f} s: {ended.stderr}"
        assert left_of(NAME) == [], f"after {moment:.1f} s"
        assert the_host() == before, f"after {moment:.1f} s"
    after = subprocess.run(run, cwd=REPOSITORY, capture_output=True, text=True, timeout=300, check=False)
    assert "Partial: nothing is violated" in after.stdout, after.stdout
    assert left_of(NAME) == []


def test_a_run_keeps_what_it_is_told_to_keep_and_refuses_what_is_another_than_wanted():
    provide = PROVIDERS["embedded"]
    try:
        with provide(Wanted(name=NAME, nodes=1, keep=True)) as kept:
            assert (kept.ephemeral, kept.ends_with_runs) == (False, False)
        with pytest.raises(ClusterError, match=r"is there already as Kubernetes v\S+, 1 node\(s\): take it down first"):
            provide(Wanted(name=NAME, nodes=2)).__enter__()
        with provide(Wanted(name=NAME)) as found:
            assert (found.ephemeral, found.ends_with_runs) == (False, False)
        assert described() is not None
    finally:
        embedded.down(NAME)
    with provide(Wanted(name=NAME, nodes=1)) as brought_up:
        assert (brought_up.ephemeral, brought_up.ends_with_runs) == (True, True)
    assert left_of(NAME) == []


def _until_no_process_of(session):
    """The workers of a killed run notice that by themselves; a session's processes are found by its id."""
    deadline = time.monotonic() + 60
    while subprocess.run(["pgrep", "--session", str(session)], stdout=subprocess.DEVNULL, check=False).returncode == 0:
        assert time.monotonic() < deadline, printed("ps", "-o", "pid,args", "--sid", str(session))
        time.sleep(0.2)
