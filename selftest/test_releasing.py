"""A release says the same thing everywhere: the version, the changelog, the tags, and what is installed with it.

Method: the files of this tree and the tags of its repository are read; a clone without tags has none that could be wrong.
"""

import re
import subprocess
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from selftest.fake_suite import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
VERSION = PROJECT["project"]["version"]
CHANGELOG = (REPOSITORY / "CHANGELOG.md").read_text()
NEXT = "Unreleased"
LOCKS = {
    "requirements.lock": PROJECT["project"]["dependencies"],
    "requirements-dev.lock": [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]],
}


def sections(changelog):
    """What the changelog tells of each version, by its name, the newest first."""
    parts = re.split(r"^## \[([^\]]+)\](?: - \d{4}-\d\d-\d\d)?$", changelog, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def wrong(version, changelog, tags=(), here=()):
    """What a changelog, and the tags of the repository and of this commit, say otherwise than the version; a sentence each."""
    told = sections(changelog)
    released = [name for name in told if name != NEXT]
    if next(iter(told), "") != NEXT:
        yield f"the changelog does not begin with {NEXT}"
    if released != sorted(released, key=Version, reverse=True):
        yield "the newest version does not stand first"
    if Version(version).is_devrelease:
        if not re.search(r"^- ", told.get(NEXT, ""), re.MULTILINE):
            yield f"nothing is told of {version}"
        if any(Version(name) >= Version(Version(version).base_version) for name in released):
            yield f"{released[0]} is released, and {version} is before it"
    elif released[:1] != [version]:
        yield f"the changelog does not tell of {version}"
    yield from (f"the changelog does not tell of {tag}" for tag in tags if tag.removeprefix("v") not in released)
    yield from (f"this is {tag}, and the version is {version}" for tag in here if tag != f"v{version}")


def git(*command):
    """The words that git says."""
    return subprocess.run(["git", *command], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout.split()


def test_version_changelog_and_tags_agree():
    assert (
        list(wrong(VERSION, CHANGELOG, git("tag", "--list", "v*"), git("tag", "--list", "v*", "--points-at", "HEAD")))
        == []
    )


ONE = "## [Unreleased]\n\n### Added\n\n- Something.\n"
TWO = "## [Unreleased]\n\n## [0.2.0] - 2027-01-01\n\n- More.\n\n## [0.1.0] - 2026-12-01\n\n- Some.\n"


@pytest.mark.parametrize(
    ("version", "changelog", "tags", "here", "says"),
    [
        ("0.1.0.dev0", ONE, [], [], []),
        ("0.2.0", TWO, ["v0.1.0"], [], []),
        ("0.2.0", TWO, ["v0.1.0", "v0.2.0"], ["v0.2.0"], []),
        ("0.3.0.dev0", TWO.replace("ed]\n", "ed]\n\n- New.\n", 1), ["v0.2.0"], [], []),
        ("0.1.0", ONE, [], [], ["the changelog does not tell of 0.1.0"]),
        ("0.3.0.dev0", TWO, [], [], ["nothing is told of 0.3.0.dev0"]),
        ("0.2.0.dev0", TWO.replace("ed]\n", "ed]\n\n- New.\n", 1), [], [], ["0.2.0 is released, and 0.2.0.dev0 is before it"]),
        ("0.2.0", TWO, ["v0.1.5"], [], ["the changelog does not tell of v0.1.5"]),
        ("0.2.0", TWO, [], ["v0.2.1"], ["this is v0.2.1, and the version is 0.2.0"]),
        ("0.2.0", TWO.replace("0.1.0", "0.9.0"), [], [], ["the newest version does not stand first"]),
        ("0.2.0", TWO.partition("\n\n")[2], [], [], ["the changelog does not begin with Unreleased"]),
    ],
)  # fmt: skip
def test_what_does_not_agree_is_named(version, changelog, tags, here, says):
    assert list(wrong(version, changelog, tags, here)) == says


def locked(name):
    """What a lock holds: for each package its versions, each with the condition under which it is meant and its hashes."""
    text = (REPOSITORY / name).read_text().replace("\\\n", " ")
    found = {}
    for line in text.splitlines():
        if line and not line.lstrip().startswith("#"):
            requirement, *hashes = line.split("--hash=")
            one = Requirement(requirement.strip())
            found.setdefault(one.name, []).append((one, [value.strip() for value in hashes]))
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_what_the_project_asks_for(name):
    held = locked(name)
    for asked in map(Requirement, LOCKS[name]):
        ones = held.get(asked.name, [])
        assert ones, f"{name} does not hold {asked}: make lock"
        for one, _ in ones:
            (pinned,) = one.specifier
            assert pinned.operator == "=="
            assert asked.specifier.contains(pinned.version), f"{name} holds {one}, and not {asked}: make lock"


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_a_hash_for_everything_and_an_address_for_nothing(name):
    for package, ones in locked(name).items():
        for _, hashes in ones:
            assert hashes, package
            assert [value for value in hashes if not re.fullmatch(r"sha256:[0-9a-f]{64}", value)] == []
    assert "://" not in (REPOSITORY / name).read_text()


def test_the_locks_hold_the_same_versions():
    run, develop = ({name: [str(one) for one, _ in ones] for name, ones in locked(lock).items()} for lock in LOCKS)
    assert run == {name: develop.get(name) for name in run}
