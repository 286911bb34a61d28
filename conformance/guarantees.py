"""The registry of guarantees, and the mark by which a test says which of them it proves.

Method: `guarantees.toml` is read once, when this module is imported; a mistake in it stops the import with one sentence.
"""

from __future__ import annotations

import enum
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

SOURCE = Path(__file__).with_name("guarantees.toml")
CONTROL_PLANE, NODE = "control-plane", "node"
TIERS = (CONTROL_PLANE, NODE)
# What a cluster may have or lack, and what that says.
CAPABILITIES = {
    "containers": "pods run, on nodes with a kubelet",
    "storage": "a default StorageClass provides volumes",
    "dns": "the cluster's DNS answers pods",
    "expansion": "volumes of the StorageClass can grow",
    "topology": "volumes of the StorageClass are made where the pod that uses them can be",
    "single-pod-volumes": "a volume can be claimed for one pod alone (ReadWriteOncePod)",
    "node-objects": "Node objects may be created and deleted, which no kubelet stands behind",
    "controller-restart": "the provider can kill the controller-manager",
    "api-server-restart": "the provider can kill the API server",
    "node-loss": "the provider can kill and pause a node, of three or more, and has volumes that every node reaches",
}
EXPANSION, TOPOLOGY = "expansion", "topology"
# Those that a StorageClass which is named decides by what it says, whatever anybody declares of the default one.
BY_CLASS = (EXPANSION, TOPOLOGY)
OF_THE_NODE_TIER = ("containers", "storage")
Test = TypeVar("Test", bound=Callable[..., object])


class RegistryError(Exception):
    """`guarantees.toml` or a use of it is wrong; the message is one sentence for a person."""


class Level(enum.StrEnum):
    """How much a guarantee weighs: a violated MUST makes a cluster not conformant, a violated SHOULD is only reported.

    A MAY promises nothing: what the cluster does is told, and nothing is violated by it.
    """

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"

    @property
    def rank(self) -> int:
        """Its place among the levels: the less, the more it weighs."""
        return list(Level).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarantee:
    """One promise: the sentence that its check decides, and where Kubernetes makes it.

    `harm` says what it means for a database, or another stateful system, when this promise is broken; a MAY has none.
    `untested` says why no test can decide it; `unproved`, why no seeded fault (`make mutants`) can turn it red.
    """

    id: str
    level: Level
    statement: str
    source: str
    tiers: tuple[str, ...]
    harm: str = ""
    since: str = "1.0"
    requires: tuple[str, ...] = ()
    gate: str = ""
    untested: str = ""
    unproved: str = ""

    def __post_init__(self) -> None:
        """Refuse a row that breaks the registry's form; raises RegistryError."""
        for holds, rule in (
            (re.fullmatch(r"[a-z]+/[a-z0-9-]+", self.id), "an id reads subject/what-holds"),
            (self.statement.endswith("."), "a statement is one sentence and ends with a full stop"),
            (not self.harm or self.harm.endswith("."), "a harm is one sentence and ends with a full stop"),
            (not self.harm or self.level is not Level.MAY, "a MAY promises nothing, so it has no harm"),
            (self.source.startswith("https://"), "a source is an https address"),
            (re.fullmatch(r"\d+\.\d+", self.since), "since is a minor release such as 1.28"),
            (set(self.requires) <= set(CAPABILITIES), f"requires are some of {', '.join(CAPABILITIES)}"),
            (self.tiers and set(self.tiers) <= set(TIERS), f"tiers are some of {', '.join(TIERS)}"),
        ):
            if not holds:
                raise RegistryError(f"{SOURCE.name}: guarantee {self.id!r}: {rule}")

    @property
    def subject(self) -> str:
        """The part of the id before the slash."""
        return self.id.partition("/")[0]

    def needs(self, tier: str) -> tuple[str, ...]:
        """The capabilities that a cluster must have for this guarantee to be tested on a tier."""
        return tuple(dict.fromkeys((*self.requires, *(OF_THE_NODE_TIER if tier == NODE else ()))))

    def applies_to(self, version: tuple[int, int]) -> bool:
        """Whether a cluster of this (major, minor) version makes the promise."""
        major, minor = self.since.split(".")
        return version >= (int(major), int(minor))


def load(source: Path) -> Mapping[str, Guarantee]:
    """Read a registry, in its order; raises RegistryError for an unknown field, a missing one or an id used twice."""
    found: dict[str, Guarantee] = {}
    for row in tomllib.loads(source.read_text(encoding="utf-8"))["guarantee"]:
        name = row.get("id", "(no id)")
        if name in found:
            raise RegistryError(f"{source.name}: guarantee {name!r} stands there twice")
        try:
            found[name] = Guarantee(**_typed(row))
        except (TypeError, ValueError) as wrong:
            raise RegistryError(f"{source.name}: guarantee {name!r}: {wrong}") from None
    return MappingProxyType(found)


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    lists = {key: tuple(row[key]) for key in ("tiers", "requires") if key in row}
    return row | lists | ({"level": Level(row["level"])} if "level" in row else {})


def everywhere() -> Mapping[str, Guarantee]:
    """The guarantees of the suite and of all its profiles, whichever of them is run; raises RegistryError."""
    return MappingProxyType(
        {one.id: one for path in sorted(SOURCE.parent.rglob(SOURCE.name)) for one in load(path).values()}
    )


REGISTRY = load(SOURCE)


def proves(*ids: str) -> Callable[[Test], Test]:
    """Mark a test as a proof of these guarantees; raises RegistryError for an id that the registry does not hold."""
    for unknown in [name for name in ids if name not in REGISTRY]:
        raise RegistryError(f"@proves({unknown!r}): {SOURCE.name} holds no such guarantee")

    def mark(test: Test) -> Test:
        test.proves = ids  # type: ignore[attr-defined]
        return test

    return mark
