"""The translator of this edge: what went wrong becomes an acknowledgement or a refused connection."""

from collections.abc import Callable, Mapping
from typing import Any

import redis.exceptions

from lti_room.base.entropy import new_id
from lti_room.base.errors import AppError, StoreUnavailable
from lti_room.base.log import logger

log = logger("realtime")

Ack = dict[str, Any]
"""An acknowledgement: `{"ok": true, …}` or `{"ok": false, "error": {…}}`."""


def known(error: Exception, **where: str) -> AppError:
    """Return the error as one we expect; another one is logged under a reference that people can quote."""
    if isinstance(error, AppError):
        return error
    if isinstance(error, redis.exceptions.ConnectionError | redis.exceptions.TimeoutError):
        return StoreUnavailable()
    reference = new_id("e")
    log.error("unexpected error", exc_info=error, extra={"code": "internal", "reference": reference, **where})
    return AppError(
        "internal", f"Something went wrong on our side. Reference: {reference}.", {"reference": reference}
    )


def refusal(error: AppError) -> Ack:
    """Return the acknowledgement that tells a client about an error."""
    return {"ok": False, "error": {**error.details, "code": error.code, "message": error.message}}


def acknowledged(work: Callable[[], Mapping[str, Any]], **where: str) -> Ack:
    """Do the work and return its acknowledgement, whatever happens in it. `where`: ids for the log."""
    try:
        return {"ok": True, **work()}
    except Exception as error:
        return refusal(known(error, **where))
