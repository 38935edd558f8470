"""Every way a login or a launch can be refused: stable code, HTTP status, and what to do."""

from enum import StrEnum
from typing import Final

from lti_room.base.errors import AppError


class LaunchErrorCode(StrEnum):
    """Machine-readable codes; they appear in `data-error`, in JSON answers and in the log."""

    BAD_LOGIN_REQUEST = "bad_login_request"
    PLATFORM_UNKNOWN = "platform_unknown"
    CLIENT_ID_REQUIRED = "client_id_required"
    BAD_TARGET_LINK_URI = "bad_target_link_uri"
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

    JWKS_UNREACHABLE = "jwks_unreachable"
    JWKS_MALFORMED = "jwks_malformed"


_Code = LaunchErrorCode

_AGAIN: Final = "Open the room again from your course."
_BAD_MESSAGE: Final = "The course platform's message could not be trusted. " + _AGAIN
_INCOMPLETE: Final = (
    "The course platform's message lacks something the room needs. "
    "Please tell the person who looks after your course platform."
)

_TABLE: Final[dict[LaunchErrorCode, tuple[int, str]]] = {
    _Code.BAD_LOGIN_REQUEST: (400, "This address is only for course platforms. " + _AGAIN),
    _Code.PLATFORM_UNKNOWN: (400, "This course platform is not registered with this room service."),
    _Code.CLIENT_ID_REQUIRED: (
        400,
        "Several tools of this course platform are registered here; it must send its client_id.",
    ),
    _Code.BAD_TARGET_LINK_URI: (400, "The course link does not point to this room service."),
    _Code.REGISTRATION_DISABLED: (403, "This course platform has been switched off for this room service."),
    _Code.RATE_LIMITED: (429, "Too many people are trying at once. Wait a minute, then try again."),
    _Code.BAD_LAUNCH_REQUEST: (
        400,
        "The course platform's message has a shape we do not understand. " + _AGAIN,
    ),
    _Code.BAD_STATE: (400, "This launch did not start here. " + _AGAIN),
    _Code.STATE_UNKNOWN_OR_USED: (401, "This launch was already used or took too long. " + _AGAIN),
    _Code.BROWSER_NOT_PROVEN: (
        401,
        "This launch was started in another browser, or your browser keeps no cookies. " + _AGAIN,
    ),
    _Code.COOKIES_BLOCKED: (200, "Your browser blocks what the room needs inside the course page."),
    _Code.PLATFORM_ERROR: (401, "Your course platform did not let you in. " + _AGAIN),
    _Code.ID_TOKEN_MISSING: (400, "The course platform sent no message. " + _AGAIN),
    _Code.ID_TOKEN_TOO_LARGE: (413, "The course platform's message is too large."),
    _Code.JWT_MALFORMED: (400, _BAD_MESSAGE),
    _Code.ALG_NOT_ALLOWED: (401, _BAD_MESSAGE),
    _Code.HEADER_NOT_ALLOWED: (401, _BAD_MESSAGE),
    _Code.KID_MISSING: (401, _BAD_MESSAGE),
    _Code.KID_UNKNOWN: (401, _BAD_MESSAGE),
    _Code.KEY_NOT_ALLOWED: (401, _BAD_MESSAGE),
    _Code.TOKEN_INVALID: (401, _BAD_MESSAGE),
    _Code.TOKEN_EXPIRED: (401, "The course platform's message has expired. " + _AGAIN),
    _Code.TOKEN_TOO_OLD: (401, "The course platform's message is too old. " + _AGAIN),
    _Code.CLAIM_MISSING: (401, _INCOMPLETE),
    _Code.NONCE_MISMATCH: (401, _BAD_MESSAGE),
    _Code.ISS_MISMATCH: (401, _BAD_MESSAGE),
    _Code.AUD_MISMATCH: (401, _BAD_MESSAGE),
    _Code.UNTRUSTED_AUDIENCE: (401, _BAD_MESSAGE),
    _Code.AZP_MISMATCH: (401, _BAD_MESSAGE),
    _Code.LTI_VERSION: (401, "The course platform speaks another version of LTI; this room needs 1.3."),
    _Code.MESSAGE_TYPE: (401, "The course platform asked for something this room service does not support."),
    _Code.DEPLOYMENT_MISSING: (401, _INCOMPLETE),
    _Code.DEPLOYMENT_UNKNOWN: (
        403,
        "This installation of the room is waiting for approval by the admin of the room service.",
    ),
    _Code.DEPLOYMENT_MISMATCH: (401, _BAD_MESSAGE),
    _Code.RESOURCE_LINK_MISSING: (401, _INCOMPLETE),
    _Code.TARGET_LINK_URI_MISMATCH: (401, _BAD_MESSAGE),
    _Code.SUB_MISSING: (
        401,
        "The course platform did not say who you are. Sign in there, then open the room again.",
    ),
    _Code.ROLES_MISSING: (401, _INCOMPLETE),
    _Code.JWKS_UNREACHABLE: (
        502,
        "Your course platform is not reachable at the moment. Try again in a minute.",
    ),
    _Code.JWKS_MALFORMED: (
        502,
        "Your course platform answered with something we do not understand. Try again.",
    ),
}


class LaunchError(AppError):
    """A login or a launch that is refused.

    `status` is the HTTP status. `return_url` is set only when the message was verified: the checked address
    of the course page, never to be logged.
    """

    def __init__(self, code: LaunchErrorCode) -> None:
        self.status, sentence = _TABLE[code]
        super().__init__(code.value, sentence)
        self.return_url: str | None = None
