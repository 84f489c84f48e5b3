"""What the fuzzing campaign does to inputs: to texts, byte by byte, and to JSON, field by field.

Every mutation is drawn from dice, so that a case is its number and nothing else.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

Dice: TypeAlias = random.Random
Json: TypeAlias = Any  # what is mutated has no shape, on purpose

ODD: Final = (
    "\x00",
    "\x1b[31m",
    "\x1b]52;c;aGk=\x07",
    "\u202e",
    "\u2066",
    "\u200b",
    "\ufeff",
    "\u2028",
    "\x85",
    "\ud800",
    "\U0001f600",
    "e\u0301" * 40,
    "%s%n",
    "{0.__class__}",
    "${{ params }}",
    "${{",
    "{{ 7*7 }}",
    "[/red]",
    "<script>",
    "../../etc/passwd",
    "'",
    '"',
    "\\",
    "\t",
    "\r",
    "\n---\n",
    "!!python/object:os.system",
)
NUMBERS: Final = (
    "012345670123",
    "0o17",
    "0x1F",
    "22:22",
    "1_000",
    "1e400",
    "-1e400",
    ".inf",
    ".nan",
    "NaN",
    "-0",
    "1e-999",
    "9223372036854775808",
    "-9223372036854775809",
    "9" * 5000,
    "no",
    "~",
    "2026-11-30",
    "1.10",
    "99999999999h",
)
STRUCTURES: Final = (
    "&a",
    "*a",
    "<<: *a",
    "<<: {a: b}",
    "? [a]\n: b",
    "{",
    "}",
    "[",
    "]",
    "|",
    ">",
    "- ",
    ": ",
    "#",
    "%YAML 1.1",
    "a: &a [*a]",
    "!!binary aGk=",
    "{a: 1, a: 2}",
    "[[[[",
    "''",
    '""',
    "null",
    "@",
    "`",
    "0:",
)
BOMB: Final = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
)
VALUES: Final[tuple[Json, ...]] = (
    None,
    True,
    False,
    0,
    -1,
    2**63,
    10**400,
    1.5,
    1e308,
    "",
    "x",
    "\x1b[2J",
    "\u202e",
    "\ud800",
    "9" * 5000,
    [],
    {},
    [None],
    {"": None},
    [[]],
    {"a": {"b": []}},
    ["x", 1],
    "12Ki Mi",
    "2026-13-45T99:99:99Z",
)


def text(kind: str, dice: Dice, base: str, other: str) -> str:
    """*base* after one to four mutations of *kind*; *other* is another text of the corpus."""
    found = base
    for _ in range(dice.choice([1, 1, 2, 4])):
        found = TEXT[kind](dice, found, other)
    return found


def json(kind: str, dice: Dice, base: Json) -> Json:
    """A copy of *base* after one to four mutations of *kind*."""
    root = [copy.deepcopy(base)]
    for _ in range(dice.choice([1, 1, 2, 4])):
        places = list(_places(root))
        holder, key = dice.choice(places)
        JSON[kind](dice, holder, key)
        if not root:
            root.append(None)
    return root[0]


def _put(dice: Dice, base: str, piece: str) -> str:
    at = dice.randrange(len(base) + 1)
    return base[:at] + piece + base[at:]


EVEN, A_THIRD, MOSTLY = 0.5, 0.3, 0.8  # how often the first of two is taken


def _flip(dice: Dice, base: str, _other: str) -> str:
    at = dice.randrange(len(base) + 1)
    return base[:at] + chr(dice.randrange(256)) + base[at + dice.choice([0, 1, 1, 3]) :]


def _cut(dice: Dice, base: str, _other: str) -> str:
    first, last = sorted(dice.randrange(len(base) + 1) for _ in range(2))
    return base[:first] if dice.random() < A_THIRD else base[:first] + base[last:]


def _splice(dice: Dice, base: str, other: str) -> str:
    return base[: dice.randrange(len(base) + 1)] + other[dice.randrange(len(other) + 1) :]


def _lines(dice: Dice, base: str, _other: str) -> str:
    """Copied, moved or indented: keys that are there twice, and blocks in the wrong place."""
    rows = base.splitlines(keepends=True) or [""]
    at, to = dice.randrange(len(rows)), dice.randrange(len(rows))
    row = rows[at] if dice.random() < EVEN else rows.pop(at)
    rows.insert(to, dice.choice(["", "", "  ", "    "]) + row)
    return "".join(rows)


def _odd(dice: Dice, base: str, _other: str) -> str:
    return _put(dice, base, dice.choice(ODD))


def _number(dice: Dice, base: str, _other: str) -> str:
    """A value of some line becomes something that looks like a number."""
    return _value(dice, base, dice.choice(NUMBERS))


def _structure(dice: Dice, base: str, _other: str) -> str:
    piece = dice.choice(STRUCTURES)
    return _put(dice, base, piece) if dice.random() < EVEN else _value(dice, base, piece)


def _deep(dice: Dice, base: str, _other: str) -> str:
    deep = dice.choice([30, 33, 200, 5000, 60_000])
    opening, closing = dice.choice([("[", "]"), ("{a: ", "}"), ("(", ")"), ("- ", ""), ("!", "")])
    nest = opening * deep + closing * dice.choice([0, deep])
    return _value(dice, base, nest) if dice.random() < MOSTLY else nest


def _huge(dice: Dice, base: str, _other: str) -> str:
    piece = dice.choice(["x", "9", " ", "\n", "a: b\n", "- a\n", "é", "\\", '"', "1+", "${{ 1 }}"])
    return _value(dice, base, piece * dice.choice([1000, 40_000, 300_000]))


def _bomb(dice: Dice, base: str, _other: str) -> str:
    return dice.choice([BOMB + base, base + "\n" + BOMB, BOMB, _value(dice, base, "&a [*a, *a]")])


def _value(dice: Dice, base: str, piece: str) -> str:
    rows = base.splitlines(keepends=True) or [""]
    at = dice.randrange(len(rows))
    head, colon, _ = rows[at].partition(": ")
    rows[at] = f"{head}: {piece}\n" if colon else _put(dice, rows[at], piece)
    return "".join(rows)


def _places(value: Json) -> Iterator[tuple[Json, Json]]:
    """Every (holder, key) below *value*, without recursion."""
    todo = [value]
    while todo:
        holder = todo.pop()
        keys = list(holder) if isinstance(holder, Mapping) else range(len(holder))
        for key in keys:
            yield holder, key
            if isinstance(holder[key], dict | list):
                todo.append(holder[key])


def _drop(_dice: Dice, holder: Json, key: Json) -> None:
    del holder[key]


def _retype(dice: Dice, holder: Json, key: Json) -> None:
    holder[key] = copy.deepcopy(dice.choice(VALUES))


def _wrap(dice: Dice, holder: Json, key: Json) -> None:
    """The value, in a list or mapping more; or a list of it where there was one."""
    found = holder[key]
    holder[key] = dice.choice([[found], {"x": found}, [found] * 3, str(found)])


def _nest(dice: Dice, holder: Json, key: Json) -> None:
    for _ in range(dice.choice([5, 50, 150])):
        holder[key] = {"a": holder[key]} if dice.random() < EVEN else [holder[key]]


def _rename(dice: Dice, holder: Json, key: Json) -> None:
    new = dice.choice([*ODD[:10], "x", "", "name", "kind"])
    if isinstance(holder, dict):
        holder[new] = holder.pop(key)
    else:
        holder[key] = new


def _swell(dice: Dice, holder: Json, key: Json) -> None:
    holder[key] = dice.choice(
        ["x" * 200_000, "9" * 5000, [0] * 10_000, {str(n): n for n in range(2000)}]
    )


def _oddly(dice: Dice, holder: Json, key: Json) -> None:
    holder[key] = f"{holder[key]!s:.40}{dice.choice(ODD)}"


TEXT: Final[Mapping[str, Callable[[Dice, str, str], str]]] = {
    "flip": _flip,
    "cut": _cut,
    "splice": _splice,
    "lines": _lines,
    "odd": _odd,
    "number": _number,
    "structure": _structure,
    "deep": _deep,
    "huge": _huge,
    "bomb": _bomb,
}
JSON: Final[Mapping[str, Callable[[Dice, Json, Json], None]]] = {
    "drop": _drop,
    "retype": _retype,
    "wrap": _wrap,
    "nest": _nest,
    "rename": _rename,
    "swell": _swell,
    "oddly": _oddly,
}
