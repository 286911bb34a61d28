"""What is read from Kubernetes' objects, as plain JSON, and how the objects that a set is made of are named."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Object = dict[str, Any]

POD_NAME = "statefulset.kubernetes.io/pod-name"
POD_INDEX = "apps.kubernetes.io/pod-index"
REVISION = "controller-revision-hash"
PARALLEL, ROLLING, ON_DELETE, RECREATE = "Parallel", "RollingUpdate", "OnDelete", "Recreate"
FINISHED = ("Failed", "Succeeded")
# Where the objects of a kind are asked for: the group and version, and the plural.
PLACES = {
    "StatefulSet": "apis/apps/v1/statefulsets",
    "ControllerRevision": "apis/apps/v1/controllerrevisions",
    "Pod": "api/v1/pods",
    "PersistentVolumeClaim": "api/v1/persistentvolumeclaims",
    "Service": "api/v1/services",
    "Event": "api/v1/events",
    "EndpointSlice": "apis/discovery.k8s.io/v1/endpointslices",
}
API_VERSIONS = {"StatefulSet": "apps/v1", "Pod": "v1", "Service": "v1"}


def name_of(one: Object) -> str:
    """The object's name."""
    return str(one["metadata"]["name"])


def uid_of(one: Object) -> str:
    """The object's UID."""
    return str(one["metadata"]["uid"])


def namespace_of(one: Object) -> str:
    """The namespace that the object is in."""
    return str(one["metadata"]["namespace"])


def version_of(one: Object) -> int:
    """The resourceVersion, a number that grows with every write of one store."""
    return int(one["metadata"]["resourceVersion"])


def labels_of(one: Object) -> dict[str, str]:
    """The object's labels."""
    return one["metadata"].get("labels") or {}


def owners_of(one: Object) -> list[Object]:
    """The object's owner references."""
    return one["metadata"].get("ownerReferences") or []


def controller_of(one: Object) -> Object | None:
    """The reference to the owner that controls the object, or None."""
    return next((owner for owner in owners_of(one) if owner.get("controller")), None)


def is_leaving(one: Object) -> bool:
    """Whether the object is being deleted."""
    return "deletionTimestamp" in one["metadata"]


def phase_of(pod: Object) -> str:
    """The pod's phase."""
    return str((pod.get("status") or {}).get("phase", ""))


def revision_of(pod: Object) -> str:
    """The name of the revision that a pod bears."""
    return labels_of(pod).get(REVISION, "")


def ready_since(pod: Object) -> datetime | None:
    """Since when the pod is Ready, or None where it is not."""
    for condition in (pod.get("status") or {}).get("conditions") or ():
        if condition["type"] == "Ready" and condition["status"] == "True":
            return moment(condition.get("lastTransitionTime") or pod["metadata"]["creationTimestamp"])
    return None


def moment(text: str) -> datetime:
    """The moment that a time of the API says."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def ordinal_of(name: str, owner: str) -> int | None:
    """The ordinal of a pod `<owner>-<ordinal>`, or None where it is named otherwise."""
    match = re.fullmatch(rf"{re.escape(owner)}-(0|[1-9]\d*)", name)
    return int(match[1]) if match else None


def ordinals_of(one: Object) -> range:
    """The ordinals that a set asks for."""
    start = int((one["spec"].get("ordinals") or {}).get("start", 0))
    return range(start, start + int(one["spec"].get("replicas", 1)))


def selects(selector: Object, labels: Mapping[str, str]) -> bool:
    """Whether a label selector selects these labels."""
    wanted: Mapping[str, str] = selector.get("matchLabels") or {}
    expressions = selector.get("matchExpressions") or ()
    return wanted.items() <= labels.items() and all(_holds(one, labels) for one in expressions)


def _holds(expression: Object, labels: Mapping[str, str]) -> bool:
    value, values = labels.get(expression["key"]), expression.get("values") or ()
    match expression["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case _:
            return value is None


def reference(kind: str, owner: Object) -> Object:
    """The reference by which an object says that this one controls it."""
    return {
        "apiVersion": API_VERSIONS[kind],
        "kind": kind,
        "name": name_of(owner),
        "uid": uid_of(owner),
        "controller": True,
        "blockOwnerDeletion": True,
    }
