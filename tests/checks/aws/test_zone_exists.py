from __future__ import annotations

from pathlib import Path

from sopctl.checks.aws.zone_exists import CHECK, Params
from tests.local import local_world


def test_a_zone_is_there_by_name_and_by_id_and_no_other(tmp_path: Path) -> None:
    with local_world(tmp_path) as local:
        zone = local.world.facts.zone("us-east-1a")
        by_name, by_id = (
            CHECK.look(local.world, Params(zone=text)) for text in (zone.name, zone.id)
        )
        assert by_name.holds
        assert by_name == by_id
        assert zone.name in by_name.detail
        assert zone.id in by_name.detail
        wrong = CHECK.look(local.world, Params(zone="us-east-1q"))
        assert not wrong.holds
        assert "Did you mean us-east-1" in wrong.detail
        assert len(wrong.rows) == len(local.cloud.zones)
        assert local.mutations() == 0
