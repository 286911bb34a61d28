"""What is made of Debian's packages: which of them are needed, and that the same files make the same image.

Method: what apt says is written by hand; a package is built by dpkg-deb from two files.
"""

import io
import subprocess
import tarfile

import pytest

from fixtures import debian
from fixtures.debian import DebianError, Recipe

SAID = """\
server
  Depends: common
 |Depends: libfirst1
  Depends: libsecond1
  PreDepends: libc6
    libelse
  Depends: <virtual>
common
  Depends: libuncalled1
libfirst1
  Depends: zlib1g
  Depends: libany-perl
libc6
zlib1g
  Depends: libc6
"""


def test_of_alternatives_the_first_is_taken():
    assert debian._dependencies(SAID)["server"] == ["common", "libfirst1", "libc6", "<virtual>"]


def test_libraries_of_libraries_are_needed_and_nothing_else(monkeypatch):
    monkeypatch.setattr(debian, "_apt", lambda *command: SAID)
    assert debian._with_libraries(["server"]) == ["server", "libfirst1", "libc6", "zlib1g"]


def test_a_package_without_a_version_is_named(monkeypatch):
    monkeypatch.setattr(debian, "_apt", lambda *command: "Package: one\nVersion: 1:2-3\nDescription: x\n")
    assert debian._versions(["one"]) == {"one": "1:2-3"}
    with pytest.raises(DebianError, match="apt knows no package two: run apt-get update, as root"):
        debian._versions(["one", "two"])


def test_a_missing_tool_is_named(monkeypatch):
    monkeypatch.setattr(debian.shutil, "which", lambda program: None if program == "dpkg-deb" else program)
    with pytest.raises(DebianError, match="dpkg-deb is missing: any is made of Debian's packages"):
        debian.image(Recipe(repository="any", packages=("one",), takes=()))


@pytest.fixture
def package(tmp_path):
    """A package with a program where programs were once, a link and a manual."""
    root = tmp_path / "root"
    for name, text in (("bin/program", "run"), ("usr/share/man/program.1", "read"), ("DEBIAN/control", CONTROL)):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "bin" / "alias").symlink_to("program")
    (root / "bin" / "program").chmod(0o755)
    built = tmp_path / "one.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", root, built], check=True, capture_output=True)
    return built


CONTROL = "Package: one\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: one\n"


def test_what_is_wanted_is_taken_where_it_lies_today(package):
    taken = {entry.name: (entry, content) for entry, content in debian._unpacked(package, ("usr/bin/*",))}
    assert sorted(taken) == ["usr/bin/alias", "usr/bin/program"]
    entry, content = taken["usr/bin/program"]
    assert (entry.mode, content) == (0o755, b"run")
    assert taken["usr/bin/alias"][0].linkname == "program"


def test_the_same_files_make_the_same_layer(package):
    recipe = Recipe(repository="any", packages=(), takes=(), files={"etc/passwd": "x"})
    unpacked = {entry.name: (entry, content) for entry, content in debian._unpacked(package, ("usr/bin/*",))}
    layers = {debian._tar(one) for one in (debian._fixed(recipe) | unpacked, unpacked | debian._fixed(recipe))}
    (layer,) = layers
    with tarfile.open(fileobj=io.BytesIO(layer)) as opened:
        entries = opened.getmembers()
    assert [one.name for one in entries] == sorted(one.name for one in entries)
    assert {"bin", "etc/passwd", "tmp", "usr", "usr/bin", "usr/bin/program"} <= {one.name for one in entries}
    assert {(one.mtime, one.uid, one.gid) for one in entries} == {(0, 0, 0)}


def test_a_package_that_is_none_is_named(tmp_path):
    (tmp_path / "broken.deb").write_text("no package")
    with pytest.raises(DebianError, match=r"broken\.deb cannot be unpacked: "):
        list(debian._unpacked(tmp_path / "broken.deb", ("*",)))


def test_a_pattern_by_which_nothing_is_taken_is_named():
    recipe = Recipe(repository="any", packages=("one", "two"), takes=("usr/bin/*", "etc/protocols"))
    debian._require_all(recipe, ["usr/bin/nft", "etc/protocols"])
    with pytest.raises(DebianError, match=r"^any: Debian's packages one two have no etc/protocols$"):
        debian._require_all(recipe, ["usr/bin/nft", "usr/etc/other"])
