"""Who calls: the sandbox's own key is a session of an assumed role, as in most accounts.

Gap of moto 5.2 closed here: the caller was ``arn:aws:sts::<account>:user/moto``, an ARN that IAM
does not have, with a constant user id.
"""

from __future__ import annotations

from moto.core.responses import ActionResult
from moto.sts.responses import TokenResponse

ROLE = "sopctl-sandbox"
SESSION = "on-call"
ROLE_ID = "AROASANDBOXSANDBOXSAN"


class IdentityResponses(TokenResponse):
    """GetCallerIdentity, for keys that moto's IAM did not issue."""

    def get_caller_identity(self) -> ActionResult:
        user, arn, account = self.backend.get_caller_identity(self.get_access_key(), self.region)
        if arn.endswith(":user/moto"):
            user = f"{ROLE_ID}:{SESSION}"
            arn = f"arn:{self.partition}:sts::{account}:assumed-role/{ROLE}/{SESSION}"
        return ActionResult({"UserId": user, "Account": account, "Arn": arn})
