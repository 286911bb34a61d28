"""What a cluster may be: numbers, names, labels, releases, and how far apart these may lie.

Method: values only. The skews are those of https://kubernetes.io/releases/version-skew-policy/.
"""

import json

import pytest

from fixtures.embedded import EmbeddedError, Specification, specify
from fixtures.embedded.specification import differences, in_order, require_release, require_skew


def refused(**said):
    with pytest.raises(EmbeddedError) as wrong:
        specify(**said)
    return str(wrong.value)


def test_what_was_said_is_what_it_is():
    cluster = specify(
        "v1.36.3",
        3,
        component_versions={"kubelet": "v1.35.4"},
        zones=["a", "b"],
        node_labels={"node-2": {"disk": "ssd"}},
        feature_gates={"MaxUnavailableStatefulSet": True},
        flags=[("kube-apiserver", "--v=2"), ("etcd", "--quota-backend-bytes=1000000000"), ("kube-apiserver", "--vmodule=x=4")],
    )  # fmt: skip
    assert cluster.kubernetes_version == "v1.36.3"
    assert [node.name for node in cluster.nodes] == ["node-1", "node-2", "node-3"]
    assert [node.labels["topology.kubernetes.io/zone"] for node in cluster.nodes] == ["a", "b", "a"]
    assert [node.labels.get("disk") for node in cluster.nodes] == [None, "ssd", None]
    assert {(node.versions["kubelet"], node.versions["kube-proxy"]) for node in cluster.nodes} == {
        ("v1.35.4", "v1.36.3")
    }
    assert cluster.flags["kube-apiserver"] == ("--v=2", "--vmodule=x=4")
    assert cluster.releases == ("v1.36.3", "v1.35.4")
    assert cluster.described() == "Kubernetes v1.36.3, 3 node(s), kubelets v1.35.4"


def test_it_is_the_same_when_read_back():
    cluster = specify(nodes=2, zones=["a"], flags=[("kubelet", "--v=4")], feature_gates={"A": False})
    assert Specification.from_json(json.loads(json.dumps(cluster.to_json()))) == cluster


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"nodes": 0}, "a cluster has 1 to 5 nodes, not 0"),
        ({"nodes": 6}, "a cluster has 1 to 5 nodes, not 6"),
        ({"controller_managers": 3}, "1 or 2 controller-managers, not 3"),
        ({"component_versions": {"etcd": "v1.36.3"}}, "--component-version: 'etcd' is none of kube-apiserver"),
        ({"flags": [("kubelets", "--v=4")]}, "--component-flag: 'kubelets' is none of"),
        ({"binaries": {"kubelets": "/bin/true"}}, "--binary: 'kubelets' is none of"),
        ({"node_labels": {"node-2": {"a": "b"}}}, "--node-label: 'node-2' is none of node-1"),
        ({"node_labels": {"node-1": {"": "ssd"}}}, "=ssd cannot be a label: it must read NAME=VALUE"),
        ({"node_labels": {"node-1": {"disk": "a b"}}}, "disk=a b cannot be a label"),
        ({"zones": ["a", ""]}, "--zones: a zone has no name"),
        ({"zones": ["a,b"]}, "topology.kubernetes.io/zone=a,b cannot be a label"),
        ({"kubernetes_version": "1.37.2"}, "'1.37.2' is not a release of Kubernetes such as v1.37.2"),
        ({"kubernetes_version": "v1.37"}, "'v1.37' is not a release"),
        ({"kubernetes_version": "v1.32.9"}, "v1.32.9 is too old: releases from v1.33 on can be run here"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(said, says):
    assert says in refused(**said)


def test_a_build_of_ones_own_must_be_a_program(tmp_path):
    (tmp_path / "text").write_text("text")
    for path in (tmp_path / "none", tmp_path / "text", tmp_path):
        assert f"--binary: {path} is not a program that can be run" in refused(binaries={"kubelet": path})


@pytest.mark.parametrize("component", ["kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"])
def test_nothing_is_newer_than_the_api_server(component):
    said = refused(kubernetes_version="v1.36.3", component_versions={component: "v1.37.0"})
    assert f"{component}" in said
    assert "v1.37.0 would be newer than the API server v1.36.3, which is not supported" in said


@pytest.mark.parametrize(
    ("component", "oldest", "too_old"),
    [
        ("kube-controller-manager", "v1.36.3", "v1.35.4"),
        ("kube-scheduler", "v1.36.3", "v1.35.4"),
        ("kubelet", "v1.34.4", "v1.33.13"),
        ("kube-proxy", "v1.34.4", "v1.33.13"),
    ],
)
def test_how_much_older_each_may_be(component, oldest, too_old):
    assert specify("v1.37.2", component_versions={component: oldest}).kubernetes_version == "v1.37.2"
    assert "minor release(s) older than the API server v1.37.2" in refused(component_versions={component: too_old})


def test_patches_do_not_count():
    require_skew(specify("v1.36.0", component_versions={"kubelet": "v1.36.3"}))
    require_release("v1.38.0-alpha.1")


def test_releases_are_compared_by_number_and_a_pre_release_comes_before_its_release():
    ordered = ["v1.36.3", "v1.37.0-alpha.1", "v1.37.0-rc.1", "v1.37.0", "v1.37.2", "v1.37.10"]
    assert sorted(ordered[3:] + ordered[:3], key=in_order) == ordered


def test_in_what_two_clusters_differ_is_named():
    assert differences(specify(nodes=2), specify(feature_gates={"A": True})) == "nodes, feature gates"


def test_a_node_more_has_a_number_that_none_had_before():
    cluster = specify(nodes=3).without_node("node-3")
    assert [node.name for node in cluster.with_node("v1.37.2", {}).nodes] == ["node-1", "node-2", "node-4"]
    assert cluster == specify(nodes=2)
    read = Specification.from_json(json.loads(json.dumps(cluster.to_json())))
    assert read.with_node("v1.37.2", {}).nodes[-1].name == "node-4"
    with pytest.raises(EmbeddedError, match="at most 5 nodes"):
        specify(nodes=5).with_node("v1.37.2", {})


def test_a_step_of_an_upgrade_changes_just_what_it_names():
    before = specify("v1.36.3", 2)
    assert before.with_version("kube-scheduler", "v1.37.2").versions["kube-apiserver"] == "v1.36.3"
    moved = before.with_version("node-2", "v1.37.2")
    assert [node.versions["kubelet"] for node in moved.nodes] == ["v1.36.3", "v1.37.2"]
    assert moved.versions == before.versions
