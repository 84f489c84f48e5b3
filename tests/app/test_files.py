from __future__ import annotations

import threading

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


def test_who_reads_meanwhile_never_sees_half_of_it(tmp_path):
    path = tmp_path / "page.html"
    texts = ["a" * 300_000, "b" * 200_000]
    files.write(path, texts[0])
    stop, halves = threading.Event(), []

    def read():
        while not stop.is_set():
            if (seen := path.read_text()) not in texts:
                halves.append(len(seen))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(100):
        files.write(path, texts[number % 2])
    stop.set()
    reader.join()
    assert halves == []


def test_what_was_there_stays_when_writing_fails(tmp_path, monkeypatch):
    path = tmp_path / "page.html"
    path.write_text("old")

    def full(self, to):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)

    with pytest.raises(UsageError, match="no space left"):
        files.write(path, "new")

    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["page.html"]


def test_a_link_is_not_followed(tmp_path):
    theirs = tmp_path / "theirs"
    theirs.write_text("kept")
    link = tmp_path / "page.html"
    link.symlink_to(theirs)
    files.write(link, "ours")
    assert theirs.read_text() == "kept"
    assert not link.is_symlink()


def test_what_cannot_be_written_is_refused_before_and_what_can_be_is_left_alone(tmp_path):
    with pytest.raises(UsageError, match="no such file or directory"):
        files.refuse_unwritable(tmp_path / "none" / "page.html")
    kept = tmp_path / "page.html"
    kept.write_text("old")
    files.refuse_unwritable(kept)
    files.refuse_unwritable(tmp_path / "new.html")
    assert [each.name for each in tmp_path.iterdir()] == ["page.html"]
    assert kept.read_text() == "old"
