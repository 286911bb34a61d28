"""All agents by their names, which are those of their classes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from selftest.surroundings import endpoints, expansion
from selftest.surroundings.agent import Agent


def _name(agent: type[Agent]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", agent.__name__).lower()


AGENTS: Mapping[str, type[Agent]] = {
    _name(made): made
    for module in (endpoints, expansion)
    for made in vars(module).values()
    if isinstance(made, type) and issubclass(made, Agent) and made.__module__ == module.__name__
}
