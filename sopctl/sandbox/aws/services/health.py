"""AWS Health answers as it does to accounts without the support plan that it needs.

Source: AWS Health user guide, "Accessing the AWS Health API": SubscriptionRequiredException.
"""

from __future__ import annotations

from moto.core.utils import get_service_model

from sopctl.sandbox.aws.desk import Handler, Params
from sopctl.sandbox.aws.errors import ServiceError
from sopctl.sandbox.aws.protocol import Request


def operations() -> dict[str, Handler]:
    """Every operation of the service, each refused."""
    return dict.fromkeys(get_service_model("health").operation_names, _refuse)


def _refuse(_: Params, __: Request) -> Params:
    raise ServiceError(
        "SubscriptionRequiredException", "AWS Premium Support Subscription is required"
    )
