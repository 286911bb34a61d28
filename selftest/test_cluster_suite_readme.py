"""Every command of README.md does what it is told for: a shell runs it as it stands there, in a copy of the repository.

Method: `selftest/readme.py` says what each comes to, and what a reader puts in. What a reader has, and this machine need not
have, is put there: files, a kubeconfig, a kubeadm that does nothing, and a kind that runs no cluster
(`selftest/recorded_tools.py`; `make kind` is with the real one). Clusters that the commands bring up have names of their own.
What takes minutes is run with --each-command only.
"""

import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml

from fixtures import embedded
from fixtures.embedded import build, images
from fixtures.embedded.specification import DEFAULT_VERSION
from selftest import packaged, recorded_tools
from selftest.fake_suite import REPOSITORY
from selftest.readme import CLUSTER, COMMANDS, UP, Run, scripts, sections

NAME = "readme"
ALONE = f"{NAME}-one"  # what a command has that names no cluster
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".*_cache", "__pycache__", "*-report*", "dist")
(DEFINITION,) = [command for command in COMMANDS if command.startswith("embedded() ")]
OWN = re.compile(rf"--name ({NAME}-[\w-]+)")
OF_MAKE_ITSELF, OF_MAKE = 2, re.compile(r"^make: \*\*\* \[.*\] Error (\d+)$", re.MULTILINE)
OF_MAKES_OWN = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "ARGS")  # what a `make test` around this one has set
SECONDS, NO_KUBECONFIG = 900, 99


@pytest.fixture(scope="module")
def environment_of_pip(request, tmp_path_factory):
    """The folder of a pip in an environment of its own, and of pipx; none where nothing is installed."""
    if not request.config.option.each_command:
        return None
    folder = tmp_path_factory.mktemp("pip")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([folder / "bin" / "pip", "install", "--quiet", "pipx"], env=packaged.environment(), check=True)
    return folder / "bin"


@pytest.fixture
def reader(cluster, environment_of_pip, tmp_path):
    """Somebody who reads README.md in a copy of the repository; the clusters that are brought up are taken down."""
    one = Reader(tmp_path, cluster, environment_of_pip)
    yield one
    one.let_go()


class Reader:
    """The copy of the repository, with what a reader has, and the shell."""

    def __init__(self, folder, cluster, environment_of_pip):
        self.folder, self.clone, self.cluster = folder, folder / "clone", cluster
        self.named = set()  # the clusters that the commands have named so far
        self.programs = recorded_tools.install(folder / "programs")
        self._copy_repository()
        self._have_files()
        self._have_programs(environment_of_pip)

    def _copy_repository(self):
        shutil.copytree(REPOSITORY, self.clone, ignore=LEFT_OUT)
        (self.clone / ".venv").symlink_to(sys.prefix)

    def _have_files(self):
        samples = REPOSITORY / "reports" / "samples"
        for name, sample in (("conformance-report", "broken-controller"), ("BEFORE", "healthy"), ("AFTER", "healthy")):
            shutil.copytree(samples / sample, self.clone / name)
        known = yaml.safe_load(self.cluster.kubeconfig.read_text())
        known["contexts"][0]["name"] = known["current-context"] = "kind-kind"
        (self.clone / "kubeconfig").write_text(yaml.safe_dump(known))
        (self.clone / "three-nodes.yaml").write_text("kind: Cluster\nname: three-nodes\n")
        built = build.programs(DEFAULT_VERSION)
        (self.clone / "kube-controller-manager").symlink_to(built["kube-controller-manager"])
        (self.clone / "image.tar").symlink_to(images.archive(built["agnhost"]))
        for script in (self.clone / "replace-the-nodes.sh", self.programs / "kubeadm"):
            script.write_text("#!/bin/sh\n")
            script.chmod(0o755)

    def _have_programs(self, environment_of_pip):
        (self.programs / "kubectl").symlink_to(build.programs(DEFAULT_VERSION)["kubectl"])
        for name in ("pip", "pipx") if environment_of_pip else ():
            (self.programs / name).symlink_to(environment_of_pip / name)

    def call(self, command, entry):
        """Run a command: its exit code, or the one that make prints, and what was printed."""
        narrowed = {name: value.replace(CLUSTER, self.name) for name, value in entry.environment.items()}
        filled = self.filled(command, entry)
        self.named.update(OWN.findall(filled))
        # Whatever a command makes of $KUBECONFIG is to be a file.
        lines = (
            own(DEFINITION),
            filled,
            f'code=$?; [ -f "$KUBECONFIG" ] || code={NO_KUBECONFIG}; exit $code',
        )
        ended = subprocess.run(
            ["bash", "-c", "\n".join(lines)], cwd=self.clone, env=self.environment | narrowed, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
        told = OF_MAKE.search(ended.stdout) if ended.returncode == OF_MAKE_ITSELF else None
        return int(told[1]) if told else ended.returncode, ended.stdout

    def let_go(self, rest=()):
        """Take down the clusters that none of the other commands names: few find room on a machine."""
        for name in self.named - {name for command in rest for name in OWN.findall(own(command))}:
            embedded.down(name)
            self.named.remove(name)

    @property
    def name(self):
        """The name of the cluster."""
        return self.cluster.kubeconfig.parent.name

    @property
    def environment(self):
        """What a reader's shell has set."""
        inherited = {name: said for name, said in packaged.environment().items() if name not in OF_MAKES_OWN}
        return inherited | {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "KUBECONFIG": str(self.clone / "kubeconfig"),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "PIPX_HOME": str(self.folder / "pipx"),
            "PIPX_BIN_DIR": str(self.programs),
            recorded_tools.FOLDER: str(self.programs),
            recorded_tools.LEADS_TO: str(self.cluster.kubeconfig),
        }

    def filled(self, command, entry):
        """A command in which the reader has put in what is theirs."""
        for said, put in entry.filled_in.items():
            command = command.replace(said, put)
        return own(command).replace(CLUSTER, self.name)


def own(command):
    """A command in which each cluster of the embedded kind has a name that nobody else's has, and CLONE is this folder."""
    named = re.sub(r"--name (?=\w)", f"--name {NAME}-", command)
    return re.sub(r"\bembedded ([a-z-]+)(?!.*--name)", rf"embedded \1 --name {ALONE}", named).replace("CLONE", "$PWD")


@pytest.mark.parametrize("section", sections())
def test_each_command_does_what_it_is_told_for(section, reader, request):
    slowly = request.config.option.each_command
    mine = {command: COMMANDS[command] for command in sections()[section]}
    run = {command: one for command, one in mine.items() if isinstance(one, Run) and (slowly or not one.slowly)}
    if not run:
        pytest.skip("--each-command asks for it: minutes each")
    for command, entry in run.items():
        if entry.before:
            assert reader.call(entry.before, COMMANDS[UP])[0] == 0
        code, printed = reader.call(command, entry)
        assert "Traceback" not in printed, f"{command}\n{printed}"
        assert code == entry.code, f"{command}\n{printed}"
        reader.let_go(list(run)[list(run).index(command) + 1 :])


def test_what_is_told_in_python_runs(reader, request):
    if not request.config.option.each_command:
        pytest.skip("--each-command asks for it: a cluster of three nodes")
    (script,) = scripts()
    name = f"{NAME}-scripted"
    mine = script.replace('"scripted"', f'"{name}"')
    reader.named.add(name)
    done = subprocess.run([sys.executable, "-c", mine], cwd=reader.clone, env=reader.environment, stdout=subprocess.PIPE,
                          text=True, timeout=SECONDS, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert done.stdout.count(" Ready ") == 3
    assert name not in {one.name for one in embedded.status()}
