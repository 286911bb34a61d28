"""What the suite deploys: one image to mirror, pods that the strictest cluster admits, and requests that a quota can count.

Method: the manifests are read as a run reads them. That clusters which ask for all this take them, a cluster-backed test shows.
"""

from pathlib import Path

import pytest
import yaml

from fixtures.cluster import Cluster
from fixtures.mariadb import OFFICIAL
from fixtures.recorder import KINDS
from fixtures.run import MANIFESTS, Run

AGNHOST = "registry.k8s.io/e2e-test-images/agnhost:2.55"
OURS = sorted({*MANIFESTS.glob("*.yaml"), *MANIFESTS.glob("mutants/*.yaml")})
OF_DATABASE = ("mysql.yaml", "mysql-client.yaml")


def pods(objects):
    """The specification of each pod, or pod template, of some objects."""
    for one in objects:
        spec = one.get("spec", {})
        if one.get("kind") == "Pod" or "containers" in spec:
            yield spec
        elif "template" in spec:
            yield spec["template"]["spec"]


def containers(pod):
    """All containers of a pod."""
    return [*pod.get("initContainers", ()), *pod["containers"]]


def run(**more):
    """A run against a cluster that nobody asks."""
    return Run(Cluster(Path("none")), "run", "nobody", Path("none"), 1.0, **more)


def every_pod():
    """Each pod that a manifest of ours holds, and each that the recorder makes at the end of a history, by what it is of."""
    for path in OURS:
        objects = [one for one in yaml.safe_load_all(path.read_text()) if one]
        yield from ((path.name, pod) for pod in pods(objects))
    yield from ((kind.name, pod) for kind in KINDS if kind.least for pod in pods([kind.least]))


@pytest.mark.parametrize(("name", "pod"), [*every_pod()])
def test_every_pod_says_what_it_needs_and_is_restricted(name, pod):
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    allowed = {"name", "configMap", "emptyDir", "persistentVolumeClaim"}
    assert not {key for volume in pod.get("volumes", ()) for key in volume} - allowed
    for container in containers(pod):
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        for kind in ("requests", "limits"):
            assert set(container["resources"][kind]) == {"cpu", "memory"}


def test_there_is_one_image_to_mirror_and_one_more_for_the_database():
    images = {name: {one["image"] for one in containers(pod)} for name, pod in every_pod() if name.endswith(".yaml")}
    assert len(images) >= len(OURS)
    assert {name: found for name, found in images.items() if name not in OF_DATABASE and found != {AGNHOST}} == {}
    assert [images[name] for name in OF_DATABASE] == [{OFFICIAL}] * len(OF_DATABASE)


@pytest.mark.parametrize(
    ("image", "taken"),
    [
        (AGNHOST, "mirror.example:5000/k8s/e2e-test-images/agnhost:2.55"),
        (OFFICIAL, "mirror.example:5000/k8s/library/mariadb:10.11"),
        ("mariadb:10.11", "mirror.example:5000/k8s/mariadb:10.11"),
        ("library/mariadb", "mirror.example:5000/k8s/library/mariadb"),
        ("localhost/mine", "mirror.example:5000/k8s/mine"),
        ("registry:5000/a/b@sha256:0", "mirror.example:5000/k8s/a/b@sha256:0"),
    ],
)
def test_every_image_is_taken_from_the_registry_that_is_named(image, taken):
    pod = {"kind": "Pod", "spec": {"initContainers": [{"image": image}], "containers": [{"image": image}]}}
    assert run().with_images(pod) == pod
    moved = run(registry="mirror.example:5000/k8s").with_images(pod)
    assert [one["image"] for one in containers(moved["spec"])] == [taken, taken]


def test_an_image_that_the_user_names_is_taken_as_it_is():
    named = run(registry="mirror.example", images={OFFICIAL: "other.example/mysql:8.4"})
    assert named.with_images({"image": OFFICIAL}) == {"image": "other.example/mysql:8.4"}
    assert {one["image"] for pod in pods(named.objects("mysql.yaml")) for one in containers(pod)} == {
        "other.example/mysql:8.4"
    }
