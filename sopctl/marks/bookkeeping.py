"""What goes wrong with bookkeeping is a ProviderError, whatever it was.

A mark that may or may not stand, or that we may not set, is a warning and never the end of a run;
setting it again, or touching again, does no harm. A lost lease stays what it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sopctl.core.errors import (
    OutcomeUnknownError,
    PermissionDeniedError,
    ProviderError,
    TemporaryError,
)


@contextmanager
def provider_errors() -> Iterator[None]:
    """Raise a lost reply and a refusal as a ProviderError; what is written may be written again."""
    try:
        yield
    except OutcomeUnknownError as error:
        raise TemporaryError(error.summary, hint=error.hint) from error
    except PermissionDeniedError as error:
        raise ProviderError(error.summary, hint=error.hint) from error
