"""The system calls of a real process: what it did to a directory, and what it said meanwhile.

strace(1) tells them. ``-y`` gives the path of each descriptor, ``-xx`` every byte.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

TRACED = "openat,pwrite64,write,fsync,fdatasync,ftruncate,unlink,rename"
_HEX = r'"((?:\\x[0-9a-f]{2})*)"'
_CALL = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)")
_AT = re.compile(r"^\d+<((?:\\x[0-9a-f]{2})+)>(?:\(deleted\))?")
_OPENED = re.compile(rf"^AT_FDCWD(?:<[^>]*>)?, {_HEX}, ([A-Z_|]+)")
_WRITTEN = re.compile(rf"{_HEX}(?:\.\.\.)?, \d+(?:, (\d+))?$")
_NAMES = re.compile(_HEX)


class Did(StrEnum):
    """What a call did; *say* is a line on standard output."""

    LINK = "link"
    UNLINK = "unlink"
    WRITE = "write"
    CUT = "cut"
    SYNC = "sync"
    SYNC_NAMES = "sync names"
    SAY = "say"


@dataclass(frozen=True, slots=True)
class Call:
    """One call on the file *name* of the directory, or something that was said."""

    did: Did
    name: str = ""
    offset: int = 0  # bytes; of a cut: the new size
    data: bytes = b""


class UnknownCallError(Exception):
    """The store did something that the model of a disk does not have: states would be left out.

    SQLite renames no file and maps none in the modes that the store uses; where a newer one does,
    the model has to learn it before its figures mean anything.
    """


def available() -> bool:
    """Can we trace here? It needs strace, and leave to use ptrace(2)."""
    if not shutil.which("strace"):
        return False
    return subprocess.run(["strace", "-o", "/dev/null", "true"], check=False).returncode == 0


def traced(program: Sequence[str], directory: Path, trace: Path, cwd: Path) -> tuple[Call, ...]:
    """Run *program* to its end; what it did in *directory*, and what it said, in order."""
    how = ["-f", "-y", "-xx", "-s", "1000000", "-e", f"trace={TRACED}", "-o", str(trace)]
    subprocess.run(["strace", *how, *program], check=True, stdout=subprocess.DEVNULL, cwd=cwd)
    with trace.open(encoding="ascii") as lines:
        return tuple(_calls(lines, f"{directory}"))


def _calls(lines: Iterator[str], directory: str) -> Iterator[Call]:
    live: set[str] = set()
    for line in lines:
        if not (found := _CALL.match(line)) or int(found[3]) < 0:
            continue
        call = _call(found[1], found[2], directory, live)
        if call is not None:
            yield call


def _call(name: str, words: str, directory: str, live: set[str]) -> Call | None:
    if name == "openat":
        return _opened(words, directory, live)
    if name in ("unlink", "rename"):
        return _unlinked(name, words, directory, live)
    if not (at := _AT.match(words)):
        return None
    if words.startswith("1<"):
        return Call(Did.SAY, data=_written(words)[0]) if name == "write" else None
    path = _bytes(at[1]).decode()
    if path == directory:
        return Call(Did.SYNC_NAMES)
    file = path.removeprefix(f"{directory}/")
    if file not in live:
        return None
    return _changed(name, words, file)


def _changed(name: str, words: str, file: str) -> Call:
    if name == "ftruncate":
        return Call(Did.CUT, file, int(words.rsplit(", ", 1)[1], 0))
    if name == "pwrite64":
        data, offset = _written(words)
        return Call(Did.WRITE, file, offset, data)
    if name in ("fsync", "fdatasync"):
        return Call(Did.SYNC, file)
    raise UnknownCallError(f"{name} on {file}")


def _opened(words: str, directory: str, live: set[str]) -> Call | None:
    found = _OPENED.match(words)
    path = _bytes(found[1]).decode() if found else ""
    file = path.removeprefix(f"{directory}/")
    if not found or "/" in file or file in live or "O_CREAT" not in found[2]:
        return None
    live.add(file)
    return Call(Did.LINK, file)


def _unlinked(name: str, words: str, directory: str, live: set[str]) -> Call | None:
    files = [_bytes(path).decode().removeprefix(f"{directory}/") for path in _NAMES.findall(words)]
    if not live & set(files):
        return None
    if name == "rename":
        raise UnknownCallError(f"rename of {files}")
    live.discard(files[0])
    return Call(Did.UNLINK, files[0])


def _written(words: str) -> tuple[bytes, int]:
    found = _WRITTEN.search(words)
    assert found, words[:100]
    return _bytes(found[1]), int(found[2] or 0)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))
