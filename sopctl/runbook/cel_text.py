"""What can be known of expressions by reading their text alone, without the CEL library."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sopctl.core.codec import Json

ROOTS: Final = frozenset({"params", "facts", "steps", "gates"})
"""The names an expression can start from."""

# Source: the lexis in https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax
_TOKEN = re.compile(
    r'''
    (?P<string> (?:[bB]?[rR]|[rR][bB])
        (?: """.*?""" | \'\'\'.*?\'\'\' | "[^"\n]*" | '[^'\n]*' )
      | [bB]?
        (?: """(?:\\.|[^\\])*?""" | \'\'\'(?:\\.|[^\\])*?\'\'\'
          | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' ) )
    | (?P<comment> //[^\n]* )
    | (?P<name> [A-Za-z_][A-Za-z0-9_]* | `[^`\n]*` )
    | (?P<number> [0-9][A-Za-z0-9_]* )
    | (?P<space> \s+ )
    | (?P<other> . )
    ''',
    re.VERBOSE | re.DOTALL,
)
_QUOTES = re.compile(r"""^[bBrR]*("{3}|'{3}|"|')(?P<text>.*)\1$""", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Hole:
    """An expression inside ``${{ }}``; *offset* is where its source starts in the text."""

    source: str
    offset: int


class TextError(ValueError):
    """A text with a hole that does not end; *offset* is where it starts."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


def split(text: str) -> tuple[str | Hole, ...]:
    """*text* as literal pieces and holes, in order; raises TextError.

    A ``}}`` inside a string or a map of the expression does not end it.
    """
    pieces: list[str | Hole] = []
    at = 0
    while (start := text.find("${{", at)) >= 0:
        end = _end_of_hole(text, start + 3)
        if start > at:
            pieces.append(text[at:start])
        source = text[start + 3 : end]
        pieces.append(Hole(source.strip(), start + 3 + len(source) - len(source.lstrip())))
        at = end + 2
    if at < len(text) or not pieces:
        pieces.append(text[at:])
    return tuple(pieces)


def _end_of_hole(text: str, start: int) -> int:
    depth = 0
    for token in _TOKEN.finditer(text, start):
        char = token.group()
        if token.lastgroup == "comment" and not depth and "}}" in char:
            return token.start() + char.index("}}")
        if char == "{":
            depth += 1
        elif char == "}" and depth:
            depth -= 1
        elif char == "}" and text.startswith("}}", token.start()):
            return token.start()
    raise TextError("${{ without its }}", start - 3)


def references(source: str) -> frozenset[str]:
    """What the expression looks at: ``params.zone``, ``facts.autoscaler``, ``steps.drain``.

    Two levels; ``steps['drain'].outcome`` counts as ``steps.drain``. A root without a name that
    can be read off the text stands for itself: ``facts``.
    """
    tokens = [
        (token.lastgroup or "", token.group())
        for token in _TOKEN.finditer(source)
        if token.lastgroup not in {"space", "comment"}
    ]
    return frozenset(_references(tokens))


def _references(tokens: list[tuple[str, str]]) -> Iterator[str]:
    end = ("", "")
    padded = [end, *tokens, end, end]
    windows = zip(padded, padded[1:], padded[2:], padded[3:], strict=False)
    for before, (kind, name), (_, link), (next_kind, next_text) in windows:
        if kind != "name" or name not in ROOTS or before[1] == ".":
            continue
        if link == "." and next_kind == "name":
            yield f"{name}.{next_text.strip('`')}"
        elif link == "[" and next_kind == "string" and (quoted := _QUOTES.match(next_text)):
            yield f"{name}.{quoted['text']}"
        else:
            yield name


def holes(value: Json) -> Iterator[Hole]:
    """Every hole in the texts of *value*, however deep; raises TextError."""
    if isinstance(value, str):
        yield from (piece for piece in split(value) if isinstance(piece, Hole))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from holes(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from holes(item)
