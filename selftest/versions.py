"""`make versions`: the suite on every supported release of Kubernetes, each the newest patch that there is."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

from fixtures import embedded
from fixtures.embedded import build
from fixtures.embedded.specification import DEFAULT_VERSION, OLDEST_MINOR, minor

REPORTS = Path("conformance-report-versions")
CONFORMANT = "conformant"


def main(arguments: list[str] | None = None) -> int:
    """Judge each release named, or all; returns 0 where every one is conformant."""
    parser = argparse.ArgumentParser(prog="python -m selftest.versions", description=__doc__)
    parser.add_argument(
        "versions", nargs="*", metavar="VERSION", help="default: the newest patch of each minor release"
    )
    asked = parser.parse_args(arguments).versions
    try:
        versions = asked or [build.latest_patch(one) for one in range(OLDEST_MINOR, minor(DEFAULT_VERSION) + 1)]
        lines = [_judged(version) for version in versions]
    except embedded.EmbeddedError as wrong:
        print(f"versions: {wrong}", file=sys.stderr)
        return 1
    print("\nrelease     verdict           boot    suite   report")
    for version, verdict, boot, suite, report in lines:
        print(f"{version:11} {verdict:15} {boot:5.1f} s {suite:6.1f} s   {report}")
    return 0 if all(verdict == CONFORMANT for _, verdict, *_ in lines) else 1


def _judged(version: str) -> tuple[str, str, float, float, Path]:
    """The release, the verdict on it, the seconds that its boot and the suite took, and where the report lies."""
    name, report = version.replace(".", "-"), REPORTS / version
    began = booted = ended = time.monotonic()
    try:
        build.programs(version)
        began = time.monotonic()
        embedded.up(name, embedded.specify(version))
        booted = time.monotonic()
        # A run that is refused leaves an older report as it was.
        shutil.rmtree(report, ignore_errors=True)
        command = [sys.executable, "-m", "pytest", f"--cluster-name={name}", f"--report-dir={report}"]
        subprocess.run(command, check=False)
        ended = time.monotonic()
    except embedded.EmbeddedError as wrong:
        print(f"versions: {version}: {wrong}", file=sys.stderr)
    finally:
        embedded.down(name)
    try:
        verdict = json.loads((report / "results.json").read_text())["verdict"]
    except (OSError, ValueError, KeyError):
        verdict = "no report"
    return version, verdict, booted - began, ended - booted, report / "report.html"


if __name__ == "__main__":
    sys.exit(main())
