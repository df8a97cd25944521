"""What stands in the code of the apps: exact money, few who lock, SQL without values, one door for acts."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house import source
from tests.test_repeats import ACTS

# Where amounts are counted: no fraction of a binary number, ever.
MONEY = (
    "apps/core/money.py", "apps/games/rules.py", "apps/games/selectors.py", "apps/games/services/",
    "apps/games/stake/", "apps/reports/", "apps/responsible_gaming/", "apps/wallet/",
)  # fmt: skip
# Who takes row locks. Everybody else is called under the lane.
LOCKERS = {
    "apps/accounts/services.py",
    "apps/accounts/stake.py",
    "apps/backoffice/services.py",
    "apps/cases/services.py",
    "apps/wallet/services.py",
}
ROW_LOCK = re.compile(r"\bFOR\s+(NO\s+KEY\s+)?UPDATE\b")
SQL = re.compile(
    r"^\s*(SELECT|INSERT\s+INTO|UPDATE|DELETE\s+FROM|WITH|ALTER|CREATE|DROP|TRUNCATE)\s", re.IGNORECASE
)
# The stake path's statements are put together from the fragments of several apps.
COMPOSERS = ("stake.py", "stake/facts.py", "stake/rows.py")
INTERFACE = {"admin", "api", "management", "resources", "tasks"}
WRITES = {"bulk_create", "bulk_update", "create", "delete", "get_or_create", "save", "update_or_create"}


def nodes(paths: list[Path]) -> Iterator[tuple[str, ast.AST]]:
    """Yield every node of some files, with where it stands."""
    for path in paths:
        for node in ast.walk(source.tree(path)):
            yield f"{source.place(path)}:{getattr(node, 'lineno', 0)}", node


def money_files() -> list[Path]:
    return [path for path in source.python() if source.place(path).startswith(MONEY)]


def test_money_is_never_a_float() -> None:
    floats = [
        where
        for where, node in nodes(money_files())
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
        or (isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div))
    ]
    assert floats == []


def test_rows_are_locked_in_few_places() -> None:
    lockers = {
        where.partition(":")[0]
        for where, node in nodes(source.python())
        if (isinstance(node, ast.Attribute) and node.attr == "select_for_update")
        or (isinstance(node, ast.Constant) and isinstance(node.value, str) and ROW_LOCK.search(node.value))
    }
    assert lockers <= LOCKERS


def is_sql(node: ast.AST) -> bool:
    """Tell whether a node is a text, or a text with holes, that begins like a statement."""
    first = node.values[0] if isinstance(node, ast.JoinedStr) and node.values else node
    return isinstance(first, ast.Constant) and isinstance(first.value, str) and bool(SQL.match(first.value))


def test_no_value_gets_into_the_text_of_a_statement() -> None:
    filled = []
    for path, function in source.definitions(source.python()):
        if not isinstance(function, ast.ClassDef) and not source.place(path).endswith(COMPOSERS):
            filled += [
                f"{source.place(path)}:{node.lineno}" for node in ast.walk(function) if is_filled(node)
            ]
    assert filled == []


def is_filled(node: ast.AST) -> bool:
    """Tell whether a node writes a value into SQL, by an f-string, `%`, `+` or `format`."""
    if isinstance(node, ast.JoinedStr):
        holes = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
        return is_sql(node) and not all(is_constant(hole) for hole in holes)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Mod | ast.Add) and is_sql(node.left)
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and is_formatted(node.func)


def is_formatted(function: ast.Attribute) -> bool:
    return function.attr == "format" and is_sql(function.value)


def is_constant(node: ast.AST) -> bool:
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name.isupper()


def test_the_interface_writes_no_rows() -> None:
    writes = [
        where
        for where, node in nodes([path for path in source.python() if source.layer_of(path) in INTERFACE])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES
    ]
    assert writes == []


def operations() -> Iterator[tuple[str, ast.FunctionDef, str]]:
    """Yield every service that is an operation: where it stands, its definition and its kind."""
    for path, node in source.definitions(source.python()):
        for decorator in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
            if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "operation":
                assert isinstance(node, ast.FunctionDef)
                yield (
                    f"{source.place(path)}:{node.lineno} {node.name}",
                    node,
                    ast.literal_eval(decorator.args[0]),
                )


def test_an_operation_takes_keywords_and_its_own_id_first() -> None:
    wrong = [
        where
        for where, node, _ in operations()
        if node.args.args or not node.args.kwonlyargs or node.args.kwonlyargs[0].arg != "operation_id"
    ]
    assert wrong == []


def test_every_operation_is_named_after_its_app_and_for_ever() -> None:
    kinds = [(where, kind) for where, _, kind in operations()]
    assert [where for where, kind in kinds if not where.startswith(f"apps/{kind.partition('.')[0]}/")] == []
    assert len({kind for _, kind in kinds}) == len(kinds)


def test_every_operation_is_asked_for_by_several_threads_at_once() -> None:
    races = [path for path in source.python(tests=True) if path.name == "test_races.py"]
    raced = {node.attr for _, node in nodes(races) if isinstance(node, ast.Attribute)}
    raced |= {node.id for _, node in nodes(races) if isinstance(node, ast.Name)}
    calm = [where for where, node, kind in operations() if kind not in ACTS and node.name not in raced]
    assert calm == [], "add it to tests/test_repeats.py"


def test_a_public_act_names_every_refusal_that_it_raises() -> None:
    silent = []
    acts = [path for path in source.python() if source.layer_of(path) in ("services", "stake")]
    for path, node in source.definitions(acts):
        if not isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            told = ast.get_docstring(node) or ""
            silent += [
                f"{source.place(path)}:{node.lineno} {node.name} raises {name}"
                for name in raised(node)
                if name not in told
            ]
    assert silent == []


def raised(function: ast.AST) -> Iterator[str]:
    """Yield the names of the exceptions that a function raises itself."""
    for node in ast.walk(function):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            called = node.exc.func
            yield called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def test_nobody_catches_everything() -> None:
    broad = {
        where.partition(":")[0]
        for where, node in nodes(source.python())
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") in ("BaseException", "Exception"))
    }
    assert broad <= {"apps/core/runner.py"}
