"""Which files there are, how long they are, and what they are called."""

import ast
import re

import pytest
from django.apps import apps

from tests.house import source

# Files that an app may have; a package of the same name holds the same, split by topic.
CLOSED_SET = {
    "__init__", "admin", "api", "apps", "data", "errors", "events", "handlers", "management", "migrations",
    "models", "providers", "resources", "rules", "selectors", "services", "stake", "tasks", "tests", "urls",
}  # fmt: skip
# Core holds the machine itself, backoffice the staff's site; neither is an app like the others.
OF_THEIR_OWN = {
    "core": {
        "clock", "crypto", "currencies.csv", "digests", "fields", "grants", "money", "operations", "parsers",
        "postgres", "problems", "runner", "schema", "sql", "sqlfile", "staff",
    },
    "backoffice": {"health", "site"},
}  # fmt: skip
BANNED_NAMES = {"helpers", "managers", "misc", "signals", "util", "utils"}
FILE_LINES, TEST_FILE_LINES, FUNCTION_LINES, CLASS_LINES = 400, 500, 50, 150
MARKERS = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "HA" + "CK"]) + r")\b")
MACHINE_PATH = re.compile(r"/(home|root|tmp|Users|work)/[\w.-]+")


def names_in(app: str) -> set[str]:
    """Return what lies in an app, without endings."""
    found = {path.name.removesuffix(".py") for path in (source.APPS / app).iterdir()}
    return found - {"__pycache__"}


@pytest.mark.parametrize("app", source.app_names())
def test_the_files_of_an_app_are_a_closed_set(app: str) -> None:
    allowed = CLOSED_SET | OF_THEIR_OWN.get(app, set())
    assert names_in(app) <= allowed, f"not a file of an app: {sorted(names_in(app) - allowed)}"


@pytest.mark.parametrize("app", source.app_names())
def test_an_app_says_in_a_paragraph_what_it_owns(app: str) -> None:
    module = source.tree(source.APPS / app / "__init__.py")
    assert ast.get_docstring(module)
    assert len(module.body) == 1, "an app's package imports nothing"


def test_no_file_is_a_drawer_for_anything() -> None:
    assert [source.place(path) for path in source.files() if path.stem in BANNED_NAMES] == []


def test_files_are_short() -> None:
    long = {}
    for path in source.files():
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > (TEST_FILE_LINES if source.is_test(path) else FILE_LINES):
            long[source.place(path)] = lines
    assert long == {}


def test_functions_and_classes_are_short() -> None:
    long = {}
    for path, node in source.definitions():
        lines = (node.end_lineno or 0) - node.lineno + 1
        if lines > (CLASS_LINES if isinstance(node, ast.ClassDef) else FUNCTION_LINES):
            long[f"{source.place(path)}:{node.lineno} {node.name}"] = lines
    assert long == {}


def test_nothing_is_left_for_later() -> None:
    marked = [
        f"{source.place(path)}:{number}"
        for path in [*source.files(), *source.documents()]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if MARKERS.search(line)
    ]
    assert marked == []


def test_documents_name_no_place_of_one_machine() -> None:
    named = [
        f"{source.place(path)}: {found.group()}"
        for path in source.documents()
        for found in MACHINE_PATH.finditer(path.read_text(encoding="utf-8"))
    ]
    assert named == []


def test_tests_are_flat_functions() -> None:
    classes = [
        f"{source.place(path)}:{node.lineno} {node.name}"
        for path in source.files()
        if path.name.startswith("test_") and path.suffix == ".py"
        for node in source.tree(path).body
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test")
    ]
    assert classes == []


def test_no_app_escapes_the_contracts_of_imports() -> None:
    contracts = source.contracts()
    assert sorted(source.rooms()) == source.app_names()
    files = contracts["importlinter:contract:files"]["containers"].split()
    assert sorted(files) == [f"apps.{app}" for app in source.app_names() if app != "core"]
    with_tables = [app for app in source.app_names() if list(apps.get_app_config(app).get_models())]
    kept = [name.partition("tables_of_")[2] for name in contracts.sections() if "tables_of_" in name]
    assert sorted(kept) == with_tables
