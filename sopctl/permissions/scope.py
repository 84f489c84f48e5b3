"""What the permissions are for: one cluster of one account, as far as the services can tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from sopctl.core.errors import UsageError
from sopctl.core.permission import Right
from sopctl.permissions.gather import Need

ANY = "*"
_TAGGING = ("CreateOrUpdateTags", "DeleteTags")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """*cluster* is the name that tags carry; empty: not known, and nothing is conditioned on it.

    *tag* is (key, value) that every group of the cluster carries; *tag_keys* are patterns of
    further keys that may be set and removed, such as a discovery tag of one's own.
    """

    cluster: str = ""
    account: str = ANY
    region: str = ANY
    partition: str = "aws"
    target: str = ""
    tag: tuple[str, str] = ("", "")
    tag_keys: tuple[str, ...] = ()

    @property
    def belonging(self) -> tuple[str, str]:
        """The tag by which a group is known as one of the cluster; empty: there is none."""
        if self.tag[0] or not self.cluster:
            return self.tag
        return f"kubernetes.io/cluster/{self.cluster}", "owned"


def keys(needs: Sequence[Need], scope: Scope) -> tuple[str, ...]:
    """Patterns of the keys of tags that *needs* set and remove."""
    declared = {need.right.tags for need in needs if _tagging(need.right)} - {""}
    return tuple(sorted({*declared, *(scope.tag_keys if declared else ())}))


def refuse_removed(needs: Sequence[Need], scope: Scope) -> None:
    """Raise UsageError if groups were known by a tag that is taken off them.

    Who may only touch groups with a tag, and takes that tag away, cannot put it back.
    """
    key, _ = scope.belonging
    pattern = next((each for each in keys(needs, scope) if key and fnmatchcase(key, each)), "")
    if pattern:
        raise UsageError(
            f"the tag {key} may be removed by the runbook ({pattern}), so its way back would be"
            " denied to who may only touch groups with it",
            hint="Name another tag that all groups of the cluster carry: --tag KEY=VALUE.",
        )


def _tagging(right: Right) -> bool:
    return right.service == "autoscaling" and right.act in _TAGGING
