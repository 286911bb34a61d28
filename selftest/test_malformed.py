"""Whatever a file holds, whoever reads it takes it, or says in one sentence that names it what is wrong; nothing else.

Method: hundreds of files that are wrong in one place each (selftest/malformed.py) are handed to what reads files of that sort.
What a command says of a refusal, and with which exit code, is asked of some of each sort.
"""

import json
import subprocess
import tomllib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from conformance import checks
from conformance.__main__ import main
from conformance.guarantees import REGISTRY
from conformance.history import History, HistoryError
from fixtures import handover
from fixtures.cluster import Cluster, ClusterError
from fixtures.manifests import MANIFESTS, ManifestError
from fixtures.run import Run
from reports import excuses, manifest, results
from selftest.asked import ARGUMENTS
from selftest.fake_suite import PYTEST, REPOSITORY, WORKLOAD
from selftest.malformed import as_json, garbled, misshapen
from selftest.notation import judged, story

SAMPLE = REPOSITORY / "reports" / "samples" / "broken-controller"
USAGE, FILE = 4, "manifest.json"
KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "one",
    "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
    "clusters": [{"name": "one", "cluster": {"server": "https://127.0.0.1:1"}}],
    "users": [{"name": "one", "user": {"token": "secret"}}],
}
EXCUSE = '[[excuse]]\nguarantee = "storage/one-claim-each"\nreason = "known"\ntier = "node"\n'
STATE = {
    "format": handover.FORMAT, "cluster": "uid", "upgrade": "u", "version": "v1.36.3", "proceeds": False,
    "members": {"web.node": {"namespace": "n", "manifest": WORKLOAD, "replicas": 3, "was_ready": True, "history": "web.jsonl"}},
}  # fmt: skip


def of_history(folder):
    """Histories with a header or an event that is not as it should be."""
    path = folder / "good.jsonl"
    story("+0 hostname:0:web-0 scale:2 +1 r0 vain", minReadySeconds=1).write(path)
    header, *events = path.read_text().splitlines()
    kinds = [json.loads(line)["kind"] for line in events]
    first = [
        kinds.index(kind)
        for kind in ("Pod", "StatefulSet", "Service", "PersistentVolumeClaim", "scale", "hostname", "wait")
    ]
    places = [*first, len(kinds) - 1 - kinds[::-1].index("Pod")]
    yield from garbled(path.read_bytes())
    for name, one in as_json(misshapen(json.loads(header))):
        yield f"header: {name}", b"\n".join((one, *(line.encode() for line in events)))
    for place in places:
        for name, one in as_json(misshapen(json.loads(events[place]))):
            lines = [line.encode() for line in (header, *events)]
            lines[1 + place] = one
            yield f"{kinds[place]} {place}: {name}", b"\n".join(lines)


def of_results(_):
    """Results of a small run."""
    known = json.loads((SAMPLE / "results.json").read_text())
    known["guarantees"], known["suite"]["score"] = known["guarantees"][:1], None
    yield from garbled(json.dumps(known).encode())
    yield from as_json(misshapen(known))


def of_manifest(_):
    """The manifest of a report."""
    yield from garbled(b'{"format": 1, "sha256": {"results.json": "00"}}')
    yield from as_json(misshapen({"format": 1, "sha256": {"results.json": "00"}}))


def of_kubeconfig(_):
    """Kubeconfigs: YAML, of which JSON is a part."""
    yield from garbled(yaml.safe_dump(KUBECONFIG).encode())
    yield from as_json(misshapen(KUBECONFIG))


def of_workload(_):
    """Manifests that stand in for web.yaml."""
    web = (MANIFESTS / "web.yaml").read_bytes()
    yield from garbled(web)
    whole = [*yaml.safe_load_all(web)]
    for place, one in enumerate(whole):
        for name, wrong in misshapen(one):
            changed = [*whole[:place], wrong, *whole[place + 1 :]]
            yield f"{place}: {name}", yaml.safe_dump_all(changed).encode()


def of_excuses(_):
    """Files of excuses."""
    yield from garbled(EXCUSE.encode())
    for name, wrong in misshapen(tomllib.loads(EXCUSE)):
        yield name, _toml(wrong)


def of_state(folder):
    """What the first phase of an upgrade leaves to the second, with the history that it names."""
    beside = handover.folder_of(folder / FILE)
    beside.mkdir()
    story("+0 r0").write(beside / "web.jsonl")
    yield from garbled(json.dumps(STATE).encode())
    yield from as_json(misshapen(STATE))


def _toml(value):
    """As TOML, where every table is written in one line."""
    return (
        "\n".join(f"{key} = {_inline(one)}" for key, one in value.items()).encode() if isinstance(value, dict) else b"="
    )


def _inline(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_inline(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return '"null"' if value is None else json.dumps(value)


def read_kubeconfig(path):
    """As `--cluster=current` reads it, until a request would be sent."""
    return Cluster(path).address


def read_workload(path):
    """As `--manifest web.yaml=PATH` has it read."""
    return Run(None, "run", "owner", path.parent, 1.0, {"web.yaml": path}).split("web.yaml")


@dataclass
class Reader:
    """Files of a sort, what reads them, the exception by which it refuses them, and how many it refuses at least."""

    files: Callable
    read: Callable
    refusal: type
    fewest: int


READERS = {
    "history": Reader(of_history, History.read, HistoryError, 300),
    "results": Reader(of_results, results.read, results.ResultsError, 300),
    "manifest": Reader(of_manifest, lambda path: manifest.verify(path.parent), manifest.ManifestError, 40),
    "kubeconfig": Reader(of_kubeconfig, read_kubeconfig, ClusterError, 180),
    "workload": Reader(of_workload, read_workload, ManifestError, 250),
    "excuses": Reader(of_excuses, lambda path: excuses.read(path, REGISTRY), excuses.ExcusesError, 80),
    "state": Reader(of_state, lambda path: handover.read(path, {"web.node": None}), handover.UpgradeError, 250),
}


@pytest.mark.parametrize("sort", READERS)
def test_a_malformed_file_is_refused_in_one_sentence_that_names_it(sort, tmp_path):
    reader = READERS[sort]
    path, refused, wrong = tmp_path / FILE, [], []
    for name, content in reader.files(tmp_path):
        path.write_bytes(content)
        try:
            reader.read(path)
        except reader.refusal as sentence:
            refused.append(name)
            if "\n" in str(sentence) or str(path) not in str(sentence):
                wrong.append(f"{name}: {sentence!r}")
        except Exception as traceback:
            wrong.append(f"{name}: {type(traceback).__name__}: {traceback}"[:300])
    assert wrong == []
    assert len(refused) >= reader.fewest


def test_what_is_taken_for_a_history_crashes_no_check(tmp_path):
    path, taken, wrong = tmp_path / FILE, 0, []
    for name, content in of_history(tmp_path):
        path.write_bytes(content)
        with suppress(HistoryError):
            history = History.read(path)
            taken += 1
            wrong += [f"{name}: {crash}" for crash in crashes(history)]
    assert wrong == []
    assert taken > 100


def crashes(history):
    """The checks that end otherwise than with violations or with Inconclusive."""
    for check in checks.__all__:
        try:
            judged(getattr(checks, check), history, *ARGUMENTS.get(check, ()))
        except Exception as wrong:
            yield f"{check}: {type(wrong).__name__}: {wrong}"


@pytest.mark.parametrize(
    ("sort", "command"),
    [
        ("history", ("judge", FILE)),
        ("results", ("compare", FILE, SAMPLE)),
        ("results", ("compare", SAMPLE, FILE)),
        ("manifest", ("verify", ".")),
    ],
)
def test_a_command_refuses_what_it_cannot_read(sort, command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name, content in [*READERS[sort].files(tmp_path)][::9]:
        Path(FILE).write_bytes(content)
        try:
            READERS[sort].read(Path(FILE).absolute())
        except READERS[sort].refusal:
            assert main([str(one) for one in command]) == USAGE, name
            printed = capsys.readouterr()
            assert (printed.out, printed.err.count("\n"), printed.err[:13]) == ("", 1, "conformance: "), name


@pytest.mark.parametrize(
    ("sort", "option"),
    [
        ("kubeconfig", "--cluster=current --kubeconfig="),
        ("workload", "--manifest=web.yaml="),
        ("excuses", "--excuses="),
    ],
)
def test_a_run_refuses_what_it_cannot_read(sort, option, tmp_path):
    content = dict(READERS[sort].files(tmp_path))["braces"]
    path = tmp_path / FILE
    path.write_bytes(content)
    asked = [
        *PYTEST,
        "-q",
        *f"{option}{path}".split(),
        f"--report-dir={tmp_path / 'report'}",
        "conformance/test_status.py",
    ]
    ended = subprocess.run(asked, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=600)
    (sentence,) = (ended.stdout + ended.stderr).strip().splitlines()
    assert (ended.returncode, sentence[:7]) == (USAGE, "ERROR: ")
    assert str(path) in sentence
