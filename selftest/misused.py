"""Every option of a run with what nobody can mean by it: `python -m selftest.misused FOLDER SUITE` prints what was said.

Method: pytest itself is asked which options there are, so a new one is tried as soon as it is there. One process calls pytest
again and again, since each call ends before anything is collected. The kubeconfig in FOLDER leads to nobody, and whoever calls
sees to it that no cluster can be brought up.
"""

import contextlib
import io
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

BROUGHT_UP = (
    "--cluster",
    "--cluster-name",
    "--nodes",
    "--kubernetes-version",
    "--node-image",
    "--cluster-config",
    "--load-image",
)
ONLY_A_CLUSTER_KNOWS = ("--storage-class",)
NAMES = ("", "none such", "..", "a/b", "-x", "x" * 80)
QUANTITIES = ("", "many", "0", "-1", "nan", "inf", "1,5")
FILES = ("none", "garbage")
# By what an option calls its value.
VALUES = {
    "SECONDS": QUANTITIES,
    "N": (*QUANTITIES, "1.5", "1e3"),
    "PATH": ("", "none", "/", "garbage"),
    "FILE": ("", "none", "/", "garbage"),
    "DIR": ("", "garbage", "/proc/none", "x" * 300),
    "VERSION": ("", "latest", "1.37", "v1", "v1.37.2 x"),
    "NAME=PATH": ("", "web.yaml", "web.yaml=", "=web.yaml", "web.yaml=none", "none.yaml=garbage", "web.yaml=garbage"),
    "ID": ("", "none/such", "[", "identity"),
    "IMAGE": ("", " "),
    "REGISTRY[/PATH]": ("", "a b", "http://a", "a//b"),
    "COMMAND": ("", " "),
    "NAME": NAMES,
    None: ("", "none"),
}


class Options:
    """A plugin that notes the options of the suite, and ends the run by that."""

    values: Mapping[str, Sequence[str]]

    def pytest_cmdline_main(self, config: pytest.Config) -> int:
        """Note each option that takes a value, with what is wrong for it."""
        of_suite = [group for group in config._parser._groups if group.name == "conformance"]
        known = [(option.names()[0], option.attrs()) for group in of_suite for option in group.options]
        self.values = {
            name: VALUES[told["metavar"]] if name not in ONLY_A_CLUSTER_KNOWS else ("", " ")
            for name, told in known
            if told["nargs"] != 0
        }
        return 0


def said(*arguments: str, plugins: Sequence[object] = ()) -> tuple[object, str]:
    """Exit code and all that a call of pytest prints."""
    printed = io.StringIO()
    code: object
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            code = int(pytest.main([*arguments, "-p", "no:cacheprovider", "-q", "-n0"], plugins=plugins))
        except SystemExit as ended:
            code = ended.code
    return code, printed.getvalue()


def around(option: str, folder: Path, suite: str) -> list[str]:
    """What makes everything but this option right."""
    given = ["--cluster=embedded"] if option in BROUGHT_UP else ["--cluster=current"]
    if option not in (*BROUGHT_UP, "--kubeconfig"):
        given.append(f"--kubeconfig={folder}/kubeconfig")
    if option != "--report-dir":
        given.append(f"--report-dir={folder}/report")
    if suite.endswith("upgrade"):
        given += {"--upgrade-with": [], "--phase": [], "--state": ["--phase=after"]}.get(
            option, ["--upgrade-with=true"]
        )
    return given


def main(folder: Path, suite: str) -> None:
    """Try each option of this suite, and print a JSON line for each value: option, value, exit code, what was said."""
    (folder / "garbage").write_bytes(b"\xff{:")
    options = Options()
    said(suite, plugins=[options])
    for option, values in options.values.items():
        for value in values:
            given = f"{folder}/{value}" if value in FILES else value.replace("=garbage", f"={folder}/garbage")
            print(json.dumps([option, value, *said(suite, *around(option, folder, suite), f"{option}={given}")]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
