"""What a wait in vain says that it saw last.

Method: pods as the API server tells of them, described one at a time.
"""

import pytest

from fixtures.watched import _state


def waiting(reason):
    return {"name": "web", "state": {"waiting": {"reason": reason}}}


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ({"phase": "Pending"}, "Pending, not Ready"),
        ({"phase": "Pending", "containerStatuses": [waiting("ContainerCreating")]}, "Pending, not Ready"),
        ({"phase": "Pending", "containerStatuses": [waiting("ErrImagePull")]}, "Pending, not Ready (ErrImagePull)"),
        (
            {
                "phase": "Pending",
                "initContainerStatuses": [waiting("CrashLoopBackOff")],
                "containerStatuses": [waiting("PodInitializing")],
            },
            "Pending, not Ready (CrashLoopBackOff)",
        ),
        ({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}, "Ready"),
    ],
)
def test_the_state_of_a_pod_says_what_holds_it_up(status, words):
    assert _state({"metadata": {"name": "web-0"}, "status": status}) == words


def test_a_pod_on_its_way_out_is_terminating_whatever_else_it_is():
    assert _state({"metadata": {"deletionTimestamp": "now"}, "status": {"phase": "Running"}}) == "Terminating"
