"""JSON patch (RFC 6902) and JSON merge patch (RFC 7386), with the API server's refusals."""

from __future__ import annotations

import jsonpatch
import jsonpointer

from sopctl.sandbox.k8s.errors import ApiError, bad_request, too_large, unappliable_patch
from sopctl.sandbox.k8s.objects import Json, Obj, clone, encode

_MOST_OPERATIONS = 10_000


def merge_patch(target: Json, patch: Json) -> Json:
    """Apply a merge patch; the result shares what the patch leaves alone with the target."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
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
        why = "json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"
        raise bad_request(f"error decoding patch: {why}")
    if len(operations) > _MOST_OPERATIONS:
        raise too_large(
            f"The allowed maximum operations in a JSON patch is {_MOST_OPERATIONS}, "
            f"got {len(operations)}"
        )
    patched: Obj = clone(target)
    for operation in operations:
        patched = _apply(patched, operation)
    return patched


def _apply(target: Obj, operation: Json) -> Obj:
    if _tests_for_absence(target, operation):
        return target
    try:
        patched: Obj = jsonpatch.apply_patch(target, [operation], in_place=True)
    except (jsonpatch.InvalidJsonPatch, AttributeError, TypeError) as error:
        raise _malformed(operation, str(error)) from error
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException) as error:
        raise unappliable_patch() from error
    return patched


def _malformed(operation: Json, error: str) -> ApiError:
    """400 in the words of gopkg.in/evanphx/json-patch.v4."""
    if "Unknown operation" in error:
        why = "unsupported operation"
    elif "'path' member" in error:
        why = "failed to decode 'path': operation missing path field: missing value"
    else:
        why = error
    return bad_request(f"invalid operation {encode(operation).decode()}: {why}")


def _tests_for_absence(target: Obj, operation: Json) -> bool:
    """Whether a `test` for null finds no member, which the API server takes for success.

    Python's library refuses it. The object that lacks the member has to exist
    (gopkg.in/evanphx/json-patch.v4, Patch.test).
    """
    if not isinstance(operation, dict) or operation.get("op") != "test":
        return False
    if operation.get("value", "") is not None:
        return False
    try:
        pointer = jsonpointer.JsonPointer(operation["path"])
        parent, last = pointer.to_last(target)
    except (KeyError, TypeError, jsonpointer.JsonPointerException):
        return False
    return isinstance(parent, dict) and last not in parent
