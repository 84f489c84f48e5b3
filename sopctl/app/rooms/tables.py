"""One more line in the tables that name rooms: texts in, texts out.

Each raises UsageError if the table is not where it used to be: then the line is for a person.
"""

from __future__ import annotations

import re
import tomllib
from typing import Final

from sopctl.app.rooms.naming import Room
from sopctl.core.errors import UsageError

_LINE: Final = 100  # characters


def catalog(text: str, room: Room) -> str:
    """The catalog with the import and the entry of *room*, in order."""
    text = _imported(text, f"from sopctl.{room.kind}s.{room.provider} import", room.own_stem)
    table = re.compile(r"^CATALOG: .* = \{\n(.*?)^\}$", re.MULTILINE | re.DOTALL)
    line = f'    "{room.id}": {room.own_stem}.{room.constant},'
    return _with_line(text, table, line, "catalog.py")


def _imported(text: str, start: str, name: str) -> str:
    """One name more in an import, on one line as long as it fits."""
    on_one = re.compile(rf"^{re.escape(start)} ([a-z0-9_, ]+)$", re.MULTILINE)
    if found := on_one.search(text):
        names = sorted({*found[1].split(", "), name})
        line = f"{start} {', '.join(names)}"
        if len(line) > _LINE:
            line = "\n".join((f"{start} (", *(f"    {each}," for each in names), ")"))
        return text[: found.start()] + line + text[found.end() :]
    block = re.compile(rf"^{re.escape(start)} \(\n(.*?)^\)$", re.MULTILINE | re.DOTALL)
    return _with_line(text, block, f"    {name},", "catalog.py")


def independence(text: str, room: Room) -> str:
    """pyproject.toml with the module of an action among those that do not know each other."""
    block = re.compile(r'^id = "rooms"\n.*?^modules = \[\n(.*?)^\]$', re.MULTILINE | re.DOTALL)
    line = f'  "sopctl.actions.{room.provider}.{room.own_stem}",'
    return _with_line(text, block, line, "pyproject.toml")


def mitigations(text: str, room: Room) -> str:
    """The table of mitigations with a row to be filled in, at its end."""
    end = "" if text.endswith("\n") else "\n"
    return f"{text}{end}    - {{what: Say what {room.id} is for, by: [{room.id}]}}\n"


def entry_point(text: str, room: Room, module: str) -> str:
    """The pyproject.toml of a package that adds *room*; raises UsageError if that fails."""
    header, line = (
        f'[project.entry-points."{room.group}"]',
        f'"{room.id}" = "{module}:{room.constant}"',
    )
    if header in text.splitlines():
        text = text.replace(f"{header}\n", f"{header}\n{line}\n", 1)
    else:
        text = f"{text.rstrip()}\n\n{header}\n{line}\n"
    try:
        found = tomllib.loads(text)["project"]["entry-points"][room.group][room.id]
    except (tomllib.TOMLDecodeError, KeyError, TypeError):
        found = ""
    if found != f"{module}:{room.constant}":
        raise UsageError(
            "pyproject.toml cannot be given an entry point",
            hint=f"Is it one of a [project]? Add {line} to {header} by hand.",
        )
    return text


def _with_line(text: str, block: re.Pattern[str], line: str, where: str) -> str:
    found = block.search(text)
    if found is None:
        raise UsageError(
            f"the table in {where} is not where it used to be",
            hint=f"Add {line.strip()} to it by hand, and write the files of the room yourself.",
        )
    lines = sorted({*found[1].splitlines(), line})
    return text[: found.start(1)] + "\n".join(lines) + "\n" + text[found.end(1) :]
