"""What a machine has that somebody may leave behind or change: interfaces, routes, mounts, settings, cgroups, processes."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from fixtures.embedded.node import WANTED_BY_KUBELET
from selftest.kind.engine import ROOT, STATE

SETTINGS = (*WANTED_BY_KUBELET, "net/ipv4/ip_forward", "net/netfilter/nf_conntrack_max", "kernel/hostname", "kernel/pid_max",
            "net/ipv4/conf/all/rp_filter", "net/ipv4/conf/all/route_localnet", "kernel/sysrq")  # fmt: skip
FOLDERS = ("/var/lib", "/run", "/etc", "/etc/docker", "/lib", "/opt", "/var/run", "/var/log")


def the_host() -> dict[str, list[str]]:
    """What there is, as lines."""
    processes = _ours()
    return {
        "interfaces": [one["ifname"] for one in json.loads(_printed("ip", "-json", "link"))],
        "network namespaces": _printed("ip", "netns", "list").splitlines(),
        "routes": _printed("ip", "route", "show", "table", "all").splitlines(),
        "rules": _printed("ip", "rule").splitlines(),
        "firewall": _printed("nft", "list", "ruleset").splitlines(),
        "mounts": [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()],
        "settings": [f"{name} = {_read(Path('/proc/sys', name))}" for name in SETTINGS],
        "folders": [str(path) for folder in FOLDERS for path in Path(folder).glob("*")],
        "cgroups": [str(path) for path in Path("/sys/fs/cgroup").glob(f"**/{ROOT}")],
        "processes": processes,
    }


def difference(before: Mapping[str, list[str]], after: Mapping[str, list[str]]) -> list[str]:
    """What is there now and was not, or was there and is not, in words."""
    found = []
    for what, lines in after.items():
        found += [f"{what}: {line}" for line in sorted({*lines} - {*before[what]})]
        found += [f"{what}, gone: {line}" for line in sorted({*before[what]} - {*lines})]
    return found


def _ours() -> list[str]:
    """The processes that live in a cgroup or with a folder of ours."""
    found = []
    for status in Path("/proc").glob("[0-9]*"):
        told = _read(status / "cgroup") + _read(status / "cmdline").replace("\0", " ")
        if (ROOT in told or str(STATE) in told) and status.name != str(os.getpid()):
            found.append(f"{status.name} {_read(status / 'cmdline')[:80]}")
    return found


def _printed(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _read(file: Path) -> str:
    try:
        return file.read_text(errors="replace").strip()
    except OSError:
        return ""
