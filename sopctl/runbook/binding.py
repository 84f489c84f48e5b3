"""Expressions of an included runbook, as they stand in the runbook that includes it.

What is given for a parameter becomes a part of the expression that names it: an expression in
brackets, or a literal. Text is only ever put between expressions that were written down; a value
that turns up during a run is never among it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sopctl.core.codec import Json
from sopctl.runbook import cel_text
from sopctl.runbook.cel_text import Hole, Token

_PATH: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
_NEEDS_NO_BRACKETS: Final = re.compile(r"[0-9]+|true|false")
# Not only what ends a string: a literal must not look like the start or the end of a hole either.
_ESCAPED: Final = frozenset('\\"${}')
_LAST_OF_FOUR_DIGITS: Final = 0xFFFF


class BindingError(ValueError):
    """An expression that cannot stand in another runbook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where a runbook is included: *prefix* of its ids, and the source of each parameter."""

    prefix: str
    values: Mapping[str, str]


def expression(source: str, scope: Scope) -> str:
    """*source* with parameters replaced and steps and gates renamed, without its comments.

    Raises BindingError if it looks at parameters, steps or gates other than by name.
    """
    return "".join(_rewritten(source, scope))


def data(value: Json, scope: Scope) -> Json:
    """*value* with every expression in its texts as expression() has it."""
    if isinstance(value, str):
        return text(value, scope)
    if isinstance(value, Mapping):
        return {key: data(item, scope) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [data(item, scope) for item in value]
    return value


def text(value: str, scope: Scope) -> str:
    """The text *value* with every expression in it as expression() has it."""
    pieces = cel_text.split(value)
    return "".join(
        f"${{{{ {expression(piece.source, scope)} }}}}" if isinstance(piece, Hole) else piece
        for piece in pieces
    )


def both(first: str, second: str) -> str:
    """The condition that both conditions hold; an empty one always does."""
    return f"{closed(first)} && {closed(second)}" if first and second else first or second


def literal(value: Json) -> str:
    """*value* (text, whole numbers, true, false, null, lists of them) as an expression."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{"".join(map(_escaped, value))}"'
    if isinstance(value, Sequence):
        return f"[{', '.join(map(literal, value))}]"
    assert isinstance(value, int), f"{value!r} is not a value of a parameter"
    return str(value)


def given(value: Json) -> str:
    """The expression for a value with expressions in it: one text that is a hole, or a list."""
    if isinstance(value, str):
        (piece,) = cel_text.split(value)
        return uncommented(piece.source) if isinstance(piece, Hole) else literal(value)
    assert isinstance(value, Sequence), f"{value!r} has no expressions"
    items = (item if isinstance(item, str) else repr(item) for item in value)  # a list of texts
    return f"[{', '.join(map(given, items))}]"


def uncommented(source: str) -> str:
    """*source* without its comments, which would reach beyond its end."""
    return "".join(_between(source, 0, len(source)))


def closed(source: str) -> str:
    """*source* so that it stays one value whatever stands beside it."""
    plain = _PATH.fullmatch(source) or _NEEDS_NO_BRACKETS.fullmatch(source)
    return source if plain or _is_literal(source) else f"({source})"


def _is_literal(source: str) -> bool:
    found = cel_text.tokens(source, spaces=True)
    return len(found) == 1 and found[0].kind == "string"


def _escaped(char: str) -> str:
    if char.isprintable() and char not in _ESCAPED:
        return char
    code = ord(char)
    return f"\\u{code:04x}" if code <= _LAST_OF_FOUR_DIGITS else f"\\U{code:08x}"


def _rewritten(source: str, scope: Scope) -> Iterator[str]:
    tokens = cel_text.tokens(source)
    at = 0
    for index in (root for root in cel_text.roots(tokens) if tokens[root].text != "facts"):
        yield from _between(source, at, tokens[index].start)
        reached, end = _reached(tokens, index)
        yield _replacement(reached, scope)
        at = end
    yield from _between(source, at, len(source))


def _between(source: str, start: int, end: int) -> Iterator[str]:
    for token in cel_text.tokens(source, spaces=True):
        if start <= token.start < end:
            yield "" if token.kind == "comment" else token.text


def _reached(tokens: Sequence[Token], index: int) -> tuple[str, int]:
    """What the root at *index* leads to, and where (in the source) the text that says so ends."""
    reached = cel_text.reference(tokens, index)
    root, dot, _ = reached.partition(".")
    last = index + 2
    if dot and tokens[index + 1].text == "[":
        last += 1
        dot = dot if last < len(tokens) and tokens[last].text == "]" else ""
    if not dot:
        raise BindingError(f"{root} can be looked at only by name, such as {root}.x")
    return reached, tokens[last].start + len(tokens[last].text)


def _replacement(reached: str, scope: Scope) -> str:
    root, _, name = reached.partition(".")
    if root != "params":
        return f"{root}[{literal(scope.prefix + name)}]"
    if name not in scope.values:
        raise BindingError(f"there is no parameter {name}")
    return scope.values[name]
