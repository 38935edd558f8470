"""Every way a login or a launch can be refused: a stable code and an HTTP status."""

from enum import StrEnum
from typing import Final

from lti_room.base.errors import AppError


class LaunchErrorCode(StrEnum):
    """Machine-readable codes; they appear in `data-error`, in JSON answers and in the log."""

    BAD_LOGIN_REQUEST = "bad_login_request"
    PLATFORM_UNKNOWN = "platform_unknown"
    CLIENT_ID_REQUIRED = "client_id_required"
    BAD_TARGET_LINK_URI = "bad_target_link_uri"
    REGISTRATION_PENDING = "registration_pending"
    REGISTRATION_DISABLED = "registration_disabled"
    RATE_LIMITED = "rate_limited"

    BAD_LAUNCH_REQUEST = "bad_launch_request"
    BAD_STATE = "bad_state"
    STATE_UNKNOWN_OR_USED = "state_unknown_or_used"
    BROWSER_NOT_PROVEN = "browser_not_proven"
    COOKIES_BLOCKED = "cookies_blocked"
    PLATFORM_ERROR = "platform_error"
    ID_TOKEN_MISSING = "id_token_missing"  # noqa: S105 - an error code
    ID_TOKEN_TOO_LARGE = "id_token_too_large"  # noqa: S105 - an error code

    JWT_MALFORMED = "jwt_malformed"
    ALG_NOT_ALLOWED = "alg_not_allowed"
    HEADER_NOT_ALLOWED = "header_not_allowed"
    KID_MISSING = "kid_missing"
    KID_UNKNOWN = "kid_unknown"
    KEY_NOT_ALLOWED = "key_not_allowed"
    TOKEN_INVALID = "token_invalid"  # noqa: S105 - an error code
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - an error code
    TOKEN_TOO_OLD = "token_too_old"  # noqa: S105 - an error code

    CLAIM_MISSING = "claim_missing"
    NONCE_MISMATCH = "nonce_mismatch"
    ISS_MISMATCH = "iss_mismatch"
    AUD_MISMATCH = "aud_mismatch"
    UNTRUSTED_AUDIENCE = "untrusted_audience"
    AZP_MISMATCH = "azp_mismatch"
    LTI_VERSION = "lti_version"
    MESSAGE_TYPE = "message_type"
    DEPLOYMENT_MISSING = "deployment_missing"
    DEPLOYMENT_UNKNOWN = "deployment_unknown"
    DEPLOYMENT_MISMATCH = "deployment_mismatch"
    RESOURCE_LINK_MISSING = "resource_link_missing"
    TARGET_LINK_URI_MISMATCH = "target_link_uri_mismatch"
    SUB_MISSING = "sub_missing"
    ROLES_MISSING = "roles_missing"
    DEEP_LINK_RETURN_URL = "deep_link_return_url"
    ROLE_NOT_ALLOWED = "role_not_allowed"

    JWKS_UNREACHABLE = "jwks_unreachable"
    JWKS_MALFORMED = "jwks_malformed"


_Code = LaunchErrorCode

_REFUSED: Final = 401
_STATUS: Final[dict[LaunchErrorCode, int]] = {
    _Code.COOKIES_BLOCKED: 200,
    _Code.BAD_LOGIN_REQUEST: 400,
    _Code.PLATFORM_UNKNOWN: 400,
    _Code.CLIENT_ID_REQUIRED: 400,
    _Code.BAD_TARGET_LINK_URI: 400,
    _Code.BAD_LAUNCH_REQUEST: 400,
    _Code.BAD_STATE: 400,
    _Code.ID_TOKEN_MISSING: 400,
    _Code.JWT_MALFORMED: 400,
    _Code.REGISTRATION_PENDING: 403,
    _Code.REGISTRATION_DISABLED: 403,
    _Code.DEPLOYMENT_UNKNOWN: 403,
    _Code.ROLE_NOT_ALLOWED: 403,
    _Code.ID_TOKEN_TOO_LARGE: 413,
    _Code.RATE_LIMITED: 429,
    _Code.JWKS_UNREACHABLE: 502,
    _Code.JWKS_MALFORMED: 502,
}
"""HTTP status where it is not that of a message that is not believed."""

NOT_HELD_AGAINST: Final = frozenset(
    {
        _Code.COOKIES_BLOCKED,
        _Code.PLATFORM_ERROR,
        _Code.STATE_UNKNOWN_OR_USED,
        _Code.REGISTRATION_PENDING,
        _Code.REGISTRATION_DISABLED,
        _Code.KID_UNKNOWN,
        _Code.JWKS_UNREACHABLE,
        _Code.JWKS_MALFORMED,
    }
)
"""Refusals that say nothing bad about who sent the launch: they do not count as failed launches.

A key we do not know may be a new one of the platform's, and costs no fetch of its own.
"""


class LaunchError(AppError):
    """A login or a launch that is refused.

    `status` is the HTTP status. `return_url` is set only when the message was verified: the checked address
    of the course page, never to be logged. What a person reads is found by the code, in their language, where
    pages are made.
    """

    def __init__(self, code: LaunchErrorCode) -> None:
        self.status = _STATUS.get(code, _REFUSED)
        super().__init__(code.value, "The launch was refused.")
        self.return_url: str | None = None
