"""The strictest cluster: pods must be restricted, each must say what it needs, and the account may do no more than it must.

Method: an embedded cluster whose API server refuses any other pod by default, and writes its audit log. Somebody who is no part
of the suite puts quotas and limits into every namespace that the run makes, as an operator does. The whole suite is run against
it with the token of an account that has the rights of two files of manifests/rights/, and none else.
"""

import threading
from contextlib import suppress

import pytest
import urllib3.exceptions
import yaml

from fixtures import embedded, rights
from fixtures.cluster import ApiError, Cluster
from fixtures.embedded.specification import API_SERVER
from fixtures.tidying import LABEL
from fixtures.waiting import asked_until
from reports import results
from selftest.accounts import NAMESPACE, RUNNER, of_runner
from selftest.rights import AUDIT_LOG, asked, audited, implied
from selftest.whole_suite import current_at, judge

NAME = "strict"
SPARED = ["kube-system"]
PROFILES = (rights.SUITE, rights.TOPOLOGY)
DECLARED = ("--has=topology", "--has=single-pod-volumes")
ADMISSION = {
    "apiVersion": "apiserver.config.k8s.io/v1",
    "kind": "AdmissionConfiguration",
    "plugins": [
        {
            "name": "PodSecurity",
            "configuration": {
                "apiVersion": "pod-security.admission.config.k8s.io/v1",
                "kind": "PodSecurityConfiguration",
                "defaults": {"enforce": "restricted", "enforce-version": "latest"},
                "exemptions": {"namespaces": SPARED},
            },
        }
    ],
}
# What a namespace may use in all: every pod must say what it asks for, or it is refused.
QUOTA = {
    "requests.cpu": "500m",
    "requests.memory": "512Mi",
    "limits.cpu": "8",
    "limits.memory": "2Gi",
    "persistentvolumeclaims": "30",
    "requests.storage": "16Gi",
}
# What one pod and one claim may be, without any default for who says nothing.
LIMITS = [
    {"type": "Pod", "max": {"cpu": "2", "memory": "1Gi"}},
    {"type": "PersistentVolumeClaim", "min": {"storage": "1Mi"}, "max": {"storage": "2Gi"}},
]


def limit(cluster, limited, over):
    """Put a quota and limits into every namespace of a run, as soon as it is there, until it is over."""
    listed = cluster.request("GET", "/api/v1/namespaces", labelSelector=LABEL)
    # It is shut down in the middle of what it tells.
    with suppress(urllib3.exceptions.HTTPError):
        for event in cluster.watch("/api/v1/namespaces", listed["metadata"]["resourceVersion"], over.append):
            metadata = event["object"]["metadata"]
            if event["type"] == "ADDED" and LABEL in metadata.get("labels", {}):
                limited.append(refusal(cluster, metadata["name"]))


def refusal(cluster, name):
    """What was said against putting a quota and limits into this namespace, or nothing."""
    there, body = f"/api/v1/namespaces/{name}", {"metadata": {"name": "operator"}}
    try:
        cluster.request("POST", f"{there}/resourcequotas", body | {"spec": {"hard": QUOTA}})
        cluster.request("POST", f"{there}/limitranges", body | {"spec": {"limits": LIMITS}})
    except ApiError as refused:
        return f"{name}: {refused}"
    return ""


def said_to(administrator, container):
    """What the cluster says to a pod of this container, in a namespace as a run makes them, which is limited as those are."""
    administrator.request("POST", "/api/v1/namespaces", {"metadata": {"name": "probed", "labels": {LABEL: "probed"}}})
    try:
        quota = "/api/v1/namespaces/probed/resourcequotas"
        assert asked_until(lambda: administrator.request("GET", quota)["items"], bool, 10)
        pod = {"metadata": {"name": "probe"}, "spec": {"containers": [{"name": "probe", "image": "none"} | container]}}
        administrator.request("POST", "/api/v1/namespaces/probed/pods", pod, dryRun="All")
    except ApiError as refused:
        return str(refused)
    finally:
        administrator.request("DELETE", "/api/v1/namespaces/probed")
        gone = asked_until(lambda: _names(administrator), lambda names: "probed" not in names, 60)
        assert "probed" not in gone
    return "admitted"


def _names(cluster):
    return {one["metadata"]["name"] for one in cluster.request("GET", "/api/v1/namespaces")["items"]}


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """The suite's run, how each namespace was limited, what its account asked for, and what pods unlike ours are told."""
    folder = tmp_path_factory.mktemp("strict")
    (folder / "admission.yaml").write_text(yaml.safe_dump(ADMISSION))
    flags = [*audited(folder), (API_SERVER, f"--admission-control-config-file={folder / 'admission.yaml'}")]
    embedded.down(NAME)
    try:
        cluster = embedded.up(NAME, embedded.specify(flags=flags))
        limited, responses = [], []
        operator = threading.Thread(target=limit, args=(Cluster(cluster.kubeconfig), limited, responses), daemon=True)
        operator.start()
        assert asked_until(lambda: responses, bool, 10)
        confined = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True}
        restricted = {"securityContext": confined | {"seccompProfile": {"type": "RuntimeDefault"}}}
        large = {"resources": {"limits": {"cpu": "1", "memory": "128Mi"}}}
        unlike_ours = ({}, large, large | restricted)
        said = [said_to(Cluster(cluster.kubeconfig), container) for container in unlike_ours]
        limited.clear()
        runner = of_runner(cluster.kubeconfig, folder / "runner", *PROFILES)
        run = judge(folder, current_at(runner), *DECLARED)
        for response in responses:
            response.shutdown()
        operator.join(10)
        account = f"system:serviceaccount:{NAMESPACE}:{RUNNER}"
        yield run, limited, asked(folder / AUDIT_LOG, account), said
    finally:
        embedded.down(NAME)


def test_a_healthy_cluster_is_conformant_however_strict_it_is(judged):
    run, *_ = judged
    assert run.exit_code == 0, run.printed
    assert run.results["verdict"] == "conformant"
    assert [warning for warning in run.results["warnings"] if "repeated" not in warning] == []


def test_the_cluster_is_strict(judged):
    *_, (to_silent, to_any, to_large) = judged
    assert "No limit is specified" in to_silent
    assert 'violates PodSecurity "restricted' in to_any
    assert "exceeded quota: operator, requested: requests.cpu=1" in to_large


def test_every_namespace_was_limited(judged):
    run, limited, *_ = judged
    scenarios = list((run.folder / "conformance-report" / "histories").glob("*.jsonl"))
    assert len(limited) == len(scenarios)
    assert [one for one in limited if one] == []


def test_the_account_has_the_rights_that_the_run_asked_for_and_no_others(judged):
    _, _, seen, _ = judged
    assert sorted({*seen, *implied(seen)}) == sorted({right for name in PROFILES for right in rights.of(name)})


def test_the_report_says_nothing_of_the_token(judged):
    run, *_ = judged
    folder = run.folder / "conformance-report"
    token = yaml.safe_load((run.folder / "runner").read_text())["users"][0]["user"]["token"]
    assert results.read(folder).finished
    assert [path for path in folder.rglob("*") if path.is_file() and token in path.read_text(errors="replace")] == []
