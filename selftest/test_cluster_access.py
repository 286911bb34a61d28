"""A cluster is reached through a proxy, by a token, and in somebody's name, and takes its images from a registry that is named.

Method: a part of the suite, which makes requests, watches and runs commands in containers, is run with kubeconfigs made for it.
The API server is known to the proxy alone, under a name that leads nowhere, so whatever reaches it has gone through the proxy.
The nodes reach no registry: the image is loaded under the name that it would have in one.
"""

from urllib.parse import urlsplit

import pytest

from conformance.history import History
from fixtures import embedded, rights
from fixtures.cluster import ApiError, Cluster
from fixtures.embedded import build, images
from selftest.accounts import COMMANDS, NAMESPACE, RUNNER, changed, of_runner
from selftest.fake_suite import REPOSITORY
from selftest.test_usage import PYTEST, USAGE, answer, refused
from selftest.tunnels import tunnel
from selftest.whole_suite import current_at, judge

NOWHERE = "api.invalid"
# A scenario of one set with containers, in which commands are run.
PART = ("--guarantee=storage/bytes-survive-pod-deletion", "--tier=node", "-n0", "--no-pages")
PARTIAL = 6
ANN = "ann:p@ss word"
MIRROR = "mirror.invalid:5000/kubernetes"
MIRRORED = f"{MIRROR}/e2e-test-images/agnhost:2.55"


def passes(run):
    """Whether a run of this part has passed, of which one reads what it printed where it has not."""
    (asked,) = [one for one in run.results["guarantees"] if one["outcome"] is not None]
    return (run.exit_code, asked["outcome"]) == (PARTIAL, "passed")


@pytest.fixture
def port(cluster):
    """The port of loopback by which the API server is reached."""
    return urlsplit(cluster.address).port


@pytest.fixture
def far(port):
    """What a kubeconfig says of the cluster, so that the API server has the name that leads nowhere."""
    return {"server": f"https://{NOWHERE}:{port}", "tls-server-name": "localhost"}


def test_a_token_suffices_and_the_proxy_of_the_kubeconfig_carries_everything(cluster, far, port, tmp_path):
    assert COMMANDS in (REPOSITORY / "README.md").read_text()
    with tunnel({f"{NOWHERE}:{port}": ("127.0.0.1", port)}, ANN) as proxy:
        through = {"proxy-url": f"http://ann:p%40ss%20word@127.0.0.1:{proxy.port}"}
        runner = of_runner(cluster.kubeconfig, tmp_path / "runner", rights.SUITE, **far, **through)
        run = judge(tmp_path, current_at(runner), *PART, NO_PROXY="*", HTTPS_PROXY="http://none:1")
    assert passes(run), run.printed
    assert proxy.refused == []
    # One for each watch, and for each command.
    assert proxy.carried[f"{NOWHERE}:{port}"] > 10


@pytest.fixture
def impersonating(cluster, tmp_path):
    """The kubeconfig of the administrator, who asks in the name of the account that may do just what the suite needs."""
    of_runner(cluster.kubeconfig, tmp_path / "unused", rights.SUITE)
    runner = {"as": f"system:serviceaccount:{NAMESPACE}:{RUNNER}", "as-groups": ["system:authenticated"]}
    return changed(cluster.kubeconfig, tmp_path / "impersonating", cluster={}, user=runner)


@pytest.fixture
def mirrored(cluster, tmp_path):
    """The test image is on the nodes as a registry that mirrors it would have it."""
    one = embedded.Cluster(cluster.kubeconfig.parent.name)
    agnhost = build.programs(one.specified().kubernetes_version)["agnhost"]
    assert embedded.load(one, images.made({MIRRORED: images.SERVING}, agnhost)) == [MIRRORED]
    return MIRROR


def test_a_name_to_ask_in_the_environments_proxy_and_a_registry_are_honoured(
    impersonating, mirrored, far, port, tmp_path
):
    where = changed(impersonating, tmp_path / "far", cluster=far, user={})
    with tunnel({f"{NOWHERE}:{port}": ("127.0.0.1", port)}) as proxy:
        environment = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}", "NO_PROXY": "other.invalid"}
        run = judge(tmp_path, current_at(where), *PART, f"--image-registry={mirrored}", **environment)
    assert passes(run), run.printed
    assert proxy.carried[f"{NOWHERE}:{port}"] > 10
    stored = (tmp_path / "conformance-report" / "histories").glob("*.jsonl")
    pods = [pod.first for history in stored for pod in History.read(history).pods]
    assert {container["image"] for pod in pods for container in pod.object["spec"]["containers"]} == {MIRRORED}


def test_a_proxy_that_lets_nobody_in_is_told_in_one_sentence(cluster, far, port, tmp_path):
    with tunnel({f"{NOWHERE}:{port}": ("127.0.0.1", port)}, ANN) as proxy:
        through = {"proxy-url": f"http://ann:wrong@127.0.0.1:{proxy.port}"}
        where = changed(cluster.kubeconfig, tmp_path / "far", cluster=far | through, user={})
        code, printed = answer(tmp_path, *PYTEST, *current_at(where), *PART)
    assert code == USAGE
    said = refused(printed)
    assert said.startswith(f"the API server at https://{NOWHERE}:{port} does not answer: ")
    assert "Tunnel connection failed: 403 Forbidden" in said
    assert "wrong" not in printed


def test_whom_the_environment_exempts_is_reached_without_its_proxy(cluster, monkeypatch):
    with tunnel({}) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "localhost")
        reached = Cluster(cluster.kubeconfig)
        assert reached.version == cluster.version
        with pytest.raises(ApiError, match="404"):
            reached.execute("default", "nobody", ["true"], "web")
    assert (proxy.carried, proxy.refused) == ({}, [])


def test_whoever_asks_in_a_name_may_do_no_more_than_that_one(impersonating, cluster):
    asked = Cluster(impersonating)
    with pytest.raises(ApiError, match=rf'403 Forbidden: .* User "system:serviceaccount:{NAMESPACE}:{RUNNER}" cannot'):
        asked.request("GET", "/api/v1/namespaces/default/secrets")
    assert cluster.request("GET", "/api/v1/namespaces/default/secrets")["kind"] == "SecretList"
    stranger = Cluster(changed(cluster.kubeconfig, impersonating.with_name("stranger"), cluster={}, user={"as": "ann"}))
    with pytest.raises(ApiError, match=r'403 Forbidden: .* User "ann" cannot'):
        stranger.execute("default", "web-0", ["true"], "web")
