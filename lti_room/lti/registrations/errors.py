"""Every way a platform's own registration can come to nothing: a stable code and one sentence."""

from enum import StrEnum
from typing import Final

from lti_room.base.errors import AppError


class RegistrationErrorCode(StrEnum):
    """Codes of dynamic registration; `already_registered` and `invitation_invalid` come from elsewhere."""

    INCOMPLETE = "registration_incomplete"
    URL_NOT_ALLOWED = "url_not_allowed"
    UNREACHABLE = "platform_unreachable"
    MALFORMED = "platform_malformed"
    UNSUITABLE = "platform_unsuitable"
    DECLINED = "registration_declined"


_Code = RegistrationErrorCode
_SENTENCES: Final = {
    _Code.INCOMPLETE: "This address belongs into the LMS, which adds its own part to it.",
    _Code.URL_NOT_ALLOWED: "The LMS named an address that must not be called.",
    _Code.UNREACHABLE: "The LMS could not be reached from here.",
    _Code.MALFORMED: "The LMS answered with something that is no configuration.",
    _Code.UNSUITABLE: "The LMS cannot do what LTI 1.3 needs: RS256, private_key_jwt and launches by link.",
    _Code.DECLINED: "The LMS declined the registration.",
}


class RegistrationFailed(AppError):
    """A platform could not be registered; nothing was kept."""

    def __init__(self, code: RegistrationErrorCode) -> None:
        super().__init__(code.value, _SENTENCES[code])
