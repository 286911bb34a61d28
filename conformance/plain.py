"""Plain values, read back from what was stored: each is of the sort that it was written as, or the file did not come from here.

Method: nothing is made to fit. Whoever calls says in which file, and turns the TypeError into a sentence of its own. What is
given on a command line is some text, which argparse says of itself where it is none.
"""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
LONGEST = 1e9  # seconds: no run takes 30 years


def text(value: object) -> str:
    """A text as it is; raises TypeError for anything else."""
    if not isinstance(value, str):
        raise TypeError(f"a text was expected in place of {value!r:.60}")
    return value


def given(value: str) -> str:
    """What was given to an option, as it is; raises ArgumentTypeError where it is nothing."""
    if not value.strip():
        raise ArgumentTypeError("nothing was given")
    return value


def given_path(value: str) -> Path:
    """The path that was given to an option; raises ArgumentTypeError where none was: pathlib would take this folder for it."""
    return Path(given(value))


def truth(value: object) -> bool:
    """True or false as it is; raises TypeError for anything else."""
    if not isinstance(value, bool):
        raise TypeError(f"true or false was expected in place of {value!r:.60}")
    return value


def number(value: object) -> int:
    """A whole number of at least 0, as it is; raises TypeError for anything else."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(f"a whole number was expected in place of {value!r:.60}")
    return value


def seconds(value: object) -> float:
    """A number of seconds, of at least 0; raises TypeError for anything else."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < LONGEST:
        raise TypeError(f"a number of seconds was expected in place of {value!r:.60}")
    return float(value)


def mapping(value: object) -> Mapping[str, Any]:
    """A mapping as it is; raises TypeError for anything else."""
    if not isinstance(value, Mapping):
        raise TypeError(f"a mapping was expected in place of {value!r:.60}")
    return value


def texts(value: object) -> tuple[str, ...]:
    """A list of texts; raises TypeError for anything else."""
    return tuple(map(text, items(value)))


def items(value: object) -> list[Any]:
    """A list as it is; raises TypeError for anything else."""
    if not isinstance(value, list):
        raise TypeError(f"a list was expected in place of {value!r:.60}")
    return value


def part(whole: object, key: str, sort: Callable[[object], T]) -> T:
    """What a mapping has under a key, of this sort; raises KeyError, or TypeError that names the key."""
    value = mapping(whole)[key]
    try:
        return sort(value)
    except TypeError as wrong:
        raise TypeError(f"{key}: {wrong}") from None
