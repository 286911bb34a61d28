"""The rules of the house that a reader of the source can hold: who imports whom, where one may sleep, what is asked for.

Method: every file of the repository is parsed, never run; an import is whatever stands in an import statement.
"""

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("conformance", "fixtures", "manifests", "reports", "selftest", "conftest")
JUDGING = ("conformance/guarantees.py", "conformance/history.py", "conformance/checks/*.py")
MAY_SLEEP = ("fixtures/waiting.py", "fixtures/embedded/", "selftest/")
FOREIGN_TO_TESTS = {
    "kubernetes",
    "tenacity",
    "allure",
    "allure_commons",
    "allure_pytest",
    "time",
    "subprocess",
    "fixtures",
}


def files(*patterns: str) -> list[Path]:
    """The repository's files of these patterns, and none that lie in an environment or a cache."""
    found = {path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file()}
    return sorted(path for path in found if path.relative_to(ROOT).parts[0] in (*OURS, "conftest.py"))


def imports(path: Path) -> Iterator[str]:
    """The full names of the modules, and of what is taken from them, that a file imports anywhere in it."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (above, node.module) if part)
            yield from (f"{module}.{name.name}" for name in node.names)


def offending(paths: list[Path], allowed: Callable[[str], bool]) -> list[str]:
    """Which file imports what it may not; the rule is vacuous where there is no such file, so that fails too."""
    assert paths, "the rule finds no file to hold for"
    return [f"{path.relative_to(ROOT)} imports {name}" for path in paths for name in imports(path) if not allowed(name)]


def _under(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _is_ours(name: str) -> bool:
    return _under(name, *OURS)


def _is_standard(name: str) -> bool:
    return name.partition(".")[0] in sys.stdlib_module_names


def test_what_judges_imports_the_standard_library_and_itself_only():
    judges = ("conformance.guarantees", "conformance.history", "conformance.plain", "conformance.checks")
    assert offending(files(*JUDGING), lambda name: _is_standard(name) or _under(name, *judges)) == []


def test_tests_import_what_judges_and_pytest_only():
    paths = files("conformance/**/test_*.py")
    assert offending(paths, lambda name: name.partition(".")[0] not in FOREIGN_TO_TESTS) == []
    assert offending(paths, lambda name: not _is_ours(name) or _under(name, "conformance")) == []


def test_fixtures_import_neither_checks_nor_reports():
    forbidden = ("conformance.checks", "reports", "selftest")
    assert offending(files("fixtures/**/*.py"), lambda name: not _under(name, *forbidden)) == []


def test_the_embedded_cluster_imports_nothing_else_of_this_repository():
    assert (
        offending(
            files("fixtures/embedded/**/*.py"), lambda name: not _is_ours(name) or _under(name, "fixtures.embedded")
        )
        == []
    )
    assert offending(files("fixtures/embedded/**/*.py"), lambda name: not _under(name, "pytest")) == []


def test_reports_never_import_fixtures():
    assert offending(files("reports/**/*.py"), lambda name: not _under(name, "fixtures", "selftest")) == []


def test_checks_never_write_or_open_anything():
    calls = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in files("conformance/checks/*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("open", "print", "input")
    ]
    assert calls == []


def _sleeps(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if (isinstance(node, ast.Attribute) and node.attr == "sleep") or (
            isinstance(node, ast.ImportFrom) and any(name.name == "sleep" for name in node.names)
        ):
            yield node


def test_nobody_sleeps_but_who_waits_for_all():
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in files("**/*.py")
        if not str(path.relative_to(ROOT)).startswith(MAY_SLEEP)
        for node in _sleeps(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def _is_autouse(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and any(keyword.arg == "autouse" for keyword in decorator.keywords)


def test_no_fixture_is_used_that_is_not_asked_for():
    found = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in files("**/*.py", "conftest.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(map(_is_autouse, node.decorator_list))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import time", ["time"]),
        ("from fixtures import waiting", ["fixtures.waiting"]),
        ("def late():\n    import kubernetes.client", ["kubernetes.client"]),
    ],
)
def test_the_rules_see_every_import(tmp_path, monkeypatch, source, names):
    monkeypatch.setattr("selftest.test_rules.ROOT", tmp_path)
    path = tmp_path / "reports" / "some.py"
    path.parent.mkdir()
    path.write_text(source)
    assert list(imports(path)) == names


def test_the_rules_see_a_sleep():
    assert len(list(_sleeps(ast.parse("import time\ntime.sleep(1)\nfrom time import sleep")))) == 2
