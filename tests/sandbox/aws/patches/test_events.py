from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_nobody_but_aws_speaks_as_aws(front: Any, clients: Callable[[str], Any]) -> None:
    entries = [
        {"Source": source, "DetailType": "test", "Detail": "{}"}
        for source in ("aws.ec2", "our.drill")
    ]
    found = clients("events").put_events(Entries=entries)
    assert found["FailedEntryCount"] == 1
    assert found["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"
    assert found["Entries"][1]["EventId"]
