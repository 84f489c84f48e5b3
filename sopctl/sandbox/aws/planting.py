"""Makes groups as they are found in an account at work: in service, spread and tagged."""

from __future__ import annotations

from moto.autoscaling.models import AutoScalingBackend

from sopctl.sandbox.aws import portrait
from sopctl.sandbox.aws.fleet import GroupSpec
from sopctl.sandbox.aws.patches.groups import SandboxGroup
from sopctl.sandbox.aws.reconcile import Reconciler

IMAGE = "ami-0a1b2c3d4e5f60718"


def plant(
    autoscaling: AutoScalingBackend, reconciler: Reconciler, spec: GroupSpec, subnets: list[str]
) -> SandboxGroup:
    """A group of *spec* over *subnets*, whose instances are in service already."""
    ec2 = autoscaling.ec2_backend
    template = ec2.create_launch_template(
        spec.name, "", {"ImageId": IMAGE, "InstanceType": spec.instance_types[0]}, {}
    )
    mixed = spec.spot or len(spec.instance_types) > 1
    group = autoscaling.create_auto_scaling_group(
        name=spec.name,
        availability_zones=[],
        desired_capacity=spec.desired,
        max_size=spec.max,
        min_size=spec.min,
        launch_config_name="",
        launch_template={} if mixed else {"LaunchTemplateId": template.id},
        vpc_zone_identifier=",".join(subnets),
        default_cooldown=None,
        health_check_period=None,
        health_check_type=None,
        load_balancers=[],
        target_group_arns=[],
        placement_group=None,
        termination_policies=[],
        tags=portrait.tags(spec),
        mixed_instances_policy=portrait.policy_of(spec, str(template.id)) if mixed else None,
    )
    assert isinstance(group, SandboxGroup)
    for index in range(spec.desired):
        zone = spec.zones[index % len(spec.zones)]
        reconciler.launch(group, zone, state="InService")
    group.wish = ""
    group.activities.clear()
    return group
