"""`python -m selftest.workload`: mutants of manifests/mysql.yaml, each to be found by the guarantees that it breaks.

Method: a mutant holds only what it makes otherwise, by kind and name, as `kubectl apply --server-side` would take it over the
manifest. The profile is run with the two of them in its place, one mutant after the other, and asked what the mutant breaks.
"""

from __future__ import annotations

import argparse
import fnmatch
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from fixtures import embedded
from fixtures.cluster import Object
from fixtures.manifests import MANIFESTS
from fixtures.tried import merged
from selftest.demand import FAILED, Demand, Ended
from selftest.whole_suite import judge

MANIFEST = "mysql.yaml"
CLUSTER, NODES = "mutants-workload", 3
PATIENCE, SECONDS = 100, 1200.0


@dataclass(frozen=True, slots=True)
class Mutant:
    """What is changed in the manifest, and the guarantees that this breaks."""

    path: Path
    sentence: str
    breaks: tuple[str, ...]

    @classmethod
    def of(cls, path: Path) -> Mutant:
        """Read the head of a mutant."""
        head = path.read_text(encoding="utf-8")
        breaks = re.findall(r"^# breaks: (\S+)$", head, re.MULTILINE)
        return cls(path, head.partition("\n")[0].removeprefix("# "), tuple(breaks))

    @property
    def name(self) -> str:
        """The name of its file, without the ending."""
        return self.path.stem

    def objects(self) -> list[Object]:
        """The manifest as this makes it; raises LookupError where it changes what is not there."""
        objects = _objects(MANIFESTS / MANIFEST)
        for change in _objects(self.path):
            place = next((n for n, one in enumerate(objects) if _called(one) == _called(change)), None)
            if place is None:
                raise LookupError(
                    f"{self.path.name} changes {' '.join(_called(change))}, which {MANIFEST} does not hold"
                )
            objects[place] = merged(objects[place], change)
        return objects


def _objects(path: Path) -> list[Object]:
    return [one for one in yaml.safe_load_all(path.read_text(encoding="utf-8")) if one]


def _called(one: Object) -> tuple[str, str]:
    return one["kind"], one["metadata"]["name"]


MUTANTS = tuple(map(Mutant.of, sorted((MANIFESTS / "mutants" / "mysql").glob("*.yaml"))))


def main(arguments: list[str] | None = None) -> int:
    """Try the mutants, and print a line for each; returns 0 where all that each breaks is found, else 1."""
    parser = argparse.ArgumentParser(prog="python -m selftest.workload", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="NAME", help="the mutants of these names, shell patterns allowed")
    parser.add_argument(
        "--cluster-name", metavar="NAME", help="an embedded cluster that is there, and is left as it is"
    )
    options = parser.parse_args(arguments)
    wanted = [one for one in MUTANTS if _is_wanted(one, options.only)]
    if not wanted:
        parser.error(f"there is no such mutant; there are {', '.join(one.name for one in MUTANTS)}")
    name = options.cluster_name or embedded.up(CLUSTER, embedded.specify(nodes=NODES)).name
    try:
        missed = [one.name for one in wanted if not _try(one, name)]
    finally:
        if not options.cluster_name:
            embedded.down(CLUSTER)
    print(f"{len(wanted) - len(missed)} of {len(wanted)} mutants found{': missed ' * bool(missed)}{', '.join(missed)}")
    return 1 if missed else 0


def _is_wanted(one: Mutant, patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatch.fnmatchcase(one.name, pattern) for pattern in patterns)


def _try(one: Mutant, cluster: str) -> bool:
    """Run the profile with a mutant, say what came of it, and whether all that it breaks was found."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="workload-") as scratch:
        manifest = Path(scratch, MANIFEST)
        manifest.write_text(yaml.safe_dump_all(one.objects()), encoding="utf-8")
        asked = [f"--guarantee={name}" for name in one.breaks]
        ended = Ended.of(
            judge(Path(scratch), (f"--cluster-name={cluster}",), "conformance/workload", "--no-pages", *asked,
                  f"--manifest={MANIFEST}={manifest}", f"--patience={PATIENCE}", seconds=SECONDS)
        )  # fmt: skip
    unmet = Demand(expects=dict.fromkeys(one.breaks, FAILED), others_may_fail=True).unmet(ended)
    said = [*ended.failed, *(f"WRONG {sentence}" for sentence in unmet)]
    print(f"{one.name:24} {time.monotonic() - began:6.1f} s  {'; '.join(said)}", flush=True)
    return not unmet


if __name__ == "__main__":
    sys.exit(main())
