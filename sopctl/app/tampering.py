"""Configuration that somebody else could have written is not used."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from sopctl.core.errors import RefusedError


def refuse(path: Path) -> None:
    """Raise RefusedError if *path* or its folder belongs to a stranger, or anybody may write it.

    What is not there is fine, and so is what nobody can write at all, as a mounted ConfigMap. Links
    are followed: what they lead to counts.
    """
    for each in (path.parent, path):
        try:
            found, system = each.stat(), os.statvfs(each)
        except OSError:  # whoever reads it says why it cannot be
            continue
        if system.f_flag & os.ST_RDONLY:
            continue
        if found.st_uid not in (os.geteuid(), 0):
            raise RefusedError(
                f"{each} belongs to user {found.st_uid}, not to you",
                hint="Set SOPCTL_CONFIG_DIR to a directory of your own.",
            )
        if found.st_mode & stat.S_IWOTH:
            raise RefusedError(
                f"anybody may write {each}",
                hint=f"Look at what is in it, then run `chmod o-w {each}`.",
            )
