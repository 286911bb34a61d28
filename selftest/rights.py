"""`make rights`: the least that the account of each kind of run needs, written from what such runs were seen to ask for.

Method: the API server tells, in its audit log. Each kind of run is made on an embedded cluster in the name of an account of
its own, which may do everything; what it was seen to ask for becomes manifests/rights/NAME.yaml, with the few rights that such
a log cannot show, each for a reason that stands here.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import yaml

from fixtures import embedded, mariadb, rights
from fixtures.cluster import SECRETS
from fixtures.debian import DebianError
from fixtures.embedded.specification import API_SERVER
from fixtures.rights import BEYOND, GATE, NODE_OBJECTS, OPTIONAL, SUITE, TOPOLOGY, WORKLOAD, Right
from selftest.whole_suite import current_at, judge

NAME = "rights"
OF_CLASS = "--storage-class=folder"  # for which it is asked which there are
AUDIT_LOG = "audit.log"
CORE = '""'  # the API group without a name
# The audit log of whoever is not a part of the cluster itself.
POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "Metadata", "users": ["kubernetes-admin"]},
        {"level": "Metadata", "userGroups": ["system:serviceaccounts:stateful-conformance"]},
        {"level": "None"},
    ],
}
# Which everybody may ask about themselves.
ABOUT_ONESELF = ("authorization.k8s.io", "authentication.k8s.io")
HEAD = """\
# The account of a run, and what it may do:
# {sentence}.
# A run makes namespaces of its own, whose names nobody knows before it begins, so these are rights in every namespace.
# Written by `make rights` from what runs were seen to ask for.
apiVersion: v1
kind: Namespace
metadata: {{name: stateful-conformance}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {{name: runner, namespace: stateful-conformance}}
"""
ROLE = """\
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {kind}
metadata: {{name: "stateful-conformance:{profile}"{where}}}
rules:
{rules}---
apiVersion: rbac.authorization.k8s.io/v1
kind: {kind}Binding
metadata: {{name: "stateful-conformance:{profile}"{where}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: {kind}, name: "stateful-conformance:{profile}"}}
subjects: [{{kind: ServiceAccount, name: runner, namespace: stateful-conformance}}]
"""
SENTENCES = {
    SUITE: "all that the suite asks for",
    GATE: "all that the upgrade gate asks for; with --mysql the workload's rights too",
    WORKLOAD: "all that the database's profile asks for",
    NODE_OBJECTS: "what the suite asks for beside suite.yaml where it may make Node objects, with --has node-objects",
    TOPOLOGY: "what the suite asks for beside suite.yaml where it is told of volumes that are made for a place",
}


def audited(folder: Path) -> list[tuple[str, str]]:
    """The flags by which an API server writes its audit log into this folder, all into one file."""
    (folder / "policy.yaml").write_text(yaml.safe_dump(POLICY))
    flags = {"policy-file": folder / "policy.yaml", "log-path": folder / AUDIT_LOG, "log-maxsize": 4096}
    return [(API_SERVER, f"--audit-{name}={value}") for name, value in flags.items()]


def asked(log: Path, account: str) -> set[Right]:
    """What this account, or who asked in its name, was seen to ask for."""
    return {
        _right(event["objectRef"], event["verb"])
        for event in map(json.loads, log.read_text(encoding="utf-8").splitlines())
        if account == (event.get("impersonatedUser") or event["user"])["username"]
        and event.get("objectRef", {}).get("apiGroup", "") not in ABOUT_ONESELF
        and "resource" in event.get("objectRef", {})
    }


def _right(about: Mapping[str, str], verb: str) -> Right:
    resource = "/".join(filter(None, (about["resource"], about.get("subresource"))))
    fixed = {right.namespace for right in OPTIONAL} - {""}
    namespace = about.get("namespace", "")
    return Right(about.get("apiGroup", ""), resource, verb, namespace if namespace in fixed else "")


def implied(seen: Iterable[Right]) -> set[Right]:
    """What a run may come to ask for beside what it was seen to ask for on a cluster that answers each request at once."""
    found = set()
    for right in seen:
        if right.verb == "create" and "/" not in right.resource and right.resource != SECRETS:
            # What was created by a request whose answer was lost is read: fixtures/cluster.py.
            found.add(Right(right.group, right.resource, "get"))
        if right.resource == "pods/exec":
            # Newer API servers ask of a websocket for both, and log the one by which it was asked for.
            found |= {Right(right.group, right.resource, verb) for verb in ("create", "get")}
    return found


def written(profile: str, needed: Iterable[Right]) -> str:
    """The file of a profile."""
    roles = ""
    for namespace in sorted({right.namespace for right in needed}):
        there = sorted(right for right in needed if right.namespace == namespace)
        required = _rules([right for right in there if right not in OPTIONAL])
        optional = "".join(
            f"  # Not needed: without it {OPTIONAL[one]}.\n{_rules([one])}" for one in there if one in OPTIONAL
        )
        kind, where = ("Role", f", namespace: {namespace}") if namespace else ("ClusterRole", "")
        roles += ROLE.format(kind=kind, profile=profile, where=where, rules=required + optional)
    return HEAD.format(sentence=SENTENCES[profile]) + roles


def _rules(needed: Sequence[Right]) -> str:
    """Rules, each of the resources of one API group of which the same may be done."""
    verbs: dict[tuple[str, str], list[str]] = {}
    for right in needed:
        verbs.setdefault((right.group, right.resource), []).append(right.verb)
    resources: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (group, resource), may in verbs.items():
        resources.setdefault((group, tuple(may)), []).append(resource)
    return "".join(
        f"  - apiGroups: [{group or CORE}]\n    resources: [{', '.join(of)}]\n    verbs: [{', '.join(may)}]\n"
        for (group, may), of in sorted(resources.items())
    )


def in_the_name_of(kubeconfig: Path, account: str, folder: Path) -> Path:
    """A kubeconfig for the same cluster by which everything is asked in the name of an account that may do everything."""
    content = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
    for one in content["users"]:
        one["user"] |= {"as": account, "as-groups": ["system:masters"]}
    path = folder / f"{account}.kubeconfig"
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(content))
    return path


def main(arguments: list[str] | None = None) -> int:
    """Make each kind of run, and write what it asked for; returns 0 where every file holds just that, 1 where one did not."""
    parser = argparse.ArgumentParser(prog="python -m selftest.rights", description=__doc__)
    parser.add_argument("profiles", nargs="*", metavar="PROFILE", help=f"of {', '.join(SENTENCES)} (default: all)")
    parser.add_argument("--check", action="store_true", help="write nothing, and say which files would be others")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.profiles if name not in SENTENCES]:
        parser.error(f"{unknown[0]} is none of {', '.join(SENTENCES)}")
    try:
        with tempfile.TemporaryDirectory(prefix="rights-") as folder:
            found = _recorded(Path(folder), options.profiles or [*SENTENCES])
    except (embedded.EmbeddedError, DebianError) as wrong:
        print(f"rights: {wrong}", file=sys.stderr)
        return 1
    changed = []
    for profile, text in found.items():
        path = rights.FOLDER / f"{profile}.yaml"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            changed.append(path)
        if not options.check:
            path.write_text(text, encoding="utf-8")
    for path in changed:
        print(f"rights: {path.name} {'would be' if options.check else 'is'} another")
    return 1 if changed else 0


def _recorded(folder: Path, profiles: Sequence[str]) -> dict[str, str]:
    """The text of the files of these profiles, of runs made now."""
    embedded.down(NAME)
    try:
        cluster = embedded.up(NAME, embedded.specify(flags=audited(folder)))
        for profile in profiles:
            where = current_at(in_the_name_of(cluster.kubeconfig, profile, folder))
            for number, more in enumerate(_runs(profile, cluster.kubeconfig, folder)):
                run = judge(folder / f"{profile}-{number}", where, "--no-pages", *more, seconds=1200)
                print(f"rights: {profile} {' '.join(more)}: exit code {run.exit_code}", file=sys.stderr)
        seen = {profile: asked(folder / AUDIT_LOG, profile) for profile in profiles}
    finally:
        embedded.down(NAME)
    needed = {profile: each | implied(each) for profile, each in seen.items()}
    of_suite = needed[SUITE] if SUITE in needed else {*rights.of(SUITE)}
    for profile in {*needed} & {*BEYOND}:
        needed[profile] -= of_suite
    return {profile: written(profile, each) for profile, each in needed.items()}


def _runs(profile: str, kubeconfig: Path, folder: Path) -> list[tuple[str, ...]]:
    """What the runs of a profile say, which together ask for all that it asks for."""
    gate, state = "conformance/upgrade", f"--state={folder / 'state.json'}"
    if profile == WORKLOAD:
        return [("conformance/workload", f"--mysql-image={mariadb.provide(kubeconfig)}", OF_CLASS)]
    if profile == GATE:
        alone = (gate, "--may-change-nothing", "--upgrade-with=true", OF_CLASS)
        return [alone, (gate, state, "--phase=before"), (gate, state, "--phase=after", "--may-change-nothing")]
    return [()] if profile == SUITE else [(f"--has={profile}", f"--capability={profile}")]


if __name__ == "__main__":
    sys.exit(main())
