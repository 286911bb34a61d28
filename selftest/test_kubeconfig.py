"""A kubeconfig is read as kubectl reads it: which proxy is in between, and in whose name everything is asked.

Method: kubeconfigs written by hand; of the environment only what each test says. Nothing is connected to.
"""

import pytest
import yaml

from fixtures.errors import ClusterError
from fixtures.kubeconfig import Access, Proxy

SERVER = "https://api.example:6443"


@pytest.fixture
def access(tmp_path, monkeypatch):
    """Make the access of a kubeconfig whose cluster and user say this, in an environment that says that."""
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)

    def make(cluster=None, user=None, **environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        path = tmp_path / "kubeconfig"
        content = {
            "current-context": "other",
            "contexts": [
                {"name": "other", "context": {"cluster": "other", "user": "other"}},
                {"name": "this", "context": {"cluster": "this", "user": "this"}},
            ],
            "clusters": [
                {"name": "other", "cluster": {"server": "https://other.example", "proxy-url": "http://other:1"}},
                {"name": "this", "cluster": {"server": SERVER} | (cluster or {})},
            ],
            "users": [{"name": "other", "user": {"as": "other"}}, {"name": "this", "user": user or {}}],
        }
        path.write_text(yaml.safe_dump(content))
        return Access(path, "this")

    return make


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://proxy.example:3128", Proxy("proxy.example", 3128)),
        ("http://proxy.example", Proxy("proxy.example", 80)),
        ("http://proxy.example:3128/", Proxy("proxy.example", 3128)),
        ("proxy.example:3128", Proxy("proxy.example", 3128)),
        ("http://ann:s%40cret@proxy.example:3128", Proxy("proxy.example", 3128, ("ann", "s@cret"))),
        ("http://[fd00::1]:3128", Proxy("fd00::1", 3128)),
    ],
)
def test_a_proxy_is_the_kubeconfigs_or_the_environments(access, url, proxy):
    assert access(cluster={"proxy-url": url}).proxy == proxy
    assert access(HTTPS_PROXY=url).proxy == proxy
    assert access(https_proxy=url).proxy == proxy
    assert access(HTTPS_PROXY=url).configuration.proxy == proxy.url
    assert access(cluster={"server": "http://api.example", "proxy-url": ""}, HTTPS_PROXY=url).proxy is None


def test_what_the_kubeconfig_says_goes_before_the_environment(access):
    named = access(cluster={"proxy-url": "http://named:1"}, HTTPS_PROXY="http://found:2", NO_PROXY="*")
    assert named.proxy == Proxy("named", 1)


@pytest.mark.parametrize(
    "exempt", ["*", "api.example", ".example", "example", "other, api.example", "api.example:6443"]
)
def test_the_environment_exempts_servers_from_its_proxy(access, exempt):
    spared = access(HTTPS_PROXY="http://found:2", NO_PROXY=exempt)
    assert spared.proxy is None
    assert spared.configuration.proxy is None


@pytest.mark.parametrize("exempt", ["", "other.example", "ple", "api.example:443", "10.0.0.0/8"])
def test_the_environment_exempts_nobody_else(access, exempt):
    assert access(HTTPS_PROXY="http://found:2", NO_PROXY=exempt).proxy == Proxy("found", 2)


def test_networks_are_exempt_by_their_addresses(access):
    def through(server):
        return access(cluster={"server": server}, HTTPS_PROXY="http://found:2", NO_PROXY="10.0.0.0/8").proxy

    assert through("https://10.1.2.3:6443") is None
    assert through("https://11.1.2.3:6443") == Proxy("found", 2)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"])
def test_no_environment_speaks_of_this_machine_itself(access, host):
    here = {"server": f"https://{host}:6443"}
    assert access(cluster=here, HTTPS_PROXY="http://found:2").proxy is None
    assert access(cluster=here | {"proxy-url": "http://named:1"}).proxy == Proxy("named", 1)


@pytest.mark.parametrize("source", ["proxy-url", "HTTPS_PROXY"])
@pytest.mark.parametrize(
    "url", ["https://proxy:1", "socks5://proxy:1", "http://", "http://proxy:port", "http://[proxy"]
)
def test_a_proxy_that_cannot_be_used_is_refused_in_one_sentence(access, source, url):
    one = access(cluster={"proxy-url": url}) if source == "proxy-url" else access(HTTPS_PROXY=url)
    with pytest.raises(ClusterError) as wrong:
        assert one.configuration
    says = f"{source} must read http://HOST:PORT, with or without USER:PASSWORD@ before HOST"
    assert str(wrong.value) == f"{one.path} cannot be used as a kubeconfig: {says}"


def test_a_password_of_a_proxy_is_told_the_proxy_alone(access):
    configuration = access(cluster={"proxy-url": "http://ann:secret@proxy:1"}).configuration
    assert "secret" not in configuration.proxy
    assert configuration.proxy_headers == {"proxy-authorization": "Basic YW5uOnNlY3JldA=="}


def test_nobody_is_asked_in_the_name_of_where_none_is_said(access):
    assert access(user={"token": "secret"}).headers == ()


def test_everything_is_asked_in_the_name_that_the_kubeconfig_says(access):
    user = {
        "as": "ann",
        "as-uid": "42",
        "as-groups": ["one", "two"],
        "as-user-extra": {"Example.org/Why": ["tests", "checks"]},
    }
    assert access(user=user).headers == (
        ("Impersonate-User", "ann"),
        ("Impersonate-Uid", "42"),
        ("Impersonate-Group", "one"),
        ("Impersonate-Group", "two"),
        ("Impersonate-Extra-example.org%2Fwhy", "tests"),
        ("Impersonate-Extra-example.org%2Fwhy", "checks"),
    )


@pytest.mark.parametrize(
    ("user", "says"),
    [
        ({"as-groups": ["admins"]}, "its user names groups to ask in the name of (as-groups), and nobody (as)"),
        ({"as": "ann", "as-groups": 3}, "in whose name it asks cannot be read: "),
        ({"as": "ann", "as-user-extra": ["why"]}, "in whose name it asks cannot be read: "),
    ],
)
def test_a_name_that_cannot_be_asked_in_is_refused_in_one_sentence(access, user, says):
    one = access(user=user)
    with pytest.raises(ClusterError) as wrong:
        assert one.headers
    assert str(wrong.value).startswith(f"{one.path} cannot be used as a kubeconfig: {says}")
