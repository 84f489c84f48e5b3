"""Who runs this, where, and with which version: facts for the first record of a run."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Mapping
from pathlib import Path

from sopctl import __version__
from sopctl.core.codec import Json
from sopctl.core.target import Identity

_CI = ("CI", "GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "BUILDKITE")


def user() -> str:
    """The operating system's name for us."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def worker() -> str:
    """This process, as leases show it to people."""
    return f"{user()}@{socket.gethostname()}/{os.getpid()}"


def facts(identity: Identity, environ: Mapping[str, str], *, tty: bool) -> dict[str, Json]:
    """Who runs this, for the journal; an empty text is: not known."""
    return {
        "user": user(),
        "host": socket.gethostname(),
        "tty": tty,
        "ci": next((name for name in _CI if environ.get(name)), ""),
        "caller": identity.caller,
        "kubernetes_user": identity.user,
        "version": __version__,
    }


def commit(path: str) -> str:
    """The commit that the repository around the file *path* is at; empty if there is none.

    Read from the files of git itself (gitrepository-layout(5)), so that no program is started.
    """
    start = Path(path).absolute()
    for folder in start.parents if path else ():
        head = folder / ".git" / "HEAD"
        if head.is_file():
            return _resolved(folder / ".git", head.read_text(encoding="utf-8").strip())
    return ""


def _resolved(git: Path, head: str) -> str:
    if not head.startswith("ref: "):
        return head
    name = head.removeprefix("ref: ")
    loose = git / name
    if loose.is_file():
        return loose.read_text(encoding="utf-8").strip()
    packed = git / "packed-refs"
    lines = packed.read_text(encoding="utf-8").splitlines() if packed.is_file() else []
    return next((line.split(" ")[0] for line in lines if line.endswith(f" {name}")), "")
