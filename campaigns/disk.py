"""A disk that loses power: what may lie on it after each of a program's calls.

What was synced is there. Of what was not yet, anything may be there: nothing, all, a beginning, a
part, parts of writes (by sectors of 512 bytes), later ones without earlier ones, a file that has
its size but not yet its data, and rubbish where a write was under way. Names are synced with their
directory; what happened to one name stays in order (as ext4 and XFS have it), different names not.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from campaigns.calls import Call, Did

SECTOR = 512
HALF = 0.5


class Loss(StrEnum):
    """What became of what was not synced."""

    NOTHING_CAME = "nothing came"
    ALL_CAME = "all came"
    BEGINNING = "a beginning came"
    TORN = "a beginning came, its last write torn"
    PART = "a part came"
    SECTORS = "single sectors came"
    SIZES = "sizes came before data"
    RUBBISH = "rubbish came"


FIXED = (Loss.NOTHING_CAME, Loss.ALL_CAME)
DRAWN = tuple(loss for loss in Loss if loss not in FIXED)


@dataclass(frozen=True, slots=True)
class Pending:
    """A call that was not synced: *file* is the number of the file, names come and go."""

    call: Call
    file: int


@dataclass
class Disk:
    """What is durable, and what is pending, after some calls."""

    files: dict[int, bytes] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    pending: list[Pending] = field(default_factory=list)
    live: dict[str, int] = field(default_factory=dict)

    def after(self, calls: Sequence[Call], *, syncs: bool = True) -> Disk:
        """Do *calls*; without *syncs* none of them makes anything durable."""
        for call in calls:
            self._do(call, syncs=syncs)
        return self

    def _do(self, call: Call, *, syncs: bool) -> None:
        if call.did is Did.SAY or (call.did in (Did.SYNC, Did.SYNC_NAMES) and not syncs):
            return
        if call.did is Did.LINK:
            self.live[call.name] = len(self.files)
            self.files[len(self.files)] = b""
        file = self.live.get(call.name, -1)
        if call.did is Did.SYNC_NAMES:
            self._settle([p for p in self.pending if p.call.did in (Did.LINK, Did.UNLINK)])
        elif call.did is Did.SYNC:
            changes = (Did.WRITE, Did.CUT)
            self._settle([p for p in self.pending if p.file == file and p.call.did in changes])
        else:
            self.pending.append(Pending(call, file))
            if call.did is Did.UNLINK:
                del self.live[call.name]

    def _settle(self, arrived: Sequence[Pending]) -> None:
        self.files, self.names = _put(self.files, self.names, arrived)
        gone = {id(each) for each in arrived}
        self.pending = [each for each in self.pending if id(each) not in gone]

    def left(self, loss: Loss, dice: random.Random) -> dict[str, bytes]:
        """The files as they are found after the power came back."""
        files, names = _put(self.files, self.names, _arrived(loss, self.pending, dice))
        return {name: files[file] for name, file in names.items()}


def _put(
    files: dict[int, bytes], names: dict[str, int], arrived: Sequence[Pending]
) -> tuple[dict[int, bytes], dict[str, int]]:
    names = dict(names)
    content = {file: bytearray(files[file]) for file in {each.file for each in arrived}}
    for each in arrived:
        call, data = each.call, content[each.file]
        if call.did is Did.LINK:
            names[call.name] = each.file
        elif call.did is Did.UNLINK:
            names.pop(call.name, None)
        elif call.did is Did.CUT:
            del data[call.offset :]
            data.extend(bytes(call.offset - len(data)))
        else:
            data.extend(bytes(max(0, call.offset - len(data))))
            data[call.offset : call.offset + len(call.data)] = call.data
    return files | {file: bytes(data) for file, data in content.items()}, names


def _arrived(loss: Loss, pending: list[Pending], dice: random.Random) -> list[Pending]:
    """Which of *pending*, or which parts of them, came to the disk."""
    if loss is Loss.NOTHING_CAME or not pending:
        return []
    if loss is Loss.ALL_CAME:
        return pending
    if loss in (Loss.BEGINNING, Loss.TORN):
        last = dice.randrange(len(pending))
        torn = _sectors(pending[last])
        few = torn[: dice.randrange(len(torn) + 1)] if dice.random() < HALF else []
        return pending[:last] + (few if loss is Loss.TORN else [])
    share = dice.choice([0.1, 0.5, 0.9])
    if loss is Loss.PART:
        return _in_order([each for each in pending if dice.random() < share], pending)
    pieces = [piece for each in pending for piece in _sectors(each)]
    if loss is Loss.SECTORS:
        return _in_order([each for each in pieces if dice.random() < share], pending)
    return [_spoiled(each, loss, dice) if dice.random() < share else each for each in pieces]


def _in_order(chosen: list[Pending], pending: list[Pending]) -> list[Pending]:
    """With what happened to the same name before."""
    last = {each.call.name: each for each in chosen if each.call.did in (Did.LINK, Did.UNLINK)}
    named: list[Pending] = []
    for name, end in last.items():
        all_of_it = [p for p in pending if p.call.name == name and _is_name(p)]
        named += all_of_it[: all_of_it.index(end) + 1]
    return named + [each for each in chosen if not _is_name(each)]


def _is_name(each: Pending) -> bool:
    return each.call.did in (Did.LINK, Did.UNLINK)


def _sectors(each: Pending) -> list[Pending]:
    """A write by the sectors it touches; everything else is one piece."""
    call = each.call
    if call.did is not Did.WRITE:
        return [each]
    pieces, at = [], call.offset
    while at < call.offset + len(call.data):
        end = min(at - at % SECTOR + SECTOR, call.offset + len(call.data))
        data = call.data[at - call.offset : end - call.offset]
        pieces.append(Pending(Call(Did.WRITE, call.name, at, data), each.file))
        at = end
    return pieces


def _spoiled(each: Pending, loss: Loss, dice: random.Random) -> Pending:
    if each.call.did is not Did.WRITE:
        return each
    size = len(each.call.data)
    data = bytes(size) if loss is Loss.SIZES else dice.randbytes(size)
    return Pending(replace(each.call, data=data), each.file)
