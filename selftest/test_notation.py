"""The notation of histories: a word tells what the API server would have told.

Method: a few words are told and their events are looked at.
"""

import pytest

from conformance.history import ordinal_of
from selftest.notation import edited, story


def test_a_pod_is_born_behind_its_claim_with_the_identity_of_its_set():
    history = story("+0 r0 t0 -0 +0")
    first, second = history.pods
    assert [event.type for event in first.events] == ["ADDED", "MODIFIED", "MODIFIED", "DELETED"]
    assert (first.name, first.uid, second.uid) == ("web-0", "pod-1", "pod-2")
    assert history.lives("PersistentVolumeClaim")[0].first.rv < first.first.rv
    assert len(history.lives("PersistentVolumeClaim")) == 1
    assert ordinal_of(first.name) == 0


def test_an_act_stands_behind_what_was_known_and_before_what_it_caused():
    log = story("+0 scale:1 =").log
    kinds = [(event.type, event.kind) for event in log[-3:]]
    assert kinds == [("ACT", "scale"), ("MODIFIED", "StatefulSet"), ("MODIFIED", "StatefulSet")]
    assert log[-1].status["observedGeneration"] == log[-2].metadata["generation"] == 2


def test_every_event_carries_its_word():
    assert [event.time for event in story("+0 r0").log[-2:]] == ["1 +0", "2 r0"]


def test_an_object_can_be_edited_in_every_state():
    history = edited(story("+0 r0"), "Pod", "web-0", lambda pod: pod["spec"].update(hostname="x"))
    assert [event.object["spec"]["hostname"] for event in history.pods[0].events] == ["x", "x"]


def test_an_unknown_word_is_refused():
    with pytest.raises(ValueError, match="'1 dance' is no word"):
        story("dance")
