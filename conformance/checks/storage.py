"""Storage: each pod has a claim of its own, and the claim and its bytes outlive the pod, scaling and the set.

Method: claims are told apart by UID. A claim's deletion is looked for in the whole log, not in what is left at the end.
Bytes are a token that one life of a pod wrote and synced and a later life read.
"""

from __future__ import annotations

from collections.abc import Collection

from conformance.checks.causes import FORCING_ACTS
from conformance.checks.evidence import judge_each, lives_named, next_life, ordinal_in, spec, wanted_ordinals
from conformance.checks.proof import cut_short, not_made_again
from conformance.history import Event, History, Inconclusive, Life, Object, Violation

CLAIM = "PersistentVolumeClaim"
POLICY = "persistentVolumeClaimRetentionPolicy"
TEMPLATES = ("data",)


def one_claim_each(history: History, templates: Collection[str] = ()) -> list[Violation]:
    """Each pod mounts one claim for each template, its own by name, created before it and mounted by no other pod.

    The templates are those of these names, or where none is said, the set's own.
    """
    history.require_complete()
    history.require_one_order()
    found, users = [], dict[str, str]()
    wanted = templates or _templates(history) or TEMPLATES
    for pod in history.pods:
        found += _not_its_own(history, pod, wanted)
        for claim in claims_of(pod.first):
            user = users.setdefault(claim, pod.name)
            if user != pod.name:
                found.append(Violation(pod.first, f"{claim} is mounted by {user} and by {pod.name}"))
            if pod.born is not None and claim_at(history, claim, pod.born.rv) is None:
                found.append(Violation(pod.born, f"{pod.name} was created before its claim {claim}"))
    found += _shared_volumes(history)
    return found if found or history.pods else cut_short(history, "pod")


def _shared_volumes(history: History) -> list[Violation]:
    """Two claims that are bound to the same volume."""
    found, users = [], dict[str, Life]()
    for claim in history.lives(CLAIM):
        bound = claim.when(lambda event: bool(spec(event).get("volumeName")))
        if bound is not None:
            user = users.setdefault(str(spec(bound)["volumeName"]), claim)
            if user.uid != claim.uid:
                volume = spec(bound)["volumeName"]
                found.append(Violation(bound, f"{claim.name} is bound to {volume}, as {user.name} is"))
    return found


def claim_survives(history: History, name: str) -> list[Violation]:
    """The pod that replaced the deleted or failed one mounts the same claims: the same objects, the same volumes."""
    history.require_complete()
    history.require_one_order()
    acts = [act for verb in FORCING_ACTS for act in history.acts(verb, f"Pod/{name}")]
    if not acts:
        return mounts_nothing(history) or cut_short(history, f"deletion of {name}")
    return judge_each(sorted(acts, key=lambda act: act.number), lambda act: _claims_survived(history, act, name))


def claims_survive(history: History, templates: Collection[str] = TEMPLATES) -> list[Violation]:
    """No claim of the set began to be deleted, and each pod made again under its name mounts the claims it had."""
    history.require_complete()
    history.require_one_order()
    found = [
        Violation(claim.terminated, f"{claim.name} began to be deleted")
        for claim in claims_of_the_set(history, templates)
        if claim.terminated is not None and not history.acts("delete", f"{CLAIM}/{claim.name}")
    ]
    found += [violation for pod in history.pods for violation in _not_its_own(history, pod, templates)]
    if found:
        return sorted(found, key=lambda violation: violation.event.number)
    returned = [pod for pod in history.pods if next_life(history, pod) is not None]
    found = judge_each(returned, lambda pod: same_claims(history, pod))
    if found or not returned:
        return found or nothing_returned(history, "pod that was made again")
    lost = [pod for pod in history.pods if pod.gone is not None and next_life(history, pod) is None]
    wanted = wanted_ordinals(history)
    return judge_each(
        [pod for pod in lost if ordinal_in(history, pod) in wanted], lambda pod: [not_made_again(history, pod)]
    )


def bytes_survive(history: History) -> list[Violation]:
    """What one life of a pod wrote and synced to its claim, a later life of that name reads, unchanged."""
    history.require_complete()
    found, judged, trouble = [], 0, list[str]()
    for read in history.probes("read"):
        target = read.object["target"]
        # A write without a token did not succeed.
        tokens = (
            write for write in history.probes("write") if write.object.get("token") and write.number < read.number
        )
        writes = [write for write in tokens if write.object["target"] == target]
        if not writes:
            continue
        same_life = writes[-1].object["uid"] == read.object["uid"]
        if "answer" not in read.object:
            trouble.append(f"{read}: {target} could not be read: {read.object.get('trouble')}")
            continue
        # The same life reads its own bytes whatever the volume is, so that proves nothing, but it may disprove.
        judged += not same_life
        token, answer = writes[-1].object["token"], read.object["answer"]
        if answer != token:
            name = str(target).removeprefix("Pod/")
            others = [
                str(write.object["target"]) for write in history.probes("write") if write.object.get("token") == answer
            ]
            whose = f", which {others[0].removeprefix('Pod/')} had written," if others else ""
            found.append(Violation(read, f"{name} read back {answer!r}{whose} where {token!r} had been written"))
    if trouble and not found:
        raise Inconclusive(trouble[0])
    return found if found or judged else nothing_returned(history, "read by a pod that was made again")


def claims_of(pod: Event) -> list[str]:
    """The names of the claims that a pod mounts, in the order of its volumes."""
    volumes = spec(pod).get("volumes") or ()
    return [volume["persistentVolumeClaim"]["claimName"] for volume in volumes if volume.get("persistentVolumeClaim")]


def claim_at(history: History, name: str, rv: int) -> Life | None:
    """The claim of this name that was there just before the write `rv`, or None."""
    return next((life for life in history.named(CLAIM, name) if life.at(rv) is not None), None)


def claims_of_the_set(history: History, templates: Collection[str]) -> list[Life]:
    """The claims that are named as the set's templates name them."""
    prefixes = tuple(f"{template}-{history.header.name}-" for template in templates)
    return [
        life
        for life in history.lives(CLAIM)
        if life.ordinal is not None and life.name.removesuffix(str(life.ordinal)) in prefixes
    ]


def set_claims(history: History) -> list[Life]:
    """The claims that are named as the templates say that the sets of this history were made with."""
    return claims_of_the_set(history, _templates(history))


def _templates(history: History) -> list[str]:
    """The names of the claim templates that the sets of this history were made with."""
    return sorted(
        {
            str((template.get("metadata") or {}).get("name"))
            for one in history.sets
            for template in spec(one.first).get("volumeClaimTemplates") or ()
        }
    )


def policy_of(state: Event | None) -> Object:
    """The retention policy of the set at that moment, empty where it says none."""
    policy: Object = (spec(state).get(POLICY) or {}) if state is not None else {}
    return policy


def same_claims(history: History, old: Life) -> list[Violation]:
    """What the next pod of this name mounts, held against what this one did."""
    had = claims_of(old.first)
    if not had:
        return [Violation(old.first, f"{old.name} mounts no claim")]
    new = next_life(history, old)
    if new is None:
        return _deleted_claims(history, old, had) or [not_made_again(history, old)]
    if sorted(claims_of(new.first)) != sorted(had):
        mounts = ", ".join(claims_of(new.first)) or "no claim"
        return [Violation(new.first, f"{old.name} was made again with {mounts} in place of {', '.join(had)}")]
    return judge_each(had, lambda claim: _changed(history, claim, old, new))


def mounts_nothing(history: History) -> list[Violation]:
    """Each pod that mounts no claim at all."""
    return [Violation(pod.first, f"{pod.name} mounts no claim") for pod in history.pods if not claims_of(pod.first)]


def nothing_returned(history: History, needed: str) -> list[Violation]:
    """Judge a history in which no pod was made again under its name, or none was asked after it was."""
    for pod in history.pods:
        if pod.gone is not None and next_life(history, pod) is None and ordinal_in(history, pod) is not None:
            scales = [act for act in history.acts("scale") if act.number > pod.gone.number]
            return [not_made_again(history, pod, *scales[-1:])]
    return cut_short(history, needed)


def _claims_survived(history: History, act: Event, name: str) -> list[Violation]:
    old = next((pod for pod in lives_named(history, name) if pod.uid == act.object["uid"]), None)
    if old is None:
        raise Inconclusive(f"{act}: the {name} that was deleted is not in the history")
    return same_claims(history, old)


def _changed(history: History, claim: str, old: Life, new: Life) -> list[Violation]:
    before = claim_at(history, claim, old.events[-1].rv)
    after = claim_at(history, claim, new.first.rv)
    if before is None:
        raise Inconclusive(f"{claim}, which {old.name} mounted, was not there")
    if before.terminated is not None and before.terminated.number < new.first.number:
        return [Violation(before.terminated, f"{claim} began to be deleted before {new.name} was made again")]
    if after is None or after.uid != before.uid:
        return [Violation(new.first, f"{new.name} was made again with another {claim} than it had")]
    volumes = [(event, spec(event).get("volumeName")) for event in before.events]
    bound = next((volume for event, volume in volumes if volume and event.number < new.first.number), None)
    return [
        Violation(event, f"{claim} is bound to {volume} and was bound to {bound}")
        for event, volume in volumes
        if bound is not None and event.number > new.first.number and volume != bound
    ][:1]


def _deleted_claims(history: History, old: Life, claims: list[str]) -> list[Violation]:
    lives = [claim_at(history, claim, old.events[-1].rv) for claim in claims]
    return [
        Violation(life.terminated, f"{life.name} began to be deleted after {old.name} was")
        for life in lives
        if life is not None and life.terminated is not None and life.terminated.number > old.first.number
    ]


def _not_its_own(history: History, pod: Life, templates: Collection[str]) -> list[Violation]:
    mounted = claims_of(pod.first)
    if not mounted and templates:
        return [Violation(pod.first, f"{pod.name} mounts no claim")]
    ordinal = ordinal_in(history, pod)
    if ordinal is None:
        return [Violation(pod.first, f"{pod.name} has no ordinal, so no claim is its own")]
    wanted = [f"{template}-{history.header.name}-{ordinal}" for template in templates]
    return [
        Violation(pod.first, f"{pod.name} mounts {', '.join(mounted)}, but not {claim}" + " once" * (claim in mounted))
        for claim in wanted
        if mounted.count(claim) != 1
    ]
