"""How a controller works: it takes what is due from its queue, looks at it, and gives it back."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable

from fixtures.cluster import ApiError
from fixtures.waiting import TransportError
from selftest.second.queue import Key, Queue

BROKEN = 70  # as EX_SOFTWARE of sysexits.h
ENDED = "because it is being terminated"


def work(queue: Queue, look: Callable[[Key], None]) -> None:
    """Look at whatever is due until the process ends; what the API server refuses is said, and looked at again later.

    Whatever else goes wrong ends the process: one of several that look would be missed by nobody.
    """
    while True:
        key = queue.take()
        failed = True
        try:
            look(key)
            failed = False
        except (ApiError, TransportError) as wrong:
            # Nothing can be made any more in a namespace that goes, and what is in it goes with it.
            failed = ENDED not in str(wrong)
            print(f"{'/'.join(key)}: {wrong}", file=sys.stderr, flush=True)
        except Exception:
            traceback.print_exc()
            os._exit(BROKEN)
        finally:
            queue.done(key, failed)
