"""The honest controller, slow: it waits before it looks at a set, for as long as chance will have it.

Method: whatever it decides it decides as the honest one does, upon what is known when it has waited. A promise that only a
fast controller keeps is none.
"""

from __future__ import annotations

import random
import time

from selftest.second.controller import Controller
from selftest.second.queue import Key

# What is printed with the seconds of each wait.
LATE = "late"


def late(made: type[Controller], longest_seconds: float) -> type[Controller]:
    """The same controller, which waits for up to so many seconds before each look."""

    class Late(made):  # type: ignore[valid-type, misc]
        def _look(self, key: Key) -> None:
            seconds = random.uniform(0, longest_seconds)
            time.sleep(seconds)
            print(f"{LATE} {seconds:.3f}", flush=True)
            super()._look(key)

    return Late
