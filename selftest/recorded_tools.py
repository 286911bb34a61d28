"""Programs that stand in for kind, k3d, minikube and docker on the PATH, for what is done around a tool.

Method: one script under four names. It does to kubeconfigs and to names what each tool is documented to do, keeps the clusters
that it was told to create as files in a folder, and writes down every command line. It runs no cluster: every kubeconfig
that it gives leads to the one that it was told of. What a tool does to a cluster it cannot show, and what is
done to the user's files around a tool it can.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
import time
from pathlib import Path
from typing import Any

import yaml

FOLDER, LEADS_TO = "RECORDED_TOOLS", "RECORDED_TOOLS_LEAD_TO"
NAMES = ("kind", "k3d", "minikube", "docker")
FAILS, STOPS, NO_DAEMON, WAITS = "creation-fails", "deletion-fails", "no-daemon", "creation-waits"
UNREACHABLE = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
COLOURED = "\x1b[31mERROR\x1b[0m: failed to create cluster: \x1b[1mthe node did not come up\x1b[0m"


def install(folder: Path) -> Path:
    """Put the programs into a folder for the PATH; returns it."""
    folder.mkdir(parents=True)
    for name in NAMES:
        program = folder / name
        program.write_text(
            f"#!/bin/sh\nPYTHONPATH={shlex.quote(str(Path(__file__).parents[1]))} exec {shlex.quote(sys.executable)} "
            f'-m selftest.recorded_tools {name} "$@"\n'
        )
        program.chmod(0o755)
    return folder


def clusters(folder: Path, tool: str) -> list[str]:
    """The clusters of a tool that there are."""
    return sorted(path.name.removeprefix(f"{tool}-cluster-") for path in folder.glob(f"{tool}-cluster-*"))


def commands(folder: Path) -> list[list[str]]:
    """The command lines that the programs were called with, in order."""
    record = folder / "commands"
    return [json.loads(line) for line in record.read_text().splitlines()] if record.exists() else []


def main(tool: str, arguments: list[str]) -> int:
    """What a tool does, and its exit code."""
    folder = Path(os.environ[FOLDER])
    with (folder / "commands").open("a") as record:
        record.write(json.dumps([tool, *arguments]) + "\n")
    if (folder / NO_DAEMON).exists() and tool == "docker":
        print(UNREACHABLE, file=sys.stderr)
        return 1
    return 0 if tool == "docker" else Tool(tool, folder).do(arguments)


class Tool:
    """One of the tools, with its clusters."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder

    def do(self, arguments: list[str]) -> int:
        """Do what the command says."""
        match self.name, arguments:
            case ("k3d", ["--version"]):
                print("k3d version v5.8.3\nk3s version v1.31.5-k3s1 (default)")
            case ("kind", ["get", "clusters", "--quiet"]):
                print(*clusters(self.folder, "kind"), sep="\n")
            case ("k3d", ["cluster", "list", "--output", "json"]):
                print(json.dumps([{"name": name} for name in clusters(self.folder, "k3d")]))
            case ("minikube", ["profile", "list", "--output=json", "--light"]):
                print(
                    json.dumps({"valid": [{"Name": name} for name in clusters(self.folder, "minikube")], "invalid": []})
                )
            case ("kind", ["get", "kubeconfig", "--name", name]) | ("k3d", ["kubeconfig", "get", name]):
                print(yaml.safe_dump(self.merged({}, name)))
            case ("minikube", ["update-context", "-p", name]):
                self.merge_into_default(name)
            case ("kind", ["create", "cluster", "--config", file, "--kubeconfig", kubeconfig]):
                return self.create(self.told(file)["name"], Path(kubeconfig))
            case ("kind", ["create", "cluster", "--config", file]):
                return self.create(self.told(file).get("name", "kind"), _default())
            case ("k3d", ["cluster", "create", *options]):
                name = self.told(options[options.index("--config") + 1])["metadata"]["name"]
                return self.create(name, None if "--kubeconfig-update-default=0" in options else _default())
            case ("minikube", ["start", "-p", name, *_]):
                return self.create(name, _default())
            case (
                ("kind", ["delete", "cluster", "--name", name])
                | ("k3d", ["cluster", "delete", name])
                | ("minikube", ["delete", "-p", name])
            ):
                return self.delete(name)
            case (
                ("kind", ["load", "docker-image" | "image-archive", _, "--name", name])
                | ("k3d", ["image", "import", _, "--cluster", name])
                | ("minikube", ["image", "load", _, "-p", name])
            ):
                return 0 if name in clusters(self.folder, self.name) else 1
            case _:
                print(f"unknown command {arguments}", file=sys.stderr)
                return 2
        return 0

    def told(self, file: str) -> Any:
        """A configuration file, of which a copy is kept."""
        content = yaml.safe_load(Path(file).read_text())
        (self.folder / f"{self.name}-configuration").write_text(json.dumps(content))
        return content

    def create(self, name: str, kubeconfig: Path | None) -> int:
        """A cluster of this name may be there already; one that fails leaves half of itself behind, also in the kubeconfig."""
        place = self.folder / f"{self.name}-cluster-{name}"
        if place.exists():
            print(
                f"ERROR: failed to create cluster: node(s) already exist for a cluster with the name {name}",
                file=sys.stderr,
            )
            return 1
        place.touch()
        while (self.folder / WAITS).exists():
            time.sleep(0.02)
        if kubeconfig:
            self.merge_into(kubeconfig, name)
        if (self.folder / FAILS).exists():
            print(COLOURED, file=sys.stderr)
            return 1
        return 0

    def delete(self, name: str) -> int:
        """It is no error that there is none of this name; its context goes from the default kubeconfig."""
        if (self.folder / STOPS).exists():
            print("ERROR: the daemon is busy", file=sys.stderr)
            return 1
        (self.folder / f"{self.name}-cluster-{name}").unlink(missing_ok=True)
        if _default().exists():
            content = yaml.safe_load(_default().read_text()) or {}
            mine = f"{self.name}-{name}"
            kept = {
                key: [one for one in content.get(key, []) if one["name"] != mine]
                for key in ("clusters", "users", "contexts")
            }
            _default().write_text(yaml.safe_dump({**content, **kept, "current-context": ""}))
        return 0

    def merge_into_default(self, name: str) -> None:
        """As with `kubectl`: $KUBECONFIG, else ~/.kube/config."""
        self.merge_into(_default(), name)

    def merge_into(self, kubeconfig: Path, name: str) -> None:
        """Add a context, and make it the current one."""
        known = yaml.safe_load(kubeconfig.read_text()) if kubeconfig.exists() else {}
        kubeconfig.parent.mkdir(parents=True, exist_ok=True)
        kubeconfig.write_text(yaml.safe_dump(self.merged(known or {}, name)))

    def merged(self, known: dict[str, Any], name: str) -> dict[str, Any]:
        """A kubeconfig with one context more: it leads to the cluster that these programs were told of."""
        mine, given = f"{self.name}-{name}", os.environ.get(LEADS_TO)
        there = yaml.safe_load(Path(given).read_text()) if given else {}
        parts = {
            "clusters": {"cluster": there["clusters"][0]["cluster"] if there else {"server": "https://127.0.0.1:1"}},
            "users": {"user": there["users"][0]["user"] if there else {}},
            "contexts": {"context": {"cluster": mine, "user": mine}},
        }
        merged = {key: [*known.get(key, []), {"name": mine, **part}] for key, part in parts.items()}
        return {"apiVersion": "v1", "kind": "Config", **known, **merged, "current-context": mine}


def _default() -> Path:
    """The kubeconfig that a tool reads and writes where none is named: the first of $KUBECONFIG, else ~/.kube/config."""
    named = [one for one in os.environ.get("KUBECONFIG", "").split(os.pathsep) if one]
    return Path(named[0]) if named else Path(os.environ["HOME"], ".kube", "config")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
