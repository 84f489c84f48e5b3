"""What a service of ours refuses, before it is put into the words of a protocol."""

from __future__ import annotations

from collections.abc import Mapping


class ServiceError(Exception):
    """An answer that is an error: *code* as in the service's model, *fields* beside the message.

    *status* is of HTTP; without one it is the model's for that code, or 400.
    """

    def __init__(
        self,
        code: str,
        message: str,
        fields: Mapping[str, str] | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.fields = fields or {}
