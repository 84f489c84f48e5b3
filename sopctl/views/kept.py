"""What `sopctl watch` saw in one look."""

from __future__ import annotations

from datetime import datetime

from sopctl.core.clock import stamp
from sopctl.core.codec import Json, encode
from sopctl.engine.keeping import Round
from sopctl.views import states
from sopctl.views.lines import Line, count, line


def lines(found: Round, now: datetime) -> list[Line]:
    """One line if all is well; else a line for everything that is not."""
    at = now.strftime("%Y-%m-%d %H:%M:%S ")
    if found.over:
        return [line((at, "quiet"), "nothing is in place any more")]
    shown = []
    for each in found.reverted:
        what = ("gone",) if each.gone else states.difference(each.ours, each.now)
        by = ("reverted" + (f" by {each.by}" if each.by else "") + ": ", "bad")
        shown.append(line((at, "quiet"), by, f"{each.step}: {each.resource}: ", *what))
    shown += [line((at, "quiet"), ("beyond its bound: ", "warn"), text) for text in found.beyond]
    shown += [line((at, "quiet"), ("cannot be seen: ", "warn"), text) for text in found.unread]
    if found.added:
        shown.append(line((at, "quiet"), f"{count(found.added, 'new resource')} to apply it to"))
    if found.renewed:
        again = f"{count(found.renewed, 'resource')} to renew before it ends by itself"
        shown.append(line((at, "quiet"), again))
    return shown or [line((at, "quiet"), ("in place", "good"))]


def data(run: str, found: Round, now: datetime) -> Json:
    return {"run": run, "at": stamp(now), **dict(_fields(found))}


def _fields(found: Round) -> dict[str, Json]:
    fields = encode(found)
    assert isinstance(fields, dict)
    return fields
