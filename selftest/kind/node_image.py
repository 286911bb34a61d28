"""The node image: kind's base of Debian's packages and kind's own files, and what `kind build node-image` puts on it.

Method: as kind's Dockerfile says, with programs that were built here in place of those that it builds, and of Debian's
bookworm, whose systemd still takes a cgroup v1 host. What would change the machine's own settings from within a privileged
node is left out. Each image is kept as an archive in the cache, under a hash of what it is made of.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from fixtures.embedded import build
from fixtures.embedded.node import WANTED_BY_KUBELET
from fixtures.embedded.progress import say, saying
from selftest.kind import archives, programs
from selftest.kind.engine import Engine
from selftest.kind.programs import KindError

SUITE = "bookworm"
PACKAGES = ("systemd", "conntrack", "iptables", "nftables", "iproute2", "ethtool", "util-linux", "mount", "kmod", "libseccomp2",
            "pigz", "e2fsprogs", "bash", "ca-certificates", "curl", "jq", "procps", "runc")  # fmt: skip
DEBIAN, BASE, NODE = "kind.invalid/debian:1", "kind.invalid/base:1", "kind.invalid/node"
# What a kubelet sets is the whole machine's: in a node it sees files of its own in these places.
SETTINGS = "/kind/settings"
KUBELET_SETS = """[Service]
{lines}
"""
DOCKERFILE = f"""\
FROM {DEBIAN}
RUN rm -f /usr/lib/sysctl.d/* /etc/sysctl.d/* \\
    && find /lib/systemd/system/sysinit.target.wants/ -name "systemd-tmpfiles-setup.service" -delete \\
    && rm -f /lib/systemd/system/multi-user.target.wants/* /etc/systemd/system/*.wants/* \\
        /lib/systemd/system/local-fs.target.wants/* /lib/systemd/system/sockets.target.wants/*udev* \\
        /lib/systemd/system/sockets.target.wants/*initctl* /lib/systemd/system/basic.target.wants/* \\
    && echo "ReadKMsg=no" >> /etc/systemd/journald.conf \\
    && ln -sf /usr/lib/systemd/systemd /sbin/init
COPY root/ /
RUN systemctl enable kubelet.service containerd.service undo-mount-hacks.service \\
    && systemctl mask systemd-binfmt.service && mkdir -p /etc/kubernetes/manifests \\
    && ctr oci spec \\
        | jq '.hooks.createContainer[.hooks.createContainer| length] |= . + {{"path": "/kind/bin/mount-product-files.sh"}}' \\
        | jq 'del(.process.rlimits)' > /etc/containerd/cri-base.json
ENV container=docker
STOPSIGNAL SIGRTMIN+3
ENTRYPOINT [ "/usr/local/bin/entrypoint", "/sbin/init" ]
"""


def ensure(engine: Engine, version: str) -> str:
    """Have the node image of a release in the engine, and return its name; raises KindError."""
    name = f"{NODE}:{version}"
    kept = kept_node(version)
    if not kept.exists():
        _ensure_base(engine)
        with tempfile.TemporaryDirectory(prefix=".building-", dir=programs.cache()) as scratch:
            release = Path(scratch, "kubernetes-server.tar.gz")
            with saying(f"putting the release {version} together"):
                archives.release(version, release)
            with saying(f"kind build node-image, of {version}"):
                _build(engine, release, name)
            _keep(engine, name, kept)
    else:
        _load(engine, kept)
    return name


def kept_node(version: str) -> Path:
    """Where the node image of a release is kept."""
    identity = programs.digest(_base_identity(), archives.identity(), str(build.programs(version)["kubelet"]).encode())
    return programs.cache() / f"node-{version}-{identity}.tar"


def _base_identity() -> bytes:
    return json.dumps([SUITE, PACKAGES, DOCKERFILE, WANTED_BY_KUBELET, programs.KIND]).encode()


def _ensure_base(engine: Engine) -> None:
    kept = programs.cache() / f"base-{programs.digest(_base_identity())}.tar"
    if kept.exists():
        _load(engine, kept)
        return
    with tempfile.TemporaryDirectory(prefix=".building-", dir=programs.cache()) as scratch:
        with saying(f"fetching {len(PACKAGES)} packages of Debian, and what they need"):
            tarball = _debian(Path(scratch))
        with saying("kind's base image"):
            engine.docker("import", str(tarball), DEBIAN)
            _lay_out(Path(scratch, "context"))
            engine.docker("build", "--network=none", f"--tag={BASE}", str(Path(scratch, "context")))
        _keep(engine, BASE, kept)


def _debian(scratch: Path) -> Path:
    """A small Debian with the packages, as a tar."""
    tarball = scratch / "debian.tar"
    command = ["mmdebstrap", "--mode=root", "--variant=apt", f"--include={','.join(PACKAGES)}", SUITE, str(tarball)]
    done = subprocess.run(
        command, env={**os.environ, "TMPDIR": str(scratch)}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise KindError(f"mmdebstrap failed: {' '.join(done.stderr.split())[-600:]}")
    return tarball


def _lay_out(context: Path) -> None:
    """What Docker builds the base of: kind's own files, and the programs."""
    root, built = context / "root", build.programs(build.TEST_IMAGE_KUBERNETES)
    shutil.copytree(programs.kind_files(), root)
    for path in root.rglob("*"):
        is_program = path.is_dir() or {"bin"} & {path.parent.name}
        path.chmod(0o755 if is_program else 0o644)
    for folder, names in (
        ("usr/local/bin", ("containerd", "containerd-shim-runc-v2", "ctr")),
        ("opt/cni/bin", ("ptp", "loopback", "host-local")),
    ):
        (root / folder).mkdir(parents=True, exist_ok=True)
        for name in names:
            shutil.copy(built[name], root / folder / name)
    (root / "kind" / "settings").mkdir()
    lines = []
    for setting, value in WANTED_BY_KUBELET.items():
        file = setting.replace("/", "-")
        (root / "kind" / "settings" / file).write_text(f"{value}\n")
        lines.append(f"ExecStartPre=-/bin/mount --bind {SETTINGS}/{file} /proc/sys/{setting}")
    drop_in = root / "etc/systemd/system/kubelet.service.d/12-settings.conf"
    drop_in.write_text(KUBELET_SETS.format(lines="\n".join(lines)))
    (context / "Dockerfile").write_text(DOCKERFILE)


def _build(engine: Engine, release: Path, name: str) -> None:
    command = [str(programs.programs()["kind"]), "build", "node-image", "--type=file", f"--image={name}",
               f"--base-image={BASE}", str(release)]  # fmt: skip
    done = engine.inside(command, capture_output=True, environment={"TMPDIR": str(release.parent)})
    if done.returncode:
        raise KindError(f"kind build node-image failed: {' '.join((done.stdout + done.stderr).split())[-1200:]}")
    for line in done.stderr.splitlines():
        say(f"kind: {line}")


def _keep(engine: Engine, name: str, kept: Path) -> None:
    with saying(f"keeping {name}"):
        begun = kept.with_name(f".building-{kept.name}")
        engine.docker("save", f"--output={begun}", name)
        begun.rename(kept)


def _load(engine: Engine, kept: Path) -> None:
    with saying(f"loading {kept.name}"):
        engine.docker("load", f"--input={kept}")
