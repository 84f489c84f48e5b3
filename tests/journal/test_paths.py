"""The state directory: where it is, and that nobody else can reach into it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from sopctl.core.errors import AuditUnavailableError
from sopctl.journal.paths import (
    journal_path,
    private_directory,
    private_file,
    state_dir,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_state_directory_is_the_platforms_unless_the_environment_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_dir({}).name == "sopctl"
    assert state_dir({"SOPCTL_STATE_DIR": ""}) == state_dir({})
    assert state_dir({"SOPCTL_STATE_DIR": str(tmp_path / "x")}) == tmp_path / "x"
    assert journal_path({"SOPCTL_STATE_DIR": str(tmp_path)}) == tmp_path / "journal.db"
    monkeypatch.setenv("SOPCTL_STATE_DIR", "~/state")
    assert state_dir() == Path.home() / "state"
    monkeypatch.setenv("SOPCTL_STATE_DIR", "relative")
    assert state_dir().is_absolute()


def test_created_directories_are_ours_alone_whatever_the_umask(tmp_path: Path):
    before = os.umask(0)
    try:
        made = private_directory(tmp_path / "a" / "b")
    finally:
        os.umask(before)
    assert [mode(made), mode(made.parent)] == [0o700, 0o700]
    assert private_directory(made) == made


def test_a_created_file_is_ours_alone_whatever_the_umask(tmp_path: Path):
    before = os.umask(0)
    try:
        made = private_file(tmp_path / "f")
    finally:
        os.umask(before)
    assert mode(made) == 0o600
    made.write_text("kept")
    assert private_file(made).read_text() == "kept"


def test_a_directory_that_others_may_only_read_is_taken(tmp_path: Path):
    (tmp_path / "d").mkdir(mode=0o755)
    assert private_directory(tmp_path / "d")


@pytest.mark.parametrize("bits", [0o720, 0o702, 0o777])
def test_a_directory_that_others_may_write_is_refused(tmp_path: Path, bits: int):
    (tmp_path / "d").mkdir()
    (tmp_path / "d").chmod(bits)
    with pytest.raises(AuditUnavailableError, match="others may write") as caught:
        private_directory(tmp_path / "d")
    assert caught.value.hint.startswith("Run `chmod go-w")


def test_a_directory_that_anybody_can_replace_is_refused(tmp_path: Path):
    (tmp_path / "open" / "d").mkdir(parents=True, mode=0o700)
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(AuditUnavailableError, match="anybody can replace"):
        private_directory(tmp_path / "open" / "d")
    (tmp_path / "open").chmod(0o1777)  # sticky, as /tmp is
    assert private_directory(tmp_path / "open" / "d")


def test_a_symbolic_link_is_refused_as_directory_and_as_file(tmp_path: Path):
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "real" / "f").touch(mode=0o600)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "file").symlink_to(tmp_path / "real" / "f")
    (tmp_path / "dangling").symlink_to(tmp_path / "nothing")
    with pytest.raises(AuditUnavailableError, match="symbolic link"):
        private_directory(tmp_path / "link")
    for name in ("file", "dangling"):
        with pytest.raises(AuditUnavailableError, match="symbolic link"):
            private_file(tmp_path / name)
    assert not (tmp_path / "nothing").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_directory_or_file_of_somebody_else_is_refused(tmp_path: Path):
    (tmp_path / "d").mkdir(mode=0o700)
    (tmp_path / "f").touch(mode=0o600)
    for name in "df":
        os.chown(tmp_path / name, 12345, 12345)
    with pytest.raises(AuditUnavailableError, match="belongs to user 12345"):
        private_directory(tmp_path / "d")
    with pytest.raises(AuditUnavailableError, match="belongs to user 12345"):
        private_file(tmp_path / "f")


def test_something_else_in_the_place_is_refused(tmp_path: Path):
    (tmp_path / "f").touch(mode=0o600)
    (tmp_path / "d").mkdir(mode=0o700)
    with pytest.raises(AuditUnavailableError, match="something else, not a directory"):
        private_directory(tmp_path / "f")
    with pytest.raises(AuditUnavailableError, match="not a regular file"):
        private_file(tmp_path / "d")
    with pytest.raises(AuditUnavailableError, match="cannot be used: not a directory"):
        private_directory(tmp_path / "f" / "below")
