"""Timelines and reports: everything that came from outside stays text."""

from __future__ import annotations

from html.parser import HTMLParser

from sopctl.views import audit, html, markdown
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
