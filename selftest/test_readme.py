"""Each command of README.md has an entry that says what becomes of it, and no entry is of a command that is not there.

Method: README.md is read as it is by `selftest/test_cluster_suite_readme.py`, which runs the commands; small texts say what is
read of one.
"""

import ast

import pytest

from selftest.fake_suite import REPOSITORY
from selftest.readme import (
    BEGINNING,
    COMMANDS,
    CONFORMANT,
    LANGUAGES,
    NO_VERDICT,
    NOT_CONFORMANT,
    PARTIAL,
    README,
    NotRun,
    Run,
    RunBy,
    languages,
    scripts,
    sections,
    verdicts,
)


def without_entry(text):
    """The commands of a text that no entry is of."""
    return [command for told in sections(text).values() for command in told if command not in COMMANDS]


def test_each_command_has_an_entry():
    assert without_entry(README) == []
    told = {command for commands in sections().values() for command in commands}
    assert [command for command in COMMANDS if command not in told] == []


@pytest.mark.parametrize(
    ("added", "command"),
    [
        ("```\nmake coffee    # strong\n```\n", "make coffee"),
        ("```\nhelm install \\\n    --wait web\n# as root\n\n```\n", "helm install --wait web"),
        ("```yaml\n      - if: always()\n        run: make coffee\n```\n", "make coffee"),
        ("As `docker pull\nsome` does, one `--option` may.\n", "docker pull some"),
        ("### Coffee\n\n`.venv/bin/python -m coffee` makes it.\n", ".venv/bin/python -m coffee"),
    ],
)
def test_a_command_that_is_added_has_none(added, command):
    assert without_entry(README + added) == [command]


def test_a_command_is_of_the_first_section_that_tells_it():
    text = "Call `make a`.\n## One\n```\nmake b\nmake a\n```\n## Two\n```yaml\n- run: make b\n- run: make c\n```\n"
    assert sections(text) == {BEGINNING: ["make a"], "One": ["make b"], "Two": ["make c"]}


def test_every_block_is_of_a_kind_that_is_known():
    assert languages() == {*LANGUAGES}
    assert len(scripts()) == 1


def test_the_exit_codes_are_those_that_are_told():
    assert verdicts() == {
        "conformant": CONFORMANT, "not conformant": NOT_CONFORMANT, "no verdict": NO_VERDICT, "partial": PARTIAL,
    }  # fmt: skip


def test_what_a_reader_puts_in_has_its_place_in_the_command():
    filled = [(command, said) for command, one in COMMANDS.items() if isinstance(one, Run) for said in one.filled_in]
    assert filled
    assert [(command, said) for command, said in filled if command.count(said) != 1] == []


BY_OTHERS = {command: entry for command, entry in COMMANDS.items() if isinstance(entry, RunBy)}


@pytest.mark.parametrize("command", BY_OTHERS)
def test_the_test_that_is_said_to_run_a_command_does_so_by_its_words(command):
    entry = BY_OTHERS[command]
    file, _, name = entry.test.partition("::")
    source = (REPOSITORY / file).read_text(encoding="utf-8")
    (found,) = [one for one in ast.parse(source).body if isinstance(one, ast.FunctionDef) and one.name == name]
    text = ast.get_source_segment(source, found)
    assert entry.words
    assert [word for word in entry.words if word not in text] == []


def test_what_is_not_run_says_why():
    reasons = [entry.why for entry in COMMANDS.values() if isinstance(entry, NotRun)]
    assert [why for why in reasons if not (why[:1].isupper() and why.endswith("."))] == []
