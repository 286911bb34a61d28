"""The program of manifests/ledger.yaml: it acknowledges what is synced, and writes no more once another has begun.

Method: it runs here with the tools of the test image, on folders of the test in place of the container's and the claim's.
What it wrote is read as the checks read it.
"""

import os
import shutil
import signal
import subprocess
from contextlib import suppress

import pytest
import yaml

from conformance.checks.operations import REFUSED, Beginning, Incarnation, Record, parsed, sealed, unsealed
from fixtures.manifests import MANIFESTS
from fixtures.waiting import asked_until

TOOLS = "sh awk cat cut date echo mkdir mkfifo mv nc rm sed sha256sum sleep sync tail tee timeout wc"
SECONDS = 20.0
NAME = "web-0"
READ = 4000  # bytes of what stands on the claim, from its end


def program():
    """The program as it stands in the manifest."""
    workload = [
        one for one in yaml.safe_load_all((MANIFESTS / "ledger.yaml").read_text()) if one["kind"] == "StatefulSet"
    ]
    (container,) = workload[0]["spec"]["template"]["spec"]["containers"]
    return container["args"][0].partition("<<'end'\n")[2].partition("end\n#")[0]


def placed(folder, claim, text):
    """Write the program for folders of the test: its own in place of the container's, and one for the claim."""
    text = text.replace("/tmp/", f"{folder}/").replace("/data", str(claim)).replace("$(hostname)", NAME)
    (folder / "ledger").write_text(text)


class Replica:
    """One process of the program, in a container of this UID, upon a claim; `by` stands in for what is `broken` of it."""

    def __init__(self, folder, claim, uid, broken=None, by="false"):
        self.folder, self.uid = folder / uid, uid
        self.folder.mkdir()
        text = program() if broken is None else program().replace(broken, by)
        assert broken is None or program().count(broken) == 1
        # Its children go with it, as in a container, also where the test itself is killed.
        placed(self.folder, claim, text.replace("while :; do", "while kill -0 $$; do"))
        (self.folder / "answers").mkdir()
        os.mkfifo(self.folder / "asked")
        self.environment = {"PATH": str(folder / "bin"), "NODE": "n1", "POD_UID": uid}
        mortal = [shutil.which("setpriv"), "--pdeathsig", "KILL", "--", *self._command("serve")]
        self.process = subprocess.Popen(mortal, env=self.environment, start_new_session=True, stderr=subprocess.DEVNULL)
        assert asked_until((self.folder / "told").exists, bool, SECONDS)

    def _command(self, *words):
        return [shutil.which("busybox"), "sh", str(self.folder / "ledger"), *words]

    def append(self, what):
        """What it answers when it is asked to write something, behind who it says that it is."""
        done = subprocess.run(
            self._command("append", what), env=self.environment, capture_output=True, text=True, timeout=SECONDS
        )
        uid, token, answer = done.stdout.strip().split(" ", 2)
        assert uid == self.uid
        return int(token), answer

    def end(self, how=signal.SIGKILL):
        """End the process, and return its exit code; its children go with it, as those of a container do."""
        os.kill(self.process.pid, how)
        code = self.process.wait(SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        return code


@pytest.fixture
def claim(tmp_path):
    """The folder that stands for the claim."""
    (tmp_path / "claim").mkdir()
    return tmp_path / "claim"


@pytest.fixture
def begin(tmp_path, claim):
    """Begin a process upon the claim; all of them end with the test."""
    (tmp_path / "bin").mkdir()
    for tool in TOOLS.split():
        (tmp_path / "bin" / tool).symlink_to(shutil.which("busybox"))
    begun = []

    def one(uid, **how):
        begun.append(Replica(tmp_path, claim, uid, **how))
        return begun[-1]

    yield one
    for replica in begun:
        if replica.process.poll() is None:
            replica.end()
        # Where it ended by itself, its children are still there.
        with suppress(ProcessLookupError):
            os.killpg(replica.process.pid, signal.SIGKILL)


def lines(claim):
    """What stands on the claim, without what the process wrote of its own accord."""
    found = [parsed(text, number) for number, text in enumerate((claim / "records").read_text().split("\n")[:-1])]
    return [line for line in found if not (isinstance(line, Record) and line.write == "beat")]


def test_what_is_acknowledged_stands_there_sealed(begin, claim):
    replica = begin("one")
    token, answer = replica.append("a")
    assert (token, answer.partition(" ")[0]) == (1, "ok")
    beginning, record = lines(claim)
    assert beginning == Beginning(0, Incarnation("one", 1))
    assert record == parsed(answer.partition(" ")[2], 0)
    assert (record.name, record.token, record.write) == (NAME, 1, "a")


def test_who_begins_goes_on_behind_the_last_with_the_next_token(begin, claim):
    first = begin("one")
    first.append("a")
    assert first.end() == -signal.SIGKILL
    # What a crash cut short is no record, and hides none.
    with (claim / "records").open("a") as records:
        records.write(f"{NAME} 9 1")
    second = begin("two")
    assert second.append("b")[0] == 2
    *_, torn, beginning, record = lines(claim)
    assert torn is None
    assert beginning.incarnation == Incarnation("two", 2)
    assert (record.write, record.token) == ("b", 2)
    numbers = [
        one.number
        for text in (claim / "records").read_text().splitlines()
        if isinstance(one := parsed(text, 0), Record)
    ]
    assert numbers == [*range(1, len(numbers) + 1)]


@pytest.mark.parametrize("node", ["node-1", "17-node", "10.176.48.67"])
def test_what_is_left_of_a_line_is_not_taken_for_another(claim, tmp_path, node):
    """What it reads of the claim, its end, may begin within any line, such as one that tells of a beginning."""
    placed(tmp_path, claim, program())
    beginning = sealed(f"# began 1795924630 {node} 50 3 e6ae7be1-8788-404d-8e36-8127b73e14d8")
    records = "".join(f"{sealed(f'{NAME} {number} 1795924630 3 beat')}\n" for number in range(51, 160))
    for left in range(len(beginning) + 1):
        rest = records[: READ - left - 1]
        rest = rest[: rest.rindex("\n") + 1]
        # As much as is read is filled up by a line that is no record.
        padded = f"{rest}{' ' * (READ - left - 1 - len(rest) - 1)}\n" if len(rest) < READ - left - 1 else rest
        (claim / "records").write_text(f"{sealed(f'{NAME} 50 1795924629 2 beat')}\n{beginning}\n{padded}")
        assert len(f"{beginning[len(beginning) - left :]}\n{padded}") == READ
        said = subprocess.run(
            [shutil.which("busybox"), "sh", str(tmp_path / "ledger"), "last"],
            env={"PATH": str(tmp_path / "bin")},
            capture_output=True,
            text=True,
            check=True,
        )
        assert said.stdout.split() == [str(50 + rest.count("\n")), "3"], f"with {left} letters of the line"


def test_who_finds_a_newer_token_writes_no_more_and_says_so_once(begin, claim):
    first, second = begin("one"), begin("two")
    assert second.append("a")[1].startswith("ok ")
    assert first.append("b") == (1, "refused 2")
    assert first.append("c") == (1, "refused 2")
    assert [line.write for line in lines(claim) if isinstance(line, Record)] == ["a"]
    (refusal,) = (claim / "refused").read_text().splitlines()
    assert REFUSED.fullmatch(unsealed(refusal)).groups() == ("2", "1", "one")


def test_it_ends_where_a_test_asks_for_that(begin):
    replica = begin("one")
    assert replica.end(signal.SIGUSR1) == 1


def test_what_cannot_be_written_is_not_acknowledged(begin, claim):
    replica = begin("one", broken='echo "$line" >> /data/records')
    assert replica.append("a") == (1, "unknown")
    assert lines(claim) == [Beginning(0, Incarnation("one", 1))]


def test_who_cannot_sync_what_it_wrote_tells_nobody_of_it_and_ends(begin):
    replica = begin("one", broken="sync /data/records ||", by="false ||")
    assert replica.process.wait(SECONDS) != 0
    assert (replica.folder / "told").read_text() == f"{NAME} 0\n"


def test_a_line_without_its_seal_is_never_written(begin, claim):
    replica = begin("one", broken="sha256sum")
    assert replica.append("a") == (1, "unknown")
    assert not (claim / "records").read_text().partition("\n")[2]


def test_who_may_lose_its_claim_to_another_numbers_on_behind_all_that_stands_there(begin, claim):
    begin("one").append("a")
    with (claim / "records").open("a") as records:
        records.write(sealed(f"{NAME} 90 0 1 late") + "\n" + sealed(f"{NAME} 70 0 1 later") + "\n")
    begin("two").append("b")
    assert [line.number for line in lines(claim) if isinstance(line, Beginning)][-1] >= 90
