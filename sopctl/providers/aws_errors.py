"""The one table from botocore's errors to ours.

What matters for a write is whether it may have been executed: only an answer of the API, or a
connection that was never made, proves that it was not.

Sources: botocore.exceptions; "Common errors" in the API references of EC2 and Auto Scaling.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import botocore.exceptions as boto

from sopctl.core.clock import SystemClock
from sopctl.core.errors import (
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    RefusedError,
    SopError,
    TemporaryError,
    UnreachableError,
)
from sopctl.providers.answers import AnsweredError, LostReplyError, PacedError

PROVIDER = "aws"
THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "TooManyUpdates",  # Systems Manager: wait, then ask again
        "SlowDown",
        "BandwidthLimitExceeded",
    }
)
DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "NotAuthorized",
        "OptInRequired",
        "UnauthorizedOperation",
        "UnauthorizedException",
    }
)
BAD_CREDENTIALS = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
        "InvalidClientTokenId",
        "InvalidAccessKeyId",
        "UnrecognizedClientException",
        "MissingAuthenticationToken",
    }
)
SKEWED = frozenset({"RequestTimeTooSkewed", "SignatureDoesNotMatch", "InvalidSignatureException"})
CONFLICTS = frozenset(
    {
        "ResourceContention",  # HTTP 500, "a pending update to this resource exists"
        "ResourceInUse",
        "ResourceInUseException",
        "ScalingActivityInProgress",
        "ConflictException",
        "ConcurrentModification",
        "InstanceRefreshInProgress",
    }
)
NO_SUCH = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",  # of the query protocol
        "QueueDoesNotExist",  # of JSON
        "NoSuchResourceException",  # Service Quotas
    }
)
MISSING = ("not found", "does not exist", "not exist")
NO_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.TokenRetrievalError,
    boto.NoAuthTokenError,
    boto.SSOError,
    boto.LoginError,
    boto.ProfileNotFound,
    boto.ConfigParseError,
    boto.ConfigNotFound,
    boto.MetadataRetrievalError,
    boto.RefreshWithMFAUnsupportedError,
)
NOT_CONNECTED = (boto.EndpointConnectionError, boto.ConnectTimeoutError, boto.ProxyConnectionError)
SERVER_ERROR = 500


def translated(error: Exception, *, what: str, mutating: bool) -> SopError:
    """Our error for *error*, raised by the call named *what* (``autoscaling.DeleteTags``)."""
    if isinstance(error, boto.ClientError):
        return _answered(error, what, mutating=mutating)
    if isinstance(error, NO_CREDENTIALS):
        return RefusedError(
            f"no usable AWS credentials for {what}: {_text(error)}",
            hint="Sign in (`aws sso login`) or choose another profile with `sopctl target add`.",
        )
    if isinstance(error, boto.NoRegionError):
        return RefusedError(
            f"no AWS region for {what}", hint="Give the target a region: `sopctl target add`."
        )
    if isinstance(error, NOT_CONNECTED) or _handshake(error):
        return UnreachableError(f"cannot reach {what}: {_text(error)}", provider=PROVIDER)
    if isinstance(error, boto.HTTPClientError | boto.IncompleteReadError) or _unreadable(error):
        return _lost(error, what, mutating=mutating)
    return AnsweredError(f"{what} cannot be sent: {_text(error)}", status=0, provider=PROVIDER)


def _handshake(error: Exception) -> bool:
    return isinstance(error, boto.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error)


def _unreadable(error: Exception) -> bool:
    # ResponseParserError is not a BotoCoreError; it says that the answer makes no sense.
    return type(error).__name__ == "ResponseParserError"


def _lost(error: Exception, what: str, *, mutating: bool) -> SopError:
    if mutating:
        return LostReplyError(
            f"no answer to {what}: {_text(error)}",
            hint="Run `sopctl resume`: it looks first, then decides.",
        )
    return TemporaryError(f"no answer to {what}: {_text(error)}", provider=PROVIDER)


def _answered(error: boto.ClientError, what: str, *, mutating: bool) -> SopError:
    body = error.response
    code = str(body.get("Error", {}).get("Code", ""))
    message = str(body.get("Error", {}).get("Message", "")) or code
    meta = body.get("ResponseMetadata", {})
    status = int(meta.get("HTTPStatusCode", 0))
    requests = (str(meta["RequestId"]),) if meta.get("RequestId") else ()
    summary = f"{what}: {code}: {message}".rstrip(".")
    if code in THROTTLED:
        return PacedError(summary, provider=PROVIDER, requests=requests)
    if refusal := _refused(code, summary, meta.get("HTTPHeaders", {})):
        return refusal
    if code in CONFLICTS:
        return ConflictError(summary, provider=PROVIDER, requests=requests)
    if _missing(code, message):
        return NotFoundError(summary, provider=PROVIDER, requests=requests)
    if status >= SERVER_ERROR:
        if mutating:
            return LostReplyError(
                summary,
                hint="Run `sopctl resume`: it looks first, then decides.",
                requests=requests,
            )
        return TemporaryError(summary, provider=PROVIDER, requests=requests)
    return AnsweredError(
        summary, status=status, code=code, body=body, provider=PROVIDER, requests=requests
    )


def _refused(code: str, summary: str, headers: Mapping[str, str]) -> PermissionDeniedError | None:
    if code in DENIED:
        return PermissionDeniedError(
            summary, hint="Use a role with the permissions that docs/reference/actions.md lists."
        )
    if code in BAD_CREDENTIALS:
        return PermissionDeniedError(
            summary, hint="Sign in again; the run goes on with `sopctl resume`."
        )
    if code in SKEWED:
        return PermissionDeniedError(
            summary, hint=f"{_offset(headers)} Five minutes are too much for AWS: set the clock."
        )
    return None


def _offset(headers: Mapping[str, str]) -> str:
    """How far this machine's clock is from that of who answered, as far as that can be told."""
    try:
        theirs = parsedate_to_datetime(headers.get("date", ""))
        ahead = round((SystemClock().now() - theirs).total_seconds())
    except (TypeError, ValueError):  # no date, or none with a zone
        return "Compare this machine's clock with AWS's."
    return f"This machine's clock is {abs(ahead)} s {'ahead of' if ahead > 0 else 'behind'} AWS's."


def _missing(code: str, message: str) -> bool:
    if code.endswith(("NotFound", "NotFoundException", "NotFoundFault")) or code in NO_SUCH:
        return True
    return code in ("ValidationError", "ResourceNotFound") and any(
        word in message.lower() for word in MISSING
    )


def _text(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
