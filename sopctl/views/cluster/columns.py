"""The zones side by side: in each its groups by how they buy, and in each group its nodes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from sopctl.core.overview import Away, GroupNow, NodeNow, Overview, PodState, ZoneNow, sums
from sopctl.views import states
from sopctl.views.cluster import signs
from sopctl.views.cluster.numbers import nodes_of, pods_of
from sopctl.views.cluster.shape import beside, fitting, listed, number, short
from sopctl.views.lines import EMPTY, Line, Span, count, line, wrapped

NARROWEST: Final = 24  # columns of a zone
GAP: Final = " | "
_CAPACITIES: Final = ("on-demand", "reserved", "spot", "mixed", "")
_AROUND: Final = 5  # columns of a row for the signs of a node, and around its name
_LOUD: Final = (signs.NOT_READY, signs.CORDONED, *signs.LEAVING.values())
NOBODY: Final = GroupNow(name="", title="no known group")


class Detail(Enum):
    """How much is shown of each node."""

    PODS = "a row with its pods"
    CELLS = "a sign, and how full it is"
    SIGNS = "a sign, or how full it is"
    COUNTS = "counted only"


@dataclass(frozen=True, slots=True)
class Block:
    """The nodes of one group, bought in one way, in one zone.

    *total* is how many it has at all; None, if nodes are not known.
    """

    zone: str
    group: GroupNow
    capacity: str
    nodes: tuple[NodeNow, ...]
    total: int | None


def grid(over: Overview, detail: Detail, width: int) -> list[Line]:
    """All zones; in tiers where the screen is too narrow for all of them."""
    shown_zones = zones(over)
    most = max(1, (width + len(GAP)) // (NARROWEST + len(GAP)))
    tiers = max(1, -(-len(shown_zones) // most))
    fit = -(-len(shown_zones) // tiers)
    shown: list[Line] = []
    for start in range(0, len(shown_zones), fit or 1):
        tier = shown_zones[start : start + fit]
        each = (width - len(GAP) * (len(tier) - 1)) // len(tier)
        shown += [EMPTY] if shown else []
        shown += _tier(over, tier, detail, each)
    return shown


def zones(over: Overview) -> list[ZoneNow]:
    """The zones, and one without a name for nodes that do not say where they are."""
    unknown = [ZoneNow(name="", id="")] if any(not node.zone for node in over.nodes) else []
    return [*over.zones, *unknown]


def blocks(over: Overview, zone: str) -> list[Block]:
    """What is in a zone, by how it was bought and then by group."""
    groups = {group.name: group for group in over.groups}
    found: dict[tuple[str, str], list[NodeNow]] = defaultdict(list)
    for node in over.in_zone(zone):
        found[node.group, node.capacity].append(node)
    there = {name for name, _ in found}
    totals = Counter(node.group for node in over.nodes)
    for group in over.groups:
        if group.desired is not None and zone in group.zones and group.name not in there:
            found[group.name, group.buys] = []
    blind = over.blind("nodes")
    made = [
        Block(
            zone, groups.get(name, NOBODY), capacity, tuple(some), None if blind else totals[name]
        )
        for (name, capacity), some in found.items()
    ]
    return sorted(made, key=lambda each: (_rank(each.capacity), each.group.title, each.group.name))


def _rank(capacity: str) -> int:
    return _CAPACITIES.index(capacity) if capacity in _CAPACITIES else len(_CAPACITIES)


def _tier(over: Overview, tier: Sequence[ZoneNow], detail: Detail, width: int) -> list[Line]:
    heads = [head(over, zone, width) for zone in tier]
    tallest = max(map(len, heads))
    rows = beside([[*each, *[EMPTY] * (tallest - len(each))] for each in heads], width, GAP)
    found = [blocks(over, zone.name) for zone in tier]
    for capacity in _CAPACITIES:
        bands = [
            [row for b in some if b.capacity == capacity for row in _block(b, detail, width)]
            for some in found
        ]
        rows += beside(bands, width, GAP)
    return rows


def head(over: Overview, zone: ZoneNow, width: int) -> list[Line]:
    """The zone, what is wrong in it, and where its traffic goes; *width* 0 is: any."""
    found = sums(over.in_zone(zone.name))
    name = f"{zone.name} ({zone.id})" if zone.id else zone.name or "zone unknown"
    state = "" if zone.state in ("", "available") else f" {zone.state}"
    first = fitting([(name, "bad" if found.dead else "strong")], [(state, "bad")], width)
    about = (line(*listed(each)) for each in (nodes_of(over, found), pods_of(over, found)))
    rows = [first, *(row for each in about for row in wrapped(each, width))]
    shifts = [each for each in over.away if zone.id and each.zone == zone.id]
    return [*rows, *map(_shift, shifts[:1])]  # the one that ends first


def _shift(away: Away) -> Line:
    left = "" if away.left is None else f" {states.duration(max(away.left, 0))} left"
    return line((f"shifted away{left}", "warn"))


def _block(block: Block, detail: Detail, width: int) -> Iterator[Line]:
    if detail is Detail.COUNTS:
        yield fitting(_title(block, width), _sums(block.nodes), width)
        return
    yield title(block, width)
    if detail in (Detail.CELLS, Detail.SIGNS):
        yield from _cells(block, width, both=detail is Detail.CELLS)
    else:
        longest = max((len(short_name(node)) for node in block.nodes), default=0)
        pods = min(max((len(node.pods) for node in block.nodes), default=0), width // 2)
        room = min(longest, max(width - pods - _AROUND, 8))
        yield from (_row(node, room, width) for node in block.nodes)


def title(block: Block, width: int) -> Line:
    """A group as a headline, with as much about its size as fits *width* (0: any)."""
    return fitting(_title(block, width), list(_size(block)), width)


def _title(block: Block, width: int) -> list[Span]:
    """``+ web-spot-a  spot 4``: the sign of discovery, the name, what was bought, how many."""
    group = block.group
    sign = signs.of_group(group, block.zone) if group.name else " "
    many = "?" if block.total is None else str(len(block.nodes))
    bought = f" {block.capacity} {many}" if block.capacity else f" {many}"
    name = short(group.title, width - len(bought) - 2) if width else group.title
    style = "warn" if sign == "-" else "strong"
    return [(f"{sign} ", style), (name, style), (bought, block.capacity)]


def _size(block: Block) -> Iterator[Span]:
    group = block.group
    if block.total not in (None, len(block.nodes)) and group.name:
        yield f" of {block.total}", "quiet"
    if group.desired is None:
        return
    if coming := group.coming.get(block.zone):
        yield f", {coming} {'instances' if block.total is None else 'coming'}", "warn"
    if group.desired != block.total:
        yield f", wants {group.desired}", "warn"
    yield f", {group.min}-{group.max}", "quiet"
    if group.suspended:
        yield f", {' '.join(group.suspended)} suspended", "warn"


def _cells(block: Block, width: int, *, both: bool) -> Iterator[Line]:
    """Two columns a node for its sign and how full it is, or one that says what matters more."""
    fit = max(1, (width - 2) // (2 if both else 1))
    for start in range(0, len(block.nodes), fit):
        spans: list[Span] = []
        for node in block.nodes[start : start + fit]:
            sign, style = signs.of_node(node)
            spans += [(sign, style)] if both or sign != " " else []
            spans += [(signs.fill(node), style or node.capacity)] if both or sign == " " else []
        yield Line(tuple(spans), 2)


def _row(node: NodeNow, room: int, width: int) -> Line:
    flags = signs.flags(node)
    style = next((style for sign, style in flags if sign in _LOUD), node.capacity)
    name = short(short_name(node), room).ljust(room)
    return line(*flags, (f" {name} ", style), *_pods(node, width - room - _AROUND))


def short_name(node: NodeNow) -> str:
    """Without the domain that all nodes of a region share."""
    return node.name.partition(".")[0]


def _pods(node: NodeNow, room: int) -> list[Span]:
    """A sign for each pod; numbers, where there are too many."""
    numbers: Mapping[PodState, int] = {state: node.count(state) for state in PodState}
    found = [(number, *signs.POD[state]) for state, number in numbers.items() if number]
    if sum(numbers.values()) <= room:
        return [(sign * number, style) for number, sign, style in found]
    return [(f"{number}{sign} ", style) for number, sign, style in found]


def _sums(nodes: Sequence[NodeNow]) -> list[Span]:
    """What stands out among many nodes."""
    found = sums(nodes)
    kinds: dict[Span, int] = defaultdict(int)
    for node in nodes:
        sign = signs.of_node(node)
        if sign[0] not in (" ", signs.UNREADY_PODS):
            kinds[sign] += 1
    spans: list[Span] = [(f"{many}{sign}", style) for (sign, style), many in kinds.items()]
    spans.append((count(found.pods, "pod"), "quiet"))
    spans += number(found.pods_not_ready, "not ready", "bad")
    return [(f"{', ' if at else ': '}{text}", style) for at, (text, style) in enumerate(spans)]
