"""Fields of items in lists of facts, which the library knows no types for.

``facts.groups.exists(g, g.sopt)`` compiles, because an item is a map of anything. What the items
have is known all the same, so that the compiled form is gone over once more, with their fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sopctl.runbook import checked_ast
from sopctl.runbook.checked_ast import Field
from sopctl.runbook.shapes import Shape

Node: TypeAlias = Sequence[Field]
Scope: TypeAlias = Mapping[str, Shape]

# The fields of Expr, and of the messages in it, in syntax.proto (see checked_ast).
_ID, _IDENT, _SELECT, _CALL, _LIST, _STRUCT, _COMPREHENSION = 2, 4, 5, 6, 7, 8, 9
_ARGUMENTS = 3  # in Call
_RANGE, _INIT, _CONDITION, _STEP, _RESULT = 2, 4, 5, 6, 7


@dataclass(frozen=True, slots=True)
class UnknownField:
    """A *name* that items do not have; they have *known*. *offset* into the source."""

    name: str
    known: tuple[str, ...]
    offset: int


def unknown(serialized: bytes, types: Mapping[str, Shape]) -> Iterator[UnknownField]:
    """The fields that the compiled expression reads of items, and that *types* do not have."""
    places = checked_ast.positions(serialized)
    root = checked_ast.fields(checked_ast.expression(serialized))
    for node, known in _unknown(tuple(root), types):
        name = _text(_inner(node, _SELECT), 2)
        yield UnknownField(name, known, places.get(_number(node, _ID), -1) + 1)


def _unknown(node: Node, scope: Scope) -> Iterator[tuple[Node, tuple[str, ...]]]:
    if select := _inner(node, _SELECT):
        shape = _shape(_inner(select, 1), scope)
        if isinstance(shape, Mapping) and _text(select, 2) not in shape:
            yield node, tuple(shape)
    if loop := _inner(node, _COMPREHENSION):
        yield from _unknown(_inner(loop, _RANGE), scope)
        inside = {**scope, _text(loop, 1): _item(_shape(_inner(loop, _RANGE), scope))}
        for part in (_INIT, _CONDITION, _STEP, _RESULT):
            yield from _unknown(_inner(loop, part), inside)
        return
    for child in _children(node):
        yield from _unknown(child, scope)


def _children(node: Node) -> Iterator[Node]:
    for kind, parts in ((_SELECT, (1,)), (_CALL, (1, 3)), (_LIST, (1,))):
        inner = _inner(node, kind)
        yield from (tuple(checked_ast.fields(one.data)) for one in inner if one.number in parts)
    for entry in _inner(node, _STRUCT):
        if entry.number == 2:  # noqa: PLR2004  # CreateStruct.entries
            pair = tuple(checked_ast.fields(entry.data))
            yield from (_inner(pair, number) for number in (3, 4))


def _shape(node: Node, scope: Scope) -> Shape:
    """What *node* is known to be; None if that is not known."""
    if ident := _inner(node, _IDENT):
        return _named(_text(ident, 1), scope)
    if select := _inner(node, _SELECT):
        shape = _shape(_inner(select, 1), scope)
        return shape.get(_text(select, 2)) if isinstance(shape, Mapping) else None
    if call := _inner(node, _CALL):
        return _item(_shape(_inner(call, 3), scope)) if _text(call, 2) == "_[_]" else None
    if loop := _inner(node, _COMPREHENSION):
        return _shape(_inner(loop, _RANGE), scope) if _is_filter(loop) else None
    return None


def _named(name: str, scope: Scope) -> Shape:
    """The shape of ``facts.groups``, or of a loop variable."""
    first, *rest = name.split(".")
    shape = scope.get(first)
    for part in rest:
        shape = shape.get(part) if isinstance(shape, Mapping) else None
    return shape


def _item(shape: Shape) -> Shape:
    if isinstance(shape, str) or not isinstance(shape, Sequence):
        return None
    return shape[0]


def _is_filter(loop: Node) -> bool:
    """Whether the items of the list that a loop makes are those of the list it goes over.

    filter() is ``condition ? accu + [item] : accu``; map() adds something else.
    """
    choice = _inner(loop, _STEP)
    if _text(_inner(choice, _CALL), 2) != "_?_:_":
        return False
    _, chosen, _ = _arguments(choice)
    item = _inner(_inner((_arguments(chosen) or [()])[-1], _LIST), 1)
    return _text(_inner(item, _IDENT), 1) == _text(loop, 1)


def _arguments(node: Node) -> list[Node]:
    """The arguments of a call."""
    call = _inner(node, _CALL)
    return [tuple(checked_ast.fields(one.data)) for one in call if one.number == _ARGUMENTS]


def _inner(node: Node, number: int) -> Node:
    """The message in the field *number*; empty if there is none."""
    data = next((field.data for field in node if field.number == number), b"")
    return tuple(checked_ast.fields(data))


def _text(node: Node, number: int) -> str:
    return next((field.data.decode() for field in node if field.number == number), "")


def _number(node: Node, number: int) -> int:
    return next((field.value for field in node if field.number == number), 0)
