"""Watches that do not tell what happened: the cluster is healthy, and the suite is to be none the wiser, but never wrong.

Method: a proxy damages the watches of the suite alone. What is lost must become a gap wherever that can be known, and then
the guarantees of that history are inconclusive; nothing may be failed in any case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from fixtures import embedded
from selftest.demand import INCONCLUSIVE, asked_by
from selftest.surroundings import damages
from selftest.surroundings.damages import Damage
from selftest.surroundings.proxy import between
from selftest.surroundings.surrounding import Options, Surrounding, Witness

WAITS_FOR_READY = "ordering/waits-for-ready"
LEAVES_FIRST = "ordering/highest-leaves-first"
SHORT = "--patience=40"
GAP = "has a gap"  # conformance/history.py, of what is known not to be whole
ORDERING = ("--guarantee", WAITS_FOR_READY, "--guarantee", LEAVES_FIRST, SHORT)


def through(kubeconfig: object) -> Options:
    """The options of a run that uses this kubeconfig, on a cluster that has what the embedded one has."""
    return "--cluster=current", f"--kubeconfig={kubeconfig}", "--has=node-objects"


def watched_through(
    name: str,
    sentence: str,
    damage: Callable[[], Damage],
    *,
    expects: Mapping[str, str],
    arguments: Options = ORDERING,
) -> Surrounding:
    """A surrounding in which the suite's watches are damaged.

    Where something is lost it depends on the moment what else can be decided, so all else that is asked may be inconclusive.
    """

    @contextmanager
    def enter(cluster: embedded.Cluster, witness: Witness) -> Iterator[Options]:
        with between(cluster, witness, damage()) as kubeconfig:
            yield through(kubeconfig)

    return Surrounding(
        name=name,
        sentence=sentence,
        enter=enter,
        expects=expects,
        doubtful=asked_by(arguments) if INCONCLUSIVE in expects.values() else frozenset(),
        arguments=arguments,
        alone=False,
        because=GAP,
    )


ORDERING_UNKNOWN = {WAITS_FOR_READY: INCONCLUSIVE}
LEAVING_UNKNOWN = {LEAVES_FIRST: INCONCLUSIVE}

WATCHES = (
    watched_through(
        "readiness-not-told",
        "The watch leaves out that web-0 became Ready.",
        lambda: damages.dropping(damages.first(damages.becomes_ready("web-0"))),
        expects=ORDERING_UNKNOWN,
    ),
    watched_through(
        "creation-not-told",
        "The watch leaves out the creation of the first pod of each namespace.",
        lambda: damages.dropping(damages.first(damages.every("pods", "ADDED"))),
        expects=ORDERING_UNKNOWN,
    ),
    watched_through(
        "deletion-not-told",
        "The watch leaves out that web-2 began to terminate.",
        lambda: damages.dropping(damages.first(damages.begins_to_leave("web-2"))),
        expects=LEAVING_UNKNOWN,
    ),
    watched_through(
        "end-not-told",
        "The watch leaves out that the first pod of each namespace is gone.",
        lambda: damages.dropping(damages.first(damages.every("pods", "DELETED"))),
        expects=LEAVING_UNKNOWN,
    ),
    watched_through(
        "no-pod-changes-told",
        "The watch leaves out every change of a pod, and tells of its creation and its end.",
        lambda: damages.dropping(damages.every("pods", "MODIFIED")),
        expects=ORDERING_UNKNOWN,
        arguments=("--guarantee", WAITS_FOR_READY, "--tier=control-plane", "--patience=10"),
    ),
    watched_through(
        "no-status-told",
        "The watch leaves out every change of a StatefulSet.",
        lambda: damages.dropping(damages.every("statefulsets", "MODIFIED")),
        expects=ORDERING_UNKNOWN,
        arguments=("--guarantee", WAITS_FOR_READY, "--tier=control-plane", "--patience=10"),
    ),
    watched_through(
        "each-seventh-not-told",
        "Each watch leaves out every seventh of its events.",
        lambda: damages.dropping(damages.each_nth(7)),
        expects=ORDERING_UNKNOWN,
        arguments=("--subject=ordering", "--tier=control-plane", "--patience=10"),
    ),
    watched_through(
        "told-in-another-order",
        "Each watch swaps every fifth of its events with the next.",
        lambda: damages.swapping(damages.each_nth(5)),
        expects=ORDERING_UNKNOWN,
    ),
    watched_through(
        "told-twice",
        "Each watch tells every fifth of its events twice.",
        lambda: damages.doubling(damages.each_nth(5)),
        expects=ORDERING_UNKNOWN,
    ),
    watched_through(
        "told-late",
        "The watch of pods is a second behind the others at every tenth event.",
        lambda: damages.delaying(damages.both(damages.every("pods"), damages.each_nth(10)), 1.0),
        expects={WAITS_FOR_READY: "passed", LEAVES_FIRST: "passed"},
    ),
    watched_through(
        "broken-off",
        "Each watch ends in the middle at every tenth event, and goes on where it was.",
        lambda: damages.breaking_off(damages.each_nth(10), gone=False),
        expects={WAITS_FOR_READY: "passed", LEAVES_FIRST: "passed"},
    ),
    watched_through(
        "broken-off-and-forgotten",
        "Each watch ends in the middle at every tenth event, and the server no longer has what came then (410 Gone).",
        lambda: damages.breaking_off(damages.each_nth(10), gone=True),
        expects=ORDERING_UNKNOWN,
    ),
)
