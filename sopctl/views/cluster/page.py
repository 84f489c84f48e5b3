"""The cluster as one HTML file: zones side by side, nodes as boxes, pods as squares in them.

No script, nothing loaded, everything escaped; colour only repeats what a sign or a word says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sopctl.core.overview import NodeNow, Overview, PodState, ZoneNow
from sopctl.views.cluster import columns, signs, words
from sopctl.views.cluster.columns import Block
from sopctl.views.frame import framed, text
from sopctl.views.lines import Line

DENSE: Final = 60  # nodes of a zone; where there are more, they have no names
MOST_PODS: Final = 40  # squares in a box
_CLASSES: Final = {"on-demand": "od", "spot": "spot", "reserved": "rsv"}
_PODS: Final = {PodState.READY: "r", PodState.NOT_READY: "n", PodState.LEAVING: "l"}
_MORE: Final = """
body{max-width:none;margin:1rem}h1{font-size:1.1rem;margin:0}p{margin:.2rem 0;white-space:pre-wrap}
.strong{font-weight:600}.danger{background:#a40e26;color:#fff;padding:0 .3rem}
.target{font-weight:600}.zones{display:grid;gap:1rem;margin:1rem 0;
grid-template-columns:repeat(auto-fit,minmax(19rem,1fr))}
.zone{border:1px solid #d8dee4;border-radius:6px;padding:.5rem}.zone h2{margin:0;font-size:1rem}
.group{margin:.5rem 0 0}.nodes{display:flex;flex-wrap:wrap;gap:3px}
.node{border:1px solid #afb8c1;border-top:4px solid #afb8c1;border-radius:3px;
padding:1px 3px;font:11px/1.3 ui-monospace,monospace;min-width:2.6rem}
.down{background:#ffebe9;border-color:#a40e26}.held{background:#fff8c5}
.od{border-top-color:#1b7c83}.spot{border-top-color:#8250df}.rsv{border-top-color:#0969da}
span.od{color:#1b7c83}span.spot{color:#8250df}span.rsv{color:#0969da}
.pods{display:flex;flex-wrap:wrap;gap:1px;width:41px;min-height:6px}
.named .pods{width:auto;max-width:8rem}
.pods i{width:6px;height:6px;background:#2da44e}.pods i.n{background:#fff;
border:2px solid #a40e26;width:2px;height:2px}.pods i.l{background:none;
border-bottom:2px solid #57606a;height:4px}
.pods small{font-size:9px}
@media (prefers-color-scheme:dark){.zone{border-color:#30363d}.node{border-color:#484f58}
.down{background:#3c1618}.held{background:#37290b}.pods i.n{background:none;border-color:#ff7b72}
.od{border-top-color:#39c5cf}.spot{border-top-color:#bc8cff}.rsv{border-top-color:#58a6ff}
span.od{color:#39c5cf}span.spot{color:#bc8cff}span.rsv{color:#58a6ff}}
"""


def page(over: Overview, every: float | None = None) -> str:
    """The whole page; with *every* a browser asks for it again after so many seconds."""
    title = f"{over.target.get('name') or '?'} at {words.moment(over.at)}"
    head = "".join(f"<p>{_line(each)}</p>" for each in (*words.head(over), *words.gaps(over)))
    zones = "".join(_zone(over, zone) for zone in columns.zones(over))
    foot = "".join(f"<p>{_line(each)}</p>" for each in words.foot(over, 0, 0))
    body = f'{head}\n<div class="zones">{zones}</div>\n{foot}\n{_legend(over)}'
    return framed(title, body, style=_MORE, every=every)


def _zone(over: Overview, zone: ZoneNow) -> str:
    first, *about = columns.head(over, zone, 0)
    dense = len(over.in_zone(zone.name)) > DENSE
    told = "".join(f"<p>{_line(each)}</p>" for each in about)
    blocks = "".join(_block(each, dense=dense) for each in columns.blocks(over, zone.name))
    return f'<div class="zone"><h2>{_line(first)}</h2>{told}{blocks}</div>\n'


def _block(block: Block, *, dense: bool) -> str:
    nodes = "".join(_node(each, dense=dense) for each in block.nodes)
    return (
        f'<div class="group"><p>{_line(columns.title(block, 0))}</p>'
        f'<div class="nodes">{nodes}</div></div>'
    )


def _node(node: NodeNow, *, dense: bool) -> str:
    """A box; everything about it is in what shows when a pointer rests on it."""
    state = "down" if not node.ready else "held" if node.cordoned or node.leaving else ""
    kinds = " ".join(filter(None, ["node", _CLASSES.get(node.capacity, ""), state]))
    flags = "".join(sign for sign, _ in signs.flags(node)).strip()
    name = signs.of_node(node)[0].strip() if dense else f"{flags} {columns.short_name(node)}"
    shown = text(f"{name} {signs.fill(node)}".strip())
    return (
        f'<div class="{kinds}{"" if dense else " named"}" title="{text(_about(node))}">'
        f'{shown}<div class="pods">{_pods(node)}</div></div>'
    )


def _about(node: NodeNow) -> str:
    said = [node.name, node.capacity, "" if node.ready else "not ready"]
    said += ["cordoned" if node.cordoned else "", str(node.leaving), "kept" if node.kept else ""]
    numbers = [f"{node.count(state)} {state}" for state in PodState if node.count(state)]
    full = "" if node.full is None else f"{node.full:.0%} asked for"
    return ", ".join(filter(None, [*said, full, f"pods: {', '.join(numbers) or 'none'}"]))


def _pods(node: NodeNow) -> str:
    """What is not ready comes first, as the last squares may be counted only."""
    order = (PodState.NOT_READY, PodState.LEAVING, PodState.READY)
    found = sorted(node.pods, key=lambda pod: order.index(pod.state))
    squares = "".join(
        f'<i class="{_PODS[pod.state]}" title="{text(f"{pod.name}: {pod.state}")}"></i>'
        for pod in found[:MOST_PODS]
    )
    more = len(found) - MOST_PODS
    return squares + (f"<small>+{more}</small>" if more > 0 else "")


def _legend(over: Overview) -> str:
    signed = signs.legend(over, 0, cells=True, rows=True)
    return (
        f'<p>{"".join(map(_line, signed))}</p><p class="quiet">A box is a node, and the digit in it'
        " how full it is; its upper edge is teal for on-demand, violet for spot, blue for reserved."
        " A square is a pod: filled is ready, hollow is not ready, a line is leaving."
        " Rest the pointer on it for its name.</p>\n"
    )


def _line(found: Line) -> str:
    return "".join(_spans(found))


def _spans(found: Line) -> Iterator[str]:
    for said, style in found.spans:
        shown = text(said)
        named = text(_CLASSES.get(style, style))  # the style of a node is what it says it costs
        yield f'<span class="{named}">{shown}</span>' if style else shown
