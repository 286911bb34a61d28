"""Updates: a changed template rolls through the set from the highest ordinal to the lowest.

Method: the template is changed once; the order is read from the watch, at the beginning of each pod's deletion. The first
pod that is replaced is held unready while the controller is made to look, so one that does not wait for it goes on.
"""

import pytest

from conformance import checks
from conformance.guarantees import proves


@pytest.fixture(scope="module")
def rolled(deploy):
    """Three replicas whose template is changed; the highest ordinal runs for a while before it becomes Ready."""
    web = deploy("web.yaml", replicas=3, gated=True)
    web.wait_ready()
    web.hold_next_readiness(2)
    web.update()
    web.wait_new(2)
    web.sync()
    web.release_readiness(2)
    web.wait_rolled()
    web.sync()
    return web.history


@proves("updates/rolls-highest-first")
def test_a_changed_template_rolls_from_the_highest_ordinal(rolled):
    assert checks.rolls_highest_first(rolled) == []
