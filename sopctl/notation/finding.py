"""Something wrong at a path of a document, and how it gets its place in the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sopctl.notation.document import Document, Path, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something wrong at *path*; *key*: at the key, not at the value. *offset*: into the text."""

    path: Path
    summary: str
    hint: str = ""
    key: bool = False
    offset: int | None = None


def report(document: Document, findings: Iterable[Finding]) -> None:
    """Add *findings* to the problems of *document*, each at its place."""
    for finding in unspoilt(findings, document):
        place = document.place(finding.path, key=finding.key)
        start = document.texts.get(finding.path)
        if finding.offset is not None and start is not None:
            place = Place(start.line, start.column + finding.offset)
        document.report(place, finding.summary, finding.hint)


def unspoilt(findings: Iterable[Finding], document: Document) -> Iterator[Finding]:
    """Without the fields that are wrong only because their value had to be left out."""
    return (finding for finding in findings if not document.is_spoilt(finding.path))
