"""Puts the patches in place, once a process: moto keeps its backends and handlers in globals."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from types import ModuleType
from typing import NoReturn

import moto.autoscaling.models
import moto.autoscaling.urls
import moto.core.utils
import moto.ec2.models.instances
import moto.ec2.utils
import moto.elbv2.models
import moto.events.models
import moto.settings
import moto.sts.models
import moto.sts.urls
from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup, autoscaling_backends
from moto.core.base_backend import BackendDict
from moto.core.common_models import BaseModel
from moto.core.serialize import BaseXMLSerializer, EC2Serializer
from moto.ec2.models.instances import InstanceBackend
from moto.ec2.responses.launch_templates import LaunchTemplates
from moto.elbv2.models import elbv2_backends
from moto.events.models import events_backends

from sopctl.sandbox.aws.patches import (
    activities,
    balancers,
    groups,
    hooks,
    instances,
    outbox,
    templates,
    wire,
)
from sopctl.sandbox.aws.patches.balancers import (
    SandboxBalancers,
    SandboxLoadBalancer,
    SandboxTargetGroup,
)
from sopctl.sandbox.aws.patches.events import SandboxEvents
from sopctl.sandbox.aws.patches.groups import CapacityResponses, SandboxGroup
from sopctl.sandbox.aws.patches.hooks import HookResponses
from sopctl.sandbox.aws.patches.identity import IdentityResponses
from sopctl.sandbox.aws.patches.instances import SandboxInstance, SandboxMember
from sopctl.sandbox.aws.patches.members import MemberResponses
from sopctl.sandbox.aws.patches.paging import ReadResponses
from sopctl.sandbox.aws.patches.processes import ProcessResponses
from sopctl.sandbox.aws.patches.tags import TagResponses

# Modules that stamp what they make with moto's ``utcnow``, which each imported by name.
STAMPING: tuple[ModuleType, ...] = (
    activities,
    balancers,
    groups,
    hooks,
    instances,
    outbox,
    moto.autoscaling.models,
    moto.ec2.models.instances,
    moto.sts.models,
)


class Groups(OrderedDict[str, FakeAutoScalingGroup]):
    """Groups by name; a missing one is AWS's ValidationError, where moto let KeyError through."""

    def __missing__(self, name: str) -> NoReturn:
        raise ValidationError(
            f"AutoScalingGroup name not found - AutoScalingGroup {name} not found"
        )


class SandboxBackend(AutoScalingBackend):
    """The state of Auto Scaling in one region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.autoscaling_groups: dict[str, FakeAutoScalingGroup] = Groups()

    @property
    def _url_module(self) -> ModuleType:
        return moto.autoscaling.urls

    def notify_terminate_instances(self, instance_ids: list[str]) -> None:
        """Nothing: a group notices at its next health check that a machine is on its way out."""


class AutoScaling(
    TagResponses,
    ProcessResponses,
    HookResponses,
    MemberResponses,
    ReadResponses,
    CapacityResponses,
):
    """The Auto Scaling API of the sandbox: moto's with every patch on it."""


def install(now: Callable[[], datetime]) -> None:
    """Patch moto and set its time to *now*; what earlier worlds left in it is forgotten."""
    # Every object that moto ever made is kept by its class for good, and there is no switch for it.
    BaseModel.__new__ = _untracked  # type: ignore[method-assign]  # the patch
    moto.autoscaling.models.FakeAutoScalingGroup = SandboxGroup  # type: ignore[misc]  # the patch
    moto.autoscaling.models.InstanceState = SandboxMember  # type: ignore[misc]  # the patch
    moto.ec2.models.instances.Instance = SandboxInstance  # type: ignore[misc]  # the patch
    # A thousand instances are launched for a drill, and each launch looked at all before it.
    InstanceBackend.all_instances = instances.every_instance  # type: ignore[method-assign, assignment]  # the patch
    moto.ec2.models.instances.__dict__["InstanceTypeOfferingBackend"] = instances.AnyType
    moto.autoscaling.urls.url_paths["{0}/$"] = AutoScaling.dispatch
    moto.sts.urls.url_paths["{0}/$"] = IdentityResponses.dispatch
    moto.settings.ec2_load_default_amis = _no_default_images
    moto.elbv2.models.FakeLoadBalancer = SandboxLoadBalancer  # type: ignore[misc]  # the patch
    moto.elbv2.models.FakeTargetGroup = SandboxTargetGroup  # type: ignore[misc]  # the patch
    LaunchTemplates.describe_launch_template_versions = templates.describe_versions  # type: ignore[method-assign, assignment]  # the patch
    autoscaling_backends.backend = SandboxBackend
    elbv2_backends.backend = SandboxBalancers
    events_backends.backend = SandboxEvents
    BaseXMLSerializer._serialize_body = wire.fragment  # type: ignore[method-assign, assignment]  # noqa: SLF001  # the patch
    EC2Serializer._serialize_body = wire.document  # type: ignore[method-assign, assignment]  # noqa: SLF001  # the patch
    # moto filters instances by a table that lacks how an instance was bought.
    moto.ec2.utils.filter_dict_attribute_mapping["instance-lifecycle"] = "lifecycle"
    moto.events.models.__dict__["unix_time"] = lambda *_: now().timestamp()
    for module in STAMPING:
        module.__dict__["utcnow"] = lambda: now().astimezone(UTC).replace(tzinfo=None)
    BackendDict.reset()
    outbox.OUTBOX.clear()
    instances.ENDING.clear()


def _untracked(cls: type[BaseModel], *_: object, **__: object) -> BaseModel:
    """A new object, which its class does not keep for a page of moto's own server."""
    return object.__new__(cls)


def _no_default_images() -> bool:
    # Each launch looked through all of Amazon's images, which took most of its time.
    return False
