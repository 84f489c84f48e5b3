"""Token buckets, as AWS throttles: by account, region and operation. Off unless told.

Source: EC2 developer guide, "Request throttling for the Amazon EC2 API": every operation has a
bucket of its own, of the size and refill of its category. Auto Scaling API reference, "API request
rate": all operations share one bucket; its size is not published, and the one here is an
assumption. CloudTrail API reference, LookupEvents: two a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from sopctl.sandbox.aws.protocol import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A bucket of *size* tokens, refilled by *refill* a second of the world's time.

    *service* and *operation* are shell patterns. A *shared* bucket is one for all that match;
    otherwise each operation has its own. *unfiltered* limits match only calls without filter,
    page size and ids.
    """

    service: str
    operation: str
    size: float
    refill: float
    shared: bool = False
    unfiltered: bool = False

    def matches(self, request: Request) -> bool:
        """Whether the limit speaks of this call."""
        return (
            fnmatchcase(request.service, self.service)
            and fnmatchcase(request.operation, self.operation)
            and not (self.unfiltered and _narrowed(request))
        )


# The first that matches counts.
DOCUMENTED = (
    Limit(service="ec2", operation="RunInstances", size=5, refill=2),
    Limit(service="ec2", operation="StartInstances", size=5, refill=2),
    Limit(service="ec2", operation="Describe*", size=50, refill=10, unfiltered=True),
    Limit(service="ec2", operation="Describe*", size=100, refill=20),
    Limit(service="ec2", operation="Get*", size=100, refill=20),
    Limit(service="ec2", operation="*", size=50, refill=5),
    Limit(service="autoscaling", operation="*", size=50, refill=10, shared=True),
    Limit(service="cloudtrail", operation="LookupEvents", size=2, refill=2),
)


class Throttle:
    """The buckets of one account in one region; without limits nothing is throttled."""

    def __init__(self, limits: Sequence[Limit] = ()) -> None:
        self._limits = tuple(limits)
        # Bucket -> tokens left, and when that was so.
        self._left: dict[tuple[Limit, str], tuple[float, datetime]] = {}

    def admits(self, request: Request, now: datetime) -> bool:
        """Take a token for *request*; False where there is none left."""
        limit = next((each for each in self._limits if each.matches(request)), None)
        if limit is None:
            return True
        key = (limit, "" if limit.shared else request.operation)
        left, since = self._left.get(key, (limit.size, now))
        elapsed = max(0.0, (now - since).total_seconds())
        left = min(limit.size, left + elapsed * limit.refill)
        admitted = left >= 1
        self._left[key] = (left - 1 if admitted else left, now)
        return admitted


def _narrowed(request: Request) -> bool:
    return any(word in request.body for word in (b"Filter.", b"MaxResults=", b"Id.1="))
