"""The cluster as JSON, for machines: pods are counted, and named where they are not ready."""

from __future__ import annotations

from sopctl.core.codec import Json, encode
from sopctl.core.overview import NodeNow, Overview, PodState, ZoneNow, sums

SCHEMA = "sopctl.view/1"


def data(over: Overview) -> Json:
    """One object for one look."""
    return {
        "schema": SCHEMA,
        "at": over.at,
        "target": over.target,
        "zones": [_zone(over, zone) for zone in over.zones],
        "groups": encode(over.groups),
        "nodes": [_node(node) for node in over.nodes],
        "pending": None if over.blind("pods") else encode(over.waiting),
        "shifts": encode(over.away),
        "runs": encode(over.held),
        "marked": encode(over.marked),
        "missing": encode(over.gaps),
    }


def _zone(over: Overview, zone: ZoneNow) -> Json:
    """What is not known is null, and never 0."""
    found = sums(over.in_zone(zone.name))
    nodes, pods = not over.blind("nodes"), not (over.blind("nodes") or over.blind("pods"))
    return {
        "name": zone.name,
        "id": zone.id or None,
        "state": zone.state or None,
        "nodes": found.nodes if nodes else None,
        "not_ready": found.dead if nodes else None,
        "cordoned": found.cordoned if nodes else None,
        "leaving": found.going if nodes else None,
        "pods": found.pods if pods else None,
        "pods_not_ready": found.pods_not_ready if pods else None,
        "pods_leaving": found.pods_leaving if pods else None,
    }


def _node(node: NodeNow) -> Json:
    return {
        "name": node.name,
        "zone": node.zone,
        "group": node.group or None,
        "capacity": node.capacity or None,
        "ready": node.ready,
        "cordoned": node.cordoned,
        "leaving": str(node.leaving) or None,
        "kept": node.kept,
        "full": node.full,
        "pods": {str(state): node.count(state) for state in PodState},
        "not_ready": [pod.name for pod in node.pods if pod.state is PodState.NOT_READY],
    }
