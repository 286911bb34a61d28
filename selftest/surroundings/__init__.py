"""Faulty surroundings of a cluster, and what the suite must say in each: who is to blame, or that it cannot know."""

from __future__ import annotations

from collections.abc import Mapping

from selftest.surroundings.names import NAMES
from selftest.surroundings.runtime import RUNTIME
from selftest.surroundings.slow import SLOW
from selftest.surroundings.surrounding import Surrounding
from selftest.surroundings.watches import WATCHES

SURROUNDINGS: Mapping[str, Surrounding] = {one.name: one for one in (*WATCHES, *NAMES, *RUNTIME, *SLOW)}

__all__ = ["SURROUNDINGS", "Surrounding"]
