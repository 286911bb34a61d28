"""The pictures of a report: what stands in which lane, in which order, and what of it is shown, bounded and kept secret.

Method: histories are told in the notation of selftest/notation.py, and the page is read as its reader's program reads it.
"""

import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from conformance import __main__ as commands
from conformance.guarantees import Level
from conformance.history import Event, History, history_file_name
from fixtures import logs
from fixtures.recorder import BARRIER
from reports import html, lanes, results
from reports.lanes import chart, said_of
from reports.outcomes import Outcome
from reports.pictures import LONGEST_OBJECT, MOST_LOGGED, REDACTED, Pictures, as_yaml, pictures
from reports.results import Cluster, GuaranteeResult, Proof, Results, Suite
from reports.timeline import svg
from selftest.notation import edited, story

HOSTILE = '</title><script>alert(1)</script>" onload="alert(2)'


def lane(drawn, label):
    """The states of a lane with the text in each, in order."""
    (found,) = [one for one in drawn.lanes if one.label == label]
    return [f"{span.state} {span.text}".strip() for span in found.spans]


def spans(drawn, label, state):
    """Where this state of a lane begins and ends, as places among the moments."""
    (found,) = [one for one in drawn.lanes if one.label == label]
    return [(span.begin, span.end) for span in found.spans if span.state == state]


def test_each_name_has_a_lane_of_its_states():
    drawn = chart(story("+0 r0 +1 r1 u1 r1 t1 -1 +1 F0"))
    assert [(one.role, one.label) for one in drawn.lanes] == [
        ("set", "web"),
        ("pod", "web-0"),
        ("pod", "web-1"),
        ("claim", "data-web-0"),
        ("claim", "data-web-1"),
    ]
    assert lane(drawn, "web-0") == ["created", "ready", "failed"]
    assert lane(drawn, "web-1") == ["created", "ready", "running", "ready", "terminating", "created"]
    assert lane(drawn, "web") == ["set 3 wanted"]


def test_lanes_stand_by_ordinal_not_by_letter():
    drawn = chart(story("+2 +10 +9"))
    assert [one.label for one in drawn.lanes if one.role == "pod"] == ["web-2", "web-9", "web-10"]


def test_what_the_recorder_makes_for_itself_has_no_lane():
    def rename(item):
        item["metadata"]["name"] = f"{BARRIER}-1a2b3c4d"

    drawn = chart(edited(story("+0 +1 r0"), "PersistentVolumeClaim", "data-web-1", rename))
    assert [one.label for one in drawn.lanes if one.role == "claim"] == ["data-web-0"]


def test_the_times_of_a_picture_never_go_back():
    history = story("+0 r0 +1 r1 +2 r2 scale:1 t2 -2 t1 -1 scale:2 +1 r1")
    seconds = (3 + number - 9 * (number % 4 == 3) for number in range(len(history.log)))
    events = [
        replace(one, time=f"2026-01-01T00:01:{second + 10:02}+00:00")
        for one, second in zip(history.log, seconds, strict=True)
    ]
    drawn = svg(chart(History.of(history.header, events)), "t")
    times = [float(one) for one in re.findall(r">(-?[\d.]+) s</text>", drawn)]
    assert len(times) > 2
    assert times == sorted(times)
    assert times[0] >= 0


def test_what_began_too_early_is_seen_to():
    drawn = chart(story("+0 +1 r0"))
    ((early, _),) = spans(drawn, "web-1", "created")
    ((ready, _),) = spans(drawn, "web-0", "ready")
    assert early < ready
    drawn = chart(story("+0 r0 +1"))
    ((late, _),) = spans(drawn, "web-1", "created")
    ((ready, _),) = spans(drawn, "web-0", "ready")
    assert ready < late


def test_a_pod_that_is_gone_leaves_room_until_it_is_there_again():
    drawn = chart(story("+0 r0 t0 -0 scale:2 +0"))
    ((_, gone),) = spans(drawn, "web-0", "terminating")
    _, (again, end) = spans(drawn, "web-0", "created")
    assert gone < again < end == len(drawn.moments)


def test_revisions_have_letters_where_there_are_several():
    assert {span.text for one in chart(story("+0 r0 =")).lanes for span in one.spans} == {"3 wanted", ""}
    drawn = chart(story("+0 r0 = update = t0 -0 +0 r0 ="))
    assert [text.partition(" ")[2][0] for text in lane(drawn, "revision")] == ["A", "B"]
    assert [text for text in lane(drawn, "web-0") if text.startswith("created")] == ["created A", "created B"]


def test_acts_and_questions_stand_at_their_moments():
    drawn = chart(story("+0 r0 scale:1 delete:0 t0 resolve:0:10.0.0.1 nudge"))
    assert [mark.text for mark in drawn.acts] == ["create web: 3", "scale web: 1", "delete web-0"]
    assert [mark.text for mark in drawn.probes] == ["resolve web-0"]
    ((leaves, _),) = spans(drawn, "web-0", "terminating")
    assert drawn.acts[-1].at < leaves <= drawn.probes[0].at


def test_a_wait_in_vain_is_told_and_one_that_came_true_is_not():
    assert "waited in vain" in chart(story("+0 vain")).acts[-1].text


@pytest.mark.parametrize(
    ("words", "told"), [("late", "waited for what came late"), ("vain", "waited in vain for what was to come")]
)
def test_a_wait_was_in_vain_only_where_it_was(words, told):
    assert said_of(list(story(f"+0 {words}").acts("wait"))[-1]) == told


def test_an_event_of_which_something_is_said_is_pinned():
    history = story("+0 +1")
    (early,) = [pod.first for pod in history.pods if pod.name == "web-1"]
    (pin,) = chart(history, {early.number: "too early"}).pins
    assert (pin.text, pin.name) == ("too early", "web-1")
    assert chart(history, {early.number: "too early"}).moments[pin.at] == early
    assert chart(history, {0: "nothing", 10_000: "nothing"}).pins == ()


def test_a_long_history_is_shown_around_what_is_said_of_it():
    history = story("+0 " + "r0 u0 " * 300)
    drawn = chart(history)
    assert len(drawn.moments) == lanes.MOST_MOMENTS
    assert drawn.moments[0] is min(drawn.moments, key=lambda one: one.number)
    assert re.fullmatch(r"\d+ moments more", drawn.left_out[0])
    late = chart(history, {len(history.log) - 150: "here"})
    assert len(late.moments) == lanes.MOST_MOMENTS
    assert 50 < late.pins[0].at < 150
    # What began before the first moment that is shown is there from that on.
    assert spans(late, "web", "set") == [(0, lanes.MOST_MOMENTS)]


def test_of_many_lanes_those_of_which_something_is_said_are_shown():
    history = story(" ".join(f"+{number}" for number in range(60)))
    (last,) = [pod.first for pod in history.pods if pod.name == "web-59"]
    drawn = chart(history, {last.number: "this one"})
    assert len(drawn.lanes) == lanes.MOST_LANES
    assert "web-59" in [one.label for one in drawn.lanes]
    assert any(text.endswith("lanes more") for text in drawn.left_out)


@pytest.mark.parametrize("words", ["", "+0", "+0 r0 t0 -0", "+0 vain", "scale:0", "+x7k2p rx7k2p", "c+0 cb0 ct0 c-0"])
def test_a_picture_is_well_formed_whatever_happened(words):
    ElementTree.fromstring(svg(chart(story(words)), HOSTILE))


def test_a_picture_of_hostile_names_runs_nothing():
    def rename(item):
        item["metadata"]["name"] = HOSTILE

    drawn = svg(chart(edited(story("+0 r0"), "Pod", "web-0", rename), {5: HOSTILE}), HOSTILE)
    tags = {one.tag.rpartition("}")[2] for one in ElementTree.fromstring(drawn).iter()}
    assert tags == {"div", "svg", "title", "path", "g", "text"}


def failed_run(folder, history, evidence):
    """Results of which one test judged this stored history, and says this against it."""
    path = f"histories/{history_file_name(history.header)}"
    (folder / "histories").mkdir(exist_ok=True)
    history.write(folder / path)
    test = Proof(id="a.py::b", tier="node", outcome=Outcome.FAILED, evidence=tuple(evidence), history=path)
    row = GuaranteeResult(
        id="a/b", level=Level.MUST, statement="It holds.", source="https://a.b/", tiers=("node",), tests=(test,)
    )
    return Results(
        suite=Suite(name="s", version="1"), date="d", reproduce="r", guarantees=(row,), cluster=Cluster(), finished=True
    )


@pytest.fixture(name="early")
def too_early(tmp_path):
    """A run in which web-1 came too early: its results, and the event."""
    history = story("+0 +1 r0")
    (event,) = [pod.first for pod in history.pods if pod.name == "web-1"]
    return failed_run(tmp_path, history, [f"{event}: web-1 was created while web-0 was not Ready"]), event


def test_from_the_verdict_a_reader_comes_to_the_pinned_event(early, tmp_path):
    known, event = early
    page = html.render(known, pictures(known, tmp_path))
    wrong = page.partition("What is wrong")[2].partition("</article>")[0]
    drawn = ElementTree.fromstring(re.search(r"<div class=\"picture\".*?</div>", wrong, re.DOTALL)[0])
    assert "web-1 was created while web-0 was not Ready" in [one.text for one in drawn.iter()]
    assert f"{event}, {event.time}: web-1 was created" in wrong
    assert f"→ {event.number:>4}  rv {event.rv}" in wrong
    assert "name: web-1" in wrong
    (anchor,) = set(re.findall(r'href="#(scenario-[^"]+)"', page))
    assert f'id="{anchor}"' in page


def test_evidence_begins_where_the_object_of_it_began(tmp_path):
    history = story(f"+0 r0 write:0:T delete:0 t0 -0 +0 {'u0 r0 ' * 6}read:0:other")
    (read,) = history.probes("read")
    known = failed_run(tmp_path, history, [f"{read}: web-0 read back 'other' where 'T' had been written"])
    (pinned,) = pictures(known, tmp_path).against["a/b"].pinned
    earlier = pinned.around[: pinned.around.index("  …")]
    assert [line.split("    ")[-1] for line in earlier] == [
        "ADDED PersistentVolumeClaim data-web-0 (created, uid claim-1)",
        "ADDED Pod web-0 (created, uid pod-1)",
        "a client: write web-0: 'T'",
        "the test: delete web-0",
        "MODIFIED Pod web-0 (terminating, uid pod-1)",
        "DELETED Pod web-0 (terminating, uid pod-1)",
        "ADDED Pod web-0 (created, uid pod-2)",
    ]
    assert [one for one in pinned.around if one.startswith("→") and one.endswith("a client: read web-0: 'other'")]


def test_a_page_without_its_histories_is_a_page_all_the_same(early, tmp_path):
    known, _ = early
    for path in (tmp_path / "histories").iterdir():
        path.unlink()
    assert pictures(known, tmp_path) == Pictures()
    assert "web-1 was created while" in html.render(known)


def test_a_history_that_cannot_be_read_is_said_to_be_so(early, tmp_path):
    known, _ = early
    for path in (tmp_path / "histories").iterdir():
        path.write_text("{}\n")
    assert "is not the header of a history" in html.render(known, pictures(known, tmp_path))


def test_no_path_leads_out_of_the_report(early, tmp_path):
    known, _ = early
    (row,) = known.guarantees
    (tmp_path / "secret.jsonl").write_text("x")
    for path in ("histories/../secret.jsonl", "secret.jsonl", "/etc/passwd"):
        changed = replace(known, guarantees=(replace(row, tests=(replace(row.tests[0], history=path),)),))
        assert pictures(changed, tmp_path) == Pictures()


def test_what_may_be_secret_is_not_shown():
    container = {
        "name": "web",
        "env": [{"name": "MYSQL_ROOT_PASSWORD", "value": "hunter2"}, {"name": "NODE", "value": "n1"}],
    }
    pod = {"metadata": {"name": "web-0", "managedFields": [{"manager": "x"}]}, "spec": {"containers": [container]}}
    pod["metadata"]["annotations"] = {
        "vault/token": "hunter3",
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
    }
    shown = as_yaml(Event("ADDED", "Pod", 1, pod))
    assert "hunter" not in shown
    assert "managedFields" not in shown
    assert "last-applied" not in shown
    assert "value: n1" in shown
    assert shown.count(REDACTED) == 2
    assert pod["spec"]["containers"][0]["env"][0]["value"] == "hunter2"


def test_what_is_shown_of_an_object_is_bounded():
    huge = {"metadata": {"name": "web-0", "labels": {f"l{n}": "x" * 60 for n in range(1000)}}}
    shown = as_yaml(Event("ADDED", "Pod", 1, huge))
    assert len(shown) < LONGEST_OBJECT + 100
    assert "characters more" in shown


def test_a_page_is_made_again_from_what_a_run_stored(early, tmp_path, capsys):
    known, _ = early
    results.write(known, tmp_path)
    assert commands.main(["render", str(tmp_path)]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text() == html.render(known, pictures(known, tmp_path))
    (tmp_path / "results.json").write_text(json.dumps({"format": 1}))
    assert commands.main(["render", str(tmp_path)]) == 4
    assert "is not the results of a conformance run" in capsys.readouterr().err


def test_the_same_history_comes_back_from_its_file(tmp_path):
    history = story("+0 r0 +1 r1 scale:1 t1 -1")
    history.write(tmp_path / "a.jsonl")
    again = chart(History.read(tmp_path / "a.jsonl"))
    assert again.lanes == chart(history).lanes


def test_what_the_pods_said_stands_with_what_is_wrong(early, tmp_path):
    known, _ = early
    (path,) = (tmp_path / "histories").iterdir()
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / f"{path.stem}.txt").write_text(f"== web-1, web\n<b>no primary</b>\n{'x' * MOST_LOGGED}")
    wrong = html.render(known, pictures(known, tmp_path)).partition("What is wrong")[2].partition("</article>")[0]
    assert "== web-1, web\n&lt;b&gt;no primary&lt;/b&gt;" in wrong
    assert "characters more" in wrong


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("MYSQL_ROOT_PASSWORD=hunter2 started", "MYSQL_ROOT_PASSWORD=(not kept) started"),
        ('{"token": "abc", "n": 1}', '{"token": (not kept) "n": 1}'),
        ("api-key: abc", "api-key: (not kept)"),
        ("the secret of success", "the secret of success"),
    ],
)
def test_what_looks_like_a_secret_is_not_kept(said, kept):
    assert logs.without_secrets(said) == kept


def test_a_node_has_a_lane_of_what_an_upgrade_does_to_it():
    def node(**more):
        ready = {"conditions": [{"type": "Ready", "status": more.pop("ready", "True")}]}
        told = {"nodeInfo": {"kubeletVersion": more.pop("version", "v1.36.3")}}
        return {"metadata": {"name": "node-1", "uid": "n"}, "spec": more, "status": ready | told}

    states = (node(), node(unschedulable=True), node(unschedulable=True, ready="False"), node(version="v1.37.2"))
    history = story("+0 r0")
    told = [Event("MODIFIED", "Node", 100 + number, state) for number, state in enumerate(states)]
    drawn = chart(History.of(history.header, [*history.log, *told]))
    assert lane(drawn, "node-1") == ["up v1.36.3", "cordoned", "failed", "up v1.37.2"]
