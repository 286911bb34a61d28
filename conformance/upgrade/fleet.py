"""The fleet: the StatefulSets that stand on the cluster while it is upgraded, each a way in which upgrades have gone wrong.

Method: what a member is like, how it is prepared before the upgrade, and what is done with it after, in the driver's words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.guarantees import CONTROL_PLANE, NODE

LONGEST_NAME = f"{'long-' * 10}42"  # 52 letters: the most with which pods can bear the label of their revision


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One set of the fleet: how it is deployed (see `Wishes`), what is done before the upgrade, at its end, and after it."""

    name: str
    sentence: str
    prepare: Callable[[Any], None]
    proceed: Callable[[Any], None]
    arrive: Callable[[Any], None] = lambda _: None
    manifest: str = "varied.yaml"
    tier: str = CONTROL_PLANE
    wishes: Mapping[str, Any] = field(default_factory=dict)
    is_database: bool = False

    @property
    def id(self) -> str:
        """The name with the tier, as it stands in the names of tests and histories."""
        return f"{self.name}.{self.tier}"


def _settle(web: Any) -> None:
    web.wait_ready()
    web.sync()


def _write_records(web: Any) -> None:
    web.wait_ready()
    # A budget that a drained node would break is one that nobody can upgrade under.
    if spared := web.replicas - web.most_on_one_node:
        web.protect(minAvailable=spared)
        web.wait_allowed(web.replicas - spared)
    web.wait_recorded(3)


def _lose_a_pod_and_scale(web: Any) -> None:
    web.wait_ready()
    web.read_records()
    web.delete_pod(1)
    web.wait_replaced()
    web.read_records()
    _scale_by_one(web)


def _read_records(web: Any) -> None:
    web.read_records()


def _pause(web: Any) -> None:
    web.wait_ready()
    web.update("paused")
    web.wait_replaced_by_update(2)
    web.sync()


def _finish_paused(web: Any) -> None:
    web.delete_pod(0)
    web.wait_replaced()
    web.sync()
    web.partition(0)
    web.wait_rolled()
    web.sync()


def _replace_one_by_hand(web: Any) -> None:
    web.wait_ready()
    web.update("pending")
    web.sync()
    web.delete_pod(2)
    web.wait_replaced()
    web.sync()


def _replace_another_by_hand(web: Any) -> None:
    web.delete_pod(1)
    web.wait_replaced()
    web.sync()
    _scale_by_one(web)


def _update_twice(web: Any) -> None:
    web.wait_ready()
    for value in ("first", "second"):
        web.update(value)
        web.wait_rolled()


def _roll_back(web: Any) -> None:
    web.update("first")
    web.wait_rolled()
    web.sync()
    _scale_by_one(web)


def _scale_by_one(web: Any) -> None:
    wanted = web.replicas
    web.scale(wanted + 1)
    web.wait_ready()
    web.scale(wanted)
    web.wait_ready()
    web.sync()


def _scale_down(web: Any) -> None:
    web.scale(2)
    web.wait_claim_gone(2)
    web.sync()


def _break_at_once(web: Any) -> None:
    web.wait_all_created()
    web.sync()


def _mend(web: Any) -> None:
    web.update("mended")
    web.wait_rolled()
    web.sync()


def _update(web: Any) -> None:
    web.update("later")
    web.wait_rolled()
    web.sync()
    _scale_by_one(web)


def _apply_again(web: Any) -> None:
    web.apply()
    web.sync()


def _write_to_primary(mysql: Any) -> None:
    mysql.wait_ready()
    mysql.wait_acknowledged(5)
    mysql.read_everywhere()


def _read_everywhere(mysql: Any) -> None:
    mysql.read_everywhere()


def _lose_the_primary(mysql: Any) -> None:
    mysql.wait_ready()
    mysql.read_everywhere()
    mysql.delete_pod(0)
    mysql.wait_back(0)
    mysql.wait_acknowledged(5)
    mysql.read_everywhere()
    mysql.sync()


PARTITIONED = {"updateStrategy": {"rollingUpdate": {"partition": 2}}}
ON_DELETE = {"updateStrategy": {"type": "OnDelete", "rollingUpdate": None}}
DELETES_CLAIMS = {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete", "whenScaled": "Delete"}}

FLEET = (
    Member(
        name="ledger",
        sentence="Three replicas, each of which writes numbered records to its claim, under a budget.",
        manifest="ledger.yaml",
        tier=NODE,
        prepare=_write_records,
        arrive=_read_records,
        proceed=_lose_a_pod_and_scale,
        wishes={"replicas": 3},
    ),
    Member(
        name="paused",
        sentence="An update that a partition holds at the highest ordinal.",
        prepare=_pause,
        proceed=_finish_paused,
        wishes={"replicas": 3, "specification": PARTITIONED},
    ),
    Member(
        name="pending",
        sentence="OnDelete, with one pod at the new revision and two that wait to be deleted.",
        prepare=_replace_one_by_hand,
        proceed=_replace_another_by_hand,
        wishes={"replicas": 3, "specification": ON_DELETE},
    ),
    Member(
        name="revised",
        sentence="Three revisions in its history.",
        prepare=_update_twice,
        proceed=_roll_back,
        wishes={"replicas": 3},
    ),
    Member(
        name="broken",
        sentence="Parallel, and no pod of its first revision was ever Ready.",
        prepare=_break_at_once,
        proceed=_mend,
        wishes={"replicas": 3, "specification": {"podManagementPolicy": "Parallel"}, "all_held": True},
    ),
    Member(
        name="shifted",
        sentence="Its ordinals begin at 5.",
        prepare=_settle,
        proceed=_scale_by_one,
        wishes={"replicas": 3, "specification": {"ordinals": {"start": 5}}},
    ),
    Member(
        name="deleting",
        sentence="Its claims go with the replicas that are scaled away.",
        prepare=_settle,
        proceed=_scale_down,
        wishes={"replicas": 3, "specification": DELETES_CLAIMS},
    ),
    Member(
        name="available",
        sentence="A pod counts only when it has been Ready for a second.",
        prepare=_settle,
        proceed=_update,
        wishes={"replicas": 3, "specification": {"minReadySeconds": 1}},
    ),
    Member(
        name="long",
        sentence="Its name is as long as a set's can be.",
        prepare=_settle,
        proceed=_update,
        wishes={"replicas": 2, "name": LONGEST_NAME},
    ),
    Member(
        name="applied",
        sentence="It is applied again after the upgrade, as it was before: as older clients wrote it, with null for a time.",
        manifest="legacy.yaml",
        prepare=_apply_again,
        proceed=_apply_again,
        wishes={"replicas": 3},
    ),
)
# Only where it is asked for, since its image is to be had.
DATABASE = Member(
    name="mysql",
    sentence="A replicated database: a primary, to which a client writes all the time, and two servers that follow it.",
    manifest="mysql.yaml",
    tier=NODE,
    prepare=_write_to_primary,
    arrive=_read_everywhere,
    proceed=_lose_the_primary,
    wishes={"replicas": 3, "beside": ("mysql-client.yaml",)},
    is_database=True,
)
MEMBERS: Mapping[str, Member] = {member.id: member for member in (*FLEET, DATABASE)}
