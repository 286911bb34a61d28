"""Updates: a changed template rolls through the set from the highest ordinal to the lowest.

Method: the template is changed once; the order is read from the watch, at the beginning of each pod's deletion.
"""

import pytest

from conformance import checks
from conformance.guarantees import proves


@pytest.fixture(scope="module")
def rolled(deploy):
    """Three replicas whose template is changed."""
    web = deploy("web.yaml", replicas=3)
    web.wait_ready()
    web.update()
    web.wait_rolled()
    return web.history


@proves("updates/rolls-highest-first")
def test_a_changed_template_rolls_from_the_highest_ordinal(rolled):
    assert checks.rolls_highest_first(rolled) == []
