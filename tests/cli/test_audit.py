"""`sopctl audit`: the journals, as they are, and whether they still are."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace

from sopctl.journal import export
from tests.cli.shop import Shop


def test_the_list_is_empty_at_first(shop):
    assert shop("audit", "list").out == "There is no run yet.\n"


def test_show_tells_who_what_and_why(shop):
    shop.run("--reason", "too dark", "--incident", "INC-7")

    shown = shop("audit", "show").out

    assert "AWS caller       arn:aws:iam::111122223333:user/me" in shown
    assert "incident         INC-7" in shown
    assert "light about to change lamp l0: false -> true" in shown
    assert "ended done" in shown


def test_show_as_json_is_the_records_themselves(shop):
    shop.run()

    rows = shop("audit", "show", "-o", "json").rows

    assert [row["seq"] for row in rows] == list(range(len(rows)))
    assert rows[0]["kind"] == "start"
    assert rows[0]["data"]["book"]["name"] == "lights"


def test_show_of_nothing_says_so(shop):
    result = shop("audit", "show")

    assert result.code == 2
    assert "there is no run yet" in result.err


def test_verify_finds_sound_journals_intact(shop):
    shop.run()

    result = shop("audit", "verify")

    assert result.code == 0
    assert result.out.startswith("intact: 1 run, ")


def test_verify_finds_an_edit_and_says_where(shop):
    shop.run()
    with sqlite3.connect(shop.settings.state / "journal.db") as db:
        db.execute("DROP TRIGGER IF EXISTS records_no_update")
        for (name,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            db.execute(f"DROP TRIGGER {name}")
        db.execute("UPDATE records SET data = replace(data, 'l1', 'l7') WHERE seq = 4")
    db.close()

    result = shop("audit", "verify")

    assert result.code == 31
    assert "broken: " in result.out
    assert "4" in result.out


def test_an_export_comes_back_in_somewhere_else(shop, tmp_path):
    shop.run()
    file = tmp_path / "run.jsonl"
    assert shop("audit", "export", "--to", file).code == 0
    elsewhere = Shop(tmp_path / "elsewhere")

    first = elsewhere("audit", "import", file)
    second = elsewhere("audit", "import", file)

    assert first.code == 0, first.err
    assert "new records of" in first.out
    assert ": 0 new records of" in second.out
    assert elsewhere("audit", "show").out == shop("audit", "show").out


def test_a_forged_export_is_refused(shop, tmp_path):
    shop.run()
    file = tmp_path / "run.jsonl"
    shop("audit", "export", "--to", file)
    file.write_text(file.read_text().replace('"l1"', '"l7"'))

    assert Shop(tmp_path / "elsewhere")("audit", "import", file).code == 31


def test_an_export_for_another_target_than_its_plan_is_refused(shop, tmp_path):
    """A head is no record: a forger would move a run to another target with one word."""
    shop.run()
    file = tmp_path / "run.jsonl"
    shop("audit", "export", "--to", file)
    head, records = export.from_text(file.read_text())
    file.write_text("\n".join(export.to_jsonl(replace(head, target="prod"), records)) + "\n")

    result = Shop(tmp_path / "elsewhere")("audit", "import", file)

    assert result.code == 31
    assert "is said to be of target prod, and was planned for toy" in result.err


def test_a_file_that_is_not_there_is_a_usage_error(shop, tmp_path):
    assert shop("audit", "import", tmp_path / "none").code == 2


def test_any_other_file_is_refused_by_its_name(shop, tmp_path):
    other = tmp_path / "notes.txt"
    other.write_text("buy milk\n")

    result = shop("audit", "import", other)

    assert result.code == 31
    assert f"{other}: this is not an exported run" in result.err
    assert "sopctl audit export RUN" in result.err


def test_markdown_and_html_say_the_same(shop):
    shop.run("--reason", "too <dark>")

    markdown = shop("audit", "export", "--format", "markdown").out
    html = shop("audit", "export", "--format", "html").out

    assert "# Light every lamp: run " in markdown
    assert "| light | lamp l0 | false | true | settled |" in markdown
    assert "too &lt;dark&gt;" in html
    assert "<dark>" not in html


def test_json_lines_are_json(shop):
    shop.run()

    rows = shop("audit", "export").out.splitlines()

    assert json.loads(rows[0])["format"] == "sopctl.journal/1"
