"""House rules that no linter knows; each failure says which rule, and where."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(p for p in (ROOT / "sopctl").rglob("*.py") if p.name != "__init__.py")
PACKAGES = sorted((ROOT / "sopctl").rglob("__init__.py"))
ROOMS = [
    p
    for p in MODULES
    if p.parent.parent.name in ("actions", "checks") and not p.name.endswith("_rules.py")
]
LINES, FUNCTION = 300, 40
VAGUE = ("util", "helper", "common", "manager", "misc")


def name_of(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_and_functions_stay_small(path):
    source = path.read_text()
    assert len(source.splitlines()) <= LINES, f"{name_of(path)} is too long: split it by subject"

    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < FUNCTION, f"{node.name} is too long"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_names_say_what_is_inside(path):
    assert not any(word in path.stem for word in VAGUE)


@pytest.mark.parametrize("path", PACKAGES, ids=name_of)
def test_every_package_has_a_door_sign_and_nothing_else(path):
    body = ast.parse(path.read_text()).body
    assert body, f"{name_of(path)} has no docstring"
    assert isinstance(body[0], ast.Expr)
    allowed = (ast.Assign, ast.ImportFrom) if path.parent.name == "sopctl" else ()
    assert all(isinstance(node, allowed) for node in body[1:])


@pytest.mark.parametrize("path", ROOMS, ids=name_of)
def test_every_room_is_in_its_catalog_and_has_a_test(path):
    module = importlib.import_module(name_of(path).removesuffix(".py").replace("/", "."))
    kind = path.parent.parent.name
    catalog = importlib.import_module(f"sopctl.{kind}.catalog").CATALOG
    if not hasattr(module, "ACTION") and not hasattr(module, "CHECK"):
        return  # a second file of a room, used by one that is listed
    room = module.ACTION if kind == "actions" else module.CHECK

    assert room in catalog.values(), f"add {room.id} to sopctl/{kind}/catalog.py"
    assert (ROOT / "tests" / kind / path.parent.name / f"test_{path.name}").exists()


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_starting_up_loads_no_sdk(option):
    """A command that touches nothing must not pay for what it does not touch."""
    program = (
        "import sys, runpy\n"
        f"sys.argv = ['sopctl', {option!r}]\n"
        "try:\n    runpy.run_module('sopctl', run_name='__main__')\n"
        "except SystemExit:\n    pass\n"
        "heavy = {'boto3', 'botocore', 'kubernetes', 'moto', 'pydantic', 'cel_expr_python',"
        " 'questionary', 'flask', 'hypothesis'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stderr.strip().splitlines()[-1] == "[]"
    assert done.stdout.strip()
