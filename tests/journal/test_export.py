"""JSON lines: what goes out comes back equal, and nothing else is let in."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sopctl.core.errors import AuditBrokenError
from sopctl.journal.export import FORMAT, from_jsonl, from_text, to_jsonl
from sopctl.journal.verify import verify
from tests.journal.contract import AT, Kit, entries, entry, started


@pytest.fixture
def lines(kit: Kit) -> list[str]:
    """The export of a run of five records."""
    store = kit.open()
    lease = started(store)
    store.append(lease, -1, [entry(0, "start"), *entries(1, 2, 3)], AT)
    store.append(lease, 3, [entry(4, "end")], AT)
    return list(to_jsonl(store.runs()[0], store.read("R")))


def test_an_export_comes_back_equal(kit: Kit, lines: list[str]):
    store = kit.open()
    assert from_jsonl(lines) == (store.runs()[0], store.read("R"))
    assert from_jsonl(f"{line}\n" for line in lines) == from_jsonl(lines)
    assert list(to_jsonl(*from_jsonl(lines))) == lines


def test_an_export_is_one_line_per_record_after_its_head(lines: list[str]):
    head = json.loads(lines[0])
    assert head["format"] == FORMAT
    assert head["head"]["run"] == "R"
    assert [json.loads(line)["seq"] for line in lines[1:]] == [0, 1, 2, 3, 4]
    assert all("\n" not in line for line in lines)


def test_a_run_moves_to_another_journal_and_goes_on_there(lines: list[str], sqlite_kit):
    store = sqlite_kit.open()
    if store.runs():  # the same file, when the export came from it
        assert store.import_run(*from_jsonl(lines)) == 0
    else:
        assert store.import_run(*from_jsonl(lines)) == 5
    lease = store.takeover("R", "laptop", 10.0)
    store.append(lease, 4, entries(5), AT)
    assert verify(store).sound


def test_a_run_without_records_is_exported_too(kit: Kit):
    store = kit.open()
    store.create("R", target="t", runbook="b", at=AT)
    head, records = from_jsonl(to_jsonl(store.runs()[0], store.read("R")))
    assert (head, records) == (store.runs()[0], ())


@pytest.mark.parametrize("number", range(6))
def test_every_missing_line_is_noticed(lines: list[str], number: int):
    with pytest.raises(AuditBrokenError):
        from_jsonl(lines[:number] + lines[number + 1 :])


@pytest.mark.parametrize("number", range(6))
def test_every_duplicated_line_is_noticed(lines: list[str], number: int):
    with pytest.raises(AuditBrokenError):
        from_jsonl([*lines[: number + 1], *lines[number:]])


def test_every_flipped_character_is_noticed(lines: list[str]):
    whole = "\n".join(lines)
    for place, character in enumerate(whole):
        other = "0" if character != "0" else "1"
        changed = whole[:place] + other + whole[place + 1 :]
        with pytest.raises(AuditBrokenError):
            from_jsonl(changed.split("\n"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "line 3 is not canonical JSON"),
        ("{", "line 3 is not canonical JSON"),
        ("[" * 100_000, "line 3 is not canonical JSON"),
        ('{"b":1,"a":2}', "line 3 is not canonical JSON"),
        ('{"a":1}', "line 3: "),
    ],
)
def test_a_line_that_is_no_record_is_named(lines: list[str], line: str, message: str):
    with pytest.raises(AuditBrokenError, match=message) as caught:
        from_jsonl([*lines[:2], line, *lines[3:]])
    assert caught.value.hint


@pytest.mark.parametrize("first", ["", "{}", '{"format":"other","head":{}}', "[]", "null"])
def test_a_file_of_something_else_is_refused(first: str):
    with pytest.raises(AuditBrokenError, match="line 1"):
        from_jsonl([first])


def test_an_empty_file_is_refused():
    with pytest.raises(AuditBrokenError, match="line 1"):
        from_jsonl([])


def test_what_looks_like_a_line_end_inside_a_text_is_none(kit: Kit):
    store = kit.open()
    lease = started(store)
    odd = replace(entry(0, "start"), data={"why": "one\u2028two\x85three"})
    store.append(lease, -1, [odd], AT)
    lines = list(to_jsonl(store.runs()[0], store.read("R")))
    _, records = from_text("\n".join(lines) + "\n")
    assert records == store.read("R")
