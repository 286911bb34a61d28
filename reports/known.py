"""Faults of releases that are known upstream: which of them a violated promise may be.

Method: `known.toml` names the promise, the patches of one minor release that have the fault, and the issue. That a release is
among them is no proof, so a page says that it may be this.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).with_name("known.toml")
VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One fault: the guarantees that it breaks, the first patch that has it and the first that does not, and the issue."""

    guarantees: tuple[str, ...]
    since: tuple[int, ...]
    fixed: tuple[int, ...]
    issue: str
    sentence: str


def known_of(guarantee: str, version: str) -> Iterator[Known]:
    """The known faults of a release that break a guarantee; none where the version is not one."""
    match = VERSION.match(version)
    release = tuple(map(int, match.groups())) if match else ()
    return (one for one in table() if guarantee in one.guarantees and release and one.since <= release < one.fixed)


@cache
def table() -> tuple[Known, ...]:
    """Every known fault; raises KeyError or ValueError where the table is wrong."""
    rows = tomllib.loads(SOURCE.read_text(encoding="utf-8"))["known"]
    return tuple(
        Known(
            guarantees=tuple(row["guarantees"]),
            since=_version(row["from"]),
            fixed=_version(row["fixed"]),
            issue=row["issue"],
            sentence=row["sentence"],
        )
        for row in rows
    )


def _version(text: str) -> tuple[int, ...]:
    match = VERSION.fullmatch(text)
    if match is None:
        raise ValueError(f"{SOURCE.name}: {text!r} is no patch release such as 1.35.4")
    return tuple(map(int, match.groups()))
