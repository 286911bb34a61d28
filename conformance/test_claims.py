"""Claims: what the controller makes of a template, of a claim that is missing, and of one that is there already.

Method: claims are made late, by scaling up, where something must be known or done before. A pod that must be Pending is kept
so by the test, which plays the kubelet.
"""

import pytest

from conformance import checks
from conformance.checks.claims import use_of_existing_claim
from conformance.guarantees import proves

DATA = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "16Mi"}}}
# What storage there is may be handed out by the gibibyte.
LARGE = {
    "volumeClaimTemplates": [
        {"metadata": {"name": "data"}, "spec": DATA | {"resources": {"requests": {"storage": "1Gi"}}}},
    ]
}
DESCRIBED = {
    "volumeClaimTemplates": [
        {"metadata": {"name": "data", "labels": {"kept": "yes"}, "annotations": {"told": "also"}}, "spec": DATA},
        {"metadata": {"name": "more"}, "spec": DATA},
    ],
    "template": {
        "metadata": {"labels": {"kept": "yes"}, "annotations": {"told": "also"}},
        "spec": {
            "volumes": [{"name": "data", "emptyDir": {}}, {"name": "own", "emptyDir": {}}],
            "initContainers": [
                {
                    "name": "first",
                    "image": "registry.k8s.io/e2e-test-images/agnhost:2.55",
                    "command": ["/agnhost"],
                    "args": ["help"],
                    "env": [{"name": "TOLD", "value": "also"}],
                    "resources": {
                        "requests": {"cpu": "10m", "memory": "16Mi"},
                        "limits": {"cpu": "500m", "memory": "128Mi"},
                    },
                    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                }
            ],
        },
    },
}


@pytest.fixture(scope="module")
def classless(deploy):
    """A second replica whose claim is made while the cluster's default StorageClass is known; its template names none."""
    web = deploy("varied.yaml", replicas=1, classless=True)
    web.wait_ready()
    web.ask_default_class()
    web.scale(2)
    web.wait_ready()
    web.ask_default_class()
    return web.history


@pytest.fixture(scope="module")
def described(deploy_unscheduled):
    """Two claim templates, one with a label, an annotation and the name of a volume of a pod template that says much, too."""
    web = deploy_unscheduled("varied.yaml", replicas=2, specification=DESCRIBED)
    web.try_pod("as the template says")
    web.wait_ready()
    return web.history


@pytest.fixture(scope="module")
def lost_claim(deploy_unscheduled):
    """The second pod is kept Pending while its claim is deleted and is gone."""
    web = deploy_unscheduled("varied.yaml", replicas=1)
    web.wait_ready()
    web.hold_running(1)
    web.scale(2)
    web.wait_created(1)
    # Claims are watched by a way of their own: the pod may be known before its claim is.
    web.wait_claim(1)
    web.delete_claim(1)
    web.wait_claim_gone(1)
    web.sync()
    web.wait_claim(1)
    web.release_running(1)
    web.wait_ready()
    return web.history


@pytest.fixture(scope="module")
def leaving_claim(deploy_unscheduled):
    """The second pod is deleted while its claim, deleted before two changes of the policy, is held in Terminating."""
    web = deploy_unscheduled("varied.yaml", replicas=2)
    web.wait_ready()
    web.hold_claim(1)
    web.delete_claim(1)
    web.wait_claim_terminating(1)
    # Claims reach a controller by a way of their own, in order: one that changes its own change of one knows all before that.
    web.retain(whenDeleted="Delete")
    web.wait_claims_owned("StatefulSet", 0)
    web.retain(whenDeleted="Retain")
    web.wait_claims_owned(None, 0)
    web.delete_pod(1)
    web.wait_counted(ready=1)
    web.sync()
    web.release_claim(1)
    web.wait_claim_gone(1)
    web.sync()
    web.wait_ready(looks=True)
    return web.history


@pytest.fixture(scope="module")
def found_claim(deploy_unscheduled):
    """A second replica that finds a claim of its name, larger than the template says, which nobody owns."""
    web = deploy_unscheduled("varied.yaml", replicas=1)
    web.wait_ready()
    web.make_claim(1, storage="32Mi")
    web.scale(2)
    web.wait_ready()
    web.sync()
    return web.history


@pytest.fixture(scope="module")
def expanded(deploy_containers):
    """A pod that wrote to its claim, which is expanded beyond what its template says; then the pod is deleted."""
    web = deploy_containers("varied.yaml", replicas=1, specification=LARGE)
    web.wait_ready()
    web.write(0)
    web.expand_claim(0, "2Gi")
    web.delete_pod(0)
    web.wait_replaced()
    web.wait_expanded(0)
    web.read(0)
    web.sync()
    return web.history


@proves("storage/default-class")
def test_a_claim_of_no_class_gets_the_default_class(classless):
    assert checks.class_is_default(classless) == []


@proves("storage/claims-as-templates-say")
def test_claims_are_made_as_their_templates_say(described):
    assert checks.made_as_templates_say(described) == []


@proves("storage/template-overrides-volume")
def test_a_claim_template_takes_the_place_of_a_volume_of_its_name(described):
    assert checks.templates_override_volumes(described) == []


@proves("identity/made-as-the-template-says")
def test_each_pod_is_made_as_the_template_says(described):
    assert checks.made_as_the_template_says(described) == []


@proves("storage/missing-claim-is-made-again")
def test_a_claim_that_a_pending_pod_lacks_is_made_again(lost_claim):
    assert checks.missing_claim_returns(lost_claim) == []


@proves("storage/waits-for-a-leaving-claim")
def test_a_pod_waits_until_its_old_claim_is_gone(leaving_claim):
    assert checks.waits_for_leaving_claims(leaving_claim) == []


@proves("storage/expansion")
def test_an_expanded_claim_stays_as_large_as_it_has_become(expanded):
    assert checks.expansion_survives(expanded) == []
    assert checks.bytes_survive(expanded) == []


@proves("storage/existing-claim")
def test_what_becomes_of_a_claim_that_is_there_already(found_claim, tells):
    tells(use_of_existing_claim(found_claim))
