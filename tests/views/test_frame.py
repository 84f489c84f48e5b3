from __future__ import annotations

from sopctl.views.frame import framed, text


def test_nothing_is_loaded_and_the_title_is_escaped():
    page = framed("<b>", "<p>body</p>", style="p{color:red}")
    assert page.startswith("<!doctype html>")
    assert "<title>&lt;b&gt;</title>" in page
    assert "<h1>&lt;b&gt;</h1>\n<p>body</p></body>" in page
    assert "p{color:red}</style>" in page
    assert "default-src &#x27;none&#x27;" in page
    assert "<script" not in page


def test_text_is_escaped_and_made_safe():
    assert text("<i>\x1b[31m&\u202e") == text("<i>") + text("\x1b[31m&\u202e")
    assert "\x1b" not in text("\x1b[31m")
    assert "<" not in text("<i>")
