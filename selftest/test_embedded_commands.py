"""What the embedded cluster's commands refuse before they do anything: one sentence, exit code 1, or 2 for what cannot be read.

Method: each command runs in a process of its own; no cluster is there, and none is made.
"""

import pytest

from selftest.embedded_commands import command, refused_in_one_line

NONE = "--name=no-such-cluster"


@pytest.mark.parametrize(
    "verb",
    [
        ["upgrade", "--to=v1.37.2"],
        ["add-node"],
        ["remove-node", "node-1"],
        ["load", "/dev/null"],
        ["upstream"],
        ["kill", "etcd"],
        ["pause", "node-1", "--for=1"],
        ["start", "node-1/kubelet"],
        ["cut", "node-1"],
        ["refuse-api"],
        ["restore-api"],
        ["fill-disk", "node-1"],
        ["slow-disk", "node-1"],
        ["leader"],
        ["change-leader"],
    ],
    ids=" ".join,
)
def test_a_cluster_that_is_not_there_is_named(verb):
    said = refused_in_one_line(*verb, NONE)
    assert said == ("embedded: there is no cluster no-such-cluster: bring it up with `up --name no-such-cluster`")
    told = command("status", NONE)
    assert (told.returncode, told.stdout) == (1, "no cluster\n")


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (["--nodes=0"], "a cluster has 1 to 5 nodes, not 0"),
        (["--nodes=6"], "a cluster has 1 to 5 nodes, not 6"),
        (["--kubernetes-version=v1.12.1"], "v1.12.1 is too old"),
        (
            ["--component-version=kubelet=v1.38.0"],
            "kubelet of node-1 v1.38.0 would be newer than the API server v1.37.2",
        ),
        (["--component-version=docker=v1.37.2"], "--component-version: 'docker' is none of"),
        (["--binary=kubelet=/no/such/file"], "--binary: /no/such/file is not a program that can be run"),
        (["--node-label=node-2:disk=ssd"], "--node-label: 'node-2' is none of node-1"),
        (["--node-label=disk=ssd"], "--node-label disk=ssd: must read NODE:LABEL=VALUE, such as node-1:disk=ssd"),
        (["--controller-managers=5"], "a cluster has 1 or 2 controller-managers, not 5"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_what_no_cluster_can_be_is_refused(said, says):
    assert says in refused_in_one_line("up", NONE, *said)


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (["up", "--nodes=many"], "argument --nodes: invalid int value: 'many'"),
        (["up", "--feature-gates=A=yes"], "A=yes must read A=true or A=false"),
        (["up", "--feature-gates=A"], "'A' must read NAME=VALUE"),
        (["up", "--component-flag=etcd"], "'etcd' must read NAME=VALUE"),
        (["upgrade"], "the following arguments are required: --to"),
        (["pause"], "the following arguments are required: target"),
        (["pause", "etcd", "--for=-1"], "must be a number of seconds above 0"),
        (["slow-disk", "node-1", "--bytes-per-second=0"], "must be a whole number above 0"),
        (["fill-disk", "node-1", "--leave=-5"], "must be a whole number, 0 or more"),
        (["frobnicate"], "invalid choice: 'frobnicate'"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_what_cannot_be_read_is_told_with_the_usage(said, says):
    done = command(*said)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr.splitlines()[-1]
