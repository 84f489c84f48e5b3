from __future__ import annotations

from sopctl.facts import sizes
from sopctl.facts.sizes import Size
from tests.local import Local


def test_types_are_read_with_their_size_and_unknown_ones_are_left_out(local: Local) -> None:
    found = sizes.read(local.world.aws, ["m5.xlarge", "m6g.large", "z9.huge"])
    assert found == {
        "m5.xlarge": Size(vcpus=4, memory=16384, architectures=("x86_64",), pods=58),
        "m6g.large": Size(vcpus=2, memory=8192, architectures=("arm64",), pods=29),
    }
    assert local.sent("DescribeInstanceTypes") == 1


def test_of_no_type_nothing_is_asked(local: Local) -> None:
    assert sizes.read(local.world.aws, []) == {}
    assert local.sent("DescribeInstanceTypes") == 0
