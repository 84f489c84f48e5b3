"""Load balancers whose attributes mean something, and targets whose health follows their machines.

Gaps of moto 5.2 closed here: a target was healthy from the first moment and for ever, and gone as
soon as it was deregistered; attributes took any value and those of the other type; the ARN of a
network load balancer said ``app``; zonal shift and cross-zone were not among the defaults.

Source: ELB API reference, LoadBalancerAttribute and TargetHealth; user guides, "Target health
status" and "Deregistration delay".
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from moto.core.utils import utcnow
from moto.ec2.models import EC2Backend
from moto.elbv2.exceptions import ELBClientError, TargetGroupNotFoundError
from moto.elbv2.models import ELBv2Backend, FakeHealthStatus, FakeLoadBalancer, FakeTargetGroup

from sopctl.sandbox.aws.patches.instances import RUNNING, SandboxInstance

# Seconds of the world's time: until the first checks have passed, until enough have failed.
CHECKED_AFTER = timedelta(seconds=30)
FAILS_AFTER = timedelta(seconds=20)

BOTH = {
    "deletion_protection.enabled": "false",
    "load_balancing.cross_zone.enabled": "false",
    "zonal_shift.config.enabled": "false",
    "access_logs.s3.enabled": "false",
    "access_logs.s3.bucket": "",
    "access_logs.s3.prefix": "",
}
DEFAULTS: dict[str, dict[str, str]] = {
    "application": {
        **BOTH,
        "load_balancing.cross_zone.enabled": "true",
        "idle_timeout.timeout_seconds": "60",
        "client_keep_alive.seconds": "3600",
        "connection_logs.s3.enabled": "false",
        "connection_logs.s3.bucket": "",
        "connection_logs.s3.prefix": "",
        "routing.http.desync_mitigation_mode": "defensive",
        "routing.http.drop_invalid_header_fields.enabled": "false",
        "routing.http.preserve_host_header.enabled": "false",
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
        "routing.http.xff_client_port.enabled": "false",
        "routing.http.xff_header_processing.mode": "append",
        "routing.http2.enabled": "true",
        "waf.fail_open.enabled": "false",
    },
    "network": {
        **BOTH,
        "dns_record.client_routing_policy": "any_availability_zone",
        "secondary_ips.auto_assigned.per_subnet": "0",
    },
    "gateway": {
        "deletion_protection.enabled": "false",
        "load_balancing.cross_zone.enabled": "false",
    },
}


class SandboxLoadBalancer(FakeLoadBalancer):
    """A load balancer with every attribute of its type."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # moto's own signature
        super().__init__(*args, **kwargs)
        self.attrs = dict(DEFAULTS[self.type])


class SandboxTargetGroup(FakeTargetGroup):
    """A target group that remembers when a target came and went."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # moto's own signature
        super().__init__(*args, **kwargs)
        self.came: dict[str, datetime] = {}
        self.went: dict[str, datetime] = {}

    def register(self, targets: list[dict[str, Any]]) -> None:
        super().register(targets)
        for target in targets:
            self.came[target["Id"]] = utcnow()
            self.went.pop(target["Id"], None)

    def deregister(self, targets: list[dict[str, Any]]) -> None:
        super().deregister(targets)
        for target in targets:
            self.went[target["Id"]] = utcnow()

    def deregister_terminated_instances(self, instance_ids: list[str]) -> None:
        """ELB deregisters what EC2 ends."""
        ending = [{"Id": id_} for id_ in instance_ids if id_ in self.targets]
        if ending:
            self.deregister(ending)

    def shown(self) -> list[dict[str, Any]]:
        """The targets there are, and those that are still draining."""
        delay = timedelta(seconds=int(str(self.attributes[DELAY])))
        draining = [
            target
            for id_, target in self.deregistered_targets.items()
            if utcnow() - self.went[id_] < delay
        ]
        return [*self.targets.values(), *draining]

    def health_for(self, target: dict[str, Any], ec2_backend: EC2Backend) -> FakeHealthStatus:
        if target["Id"] not in self.targets:
            if any(shown["Id"] == target["Id"] for shown in self.shown()):
                return self._say(target, "draining", *DRAINING)
            return super().health_for(target, ec2_backend)
        instance = ec2_backend.get_instance_by_id(target["Id"])
        if not isinstance(instance, SandboxInstance):
            return super().health_for(target, ec2_backend)
        verdict = self._verdict(instance, utcnow(), self.came[target["Id"]])
        return self._say(self.targets[target["Id"]], *verdict)

    def _verdict(
        self, instance: SandboxInstance, now: datetime, came: datetime
    ) -> tuple[str, str | None, str | None]:
        if instance.state_code != RUNNING:
            return "unused", "Target.InvalidState", "Target is in the stopped state"
        served = self._zones()
        if not served:
            return (
                "unused",
                "Target.NotInUse",
                ("Target group is not configured to receive traffic from the load balancer"),
            )
        if instance.placement.zone not in served:
            return (
                "unused",
                "Target.NotInUse",
                ("Target is in an Availability Zone that is not enabled for the load balancer"),
            )
        since = instance.impaired_since
        if since is not None and now - max(since, came) >= FAILS_AFTER:
            return "unhealthy", "Target.Timeout", "Request timed out"
        if now - came < CHECKED_AFTER:
            return "initial", "Elb.InitialHealthChecking", "Initial health checks in progress"
        return "healthy", None, None

    def _zones(self) -> set[str]:
        """The zones of the load balancers that send here."""
        arns = set(self.load_balancer_arns)
        balancers = self.backend.load_balancers if self.backend else {}
        found = [balancer for arn, balancer in balancers.items() if arn in arns]
        return {subnet.availability_zone for balancer in found for subnet in balancer.subnets}

    # Set by the backend that made it.
    backend: ELBv2Backend | None = None

    def _say(
        self, target: dict[str, Any], state: str, reason: str | None, text: str | None
    ) -> FakeHealthStatus:
        port = target.get("Port", self.port)
        return FakeHealthStatus(target["Id"], port, self.health_check_port, state, reason, text)


DELAY = "deregistration_delay.timeout_seconds"
DRAINING = ("Target.DeregistrationInProgress", "Target deregistration is in progress")


class SandboxBalancers(ELBv2Backend):
    """The state of ELBv2 in one region."""

    @property
    def _url_module(self) -> Any:  # noqa: ANN401  # a module
        import moto.elbv2.urls  # noqa: PLC0415  # as moto does, which finds it by name

        return moto.elbv2.urls

    def create_load_balancer(self, *args: Any, **kwargs: Any) -> FakeLoadBalancer:  # noqa: ANN401  # moto's own signature
        made = super().create_load_balancer(*args, **kwargs)
        letters = {"network": "net", "gateway": "gwy"}.get(made.type)
        if letters:
            del self.load_balancers[made.arn]
            wrong, made.arn = made.arn, made.arn.replace("/app/", f"/{letters}/", 1)
            self.load_balancers[made.arn] = made
            tags = self.tagging_service.list_tags_for_resource(wrong)["Tags"]
            self.tagging_service.delete_all_tags_for_resource(wrong)
            self.tagging_service.tag_resource(made.arn, tags)
        return made

    def create_target_group(self, name: str, **kwargs: Any) -> FakeTargetGroup:  # noqa: ANN401  # moto's own signature
        made = super().create_target_group(name, **kwargs)
        assert isinstance(made, SandboxTargetGroup)
        made.backend = self
        return made

    def modify_load_balancer_attributes(self, arn: str, attrs: dict[str, Any]) -> dict[str, Any]:
        balancer = self.load_balancers.get(arn)
        if balancer is not None:
            for key, value in attrs.items():
                _check(balancer.type, key, value)
        return super().modify_load_balancer_attributes(arn, attrs)

    def describe_target_health(
        self, target_group_arn: str, targets: list[dict[str, Any]]
    ) -> list[FakeHealthStatus]:
        group = self.target_groups.get(target_group_arn)
        if not isinstance(group, SandboxTargetGroup):
            raise TargetGroupNotFoundError
        return [group.health_for(target, self.ec2_backend) for target in targets or group.shown()]


def _check(kind: str, key: str, value: str) -> None:
    if not any(key in known for known in DEFAULTS.values()):
        raise ELBClientError(
            "ValidationError", f"Load balancer attribute key '{key}' is not recognized"
        )
    if key not in DEFAULTS[kind]:
        raise ELBClientError(
            "InvalidConfigurationRequest",
            f"Load balancer attribute '{key}' is not supported for load balancers with type "
            f"'{kind}'",
        )
    if DEFAULTS[kind][key] in ("true", "false") and value not in ("true", "false"):
        raise ELBClientError(
            "ValidationError",
            f"Load balancer attribute '{key}' value '{value}' must be 'true' or 'false'",
        )
