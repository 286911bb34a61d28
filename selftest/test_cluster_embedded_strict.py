"""The strictest cluster: pods must be restricted, each must say what it needs, and the account may do no more than it must.

Method: an embedded cluster whose API server refuses any other pod by default, and writes its audit log. Somebody who is no part
of the suite puts quotas and limits into every namespace that the run makes, as an operator does. The whole suite is run against
it with the token of an account that has the rights of manifests/rights/suite.yaml, and none else.
"""

import threading

import pytest
import yaml

from fixtures import embedded, rights
from fixtures.cluster import ApiError, Cluster
from fixtures.embedded.specification import API_SERVER
from fixtures.tidying import LABEL
from reports import results
from selftest.accounts import NAMESPACE, RUNNER, of_runner
from selftest.rights import AUDIT_LOG, asked, audited, implied, written
from selftest.whole_suite import current_at, judge

NAME = "strict"
SPARED = ["kube-system"]
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
    events = cluster.watch("/api/v1/namespaces", listed["metadata"]["resourceVersion"], over.append)
    for event in events:
        name, labels = event["object"]["metadata"].get("name"), event["object"]["metadata"].get("labels", {})
        if event["type"] == "ADDED" and LABEL in labels:
            there = f"/api/v1/namespaces/{name}"
            try:
                body = {"metadata": {"name": "operator"}}
                cluster.request("POST", f"{there}/resourcequotas", body | {"spec": {"hard": QUOTA}})
                cluster.request("POST", f"{there}/limitranges", body | {"spec": {"limits": LIMITS}})
            except ApiError as refused:
                limited.append(f"{name}: {refused}")
            else:
                limited.append(name)


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """The suite's run, the namespaces that were limited in it, and what its account was seen to ask for."""
    folder = tmp_path_factory.mktemp("strict")
    (folder / "admission.yaml").write_text(yaml.safe_dump(ADMISSION))
    flags = [*audited(folder), (API_SERVER, f"--admission-control-config-file={folder / 'admission.yaml'}")]
    embedded.down(NAME)
    try:
        cluster = embedded.up(NAME, embedded.specify(flags=flags))
        limited, responses = [], []
        operator = threading.Thread(target=limit, args=(Cluster(cluster.kubeconfig), limited, responses), daemon=True)
        operator.start()
        runner = of_runner(cluster.kubeconfig, folder / "runner", rights.SUITE)
        run = judge(folder, current_at(runner))
        for response in responses:
            response.shutdown()
        operator.join(10)
        account = f"system:serviceaccount:{NAMESPACE}:{RUNNER}"
        yield run, limited, asked(folder / AUDIT_LOG, account)
    finally:
        embedded.down(NAME)


def test_a_healthy_cluster_is_conformant_however_strict_it_is(judged):
    run, _, _ = judged
    assert run.exit_code == 0, run.printed
    assert run.results["verdict"] == "conformant"
    assert [warning for warning in run.results["warnings"] if "repeated" not in warning] == []


def test_every_namespace_was_limited(judged):
    run, limited, _ = judged
    scenarios = list((run.folder / "conformance-report" / "histories").glob("*.jsonl"))
    assert len(limited) == len(scenarios)
    assert [one for one in limited if ":" in one] == []


def test_the_account_has_the_rights_that_the_run_asked_for_and_no_others(judged):
    _, _, seen = judged
    assert sorted({*seen, *implied(seen)}) == list(rights.of(rights.SUITE))
    assert written(rights.SUITE, {*seen, *implied(seen)}) == (rights.FOLDER / f"{rights.SUITE}.yaml").read_text()


def test_the_report_says_nothing_of_the_token(judged):
    run, _, _ = judged
    folder = run.folder / "conformance-report"
    token = yaml.safe_load((run.folder / "runner").read_text())["users"][0]["user"]["token"]
    assert results.read(folder).finished
    assert [path for path in folder.rglob("*") if path.is_file() and token in path.read_text(errors="replace")] == []
