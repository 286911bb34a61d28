"""A release of Kubernetes as kind takes it: of the programs that the embedded cluster is built from, and with all images.

Method: `kind build node-image` counts as built whatever the archives of a release say that they hold: so all
other images that kind and kubeadm ask for lie in them as well, under exactly the names that these tell. An archive is a tar of
tars and of JSON files; `repositories` is its first entry, since that is where kind looks.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fixtures import debian
from fixtures.embedded import build, images
from selftest.kind import programs
from selftest.kind.programs import KindError

RELEASED = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy")
ON_NODES = ("kubeadm", "kubelet", "kubectl")
# kube-proxy runs in a container, and brings along what changes the firewall. Where nft has no file with the names of protocols,
# it calls tcp 6, and a kube-proxy that starts anew removes all Services from its maps.
FIREWALL = debian.Recipe(
    repository="kind.invalid/firewall",
    packages=("nftables", "netbase"),
    takes=("usr/sbin/nft", "etc/protocols", "usr/lib/*/*.so*", "usr/lib64/*"),
)
NETWORK = {
    "cniVersion": "1.0.0",
    "name": "kindnet",
    "plugins": [{"type": "ptp", "ipam": {"type": "host-local", "dataDir": "/run/cni-ipam-state",
                                         "routes": [{"dst": "0.0.0.0/0"}], "ranges": [[{"subnet": "RANGE"}]]}}],
}  # fmt: skip


@dataclass(frozen=True)
class Image:
    """An image by its name: its layers, each a tar, and how a container of it is started."""

    name: str
    layers: Sequence[bytes]
    config: Mapping[str, object] = field(default_factory=dict)


def release(version: str, target: Path) -> None:
    """Write the release of Kubernetes of this version, as kind takes it; raises KindError."""
    ours, built = programs.programs(), build.programs(version)
    firewall = _layer_of(debian.image(FIREWALL)[1])
    shell = _program_layer({"busybox": _busybox()}, dict.fromkeys(_applets(), "busybox"))
    network = _program_layer({"kindnetd": Path(__file__).with_name("kindnetd.sh"), "kubectl": built["kubectl"]},
                             texts={"configuration": json.dumps(NETWORK)})  # fmt: skip
    provisioner = _program_layer({"local-path-provisioner": ours["local-path-provisioner"]})
    made: dict[str, tuple[list[bytes], Mapping[str, object]]] = {
        "etcd": ([_program_layer({"etcd": built["etcd"]})], {}),
        "coredns": ([_program_layer({"coredns": ours["coredns"]})], {"Entrypoint": ["/bin/coredns"]}),
        "pause": ([shell], images.PAUSING),
        "kindnetd": ([shell, network], {"Entrypoint": ["/bin/kindnetd"]}),
        "local-path-provisioner": ([provisioner], {}),
        "local-path-helper": ([shell], {}),
    }
    # kind and kubeadm may want two releases of the same.
    names = {*_wanted_by_kubeadm(built["kubeadm"], version), *_wanted_by_kind()}
    others = [Image(name, *made[_what(name)]) for name in sorted(names) if _what(name) not in RELEASED]
    with gzip.open(target, "wb", compresslevel=1) as zipped, tarfile.open(fileobj=zipped, mode="w") as archive:
        _add(archive, "kubernetes/version", f"{version}\n".encode())
        for name in ON_NODES:
            archive.add(built[name], f"kubernetes/server/bin/{name}")
        for name in RELEASED:
            layers = [_program_layer({name: built[name]}, folder="usr/local/bin")]
            own = Image(f"registry.k8s.io/{name}:{version}", [firewall, *layers] if name == "kube-proxy" else layers)
            _add(
                archive,
                f"kubernetes/server/bin/{name}.tar",
                saved([own, *(others if name == RELEASED[0] else ())]),
            )


def identity() -> bytes:
    """What decides, beside the release, what is in it."""
    own = Path(__file__).parent
    parts = [own / "kindnetd.sh", Path(__file__), *programs.programs().values()]
    return b"\0".join(path.read_bytes() if path.parent == own else str(path).encode() for path in parts)


def saved(of: Sequence[Image]) -> bytes:
    """An archive of images, as `docker save` writes it."""
    content, manifest = io.BytesIO(), []
    repositories: dict[str, dict[str, str]] = {}
    layers: dict[str, bytes] = {}
    configs: dict[str, bytes] = {}
    for image in of:
        digests = [hashlib.sha256(layer).hexdigest() for layer in image.layers]
        layers |= dict(zip(digests, image.layers, strict=True))
        described = {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/"], **image.config},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in digests]},
        }
        config = json.dumps(described).encode()
        configs[f"{hashlib.sha256(config).hexdigest()}.json"] = config
        repository, _, tag = image.name.rpartition(":")
        repositories.setdefault(repository, {})[tag] = digests[-1]
        manifest.append(
            {
                "Config": [*configs][-1],
                "RepoTags": [image.name],
                "Layers": [f"{digest}/layer.tar" for digest in digests],
            }
        )
    with tarfile.open(fileobj=content, mode="w") as archive:
        _add(archive, "repositories", json.dumps(repositories).encode())
        for digest, layer in layers.items():
            _add(archive, f"{digest}/layer.tar", layer)
        for name, config in configs.items():
            _add(archive, name, config)
        _add(archive, "manifest.json", json.dumps(manifest).encode())
    return content.getvalue()


def _wanted_by_kubeadm(kubeadm: Path, version: str) -> list[str]:
    """The images that kubeadm wants for a release."""
    done = subprocess.run(
        [kubeadm, "config", "images", "list", f"--kubernetes-version={version}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise KindError(f"kubeadm does not tell its images: {' '.join(done.stderr.split())[-400:]}")
    return done.stdout.split()


def _wanted_by_kind() -> list[str]:
    """The images that kind wants, as its source says: those of its network and storage, and the one in its configuration."""
    module = programs.kind_files().parents[2]
    source = "".join(
        (module / "pkg/build/nodeimage" / name).read_text() for name in ("const_cni.go", "const_storage.go")
    )
    configuration = (module / "images/base/files/etc/containerd/config.toml").read_text()
    found = re.findall(r'^const \w+Image = "(\S+)"$', source, re.MULTILINE)
    return [*found, *re.findall(r'sandbox_image = "(\S+)"', configuration)]


def _what(image: str) -> str:
    return image.rpartition(":")[0].rpartition("/")[2]


def _busybox() -> Path:
    found = shutil.which("busybox")
    if not found:
        raise KindError("busybox is missing: apt-get install busybox-static")
    return Path(found)


def _applets() -> list[str]:
    listed = subprocess.run([_busybox(), "--list"], capture_output=True, text=True, check=True).stdout.split()
    return [name for name in listed if name != "busybox"]


def _program_layer(
    files: Mapping[str, Path],
    links: Mapping[str, str] | None = None,
    *,
    folder: str = "bin",
    texts: Mapping[str, str] | None = None,
) -> bytes:
    """A layer with these programs in a folder, links to them, and texts at its root."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as layer:
        for number in range(1, folder.count("/") + 2):
            entry = tarfile.TarInfo("/".join(folder.split("/")[:number]))
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            layer.addfile(entry)
        for name, path in files.items():
            _add(layer, f"{folder}/{name}", path.read_bytes(), 0o755)
        for name, target in (links or {}).items():
            if name not in files:
                entry = tarfile.TarInfo(f"{folder}/{name}")
                entry.type, entry.linkname = tarfile.SYMTYPE, target
                layer.addfile(entry)
        for name, text in (texts or {}).items():
            _add(layer, name, text.encode())
    return content.getvalue()


def _layer_of(archive: Path) -> bytes:
    """The one layer of an archive that we have made."""
    with tarfile.open(archive) as opened:
        found = opened.extractfile("layer.tar")
        if found is None:
            raise KindError(f"{archive} has no layer")
        return found.read()


def _add(archive: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    archive.addfile(entry, io.BytesIO(content))
