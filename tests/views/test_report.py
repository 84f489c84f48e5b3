"""Timelines and reports: everything that came from outside stays text."""

from __future__ import annotations

from html.parser import HTMLParser

from sopctl.views import audit, html, markdown, report
from sopctl.views.lines import plain
from tests.views.golden import assert_golden
from tests.views.scenes import head, journal, state


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text, self.policy = set(), "", ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        found = dict(attrs)
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"]
        assert not any(name.startswith("on") or name in ("src", "href") for name in found)

    def handle_data(self, data):
        self.text += data


def test_the_timeline_says_who_what_and_when():
    assert_golden("timeline.txt", plain(audit.timeline(journal())))


def test_the_markdown_is_as_it_was():
    assert_golden("report.md", markdown.report(head(), journal()))


def test_the_page_loads_nothing_and_runs_nothing():
    page = Tags()
    page.feed(html.report(head(), journal()))

    assert page.policy.startswith("default-src 'none'")
    assert not page.tags & {"script", "b", "a", "img", "link", "iframe", "object", "form"}
    assert "[/red]<b>" in page.text, "what was nasty is there, as text"


def test_the_page_is_as_it_was():
    assert_golden("report.html", html.report(head(), journal()))


def test_the_list_has_a_line_for_each_run():
    assert_golden("list.txt", plain(audit.listed([state(), state(9)])))


def test_a_report_starts_with_how_it_ended_and_how_long_it_took():
    facts = report.read(head(), journal()).facts
    assert [name for name, _ in facts[:4]] == ["Outcome", "Started", "Ended", "Duration"]
    assert dict(facts)["Duration"] == "10s"


def test_a_report_of_a_run_that_waits_says_where_it_stands():
    facts = dict(report.read(head(), journal()[:9]).facts)
    assert facts["Outcome"] == "not ended: parked (decision): 1 of 2 failed"
    assert "Ended" not in facts


def test_the_timeline_comes_before_the_long_table_of_changes():
    for text in (markdown.report(head(), journal()), html.report(head(), journal())):
        assert text.index("Timeline") < text.index("Changes")


def test_json_that_is_kept_as_text_is_not_escaped_once_more():
    found = report.readable({"content": '{"a": "b"}', "rules": "", "gone": None})
    assert found == 'content: {"a": "b"}, rules: "", gone: absent'
