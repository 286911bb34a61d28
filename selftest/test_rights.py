"""The rights of a run, without a cluster: what the files hold, how it is said, and what becomes of an answer that says nothing.

Method: the files are held against what the source is known to ask for. That they are enough, and no more than that, is shown on
a cluster: selftest/test_cluster_rights.py and selftest/test_cluster_verdicts_strict.py.
"""

from types import SimpleNamespace

import pytest
import yaml

from fixtures import rights
from fixtures.cluster import ApiError, ClusterError
from fixtures.recorder import CATTLE, KINDS
from fixtures.rights import EVERYTHING, GATE, OPTIONAL, SUITE, WORKLOAD, Right
from fixtures.waiting import TransportError
from selftest.accounts import NAMESPACE, RUNNER
from selftest.rights import SENTENCES, asked, implied, written

EACH = pytest.mark.parametrize("profile", SENTENCES)
RECORDING = (SUITE, GATE, WORKLOAD)


def answering(*allowed, refuses=None, who="ann"):
    """A cluster that says which of these rights somebody has, or refuses to; and what it was asked."""
    noted = []

    def request(method, path, body):
        assert method == "POST"
        if path == rights.WHO:
            return {"status": {"userInfo": {"username": who}}} if who else {}
        if refuses:
            raise refuses
        about = body["spec"]["resourceAttributes"]
        resource = "/".join(filter(None, (about["resource"], about["subresource"])))
        right = Right(about["group"], resource, about["verb"])
        noted.append((right, about["namespace"]))
        return {"status": {"allowed": right in {one_of(one) for one in allowed}}}

    return SimpleNamespace(request=request), noted


def one_of(right):
    """A right without the namespace that it is always about, which the API server is told beside it."""
    return Right(right.group, right.resource, right.verb)


@EACH
def test_a_file_is_as_it_is_written_from_the_rights_in_it(profile):
    text = (rights.FOLDER / f"{profile}.yaml").read_text()
    assert text == written(profile, rights.of(profile))
    assert max(map(len, text.splitlines())) <= 128


@EACH
def test_a_file_gives_its_rights_to_the_one_account(profile):
    objects = list(yaml.safe_load_all((rights.FOLDER / f"{profile}.yaml").read_text()))
    subject = {"kind": "ServiceAccount", "name": RUNNER, "namespace": NAMESPACE}
    assert {str(one["subjects"]) for one in objects if one["kind"].endswith("Binding")} == {str([subject])}
    roles = {(one["kind"], one["metadata"]["name"]) for one in objects if one["kind"].endswith("Role")}
    assert {(one["roleRef"]["kind"], one["roleRef"]["name"]) for one in objects if "roleRef" in one} == roles
    assert objects[1]["metadata"] == {"name": RUNNER, "namespace": NAMESPACE}


@EACH
def test_no_file_gives_away_what_is_nobodys(profile):
    for right in rights.of(profile):
        assert "*" not in (right.group, right.resource, right.verb)
        assert right.group not in ("rbac.authorization.k8s.io", "admissionregistration.k8s.io")
        assert right.verb not in ("impersonate", "bind", "escalate")
        assert right.resource != "secrets" or right.verb == "create"


@pytest.mark.parametrize("profile", RECORDING)
def test_what_every_history_holds_may_be_listed_watched_and_ended(profile):
    held = {*rights.of(profile)}
    for kind in KINDS:
        group = kind.group.removeprefix("apis/").rpartition("/")[0].removeprefix("api")
        if profile == SUITE or kind.name not in CATTLE:
            assert {Right(group, kind.plural, verb) for verb in ("list", "watch", "create", "get")} <= held, kind.name


def test_what_a_run_can_do_without_is_in_a_file():
    assert set(OPTIONAL) <= {right for profile in RECORDING for right in rights.of(profile)}


def test_rights_are_said_as_kubectl_says_them():
    some = [
        Right("apps", "statefulsets/scale", "update"),
        Right("apps", "statefulsets", "watch"),
        Right("apps", "statefulsets", "get"),
        Right("apps", "statefulsets", "list"),
        Right("", "pods/exec", "create"),
        Right("", "nodes", "list"),
        Right("", "nodes/status", "patch"),
        Right("coordination.k8s.io", "leases", "list", "kube-node-lease"),
    ]
    assert rights.in_words(some) == (
        "list nodes, patch nodes/status in the whole cluster, "
        "nor create pods/exec, get, list or watch statefulsets.apps, update statefulsets.apps/scale in the run's namespaces, "
        "nor list leases.coordination.k8s.io in kube-node-lease"
    )


def test_whoever_may_do_everything_is_asked_once():
    cluster, noted = answering(EVERYTHING)
    assert rights.require(cluster, (SUITE, GATE), "run-1") == []
    assert noted == [(EVERYTHING, "")]


def test_each_right_is_asked_for_where_it_is_needed():
    cluster, noted = answering(*rights.of(GATE))
    assert rights.require(cluster, (GATE,), "run-1") == []
    assert {namespace for right, namespace in noted if right.resource in ("pods", "pods/exec", "events")} == {"run-1"}
    assert {namespace for right, namespace in noted if right.resource in ("nodes", "namespaces")} == {""}
    assert {namespace for right, namespace in noted if right.resource == "leases"} == {"kube-node-lease"}
    assert len(noted) == 1 + len(rights.of(GATE))


def test_all_that_is_lacking_is_said_at_once_and_what_can_be_done_without_is_not_asked_for():
    lacking = (Right("", "pods/exec", "create"), Right("", "namespaces", "list"), *OPTIONAL)
    cluster, _ = answering(*({*rights.of(GATE)} - {*lacking}))
    with pytest.raises(ClusterError) as wrong:
        rights.require(cluster, (GATE, WORKLOAD), "run-1")
    assert str(wrong.value).startswith("the account ann may not list namespaces in the whole cluster, nor create ")
    assert "persistentvolumes" not in str(wrong.value)
    assert str(wrong.value).endswith(
        "manifests/rights/gate.yaml and manifests/rights/workload.yaml hold all that the run needs"
    )


def test_an_account_that_nobody_names_is_told_all_the_same():
    cluster, _ = answering(who="")
    with pytest.raises(ClusterError, match="the account of this kubeconfig may not "):
        rights.require(cluster, (SUITE,), "run-1")


@pytest.mark.parametrize("trouble", [ApiError(403, "Forbidden", "no reviews"), TransportError("no answer")])
def test_where_the_server_does_not_say_no_run_begins(trouble):
    cluster, _ = answering(refuses=trouble)
    with pytest.raises(ClusterError) as wrong:
        rights.require(cluster, (SUITE,), "run-1")
    assert str(wrong.value) == (
        f"whether the account ann may do all that the run needs, the API server does not say: {trouble}; "
        "everybody may ask it by the role system:basic-user, unless that was taken away"
    )


def test_a_file_that_lies_elsewhere_is_named_by_its_whole_path(tmp_path, monkeypatch):
    cluster, _ = answering(*({*rights.of(SUITE)} - {Right("", "pods", "create")}))
    says = "the account ann may not create pods in the run's namespaces: {} holds all that the run needs"
    for folder, name in (
        (rights.FOLDER.parents[1], "manifests/rights/suite.yaml"),
        (tmp_path, rights.FOLDER / "suite.yaml"),
    ):
        monkeypatch.chdir(folder)
        with pytest.raises(ClusterError) as wrong:
            rights.require(cluster, (SUITE,), "run-1")
        assert str(wrong.value) == says.format(name)


def test_what_an_audit_log_tells_is_read_for_one_account(tmp_path):
    log = tmp_path / "audit.log"
    log.write_text(
        """\
{"user": {"username": "ann"}, "verb": "get", "objectRef": {"resource": "pods", "subresource": "exec", "namespace": "a"}}
{"user": {"username": "ann"}, "verb": "list", "objectRef": {"resource": "leases", "namespace": "kube-node-lease", \
"apiGroup": "coordination.k8s.io"}}
{"user": {"username": "ann"}, "verb": "create", "objectRef": {"resource": "selfsubjectaccessreviews", \
"apiGroup": "authorization.k8s.io"}}
{"user": {"username": "ann"}, "verb": "get", "requestURI": "/version"}
{"user": {"username": "admin"}, "impersonatedUser": {"username": "ann"}, "verb": "watch", "objectRef": {"resource": "pods"}}
{"user": {"username": "ann"}, "impersonatedUser": {"username": "bob"}, "verb": "delete", "objectRef": {"resource": "pods"}}
"""
    )
    assert asked(log, "ann") == {
        Right("", "pods/exec", "get"),
        Right("coordination.k8s.io", "leases", "list", "kube-node-lease"),
        Right("", "pods", "watch"),
    }


def test_what_a_log_cannot_show_is_implied():
    assert implied([Right("", "pods/exec", "get")]) >= {Right("", "pods/exec", "create")}
    assert implied([Right("apps", "statefulsets", "create")]) == {Right("apps", "statefulsets", "get")}
    assert implied([Right("", "namespaces", "create")]) == {Right("", "namespaces", "get")}
    assert (
        implied([Right("", "secrets", "create"), Right("", "pods/eviction", "create"), Right("", "pods", "list")])
        == set()
    )
