"""What the first phase hands to the second: it comes back as it was, and whatever else is found is refused in one sentence.

Method: files are written and read for real; the cluster is one of a few answers.
"""

import json
import os
import signal
import subprocess
import sys

import pytest

from fixtures.cluster import ApiError
from fixtures.handover import Kept, State, UpgradeError, folder_of, read, require_writable
from selftest.crossings import crossing
from selftest.fake_suite import REPOSITORY, WORKLOAD, environment

NAME = "paused.control-plane"
KNOWN = {NAME: None, "ledger.node": None}
HISTORY = crossing("+0 r0 = [", replicas=1)


def state(path, *names):
    """The state of a fleet of these members."""
    kept = {
        name: Kept(namespace=f"upgrade-1-{name}", manifest=WORKLOAD, replicas=3, was_ready=True,
                   history=f"{name}.before.jsonl")
        for name in names
    }  # fmt: skip
    return State(path=path, cluster="uid", upgrade="upgrade-1", version="v1.36.3", members=kept)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "upgrade-state.json"


def refused(action, *arguments):
    """The sentence by which this is refused."""
    with pytest.raises(UpgradeError) as wrong:
        action(*arguments)
    assert "\n" not in str(wrong.value)
    return str(wrong.value)


def test_a_state_comes_back_with_its_histories_wherever_both_are_moved(path, tmp_path):
    state(path, NAME).write({NAME: HISTORY})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    path.replace(elsewhere / path.name)
    folder_of(path).replace(elsewhere / folder_of(path).name)
    found = read(elsewhere / path.name, KNOWN)
    assert found == state(elsewhere / path.name, NAME)
    assert [event.type for event in found.history(NAME).log][: len(HISTORY.log)] == [
        event.type for event in HISTORY.log
    ]


def test_what_was_recorded_before_stays_until_the_crossing_is_known(path):
    state(path, NAME).write({NAME: HISTORY})
    whole = crossing("+0 r0 = [ ]", replicas=1)
    read(path, KNOWN).proceeding({NAME: whole})
    found = read(path, KNOWN)
    assert found.proceeds
    assert found.history(NAME).acts("upgraded")
    assert sorted(one.name for one in folder_of(path).iterdir()) == [f"{NAME}.before.jsonl", f"{NAME}.crossing.jsonl"]


def test_all_of_it_is_removed_and_nothing_else(path):
    one = state(path, NAME)
    one.write({NAME: HISTORY})
    (folder_of(path) / "notes.txt").write_text("somebody's")
    one.remove()
    assert not path.exists()
    assert [left.name for left in folder_of(path).iterdir()] == ["notes.txt"]
    (folder_of(path) / "notes.txt").unlink()
    one.remove()
    assert not folder_of(path).exists()


KILLED = """
import sys; from pathlib import Path; from selftest import test_upgrade_handover as told
while True:
    told.state(Path(sys.argv[1]), told.NAME).write({told.NAME: told.HISTORY}); print(flush=True)
"""


def test_a_state_is_whole_or_not_there_when_its_writer_is_killed(path):
    for _ in range(5):
        writer = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], cwd=REPOSITORY, env=environment(),
                                  stdout=subprocess.PIPE)  # fmt: skip
        writer.stdout.readline()
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        assert read(path, KNOWN).history(NAME).acts("upgrade")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("no JSON", "is not what --phase before writes: Expecting value"),
        ("[]", "is not what --phase before writes"),
        ("{}", "is of the format None, and this suite reads format 2"),
        ('{"upgrade": "u", "version": "v", "members": {}}', "is of the format None, and this suite reads format 2"),
        ('{"format": 3}', "is of the format 3, and this suite reads format 2: go on with the release of the suite that wrote"),
        ('{"format": 2}', "is not what --phase before writes: it has no 'cluster'"),
        ('{"format": 2, "cluster": "c", "upgrade": "u", "version": "v", "proceeds": false, "members": {}}',
         "names no member of a fleet"),
        ('{"format": 2, "cluster": "c", "upgrade": "u", "version": "v", "proceeds": false, "members": {"a": {}}}',
         "is not what --phase before writes: it has no 'namespace'"),
    ],
)  # fmt: skip
def test_what_is_no_state_is_refused(path, content, says):
    path.write_text(content)
    assert says in refused(read, path, KNOWN)


def test_a_member_that_this_suite_does_not_know_is_refused(path):
    state(path, "lost.node").write({})
    assert refused(read, path, KNOWN).endswith("names lost.node, and this suite has no such member of a fleet")


def test_a_history_that_is_not_there_is_told(path):
    state(path, NAME).write({})
    said = refused(read, path, KNOWN)
    assert "what was recorded of its fleet is lost: " in said
    assert "paused.control-plane.before.jsonl: cannot be read as a history" in said


def test_where_nothing_can_be_written_nothing_is_begun(path, tmp_path):
    require_writable(path)
    assert list(tmp_path.iterdir()) == []
    assert refused(require_writable, tmp_path).endswith("cannot be written: is a folder")
    assert refused(require_writable, tmp_path / "none" / "state.json").endswith(
        "cannot be written: No such file or directory"
    )
    folder_of(path).write_text("")
    assert "upgrade-state-histories is there, and no folder" in refused(require_writable, path)


class Answering:
    """A cluster of this UID, with these namespaces."""

    address = "https://here"

    def __init__(self, uid, *namespaces):
        self.uid, self.namespaces = uid, namespaces

    def request(self, _, path):
        """Answer for the namespace that tells the cluster, or for all."""
        if self.uid is None:
            raise ApiError(403, "Forbidden", "no")
        if path.endswith("/kube-system"):
            return {"metadata": {"uid": self.uid}}
        leaving = {"metadata": {"name": f"upgrade-1-{NAME}", "deletionTimestamp": "now"}}
        return {"items": [leaving, *({"metadata": {"name": name}} for name in self.namespaces)]}


@pytest.mark.parametrize(
    ("cluster", "says"),
    [
        (Answering("other", f"upgrade-1-{NAME}"), "the fleet stands on another cluster than the one at https://here"),
        (Answering("uid", "default"), f"the fleet is gone: there is no namespace upgrade-1-{NAME}"),
        (Answering(None), "whether the fleet is there cannot be asked: 403 Forbidden: no"),
    ],
)
def test_where_the_fleet_is_not_it_is_not_looked_for(path, cluster, says):
    assert says in refused(state(path, NAME).require_fleet, cluster)


def test_where_the_fleet_is_or_was_being_removed_the_run_may_go_on(path):
    one = state(path, NAME)
    one.require_fleet(Answering("uid", f"upgrade-1-{NAME}", "default"))
    one.write({NAME: HISTORY})
    one.proceeding({NAME: HISTORY}).require_fleet(Answering("uid", "default"))


def test_the_file_says_where_the_fleet_stands(path):
    state(path, NAME).write({NAME: HISTORY})
    assert json.loads(path.read_text())["members"][NAME]["namespace"] == f"upgrade-1-{NAME}"
