"""A replicated database: who its servers are, what they have, and that they keep it, whatever befalls their pods.

Method: a client writes to the primary all the time. Each scenario does one thing to the set, then asks the client what was
acknowledged, and each server, by its own name, what it has. Scenarios stand side by side, each with a set of its own.
"""

import pytest

from conformance import checks
from conformance.guarantees import proves
from conformance.workload import checks as database

THREE = range(3)
# A process can be killed by whoever runs beside it, which is not so of the first process of a container.
KILLABLE = {"template": {"spec": {"shareProcessNamespace": True}}}


@pytest.fixture(scope="module")
def founded(deploy_database):
    """A primary alone, whose logs are thrown away; then two replicas, of which one is made to apply nothing for a while."""
    mysql = deploy_database("mysql.yaml", replicas=1)
    mysql.wait_ready()
    mysql.wait_acknowledged(10)
    mysql.read_everywhere()
    mysql.purge_logs()
    mysql.scale(3)
    mysql.wait_ready()
    mysql.ask_servers()
    mysql.wait_acknowledged(5)
    mysql.read_everywhere()
    mysql.read_from_service()
    mysql.pause_replication(2)
    mysql.resume_replication(2)
    mysql.try_writes()
    return mysql.history


@pytest.fixture(scope="module")
def killed(deploy_database):
    """Three servers, each deleted in turn; then the process of the primary is killed."""
    mysql = deploy_database("mysql.yaml", specification=KILLABLE, gated=True, held=(0,))
    mysql.wait_running(0)
    mysql.connect(0)
    mysql.release_readiness(0)
    mysql.wait_ready()
    mysql.wait_acknowledged(5)
    for ordinal in (2, 1, 0):
        mysql.write(ordinal)
        mysql.read_everywhere()
        mysql.delete_pod(ordinal)
        mysql.wait_back(ordinal)
        mysql.read(ordinal)
        mysql.read_everywhere()
        mysql.wait_acknowledged(5)
        mysql.read_everywhere()
    mysql.wait_ready()
    mysql.wait_acknowledged(5)
    mysql.crash(0)
    mysql.read_everywhere()
    mysql.wait_ready()
    return mysql.history


@pytest.fixture(scope="module")
def resized(deploy_database):
    """Three servers scaled to five, back to three, and to five again."""
    mysql = deploy_database("mysql.yaml", replicas=3)
    mysql.wait_ready()
    mysql.scale(5)
    mysql.wait_ready()
    for ordinal in (3, 4):
        mysql.write(ordinal)
    mysql.scale(3)
    mysql.wait_ready()
    mysql.wait_acknowledged(5)
    mysql.read_everywhere()
    mysql.scale(5)
    mysql.wait_ready()
    for ordinal in (3, 4):
        mysql.read(ordinal)
    mysql.wait_acknowledged(5)
    mysql.read_everywhere()
    return mysql.history


@pytest.fixture(scope="module")
def reconfigured(deploy_database):
    """Three servers of which each takes other than 50 connections after a rolling update."""
    mysql = deploy_database("mysql.yaml")
    mysql.wait_ready()
    mysql.wait_acknowledged(5)
    mysql.configure(connections=60)
    mysql.wait_configured()
    mysql.read_everywhere()
    mysql.wait_acknowledged(5)
    mysql.read_everywhere()
    mysql.wait_rolled()
    mysql.ask_servers()
    return mysql.history


@proves("mysql/server-ids")
def test_each_server_has_the_id_of_its_ordinal(founded):
    assert database.server_ids(founded, THREE) == []


@proves("mysql/first-alone-takes-writes")
def test_only_the_first_server_takes_writes(founded):
    assert database.first_alone_takes_writes(founded, THREE) == []


@proves("mysql/replicas-read-what-was-written")
def test_what_is_written_to_the_first_is_read_from_the_others(founded):
    assert database.writes_are_kept(founded, "scale", THREE) == []


@proves("mysql/reads-are-served")
def test_the_service_for_reads_leads_to_a_server_that_has_it_all(founded):
    assert database.reads_are_served(founded, "mysql-read") == []


@proves("mysql/replicas-begin-as-clones")
def test_a_replica_has_what_was_written_before_it_was_made(founded):
    assert database.begin_as_clones(founded, range(1, 3)) == []


@proves("mysql/ready-while-it-follows")
def test_a_replica_that_stands_still_is_not_ready(founded):
    assert database.ready_while_it_follows(founded, 2) == []


@proves("mysql/first-answers-before-second-is-made")
def test_the_primary_answers_before_there_is_a_replica(killed):
    assert checks.connectable_before(killed, first=0, second=1) == []


@proves("mysql/deleted-server-returns")
def test_a_deleted_server_returns_with_its_claim(killed):
    assert database.deleted_servers_return(killed, THREE) == []


@proves("mysql/deleted-server-catches-up")
def test_no_acknowledged_write_is_lost_by_a_deletion(killed):
    assert database.writes_are_kept(killed, "delete", THREE) == []


@proves("mysql/crash-keeps-writes")
def test_no_acknowledged_write_is_lost_by_a_crash(killed):
    assert database.crash_keeps_writes(killed, 0) == []


@proves("mysql/scaling-down-keeps-claims")
def test_scaling_down_keeps_claims_and_writes(resized):
    assert database.scaling_down_keeps_claims(resized, 3) == []


@proves("mysql/scaling-up-reuses-claims")
def test_scaling_up_again_reuses_the_claims(resized):
    assert database.scaling_up_reuses_claims(resized, 5) == []


@proves("mysql/update-reaches-every-server")
def test_a_rolling_update_reaches_every_server(reconfigured):
    assert database.update_reaches_every_server(reconfigured, THREE) == []


@proves("mysql/update-keeps-writes")
def test_no_acknowledged_write_is_lost_by_a_rolling_update(reconfigured):
    assert database.writes_are_kept(reconfigured, "update", THREE) == []
