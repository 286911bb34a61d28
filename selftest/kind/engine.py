"""Docker's engine, Debian's build of it, started by hand: with namespaces, folders, a socket and a cgroup of its own.

Method: it lives in a machine as the embedded cluster's nodes do (`fixtures/embedded/namespaces.py`). Whoever ends its process 1
ends the engine and all containers, and with them go their mounts, interfaces and firewall rules, which nothing outside
has ever seen. The machine has no network but its own loopback, so whoever talks to a cluster in it runs in it too.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from fixtures.embedded import cgroups
from fixtures.embedded.cgroups import Group
from fixtures.embedded.errors import EmbeddedError
from fixtures.embedded.namespaces import ENVIRONMENT, Machine
from fixtures.embedded.progress import saying
from selftest.kind.programs import KindError

ROOT = "stateful-conformance-kind"
STATE = Path("/var/lib") / ROOT
DAEMON = "dockerd"
ANSWER_SECONDS = 60.0
PACKAGES = {"dockerd": "docker.io", "mmdebstrap": "mmdebstrap"}
POLICY = Path("/usr/sbin/policy-rc.d")
# A runtime is a program without arguments.
RUNTIME = '#!/bin/sh\nexec {python} -I {script} "$@"\n'


def require_programs() -> None:
    """Install what is missing of Debian's packages, none of which may start a daemon by itself; raises KindError."""
    path = ENVIRONMENT["PATH"]
    missing = [package for program, package in PACKAGES.items() if not shutil.which(program, path=path)]
    if not missing:
        return
    if os.geteuid() or not shutil.which("apt-get"):
        raise KindError(f"not installed, since that takes root and apt-get: {' '.join(missing)}")
    ours = not POLICY.exists()
    if ours:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    try:
        with saying(f"Debian packages: {' '.join(missing)}"):
            for command in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", *missing]):
                known = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
                done = subprocess.run(["apt-get", *command], env=known, capture_output=True, text=True, check=False)
                if done.returncode:
                    raise KindError(f"apt-get {command[0]} failed: {' '.join(done.stderr.split())[-400:]}")
    finally:
        if ours:
            POLICY.unlink()


class Engine:
    """One engine by its name, which is its folder's and its cgroup's; whether it runs or not."""

    def __init__(self, name: str) -> None:
        self.name, self.folder = name, STATE / name
        self.group = Group(ROOT) / name
        self.machine = Machine(name, self.group / "machine")

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.folder / "docker.sock"

    @property
    def log(self) -> Path:
        """What it says."""
        return self.folder / "dockerd.log"

    def start(self) -> None:
        """Have it answer; raises KindError. What was left behind of one of its name is removed before."""
        self.remove()
        self.folder.mkdir(parents=True)
        (self.group / "containers").create_everywhere()
        try:
            self.machine.create(self._preparation())
            self.machine.start(DAEMON, self._command(), self.log)
        except EmbeddedError as wrong:
            raise KindError(str(wrong)) from None
        deadline = time.monotonic() + ANSWER_SECONDS
        while self.docker("version", check=False).returncode:
            if time.monotonic() > deadline:
                raise KindError(f"Docker's engine does not answer; its last words: {self.log.read_text()[-600:]}")
            time.sleep(0.1)

    def remove(self) -> None:
        """End everything of it, and remove its folder and cgroups."""
        if self.group.pids():
            # Process 1 first: with it the kernel ends everything inside before anything could be started again.
            (self.machine.group / "init").kill()
            self.group.kill()
        self.group.remove()
        if self.folder.exists():
            shutil.rmtree(self.folder)
        with suppress(OSError):
            STATE.rmdir()
        for hierarchy in cgroups._hierarchies():
            with suppress(OSError):
                (hierarchy / ROOT).rmdir()

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to know that talks to the engine."""
        path = f"/usr/bin:{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
        own = {
            "DOCKER_HOST": f"unix://{self.socket}",
            "DOCKER_CONFIG": str(self.folder / "client"),
            "DOCKER_BUILDKIT": "0",
        }
        return {**own, "PATH": path, "NO_PROXY": "*"}

    def inside(
        self, command: Sequence[str], folder: Path | None = None, **options: object
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the engine's machine, which can reach the engine and its containers, in a folder."""
        known: Mapping[str, str] = {**os.environ, **self.environment, **dict(options.pop("environment", None) or {})}  # type: ignore[call-overload]
        place = [*self.machine.entering(), "env", f"--chdir={folder or '/'}"]
        return subprocess.run([*place, *command], env=known, text=True, **options)  # type: ignore[call-overload, no-any-return]

    def docker(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run Docker's client; raises KindError with its last words."""
        done = self.inside(["docker", *arguments], capture_output=True, stdin=subprocess.DEVNULL)
        if done.returncode and check:
            raise KindError(f"`docker {' '.join(arguments[:2])}` failed: {' '.join(done.stderr.split())[-600:]}")
        return done

    def _preparation(self) -> str:
        """What the engine would write to the host for good, whatever its options say, is written to folders of its own.

        That are its key, the plugins that it looks for, the sockets of its shims; and where the machine has no kernel modules
        for kind to show to its nodes, Docker would make the folder.
        """
        layered = ("/etc", "/opt", *(() if Path("/lib/modules").exists() else ("/usr/lib",)))
        return " && ".join(("mount -t tmpfs -o mode=755 run /run", *map(self._layer, layered)))

    def _layer(self, place: str) -> str:
        """The command that has all that is written to a folder of the host written to one of the engine's."""
        upper, work = (self.folder / "layers" / one / place.strip("/") for one in ("upper", "work"))
        for folder in (upper, work):
            folder.mkdir(parents=True)
        layers = f"lowerdir={place},upperdir={shlex.quote(str(upper))},workdir={shlex.quote(str(work))}"
        return f"mount -t overlay -o {layers} layer {place}"

    def _command(self) -> list[str]:
        runtime = self.folder / "runtime"
        script = Path(__file__).with_name("narrow_runtime.py")
        runtime.write_text(RUNTIME.format(python=shlex.quote(sys.executable), script=shlex.quote(str(script))))
        runtime.chmod(0o755)
        (self.folder / "daemon.json").write_text("{}")
        return [
            DAEMON,
            f"--host=unix://{self.socket}",
            f"--data-root={self.folder / 'data'}",
            f"--exec-root={self.folder / 'run'}",
            f"--pidfile={self.folder / 'pid'}",
            f"--cgroup-parent=/{self.group.path}/containers",
            "--exec-opt=native.cgroupdriver=cgroupfs",
            f"--add-runtime=narrow={runtime}",
            "--default-runtime=narrow",
            f"--config-file={self.folder / 'daemon.json'}",
        ]


@contextmanager
def running(name: str) -> Iterator[Engine]:
    """An engine for the length of a block, of which nothing is left then."""
    engine = Engine(name)
    try:
        with saying("starting Docker's engine"):
            engine.start()
        yield engine
    finally:
        engine.remove()
