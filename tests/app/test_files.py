from __future__ import annotations

import pytest

from sopctl.app import files
from sopctl.core.errors import UsageError


def test_a_file_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "page.html"
    files.write(path, "one")
    files.write(path, "two")
    assert path.read_text() == "two"
    assert [each.name for each in tmp_path.iterdir()] == ["page.html"]


def test_a_folder_that_is_not_there_is_named_and_nothing_is_left(tmp_path):
    with pytest.raises(UsageError, match="no such file or directory"):
        files.write(tmp_path / "none" / "page.html", "text")
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match="folder cannot be written: is a directory"):
        files.write(tmp_path / "folder", "text")
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]
