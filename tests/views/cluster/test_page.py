"""The page: self-contained, harmless, and as complete as the screen."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from sopctl.views.cluster.page import MOST_PODS, page
from tests.views.cluster import clusters

VOID = ("meta",)


class Read(HTMLParser):
    """What is in a page: tags, attributes, and whether each tag is closed where it should be."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.titles, self.words = [], [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.titles += [value for name, value in attrs if name == "title"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self):
        return "".join(self.words)


@pytest.mark.parametrize("over", [clusters.large(), clusters.odd(), clusters.large(0)])
def test_nothing_is_loaded_and_nothing_runs(over):
    text = page(over)
    found = Read(text)
    assert not {"script", "link", "img", "iframe", "form", "a"} & set(found.tags)
    assert not {"src", "href", "style"} & set(found.attributes)
    assert not any(name.startswith("on") for name in found.attributes)
    assert "url(" not in text
    assert "default-src &#x27;none&#x27;" in text


def test_names_are_shown_and_never_taken_for_markup_or_control():
    over = clusters.odd()
    evil = clusters.node("<b>&\x1b[31m", zone="us-east-1a", group="<script>")
    text = page(replace(over, nodes=(*over.nodes, evil)))
    assert "\x1b" not in text
    assert "<b>" not in text
    assert "\u202e" not in text
    assert any("<b>&\\x1b[31m" in title for title in Read(text).titles)


def test_every_node_and_pod_can_be_read():
    over = clusters.large()
    titles = Read(page(over)).titles
    assert all(any(t.startswith(f"{node.name}, ") for t in titles) for node in over.nodes[:20])
    assert len(titles) == len(over.nodes) + sum(len(node.pods) for node in over.nodes)


def test_what_a_box_says_in_colour_it_says_in_words():
    found = Read(page(clusters.odd()))
    assert "n3, on-demand, not ready, cordoned, 50% asked for, pods: 2 not ready" in found.titles
    assert "Xc n3 5" in found.text
    assert "web spot 1 of 4" in found.text


def test_of_very_many_pods_the_rest_is_counted_and_none_that_is_not_ready_is_left_out():
    found = Read(page(clusters.odd()))
    squares = [title for title in found.titles if title.startswith("shop/web-40: not ready")]
    assert len(squares) == 1
    assert f"+{41 - MOST_PODS}" in found.text


def test_the_whole_of_what_is_held_pending_and_missing_is_on_it():
    text = Read(page(clusters.odd())).text
    for part in ("overdue since 2m 00s", "zonal autoshift by AWS", "ec2 does not answer"):
        assert part in text


def test_a_browser_asks_again_only_for_a_page_that_is_written_again():
    assert 'http-equiv="refresh"' not in page(clusters.odd())
    assert '<meta http-equiv="refresh" content="5">' in page(clusters.odd(), every=5.0)
