"""A runtime for Docker that gives containers no capability that this machine does not have.

Method: it takes CAP_SYS_RESOURCE, which privileged containers would be given and which not every virtual machine has, out of
what it is told to run, and hands over to runc. With `create` that is the bundle's configuration, with `exec` a file.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

MISSING = "CAP_SYS_RESOURCE"


def main(arguments: list[str]) -> None:
    """Become runc."""
    if "create" in arguments and (bundle := _value(arguments, "--bundle")):
        _narrow(Path(bundle, "config.json"))
    elif "exec" in arguments and (process := _value(arguments, "--process")):
        _narrow(Path(process))
    os.execvp("runc", ["runc", *arguments])


def _value(arguments: list[str], option: str) -> str | None:
    for number, argument in enumerate(arguments):
        if argument == option:
            return arguments[number + 1]
        if argument.startswith(f"{option}="):
            return argument.partition("=")[2]
    return None


def _narrow(file: Path) -> None:
    content = json.loads(file.read_text())
    process = content.get("process", content)
    for kind, names in (process.get("capabilities") or {}).items():
        process["capabilities"][kind] = [name for name in names or [] if name != MISSING]
    file.write_text(json.dumps(content))


if __name__ == "__main__":
    main(sys.argv[1:])
