"""The command that upgrades: where it leads, how it ends, and what the gate says of an act that upgrades nothing.

Method: commands are carried out for real; what was seen of nodes is written in the notation of selftest/crossings.py.
"""

import os
import stat
from pathlib import Path

import pytest
import yaml

from conformance.upgrade import command
from fixtures.commanded import carry_out, private_kubeconfig
from fixtures.waiting import asked_until
from selftest.crossings import crossing
from selftest.notation import judged

CONFIG = {
    "current-context": "b",
    "clusters": [{"name": "a", "cluster": {"server": "https://a", "certificate-authority": "ca.pem"}}],
    "users": [
        {"name": "a", "user": {"client-certificate": "cert.pem", "client-key": "/keys/key.pem"}},
        {"name": "b", "user": {"exec": {"command": "bin/login", "args": ["x"]}}},
        {"name": "c", "user": {"exec": {"command": "login"}}},
    ],
    "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in "ab"],
}


@pytest.fixture
def kubeconfig(tmp_path):
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(CONFIG))
    return path


def test_the_command_is_led_to_the_cluster_that_is_judged(kubeconfig, tmp_path):
    log = tmp_path / "upgrade.log"
    ended = carry_out(
        "grep current-context $KUBECONFIG; stat -c %a $KUBECONFIG; echo $KUBECONFIG", kubeconfig, "a", log, None
    )
    context, mode, path = log.read_text().splitlines()
    assert (ended.code, ended.overdue, context, mode) == (0, False, "current-context: a", "600")
    assert Path(path).is_absolute()
    assert not Path(path).exists()
    assert yaml.safe_load(kubeconfig.read_text()) == CONFIG


def test_a_private_kubeconfig_means_the_same_files(kubeconfig, tmp_path):
    with private_kubeconfig(kubeconfig, None) as private:
        told = yaml.safe_load(private.read_text())
        assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert told["current-context"] == "b"
    assert told["clusters"][0]["cluster"]["certificate-authority"] == f"{tmp_path}/ca.pem"
    users = [one["user"] for one in told["users"]]
    assert users[0] == {"client-certificate": f"{tmp_path}/cert.pem", "client-key": "/keys/key.pem"}
    assert [one["exec"]["command"] for one in users[1:]] == [f"{tmp_path}/bin/login", "login"]


def test_a_command_that_fails_says_by_which_line(kubeconfig, tmp_path):
    ended = carry_out("echo one; echo 'no  space' >&2; echo; exit 3", kubeconfig, None, tmp_path / "upgrade.log", None)
    assert (ended.code, ended.last_line) == (3, "no space")
    silent = carry_out("exit 3", kubeconfig, None, tmp_path / "upgrade.log", None)
    assert (silent.code, silent.last_line) == (3, "")


def test_a_command_that_hangs_is_ended_with_all_that_it_started(kubeconfig, tmp_path):
    log = tmp_path / "upgrade.log"
    ended = carry_out("sleep 600 & echo $!; wait; true", kubeconfig, None, log, 1.0)
    assert ended.overdue
    assert ended.code != 0
    started = int(log.read_text().splitlines()[0])
    assert asked_until(lambda: is_gone(started), bool, 10)


def is_gone(process):
    """Whether a process has ended, be it that nobody has asked for its end yet."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_it_is_ended_where_the_run_is_interrupted(kubeconfig, tmp_path, monkeypatch):
    log = tmp_path / "upgrade.log"

    def interrupted(process, seconds=None):
        monkeypatch.undo()
        assert asked_until(lambda: log.read_text(), bool, 10)
        raise KeyboardInterrupt

    monkeypatch.setattr("subprocess.Popen.wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        carry_out("echo $$; exec sleep 600", kubeconfig, None, log, None)
    with pytest.raises(ProcessLookupError):
        os.kill(int(log.read_text()), 0)


def told(words, before="v1.36.3", after="v1.36.3", **upgraded):
    """A crossing from one release to another, of which this is known."""
    one = crossing(f"n1:ready n2:ready +0 r0 = {words}", replicas=1)
    one.acts("upgrade")[0].object.update(version=before)
    known = {"version": after, "log": "upgrade.log", "last_line": "", "patience": 60.0, **upgraded}
    one.acts("upgraded")[0].object.update(known)
    return one


@pytest.mark.parametrize(
    ("upgraded", "says"),
    [
        ({}, []),
        ({"code": 3, "last_line": "no space"},
         ["the command that upgrades the cluster ended with 3; the last line of upgrade.log: no space"]),
        ({"code": -15, "overdue": 600.0},
         ["the command that upgrades the cluster was ended after 600 s; the last line of upgrade.log: there is none"]),
        ({"answers": False}, ["the API server did not answer within 60 s after the command"]),
    ],
)  # fmt: skip
def test_the_command_succeeds(upgraded, says):
    found = judged(command.command_succeeds, told("[ ]", **upgraded))
    assert [one.partition(": ")[2] for one in found] == says


def test_whether_somebody_ran_a_command_is_known():
    assert command.was_commanded(told("[ ]"))
    assert not command.was_commanded(told("[ ]", code=None))


NOTHING = "inconclusive: nothing was upgraded: the API server is of v1.36.3 as before, and every node is as it was"


@pytest.mark.parametrize(
    ("words", "after", "says"),
    [
        ("[ ]", "v1.37.2", []),
        ("[ n1:cordoned n1:ready ]", "v1.36.3", []),
        ("[ n1:booted ]", "v1.36.3", []),
        ("[ n1:v2 ]", "v1.36.3", []),
        ("[ n1:gone ]", "v1.36.3", []),
        ("[ n3:ready ]", "v1.36.3", []),
        ("[ gap:Node lost:Node/n1 relist:Node ]", "v1.36.3", []),
        ("[ ]", "v1.36.3", NOTHING),
        ("[ n1:away n1:ready ]", "v1.36.3", NOTHING),
        ("n1:cordoned n1:ready [ ]", "v1.36.3", NOTHING),
        ("[ gap:Node relist:Node ]", "v1.36.3", NOTHING),
        ("[ ]", "", "the API server did not tell its release"),
    ],
)
def test_an_act_that_upgrades_nothing_is_no_verdict(words, after, says):
    answer = judged(command.takes_place, told(words, after=after))
    assert answer == says or (isinstance(says, str) and says in answer)
