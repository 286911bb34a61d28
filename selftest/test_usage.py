"""What a user does wrong, or lacks, is answered by one clear sentence and the documented exit code, without a traceback.

Method: each command runs for real in a process of its own, with the tool, the right or the space that it needs taken away.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from dataclasses import replace

import pytest
import yaml

from conformance.history import History
from fixtures.embedded import EmbeddedError
from fixtures.embedded.host import TOOLS, require_machine
from selftest.fake_suite import REPOSITORY
from selftest.notation import story

PYTEST = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q")
EMBEDDED = (sys.executable, "-m", "fixtures.embedded")
USAGE, EMBEDDED_FAILED = 4, 1
ONE_TEST = "conformance/test_updates.py"
NO_SERVER = "is not a kubeconfig that can be used: the cluster None of the context a has no server"


def answer(folder, *command, seconds=600, **environment):
    """Exit code and all that is printed by a command of this project; its report goes to `folder`."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "KUBECONFIG"))}
    arguments = [*command, *([f"--report-dir={folder}/report"] if command[: len(PYTEST)] == PYTEST else [])]
    ended = subprocess.run(arguments, cwd=REPOSITORY, env=kept | environment, capture_output=True, text=True,
                           timeout=seconds, check=False)  # fmt: skip
    return ended.returncode, ended.stdout + ended.stderr


def refused(printed):
    """The one sentence by which pytest refuses a run."""
    assert "Traceback" not in printed
    assert printed.count("ERROR: ") == 1, printed
    sentence = printed.partition("ERROR: ")[2].strip()
    assert "\n" not in sentence
    return sentence


def refused_by_embedded(printed):
    """The one sentence by which the embedded cluster refuses."""
    (line,) = [line for line in printed.splitlines() if not line.startswith("[")]
    assert line.startswith("embedded: ")
    return line


def kubeconfig(folder, port):
    """A kubeconfig that names an address on this machine, without any encryption."""
    path = folder / "kubeconfig"
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "clusters": [{"name": "here", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "here", "user": {}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "here"}}],
    }
    path.write_text(yaml.safe_dump(content))
    return path


@pytest.fixture
def listener():
    """A socket that listens on this machine and never accepts."""
    with socket.create_server(("127.0.0.1", 0), backlog=8) as server:
        yield server


@pytest.fixture
def without_go(tmp_path):
    """A search path with all that is installed but Go."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "env", "git", *TOOLS):
        if found := shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            (tools / name).symlink_to(found)
    return str(tools)


@pytest.mark.parametrize("suite", ["conformance", "conformance/upgrade", "conformance/workload"])
def test_what_nobody_can_mean_by_an_option_is_refused_and_named(tmp_path, without_go, suite):
    kubeconfig(tmp_path, 1)
    nothing = {"PATH": without_go, "XDG_CACHE_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    code, printed = answer(tmp_path, sys.executable, "-m", "selftest.misused", str(tmp_path), suite, **nothing)
    assert code == 0, printed
    tried = [json.loads(line) for line in printed.splitlines()]
    assert len(tried) >= 90
    for option, value, exit_code, said in tried:
        assert (exit_code, "Traceback" in said) == (USAGE, False), (option, value, said)
        # The option, or what it names: a sentence about a file begins with the file.
        named = value.rpartition("=")[2].strip()
        assert option in said or (named and named in said), (option, value, said)


def test_current_without_a_kubeconfig(tmp_path):
    code, printed = answer(tmp_path, *PYTEST, "--cluster=current", ONE_TEST, HOME=str(tmp_path))
    assert code == USAGE
    assert refused(printed) == (
        f"--cluster=current: there is no kubeconfig at {tmp_path}/.kube/config (the default): name one with --kubeconfig PATH"
    )


def test_a_kubeconfig_that_is_not_there(tmp_path):
    for given, source in (((f"--kubeconfig={tmp_path}/none",), "--kubeconfig"), ((), "KUBECONFIG")):
        code, printed = answer(tmp_path, *PYTEST, "--cluster=current", *given, ONE_TEST, KUBECONFIG=f"{tmp_path}/none")
        assert code == USAGE
        assert f"there is no kubeconfig at {tmp_path}/none ({source})" in refused(printed)


def test_a_capability_that_is_both_there_and_not(tmp_path):
    code, printed = answer(tmp_path, *PYTEST, "--has=dns", "--lacks=dns", ONE_TEST)
    assert code == USAGE
    assert refused(printed) == "--has dns and --lacks dns: the cluster either has it or lacks it"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "is not a kubeconfig: it is not YAML"),
        (b"\t", "is not a kubeconfig: it is not YAML"),
        (b"\x00\x01\xff", "is not a kubeconfig: it is not YAML"),
        (b"", "is not a kubeconfig that can be used: it has no contexts"),
        (b"hello", "is not a kubeconfig that can be used: it has no contexts"),
        (b"no: kubeconfig", "is not a kubeconfig that can be used: it has no contexts"),
        (b"clusters: 3\ncontexts: 3\n", "is not a kubeconfig that can be used: it has no contexts"),
        (b"contexts: [{name: a}, {name: b}]", "has no current context: name one with --context=NAME; there are a, b"),
        (b"contexts: [{name: a}]\ncurrent-context: a", NO_SERVER),
        (b"contexts: [{name: a, context: x}]\ncurrent-context: a", NO_SERVER),
        (b"clusters: [{}, {}]\nusers: [{}, {}]\ncontexts: [{name: a}, {}]\ncurrent-context: a", NO_SERVER),
        (
            b"clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1', certificate-authority-data: 3}}]\n"
            b"contexts: [{name: a, context: {cluster: c}}]\ncurrent-context: a",
            "cannot be used as a kubeconfig: ",
        ),
    ],
)
def test_a_file_that_is_no_kubeconfig(tmp_path, content, says):
    (tmp_path / "kubeconfig").write_bytes(content)
    code, printed = answer(tmp_path, *PYTEST, "--cluster=current", f"--kubeconfig={tmp_path}/kubeconfig", ONE_TEST)
    assert code == USAGE
    assert refused(printed).startswith(f"{tmp_path}/kubeconfig {says}")
    assert (tmp_path / "kubeconfig").read_bytes() == content


def test_a_context_that_the_kubeconfig_does_not_hold(tmp_path):
    path = kubeconfig(tmp_path, 1)
    code, printed = answer(tmp_path, *PYTEST, "--cluster=current", f"--kubeconfig={path}", "--context=there", ONE_TEST)
    assert code == USAGE
    assert refused(printed) == f"{path} has no context there; there are here"


def test_a_manifest_that_is_not_there_is_refused_also_where_the_run_is_only_told(tmp_path):
    code, printed = answer(tmp_path, *PYTEST, "--list", f"--manifest=web.yaml={tmp_path}/none", ONE_TEST)
    assert code == USAGE
    assert refused(printed).startswith(f"--manifest web.yaml={tmp_path}/none: must read NAME=PATH")


def test_an_api_server_that_refuses_connections(tmp_path, listener):
    port = listener.getsockname()[1]
    listener.close()
    code, printed = answer(
        tmp_path, *PYTEST, "--cluster=current", f"--kubeconfig={kubeconfig(tmp_path, port)}", ONE_TEST
    )
    assert code == USAGE
    assert refused(printed).startswith(f"the API server at http://127.0.0.1:{port} does not answer: ")


def test_an_api_server_that_accepts_and_stays_silent(tmp_path, listener):
    port = listener.getsockname()[1]
    code, printed = answer(
        tmp_path, *PYTEST, "--cluster=current", f"--kubeconfig={kubeconfig(tmp_path, port)}", ONE_TEST
    )
    assert code == USAGE
    assert refused(printed).startswith(f"the API server at http://127.0.0.1:{port} does not answer: ")


def test_something_else_that_answers(tmp_path, listener):
    def serve():
        connection, _ = listener.accept()
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        connection.close()

    threading.Thread(target=serve, daemon=True).start()
    port = listener.getsockname()[1]
    code, printed = answer(
        tmp_path, *PYTEST, "--cluster=current", f"--kubeconfig={kubeconfig(tmp_path, port)}", ONE_TEST
    )
    assert code == USAGE
    assert refused(printed) == f"what answers at http://127.0.0.1:{port} is not a Kubernetes API server"


def test_a_kubeconfig_for_a_cluster_that_is_to_be_brought_up(tmp_path):
    code, printed = answer(tmp_path, *PYTEST, f"--kubeconfig={tmp_path}/some", ONE_TEST)
    assert code == USAGE
    assert refused(printed) == "--kubeconfig and --context name a cluster that is there: add --cluster=current"
    assert "--cluster=embedded" not in printed


def test_an_unknown_provider(tmp_path):
    code, printed = answer(tmp_path, *PYTEST, "--cluster=moon", ONE_TEST)
    assert code == USAGE
    assert "argument --cluster: invalid choice: 'moon'" in printed
    assert "Traceback" not in printed


@pytest.mark.parametrize("argument", ["web.yaml", "web.yaml=none.yaml", "none.yaml=conftest.py"])
def test_a_substitute_that_is_not_there(tmp_path, argument):
    code, printed = answer(tmp_path, *PYTEST, f"--manifest={argument}", ONE_TEST)
    assert code == USAGE
    assert refused(printed) == f"--manifest {argument}: must read NAME=PATH, NAME in manifests/ and PATH a file"


def test_the_embedded_cluster_without_root(tmp_path):
    for command in (("up",), ("down",)):
        code, printed = answer(tmp_path, "unshare", "--user", *EMBEDDED, *command)
        assert code == EMBEDDED_FAILED
        assert refused_by_embedded(printed) == (
            "embedded: the embedded cluster needs root, and this is user id 65534: use sudo, or judge another cluster "
            "with --cluster=current"
        )


def test_the_suite_without_root(tmp_path):
    for cluster, says in (
        (
            ("--cluster=embedded",),
            "the embedded cluster needs root, and this is user id 65534: use sudo, or judge another",
        ),
        (
            (),
            "no cluster can be brought up on this machine (embedded: the embedded cluster needs root, and this is user id",
        ),
    ):
        command = ("unshare", "--user", *PYTEST, ONE_TEST, *cluster, f"--report-dir={tmp_path}/report")
        # Without what is on a developer's PATH, such as a kind that works.
        code, printed = answer(tmp_path, *command, PATH="/usr/bin:/bin", DOCKER_HOST=f"unix://{tmp_path}/none")
        assert code == USAGE
        assert refused(printed).startswith(says)


def test_a_number_of_nodes_that_is_none(tmp_path):
    for number in ("0", "-1", "three", "1.5"):
        code, printed = answer(tmp_path, *PYTEST, f"--nodes={number}", ONE_TEST)
        assert code == USAGE
        assert f"argument --nodes: {number} is no number of nodes: it must be 1 or more" in printed


def test_nothing_built_and_no_go(tmp_path, without_go):
    code, printed = answer(tmp_path, *EMBEDDED, "up", "--name=usage", XDG_CACHE_HOME=str(tmp_path), PATH=without_go)
    assert code == EMBEDDED_FAILED
    assert refused_by_embedded(printed) == (
        "embedded: Go 1.26.6 or newer is needed to build Kubernetes and there is no `go` here: install Go from go.dev or "
        "your distribution, or judge another cluster with --cluster=current"
    )
    assert not (tmp_path / "embedded-kubernetes").exists()


def test_go_that_is_too_old(tmp_path, without_go):
    old = tmp_path / "tools" / "go"
    old.write_text("#!/bin/sh\necho go1.22.1\n")
    old.chmod(0o755)
    code, printed = answer(tmp_path, *EMBEDDED, "up", "--name=usage", XDG_CACHE_HOME=str(tmp_path), PATH=without_go)
    assert code == EMBEDDED_FAILED
    assert "Go 1.26.6 or newer is needed, and `go` is go1.22.1" in refused_by_embedded(printed)


def test_a_missing_program_where_nothing_can_be_installed(monkeypatch, tmp_path):
    monkeypatch.setitem(TOOLS, "no-such-program", "its-package")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EmbeddedError) as wrong:
        require_machine()
    assert str(wrong.value) == (
        "missing on this machine: no-such-program; as root, apt-get install its-package, or what your "
        "distribution calls these"
    )


def test_too_few_watches(tmp_path):
    # Open files are limited in place of inotify instances, which other clusters of this machine need.
    asking = "from fixtures.embedded import host; host.require_watches(2, control_planes=1)"
    code, printed = answer(tmp_path, "prlimit", "--nofile=16", sys.executable, "-c", asking)
    assert code == 1
    said = printed.splitlines()[-1]
    assert "EmbeddedError: 32 inotify instances are needed and root has " in said
    assert "raise the limit with `sysctl fs.inotify.max_user_instances=1024`" in said


def test_no_space_to_build(tmp_path):
    script = 'mount -t tmpfs -o size=32M none "$0" && exec "$@"'
    inside = ("unshare", "--mount", "sh", "-c", script, str(tmp_path), *EMBEDDED)
    code, printed = answer(tmp_path, *inside, "up", "--name=usage", XDG_CACHE_HOME=str(tmp_path))
    assert code == EMBEDDED_FAILED
    assert refused_by_embedded(printed) == (
        f"embedded: 8 GiB of free disk are needed in {tmp_path} to build Kubernetes and its parts; 0.0 GiB are free"
    )


@pytest.mark.parametrize("version", ["1.37.2", "v1.37", "v1.99.0", "latest", "v1.37.2; rm"])
def test_a_version_that_is_no_release(tmp_path, version):
    code, printed = answer(tmp_path, *EMBEDDED, "up", "--name=usage", f"--kubernetes-version={version}",
                           XDG_CACHE_HOME=str(tmp_path))  # fmt: skip
    assert code == EMBEDDED_FAILED
    assert version in refused_by_embedded(printed)


@pytest.mark.parametrize("name", ["", "../up", "a b", ".", "x" * 80])
def test_a_name_that_no_cluster_can_have(tmp_path, name):
    for command in ("up", "down"):
        code, printed = answer(tmp_path, *EMBEDDED, command, f"--name={name}", XDG_CACHE_HOME=str(tmp_path))
        assert code == EMBEDDED_FAILED
        assert repr(name) in refused_by_embedded(printed)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read as a history"),
        ("", "is empty; a history begins with a header line"),
        ("{}", "line 1 is not the header of a history"),
    ],
)
def test_judging_what_is_no_history(tmp_path, content, says):
    path = tmp_path / "some.jsonl"
    if content is not None:
        path.write_text(content)
    code, printed = answer(tmp_path, sys.executable, "-m", "conformance", "judge", str(path))
    assert code == USAGE
    (line,) = printed.splitlines()
    assert line.startswith(f"conformance: {path}: ")
    assert says in line


@pytest.mark.parametrize(
    ("scenarios", "says"),
    [
        (("unheard.of.node",), "unheard.of.node is no scenario that can be judged by itself"),
        (
            ("storage.scaled.node", "storage.scaled.fast.node"),
            "some are of a StorageClass that was named and some are not: judge them apart",
        ),
        (("ordering.unheard.node",), "this suite knows no scenario ordering.unheard.node"),
        (
            ("mysql.founded.node", "ordering.lifetime.node"),
            "some are of the database's profile and some are not: judge them apart",
        ),
        (
            ("afterwards.ledger.node",),
            "afterwards.ledger.node is no scenario that can be judged by itself: it is of the upgrade gate",
        ),
    ],
)
def test_histories_that_cannot_be_judged_together_or_at_all(tmp_path, scenarios, says):
    paths = [tmp_path / f"{scenario}.jsonl" for scenario in scenarios]
    for path, scenario in zip(paths, scenarios, strict=True):
        told = story("+0 r0")
        History.of(replace(told.header, scenario=scenario), told.log).write(path)
    code, printed = answer(tmp_path, sys.executable, "-m", "conformance", "judge", *map(str, paths))
    assert (code, printed.splitlines()[-1]) == (USAGE, f"conformance: {says}")


def test_a_history_of_the_database_is_judged_by_its_own_promises(tmp_path):
    told = story("+0 r0 vain")
    History.of(replace(told.header, scenario="mysql.founded.node"), told.log).write(tmp_path / "founded.jsonl")
    code, printed = answer(tmp_path, sys.executable, "-m", "conformance", "judge", str(tmp_path / "founded.jsonl"))
    assert (code, "inconclusive   mysql/server-ids" in printed, "invariants/" in printed) == (3, True, False), printed


@pytest.mark.parametrize("arguments", [(), ("frobnicate",), ("judge",), ("compare", "one")])
def test_commands_that_there_are_not(tmp_path, arguments):
    code, printed = answer(tmp_path, sys.executable, "-m", "conformance", *arguments)
    assert code == USAGE
    (line,) = printed.splitlines()
    assert line.startswith("conformance: ")
    assert line.endswith("--help says what there is")


def test_a_reader_who_has_had_enough_sees_no_traceback():
    reads, writes = os.pipe()
    os.close(reads)
    command = (sys.executable, "-m", "conformance", "schema")
    with os.fdopen(writes, "wb") as nobody_reads:
        ended = subprocess.run(
            command, cwd=REPOSITORY, stdout=nobody_reads, stderr=subprocess.PIPE, timeout=600, check=False
        )
    assert (ended.returncode, ended.stderr) == (141, b"")
