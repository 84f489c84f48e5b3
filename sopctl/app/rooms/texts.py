"""The texts of a new room, from the skeletons beside this module."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from sopctl.app.rooms.naming import Room

_OURS: Final = "from sopctl."


def room_text(room: Room) -> str:
    return _filled(f"{room.kind}_{room.provider}.py.txt", room, module="")


def test_text(room: Room, module: str) -> str:
    """Its test; *module* is where the room can be imported from."""
    text = _filled(f"test_{room.kind}_{room.provider}.py.txt", room, module)
    return _sorted(text) if module.startswith("sopctl.") else text


def project_text(project: str, package: str) -> str:
    """A new pyproject.toml, without entry points yet."""
    text = _read("pyproject.toml.txt")
    return text.replace("@PROJECT@", project).replace("@PACKAGE@", package)


def _filled(name: str, room: Room, module: str) -> str:
    values = {
        "@ID@": room.id,
        "@STEM@": room.own_stem,
        "@DASHED@": f"sops.example/{room.stem.replace('_', '-')}",
        "@IMPORT@": module,
    }
    text = _read(name)
    for token, value in values.items():
        text = text.replace(token, value)
    return text


def _read(name: str) -> str:
    return (files("sopctl.app.rooms") / "skeletons" / name).read_text(encoding="utf-8")


def _sorted(text: str) -> str:
    """Where the room is ours, its import stands among our others."""
    lines = text.splitlines()
    ours = sorted(each for each in lines if each.startswith(_OURS))
    first = next(n for n, each in enumerate(lines) if each.startswith(_OURS))
    last = max(n for n, each in enumerate(lines) if each.startswith(_OURS))
    return "\n".join([*lines[:first], "", *ours, *lines[last + 1 :]]) + "\n"
