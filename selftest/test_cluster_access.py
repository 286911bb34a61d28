"""A cluster is reached through a proxy, by a token, and in somebody's name: requests, watches and commands in containers alike.

Method: a part of the suite, which does all three, is run with kubeconfigs made for it. The API server is known to the proxy
alone, under a name that leads nowhere, so whatever reaches it has gone through the proxy.
"""

from urllib.parse import urlsplit

import pytest

from fixtures import rights
from fixtures.cluster import ApiError, Cluster
from selftest.accounts import COMMANDS, NAMESPACE, RUNNER, changed, of_runner
from selftest.fake_suite import REPOSITORY
from selftest.tunnels import tunnel
from selftest.whole_suite import current_at, judge

NOWHERE = "api.invalid"
# A scenario of one set with containers, in which commands are run.
PART = ("--guarantee=identity/hostname-is-the-name", "--tier=node", "-n0", "--no-pages")
PARTIAL = 6
ANN = "ann:p@ss word"


def passes(run):
    """Whether a run of this part has passed, of which one reads what it printed where it has not."""
    (asked,) = [one for one in run.results["guarantees"] if one["outcome"] is not None]
    return (run.exit_code, asked["outcome"]) == (PARTIAL, "passed")


@pytest.fixture
def port(cluster):
    """The port of loopback by which the API server is reached."""
    return urlsplit(cluster.address).port


@pytest.fixture
def behind(cluster, port, tmp_path):
    """Make a kubeconfig that calls the API server by the name that leads nowhere, and says this more of the cluster."""

    def made(**more):
        far = {"server": f"https://{NOWHERE}:{port}", "tls-server-name": "localhost"}
        return changed(cluster.kubeconfig, tmp_path / "far.kubeconfig", cluster=far | more, user={})

    return made


def test_the_proxy_of_the_kubeconfig_carries_everything(behind, port, tmp_path):
    with tunnel({f"{NOWHERE}:{port}": ("127.0.0.1", port)}, ANN) as proxy:
        url = f"http://ann:p%40ss%20word@127.0.0.1:{proxy.port}"
        run = judge(
            tmp_path, current_at(behind(**{"proxy-url": url})), *PART, NO_PROXY="*", HTTPS_PROXY="http://none:1"
        )
    assert passes(run), run.printed
    assert proxy.refused == []
    # One for each watch, and for each command.
    assert proxy.carried[f"{NOWHERE}:{port}"] > 10


def test_the_proxy_of_the_environment_carries_everything(behind, port, tmp_path):
    with tunnel({f"{NOWHERE}:{port}": ("127.0.0.1", port)}) as proxy:
        url = f"http://127.0.0.1:{proxy.port}"
        run = judge(tmp_path, current_at(behind()), *PART, HTTPS_PROXY=url, NO_PROXY="other.invalid")
    assert passes(run), run.printed
    assert proxy.carried[f"{NOWHERE}:{port}"] > 10


def test_whom_the_environment_exempts_is_reached_without_its_proxy(cluster, tmp_path):
    with tunnel({}) as proxy:
        spared = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}", "NO_PROXY": "localhost"}
        run = judge(tmp_path, current_at(cluster.kubeconfig), *PART, **spared)
    assert passes(run), run.printed
    assert (proxy.carried, proxy.refused) == ({}, [])


def test_a_proxy_that_lets_nobody_in_is_told_in_one_sentence(behind, port, tmp_path):
    with tunnel({f"{NOWHERE}:{port}": ("127.0.0.1", port)}, ANN) as proxy:
        where = behind(**{"proxy-url": f"http://ann:wrong@127.0.0.1:{proxy.port}"})
        run = judge(tmp_path, current_at(where), *PART)
    assert run.exit_code == 4
    assert f"ERROR: the API server at https://{NOWHERE}:{port} does not answer: " in run.printed
    assert "Tunnel connection failed: 403 Forbidden" in run.printed
    assert "Traceback" not in run.printed
    assert "wrong" not in run.printed


def test_a_token_suffices(cluster, tmp_path):
    assert COMMANDS in (REPOSITORY / "README.md").read_text()
    run = judge(tmp_path, current_at(of_runner(cluster.kubeconfig, tmp_path / "token", rights.SUITE)), *PART)
    assert passes(run), run.printed


@pytest.fixture
def impersonating(cluster, tmp_path):
    """The kubeconfig of the administrator, who asks in the name of the account that may do just what the suite needs."""
    of_runner(cluster.kubeconfig, tmp_path / "unused", rights.SUITE)
    runner = {"as": f"system:serviceaccount:{NAMESPACE}:{RUNNER}", "as-groups": ["system:authenticated"]}
    return changed(cluster.kubeconfig, tmp_path / "impersonating", cluster={}, user=runner)


def test_asking_in_the_name_of_an_account_suffices(impersonating, tmp_path):
    run = judge(tmp_path, current_at(impersonating), *PART)
    assert passes(run), run.printed


def test_whoever_asks_in_a_name_may_do_no_more_than_that_one(impersonating, cluster):
    asked = Cluster(impersonating)
    with pytest.raises(ApiError, match=rf'403 Forbidden: .* User "system:serviceaccount:{NAMESPACE}:{RUNNER}" cannot'):
        asked.request("GET", "/api/v1/namespaces/default/secrets")
    assert cluster.request("GET", "/api/v1/namespaces/default/secrets")["kind"] == "SecretList"
    stranger = Cluster(changed(cluster.kubeconfig, impersonating.with_name("stranger"), cluster={}, user={"as": "ann"}))
    with pytest.raises(ApiError, match=r'403 Forbidden: .* User "ann" cannot'):
        stranger.execute("default", "web-0", ["true"], "web")
