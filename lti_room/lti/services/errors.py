"""Every way a call to a platform's service can fail: a stable code, and whether trying again may help."""

from enum import StrEnum

from lti_room.base.errors import AppError


class ServiceErrorCode(StrEnum):
    """Machine-readable codes; they appear in JSON answers and in the log."""

    PLATFORM_TOKEN = "platform_token"  # noqa: S105 - an error code
    SERVICE_UNREACHABLE = "service_unreachable"
    SERVICE_ORIGIN = "service_origin"
    SERVICE_REFUSED = "service_refused"
    TOO_MANY_PAGES = "too_many_pages"
    SERVICE_MALFORMED = "service_malformed"
    RATE_LIMITED = "rate_limited"
    LINE_ITEM_FOREIGN = "line_item_foreign"


class ServiceError(AppError):
    """A service call that brought nothing usable.

    `retry_after` is how many seconds the platform asked us to wait. `permanent`: the same call will fail
    again until somebody changes something. `status` is the platform's HTTP status, None without an answer.
    What the platform wrote is never part of it.
    """

    def __init__(
        self,
        code: ServiceErrorCode,
        *,
        retry_after: float | None = None,
        permanent: bool = False,
        status: int | None = None,
    ) -> None:
        super().__init__(code.value, "The platform's service did not answer as it should.")
        self.retry_after = retry_after
        self.permanent = permanent
        self.status = status
