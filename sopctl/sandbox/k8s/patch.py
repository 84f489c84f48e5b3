"""JSON patch (RFC 6902) and JSON merge patch (RFC 7386), with the API server's refusals."""

from __future__ import annotations

from http import HTTPStatus

import jsonpatch
import jsonpointer

from sopctl.sandbox.k8s.errors import ApiError, bad_request, unappliable_patch
from sopctl.sandbox.k8s.objects import Json, Obj

_MOST_OPERATIONS = 10_000


def merge_patch(target: Json, patch: Json) -> Json:
    """Apply a merge patch; the target may be changed, the result is what counts."""
    if not isinstance(patch, dict):
        return patch
    merged = target if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def json_patch(target: Obj, operations: Json) -> Obj:
    """Apply a JSON patch to a copy of the target.

    Raises ApiError 400 for a malformed patch, 413 for one of more than 10,000 operations, and 422
    without any detail when a `test` fails or a path is missing.
    """
    if not isinstance(operations, list):
        raise bad_request("json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    if len(operations) > _MOST_OPERATIONS:
        raise ApiError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "RequestEntityTooLarge",
            f"The allowed maximum operations in a JSON patch is {_MOST_OPERATIONS}, "
            f"got {len(operations)}",
        )
    try:
        patched: Obj = jsonpatch.apply_patch(target, operations)
    except jsonpatch.InvalidJsonPatch as error:
        raise bad_request(f"invalid JSON patch: {error}") from error
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException) as error:
        raise unappliable_patch() from error
    return patched
