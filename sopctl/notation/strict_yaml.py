"""The strict part of YAML that our files are written in, read with the place of everything.

No aliases, anchors, tags, merge keys, directives, second documents, duplicate keys or keys that
are not text. Scalars follow the YAML 1.2 core schema (https://yaml.org/spec/1.2.2/#103-core-schema),
narrowed so that nothing is lost: a number is what JSON writes in its shortest form, and everything
else (``012345678901``, ``0x1F``, ``1.10``, ``22:22``, ``no``, a date) stays the text it is. So the
text of a number can always be had back.

Only PyYAML's events are used: its C constructor recurses on nesting and dies of 100 kB of ``[``,
and its resolver is YAML 1.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import yaml

from sopctl.core.codec import Json
from sopctl.notation.document import Document, Path, Place

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 32
MAX_PROBLEMS: Final = 200
"""With more than these a file is not one of ours, and nobody reads on."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS: Final = {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INT = re.compile(r"-?(0|[1-9][0-9]{0,18})")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_INT64 = 2**63
# What YAML calls printable, less the characters that lines are counted differently by, and less
# those that reorder what a reviewer sees (CVE-2021-42574).
_FORBIDDEN = re.compile(
    r"\r(?!\n)"
    r"|[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
    r"|[\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]"
)


def parse(text: str, file: str, kind: str = "runbook") -> Document:
    """Read *text*, a *kind*; every problem is in the answer, nothing is raised."""
    document = Document(file=file)
    if not _acceptable(text, document, kind):
        document.fatal = True
        return document
    builder = _Builder(document, kind)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if not builder.take(event):
                break
            if len(document.problems) > MAX_PROBLEMS:
                document.report(_place(event), "there are more problems", "Correct these first.")
                document.fatal = True
                break
    except yaml.MarkedYAMLError as error:
        _report_syntax(document, error, text)
        document.fatal = True
    except yaml.YAMLError as error:  # the reader: characters that _acceptable let pass
        document.report(Place(1, 1), str(error).splitlines()[0], "Save the file as plain UTF-8.")
        document.fatal = True
    return document


def scalar(text: str) -> Json:
    """What the plain (unquoted) scalar *text* means."""
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if _INT.fullmatch(text) and text != "-0" and -_INT64 <= int(text) < _INT64:
        return int(text)
    if _FLOAT.fullmatch(text) and len(text) <= 32 and repr(float(text)) == text:  # noqa: PLR2004  # no double is longer
        return float(text)
    return text


def _acceptable(text: str, document: Document, kind: str) -> bool:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        document.report(
            Place(1, 1),
            f"the file has {size} bytes, more than the {MAX_BYTES} allowed",
            f"Split the {kind}.",
        )
        return False
    if found := _FORBIDDEN.search(text):
        before = text[: found.start()]
        line = before.count("\n") + 1
        document.report(
            Place(line, found.start() - (before.rfind("\n") + 1) + 1),
            f"the character U+{ord(found.group()):04X} is not allowed",
            "Remove it; inside double quotes it can be written as an escape.",
        )
        return False
    return True


def _report_syntax(document: Document, error: yaml.MarkedYAMLError, text: str) -> None:
    mark = error.problem_mark or error.context_mark
    place = Place(1, 1) if mark is None else Place(mark.line + 1, mark.column + 1)
    lines = text.split("\n")
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    if line[place.column - 1 : place.column] == "\t":
        document.report(place, "a tab cannot indent", "Indent with spaces.")
        return
    summary = f"not YAML: {error.problem or 'cannot be read'}"
    if error.context:
        summary += f" {error.context}"
        start = error.context_mark
        if start is not None and start.line + 1 != place.line:
            summary += f" that starts in line {start.line + 1}"
    hint = "Check the indentation, the quotes and the brackets around this place."
    if error.problem and error.problem.startswith("mapping values"):
        hint = 'Put the value in quotes if ": " belongs to it, else start a new line.'
    elif error.problem and "cannot start any token" in error.problem:
        hint = "Put the value in quotes."
    document.report(place, summary, hint)


@dataclass(slots=True)
class _Frame:
    """A list or mapping that is being read; *bad* collects what will be thrown away."""

    path: Path
    items: list[Json] | None
    mapping: dict[str, Json] | None
    bad: bool = False
    key: str | None = None
    key_is_bad: bool = False
    waiting: bool = False  # a mapping that has a key and waits for its value


class _Builder:
    """Turns events into a document, without recursion."""

    def __init__(self, document: Document, kind: str) -> None:
        self._document = document
        self._kind = kind
        self._stack: list[_Frame] = []
        self._documents = 0

    def take(self, event: yaml.Event) -> bool:
        """Use one event; False: reading any further is pointless."""
        match event:
            case yaml.DocumentStartEvent():
                return self._start_document(event)
            case yaml.AliasEvent():
                self._report(event, f"alias *{event.anchor}", "Write the value out.")
                self._add(event, None, spoilt=True)
            case yaml.ScalarEvent():
                self._refuse_decoration(event)
                self._scalar(event)
            case yaml.CollectionStartEvent():
                self._refuse_decoration(event)
                return self._open(event)
            case yaml.CollectionEndEvent():
                self._close()
            case _:
                pass
        return True

    def _report(self, event: yaml.Event, what: str, hint: str) -> None:
        self._document.report(_place(event), f"{what} is not allowed in a {self._kind}", hint)

    def _start_document(self, event: yaml.DocumentStartEvent) -> bool:
        self._documents += 1
        if event.version or event.tags:
            self._report(event, "a % directive", "Remove the line.")
        if self._documents > 1:
            self._report(event, "a second document", "Put it into a file of its own.")
            return False
        return True

    def _refuse_decoration(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.anchor is not None:
            self._report(event, f"anchor &{event.anchor}", "Remove it; there are no aliases.")
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._report(event, f"tag {tag}", "Remove it; quotes make a value text.")

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        value: Json = event.value if event.style else scalar(event.value)
        frame = self._stack[-1] if self._stack else None
        if frame is not None and frame.mapping is not None and not frame.waiting:
            self._key(event, frame, value)
            return
        self._add(event, value)

    def _key(self, event: yaml.ScalarEvent, frame: _Frame, value: Json) -> None:
        assert frame.mapping is not None
        frame.waiting, frame.key_is_bad, frame.key = True, True, str(event.value)
        if not event.style and event.value == "<<":
            self._report(event, "merge key <<", "Write the fields out.")
        elif not isinstance(value, str) or not value:
            shown = event.value or "nothing"
            self._document.report(
                _place(event), f"the key {shown} is not text", "Put the key in quotes."
            )
        elif value in frame.mapping and not frame.bad:
            first = self._document.keys[(*frame.path, value)]
            self._document.report(
                _place(event), f"the key {value} is there already, in line {first.line}",
                "Keep one of the two.",
            )  # fmt: skip
        else:
            frame.key_is_bad = False
            if not frame.bad:
                self._document.keys[(*frame.path, value)] = _place(event)

    def _open(self, event: yaml.CollectionStartEvent) -> bool:
        if len(self._stack) >= MAX_DEPTH:
            self._document.report(
                _place(event), f"nested more than {MAX_DEPTH} levels deep", "Flatten it."
            )
            self._document.fatal = True
            return False
        parent = self._stack[-1] if self._stack else None
        as_key = parent is not None and parent.mapping is not None and not parent.waiting
        bad = parent is not None and (parent.bad or as_key or parent.key_is_bad)
        path = self._next_path()
        if as_key and parent is not None and not parent.bad:
            self._document.report(_place(event), "a key is not text", "Write the key as text.")
        elif not bad:
            self._document.values[path] = _place(event)
        is_map = isinstance(event, yaml.MappingStartEvent)
        self._stack.append(
            _Frame(path, items=None if is_map else [], mapping={} if is_map else None, bad=bad)
        )
        return True

    def _close(self) -> None:
        frame = self._stack.pop()
        self._put(frame.items if frame.mapping is None else frame.mapping)

    def _add(self, event: yaml.Event, value: Json, *, spoilt: bool = False) -> None:
        frame = self._stack[-1] if self._stack else None
        as_key = frame is not None and frame.mapping is not None and not frame.waiting
        if not as_key and (frame is None or not (frame.bad or frame.key_is_bad)):
            path = self._next_path()
            self._document.values[path] = _place(event)
            if isinstance(event, yaml.ScalarEvent) and (start := _text_start(event)) is not None:
                self._document.texts[path] = start
            if spoilt:
                self._document.spoilt.add(path)
        self._put(value)

    def _next_path(self) -> Path:
        if not self._stack:
            return ()
        frame = self._stack[-1]
        if frame.items is not None:
            return (*frame.path, len(frame.items))
        return (*frame.path, frame.key or "")

    def _put(self, value: Json) -> None:
        """Put a finished value where it belongs; in key position it is dropped."""
        if not self._stack:
            self._document.data = value
            return
        frame = self._stack[-1]
        if frame.items is not None:
            frame.items.append(value)
        elif not frame.waiting:
            frame.waiting, frame.key_is_bad, frame.key = True, True, ""
        else:
            if not frame.key_is_bad and frame.mapping is not None and frame.key is not None:
                frame.mapping[frame.key] = value
            frame.waiting, frame.key_is_bad, frame.key = False, False, None


def _place(event: yaml.Event) -> Place:
    mark = event.start_mark
    assert mark is not None
    return Place(mark.line + 1, mark.column + 1)


def _text_start(event: yaml.ScalarEvent) -> Place | None:
    """Where the first character is, if those in the file are those of the value."""
    start, end = event.start_mark, event.end_mark
    assert start is not None
    assert end is not None
    quote = 1 if event.style in ("'", '"') else 0
    if start.line != end.line or end.column - start.column != len(event.value) + 2 * quote:
        return None
    return Place(start.line + 1, start.column + 1 + quote)
