"""The API: what may be changed of a set, what is refused, what is defaulted, and that reading and writing back changes nothing.

Method: the server is asked by dry runs, which nothing follows from. Each case is the valid set with one change, and a refusal
counts only where its words name what was changed.
"""

import pytest

from conformance import checks
from conformance.guarantees import proves

# Each is a change of the set's specification as a JSON merge patch.
IDENTITY = {
    # It still selects the set's pods, so nothing but the change itself is wrong with it.
    "selector": {"selector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]}},
    "serviceName": {"serviceName": "other"},
    "podManagementPolicy": {"podManagementPolicy": "Parallel"},
    "volumeClaimTemplates": {"volumeClaimTemplates": []},
}
# The words for it have changed with the releases.
FORBIDDING = ("forbidden", "immutable")
CHANGEABLE = {
    "replicas": {"replicas": 2},
    "ordinals": {"ordinals": {"start": 3}},
    "template": {"template": {"metadata": {"annotations": {"changed": "yes"}}}},
    "updateStrategy": {"updateStrategy": {"type": "OnDelete", "rollingUpdate": None}},
    "partition": {"updateStrategy": {"rollingUpdate": {"partition": 1}}},
    "minReadySeconds": {"minReadySeconds": 1},
    "persistentVolumeClaimRetentionPolicy": {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}},
}
HISTORY_LIMIT = {"revisionHistoryLimit": {"revisionHistoryLimit": 3}}
# What is wrong, and in which words the server names it.
WRONG = {
    "no selector": ({"selector": None}, "spec.selector"),
    "an empty selector": ({"selector": {"matchLabels": None}}, "spec.selector"),
    "a selector that its pods do not match": (
        {"selector": {"matchLabels": {"app": "other"}}},
        "spec.template.metadata.labels",
    ),
    "restartPolicy Never": ({"template": {"spec": {"restartPolicy": "Never"}}}, "spec.template.spec.restartPolicy"),
    "activeDeadlineSeconds": (
        {"template": {"spec": {"activeDeadlineSeconds": 5}}},
        "spec.template.spec.activeDeadlineSeconds",
    ),
    "negative replicas": ({"replicas": -1}, "spec.replicas"),
    "negative minReadySeconds": ({"minReadySeconds": -1}, "spec.minReadySeconds"),
    "a negative partition": ({"updateStrategy": {"rollingUpdate": {"partition": -1}}}, "partition"),
    "a negative first ordinal": ({"ordinals": {"start": -1}}, "spec.ordinals.start"),
    "an unknown podManagementPolicy": ({"podManagementPolicy": "Random"}, "spec.podManagementPolicy"),
    "an unknown updateStrategy": ({"updateStrategy": {"type": "Random"}}, "spec.updateStrategy"),
    "a serviceName that is no host name": ({"serviceName": "web.one"}, "spec.serviceName"),
    "an unknown retention": ({"persistentVolumeClaimRetentionPolicy": {"whenScaled": "Random"}}, "whenScaled"),
}
# A template of claims that asks for no storage.
EMPTY_CLAIM = {
    "volumeClaimTemplates": [
        {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": None}}
    ]
}
NAMES = {"a name with a dot": "web.one", "a name in capitals": "Web", "a name of 64 letters": "w" * 64}
SILENT = {
    "replicas": None,
    "podManagementPolicy": None,
    "updateStrategy": None,
    "revisionHistoryLimit": None,
    "persistentVolumeClaimRetentionPolicy": None,
}
DEFAULTS = {
    "replicas": 1,
    "podManagementPolicy": "OrderedReady",
    "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
    "revisionHistoryLimit": 10,
    "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
}


@pytest.fixture(scope="module")
def tried(deploy_unscheduled):
    """One replica, of which every change and every mistake is tried."""
    web = deploy_unscheduled("tried.yaml", replicas=1)
    web.wait_ready()
    for case, change in (IDENTITY | CHANGEABLE | HISTORY_LIMIT | {"unchanged": {}}).items():
        web.try_change(case, {"spec": change})
    for case, (change, _) in WRONG.items():
        web.try_create(case, {"spec": change})
    web.try_create("a claim without storage", {"spec": EMPTY_CLAIM})
    for case, name in NAMES.items():
        web.try_create(case, {"metadata": {"name": name}})
    web.try_create("silent", {"spec": SILENT})
    web.try_create("unchanged", {})
    web.try_replacement("itself", {})
    web.try_replacement("a status of one's own", {"status": {"replicas": 7, "readyReplicas": 5}})
    web.try_replacement("a specification in the status", {"spec": {"replicas": 7}}, subresource="status")
    return web.history


@proves("api/identity-is-immutable")
def test_what_makes_the_identity_cannot_be_changed(tried):
    assert checks.refused(tried, "change", dict.fromkeys(IDENTITY, FORBIDDING)) == []


@proves("api/the-rest-may-change")
def test_what_does_not_make_the_identity_can_be_changed(tried):
    assert checks.accepted(tried, "change", CHANGEABLE) == []


@proves("api/history-limit-may-change")
def test_the_history_limit_can_be_changed(tried):
    assert checks.accepted(tried, "change", HISTORY_LIMIT) == []


@proves("api/invalid-sets-are-refused")
def test_a_set_that_cannot_work_is_refused(tried):
    assert checks.refused(tried, "create", {case: [field] for case, (_, field) in WRONG.items()}) == []


@proves("api/invalid-claim-templates-are-refused")
def test_a_template_of_claims_that_cannot_work_is_refused(tried):
    assert checks.refused(tried, "create", {"a claim without storage": ["spec.volumeClaimTemplates"]}) == []


@proves("api/names-are-dns-labels")
def test_a_name_that_is_no_host_name_is_refused(tried):
    assert checks.refused(tried, "create", dict.fromkeys(NAMES, ("metadata.name",))) == []


@proves("api/defaults")
def test_what_is_not_said_has_its_default(tried):
    assert checks.defaulted(tried, "silent", DEFAULTS) == []


@proves("api/written-back-changes-nothing")
def test_a_set_that_is_written_back_as_it_was_read_is_as_it_was(tried):
    assert checks.changes_nothing(tried, "itself") == []


@proves("api/status-and-specification-apart")
def test_the_status_is_not_written_with_the_specification_nor_the_other_way(tried):
    assert checks.changes_nothing(tried, "a status of one's own", "a specification in the status") == []
