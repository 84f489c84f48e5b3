"""What CEL's parser complains of, in words for people who have never seen a parser."""

from __future__ import annotations

import re
from typing import Final

# Source: the messages of ANTLR 4, which parses CEL: Recognizer, DefaultErrorStrategy, Lexer.
_UNEXPECTED: Final = re.compile(
    r"(?:mismatched|extraneous) input '(?P<input>.*?)'(?: expecting|$)"
    r"|token recognition error at: '(?P<token>.*)'"
    r"|no viable alternative at input '(?P<text>.*)'",
    re.DOTALL,
)
_MISSING: Final = re.compile(r"missing (?P<what>'.*?'|[A-Z]+) at ")
_END: Final = "<EOF>"
_SINGLE: Final = {
    "=": "Compare with ==.",
    "&": "Write && for and.",
    "|": "Write || for or.",
}


def syntax(complaint: str) -> tuple[str, str]:
    """A summary and a hint; what is not known stays as the parser says it, without a hint."""
    if missing := _MISSING.match(complaint):
        return f"{missing['what']} is missing", ""
    found = _UNEXPECTED.match(complaint)
    if found is None:
        return complaint, ""
    what = next(text for text in found.groups() if text is not None)
    if what.endswith(_END):
        return "the expression ends too early", ""
    return f"{what.strip()!r} is not expected here", _SINGLE.get(what.strip(), "")
