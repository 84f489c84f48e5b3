"""Worlds in files. They are read by pickle, so only those that this machine sealed are read at all.

A file is: a line that says what it is, the HMAC-SHA256 of the rest under a key that lies in the
private directory of the sandbox, a line of JSON that says what is inside, and the compressed world.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import moto

import sopctl
from sopctl.core.codec import Json
from sopctl.core.errors import RefusedError, UsageError
from sopctl.sandbox.process.running import PRIVATE_FILE

MAGIC = b"sopctl sandbox snapshot 1"
KEY_BYTES = 32
FAST = 1  # of zlib: a third of the size in a few milliseconds
MAX_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A world from a file, and what was written beside it."""

    header: Mapping[str, Json]
    world: bytes


def write(path: Path, key: Path, world: bytes, header: Mapping[str, Json]) -> None:
    """Write *world* into *path*, readable by its owner only; raises UsageError."""
    full = {**header, "build": build()}
    body = json.dumps(full).encode() + b"\n" + zlib.compress(world, FAST)
    seal = hmac.new(_key(key, make=True), body, hashlib.sha256).hexdigest().encode()
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(b"\n".join((MAGIC, seal, body)))
        draft.replace(path)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}",
            hint="Name a file in a directory of yours.",
        ) from error


def read(path: Path, key: Path) -> Sealed:
    """The world in *path*; UsageError if it cannot be read, RefusedError if it must not be."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}", hint="Check its name and whose it is."
        ) from error
    magic, _, rest = content.partition(b"\n")
    seal, _, body = rest.partition(b"\n")
    if magic != MAGIC:
        raise RefusedError(
            f"{path} is not a snapshot of a sandbox",
            hint="Make one: `sopctl sandbox snapshot FILE`.",
        )
    wanted = hmac.new(_key(key), body, hashlib.sha256).hexdigest().encode()
    if not hmac.compare_digest(seal, wanted):
        raise RefusedError(
            f"{path} was not sealed here, or was changed since",
            hint="It is restored only where it was made: reading a foreign one would run its code.",
        )
    line, _, packed = body.partition(b"\n")
    header: dict[str, Json] = json.loads(line)
    if header["build"] != build():
        raise RefusedError(
            f"{path} was made by another build of sopctl ({header['build']}; this is {build()})",
            hint="Make it again: a world only fits the code that it was made by.",
        )
    return Sealed(header=header, world=zlib.decompress(packed))


@cache
def build() -> str:
    """Names the code that worlds are made of: both versions, and a digest of the sandbox itself."""
    digest = hashlib.sha256()
    root = Path(sopctl.__file__).parent / "sandbox"
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return f"sopctl {sopctl.__version__}, moto {moto.__version__}, {digest.hexdigest()[:12]}"


def _key(path: Path, *, make: bool = False) -> bytes:
    """The key of this sandbox; made on first use, never printed, never sent."""
    if make and not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(secrets.token_bytes(KEY_BYTES))
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        return secrets.token_bytes(KEY_BYTES)  # nothing was ever sealed here
    return found
