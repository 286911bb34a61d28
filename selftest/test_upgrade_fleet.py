"""The members of the fleet are deployed as their sentences say.

Method: the manifests are read and adapted as the driver does it, with no cluster.
"""

import yaml

from conformance.upgrade.fleet import FLEET
from fixtures.driver import adapt
from selftest.fake_suite import REPOSITORY


def posted(member):
    """The set of a member as it is sent to the API server."""
    objects = list(yaml.safe_load_all((REPOSITORY / "manifests" / member.manifest).read_text(encoding="utf-8")))
    (manifest,) = [one for one in objects if one["kind"] == "StatefulSet"]
    wishes = member.wishes
    return adapt(
        manifest,
        {"spec": wishes.get("specification", {})},
        replicas=wishes["replicas"],
        control_plane=True,
        gated=False,
        lingering=False,
    )


def test_the_set_of_older_clients_is_sent_with_null_for_a_time():
    (applied,) = [posted(member) for member in FLEET if member.name == "applied"]
    (template,) = applied["spec"]["volumeClaimTemplates"]
    for one in (applied, applied["spec"]["template"], template):
        assert one["metadata"]["creationTimestamp"] is None


def test_every_member_is_deployed_with_as_many_replicas_as_it_says():
    assert {member.name: posted(member)["spec"]["replicas"] for member in FLEET} == {
        member.name: member.wishes["replicas"] for member in FLEET
    }
