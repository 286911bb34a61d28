"""The checks of the database: what is lawful passes, what is broken is named at its event, and what is thin is inconclusive.

Method: histories written by hand, in the notation of selftest/notation.py with the words of a database:

    acked:1-5             the client tells that these writes were acknowledged
    rows:0:1-5            web-0 tells that it has these;  rows:0:  that it has none;  rows:0:?  it does not answer
    server:0:100:rw:50    web-0 says its id, that it takes writes (ro: that it only reads) and how many connections it takes
    attempt:0:taken       a write to web-0 is taken;  refused: it says that it is read-only;  lost: nobody knows
    reads:1-5             whoever the Service for reads gives has these;  reads:?  nobody;  reads:!  it could not be asked
    purge  configure:60   the primary throws its logs away; the template is changed
    stop:2  go:2          web-2 is made to apply nothing more, and to go on
    crash:0  again:0      the process of web-0 is killed; its container was started again
"""

import re
from typing import ClassVar

import pytest
import yaml

from conformance.guarantees import load
from conformance.history import ACT, MODIFIED, PROBE
from conformance.workload import checks
from fixtures import mariadb
from fixtures.manifests import MANIFESTS
from selftest.fake_suite import REPOSITORY
from selftest.notation import _Teller, judged
from selftest.workload import MUTANTS

PROFILE = REPOSITORY / "conformance" / "workload"
REGISTRY = load(PROFILE / "guarantees.toml")
THREE = range(3)
FOUNDED = "+0 r0 +1 r1 +2 r2"


def told(words, **specification):
    """The history that these words tell."""
    return _Database("StatefulSet", 3, "node", True, True, True, specification).tell(words)


class _Database(_Teller):
    ATTEMPTS: ClassVar = {
        "taken": {"accepted": True, "answer": ""},
        "refused": {"accepted": False, "answer": "ERROR 1290: running with the --read-only option"},
        "lost": {"accepted": False, "answer": "ERROR 2013: Lost connection"},
    }

    def _step(self, word):
        verb, *rest = word.split(":")
        target = f"Pod/{self._name(rest[0])}" if rest else ""
        pod = self.there.get(target, {"metadata": {"uid": ""}})
        about = {"target": target, "uid": pod["metadata"]["uid"]}
        match verb, *rest:
            case "acked", numbers:
                self._log(PROBE, "acknowledged", numbers=_numbers(numbers))
            case "rows", _, "?":
                self._log(PROBE, "rows", **about, refused="Unknown server host")
            case "rows", _, numbers:
                self._log(PROBE, "rows", **about, numbers=_numbers(numbers))
            case "reads", "?":
                self._log(PROBE, "rows", target="Service/web-read", refused="Can't connect")
            case "reads", "!":
                self._log(PROBE, "rows", target="Service/web-read", trouble="exec could not be started")
            case "reads", numbers:
                self._log(PROBE, "rows", target="Service/web-read", numbers=_numbers(numbers))
            case "server", _, number, role, connections:
                said = {"server_id": int(number), "read_only": role == "ro", "max_connections": int(connections)}
                self._log(PROBE, "server", **about, **said)
            case "attempt", _, what:
                self._log(PROBE, "attempt", **about, **self.ATTEMPTS[what])
            case "purge", *_:
                self._log(ACT, "purge", target="Pod/web-0")
            case "configure", connections:
                self._log(ACT, "update", target="StatefulSet/web", connections=int(connections))
            case (("stop" | "go"), _):
                self._log(ACT, "replicate", **about, goes_on=verb == "go")
            case "crash", _:
                self._log(ACT, "crash", **about)
            case "again", _:
                pod["status"]["containerStatuses"] = [{"name": "web", "restartCount": 1}]
                self._write(MODIFIED, "Pod", pod)
            case _:
                super()._step(word)


def _numbers(text):
    """The numbers of "1-5" or "1,4"."""
    first, _, last = text.partition("-")
    return list(range(int(first), int(last) + 1)) if last else [int(one) for one in text.split(",") if one]


SAID = "server:0:100:rw:50 server:1:101:ro:50 server:2:102:ro:50"
TRIED = "attempt:0:taken attempt:1:refused attempt:2:refused"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (f"{FOUNDED} {SAID}", []),
        (
            f"{FOUNDED} server:0:100:rw:50 server:1:102:ro:50 server:2:102:ro:50",
            ["8 server:1:102:ro:50: web-1 says that its server_id is 102, not 101"],
        ),
        (f"{FOUNDED} server:0:100:rw:50", "inconclusive: web-1 did not answer"),
        (f"{FOUNDED} server:0:100:rw:50 vain", "inconclusive: web-1 did not answer: last seen: no change"),
        (f"{FOUNDED} {SAID} gap", "inconclusive: event 17 (rv 12): the watch of Pod has a gap: 410 Gone"),
    ],
)
def test_server_ids(words, says):
    assert judged(checks.server_ids, told(words), THREE) == says


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (f"{FOUNDED} {SAID} {TRIED}", []),
        (
            f"{FOUNDED} {SAID} attempt:0:taken attempt:1:taken attempt:2:refused",
            ["11 attempt:1:taken: web-1 took a client's write"],
        ),
        (
            f"{FOUNDED} server:0:100:rw:50 server:1:101:rw:50 server:2:102:ro:50 {TRIED}",
            ["8 server:1:101:rw:50: web-1 says that it takes writes"],
        ),
        (
            f"{FOUNDED} {SAID} attempt:0:refused attempt:1:refused attempt:2:refused",
            ["10 attempt:0:refused: web-0 refused a client's write: ERROR 1290: running with the --read-only option"],
        ),
        (
            f"{FOUNDED} {SAID} attempt:0:taken attempt:1:lost attempt:2:refused",
            "inconclusive: event 18 (rv 12): whether web-1 takes writes is not known: ERROR 2013: Lost connection",
        ),
        (f"{FOUNDED} {SAID}", "inconclusive: web-0 did not answer"),
    ],
)
def test_first_alone_takes_writes(words, says):
    assert judged(checks.first_alone_takes_writes, told(words), THREE) == says


EVERYWHERE = "rows:0:1-9 rows:1:1-9 rows:2:1-9"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (f"{FOUNDED} scale:3 acked:1-9 {EVERYWHERE}", []),
        (f"{FOUNDED} scale:3 acked:1-8 {EVERYWHERE}", []),
        (
            f"{FOUNDED} scale:3 acked:1-9 rows:0:1-9 rows:1:2-8 rows:2:1-9",
            ["10 rows:1:2-8: web-1 lacks 2 of 9 acknowledged writes, number 1 the first"],
        ),
        (
            f"{FOUNDED} scale:3 acked:1-9 {EVERYWHERE} acked:1-12 rows:0: rows:1:1-12 rows:2:1-12",
            ["13 rows:0:: web-0 lacks 12 of 12 acknowledged writes, number 1 the first"],
        ),
        # What was acknowledged once is owed for good, also where the client has forgotten it.
        (
            f"{FOUNDED} scale:3 acked:1-9 {EVERYWHERE} acked:1-3 rows:0:1-3 rows:1:1-9 rows:2:1-9",
            ["13 rows:0:1-3: web-0 lacks 6 of 9 acknowledged writes, number 4 the first"],
        ),
        (f"{FOUNDED} scale:3 acked:1-9 rows:0:1-9 rows:1:? rows:2:1-9",
         "inconclusive: web-1 did not answer: Unknown server host"),
        (f"{FOUNDED} acked:1-9 {EVERYWHERE} scale:3 rows:0:1-9",
         "inconclusive: event 18 (rv 12): web-1 did not tell what it has after that"),
        (f"{FOUNDED} scale:3 acked: {EVERYWHERE}",
         "inconclusive: event 17 (rv 13): no write is known to have been acknowledged before that"),
        (f"{FOUNDED} acked:1-9 {EVERYWHERE}", "inconclusive: the history holds no act: scale"),
    ],
)  # fmt: skip
def test_writes_are_kept(words, says):
    assert judged(checks.writes_are_kept, told(words), "scale", THREE) == says


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (f"{FOUNDED} acked:1-5 reads:1-6", []),
        (
            f"{FOUNDED} acked:1-5 reads:1-4",
            ["8 reads:1-4: web-read lacks 1 of 5 acknowledged writes, number 5 the first"],
        ),
        (f"{FOUNDED} acked:1-5 reads:?", ["8 reads:?: web-read gave no answer: Can't connect"]),
        (
            f"{FOUNDED} acked:1-5 reads:!",
            "inconclusive: event 15 (rv 12): web-read could not be asked: exec could not be started",
        ),
        (f"{FOUNDED} acked:1-5", "inconclusive: the history holds no question to web-read"),
    ],
)
def test_reads_are_served(words, says):
    assert judged(checks.reads_are_served, told(words), "web-read") == says


def test_each_act_is_followed_by_an_answer_of_its_own():
    words = f"{FOUNDED} scale:3 acked:1-9 {EVERYWHERE} scale:3 rows:0:1-9 rows:1:1-9"
    assert judged(checks.writes_are_kept, told(words), "scale", THREE) == (
        "inconclusive: event 20 (rv 13): web-2 did not tell what it has after that"
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("+0 r0 acked:1-5 purge +1 r1 +2 r2 rows:1:1-9 rows:2:1-5", []),
        (
            "+0 r0 acked:1-5 purge +1 r1 +2 r2 rows:1:6-9 rows:2:1-5",
            ["9 rows:1:6-9: web-1 lacks 5 of 5 acknowledged writes, number 1 the first"],
        ),
        (
            "+0 r0 +1 r1 acked:1-5 purge +2 r2 rows:1:1-9 rows:2:1-5",
            "inconclusive: web-1 was there before the primary threw its logs away",
        ),
        ("+0 r0 acked:1-5 purge +1 r1 +2 r2 rows:1:1-9", "inconclusive: web-2 did not answer"),
        ("+0 r0 acked:1-5 +1 r1 +2 r2 rows:1:1-5", "inconclusive: the history holds no act: purge"),
    ],
)
def test_begin_as_clones(words, says):
    assert judged(checks.begin_as_clones, told(words), range(1, 3)) == says


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (f"{FOUNDED} stop:2 u2 go:2 r2", []),
        (
            f"{FOUNDED} stop:2 vain go:2",
            ["8 vain: web-2 stayed Ready for 20 s while it applied nothing of what it was sent"],
        ),
        (f"{FOUNDED} stop:2 u2 go:2 vain", ["10 vain: web-2 was not Ready within 20 s after it went on"]),
        (f"{FOUNDED} stop:2 u2", "inconclusive: web-2 was not made to go on"),
        (f"{FOUNDED} u2 stop:2 go:2 r2", "inconclusive: web-2 was not Ready when it was made to stop"),
        (f"{FOUNDED} stop:2 go:2 u2",
         "inconclusive: event 14 (rv 12): nobody waited in vain for what comes of that"),
        (FOUNDED, "inconclusive: the history holds no stop of web-2"),
    ],
)  # fmt: skip
def test_ready_while_it_follows(words, says):
    assert judged(checks.ready_while_it_follows, told(words), 2) == says


RETURNED = "write:2:T delete:2 t2 -2 +2 r2 read:2:T"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (f"{FOUNDED} {RETURNED}", []),
        (f"{FOUNDED} write:2:T delete:2 t2 -2 ct2 c-2 +2 r2 read:2:",
         ["11 ct2: data-web-2 began to be deleted before web-2 was made again"]),
        (f"{FOUNDED} write:2:T delete:2 t2 -2 +2 r2 read:2:other",
         ["13 read:2:other: web-2 read back 'other' where 'T' had been written"]),
        (f"{FOUNDED} delete:2 t2 -2 +2 r2", "inconclusive: the history holds no read by a pod that was made again"),
    ],
)  # fmt: skip
def test_deleted_servers_return(words, says):
    assert judged(checks.deleted_servers_return, told(words), range(2, 3)) == says


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (f"{FOUNDED} acked:1-5 crash:0 again:0 acked:1-7 rows:0:1-8", []),
        (
            f"{FOUNDED} acked:1-5 crash:0 again:0 acked:1-7 rows:0:1-4",
            ["11 rows:0:1-4: web-0 lacks 3 of 7 acknowledged writes, number 5 the first"],
        ),
        (
            f"{FOUNDED} acked:1-5 crash:0 rows:0:1-5",
            "inconclusive: event 15 (rv 12): nothing shows that a container of web-0 was started again after that",
        ),
        (FOUNDED, "inconclusive: the history holds no act: crash"),
    ],
)
def test_crash_keeps_writes(words, says):
    assert judged(checks.crash_keeps_writes, told(words), 0) == says


GROWN = f"{FOUNDED} scale:5 +3 r3 +4 r4"
SHRUNK = f"{GROWN} write:4:T scale:3 t4 -4 t3 -3 acked:1-5"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (f"{SHRUNK} rows:0:1-5 rows:1:1-5 rows:2:1-5", []),
        (f"{SHRUNK} ct4 c-4 rows:0:1-5 rows:1:1-5 rows:2:1-5", ["19 ct4: data-web-4 began to be deleted"]),
        (
            f"{SHRUNK} rows:0:1-5 rows:1:1-5 rows:2:1-4",
            ["21 rows:2:1-4: web-2 lacks 1 of 5 acknowledged writes, number 5 the first"],
        ),
        (GROWN, "inconclusive: the history holds no scaling to 3"),
    ],
)
def test_scaling_down_keeps_claims(words, says):
    assert judged(checks.scaling_down_keeps_claims, told(words), 3) == says


def test_a_set_without_claims_keeps_none():
    without = _Database("StatefulSet", 3, "node", False, True, True, {})
    history = without.tell("+0 r0 scale:1 acked:1-5 rows:0:1-5")
    assert judged(checks.scaling_down_keeps_claims, history, 1) == ["1 +0: web-0 mounts no claim"]


FIVE = "rows:0:1-5 rows:1:1-5 rows:2:1-5 rows:3:1-5 rows:4:1-5"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (f"{SHRUNK} scale:5 +3 r3 +4 r4 read:4:T {FIVE}", []),
        (f"{SHRUNK} ct4 c-4 scale:5 +3 r3 +4 r4 read:4: {FIVE}", ["19 ct4: data-web-4 began to be deleted"]),
        (
            f"{SHRUNK} scale:5 +3 r3 +4 r4 read:4:other {FIVE}",
            ["24 read:4:other: web-4 read back 'other' where 'T' had been written"],
        ),
        (
            f"{SHRUNK} scale:5 +3 r3 +4 r4 read:4:T {FIVE.replace('rows:4:1-5', 'rows:4:1-3')}",
            ["29 rows:4:1-3: web-4 lacks 2 of 5 acknowledged writes, number 4 the first"],
        ),
        (SHRUNK, "inconclusive: the history holds no second scaling to 5"),
    ],
)
def test_scaling_up_reuses_claims(words, says):
    assert judged(checks.scaling_up_reuses_claims, told(words), 5) == says


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (f"{FOUNDED} configure:60 {SAID.replace(':50', ':60')}", []),
        (
            f"{FOUNDED} configure:60 server:0:100:rw:60 server:1:101:ro:50 server:2:102:ro:60",
            ["9 server:1:101:ro:50: web-1 takes 50 connections, not 60"],
        ),
        (f"{FOUNDED} {SAID.replace(':50', ':60')} configure:60", "inconclusive: web-0 was not asked after the update"),
        (f"{FOUNDED} {SAID}", "inconclusive: the history holds no act: update"),
    ],
)
def test_update_reaches_every_server(words, says):
    assert judged(checks.update_reaches_every_server, told(words), THREE) == says


def test_every_guarantee_of_the_profile_has_a_test_and_a_mutant_that_breaks_it():
    source = (PROFILE / "test_mysql.py").read_text(encoding="utf-8")
    assert {*re.findall(r'^@proves\("(.+)"\)$', source, re.MULTILINE)} == {*REGISTRY}
    assert {name for one in MUTANTS for name in one.breaks} == {*REGISTRY}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name)
def test_every_mutant_changes_the_manifest(mutant):
    whole = list(yaml.safe_load_all((MANIFESTS / "mysql.yaml").read_text(encoding="utf-8")))
    assert [one["kind"] for one in mutant.objects()] == [one["kind"] for one in whole]
    assert mutant.objects() != whole


@pytest.mark.parametrize("name", ["mysql.yaml", "mysql-client.yaml"])
def test_the_manifests_ask_for_the_official_image_alone(name):
    images = [line.strip() for line in (MANIFESTS / name).read_text(encoding="utf-8").splitlines() if "image:" in line]
    assert {*images} == {f"image: {mariadb.OFFICIAL}"}
