"""What containerd calls in place of runc on a node that lies: it does the one wrong thing that how.json names, and then runc's.

It stands alone, since it runs inside the node: nothing of this repository can be imported there.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
VOLUMES = "/var/lib/volumes/pvc-"
KILLS, KILL, TERMINATE = "kills-at-once", "9", ("15", "SIGTERM", "TERM")
CLAIM = re.compile(r"(?P<head>.*)_(?P<namespace>[^_]+)_(?P<claim>.+)-(?P<ordinal>\d+)$")


def main(arguments: list[str]) -> None:
    """Lie, and then become runc."""
    told = json.loads((HERE / "how.json").read_text())
    if told["how"] == KILLS and "kill" in arguments:
        if set(arguments) & set(TERMINATE):
            note(told["how"])
        arguments = [KILL if word in TERMINATE else word for word in arguments]
    if "create" in arguments and told["how"] in LIES:
        configuration = Path(arguments[arguments.index("--bundle") + 1]) / "config.json"
        specification = json.loads(configuration.read_text())
        for mount in specification.get("mounts", ()):
            if str(mount.get("source", "")).startswith(VOLUMES) and LIES[told["how"]](mount):
                note(told["how"])
        configuration.write_text(json.dumps(specification))
    os.execv(told["runc"], [told["runc"], *arguments])


def note(how: str) -> None:
    """Write down that something was done."""
    with (HERE / "lies").open("a") as lies:
        lies.write(f"{how}\n")


def lose(mount: dict[str, str]) -> bool:
    """Empty a volume that is about to be mounted, and say whether there was anything in it."""
    found = list(Path(mount["source"]).iterdir())
    for path in found:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return bool(found)


def swap(mount: dict[str, str]) -> bool:
    """Mount the volume of the other of the first two ordinals where it was mounted before and the other is there."""
    source = Path(mount["source"])
    seen = HERE / source.name
    found: list[Path] = []
    match = CLAIM.fullmatch(source.name)
    if match and seen.exists():
        other = f"_{match['namespace']}_{match['claim']}-{1 - int(match['ordinal'])}"
        found = [path for path in source.parent.iterdir() if path.name.endswith(other)]
        mount["source"] = str(found[0]) if found else mount["source"]
    seen.touch()
    return bool(found)


def forget(mount: dict[str, str]) -> bool:
    """Take the last third of every file, as a power cut does where a sync was answered and not done."""
    found = _written(mount)
    for path in found:
        os.truncate(path, path.stat().st_size * 2 // 3)
    return bool(found)


def repeat(mount: dict[str, str]) -> bool:
    """Write the last third of the lines of every file once more, as a log that is replayed twice."""
    found = _written(mount)
    for path in found:
        lines = path.read_bytes().splitlines(keepends=True)
        with path.open("ab") as file:
            file.writelines(lines[len(lines) * 2 // 3 :])
    return bool(found)


def _written(mount: dict[str, str]) -> list[Path]:
    """The files of a volume in which something stands."""
    return [path for path in Path(mount["source"]).iterdir() if path.is_file() and path.stat().st_size]


LIES = {"lost-data": lose, "swapped-data": swap, "forgotten-data": forget, "repeated-data": repeat}

if __name__ == "__main__":
    main(sys.argv[1:])
