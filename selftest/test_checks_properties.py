"""What holds of every history: the lawful ones are never accused, the broken ones are named, the damaged never pass for whole.

Method: the suite's own scenarios are driven on a model of a cluster (selftest/lawful.py), in which hypothesis decides who goes
next and how stale everybody's knowledge is, and the suite's own tests judge what came of it. A mutation breaks one promise in
such a history, a damage takes something of the record away.
"""

import copy
import importlib
import inspect
import json
from collections import Counter
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from conformance import checks, test_invariants
from conformance.history import (
    ADDED,
    DELETED,
    GAP,
    MODIFIED,
    POD_INDEX_LABEL,
    POD_NAME_LABEL,
    REVISION_LABEL,
    WATCHED,
    Event,
    History,
    HistoryError,
    Inconclusive,
    Unfinished,
)
from selftest import mutations
from selftest.lawful import FAILURES, HARD
from selftest.modelled import modelling
from selftest.mutations import altered, rebuilt

SCENARIOS = {
    "availability": ("broken_and_reverted", "all_broken", "parallel", "unavailable_from_the_start",
                     "unavailable_in_an_update"),
    "eviction": ("failing",),
    "failure": ("failed", "succeeded"),
    "identity": ("trio", "replacement"),
    "ordering": ("lifetime", "stalled", "shrunk"),
    "parallel": ("burst",),
    "races": ("reverted", "below", "annotated"),
    "restart": ("paused", "rolling", "leaving"),
    "retention": ("changed_policy", "deleted_in_the_background"),
    "scaling": ("hindered", "unhealthy", "lingering", "gap", "reversed_scaling", "moved", "deleted"),
    "status": ("counted",),
    "storage": ("pod_deleted", "scaled", "set_recreated"),
    "updates": ("rolled", "partitioned", "lowered", "disturbed", "on_delete", "undone", "unrestarted", "grown", "emptied"),
}  # fmt: skip
EVERY = [f"{subject}.{name}" for subject, names in SCENARIOS.items() for name in names]
# What the model answers to no question of: bytes in a volume, and what the server would make of an object.
UNASKED = {
    "test_a_pod_made_again_reads_the_same_bytes",
    "test_scaling_down_and_up_keeps_the_bytes",
    "test_deleting_the_set_keeps_the_bytes",
    "test_applying_the_same_manifest_again_changes_nothing",
}
# One byte for each choice; when they are used up, whoever stands first goes on, and nobody is late. They are drawn by a seed,
# since to draw them one by one takes longer than to drive and to judge what they choose.
CHOICES = st.integers(0, 2**32 - 1).map(lambda seed: Random(seed).randbytes(900))
# For what is asked of many mutations, so that all of them together take no longer than the rest.
FEW = settings(max_examples=max(5, settings().max_examples // 5))
POD, CLAIM, SET, REVISION = "Pod", "PersistentVolumeClaim", "StatefulSet", "ControllerRevision"


def driven(scenario, choices=b"", reached=None, failures=FAILURES):
    """The history of a scenario of the suite on the model, where these bytes choose; what is hard in it is counted.

    So many pods may fail in it. Where one does the story may end early, and then nothing is there to be mutated.
    """
    subject, _, name = scenario.partition(".")
    left = iter(choices)
    fixture = getattr(importlib.import_module(f"conformance.test_{subject}"), name).__wrapped__
    try:
        return fixture(modelling(lambda number: next(left, 0) % number, reached, failures))
    except Unfinished as unfinished:
        return unfinished.history


def asked_of(scenario):
    """The tests of the suite that ask this scenario, and those that ask every one, by name."""
    subject, _, name = scenario.partition(".")
    module = importlib.import_module(f"conformance.test_{subject}")
    own = {key: test for key, test in vars(module).items() if key.startswith("test_") and name in _parameters(test)}
    every = {key: test for key, test in vars(test_invariants).items() if key.startswith("test_")}
    return own | every


def own_of(scenario):
    """The tests of the suite that ask this scenario of what the model can answer to, and are not asked of every one."""
    asked = asked_of(scenario).items()
    return {name: test for name, test in asked if name not in vars(test_invariants) and name not in UNASKED}


def _parameters(test):
    return inspect.signature(test).parameters


def answer(test, history):
    """What a test of the suite says of a history: "holds", "violated" or "inconclusive"; anything else is raised."""
    arguments = dict.fromkeys(_parameters(test), history)
    if "tells" in arguments:
        arguments["tells"] = lambda _: None
    try:
        test(**arguments)
    except Inconclusive:
        return "inconclusive"
    except AssertionError:
        return "violated"
    return "holds"


def answers(scenario, history):
    """What each test that asks a scenario says of a history."""
    return {name: answer(test, history) for name, test in asked_of(scenario).items()}


@pytest.mark.parametrize("scenario", EVERY)
def test_a_plain_history_satisfies_every_check(scenario):
    found = answers(scenario, driven(scenario))
    assert {name: said for name, said in found.items() if said != "holds" and name not in UNASKED} == {}


@pytest.mark.parametrize("scenario", EVERY)
def test_no_lawful_history_is_accused_and_some_satisfy_each_check(scenario):
    satisfied = set()

    @given(choices=CHOICES)
    def ask(choices):
        found = answers(scenario, driven(scenario, choices))
        assert [name for name, said in found.items() if said == "violated"] == []
        satisfied.update(name for name, said in found.items() if said == "holds")

    ask()
    assert {*asked_of(scenario)} - satisfied - UNASKED == set()


def test_the_drawn_histories_are_hard_to_judge():
    """In some of them the controller looks at the past and writes upon what is gone, the driver acts blindly, and pods fail."""
    reached = Counter()

    @given(choices=CHOICES, scenario=st.sampled_from(EVERY))
    def drive(choices, scenario):
        driven(scenario, choices, reached)

    drive()
    assert {what for what in HARD if not reached[what]} == set()


# The act that a test is about, and which of that verb, where it is not the first that makes pods move.
ABOUT = {
    "test_an_update_that_breaks_its_first_pod_touches_no_other": ("update", 1),
    "test_what_comes_of_a_broken_update_that_is_reverted": ("update", 2),
    "test_a_reverted_update_comes_to_its_end_once_the_broken_pod_is_deleted": ("delete", 0),
    "test_a_pod_that_fails_again_and_again_is_made_once_for_each_time": ("fail", 4),
    "test_an_unready_predecessor_holds_back_the_next_pod": ("hold", 0),
    "test_a_template_that_is_changed_back_leads_to_the_old_revision": ("update", 2),
    "test_no_pod_is_replaced_twice_when_a_template_is_changed_back": ("update", 1),
    "test_a_spared_pod_returns_as_it_was_while_another_is_replaced": ("delete", 0),
    "test_annotations_of_the_set_do_not_disturb_the_order_of_an_update": ("annotate", 49),
    "test_a_restarted_controller_changes_nothing": ("restart", 0),
    "test_a_spared_pod_comes_back_at_the_old_revision": ("delete", 0),
    "test_an_update_goes_on_in_order": ("restart", 0),
    "test_a_scaling_down_goes_on_in_order": ("restart", 0),
    "test_the_claims_go_with_the_pods_that_scaling_removes": ("restart", 0),
    "test_the_owners_of_the_claims_follow_the_policy": ("change", 2),
    "test_the_surplus_is_removed_when_all_that_stay_are_ready": ("release", 0),
    "test_a_deleted_pod_is_replaced_when_it_is_gone": ("release", 0),
    "test_a_deleted_pod_returns_although_a_later_one_is_there": ("release", 0),
    "test_nothing_more_is_removed_when_a_scaling_down_is_reversed": ("scale", 1),
    "test_what_a_reversed_scaling_down_took_comes_back_once": ("scale", 1),
    "test_a_condition_of_somebody_else_stays_in_the_status": ("condition", 0),
    "test_scaling_down_and_up_keeps_the_claims": ("scale", 1),
    "test_deleting_the_set_keeps_the_claims": ("create", 1),
    "test_a_spared_pod_that_is_deleted_comes_back_at_the_old_revision": ("delete", 0),
    "test_a_partition_beyond_the_replicas_spares_every_pod": ("update", 0),
    "test_a_lowered_partition_lets_the_update_go_on": ("change", 1),
    "test_a_pod_deleted_behind_the_update_comes_back_at_the_new_revision": ("update", 0),
    "test_a_pod_deleted_below_the_partition_comes_back_at_the_old_revision": ("delete", 0),
    "test_a_pod_deleted_before_its_turn_is_told": ("delete", 1),
    "test_what_is_deleted_comes_back_updated": ("delete", 0),
    "test_an_undone_update_replaces_every_pod": ("update", 2),
    "test_an_undone_update_goes_back_to_the_revision_of_before": ("update", 2),
    "test_no_change_but_the_templates_makes_a_revision_or_takes_a_pod": ("scale", 1),
    "test_a_new_pod_below_the_partition_is_made_at_the_current_revision": ("scale", 0),
    "test_a_new_pod_from_the_partition_on_is_made_at_the_new_revision": ("scale", 0),
    "test_the_revision_of_an_emptied_set_is_told": ("scale", 1),
}
MOVES = ("scale", "update", "delete", "fail", "change", "restart")
# What a test is about that asks of each pod how it is made, or of the first pods how they come.
FIRST_PODS = {
    "test_pods_are_named_by_the_set_and_their_ordinals",
    "test_each_pod_has_its_name_as_its_host_name",
    "test_each_pod_is_labelled_with_its_name",
    "test_each_pod_is_labelled_with_its_ordinal",
    "test_each_pod_is_labelled_with_a_revision_of_the_set",
    "test_each_pod_is_controlled_by_the_set",
    "test_a_pod_made_again_has_its_name_as_its_host_name",
    "test_each_pod_waits_until_its_predecessors_are_ready",
    "test_all_pods_are_made_while_none_is_ready",
    "test_every_pod_stays_five_minutes_on_a_node_that_is_lost",
    "test_every_change_of_the_set_is_observed_in_the_end",
    "test_the_status_counts_the_pods_that_are_there",
    "test_each_pod_mounts_a_claim_of_its_own",
    "test_the_next_pod_is_made_only_when_the_last_is_available",
}


def _asked_about(name, history):
    """The number of the event before which a test cannot know anything."""
    if name in FIRST_PODS or name in vars(test_invariants):
        return min(pod.first.number for pod in history.pods)
    if name in ABOUT:
        verb, which = ABOUT[name]
        return history.acts(verb)[which].number
    return next(act.number for act in history.all_acts if act.kind in MOVES)


# What is asked of sets, of claims and of revisions is known before there is a pod.
WITHOUT_PODS = {
    "test_no_generation_is_observed_before_its_time",
    "test_no_revision_is_ever_changed",
    "test_the_count_of_collisions_never_falls",
    "test_no_status_counts_more_than_there_is",
    "test_no_claim_is_deleted_against_the_policy",
    "test_no_revision_in_use_is_deleted",
    "test_no_revision_is_called_current_before_the_roll_is_complete",
    "test_every_scenario_reaches_its_end",
}


def test_what_is_said_of_a_test_is_said_of_one_that_there_is():
    known = {name for scenario in EVERY for name in asked_of(scenario)}
    assert {*ABOUT, *FIRST_PODS, *WITHOUT_PODS, *UNASKED} <= known
    assert not {*ABOUT} & FIRST_PODS


@pytest.mark.parametrize("scenario", EVERY)
def test_a_beginning_that_ends_before_what_is_asked_about_decides_nothing(scenario):
    whole = driven(scenario)
    for name, test in asked_of(scenario).items():
        end = 1 if name in WITHOUT_PODS else _asked_about(name, whole)
        said = {answer(test, History.of(whole.header, whole.log[:number])) for number in range(end)}
        assert (name, said) == (name, {"inconclusive"})


def one(kind, name):
    """Whether an event is of this object."""
    return lambda event: (event.kind, event.name) == (kind, name)


def last_of(history, kind, name):
    """The newest state of an object that is there at the end."""
    (*_, event) = (event for event in history.of_kind(kind) if event.name == name)
    return event


def with_more(history, *events):
    """The history, and these behind its end."""
    return rebuilt(history, [*history.log, *events])


def changed(event, event_type, **metadata):
    """What an object is made into."""
    told = copy.deepcopy(event.object)
    told["metadata"] |= metadata
    return Event(event_type, event.kind, event.rv, told)


def leaving(event):
    """The same object, on its way out."""
    return changed(event, MODIFIED, deletionTimestamp="2026-01-01T00:00:00Z")


def relabelled(label, value):
    return lambda history: altered(
        history, one(POD, "web-1"), lambda pod: pod["metadata"]["labels"].update({label: value})
    )


def another_host_name(history):
    return altered(history, one(POD, "web-1"), lambda pod: pod["spec"].update(hostname="web-0"))


def another_owner(history):
    return altered(history, one(POD, "web-1"), lambda pod: pod["metadata"]["ownerReferences"][0].update(uid="somebody"))


def no_owner(history):
    return altered(history, one(POD, "web-1"), lambda pod: pod["metadata"].update(ownerReferences=[]))


def the_neighbours_claim(history):
    def edit(pod):
        pod["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"] = "data-web-0"

    return altered(history, one(POD, "web-1"), edit)


def one_volume_for_two(history):
    return altered(history, lambda event: event.kind == CLAIM, lambda claim: claim["spec"].update(volumeName="v1"))


def a_claim_deleted(history):
    return with_more(history, leaving(last_of(history, CLAIM, "data-web-1")))


def a_claim_after_its_pod(history):
    events = list(history.log)
    claim = next(event for event in events if one(CLAIM, "data-web-1")(event))
    events.remove(claim)
    place = next(place for place, event in enumerate(events) if one(POD, "web-1")(event))
    return rebuilt(history, [*events[: place + 1], claim, *events[place + 1 :]])


def a_pod_deleted(history):
    return with_more(history, leaving(last_of(history, POD, "web-1")))


def a_pod_too_many(history):
    return with_more(history, changed(last_of(history, POD, "web-1"), ADDED, name="web-7", uid="pod-7"))


def a_twin(history):
    return with_more(history, changed(last_of(history, POD, "web-1"), ADDED, uid="twin"))


def an_old_one_that_stays(history):
    """The deleted pod's end is not there, and its successor is."""
    old = history.pods_named("web-1")[0]
    return rebuilt(history, [event for event in history.log if event.uid != old.uid or not event.terminating])


def never_ready(history):
    """The first pod is not Ready at any time, and the others come all the same."""
    return altered(history, one(POD, "web-0"), lambda pod: pod["status"].pop("conditions", None))


def the_second_first(history):
    """The second pod is created before the first, and both claims before them."""
    events = list(history.log)
    second = next(event for event in events if one(POD, "web-1")(event))
    events.remove(second)
    place = next(place for place, event in enumerate(events) if one(POD, "web-0")(event))
    return rebuilt(history, [*events[:place], second, *events[place:]])


def the_lowest_first(history):
    """The first and the last pod change places when they leave."""
    (act,) = history.acts("scale")
    names = {"web-0": "web-2", "web-2": "web-0"}
    last = {name: last_of(history, POD, name) for name in names}
    events = []
    for event in history.log:
        if event.kind == POD and event.number > act.number and event.terminating and event.name in names:
            other = last[names[event.name]]
            event = Event(event.type, event.kind, event.rv, other.object)
        events.append(event)
    return rebuilt(history, events)


def a_lower_one_too(history):
    """Scaling takes the first pod before the surplus one."""
    (act,) = history.acts("scale")
    events = [event for event in history.log if not (event.number > act.number and one(POD, "web-0")(event))]
    place = next(n for n, event in enumerate(events) if event.terminating and event.kind == POD)
    first = last_of(history, POD, "web-0")
    return rebuilt(history, [*events[:place], leaving(first), *events[place:]])


def a_spared_one_taken(history):
    """A pod that the update was to spare begins to leave, in the end."""
    return with_more(history, leaving(last_of(history, POD, "web-0")))


def new_below_the_partition(history):
    """What was made again below the partition bears the new revision, and is made of it."""
    new, example = history.pods_named("web-0")[-1], last_of(history, POD, "web-2").metadata

    def edit(pod):
        pod["metadata"]["labels"][REVISION_LABEL] = example["labels"][REVISION_LABEL]
        pod["metadata"]["annotations"] = example["annotations"]

    return altered(history, lambda event: event.uid == new.uid, edit)


def current_too_early(history):
    """The status calls the new revision current as soon as it names it."""

    def edit(told):
        told["status"]["currentRevision"] = told["status"]["updateRevision"]

    return altered(history, lambda event: event.kind == SET and "updateRevision" in event.status, edit)


def counting(**counts):
    return lambda history: altered(
        history,
        lambda event: event.kind == SET and "replicas" in event.status,
        lambda told: told["status"].update(counts),
    )


def observed_ahead(history):
    return with_more(history, _observing(history, +1))


def observed_back(history):
    return with_more(history, _observing(history, -1))


def _observing(history, step):
    event = last_of(history, SET, "web")
    told = copy.deepcopy(event.object)
    told["status"]["observedGeneration"] += step
    return Event(MODIFIED, SET, event.rv, told)


def no_time_to_end(history):
    """Pods that a node has are given no time to end."""

    def edit(pod):
        pod["spec"] |= {"nodeName": "node-1", "terminationGracePeriodSeconds": 30}
        if "deletionTimestamp" in pod["metadata"]:
            pod["metadata"]["deletionGracePeriodSeconds"] = 0

    return altered(history, lambda event: event.kind == POD, edit)


def a_revision_changed(history):
    revision = next(history.of_kind(REVISION))
    told = copy.deepcopy(revision.object)
    told["data"] = {"spec": "another"}
    return with_more(history, Event(MODIFIED, REVISION, revision.rv, told))


def the_newest_revision_deleted(history):
    revision = max(history.of_kind(REVISION), key=lambda event: event.object["revision"])
    return with_more(history, Event(DELETED, REVISION, revision.rv, revision.object))


def another_claim_on_return(history):
    """The claim of the deleted pod is replaced by another of its name before the pod comes back."""
    new, claim = history.pods_named("web-0")[1], last_of(history, CLAIM, "data-web-0")
    events, place = list(history.log), new.first.number - 1
    made = changed(claim, ADDED, uid="claim-new")
    return rebuilt(
        history, [*events[:place], leaving(claim), Event(DELETED, CLAIM, 0, claim.object), made, *events[place:]]
    )


def no_claim_on_return(history):
    """The pod that comes back mounts nothing."""
    new = history.pods_named("web-0")[1]
    return altered(history, lambda event: event.uid == new.uid, lambda pod: pod["spec"].update(volumes=[]))


MUTATIONS = [
    ("identity.trio", another_host_name, checks.hostnames_as_specified, ()),
    ("identity.trio", relabelled(POD_NAME_LABEL, "web-0"), checks.labelled_with_name, ()),
    ("identity.trio", relabelled(POD_INDEX_LABEL, "0"), checks.labelled_with_ordinal, ()),
    ("identity.trio", relabelled(REVISION_LABEL, "unknown"), checks.labelled_with_revision, ()),
    ("identity.trio", another_owner, checks.owned_by_the_set, ()),
    ("identity.trio", no_owner, checks.owned_by_the_set, ()),
    ("identity.trio", the_neighbours_claim, checks.one_claim_each, ()),
    ("identity.trio", one_volume_for_two, checks.one_claim_each, ()),
    ("identity.trio", a_claim_deleted, checks.claims_are_kept, ()),
    ("identity.trio", a_claim_after_its_pod, checks.claims_come_first, ()),
    ("identity.trio", a_claim_after_its_pod, checks.one_claim_each, ()),
    ("identity.trio", a_pod_deleted, checks.deletions_have_reasons, ()),
    ("identity.trio", a_pod_too_many, checks.births_are_wanted, ()),
    ("identity.trio", a_pod_too_many, checks.names_are_ordinals, (3,)),
    ("identity.trio", a_twin, checks.one_life_at_a_time, ()),
    ("identity.trio", counting(readyReplicas=9), checks.counts_agree, ()),
    ("identity.trio", counting(availableReplicas=9), checks.counts_agree, ()),
    ("identity.trio", counting(updatedReplicas=9), checks.counts_agree, ()),
    ("identity.trio", observed_ahead, checks.generations_are_observed_in_order, ()),
    ("identity.trio", observed_back, checks.generations_are_observed_in_order, ()),
    ("identity.trio", a_revision_changed, checks.revisions_are_immutable, ()),
    ("identity.trio", the_newest_revision_deleted, checks.live_revisions_are_kept, ()),
    ("identity.trio", never_ready, checks.gated_by_readiness, (range(3),)),
    ("identity.trio", never_ready, checks.gated_where_ordered, ()),
    ("identity.trio", the_second_first, checks.gated_where_ordered, ()),
    ("identity.replacement", an_old_one_that_stays, checks.one_life_at_a_time, ()),
    ("identity.replacement", an_old_one_that_stays, checks.survives_deletion, ("web-1",)),
    ("ordering.lifetime", the_lowest_first, checks.highest_leaves_first, ()),
    ("ordering.lifetime", the_lowest_first, checks.leaves_one_at_a_time, ()),
    ("ordering.lifetime", no_time_to_end, checks.terminations_are_graceful, ()),
    ("ordering.shrunk", a_lower_one_too, checks.removes_only, ({2},)),
    ("ordering.shrunk", a_lower_one_too, checks.deletions_have_reasons, ()),
    ("updates.rolled", current_too_early, checks.current_when_complete, ()),
    ("updates.on_delete", a_spared_one_taken, checks.deletions_have_reasons, ()),
    ("updates.partitioned", new_below_the_partition, checks.made_at_revision, ("old", {0})),
    ("updates.partitioned", a_spared_one_taken, checks.deletions_have_reasons, ()),
    ("storage.pod_deleted", another_claim_on_return, checks.claim_survives, ("web-0",)),
    ("storage.pod_deleted", another_claim_on_return, checks.claims_are_kept, ()),
    ("storage.pod_deleted", no_claim_on_return, checks.claim_survives, ("web-0",)),
    ("failure.failed", no_claim_on_return, checks.replaced_with_claim, ("Failed",)),
]


def judged(check, history, *arguments):
    """The violations' sentences, or None where that is inconclusive; anything else is raised."""
    try:
        return sorted({violation.message for violation in check(history, *arguments)})
    except Inconclusive:
        return None


def _named(mutation):
    scenario, mutate, check, _ = mutation
    return f"{scenario}-{mutate.__name__.strip('<>')}-{check.__name__}"


broken = pytest.mark.parametrize(
    ("scenario", "mutate", "check", "arguments"), MUTATIONS, ids=[_named(mutation) for mutation in MUTATIONS]
)


@broken
@FEW
@given(choices=CHOICES)
def test_every_broken_promise_is_named(scenario, mutate, check, arguments, choices):
    lawful = driven(scenario, choices, failures=0)
    assert not judged(check, lawful, *arguments)
    assert judged(check, mutate(lawful), *arguments)


@broken
def test_a_gap_anywhere_lets_nothing_pass(scenario, mutate, check, arguments):
    """Whatever the gap has swallowed: here up to three events, at the beginning, the end, and everywhere between."""
    whole = mutate(driven(scenario))
    for place in range(len(whole.log)):
        gap = Event(GAP, "Pod", whole.log[place].rv, {"reason": "410 Gone"})
        torn = History.of(whole.header, [*whole.log[:place], gap, *whole.log[place + 3 :]])
        assert (place, judged(check, torn, *arguments)) == (place, None)


@broken
@FEW
@given(choices=CHOICES, random=st.randoms(use_true_random=False))
def test_the_order_of_arrival_decides_nothing(scenario, mutate, check, arguments, choices, random):
    """Watch events of one object arrive in order, those of others may overtake them; acts stand where they were done."""
    whole = mutate(driven(scenario, choices, failures=0))
    watched = [event for event in whole.log if event.type in WATCHED]
    random.shuffle(watched)
    done = [event for event in whole.log if event.type not in WATCHED]
    arrived = History.of(whole.header, [*done, *watched])
    assert arrived == whole
    assert judged(check, arrived, *arguments) == judged(check, whole, *arguments)


@broken
@FEW
@given(choices=CHOICES, places=st.sets(st.integers(0, 200), max_size=20))
def test_what_is_told_twice_is_judged_once(scenario, mutate, check, arguments, choices, places):
    """A watch that is taken up again may tell an event once more: what is lawful stays so, and what is broken is named."""
    lawful = driven(scenario, choices, failures=0)
    assert not judged(check, _repeated(lawful, places), *arguments)
    assert judged(check, _repeated(mutate(lawful), places), *arguments)


def _repeated(history, places):
    again = [event for event in history.log if event.number in places and event.type in WATCHED]
    return History.of(history.header, [*history.log, *again])


@pytest.mark.parametrize("scenario", EVERY)
def test_each_test_of_a_scenario_names_something_that_is_otherwise(scenario):
    """Whatever the scenario: pods that leave or come in another order, are others, or never come; claims, revisions, counts."""
    history = driven(scenario)
    # What a MAY tells is no violation, whatever it is.
    open_ = {name: test for name, test in own_of(scenario).items() if "tells" not in _parameters(test)}
    for _, broken_history in mutations.mutated(history):
        named = [name for name, test in open_.items() if answer(test, broken_history) == "violated"]
        open_ = {name: test for name, test in open_.items() if name not in named}
        if not open_:
            return
    assert open_ == {}


INVARIANTS = {checks.labelled_with_name, checks.labelled_with_ordinal, checks.labelled_with_revision, checks.owned_by_the_set,
              checks.one_life_at_a_time, checks.deletions_have_reasons, checks.births_are_wanted, checks.claims_are_kept,
              checks.hostnames_as_specified, checks.claims_come_first, checks.terminations_are_graceful,
              checks.generations_are_observed_in_order, checks.counts_agree, checks.revisions_are_immutable,
              checks.live_revisions_are_kept, checks.gated_where_ordered, checks.current_when_complete}  # fmt: skip


@broken
def test_a_history_cut_short_passes_only_before_the_violation(scenario, mutate, check, arguments):
    """Of what must never be, a beginning that ends with the violation or behind it is named, and one before it may pass.

    What must come is asked about in test_a_beginning_that_ends_before_what_is_asked_about_decides_nothing.
    """
    whole = mutate(driven(scenario))
    first = min(violation.event.number for violation in check(whole, *arguments))
    said = [judged(check, History.of(whole.header, whole.log[:end]), *arguments) for end in range(len(whole.log) + 1)]
    assert said[0] is None
    assert not any(said[:first])
    if check in INVARIANTS:
        assert all(said[first:])


@pytest.mark.parametrize("scenario", EVERY)
@FEW
@given(choices=CHOICES, end=st.integers(0, 10_000))
def test_a_lawful_history_cut_short_is_not_accused(scenario, choices, end):
    """A recording that ends early holds what it holds: nobody waited in vain, so nothing is missing for sure."""
    whole = driven(scenario, choices)
    beginning = History.of(whole.header, whole.log[: end % (len(whole.log) + 1)])
    assert [name for name, said in answers(scenario, beginning).items() if said == "violated"] == []


@pytest.mark.parametrize("scenario", EVERY)
@FEW
@given(choices=CHOICES, place=st.integers(0, 10_000), which=st.integers(0, 10_000))
def test_a_field_that_is_missing_crashes_no_check(scenario, choices, place, which):
    """What an object lacks may well be a violation; what the suite's own entries lack makes nothing but doubt."""
    whole = driven(scenario, choices)
    place %= len(whole.log)
    event = whole.log[place]
    told = copy.deepcopy(dict(event.object))
    fields = list(_fields(told))
    within, field = fields[which % len(fields)]
    del within[field]
    torn = [*whole.log[:place], Event(event.type, event.kind, event.rv, told), *whole.log[place + 1 :]]
    answers(scenario, History.of(whole.header, torn))


def _fields(told):
    """Each field of an object, however deep, with what it is a field of."""
    if isinstance(told, dict):
        yield from ((told, field) for field in told)
    if isinstance(told, dict | list):
        for part in told.values() if isinstance(told, dict) else told:
            yield from _fields(part)


@pytest.mark.parametrize("scenario", ["updates.rolled", "storage.pod_deleted"])
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_in_one_sentence(scenario, data, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "damaged.jsonl"
    driven(scenario).write(path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=3))
    path.write_bytes(bytes(content))
    refusal = refused(path)
    assert refusal.startswith(f"{path}: ") or not refusal
    assert "\n" not in refusal


@pytest.mark.parametrize("scenario", ["updates.rolled"])
@given(line=st.integers(0, 10_000), value=st.sampled_from([None, 7, "seven", [], {}]), field=st.sampled_from(
    ["type", "kind", "rv", "object", "time", "workload", "history", "scenario", "namespace"]), taken=st.booleans())  # fmt: skip
def test_a_line_of_another_form_is_refused_in_one_sentence(scenario, line, value, field, taken, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "formed.jsonl"
    driven(scenario).write(path)
    lines = path.read_text().splitlines()
    told = json.loads(lines[line % len(lines)])
    assume(field in told)
    if taken:
        del told[field]
    else:
        told[field] = value
    lines[line % len(lines)] = json.dumps(told)
    path.write_text("\n".join(lines))
    refusal = refused(path)
    assert refusal or all(isinstance(event.kind, str) for event in History.read(path).log)
    assert "\n" not in refusal


def refused(path):
    """The sentence in which a file is refused as a history, or nothing where it is read."""
    try:
        History.read(path)
    except HistoryError as sentence:
        return str(sentence)
    return ""
