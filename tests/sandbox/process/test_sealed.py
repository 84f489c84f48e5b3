from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from sopctl.core.errors import RefusedError, UsageError
from sopctl.sandbox.process import sealed

WORLD = b"a world" * 1000


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return tmp_path / "key"


@pytest.fixture
def file(tmp_path: Path, key: Path) -> Path:
    path = tmp_path / "world.snapshot"
    sealed.write(path, key, WORLD, {"taken": "now", "runs": {"a": 3}})
    return path


def test_what_was_sealed_here_is_read_back(file: Path, key: Path) -> None:
    found = sealed.read(file, key)
    assert found.world == WORLD
    assert found.header["runs"] == {"a": 3}


def test_key_and_file_are_private(file: Path, key: Path) -> None:
    assert {path.stat().st_mode & 0o777 for path in (file, key)} == {0o600}
    assert key.read_bytes() not in file.read_bytes()


@pytest.mark.parametrize("where", [30, 100, -1], ids=["in the seal", "in the header", "at the end"])
def test_a_changed_file_is_refused(file: Path, key: Path, where: int) -> None:
    content = bytearray(file.read_bytes())
    content[where] ^= 1
    file.write_bytes(content)
    with pytest.raises(RefusedError, match="not sealed here"):
        sealed.read(file, key)


def test_a_file_from_elsewhere_is_refused(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other key"
    sealed.write(tmp_path / "theirs", other, WORLD, {})
    with pytest.raises(RefusedError, match="not sealed here"):
        sealed.read(file, other)
    with pytest.raises(RefusedError, match="not sealed here"):
        sealed.read(file, tmp_path / "no key at all")


def test_a_pickle_that_somebody_left_is_not_even_opened(tmp_path: Path, key: Path) -> None:
    path = tmp_path / "evil"
    path.write_bytes(pickle.dumps({"now": None}))
    with pytest.raises(RefusedError, match="not a snapshot"):
        sealed.read(path, key)


def test_another_build_is_refused(file: Path, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "build", lambda: "sopctl 9")
    with pytest.raises(RefusedError, match="another build"):
        sealed.read(file, key)


def test_files_that_cannot_be_are_named(tmp_path: Path, key: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        sealed.read(tmp_path / "nothing", key)
    with pytest.raises(UsageError, match="cannot be written"):
        sealed.write(tmp_path / "nowhere" / "file", key, WORLD, {})
