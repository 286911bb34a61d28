"""How an upgrade is driven: in what order, and that what befalls one member is no matter of the others'.

Method: the cluster and the workloads are stand-ins of a few lines, which fail where a test says so; nothing is watched.
"""

from pathlib import Path

import pytest

from conformance.history import Event, Header, History, Inconclusive, Unfinished
from fixtures import tidying
from fixtures.cluster import ApiError, Cluster, ClusterError
from fixtures.handover import UpgradeError, read
from fixtures.run import Run
from fixtures.stories import Story
from fixtures.upgrading import INTERRUPTED, LEASES, Upgrade
from fixtures.waiting import Transport, TransportError
from selftest.fake_suite import WORKLOAD

NAMES = ("one.control-plane", "two.control-plane")


class Server:
    """A cluster that keeps namespaces, and answers for leases what it is told to."""

    def __init__(self):
        self.kubeconfig, self.context, self.version = None, None, "v1.36.3"
        self.namespaces, self.asked, self.refuses, self.up = {}, [], (), True
        self.leases, self.transport, self.capabilities = [], Transport(), ()

    def request(self, method, path, body=None, **_):
        """Answer, unless the path is one that is refused."""
        self.asked.append((method, path))
        if any(one in path for one in self.refuses):
            raise ApiError(500, "InternalError", "no")
        if path == LEASES:
            found = self.leases.pop(0) if len(self.leases) > 1 else self.leases[0]
            if found is None:
                self.transport.retries += 1
                raise TransportError("away")
            return {"items": [{"metadata": {"name": name}, "spec": {"renewTime": at}} for name, at in found.items()]}
        name = path.rpartition("/")[2]
        if method == "PATCH":
            self.namespaces[name] = body["metadata"]["annotations"][tidying.OWNER]
        elif method == "DELETE":
            self.namespaces.pop(name, None)
        return {"metadata": {"uid": "uid"}, "items": []}

    def is_up(self):
        """Whether it answers."""
        return self.up

    answers = is_up


class Recording:
    """A recorder that remembers what was done."""

    def __init__(self):
        self.done = []

    def act(self, verb, **what):
        """Remember an act."""
        self.done.append((verb, what))


class Standing:
    """A workload that stands in a namespace."""

    def __init__(self, name):
        self.namespace, self.manifest, self.replicas, self.recorder = f"ns-{name}", WORKLOAD, 1, Recording()
        self.is_all_ready = True

    @property
    def history(self):
        """All that was done."""
        header = Header(scenario="told", kind="StatefulSet", name="web", namespace=self.namespace, selector={})
        acts = [Event("ACT", verb, place, what) for place, (verb, what) in enumerate(self.recorder.done)]
        return History.of(header, acts)


class Playing:
    """A member; `breaks` says at which step what is raised."""

    tier, manifest, wishes, is_database = "control-plane", "web.yaml", {}, False

    def __init__(self, name, **breaks):
        self.id, self.breaks = name, breaks

    def step(self, what, workload):
        """Do nothing, or break."""
        if what in self.breaks:
            wrong = self.breaks[what]
            raise Unfinished("in vain", workload.history) if wrong is Unfinished else wrong

    def prepare(self, workload):
        """Prepare."""
        self.step("prepare", workload)

    def arrive(self, workload):
        """Arrive."""
        self.step("arrive", workload)

    def proceed(self, workload):
        """Proceed."""
        self.step("proceed", workload)


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def run(server, tmp_path):
    (tmp_path / "histories").mkdir()
    return Run(server, "run", "owner", tmp_path / "histories", 1.0)


@pytest.fixture
def stand(monkeypatch):
    """Have workloads stand without a cluster, and be back at once."""

    def start(run, namespace, scenario, *_):
        *_, lodging, _ = _
        run.cluster.namespaces[f"ns-{scenario}"] = run.owner
        lodging.callback(run.cluster.namespaces.pop, f"ns-{scenario}", None)
        return Standing(scenario)

    monkeypatch.setattr("fixtures.stories.start", start)
    monkeypatch.setattr(Story, "_is_back", lambda *_: True)
    monkeypatch.setattr(Story, "_attended", lambda self, *_: Standing(self.member.id))
    monkeypatch.setattr("fixtures.stories.Recorder", lambda *_: Recording())
    monkeypatch.setattr("fixtures.stories.header_of", lambda *_: Header(
        scenario="told", kind="StatefulSet", name="web", namespace="n", selector={}))  # fmt: skip
    monkeypatch.setattr(Standing, "sync", lambda _: None, raising=False)
    monkeypatch.setattr(Recording, "pods", lambda _: [], raising=False)
    monkeypatch.setattr("fixtures.tidying.left_behind", lambda *_: [])


def verbs(history):
    """What was done, in order."""
    return [event.kind for event in history.log]


TROUBLES = (ApiError(500, "InternalError", "no"), TransportError("away"), Inconclusive("may not"))


@pytest.mark.parametrize("wrong", [Unfinished, *TROUBLES])
def test_what_does_not_stand_is_not_upgraded(run, stand, wrong):
    one = Upgrade.of(run, [Playing(NAMES[0], prepare=wrong), Playing(NAMES[1])])
    assert not one.prepare("the command")
    assert [verbs(story.crossing) for story in one.stories.values()] == [[], []]
    assert bool(one.troubles) == (wrong is not Unfinished)


def test_a_fleet_that_stands_is_told_that_its_upgrade_begins(run, stand):
    one = Upgrade.of(run, map(Playing, NAMES))
    assert one.prepare("the command")
    assert [story.crossing for story in one.stories.values()] == [None, None]
    acts = [story.workload.recorder.done for story in one.stories.values()]
    assert acts == [[("upgrade", {"target": "Cluster/", "command": "the command", "version": "v1.36.3"})]] * 2


def driven(one):
    """An upgrade that has been driven to its end by hand."""
    one.prepare("the command")
    one.upgraded = {"answers": True, "code": 0}
    one._side_by_side(lambda story: story.arrive(one.upgraded))
    one.proceed()
    return one.stories.values()


@pytest.mark.parametrize("wrong", [Unfinished, *TROUBLES])
@pytest.mark.parametrize("step", ["arrive", "proceed"])
def test_what_befalls_one_member_is_no_matter_of_the_others(run, stand, step, wrong):
    broken, whole = driven(Upgrade.of(run, [Playing(NAMES[0], **{step: wrong}), Playing(NAMES[1])]))
    assert verbs(broken.crossing) == ["upgrade", "upgraded"]
    assert verbs(whole.crossing) == ["upgrade", "upgraded"]
    assert whole.afterwards is not None
    assert whole.trouble == ""
    assert bool(broken.trouble) == (wrong is not Unfinished)


def test_a_server_that_does_not_come_back_is_told_and_nothing_is_asked_of_it(run, stand, server):
    one = Upgrade.of(run, [Playing(NAMES[0], arrive=AssertionError(), proceed=AssertionError())])
    one.prepare("the command")
    one.upgraded = {"answers": False, "code": 0}
    server.up = False
    one._arrive()
    one.proceed()
    (story,) = one.stories.values()
    assert story.crossing.acts("upgraded")[0].object["answers"] is False
    assert "silent" not in story.crossing.acts("upgraded")[0].object
    assert story.afterwards is None
    assert one.close() == [
        f"the fleet of {one.run.name}, since the API server does not answer; the next run removes it"
    ]


@pytest.mark.parametrize(
    ("leases", "silent"),
    [
        ([{"n1": 1, "n2": 1}, {"n1": 2, "n2": 2}], []),
        ([{"n1": 1, "n2": 1}, {"n1": 2, "n2": 1}], ["n2"]),
        ([{}], None),
        # Nobody could renew anything while the server was away, so that is not held against a node.
        ([{"n1": 1}, None, {"n1": 1}, {"n1": 1}, {"n1": 1}, {"n1": 1}, {"n1": 2}], []),
        ([None], None),
    ],
)
def test_a_node_that_does_not_tell_that_it_lives_is_silent(run, server, monkeypatch, leases, silent):
    monkeypatch.setattr("fixtures.upgrading.RENEWED_SECONDS", 0.6)
    server.leases = leases
    assert Upgrade(run, {})._silent_nodes() == silent


def left(run, path, *names):
    """A fleet that waits."""
    one = Upgrade.of(run, map(Playing, names or NAMES))
    one.prepare()
    one.leave(path)
    assert one.close() == []
    return read(path, dict.fromkeys(NAMES))


def test_a_fleet_is_kept_only_once_a_file_tells_of_it(run, stand, server, tmp_path):
    path = tmp_path / "state.json"
    one = Upgrade.of(run, map(Playing, NAMES))
    one.prepare()
    assert {*server.namespaces.values()} == {"owner"}
    server.refuses = ("kube-system",)
    with pytest.raises(ApiError):
        one.leave(path)
    assert {*server.namespaces.values()} == {"owner"}
    assert not path.exists()
    server.refuses = ("/namespaces/ns-crossing.two",)
    with pytest.raises(UpgradeError, match="cannot be kept for another run"):
        one.leave(path)
    assert not path.exists()
    assert one.close() == []
    assert server.namespaces == {}


def test_a_fleet_that_is_kept_outlives_its_run(run, stand, server, tmp_path):
    found = left(run, tmp_path / "state.json")
    assert set(found.members) == set(NAMES)
    assert server.namespaces == {f"ns-crossing.{name}": tidying.KEPT for name in NAMES}


@pytest.fixture
def waits(run, stand, tmp_path):
    """The state of a fleet that waits, and the file in which it stands."""
    return left(run, tmp_path / "state.json")


def resumed(run, state, **breaks):
    """The second phase."""
    run.cluster.leases = [{}]
    return Upgrade.resumed(run, [Playing(name, **breaks) for name in NAMES], state)


def test_the_second_phase_removes_the_fleet_and_the_state_once_it_has_gone_on(run, waits, server):
    one = resumed(run, waits)
    one.resume()
    assert one.keeps_fleet
    one.proceed()
    assert all(story.afterwards for story in one.stories.values())
    assert one.close() == []
    assert not waits.path.exists()
    assert server.namespaces == {}


@pytest.mark.parametrize("wrong", [*TROUBLES, KeyboardInterrupt()])
def test_the_second_phase_keeps_both_where_it_did_not_come_to_go_on(run, waits, server, wrong):
    one = resumed(run, waits, arrive=wrong)
    if isinstance(wrong, KeyboardInterrupt):
        with pytest.raises(KeyboardInterrupt):
            one.resume()
    else:
        one.resume()
        one.proceed()
        assert len(one.troubles) == 2
    assert one.close() == []
    assert read(waits.path, dict.fromkeys(NAMES)) == waits
    assert set(server.namespaces.values()) == {tidying.KEPT}


def test_a_second_phase_that_was_broken_off_is_judged_as_far_as_it_had_come(run, waits, server):
    one = resumed(run, waits, proceed=KeyboardInterrupt())
    one.resume()
    with pytest.raises(KeyboardInterrupt):
        one.proceed()
    assert one.close() == []
    again = resumed(run, read(waits.path, dict.fromkeys(NAMES)), arrive=AssertionError(), proceed=AssertionError())
    again.resume()
    again.proceed()
    for story in again.stories.values():
        assert story.crossing.acts("upgraded")
        assert (story.afterwards, story.trouble) == (None, INTERRUPTED)
    assert again.close() == []
    assert not waits.path.exists()
    assert server.namespaces == {}


def test_a_server_that_does_not_answer_is_of_the_release_that_it_was_of(monkeypatch):
    def away(*_, **__):
        raise TransportError("away")

    cluster = Cluster(Path("none"))
    monkeypatch.setattr(Cluster, "request", lambda *_, **__: {"gitVersion": "v1.36.3"})
    assert cluster.answers()
    monkeypatch.setattr(Cluster, "request", away)
    monkeypatch.setattr(Cluster, "address", "https://here")
    assert not cluster.answers()
    assert (cluster.version, cluster.minor) == ("v1.36.3", (1, 36))
    monkeypatch.setattr(Cluster, "request", lambda *_, **__: {"gitVersion": "v1.37.2"})
    assert cluster.answers()
    assert cluster.version == "v1.37.2"


def test_a_release_that_is_not_told_is_not_guessed(run):
    class Mute(Server):
        @property
        def version(self):
            raise ClusterError("no answer")

        @version.setter
        def version(self, _):
            pass

    one = Upgrade(run, {}, version="v1.36.3")
    run.cluster = Mute()
    assert one._version() == ""
    assert one.versions == "v1.36.3"
