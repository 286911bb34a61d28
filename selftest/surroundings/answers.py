"""An API server that answers wrongly: the controller is right, and what the suite is told by the server is not.

Method: a proxy does between the suite and the server what a buggy validation, an admission webhook, a lost default or an
older release would do in it, to one sort of request alone. Each names the guarantee that it breaks; whatever else is asked of
the same scenario must pass, so that the right one is accused and no other.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from conformance.guarantees import CONTROL_PLANE
from fixtures import embedded
from fixtures.cluster import Object
from fixtures.tried import merged
from selftest.surroundings import damages
from selftest.surroundings.exchanges import (
    Exchange,
    Request,
    also_sending,
    asks,
    at,
    both,
    overlooking,
    refusing,
    saying,
    says,
    sending,
    telling,
)
from selftest.surroundings.proxy import between
from selftest.surroundings.surrounding import Options, Surrounding, Witness
from selftest.surroundings.watches import through, watched_through

IDENTITY, REST = "api/identity-is-immutable", "api/the-rest-may-change"
LIMIT, INVALID, NAMES = "api/history-limit-may-change", "api/invalid-sets-are-refused", "api/names-are-dns-labels"
DEFAULTS, WRITTEN_BACK = "api/defaults", "api/written-back-changes-nothing"
APART, BOUND = "api/status-and-specification-apart", "api/max-unavailable-is-at-least-one"
CLAIMS = "api/invalid-claim-templates-are-refused"
# All that is asked of the scenario in which changes and mistakes are tried.
TRIED = (IDENTITY, REST, LIMIT, INVALID, CLAIMS, NAMES, DEFAULTS, WRITTEN_BACK, APART)
SCALE_TELLS, SCALE_CHANGES = "status/scale-tells-the-set", "status/scale-changes-the-set"
CONFLICTS = "status/scale-honours-conflicts"
SCALED = (SCALE_TELLS, SCALE_CHANGES, CONFLICTS)
DATA, APPLIED = "updates/revision-data-are-immutable", "updates/applying-again-changes-nothing"
ONLY_TEMPLATE = "updates/only-the-template-makes-a-revision"
EVICTION, QUORUM = "failure/eviction-asks-the-budget", "failure/drain-keeps-the-quorum"
RETURNS = "failure/evicted-pod-returns"
COUNTS = "invariants/counts-agree"

SETS = "statefulsets"
CHANGES, CREATES = asks("PATCH", SETS), asks("POST", SETS)
REPLACES, APPLIES = asks("PUT", SETS), both(asks("PATCH", SETS), lambda request: "fieldManager=" in request.path)
EVICTS = asks("POST", "pods", "eviction")
# What releases before 1.33 said to whoever changed anything else.
FEW_FIELDS = (
    "StatefulSet.apps \"web\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', "
    "'ordinals', 'template', 'updateStrategy', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)
STAMP = {"spec": {"template": {"metadata": {"annotations": {"webhook.invalid/written": "now"}}}}}


def asking(guarantees: Collection[str]) -> Options:
    """The options by which just these are asked, without containers; what a fault holds up need not be waited for long."""
    return (
        *(f"--guarantee={one}" for one in guarantees),
        f"--tier={CONTROL_PLANE}",
        "--patience=20",
        "-n0",
    )


def expecting(breaks: Collection[str], asked: Collection[str]) -> dict[str, str]:
    """What is broken must be failed, and whatever else is asked must pass."""
    return {one: "failed" if one in breaks else "passed" for one in (*breaks, *asked)}


def answered(
    name: str, sentence: str, exchange: Exchange, *, breaks: Collection[str], asked: Collection[str] = ()
) -> Surrounding:
    """A surrounding in which an exchange goes wrong, asked these guarantees beside those that it breaks."""

    @contextmanager
    def enter(cluster: embedded.Cluster, witness: Witness) -> Iterator[Options]:
        with between(cluster, witness, exchange=exchange) as kubeconfig:
            yield through(kubeconfig)

    expects = expecting(breaks, asked)
    return Surrounding(
        name=name, sentence=sentence, enter=enter, expects=expects, arguments=asking(expects), alone=False
    )


def is_said(value: Any) -> bool:
    """Whether anything stands there."""
    return value is not None


def more_than_all(unavailable: Any) -> bool:
    """Whether a maxUnavailable is 101%."""
    return bool(unavailable == "101%")


def without(body: Object, *path: str) -> Object:
    """An object without what stands at the end of a path."""
    change: Object = {path[-1]: None}
    for key in reversed(path[:-1]):
        change = {key: change}
    return merged(body, change) if at(body, *path) is not None else body


def asks_for_nothing(templates: Any) -> bool:
    """Whether one of these templates of claims asks for no storage."""
    return isinstance(templates, list) and any(at(one, "spec", "resources", "requests") is None for one in templates)


def clamped(body: Object) -> Object:
    """A set whose negative minReadySeconds have become 0."""
    seconds = at(body, "spec", "minReadySeconds")
    return merged(body, {"spec": {"minReadySeconds": 0}}) if isinstance(seconds, int) and seconds < 0 else body


def two_revisions(body: Object) -> Object:
    """A set that keeps two old revisions where it does not say how many: the default of apps/v1beta1."""
    return merged({"spec": {"revisionHistoryLimit": 2}}, body)


def ten_revisions(body: Object) -> Object:
    """A set that keeps ten old revisions where it does not say how many: the default."""
    return merged({"spec": {"revisionHistoryLimit": 10}}, body)


def to_the_object(request: Request) -> Request:
    """A request to the object in place of its subresource."""
    parts = urlsplit(request.path)
    return replace(request, path=parts._replace(path=parts.path.rpartition("/")[0]).geturl())


def as_deletion(request: Request) -> Request:
    """A pod's eviction as its plain deletion, of which no budget is asked."""
    body = json.dumps(request.object.get("deleteOptions") or {}).encode()
    return replace(to_the_object(request), method="DELETE", body=body)


def all_available(one: Object) -> Object:
    """A set whose status counts every pod that is there as available."""
    there = at(one, "status", "replicas")
    return merged(one, {"status": {"availableReplicas": there}}) if there else one


ANSWERS = (
    answered(
        "takes-another-policy",
        "The server takes another podManagementPolicy for a set, as if its validation had forgotten that field.",
        overlooking(both(CHANGES, says(is_said, "spec", "podManagementPolicy"))),
        breaks=[IDENTITY],
        asked=TRIED,
    ),
    answered(
        "drops-changed-retention",
        "The server silently drops a changed retention policy, as if its feature gate were off.",
        saying(CHANGES, lambda body: without(body, "spec", "persistentVolumeClaimRetentionPolicy")),
        breaks=[REST],
        asked=TRIED,
    ),
    answered(
        "forbids-another-limit",
        "The server forbids to change the revisionHistoryLimit, as releases before 1.33 did.",
        refusing(both(CHANGES, says(is_said, "spec", "revisionHistoryLimit")), FEW_FIELDS),
        breaks=[LIMIT],
        asked=TRIED,
    ),
    answered(
        "mends-negative-seconds",
        "A webhook makes 0 of a negative minReadySeconds, so that nobody is told of the mistake.",
        saying(CREATES, clamped),
        breaks=[INVALID],
        asked=TRIED,
    ),
    answered(
        "takes-claims-without-storage",
        "The server takes a template of claims that asks for no storage, as releases before 1.34 did.",
        overlooking(both(CREATES, says(asks_for_nothing, "spec", "volumeClaimTemplates"))),
        breaks=[CLAIMS],
        asked=TRIED,
    ),
    answered(
        "takes-names-with-dots",
        "The server takes a name with a dot, as releases before 1.27 did.",
        overlooking(both(CREATES, says(lambda name: "." in str(name), "metadata", "name"))),
        breaks=[NAMES],
        asked=TRIED,
    ),
    answered(
        "defaults-of-another-version",
        "A set that does not say its revisionHistoryLimit gets the default of apps/v1beta1, which is 2.",
        saying(CREATES, two_revisions),
        breaks=[DEFAULTS],
        asked=TRIED,
    ),
    answered(
        "stamps-replacements",
        "A webhook stamps the template of every set that is replaced, whatever was changed in it.",
        saying(REPLACES, lambda body: merged(body, STAMP)),
        # A status that is written with the object comes in a replacement too.
        breaks=[WRITTEN_BACK, APART],
        asked=TRIED,
    ),
    answered(
        "status-is-no-subresource",
        "What is written to a set's status is written to the set, so the specification in it is taken too.",
        sending(asks("PUT", SETS, "status"), to_the_object),
        breaks=[APART],
        asked=TRIED,
    ),
    answered(
        "takes-more-than-all",
        "The server takes a maxUnavailable of 101%, as if nobody had looked whether it is more than all.",
        overlooking(both(CREATES, says(more_than_all, "spec", "updateStrategy", "rollingUpdate", "maxUnavailable"))),
        breaks=[BOUND],
    ),
    answered(
        "scale-without-selector",
        "The scale does not tell the selector, by which an autoscaler would find the pods.",
        telling(asks("GET", SETS, "scale"), lambda scale: without(scale, "status", "selector")),
        breaks=[SCALE_TELLS],
        asked=SCALED,
    ),
    answered(
        "last-scale-wins",
        "The server does not look at the resourceVersion of a scale that is written.",
        saying(asks("PUT", SETS, "scale"), lambda scale: without(scale, "metadata", "resourceVersion")),
        breaks=[CONFLICTS],
        asked=SCALED,
    ),
    answered(
        "takes-other-revision-data",
        "The server takes other data for a revision, as if its validation had forgotten them.",
        overlooking(both(asks("PATCH", "controllerrevisions"), says(is_said, "data"))),
        breaks=[DATA],
    ),
    answered(
        "applying-replaces",
        "What an applied manifest does not say gets its default, as if it had been replaced and not applied.",
        saying(APPLIES, ten_revisions),
        breaks=[APPLIED],
        asked=[ONLY_TEMPLATE],
    ),
    answered(
        "eviction-is-deletion",
        "An eviction deletes the pod, and asks no budget.",
        sending(EVICTS, as_deletion),
        breaks=[EVICTION, QUORUM],
        asked=[RETURNS],
    ),
    answered(
        "refused-eviction-deletes",
        "An eviction is answered as the budget says, and the pod is deleted all the same.",
        also_sending(EVICTS, as_deletion),
        breaks=[EVICTION],
    ),
    watched_through(
        "all-told-available",
        "The watch tells that every pod of a set is available as soon as it is there.",
        lambda: damages.altering(damages.every(SETS), all_available),
        expects=expecting([COUNTS], [SCALE_TELLS]),
        arguments=asking([COUNTS, SCALE_TELLS]),
    ),
)
