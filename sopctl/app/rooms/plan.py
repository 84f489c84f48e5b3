"""What a new room writes: new files, and files with one line more. Nothing is written here."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sopctl.app.rooms import naming, tables, texts
from sopctl.app.rooms.naming import Kind, Room
from sopctl.core.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """*fresh*: text by path of files that must not be there yet; *changed*: of those that are."""

    fresh: Mapping[Path, str]
    changed: Mapping[Path, str]
    then: tuple[str, ...]  # commands to go on with


def plan(room: Room, folder: Path) -> Writing:
    """What *room* needs in *folder*: our checkout, or a package of somebody's own."""
    return _ours(room, folder) if is_checkout(folder) else _theirs(room, folder)


def is_checkout(folder: Path) -> bool:
    """Whether *folder* is a checkout of sopctl itself."""
    catalog = folder / "sopctl" / "actions" / "catalog.py"
    return catalog.is_file() and _project(folder / "pyproject.toml").get("name") == "sopctl"


def _ours(room: Room, folder: Path) -> Writing:
    naming.refuse_for_us(room)
    home = Path(f"{room.kind}s", room.provider)
    module = ".".join(("sopctl", *home.parts, room.own_stem))
    test = folder / "tests" / home / f"test_{room.own_stem}.py"
    catalog = folder / "sopctl" / f"{room.kind}s" / "catalog.py"
    changed = {catalog: tables.catalog(_text(catalog), room)}
    if room.kind is Kind.ACTION:
        project = folder / "pyproject.toml"
        rows = folder / "docs" / "reference" / "mitigations.yaml"
        changed[project] = tables.independence(_text(project), room)
        changed[rows] = tables.mitigations(_text(rows), room)
    fresh = {
        folder / "sopctl" / home / f"{room.own_stem}.py": texts.room_text(room),
        test: texts.test_text(room, module),
    }
    run = f".venv/bin/pytest {test.relative_to(folder)} tests/house"
    return Writing(fresh=fresh, changed=changed, then=(run, "make docs"))


def _theirs(room: Room, folder: Path) -> Writing:
    naming.refuse_for_strangers(room)
    project = folder / "pyproject.toml"
    name = str(_project(project).get("name") or folder.name)
    package = naming.package(name)
    home = folder / package if (folder / package).is_dir() else folder / "src" / package
    module = f"{package}.{room.stem}"
    fresh = {
        home / f"{room.stem}.py": texts.room_text(room),
        folder / "tests" / f"test_{room.stem}.py": texts.test_text(room, module),
    }
    if not (home / "__init__.py").exists():
        fresh[home / "__init__.py"] = '"""Actions and checks for sopctl."""\n'
        fresh[home / "py.typed"] = ""
    changed = {}
    if project.exists():
        changed[project] = tables.entry_point(_text(project), room, module)
    else:
        text = texts.project_text(re.sub(r"[^a-z0-9]+", "-", package), package)
        fresh[project] = tables.entry_point(text, room, module)
    then = ("pip install -e '.[dev]'", "pytest", f"sopctl {room.kind} show {room.id}")
    return Writing(fresh=fresh, changed=changed, then=then)


def _project(path: Path) -> Mapping[str, object]:
    if not path.exists():
        return {}
    try:
        found = tomllib.loads(_text(path)).get("project", {})
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is no TOML: {error}", hint="Mend it first.") from error
    return found if isinstance(found, Mapping) else {}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read", hint="Check that it is UTF-8.") from error


def write(writing: Writing) -> None:
    """Write it all, or nothing; raises UsageError, and never writes over a file that is there."""
    for path in writing.fresh:
        if path.exists():
            raise UsageError(f"{path} exists already", hint="Choose another name.")
    for path in (*writing.fresh, *writing.changed):
        if not path.exists():
            _make(path.parent)
    done: list[Path] = []
    try:
        for path, text in writing.fresh.items():
            with path.open("x", encoding="utf-8") as stream:
                done.append(path)
                stream.write(text)
        for path, text in writing.changed.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        for path in done:
            path.unlink(missing_ok=True)
        raise UsageError(f"{path} cannot be written", hint="Check the directory.") from error


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made", hint="Check the directory.") from error
