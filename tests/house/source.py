"""The source as the house's tests see it: which files there are, and their syntax trees."""

import ast
from collections.abc import Iterator
from configparser import ConfigParser
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
APPS = ROOT / "apps"
CODE = ("apps", "benchmarks", "local", "pam", "sandbox", "static", "templates", "tests", "verifier")
LANGUAGES = {".css", ".html", ".js", ".py", ".sql"}
LIBRARIES = "vendor"


@cache
def app_names() -> list[str]:
    """Return the apps of the house, in the order of the alphabet."""
    return sorted(path.parent.name for path in APPS.glob("*/__init__.py"))


@cache
def files() -> list[Path]:
    """Return every file that people wrote in a programming language, migrations' Python left out."""
    found = list(ROOT.glob("*.py"))
    for folder in CODE:
        found += [path for path in (ROOT / folder).rglob("*") if path.suffix in LANGUAGES]
    return sorted(path for path in found if not is_generated(path))


def is_generated(path: Path) -> bool:
    """Tell whether a file is written by a program, or by somebody else."""
    return LIBRARIES in path.parts or (path.parent.name == "migrations" and path.suffix == ".py")


def documents() -> list[Path]:
    """Return every page of prose."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def is_test(path: Path) -> bool:
    """Tell whether a file belongs to tests."""
    return "tests" in path.parts or path.name == "conftest.py"


def place(path: Path) -> str:
    """Return a file's path as messages show it."""
    return str(path.relative_to(ROOT))


@cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def in_python() -> list[Path]:
    """Return every Python file."""
    return [path for path in files() if path.suffix == ".py"]


@cache
def python(*, tests: bool = False) -> list[Path]:
    """Return the Python files of the apps: the product's, or their tests'."""
    written = [path for path in in_python() if APPS in path.parents]
    return [path for path in written if is_test(path) == tests and path != APPS / "__init__.py"]


Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def definitions(paths: list[Path] | None = None) -> Iterator[tuple[Path, Definition]]:
    """Yield every function, method and class, of all files unless said."""
    for path in paths or in_python():
        for node in ast.walk(tree(path)):
            if isinstance(node, Definition):
                yield path, node


def layer_of(path: Path) -> str:
    """Return which file of its app a file belongs to: `apps/games/services/playing.py` to "services"."""
    return path.relative_to(APPS).parts[1].removesuffix(".py")


def app_of(path: Path) -> str:
    """Return the app of a file."""
    return path.relative_to(APPS).parts[0]


@cache
def contracts() -> ConfigParser:
    """Return the contracts of imports."""
    parser = ConfigParser()
    parser.read(ROOT / ".importlinter", encoding="utf-8")
    return parser


def rooms() -> list[str]:
    """Return the apps from top to bottom, as the contract of imports has them."""
    lines = contracts()["importlinter:contract:rooms"]["layers"].split()
    return [line.removeprefix("apps.") for line in lines if line.startswith("apps.")]
