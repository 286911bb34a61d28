"""Outages: while the API server is away nobody can watch, so the pods themselves tell what became of their data.

Method: as in test_data.py. A server that was restarted no longer has what happened before, so the record has gaps; what is
judged here needs no watch, since every write and its end is in the history, and the records tell who wrote them.
"""

import pytest

from conformance import checks
from conformance.guarantees import proves


@pytest.fixture(scope="module")
def api_server_restarted(deploy_containers_alone):
    """Two replicas that are written to all the time, of which the first is deleted when the API server is restarted."""
    ledger = deploy_containers_alone("ledger.yaml", replicas=2)
    ledger.wait_ready()
    with ledger.appending():
        ledger.restart_api_server()
        ledger.delete_pod(0)
        ledger.wait_replaced()
    ledger.recall()
    return ledger.history


@proves("data/safe-through-api-server-restart")
def test_data_are_safe_when_the_api_server_is_restarted(api_server_restarted):
    assert checks.data_is_safe(api_server_restarted) == []
