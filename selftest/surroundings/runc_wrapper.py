"""What containerd calls in place of runc on a node that lies: it does the one wrong thing that how.json names, and then runc's.

It stands alone, since it runs inside the node: nothing of this repository can be imported there.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
VOLUMES = "/var/lib/local-path-provisioner/"
CLAIM = re.compile(r"(?P<head>.*)_(?P<namespace>[^_]+)_(?P<claim>.+)-(?P<ordinal>\d+)$")


def main(arguments: list[str]) -> None:
    """Lie, and then become runc."""
    told = json.loads((HERE / "how.json").read_text())
    command = next((word for word in arguments if word in ("create", "exec")), "")
    if command == "create":
        configuration = Path(arguments[arguments.index("--bundle") + 1]) / "config.json"
        specification = json.loads(configuration.read_text())
        for mount in specification.get("mounts", ()):
            if str(mount.get("source", "")).startswith(VOLUMES):
                {"lost-data": lose, "swapped-data": swap}.get(told["how"], leave)(mount)
        configuration.write_text(json.dumps(specification))
    if command == "exec" and told["how"] == "no-time-to-end" and _is_a_hook(arguments):
        subprocess.run([told["runc"], *_options(arguments, command), "kill", arguments[-1], "KILL"], check=False)
    os.execv(told["runc"], [told["runc"], *arguments])


def leave(mount: dict[str, str]) -> None:
    """Do nothing to a volume."""


def lose(mount: dict[str, str]) -> None:
    """Empty a volume that is about to be mounted."""
    for path in Path(mount["source"]).iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def swap(mount: dict[str, str]) -> None:
    """Mount the volume of the other of the first two ordinals where it was mounted before and the other is there."""
    source = Path(mount["source"])
    seen = HERE / source.name
    match = CLAIM.fullmatch(source.name)
    if match and seen.exists():
        other = f"_{match['namespace']}_{match['claim']}-{1 - int(match['ordinal'])}"
        found = [path for path in source.parent.iterdir() if path.name.endswith(other)]
        mount["source"] = str(found[0]) if found else mount["source"]
    seen.touch()


def _is_a_hook(arguments: list[str]) -> bool:
    process = Path(arguments[arguments.index("--process") + 1])
    return any("while [ -e" in word for word in json.loads(process.read_text()).get("args", ()))


def _options(arguments: list[str], command: str) -> list[str]:
    """What is said before the command, such as where the containers are known."""
    return arguments[: arguments.index(command)]


if __name__ == "__main__":
    main(sys.argv[1:])
