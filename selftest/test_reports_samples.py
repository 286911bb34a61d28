"""The published samples: each shows what it should, is as it was written, and its page is the one that is made of it today.

Method: `selftest/samples.py` says which there are. A page is made again in a copy; where a sample does not hold every history
that was judged, the pictures of those that it holds must be in its page, and all else in both must be the same.
"""

import json
import re
import shlex
import shutil

import jsonschema
import pytest

from conformance import __main__ as commands
from reports import html, junit, results, summary
from reports.explained import figure
from reports.pictures import pictures
from reports.schema import SCHEMA
from selftest import samples

EACH = pytest.mark.parametrize("name", list(samples.ALL))
# What a page has of a history, wherever it shows it.
OF_HISTORIES = re.compile(
    r'<section class="scenarios">.*?</section>|<p class="legend">.*?</p>|<figure.*?</figure>\n'
    r'|<details><summary><span>(?:Evidence|Logs)</span>.*?</details>\n| · <a href="#scenario-[^"]*">picture</a>',
    re.DOTALL,
)


def folder_of(name):
    """The folder of a sample; fails where it is not there."""
    folder = samples.SAMPLES / name
    if not (folder / results.FILE_NAME).is_file():
        pytest.fail(f"reports/samples/{name} holds no report: `make samples` makes it", pytrace=False)
    return folder


@EACH
def test_the_schema_holds_of_it(name):
    jsonschema.validate(json.loads((folder_of(name) / results.FILE_NAME).read_text()), SCHEMA)


@EACH
def test_it_is_as_it_was_written(name, capsys):
    code = commands.main(["verify", str(folder_of(name))])
    assert (code, capsys.readouterr().err) == (0, "")


@EACH
def test_it_shows_what_it_should_and_is_small(name):
    folder, sample = folder_of(name), samples.ALL[name]
    assert list(samples.unlike(sample, results.read(folder))) == []
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) <= sample.most


@EACH
def test_its_command_is_the_one_by_which_it_was_made(name):
    folder, sample = folder_of(name), samples.ALL[name]
    lines = (folder / samples.COMMAND).read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [*sample.before, sample.judge, *sample.after]
    # Behind `python -m`, the same.
    assert shlex.split(results.read(folder).reproduce) == shlex.split(sample.judge)[2:]


@EACH
def test_what_is_made_of_it_today_is_the_same(name, tmp_path, capsys):
    folder, again = folder_of(name), tmp_path / name
    shutil.copytree(folder, again)
    assert commands.main(["render", str(again)]) == 0
    assert capsys.readouterr().out == f"{again / html.FILE_NAME}\n"
    for file in (junit.FILE_NAME, summary.FILE_NAME):
        assert (again / file).read_text() == (folder / file).read_text()
    known = results.read(folder)
    old, new = ((one / html.FILE_NAME).read_text() for one in (folder, again))
    if all((folder / path).is_file() for path in samples.judged_histories(known)):
        assert new == old
    assert OF_HISTORIES.sub("", new) == OF_HISTORIES.sub("", old)
    shown = pictures(known, folder)
    assert shown.against or not samples.ALL[name].failed
    for picture in (*shown.of_histories.values(), *shown.against.values()):
        assert figure(picture) in old
