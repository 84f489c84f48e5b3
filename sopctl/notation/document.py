"""What was read from a file, and where each piece of it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from sopctl.core.codec import Json
from sopctl.core.errors import Problem

Path: TypeAlias = tuple[str | int, ...]
"""Where in the data: keys of mappings and 0-based indexes of lists."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line and a column, both from 1; a column counts characters."""

    line: int
    column: int


@dataclass(slots=True)
class Document:
    """The data of a file and where each piece stands.

    *values*, *keys* and *texts* say where a value, its key, and the characters of a scalar start
    (a scalar of several lines, or with escapes, has no entry in *texts*). *spoilt* are the paths
    whose value had to be left out: whoever looks at the data should not complain about them again.
    *data* is None if *fatal*: the file could not be read to its end.
    """

    file: str
    data: Json = None
    problems: list[Problem] = field(default_factory=list)
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    texts: dict[Path, Place] = field(default_factory=dict)
    spoilt: set[Path] = field(default_factory=set)
    fatal: bool = False

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Where *path* is, or the nearest thing around it that is anywhere."""
        for end in range(len(path), -1, -1):
            table: Mapping[Path, Place] = self.keys if key and end == len(path) else self.values
            if (found := table.get(path[:end])) is not None:
                return found
        return Place(1, 1)

    def report(self, place: Place, summary: str, hint: str = "") -> None:
        self.problems.append(
            Problem(
                file=self.file, line=place.line, column=place.column, summary=summary, hint=hint
            )
        )

    def is_spoilt(self, path: Path) -> bool:
        return any(path[:end] in self.spoilt for end in range(len(path) + 1))
