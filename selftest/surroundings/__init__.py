"""Faulty surroundings of a cluster, and what the suite must say in each: who is to blame, or that it cannot know."""

from __future__ import annotations

from collections.abc import Mapping

from selftest.surroundings.answers import ANSWERS
from selftest.surroundings.controllers import CONTROLLED
from selftest.surroundings.kubelet import KUBELET
from selftest.surroundings.names import NAMES
from selftest.surroundings.runtime import RUNTIME
from selftest.surroundings.slow import SLOW
from selftest.surroundings.surrounding import Surrounding
from selftest.surroundings.volumes import VOLUMES
from selftest.surroundings.watches import WATCHES

_ALL = (*WATCHES, *ANSWERS, *NAMES, *CONTROLLED, *KUBELET, *RUNTIME, *VOLUMES, *SLOW)
SURROUNDINGS: Mapping[str, Surrounding] = {one.name: one for one in _ALL}

__all__ = ["SURROUNDINGS", "Surrounding"]
