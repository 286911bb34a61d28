"""What `make kind` is made of, as far as it can be asked without an engine: archives, the runtime, and what counts as left.

Method: files are written and read. Whether kind and Docker take them is seen by `make kind` alone.
"""

import io
import json
import subprocess
import sys
import tarfile

import pytest

from fixtures.providers import Wanted
from fixtures.providers.kind import Kind
from selftest import users_home
from selftest.kind import left, narrow_runtime, upgrade
from selftest.kind.__main__ import CONFIGURATION
from selftest.kind.archives import Image, saved

CAPABILITIES = {
    kind: ["CAP_CHOWN", "CAP_SYS_RESOURCE", "CAP_SYS_ADMIN"] for kind in ("bounding", "effective", "permitted")
}
NARROWED = {kind: ["CAP_CHOWN", "CAP_SYS_ADMIN"] for kind in CAPABILITIES}


@pytest.mark.parametrize(
    ("name", "content", "arguments"),
    [
        (
            "config.json",
            {"process": {"capabilities": CAPABILITIES, "args": ["sh"]}},
            ["create", "--bundle", "{}", "some"],
        ),
        ("config.json", {"process": {"capabilities": CAPABILITIES, "args": ["sh"]}}, ["create", "--bundle={}", "some"]),
        ("process", {"capabilities": CAPABILITIES, "args": ["sh"]}, ["exec", "--process", "{}/process", "some"]),
        ("process", {"args": ["sh"]}, ["exec", "--process", "{}/process", "some"]),
    ],
)
def test_the_runtime_takes_one_capability_away_and_nothing_else(tmp_path, name, content, arguments):
    (tmp_path / name).write_text(json.dumps(content))
    runc = tmp_path / "runc"
    runc.write_text('#!/bin/sh\necho "$@"\n')
    runc.chmod(0o755)
    arguments = ["--root", "/run", *(one.format(tmp_path) for one in arguments)]
    command = [sys.executable, narrow_runtime.__file__, *arguments]
    told = subprocess.run(
        command, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == arguments
    wanted = json.loads(json.dumps(content).replace(json.dumps(CAPABILITIES), json.dumps(NARROWED)))
    assert json.loads((tmp_path / name).read_text()) == wanted


def test_an_archive_says_first_what_is_in_it():
    images = [Image("example.org/a/one:1", [b"x", b"y"]), Image("example.org/two:2", [b"x"], {"Cmd": ["sh"]})]
    with tarfile.open(fileobj=io.BytesIO(saved(images))) as archive:
        names = archive.getnames()
        assert names[0] == "repositories"
        repositories = json.load(archive.extractfile("repositories"))
        assert {f"{name}:{tag}" for name, tags in repositories.items() for tag in tags} == {one.name for one in images}
        manifest = json.load(archive.extractfile("manifest.json"))
        assert [one["RepoTags"] for one in manifest] == [[one.name] for one in images]
        for entry, image in zip(manifest, images, strict=True):
            assert [archive.extractfile(layer).read() for layer in entry["Layers"]] == image.layers
            config = json.load(archive.extractfile(entry["Config"]))
            assert [one.removeprefix("sha256:") for one in config["rootfs"]["diff_ids"]] == [
                layer.partition("/")[0] for layer in entry["Layers"]
            ]
        assert len(names) == len({*names})


def test_what_came_and_what_went_are_both_a_difference():
    before = {"mounts": ["/a", "/b"], "settings": ["x = 1"]}
    assert left.difference(before, before) == []
    after = {"mounts": ["/a", "/c"], "settings": ["x = 2"]}
    assert left.difference(before, after) == [
        "mounts: /c", "mounts, gone: /b", "settings: x = 2", "settings, gone: x = 1",
    ]  # fmt: skip


def test_the_configuration_for_this_machine_leaves_the_nodes_to_the_options(tmp_path, monkeypatch):
    users_home.made(tmp_path, monkeypatch)
    content = Kind("some", tmp_path).configured(Wanted(nodes=3, node_image="own:1", configuration=CONFIGURATION))
    assert content["nodes"] == [{"image": "own:1", "role": role} for role in ("control-plane", "worker", "worker")]
    assert content["name"] == "some"
    assert "failCgroupV1: false" in content["kubeadmConfigPatches"][0]


def pod(name, owner=(), *, node="node-1", ready="True", labels=None, going=False):
    """A pod of the namespace `here`, as the API server tells of it, with a kind and a name for its owner."""
    owners = [dict(zip(("kind", "name", "controller"), (*owner, True), strict=True))] if owner else []
    metadata = {"namespace": "here", "name": name, "ownerReferences": owners, "labels": labels or {}}
    return {
        "metadata": metadata | ({"deletionTimestamp": "now"} if going else {}),
        "spec": {"nodeName": node} if node else {},
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    }


WEB, STATIC = ("StatefulSet", "web"), ("Node", "node-1")


@pytest.mark.parametrize(
    ("pods", "counted"),
    [
        ([pod("web-0", WEB), pod("web-1", WEB, node="node-2")], {"here/StatefulSet/web": 2}),
        (
            [pod("web-0", WEB), pod("web-1", WEB, ready="False"), pod("web-2", WEB, going=True)],
            {"here/StatefulSet/web": 1},
        ),
        ([pod("web-0", WEB, node="nobody"), pod("web-1", WEB, node="")], {}),
        # An upgrade of CoreDNS has pods of two ReplicaSets side by side.
        (
            [
                pod(f"coredns-{one}-x", ("ReplicaSet", f"coredns-{one}"), labels={"pod-template-hash": one})
                for one in "ab"
            ],
            {"here/Deployment/coredns": 2},
        ),
        ([pod("bare-x", ("ReplicaSet", "bare"))], {"here/ReplicaSet/bare": 1}),
        ([pod("etcd", STATIC), pod("server", STATIC)], {"here/Node/etcd": 1, "here/Node/server": 1}),
        # What nobody makes again, and what comes to its end.
        ([pod("helper"), pod("once", ("Job", "once"))], {}),
    ],
)
def test_an_upgrade_counts_what_is_ready_by_whose_it_is(pods, counted):
    assert upgrade.ready(pods, {"node-1", "node-2"}) == counted
