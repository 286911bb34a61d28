"""Programs that a machine lacks: installed where that is allowed, and named in one sentence, with their packages, elsewhere.

Method: the file system of a machine of its own is laid over this one's, in a mount namespace; there a package is removed, and
installed by apt-get for real. Nothing of that is seen outside.
"""

import subprocess
import sys

from fixtures.embedded.host import TOOLS, missing
from selftest.fake_suite import REPOSITORY

LAID_OVER = """
set -e
mount -t tmpfs none "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
for place in /proc /dev /sys; do mount --rbind $place "$1/root$place"; done
exec chroot "$1/root" sh -ec "$2"
"""
PACKAGES = f"cd {REPOSITORY}; {sys.executable} -m fixtures.embedded packages"


def elsewhere(folder, script):
    """What a shell script comes to on a machine of its own."""
    command = ["unshare", "--mount", "--propagation=private", "sh", "-c", LAID_OVER, "sh", str(folder), script]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


def test_what_is_missing_is_installed(tmp_path):
    # The file is taken away out of a package that stays installed, as images are made smaller.
    purged = (
        "dpkg --purge --force-depends nftables >/dev/null 2>&1; rm /etc/protocols; if command -v nft; then exit 9; fi"
    )
    done = elsewhere(tmp_path, f"{purged}; {PACKAGES}; command -v nft; test -s /etc/protocols")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "/usr/sbin/nft"
    line, *more = done.stderr.splitlines()
    assert line.endswith("installing Debian packages: netbase nftables")
    # Where that takes long it says so.
    assert [said for said in more if not said.endswith("s so far")] == []
    assert missing(TOOLS) == {}


def test_what_cannot_be_installed_is_told_in_a_sentence(tmp_path):
    done = elsewhere(tmp_path, f"{PACKAGES} no-such-program:no-such-package")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(
        "embedded: `apt-get install` failed: E: Unable to locate package no-such-p"
    )


def test_what_a_package_does_not_bring_is_told_in_a_sentence(tmp_path):
    done = elsewhere(tmp_path, f"{PACKAGES} no-such-program:netbase")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "embedded: netbase: installed, and still missing on this machine: no-such-program; as root, apt-get install netbase, "
        "or what your distribution calls these"
    )


def named(*command, **more):
    """The sentence in which the missing programs are named."""
    asked = [*command, sys.executable, "-m", "fixtures.embedded", "packages", "no-such-program:its-package"]
    done = subprocess.run(asked, cwd=REPOSITORY, capture_output=True, text=True, check=False, **more)
    assert (done.returncode, done.stdout) == (0, "")
    (line,) = done.stderr.splitlines()
    return line


def test_what_is_missing_is_named_to_who_is_not_root():
    assert named("unshare", "--user") == (
        "embedded: missing on this machine: no-such-program; as root, apt-get install its-package, or what your "
        "distribution calls these"
    )


def test_what_is_missing_is_named_where_there_is_no_apt_get(tmp_path):
    line = named(env={"PATH": str(tmp_path)})
    assert line.startswith("embedded: missing on this machine: ")
    assert " unshare, " in line
    assert "no-such-program; as root, apt-get install " in line
    assert " util-linux, or what your distribution calls these" in line


def test_nothing_is_said_where_nothing_is_missing():
    asked = [sys.executable, "-m", "fixtures.embedded", "packages"]
    done = subprocess.run(asked, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert missing(TOOLS) == {}
