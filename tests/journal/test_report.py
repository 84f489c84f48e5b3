"""What a verifier says of a journal of which something cannot be read at all."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field

import pytest

from sopctl.core.errors import AuditBrokenError
from sopctl.core.journal import GENESIS, Entry, Head
from sopctl.journal.chain import Break, Part, Tail, check, check_head, raw, seal
from sopctl.journal.ledger import Checkpoint, LedgerEnd, check_ledger
from sopctl.journal.redact import Scrubber
from sopctl.journal.verify import Report, unanswered, verify

AT = "2026-11-21T03:00:00.000000Z"
SPOILED = AuditBrokenError("a page is damaged")


def chain(run, *kinds, tail=None):
    entries = [Entry(kind=kind, data={}) for kind in kinds]
    return seal(tail or Tail(run), entries, epoch=1, at=AT, scrub=Scrubber().json)


def head(run, records, **more):
    last = records[-1]
    return Head(run=run, target="t", runbook="b", created=AT, seq=last.seq, hash=last.hash, **more)


@dataclass
class Shelf:
    """A journal in memory, of which parts cannot be read."""

    kept: dict
    spoiled: set = field(default_factory=set)
    file: tuple = ()

    def snapshot(self):
        return nullcontext()

    def _read(self, what, answer):
        if what in self.spoiled:
            raise SPOILED
        return answer

    def runs(self):
        return self._read("runs", tuple(head(run, rows) for run, rows in self.kept.items()))

    def raw(self, run):
        return self._read(run, tuple(raw(record) for record in self.kept.get(run, ())))

    def ledger(self):
        return self._read("ledger", ((), LedgerEnd()))

    def strays(self):
        return ()

    def integrity(self):
        return self._read("file", self.file)


@pytest.fixture
def shelf():
    return Shelf({run: chain(run, "note", "end") for run in "AB"})


def test_a_list_of_runs_that_cannot_be_read_is_all_that_is_said(shelf):
    shelf.spoiled = {"runs"}
    report = verify(shelf)
    assert report == Report(runs=(), ledger=(), file=("a page is damaged",))
    assert not report.sound


def test_a_run_that_cannot_be_read_is_broken_and_the_others_are_looked_at(shelf):
    shelf.spoiled = {"A"}
    first, second = verify(shelf).runs
    assert (first.run, first.records, first.ended) == ("A", 0, False)
    assert first.breaks == (Break(run="A", seq=-1, what="a page is damaged"),)
    assert (second.run, second.records, second.ended, second.breaks) == ("B", 2, True, ())


@pytest.mark.parametrize("what", ["ledger", "file"])
def test_a_ledger_or_a_file_that_cannot_be_read_is_said(shelf, what):
    shelf.spoiled = {what}
    report = verify(shelf)
    assert report.file == ("a page is damaged",)
    assert [each.breaks for each in report.runs] == [(), ()]


def test_what_the_file_itself_says_is_asked_only_of_a_whole_journal(shelf):
    shelf.file = ("row 7 missing from index",)
    assert verify(shelf).file == ("row 7 missing from index",)
    assert verify(shelf, ["A"]).file == ()


def test_a_run_that_is_not_there_is_said(shelf):
    (report,) = verify(shelf, ["C"]).runs
    assert report.breaks == (Break(run="C", seq=-1, what="there is no such run", part=Part.HEAD),)


def test_records_of_another_run_are_foreign_even_if_all_of_them_are(shelf):
    shelf.kept["A"] = chain("Z", "note", "end")
    first, _ = verify(shelf).runs
    assert [each.what for each in first.breaks][:2] == ["it is of run Z", "it is of run Z"]
    assert {each.run for each in first.breaks} == {"A"}


def about(kind, *names, work="step"):
    items = [{"resource": {"name": name}} for name in names]
    return Entry(kind=kind, data={"work": work, "items": items})


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ([about("intent", "a"), about("intent", "b"), about("result", "b")], (0,)),
        ([about("intent", "a"), Entry(kind="result", data={})], (0,)),
        ([Entry(kind="intent", data={"items": ["a", {"name": "b"}]})], ()),
        ([Entry(kind="intent", data={})], ()),
        ([about("intent", "a"), Entry(kind="undo", data={"works": "step"})], (0,)),
        ([about("intent", "a"), Entry(kind="undo", data={})], (0,)),
    ],
)
def test_what_does_not_look_like_ours_is_not_counted(made, expected):
    records = seal(Tail("R"), made, epoch=1, at=AT, scrub=Scrubber().json)
    assert unanswered(records) == expected


def test_an_item_without_its_step_is_of_no_step():
    nowhere = Entry(kind="intent", data={"items": [{"resource": {"name": "a"}}]})
    answer = Entry(kind="result", data={"work": "", "items": [{"resource": {"name": "a"}}]})
    records = seal(Tail("R"), [nowhere, answer], epoch=1, at=AT, scrub=Scrubber().json)
    assert unanswered(records) == ()


def test_each_place_is_told_in_its_words():
    whole = chain("R", "a", "b", "c")
    later = check(whole[1:])
    assert [(each.seq, each.what) for each in later] == [
        (1, "records 0 to 0 before it are missing")
    ]

    other = chain("R", "x")[0]
    assert [each.what for each in check((other, *whole[1:]))] == [
        "it does not follow record 0: that one was replaced or inserted"
    ]
    first = chain("R", "y", tail=Tail("R", -1, whole[0].hash))
    assert [each.what for each in check(first)] == [
        "it is not a first record: something before it was removed"
    ]
    (moved,) = check_head(head("R", chain("R", "x", "y", "z")), whole)
    assert (moved.seq, moved.what) == (2, "its hash is not that of the last record")
    nothing = Head(run="R", target="t", runbook="b", created=AT, seq=-1, hash=GENESIS)
    assert check_head(nothing, ()) == ()


def row(n, prev, run="R", seq=0, of="h"):
    made = Checkpoint(n=n, at=AT, run=run, seq=seq, head=of, prev=prev, hash="")
    return type(made)(**{**_fields(made), "hash": made.computed()})


def _fields(each):
    return {name: getattr(each, name) for name in each.__dataclass_fields__}


def test_the_ledger_says_where_it_does_not_follow_and_where_it_ends():
    one = row(0, LedgerEnd().hash)
    two = row(1, "another", seq=1)
    told = check_ledger((one, two), LedgerEnd(1, two.hash), (), {})
    assert [(each.run, each.seq, each.what) for each in told if each.part is Part.LEDGER] == [
        ("R", 1, "it does not follow row 0: that one was replaced"),
        ("R", 0, "the run was removed"),
    ]
    cut = check_ledger((one,), LedgerEnd(3, "h"), (), {})
    assert (cut[0].run, cut[0].seq) == ("", 0)
    assert cut[0].what == "rows 1 to 3 are missing at the end"
    other = check_ledger((one,), LedgerEnd(0, "h"), (), {})
    assert other[0].what == "the ledger's kept end is row 0, and is not this one"
