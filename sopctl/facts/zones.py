"""Availability zones: names differ between accounts, ids do not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from sopctl.core.errors import RefusedError
from sopctl.facts.objects.node import Node
from sopctl.providers.aws import Aws

ZONE_ID = "topology.k8s.aws/zone-id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """*name* such as us-east-1a, *id* such as use1-az4, *state* available or what AWS says."""

    name: str
    id: str
    state: str

    def __str__(self) -> str:
        return f"{self.name} ({self.id})" if self.id else self.name


def read(aws: Aws) -> tuple[Zone, ...]:
    """The region's availability zones (no local zones, no wavelength zones)."""
    found = aws.read("ec2", "describe_availability_zones").get("AvailabilityZones", ())
    zones = [
        Zone(name=each["ZoneName"], id=each.get("ZoneId", ""), state=each.get("State", ""))
        for each in found
        if each.get("ZoneType", "availability-zone") == "availability-zone"
    ]
    return tuple(sorted(zones, key=lambda zone: zone.name))


def of_nodes(nodes: Iterable[Node]) -> tuple[Zone, ...]:
    """The zones that nodes are in, as far as their labels say: for when AWS does not answer."""
    ids = {node.zone: node.labels.get(ZONE_ID, "") for node in nodes if node.zone}
    return tuple(Zone(name=name, id=ids[name], state="") for name in sorted(ids))


def named(zones: Sequence[Zone], wanted: str) -> Zone:
    """The zone with that name or id; RefusedError names those that exist."""
    for zone in zones:
        if wanted in (zone.name, zone.id):
            return zone
    words = [word for zone in zones for word in (zone.name, zone.id) if word]
    close = get_close_matches(wanted, words, n=1)
    meant = f"Did you mean {close[0]}? " if close else ""
    listed = ", ".join(str(zone) for zone in zones)
    raise RefusedError(f"there is no zone {wanted!r}", hint=f"{meant}The zones are {listed}.")
