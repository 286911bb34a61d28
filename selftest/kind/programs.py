"""The programs that a cluster of kind's needs beside those of the embedded one, built from Go modules into the same cache."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tempfile
from pathlib import Path

from fixtures.embedded import build
from fixtures.embedded.progress import saying

KIND = "v0.33.0"
MODULE = "sigs.k8s.io/kind"
INSTALLED = {
    "kind": f"{MODULE}@{KIND}",
    "local-path-provisioner": "github.com/rancher/local-path-provisioner@v0.0.30",
}
COREDNS = Path(__file__).with_name("go") / "coredns"


class KindError(Exception):
    """A cluster of kind's cannot be had on this machine; the message is one sentence for a person."""


def cache() -> Path:
    """Where everything is kept that is made once."""
    return build.cache_folder() / "kind"


def programs() -> dict[str, Path]:
    """kind, the provisioner of volumes and the name server, each built where the cache lacks it; raises KindError."""
    found = {name: _made(name, package.encode(), ["install", package]) for name, package in INSTALLED.items()}
    files = b"\0".join(path.read_bytes() for path in sorted(COREDNS.glob("*")))
    found["coredns"] = _made("coredns", files, ["build", "-mod=readonly", "-o"])
    return found


def kind_files() -> Path:
    """The folder of kind's own files for its base image, in the module of the release that is used; raises KindError."""
    told = json.loads(_go(["mod", "download", "-json", f"{MODULE}@{KIND}"], Path(tempfile.gettempdir())))
    return Path(told["Dir"], "images", "base", "files")


def digest(*parts: bytes) -> str:
    """A short name for what is made of these."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


def _made(name: str, identity: bytes, command: list[str]) -> Path:
    """The program, in a folder that appears when it is complete."""
    folder = cache() / f"{name}-{digest(identity)}"
    if folder.exists():
        return folder / name
    cache().mkdir(parents=True, exist_ok=True)
    flags = ["-trimpath", "-ldflags=-s -w"]
    with saying(f"building {name}"), tempfile.TemporaryDirectory(prefix=".building-", dir=cache()) as scratch:
        result = Path(scratch, name)
        if command[0] == "install":
            _go([*command[:1], *flags, *command[1:]], Path(scratch), GOBIN=str(Path(scratch, "bin")))
            Path(scratch, "bin").rename(folder)
        else:
            _go([command[0], *flags, *command[1:], str(result), "."], COREDNS)
            folder.mkdir()
            result.rename(folder / name)
    return folder / name


def _go(command: list[str], folder: Path, **more: str) -> str:
    known = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"} | more
    done = subprocess.run(["go", *command], cwd=folder, env=known, capture_output=True, text=True, check=False)
    if done.returncode:
        raise KindError(f"`go {command[0]} … {command[-1]}` failed: {' '.join(done.stderr.split())[-600:]}")
    return done.stdout
