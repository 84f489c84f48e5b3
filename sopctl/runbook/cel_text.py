"""What can be known of expressions by reading their text alone, without the CEL library."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sopctl.core.codec import Json

ROOTS: Final = frozenset({"params", "facts", "steps", "gates"})
"""The names an expression can start from."""

MAX_HOLES: Final = 200
"""How many expressions may stand in one text."""

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
# Source: the macros in langdef.md that take a name for each item of a list.
_LOOPS: Final = frozenset({"all", "exists", "exists_one", "map", "filter"})
_QUOTES = re.compile(r"""^[bBrR]*("{3}|'{3}|"|')(?P<text>.*)\1$""", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Hole:
    """An expression inside ``${{ }}``; *offset* is where its source starts in the text."""

    source: str
    offset: int


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an expression: string, comment, name, number, space or other, and where it is."""

    kind: str
    text: str
    start: int


class TextError(ValueError):
    """A text with a hole that does not end, or too many; *offset* is where that one starts."""

    def __init__(self, message: str, offset: int, hint: str = "Close it with }}.") -> None:
        super().__init__(message)
        self.offset = offset
        self.hint = hint


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
        if len(pieces) > 2 * MAX_HOLES:
            raise TextError(f"more than {MAX_HOLES} expressions", start, "Write less at once.")
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
    found = tokens(source)
    return frozenset(reference(found, at) for at in roots(found))


def tokens(source: str, *, spaces: bool = False) -> tuple[Token, ...]:
    """The pieces of *source* that mean something; *spaces*: all, so that they make it up again."""
    every = (
        Token(one.lastgroup or "", one.group(), one.start()) for one in _TOKEN.finditer(source)
    )
    return tuple(one for one in every if spaces or one.kind not in {"space", "comment"})


def roots(found: Sequence[Token]) -> Iterator[int]:
    """The indexes of the tokens from which a parameter, a fact, a step or a gate is reached."""
    for at, token in enumerate(found):
        selected = at > 0 and found[at - 1].text == "."
        if token.kind == "name" and token.text in ROOTS and not selected:
            yield at


def reference(found: Sequence[Token], at: int) -> str:
    """What the root at the index *at* leads to: ``params.zone``, or ``params`` if that is open."""
    root, link, after = found[at].text, _at(found, at + 1), _at(found, at + 2)
    if link.text == "." and after.kind == "name":
        return f"{root}.{after.text.strip('`')}"
    if link.text == "[" and after.kind == "string" and (quoted := _QUOTES.match(after.text)):
        return f"{root}.{quoted['text']}"
    return root


def _at(found: Sequence[Token], at: int) -> Token:
    """The token at the index *at*, or an empty one outside of the text."""
    return found[at] if 0 <= at < len(found) else Token("", "", 0)


def misleading(source: str) -> Iterator[tuple[str, int]]:
    """Names that look as if they started from a root but do not, or the other way; with offsets.

    A loop variable may be named like a root, and ``.params.zone`` starts from the root although a
    dot comes first: whoever reads the text, a person or references(), is misled.
    """
    found = tokens(source)
    for at, token in enumerate(found):
        is_name = token.text == "." and _at(found, at + 1).kind == "name"
        if is_name and not _is_operand(_at(found, at - 1)):
            yield "a name cannot start with a dot", token.start
        around = (_at(found, at - 3).text, _at(found, at - 1).text, _at(found, at + 1).text)
        is_loop = around == (".", "(", ",") and _at(found, at - 2).text in _LOOPS
        if is_loop and token.text in ROOTS:
            yield f"{token.text} cannot be the name of a loop variable", token.start


def _is_operand(token: Token) -> bool:
    return token.text in (")", "]", "}") or (
        token.kind in ("name", "string", "number") and token.text != "in"
    )


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
