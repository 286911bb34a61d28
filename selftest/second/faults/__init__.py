"""Faults: each breaks a promise on purpose, and names the guarantees that the suite must then find to be failed.

Method: a fault is the honest controller with a decision or two made otherwise. Its class's name is its name, its docstring says
what it does, and `breaks` what the suite must find.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from selftest.second.controller import Controller
from selftest.second.faults import (
    deletion,
    failure,
    identity,
    knowledge,
    network,
    nodes,
    ordering,
    restart,
    status,
    storage,
    updates,
)
from selftest.second.faults.faulty import Faulty


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault by its name, in one sentence, with the guarantees that it breaks and the controller that has it.

    `asked` are the guarantees by which it is found: those that it breaks, and those whose scenarios show it.
    """

    name: str
    sentence: str
    breaks: tuple[str, ...]
    asked: tuple[str, ...]
    controller: type[Controller]


def _fault(made: type[Faulty]) -> Fault:
    name = re.sub(r"(?<!^)(?=[A-Z])", "-", made.__name__).lower()
    return Fault(name, " ".join((made.__doc__ or "").split()), made.breaks, (*made.breaks, *made.shown_by), made)


_SUBJECTS = (ordering, identity, network, storage, failure, nodes, updates, status, deletion, restart, knowledge)
FAULTS: Mapping[str, Fault] = {
    (fault := _fault(made)).name: fault
    for subject in _SUBJECTS
    for made in vars(subject).values()
    if isinstance(made, type) and issubclass(made, Faulty) and made.__module__ == subject.__name__
}
