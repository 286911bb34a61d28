"""Faulty surroundings of a cluster, and what the suite must say in each: who is to blame, or that it cannot know."""

from __future__ import annotations

from collections.abc import Mapping

from selftest.surroundings.surrounding import Surrounding
from selftest.surroundings.watches import WATCHES

SURROUNDINGS: Mapping[str, Surrounding] = {one.name: one for one in WATCHES}

__all__ = ["SURROUNDINGS", "Surrounding"]
