"""Where the state of sopctl lives, and that nobody else can reach into it.

The directory is ``$SOPCTL_STATE_DIR``, else the platform's state directory (XDG base directory
specification: ``$XDG_STATE_HOME/sopctl``). It is local to one machine: the store's write-ahead
log needs shared memory, which network file systems do not have.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from platformdirs import user_state_path

from sopctl.core.errors import AuditUnavailableError

DIRECTORY_MODE = 0o700
FILE_MODE = 0o600
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


def state_dir(environ: Mapping[str, str] | None = None) -> Path:
    """The state directory; not created, see :func:`private_directory`."""
    chosen = (os.environ if environ is None else environ).get("SOPCTL_STATE_DIR", "")
    return Path(chosen).expanduser().absolute() if chosen else user_state_path("sopctl")


def journal_path(environ: Mapping[str, str] | None = None) -> Path:
    """The file of the embedded store."""
    return state_dir(environ) / "journal.db"


def private_directory(path: Path) -> Path:
    """*path* as a directory that only we can write; created with mode 0700, parents too.

    Raises AuditUnavailableError if it is a symbolic link, belongs to somebody else, or others may
    write it or replace it.
    """
    try:
        for parent in reversed([path, *path.parents]):
            if not parent.exists():
                parent.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
        _refuse_strangers(path, path.lstat(), stat.S_ISDIR, "directory")
        above = path.parent.stat()
    except OSError as error:
        raise unusable(path, error) from error
    if above.st_mode & stat.S_IWOTH and not above.st_mode & stat.S_ISVTX:
        raise AuditUnavailableError(
            f"anybody can replace {path}: {path.parent} is writable for all",
            hint=f"Run `chmod o-w {path.parent}`, or set SOPCTL_STATE_DIR to another directory.",
        )
    return path


def private_file(path: Path) -> Path:
    """*path* as a regular file that only we can read and write; created empty with mode 0600.

    An existing file is never opened: closing it would drop the locks that SQLite holds on it
    elsewhere in this process (sqlite.org, "How To Corrupt An SQLite Database File", 2.2).
    Raises AuditUnavailableError.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        os.close(os.open(path, flags, FILE_MODE))
        sync_directory(path.parent)
    except FileExistsError:
        _check_file(path)
    except OSError as error:
        raise unusable(path, error) from error
    return path


def existing_file(path: Path) -> Path:
    """*path*, which has to exist already, checked as :func:`private_file` does."""
    _check_file(path)
    return path


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable (fsync(2), notes)."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_file(path: Path) -> None:
    try:
        found = path.lstat()
    except OSError as error:
        raise unusable(path, error) from error
    _refuse_strangers(path, found, stat.S_ISREG, "regular file")
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise AuditUnavailableError(
            f"others may read {path}", hint=f"Run `chmod 600 {path}` if you trust what is in it."
        )


def _refuse_strangers(
    path: Path, found: os.stat_result, is_kind: Callable[[int], bool], kind: str
) -> None:
    if not is_kind(found.st_mode):
        what = "a symbolic link" if stat.S_ISLNK(found.st_mode) else "something else"
        raise AuditUnavailableError(
            f"{path} is {what}, not a {kind}",
            hint="Set SOPCTL_STATE_DIR to a directory of your own.",
        )
    if found.st_uid != os.geteuid():
        raise AuditUnavailableError(
            f"{path} belongs to user {found.st_uid}, not to you",
            hint="Set SOPCTL_STATE_DIR to a directory of your own.",
        )
    if found.st_mode & _OTHERS_MAY_WRITE:
        raise AuditUnavailableError(
            f"others may write {path}", hint=f"Run `chmod go-w {path}` if you trust what is in it."
        )


def unusable(path: Path, error: OSError) -> AuditUnavailableError:
    """What *error* of the system means for whoever wants a journal there."""
    return AuditUnavailableError(
        f"{path} cannot be used: {(error.strerror or str(error)).lower()}",
        hint="Set SOPCTL_STATE_DIR to a directory you can write.",
    )
