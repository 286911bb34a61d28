"""Whoever may do all that a run needs may begin it, and whoever lacks one right is told which, before anything is deployed.

Method: on a real API server, for each right of each kind of run: somebody who may do all the others is asked in the name of.
Where a right is taken away later, what it was needed for is inconclusive.
"""

import json
from contextlib import ExitStack

import pytest

from conformance.guarantees import CONTROL_PLANE
from conformance.history import Inconclusive
from fixtures import rights, tidying
from fixtures.cluster import ApiError, Cluster
from fixtures.rights import FILES, GATE, NODE_OBJECTS, OPTIONAL, SUITE, WORKLOAD, Right
from fixtures.run import Run, Wishes, start
from fixtures.waiting import asked_until
from selftest.accounts import changed
from selftest.test_usage import PYTEST, USAGE, answer, refused
from selftest.whole_suite import current_at

ALL = sorted({right for profile in FILES for right in rights.of(profile)})
ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
BINDINGS = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
NAMESPACE = "conformance-not-there"


def may(cluster, name, allowed):
    """Have a user of this name who may do just this."""
    rules = [{"apiGroups": [one.group], "resources": [one.resource], "verbs": [one.verb]} for one in allowed]
    group = "rbac.authorization.k8s.io"
    cluster.request("POST", ROLES, {"metadata": {"name": name}, "rules": rules})
    body = {
        "metadata": {"name": name},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": name},
        "subjects": [{"apiGroup": group, "kind": "User", "name": name}],
    }
    cluster.request("POST", BINDINGS, body)


@pytest.fixture(scope="module")
def people(cluster, tmp_path_factory):
    """For each right, the kubeconfig of somebody who may do all that any run needs but this; for None, of who may do all."""
    folder, made = tmp_path_factory.mktemp("people"), []
    try:
        found = {}
        for number, lacks in enumerate([None, *ALL]):
            name = f"selftest-lacks-{number}"
            made.append(name)
            may(cluster, name, [one for one in ALL if one != lacks])
            found[lacks] = changed(cluster.kubeconfig, folder / name, cluster={}, user={"as": name})
        yield found
    finally:
        for name in made:
            cluster.request("DELETE", f"{BINDINGS}/{name}")
            cluster.request("DELETE", f"{ROLES}/{name}")


class Remembering(Cluster):
    """A cluster that is asked for each right once, whatever kinds of run need it."""

    def request(self, method, path, body=None, **more):
        """The answer, or the one that there was to the same question."""
        answers, question = self.__dict__.setdefault("answers", {}), json.dumps([path, body])
        if question not in answers:
            answers[question] = super().request(method, path, body, **more)
        return answers[question]


def known(kubeconfig, lacks):
    """The cluster as this user asks it, once the API server knows what the user may do: which is all but this."""

    def asked():
        cluster = Remembering(kubeconfig)
        return cluster, rights.missing(cluster, ALL, NAMESPACE)

    cluster, found = asked_until(asked, lambda answer: answer[1] == lacks, 10)
    assert found == lacks
    return cluster


@pytest.mark.parametrize("profile", FILES)
def test_whoever_may_do_what_a_file_holds_may_begin(people, profile):
    assert rights.require(known(people[None], []), (profile,), NAMESPACE) == []


@pytest.mark.parametrize("right", ALL, ids=lambda right: f"{right.verb}-{right.what}")
def test_a_right_that_is_lacking_is_named(people, right):
    cluster = known(people[right], [right])
    said = f"may not {right.verb} {right.what} {right.where}: "
    for profile in FILES:
        if right not in rights.of(profile):
            assert rights.require(cluster, (profile,), NAMESPACE) == []
        elif right in OPTIONAL:
            assert rights.require(cluster, (profile,), NAMESPACE) == [f"this account {said}{OPTIONAL[right]}"]
        else:
            with pytest.raises(rights.ClusterError) as wrong:
                rights.require(cluster, (profile,), NAMESPACE)
            assert str(wrong.value) == (
                f"the account {people[right].name} {said}manifests/rights/{profile}.yaml holds all that the run needs"
            )


EXEC = Right("", "pods/exec", "create")


def test_a_command_in_a_container_needs_two_rights(people):
    """One of which shows in no audit log."""
    answers = {}
    for lacks in (None, EXEC, Right("", "pods/exec", "get")):
        cluster = known(people[lacks], [lacks] if lacks else [])
        with pytest.raises(ApiError) as refused:
            cluster.execute("default", "nobody", ["true"], "web")
        answers[lacks and lacks.verb] = refused.value.status
    assert answers == {None: 404, "create": 403, "get": 403}


@pytest.mark.parametrize(
    ("profile", "arguments"),
    [
        (SUITE, ("conformance/test_identity.py",)),
        (GATE, ("conformance/upgrade", "--upgrade-with=true", "--storage-class=folder")),
        (WORKLOAD, ("conformance/workload", "--storage-class=folder")),
    ],
)
def test_a_run_ends_before_it_has_begun(people, tmp_path, profile, arguments):
    known(people[EXEC], [EXEC])
    code, printed = answer(tmp_path, *PYTEST, *current_at(people[EXEC]), *arguments)
    assert code == USAGE
    assert refused(printed) == (
        f"the account {people[EXEC].name} may not create pods/exec in the run's namespaces: "
        f"manifests/rights/{profile}.yaml holds all that the run needs"
    )


def test_a_right_that_is_taken_away_later_accuses_nobody(people, tmp_path):
    """The account of a run that has begun may no longer say that pods are Ready: no pod becomes so, for no fault of anybody."""
    lacks = Right("", "pods/status", "patch")
    known(people[lacks], [lacks])
    run = Run(Cluster(people[lacks]), "selftest", tidying.owner(), tmp_path, patience=3)
    with ExitStack() as ending:
        web = start(run, "selftest-rights-lost", "rights.lost", CONTROL_PLANE, "web.yaml", Wishes(), ending)
        with pytest.raises(Inconclusive, match=r"this account may not do its part: 403 .*pods/status"):
            web.wait_ready()
        history = web.history
    assert [wait.object.get("promised") for wait in history.acts("wait") if not wait.object["met"]] == [False]


def test_node_objects_need_more_rights_where_they_are_declared(cluster, tmp_path):
    may(cluster, "selftest-suite-only", rights.of(SUITE))
    try:
        kubeconfig = changed(cluster.kubeconfig, tmp_path / "suite", cluster={}, user={"as": "selftest-suite-only"})
        asked_until(lambda: rights.missing(Cluster(kubeconfig), rights.of(SUITE), NAMESPACE), lambda rest: not rest, 10)
        arguments = ("--has=node-objects", "conformance/test_identity.py")
        code, printed = answer(tmp_path, *PYTEST, *current_at(kubeconfig), *arguments)
    finally:
        cluster.request("DELETE", f"{BINDINGS}/selftest-suite-only")
        cluster.request("DELETE", f"{ROLES}/selftest-suite-only")
    assert code == USAGE
    assert refused(printed) == (
        f"the account selftest-suite-only may not {rights.in_words(rights.of(NODE_OBJECTS))}: "
        "manifests/rights/suite.yaml and manifests/rights/node-objects.yaml hold all that the run needs"
    )


def test_several_rights_that_are_lacking_are_named_in_one_sentence(cluster, tmp_path):
    kubeconfig = changed(cluster.kubeconfig, tmp_path / "nobody", cluster={}, user={"as": "selftest-nobody"})
    with pytest.raises(rights.ClusterError) as wrong:
        rights.require(Cluster(kubeconfig), (SUITE,), NAMESPACE)
    said = str(wrong.value)
    needed = [right for right in rights.of(SUITE) if right not in OPTIONAL]
    assert said == (
        f"the account selftest-nobody may not {rights.in_words(needed)}: "
        "manifests/rights/suite.yaml holds all that the run needs"
    )
    assert "\n" not in said
