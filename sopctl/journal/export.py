"""A run's journal as JSON lines: the one export that loses nothing and can come back in.

The first line is the head with the digest of what the run was created as, every other line a
record with its hash, all in canonical JSON: two exports of one run are equal byte by byte.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

from sopctl.core.codec import Json, canonical, decode, encode
from sopctl.core.errors import AuditBrokenError
from sopctl.core.journal import Head, Record
from sopctl.journal.arrivals import sound
from sopctl.journal.ledger import identity

FORMAT: Final = "sopctl.journal/1"

_HINT = "Get another copy of the export; this one is not what was written."
T = TypeVar("T", Head, Record)


def to_jsonl(head: Head, records: Iterable[Record]) -> Iterator[str]:
    """The lines of the export, each without its line end."""
    yield _line({"format": FORMAT, "head": encode(head), "identity": identity(head)})
    for record in records:
        yield _line(encode(record))


def from_jsonl(lines: Iterable[str]) -> tuple[Head, tuple[Record, ...]]:
    """The run that *lines* are an export of, verified from the first record to the head.

    Raises AuditBrokenError, naming the line or the record, if it is not what was exported.
    """
    numbered = enumerate((line.rstrip("\r\n") for line in lines), start=1)
    number, first = next(numbered, (1, ""))
    head = _head(number, first)
    records = tuple(_record(number, line) for number, line in numbered)
    sound(head, records)
    return head, records


def from_text(text: str) -> tuple[Head, tuple[Record, ...]]:
    """The run in the *text* of a file; only a line feed ends a line. Raises as ``from_jsonl``.

    ``str.splitlines`` also splits at characters that canonical JSON writes as they are.
    """
    return from_jsonl(text.removesuffix("\n").split("\n"))


def _line(value: Json) -> str:
    return canonical(value).decode()


def _head(number: int, line: str) -> Head:
    if f'"format":"{FORMAT}"' not in line:
        raise AuditBrokenError(
            f"this is not an exported run: line {number} is not the head of one",
            hint="Give a file that `sopctl audit export RUN --format jsonl` wrote.",
        )
    data = _mapping(number, line)
    head = _decoded(Head, number, data.get("head"))
    if data != {"format": FORMAT, "head": encode(head), "identity": identity(head)}:
        raise AuditBrokenError(f"line {number}: the head was edited", hint=_HINT)
    return head


def _record(number: int, line: str) -> Record:
    return _decoded(Record, number, _mapping(number, line))


def _mapping(number: int, line: str) -> dict[str, Json]:
    try:
        data = json.loads(line)
        if isinstance(data, dict) and _line(data) == line:
            return data
    except (ValueError, RecursionError):
        pass
    raise AuditBrokenError(f"line {number} is not canonical JSON", hint=_HINT)


def _decoded(kind: type[T], number: int, data: Json) -> T:
    try:
        return decode(kind, data)
    except (TypeError, ValueError) as error:
        raise AuditBrokenError(f"line {number}: {error}", hint=_HINT) from error
